/**
 * The guide to certificates, run: every command of docs/guide/certificates.md, OpenSSL's in one folder and ours in another, section by section, and what
 * came out compared. A section without a comparison fails.
 */

import { execFile, execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findPeer, peerMissing } from '../packages/foxtls/test/peers.ts';
import { findFreePort } from './harness/ports.ts';
import { waitUntil } from './harness/wait.ts';

const run = promisify(execFile);
const GUIDE = 'docs/guide/certificates.md';
const PASSWORD = 'correct horse';

const folder = mkdtempSync(join(tmpdir(), 'foxtls-guide-'));
const theirs = join(folder, 'openssl');
const ours = join(folder, 'foxtls');
const shims = join(folder, 'bin');
const ends: (() => void)[] = [];

interface Section {
  readonly title: string;
  /** The shell blocks, each OpenSSL's or ours. */
  readonly blocks: readonly { readonly tool: 'openssl' | 'foxtls'; readonly script: string }[];
  /** Files that the section shows, by name. */
  readonly files: Readonly<Record<string, string>>;
}

const sections = readGuide(readFileSync(GUIDE, 'utf8'));
const runnable = sections.filter(({ blocks }) => blocks.length > 0);

beforeAll(() => {
  for (const path of [theirs, ours, shims]) mkdirSync(path);
  for (const path of [theirs, ours]) writeFileSync(join(path, 'password.txt'), `${PASSWORD}\n`);
  symlinkSync(resolve('packages/foxtls-cli/bin/foxtls.js'), join(shims, 'foxtls'));
  chmodSync('packages/foxtls-cli/bin/foxtls.js', 0o755);
});
afterAll(() => {
  for (const end of ends) end();
  rmSync(folder, { recursive: true, force: true });
});

const openssl = (path: string, ...programArguments: string[]) =>
  execFileSync('openssl', programArguments, { cwd: path, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
const ourFile = (name: string) => readFileSync(join(ours, name), 'utf8');
const theirFile = (name: string) => readFileSync(join(theirs, name), 'utf8');
const modeOf = (name: string) => statSync(join(ours, name)).mode & 0o777;
const PASSIN = ['-passin', 'file:password.txt'];

/** What has to be true after a section, by its title. */
const COMPARISONS: Readonly<Record<string, () => void>> = {
  'A private key under a password': () => {
    for (const path of [theirs, ours]) {
      expect(openssl(path, 'pkey', '-in', 'CA-key.pem', ...PASSIN, '-noout', '-text')).toMatch(/^Private-Key: \(2048 bit/);
    }
    expect(ourFile('CA-key.pem')).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----/);
    expect(modeOf('CA-key.pem')).toBe(0o600);
  },
  'A certificate authority': () => {
    expect(openssl(ours, 'verify', '-x509_strict', '-CAfile', 'CA-cert.pem', 'CA-cert.pem')).toBe('CA-cert.pem: OK\n');
    const facts = (path: string) => openssl(path, 'x509', '-in', 'CA-cert.pem', '-noout', '-subject', '-issuer');
    expect(facts(ours)).toBe(facts(theirs));
    expect(daysOf(ours, 'CA-cert.pem')).toBe(1000);
    expect(openssl(ours, 'x509', '-in', 'CA-cert.pem', '-noout', '-ext', 'basicConstraints')).toContain('CA:TRUE');
  },
  'A request for a certificate': () => {
    const names = (path: string) => {
      const text = openssl(path, 'req', '-in', 'signingReq.csr', '-noout', '-text', '-verify');
      return [/Subject: (.*)/.exec(text)?.[1], /DNS:.*/.exec(text)?.[0]];
    };
    expect(names(ours)).toEqual(names(theirs));
    expect(names(ours)[1]).toBe('DNS:bank32.com, DNS:www.bank32.com, IP Address:127.0.0.1');
  },
  'The authority signs': () => {
    expect(openssl(ours, 'verify', '-x509_strict', '-CAfile', 'CA-cert.pem', 'server-cert.pem')).toBe('server-cert.pem: OK\n');
    for (const path of [theirs, ours]) {
      const serial = openssl(path, 'x509', '-in', 'server-cert.pem', '-noout', '-serial').trim();
      expect(serial).toBe(`serial=${readFileSync(join(path, 'CA-cert.srl'), 'utf8').trim()}`);
      expect(openssl(path, 'x509', '-in', 'server-cert.pem', '-noout', '-ext', 'subjectAltName')).toContain('DNS:www.bank32.com');
    }
    expect(daysOf(ours, 'server-cert.pem')).toBe(365);
  },
  'A certificate that signs itself': () => {
    expect(openssl(ours, 'verify', '-CAfile', 'certificate.pem', '-verify_hostname', 'localhost', 'certificate.pem')).toMatch(
      /: OK/,
    );
    expect(openssl(ours, 'pkey', '-in', 'key.pem', '-pubout')).toBe(
      openssl(ours, 'x509', '-in', 'certificate.pem', '-noout', '-pubkey'),
    );
    expect(modeOf('key.pem')).toBe(0o600);
    const names = (path: string) => openssl(path, 'x509', '-in', 'certificate.pem', '-noout', '-ext', 'subjectAltName');
    expect(names(ours)).toBe(names(theirs));
  },
  'DER to PEM': () => {
    expect(ourFile('CA-cert-again.pem')).toBe(ourFile('CA-cert.pem'));
    expect(theirFile('CA-cert-again.pem')).toBe(theirFile('CA-cert.pem'));
    expect(openssl(ours, 'x509', '-inform', 'der', '-in', 'CA-cert.cer')).toBe(ourFile('CA-cert.pem'));
  },
  'Reading a certificate': () => {
    expect(ourFile('server-cert.txt')).toBe(openssl(ours, 'x509', '-in', 'server-cert.pem', '-text', '-noout'));
    expect(foxtls('cert', 'show', join(theirs, 'server-cert.pem'))).toBe(theirFile('server-cert.txt'));
  },
  'Verifying a certificate': () => {
    expect(output.openssl).toBe('server-cert.pem: OK\n');
    expect(output.foxtls).toMatch(/^server-cert.pem: OK\n {2}valid: CN=bank32.com/);
    expect(foxtls('cert', 'verify', join(theirs, 'server-cert.pem'), '--ca', join(theirs, 'CA-cert.pem'), '--quiet')).toMatch(
      /: OK\n$/,
    );
  },
  'A folder of trusted certificates': () => {
    expect(ourFile('hash.txt')).toBe(openssl(ours, 'x509', '-in', 'CA-cert.pem', '-noout', '-subject_hash'));
    expect(ourFile('hash.txt')).toBe(theirFile('hash.txt'));
    expect(readdirSync(join(ours, 'certs')).sort()).toEqual(readdirSync(join(theirs, 'certs')).sort());
    expect(openssl(ours, 'verify', '-CApath', 'certs', 'server-cert.pem')).toBe('server-cert.pem: OK\n');
    expect(foxtls('cert', 'verify', '-q', join(ours, 'server-cert.pem'), '--ca', join(ours, 'certs'))).toMatch(/: OK\n$/);
  },
  'The certificates of a server': () => {
    expect(output.openssl).toContain('Verify return code: 0 (ok)');
    expect(output.foxtls).toMatch(/^fetched.pem: OK/);
    expect(blocksIn(ourFile('fetched.pem'))).toEqual(blocksIn(ourFile('server-cert.pem')));
    expect(blocksIn(theirFile('fetched.pem'))[0]).toBe(blocksIn(theirFile('server-cert.pem'))[0]);
    expect(ourFile('pin.txt')).toBe(foxtls('cert', 'pin', join(ours, 'server-key.pem')));
    expect(`sha256//${theirFile('pin.txt')}`).toBe(foxtls('cert', 'pin', join(theirs, 'server-cert.pem')));
  },
  'Revoking a certificate': () => {
    expect(openssl(ours, 'crl', '-in', 'CA.crl', '-noout', '-text')).toBe(foxtls('cert', 'show', join(ours, 'CA.crl')));
    expect(openssl(theirs, 'crl', '-in', 'CA.crl', '-noout', '-text')).toBe(foxtls('cert', 'show', join(theirs, 'CA.crl')));
    const checked = ['verify', '-crl_check', '-CRLfile', 'CA.crl', '-CAfile', 'CA-cert.pem', 'server-cert.pem'];
    for (const path of [theirs, ours]) {
      expect(() => openssl(path, ...checked)).toThrow(/certificate revoked/);
      const [certificate, ca, crl] = ['server-cert.pem', 'CA-cert.pem', 'CA.crl'].map((name) => join(path, name)) as [
        string,
        string,
        string,
      ];
      const { status, stdout } = spawnSync(join(shims, 'foxtls'), ['cert', 'verify', certificate, '--ca', ca, '--crl', crl]);
      expect([status, String(stdout)]).toEqual([1, expect.stringContaining('not valid (revoked)')]);
    }
  },
  'Key and certificates in one file': () => {
    const kinds = (text: string) => [...text.matchAll(/-----BEGIN (.*)-----/g)].map((match) => match[1]).sort();
    expect(kinds(ourFile('server-all.pem'))).toEqual(['CERTIFICATE', 'CERTIFICATE', 'PRIVATE KEY']);
    expect(kinds(theirFile('server-all.pem'))).toEqual(kinds(ourFile('server-all.pem')));
    expect(openssl(ours, 'pkcs12', '-in', 'server.p12', ...PASSIN, '-nodes')).toContain('friendlyName: server');
    const password = ['--password-file', join(theirs, 'password.txt')];
    expect(kinds(foxtls('cert', 'p12', join(theirs, 'server.p12'), ...password))).toEqual(kinds(ourFile('server-all.pem')));
    expect(modeOf('server-all.pem')).toBe(0o600);
  },
  'PKCS#7': () => {
    const subjects = (text: string) => (text.match(/^subject=.*/gm) ?? []).sort();
    expect(subjects(ourFile('chain.pem'))).toEqual(subjects(theirFile('chain.pem')));
    expect(subjects(openssl(ours, 'pkcs7', '-in', 'chain.p7b', '-print_certs'))).toEqual(subjects(ourFile('chain.pem')));
    expect(subjects(foxtls('cert', 'p7', 'certs', join(theirs, 'chain.p7b')))).toEqual(subjects(theirFile('chain.pem')));
  },
};

const output = { openssl: '', foxtls: '' };

describe('the guide to certificates', () => {
  it('has a comparison for each section with commands, and no other', () => {
    expect(runnable.map(({ title }) => title)).toEqual(Object.keys(COMPARISONS));
    for (const { title, blocks } of runnable) {
      expect(new Set(blocks.map(({ tool }) => tool)), title).toEqual(new Set(['openssl', 'foxtls']));
    }
  });

  // One after the other: a section uses what those before it have made.
  for (const section of runnable) {
    it(`keeps its word: ${section.title}`, async (context) => {
      if (findPeer('openssl') === undefined) context.skip(peerMissing('openssl'));
      for (const [name, text] of Object.entries(section.files)) {
        for (const path of [theirs, ours]) writeFileSync(join(path, name), text);
      }
      output.openssl = '';
      output.foxtls = '';
      for (const { tool, script } of section.blocks) {
        const path = tool === 'openssl' ? theirs : ours;
        output[tool] += await runScript(path, await withServer(script, path));
      }
      COMPARISONS[section.title]?.();
    });
  }

  it('keeps its word in a program', async (context) => {
    if (findPeer('openssl') === undefined) context.skip(peerMissing('openssl'));
    const program = /^```js\n(.*?)^```$/ms.exec(readFileSync(GUIDE, 'utf8'))?.[1] as string;
    symlinkSync(resolve('node_modules'), join(ours, 'node_modules'));
    writeFileSync(join(ours, 'program.mjs'), program);
    const { stdout, stderr } = await run(process.execPath, ['program.mjs'], { cwd: ours });
    expect([stderr, stdout]).toEqual([
      '',
      expect.stringMatching(/^valid: CN=bank32\.com,O=Example,C=US ◂ CN=Example CA,O=Example,C=US\n/),
    ]);
  });
});

function foxtls(...programArguments: string[]): string {
  return execFileSync(join(shims, 'foxtls'), programArguments, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

async function runScript(path: string, script: string): Promise<string> {
  const env = { ...process.env, PATH: `${shims}:${process.env['PATH']}` };
  const { stdout } = await run('bash', ['-e', '-u', '-o', 'pipefail', '-c', script], { cwd: path, env });
  return stdout;
}

/** Where a script talks to localhost:4433, a server is put there: on a port that is free. */
async function withServer(script: string, path: string): Promise<string> {
  if (!script.includes('localhost:4433')) return script;
  const port = await findFreePort();
  const files = ['-cert', 'server-cert.pem', '-key', 'server-key.pem'];
  const server = spawn('openssl', ['s_server', '-accept', String(port), ...files, '-quiet'], {
    cwd: path,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  ends.push(() => void server.kill());
  let said = '';
  server.stderr.on('data', (data) => {
    said += String(data);
  });
  await waitUntil(
    () => isListening(port),
    () => `openssl s_server does not listen: ${said}`,
  );
  return script.replaceAll('localhost:4433', `localhost:${port}`);
}

/** Asked of the kernel: a connection would be the server's first client. */
function isListening(port: number): boolean {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return ['/proc/net/tcp', '/proc/net/tcp6'].some((path) => new RegExp(`:${hex} \\S+ 0A `).test(readFileSync(path, 'utf8')));
}

function daysOf(path: string, name: string): number {
  const text = openssl(path, 'x509', '-in', name, '-noout', '-dates');
  const [from, to] = [...text.matchAll(/=(.*)/g)].map((match) => Date.parse(match[1] as string)) as [number, number];
  return (to - from) / 86_400_000;
}

function blocksIn(pem: string): string[] {
  return pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
}

function readGuide(text: string): Section[] {
  return text.split(/^## /m).map((part) => {
    const title = part.slice(0, part.indexOf('\n')).trim();
    const blocks = [...part.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, script = '']) => ({
      tool: /^foxtls /m.test(script) ? ('foxtls' as const) : ('openssl' as const),
      script,
    }));
    const files = [...part.matchAll(/^```ini\n# (\S+)\n(.*?)^```$/gms)].map((match) => [match[1], match[2]] as [string, string]);
    return { title, blocks, files: Object.fromEntries(files) };
  });
}
