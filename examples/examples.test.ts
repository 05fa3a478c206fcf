import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);
const readme = readFileSync('README.md', 'utf8');

/** The examples, and what a reader sees when they run. */
const EXAMPLES: Readonly<Record<string, RegExp>> = {
  'any-pipe.mjs': /^TLS_AES_128_GCM_SHA256 says hello\n$/,
  'certificates.mjs': /-----BEGIN CERTIFICATE-----[\s\S]*-----BEGIN PRIVATE KEY-----\nissued by CN=My CA\n$/,
  'dtls.mjs': /^DTLSv1\.3: heard 21\.5 °C\n$/,
  'https.mjs': /^hello over TLSv1\.3\n$/,
  'psk.mjs': /^hello sensor-17\n$/,
};

describe.each(Object.entries(EXAMPLES))('examples/%s', (name, output) => {
  it('runs and prints what it promises', async () => {
    const { stdout, stderr } = await run(process.execPath, [`examples/${name}`]);
    expect(stderr).toBe('');
    expect(stdout).toMatch(output);
  });

  it('stands in the README as it is', () => {
    const source = readFileSync(`examples/${name}`, 'utf8');
    expect(readme).toContain(`\`\`\`js\n${source.trimEnd()}\n\`\`\``);
  });
});

describe('the README', () => {
  it('shows no other code than the examples', () => {
    expect(readme.match(/^```js$/gm)).toHaveLength(Object.keys(EXAMPLES).length);
  });

  it('names only commands that package.json has', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
    const named = [...readme.matchAll(/npm (?:run )?(start|test|bench)\b/g)].map((match) => match[1] as string);
    expect(named.filter((script) => !(script in scripts))).toEqual([]);
  });

  it('lists exactly the entries of the package', () => {
    const { exports } = JSON.parse(readFileSync('packages/foxtls/package.json', 'utf8')) as { exports: Record<string, unknown> };
    const entries = Object.keys(exports).filter((entry) => entry !== './package.json');
    const listed = [...readme.matchAll(/`(foxtls(?:\/[a-z0-9/-]+)?)`/g)].map((match) =>
      (match[1] as string).replace('foxtls', '.'),
    );
    expect([...new Set(listed)].sort()).toEqual(entries.sort());
  });
});
