/**
 * The guide to foxtls/dtls, run: each of its programs prints what stands below it.
 */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createInteropPki, type InteropPki } from './harness/pki.ts';
import { findFreePort } from './harness/ports.ts';

const guide = readFileSync('docs/guide/dtls.md', 'utf8');
const programs = [...guide.matchAll(/^```ts\n([\s\S]*?)^```\n```\n([\s\S]*?)^```$/gm)].map((match, i) => ({
  name: `program ${i + 1}`,
  code: match[1] as string,
  promised: match[2] as string,
}));

let pki: InteropPki;
beforeAll(async () => {
  pki = await createInteropPki();
});
afterAll(() => pki?.remove());

describe('docs/guide/dtls.md', () => {
  it('has a promise below every program', () => {
    expect(programs).toHaveLength(guide.split('```ts').length - 1);
  });

  it.each(programs)('keeps what it promises: $name', async ({ code, promised }) => {
    const { certPath, keyPath } = pki.servers.p256;
    const port = await findFreePort();
    const input = code
      .replaceAll("'key.pem'", `'${keyPath}'`)
      .replaceAll("'cert.pem'", `'${certPath}'`)
      .replaceAll('5684', `${port}`);
    const printed = execFileSync(process.execPath, ['--input-type=module', '-'], { input, encoding: 'utf8', timeout: 20_000 });
    expect(printed).toBe(promised);
  });
});
