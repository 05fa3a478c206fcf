/**
 * PKCS#12 files, both ways: those of openssl, GnuTLS's certtool and NSS's pk12util (which writes BER) are read here, and they read ours.
 */

import { execFileSync } from 'node:child_process';
import { createHash, createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parsePem } from '../packages/foxtls/src/core/asn1/pem.ts';
import { nodeProvider } from '../packages/foxtls/src/crypto/node/provider.ts';
import { portablePkcsProvider } from '../packages/foxtls/src/crypto/portable/pkcs-provider.ts';
import { createPkcs12, createPkcs12Sync, type Pkcs12Protection } from '../packages/foxtls/src/pki/pkcs/create-pkcs12.ts';
import type { Pkcs12 } from '../packages/foxtls/src/pki/pkcs/pkcs12.ts';
import { parsePrivateKeyPem } from '../packages/foxtls/src/pki/pkcs/private-key.ts';
import { readPkcs12, readPkcs12Sync } from '../packages/foxtls/src/pki/pkcs/read-pkcs12.ts';
import { describeWithPeer } from '../packages/foxtls/test/peers.ts';
import { createInteropPki, type InteropPki, type Leaf } from './harness/pki.ts';

const PASSWORD = 'pass wörd €';

/** Options of `openssl pkcs12 -export`; whether the portable provider, which has no Triple-DES, reads what comes. */
const OPENSSL_FORMS: readonly { readonly options: string; readonly portable: boolean; readonly mac?: 'none' }[] = [
  { options: '', portable: true },
  { options: '-legacy', portable: false },
  { options: '-legacy -descert', portable: false },
  { options: '-legacy -keypbe PBE-SHA1-RC2-128 -certpbe PBE-SHA1-RC2-40', portable: true },
  { options: '-legacy -keypbe PBE-SHA1-2DES -certpbe PBE-SHA1-RC2-128', portable: false },
  { options: '-legacy -keypbe PBE-MD5-DES -certpbe PBE-SHA1-RC2-64', portable: false },
  { options: '-keypbe AES-128-CBC -certpbe AES-192-CBC', portable: true },
  { options: '-keypbe DES-EDE3-CBC -certpbe DES-EDE3-CBC', portable: false },
  { options: '-certpbe NONE', portable: true },
  { options: '-keypbe NONE', portable: true },
  { options: '-keypbe NONE -certpbe NONE -nomac', portable: true, mac: 'none' },
  { options: '-nomac', portable: true, mac: 'none' },
  { options: '-nomac -legacy', portable: false, mac: 'none' },
  ...['sha1', 'sha224', 'sha256', 'sha384', 'sha512'].map((hash) => ({ options: `-macalg ${hash}`, portable: true })),
  { options: '-noiter -nomaciter', portable: true },
  { options: '-iter 20000', portable: true },
];

const PROTECTIONS: readonly Pkcs12Protection[] = ['aes-256', 'legacy-3des'];

let pki: InteropPki;
let folder: string;
let leaves: readonly (readonly [string, Leaf])[];

beforeAll(async () => {
  pki = await createInteropPki();
  folder = mkdtempSync(join(tmpdir(), 'foxtls-pkcs12-'));
  leaves = [...Object.entries(pki.servers), ['chained', pki.chained]];
});
afterAll(() => {
  pki?.remove();
  rmSync(folder, { recursive: true, force: true });
});

describeWithPeer('PKCS#12', 'openssl', () => {
  it.each(OPENSSL_FORMS)('of openssl with "$options" is read', async ({ options, portable, mac = 'mac' }) => {
    for (const [name, leaf] of leaves) {
      exportWithOpenssl(leaf, `pass:${PASSWORD}`, '-name', name, ...options.split(' ').filter((word) => word !== ''));
      const file = readFileSync(path('out.p12'));
      const read = await readPkcs12(file, { password: PASSWORD, provider: nodeProvider });
      expectLeaf(read, leaf, name);
      expect(read.integrity).toBe(mac);
      if (portable) expect(readPkcs12Sync(file, { password: PASSWORD, provider: portablePkcsProvider })).toEqual(read);
      if (options.includes('-keypbe NONE -certpbe NONE')) continue;
      const wrong = expect.objectContaining({ code: 'ERR_TLS_PASSWORD_WRONG' });
      expect(() => readPkcs12Sync(file, { password: `${PASSWORD}.`, provider: nodeProvider })).toThrow(wrong);
      const missing = expect.objectContaining({ code: 'ERR_TLS_PASSWORD_MISSING' });
      expect(() => readPkcs12Sync(file, { provider: nodeProvider })).toThrow(missing);
    }
  });

  it.each(['', '-legacy', '-nomac', '-nomac -legacy'])('of openssl with an empty password and "%s" is read', (options) => {
    const leaf = pki.servers.p256;
    exportWithOpenssl(leaf, 'pass:', '-name', 'empty', ...options.split(' ').filter((word) => word !== ''));
    for (const password of ['', undefined]) {
      expectLeaf(readPkcs12Sync(readFileSync(path('out.p12')), { password, provider: nodeProvider }), leaf, 'empty');
    }
  });

  it('has the intermediate authority in the chain, and names in their languages', () => {
    exportWithOpenssl(pki.chained, `pass:${PASSWORD}`, '-name', 'Füchslein €', '-certfile', pki.chained.intermediatePath);
    const { keys, certificates } = readPkcs12Sync(readFileSync(path('out.p12')), { password: PASSWORD, provider: nodeProvider });
    expect(keys[0]?.friendlyName).toBe('Füchslein €');
    expect(keys[0]?.chain).toEqual(pki.chained.credential.chain);
    expect(certificates.length).toBeGreaterThanOrEqual(2);
  });

  it.each(PROTECTIONS)('of ours, %s, is read by openssl', async (protection) => {
    for (const [name, leaf] of leaves) {
      writeFileSync(path('in.p12'), await create(leaf, name, protection));
      const legacy = protection === 'legacy-3des' ? ['-legacy'] : [];
      const text = openssl('pkcs12', '-in', path('in.p12'), '-passin', `pass:${PASSWORD}`, '-nodes', ...legacy).toString();
      expect(createPrivateKey(text).equals(createPrivateKey(leaf.key))).toBe(true);
      const certificates = parsePem(text).filter(({ label }) => label === 'CERTIFICATE');
      expect(certificates.map(({ data }) => data)).toEqual(leaf.credential.chain);
      expect(text).toContain(`friendlyName: ${name}`);
    }
  });

  it.each(['', 'x'])('of ours by the portable provider, with the password "%s", is read by openssl', (password) => {
    const [certificate] = pki.servers.p256.credential.chain as [Uint8Array];
    const keys = [{ pkcs8: parsePrivateKeyPem(pki.servers.p256.key), certificate }];
    const file = createPkcs12Sync({ provider: portablePkcsProvider, password, keys, iterations: 2048 });
    writeFileSync(path('in.p12'), file);
    const text = openssl('pkcs12', '-in', path('in.p12'), '-passin', `pass:${password}`, '-nodes').toString();
    expect(createPrivateKey(text).equals(createPrivateKey(pki.servers.p256.key))).toBe(true);
  });

  it('of ours with several keys and certificates is as it was, and openssl has no objection', async () => {
    const keys = leaves.map(([name, leaf]) => identityOf(leaf, name));
    const certificates = [...pki.anchors, ...(pki.chained.credential.chain.slice(1) as Uint8Array[])];
    const file = await createPkcs12({ provider: nodeProvider, password: PASSWORD, keys, certificates, iterations: 2048 });
    const read = await readPkcs12(file, { password: PASSWORD, provider: nodeProvider });
    expect(read.keys.map(({ friendlyName }) => friendlyName)).toEqual(leaves.map(([name]) => name));
    for (const [i, [, leaf]] of leaves.entries()) expect(read.keys[i]?.chain).toEqual(leaf.credential.chain);
    expect(read.certificates).toHaveLength(leaves.length + certificates.length);
    writeFileSync(path('in.p12'), file);
    const text = openssl('pkcs12', '-in', path('in.p12'), '-passin', `pass:${PASSWORD}`, '-nodes').toString();
    expect(parsePem(text)).toHaveLength(2 * leaves.length + certificates.length);
  });
});

describe('PKCS#12 of other programs', () => {
  describeWithPeer('certtool', 'certtool', () => {
    // It derives keys with 600,000 iterations, which takes seconds in the derivation of PKCS#12: one key of each is enough.
    it.each(['aes-128', 'aes-256', '3des-pkcs12', 'rc2-40'])('with %s is read', (cipher) => {
      certtool(pki.servers.p256, '--password', PASSWORD, '--p12-name', 'x', '--pkcs-cipher', cipher);
      const file = readFileSync(path('out.p12'));
      expectLeaf(readPkcs12Sync(file, { password: PASSWORD, provider: nodeProvider }), pki.servers.p256, 'x');
    });

    it.each(['--empty-password', '--null-password'])('with %s is read', (option) => {
      certtool(pki.servers.rsa, option, '--p12-name', 'x', '--pkcs-cipher', 'aes-256');
      const file = readFileSync(path('out.p12'));
      expectLeaf(readPkcs12Sync(file, { password: '', provider: nodeProvider }), pki.servers.rsa, 'x');
      expectLeaf(readPkcs12Sync(file, { provider: nodeProvider }), pki.servers.rsa, 'x');
    });

    it('with RC4 is refused by name', () => {
      certtool(pki.servers.rsa, '--password', PASSWORD, '--p12-name', 'x', '--pkcs-cipher', 'arcfour');
      const unsupported = expect.objectContaining({ code: 'ERR_TLS_PROTECTION_UNSUPPORTED' });
      expect(() => readPkcs12Sync(readFileSync(path('out.p12')), { password: PASSWORD, provider: nodeProvider })).toThrow(
        unsupported,
      );
    });

    it.each(PROTECTIONS)('reads ours, %s', async (protection) => {
      writeFileSync(path('in.p12'), await create(pki.chained, 'chained', protection));
      const text = run('certtool', '--p12-info', '--inder', '--infile', path('in.p12'), '--password', PASSWORD).toString();
      const certificates = parsePem(text).filter(({ label }) => label === 'CERTIFICATE');
      expect(certificates.map(({ data }) => data)).toEqual(pki.chained.credential.chain);
      expect(text).toContain('MAC info');
      writeFileSync(path('key.pem'), text.slice(text.indexOf('-----BEGIN ENCRYPTED')));
      const key = run('certtool', '--key-info', '--infile', path('key.pem'), '--password', PASSWORD).toString();
      const spki = createPublicKey(pki.chained.key).export({ format: 'der', type: 'spki' });
      expect(key).toContain(`pin-sha256:${createHash('sha256').update(spki).digest('base64')}`);
    });
  });

  describeWithPeer('pk12util', 'pk12util', () => {
    const CIPHERS: readonly (readonly string[])[] = [
      [],
      ['-c', 'AES-128-CBC', '-C', 'AES-256-CBC'],
      ['-c', 'PKCS #12 V2 PBE With SHA-1 And 3KEY Triple DES-CBC', '-C', 'PKCS #12 V2 PBE With SHA-1 And 40 Bit RC2 CBC'],
    ];

    it.each(CIPHERS)('with the options %s %s %s %s is read', async (...options) => {
      const database = await importIntoNss(`read-${CIPHERS.findIndex((known) => known.join() === options.join())}`);
      run('pk12util', '-d', database, '-o', path('nss.p12'), '-n', 'leaf', '-W', PASSWORD, '-K', '', ...options);
      const file = readFileSync(path('nss.p12'));
      expectLeaf(readPkcs12Sync(file, { password: PASSWORD, provider: nodeProvider }), pki.servers.p256, 'leaf');
    });

    it.each(PROTECTIONS)('lists and imports ours, %s', async (protection) => {
      const database = await importIntoNss(`import-${protection}`, protection);
      expect(run('certutil', '-d', database, '-L', '-n', 'leaf').toString()).toContain('CN=localhost');
      expect(run('certutil', '-d', database, '-K').toString()).toMatch(/ec\s+[0-9a-f]+/);
      const list = run('pk12util', '-l', path('in.p12'), '-W', PASSWORD).toString();
      expect(list).toContain('Friendly Name: leaf');
    });
  });
});

/** A database with our file of the P-256 leaf in it. */
async function importIntoNss(name: string, protection: Pkcs12Protection = 'aes-256'): Promise<string> {
  mkdirSync(path(name));
  const database = `sql:${path(name)}`;
  run('certutil', '-d', database, '-N', '--empty-password');
  writeFileSync(path('in.p12'), await create(pki.servers.p256, 'leaf', protection));
  run('pk12util', '-d', database, '-i', path('in.p12'), '-W', PASSWORD, '-K', '');
  return database;
}

/** A file has the leaf's key under its name, with its certificate and, as far as it is in the file, its chain. */
function expectLeaf({ keys, certificates }: Pkcs12, leaf: Leaf, name: string): void {
  expect(keys).toHaveLength(1);
  const [key] = keys;
  const [certificate] = leaf.credential.chain as [Uint8Array];
  expect(key?.certificate).toEqual(certificate);
  expect(key?.friendlyName).toBe(name);
  expect(key?.chain?.[0]).toEqual(certificate);
  expect(certificates.map((item) => item.certificate)).toContainEqual(certificate);
  const opened = createPrivateKey({ key: Buffer.from(key?.pkcs8 ?? []), format: 'der', type: 'pkcs8' });
  expect(opened.equals(createPrivateKey(leaf.key))).toBe(true);
  expect(new X509Certificate(certificate).checkPrivateKey(opened)).toBe(true);
}

function create(leaf: Leaf, name: string, protection: Pkcs12Protection): Promise<Uint8Array> {
  const certificates = leaf.credential.chain.slice(1) as Uint8Array[];
  const keys = [identityOf(leaf, name)];
  return createPkcs12({ provider: nodeProvider, password: PASSWORD, keys, certificates, protection, iterations: 2048 });
}

function identityOf(leaf: Leaf, friendlyName: string) {
  const [certificate] = leaf.credential.chain as [Uint8Array];
  return { pkcs8: parsePrivateKeyPem(leaf.key), certificate, friendlyName };
}

function exportWithOpenssl(leaf: Leaf, password: string, ...options: string[]): void {
  const files = ['-in', leaf.certPath, '-inkey', leaf.keyPath, '-out', path('out.p12')];
  openssl('pkcs12', '-export', ...files, '-passout', password, ...options);
}

function certtool(leaf: Leaf, ...options: string[]): void {
  const files = ['--load-certificate', leaf.certPath, '--load-privkey', leaf.keyPath, '--outfile', path('out.p12')];
  run('certtool', '--to-p12', '--outder', ...files, ...options);
}

function path(name: string): string {
  return join(folder, name);
}

function openssl(...programArguments: string[]): Buffer {
  return run('openssl', ...programArguments);
}

function run(command: string, ...programArguments: string[]): Buffer {
  return execFileSync(command, programArguments, { stdio: 'pipe', timeout: 20_000 });
}
