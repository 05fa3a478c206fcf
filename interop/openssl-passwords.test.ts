/**
 * Private keys under passwords, both ways: what the openssl command writes is read here, what is written here it reads.
 *
 * DES, RC2 and MD5 are in OpenSSL's legacy provider only, and in Node's OpenSSL not at all.
 */

import { execFileSync } from 'node:child_process';
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { toHex } from '../packages/foxtls/src/core/bytes/bytes.ts';
import { runSync } from '../packages/foxtls/src/core/flow/flow.ts';
import { nodeProvider } from '../packages/foxtls/src/crypto/node/provider.ts';
import { portablePkcsProvider } from '../packages/foxtls/src/crypto/portable/pkcs-provider.ts';
import {
  encryptPrivateKey,
  encryptPrivateKeySync,
  formatEncryptedPrivateKeyPem,
  readPrivateKeyPem,
  readPrivateKeyPemSync,
} from '../packages/foxtls/src/pki/pkcs/encrypted-private-key.ts';
import { PasswordWork, passwordForms, synchronously } from '../packages/foxtls/src/pki/pkcs/password.ts';
import type { EncryptionOptions } from '../packages/foxtls/src/pki/pkcs/pbes2.ts';
import { derivePkcs12Key, PKCS12_PURPOSE } from '../packages/foxtls/src/pki/pkcs/pkcs12-key-derivation.ts';
import { parsePrivateKeyPem } from '../packages/foxtls/src/pki/pkcs/private-key.ts';
import { describeWithPeer } from '../packages/foxtls/test/peers.ts';

const PASSWORD = 'pass wörd €';

const LEGACY = ['-provider', 'legacy', '-provider', 'default'];

/** Whether the portable provider reads it: it has no Triple-DES, and DES is made of that. */
interface Form {
  readonly title: string;
  readonly options: readonly string[];
  readonly portable: boolean;
}

const form = (options: string, portable = true): Form => ({ title: options, options: options.split(' '), portable });

const legacy = (options: string, portable: boolean): Form => ({
  ...form(options, portable),
  options: [...options.split(' '), ...LEGACY],
});

/** What `openssl pkcs8 -topk8` takes. */
const PKCS8_FORMS: readonly Form[] = [
  form('-v2 aes-128-cbc'),
  form('-v2 aes-192-cbc'),
  form('-v2 aes-256-cbc'),
  form('-v2 des3', false),
  ...['SHA1', 'SHA224', 'SHA256', 'SHA384', 'SHA512'].map((hash) => form(`-v2 aes256 -v2prf hmacWith${hash}`)),
  form('-v2 aes256 -iter 1'),
  form('-v2 aes256 -iter 20000'),
  form('-scrypt'),
  form('-v2 aes128 -scrypt -scrypt_N 1024 -scrypt_r 4 -scrypt_p 3'),
  legacy('-v2 des-cbc', false),
  legacy('-v2 rc2-cbc', true),
  legacy('-v2 rc2-64-cbc', true),
  legacy('-v2 rc2-40-cbc', true),
  legacy('-v1 PBE-MD5-DES', false),
  legacy('-v1 PBE-SHA1-DES', false),
  legacy('-v1 PBE-MD5-RC2-64', true),
  legacy('-v1 PBE-SHA1-RC2-64', true),
  legacy('-v1 PBE-SHA1-3DES', false),
  legacy('-v1 PBE-SHA1-2DES', false),
  legacy('-v1 PBE-SHA1-RC2-128', true),
  legacy('-v1 PBE-SHA1-RC2-40', true),
];

/** What `openssl rsa -traditional` and `openssl ec` take. */
const TRADITIONAL_FORMS: readonly Form[] = [
  form('-aes128'),
  form('-aes192'),
  form('-aes256'),
  form('-des3', false),
  legacy('-des', false),
];

const OURS: readonly (readonly [string, EncryptionOptions])[] = [
  ['the defaults', {}],
  ['AES-128', { cipher: 'aes-128-cbc', keyDerivation: { kind: 'pbkdf2', iterations: 1 } }],
  ['AES-192', { cipher: 'aes-192-cbc', keyDerivation: { kind: 'pbkdf2', iterations: 1000 } }],
  ['Triple-DES', { cipher: 'des-ede3-cbc', keyDerivation: { kind: 'pbkdf2', iterations: 2048 } }],
  ...(['sha1', 'sha224', 'sha256', 'sha384', 'sha512'] as const).map(
    (hash) => [`HMAC of ${hash}`, { keyDerivation: { kind: 'pbkdf2', hash, iterations: 2048 } }] as const,
  ),
  ['scrypt', { keyDerivation: { kind: 'scrypt' } }],
  [
    'scrypt with a small cost',
    { cipher: 'aes-128-cbc', keyDerivation: { kind: 'scrypt', cost: 256, blockSize: 3, parallelization: 2 } },
  ],
];

let folder: string;
const keys = new Map<string, KeyObject>();

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'foxtls-passwords-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describeWithPeer('keys under passwords', 'openssl', () => {
  beforeAll(() => {
    openssl('genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048', '-out', path('rsa'));
    openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', path('ec'));
    openssl('genpkey', '-algorithm', 'ED25519', '-out', path('ed25519'));
    for (const name of ['rsa', 'ec', 'ed25519']) keys.set(name, createPrivateKey(readFileSync(path(name))));
  });

  it.each(PKCS8_FORMS)('of openssl pkcs8 -topk8 $title are read', async ({ options, portable }) => {
    for (const name of keys.keys()) {
      openssl('pkcs8', '-topk8', '-in', path(name), ...options, '-passout', `pass:${PASSWORD}`, '-out', path('out'));
      await expectRead(name, portable);
    }
  });

  it.each(TRADITIONAL_FORMS)(
    'of openssl rsa -traditional $title and of openssl ec $title are read',
    async ({ options, portable }) => {
      const common = [...options, '-passout', `pass:${PASSWORD}`, '-out', path('out')];
      openssl('rsa', '-traditional', '-in', path('rsa'), ...common);
      expect(readFileSync(path('out'), 'latin1')).toContain('DEK-Info');
      await expectRead('rsa', portable);
      openssl('ec', '-in', path('ec'), ...common);
      expect(readFileSync(path('out'), 'latin1')).toContain('DEK-Info');
      await expectRead('ec', portable);
    },
  );

  it('are found among other blocks and other text', async () => {
    openssl('ecparam', '-name', 'prime256v1', '-genkey', '-out', path('out'));
    const plain = readFileSync(path('out'), 'latin1');
    openssl('ec', '-in', path('out'), '-aes256', '-passout', 'pass:x', '-out', path('encrypted'));
    const parameters = plain.slice(0, plain.indexOf('-----BEGIN EC PRIVATE'));
    const text = `Bag Attributes\n    friendlyName: x\n${parameters}\nmore: text\n${readFileSync(path('encrypted'), 'latin1')}${plain}`;
    const pkcs8 = await readPrivateKeyPem(text, { password: 'x', provider: nodeProvider });
    expect(pkcs8).toEqual(parsePrivateKeyPem(plain));
  });

  it.each(OURS)('written here with %s are read by openssl', async (_title, options) => {
    for (const key of keys.values()) {
      const pkcs8 = new Uint8Array(key.export({ format: 'der', type: 'pkcs8' }));
      const der = await encryptPrivateKey(pkcs8, PASSWORD, { ...options, provider: nodeProvider });
      writeFileSync(path('in'), formatEncryptedPrivateKeyPem(der));
      openssl('pkcs8', '-in', path('in'), '-passin', `pass:${PASSWORD}`, '-out', path('out'));
      expect(createPrivateKey(readFileSync(path('out'))).equals(key)).toBe(true);
    }
  });

  it('written by the portable provider are read by openssl', () => {
    const key = keys.get('ec') as KeyObject;
    const pkcs8 = new Uint8Array(key.export({ format: 'der', type: 'pkcs8' }));
    for (const keyDerivation of [{ kind: 'pbkdf2', iterations: 2048 }, { kind: 'scrypt' }] as const) {
      const der = encryptPrivateKeySync(pkcs8, PASSWORD, { keyDerivation, provider: portablePkcsProvider });
      writeFileSync(path('in'), formatEncryptedPrivateKeyPem(der));
      openssl('pkcs8', '-in', path('in'), '-passin', `pass:${PASSWORD}`, '-out', path('out'));
      expect(createPrivateKey(readFileSync(path('out'))).equals(key)).toBe(true);
    }
  });
});

describeWithPeer('the derivation of PKCS#12', 'openssl', () => {
  const CASES = (['sha1', 'sha224', 'sha256', 'sha384', 'sha512', 'md5'] as const).flatMap((hash) =>
    (['key', 'iv', 'mac'] as const).map((purpose) => ({ hash, purpose })),
  );

  it.each(CASES)('is that of openssl kdf for $hash, $purpose', ({ hash, purpose }) => {
    const salt = Uint8Array.from({ length: 9 }, (_, i) => 31 * i);
    for (const [password, length, iterations] of [
      ['', 24, 1],
      ['pass wörd €', 8, 3],
      ['a password that is longer than the block of any hash '.repeat(3), 200, 2],
    ] as const) {
      const { bmp } = passwordForms(password);
      const derivation = { hash, purpose, password: bmp, salt, iterations, length };
      const derived = runSync(derivePkcs12Key(derivation, new PasswordWork(synchronously(nodeProvider))));
      const options = { digest: hash, hexpass: toHex(bmp), hexsalt: toHex(salt), iter: iterations, id: PKCS12_PURPOSE[purpose] };
      const printed = openssl(
        'kdf',
        '-keylen',
        `${length}`,
        ...Object.entries(options).flatMap(([name, value]) => ['-kdfopt', `${name}:${value}`]),
        'PKCS12KDF',
      ).toString();
      expect(toHex(derived)).toBe(printed.trim().replaceAll(':', '').toLowerCase());
    }
  });
});

/** What openssl wrote to `out` is the key, for both providers, at once and later, and for no other password. */
async function expectRead(name: string, portable: boolean): Promise<void> {
  const pem = readFileSync(path('out'));
  const expected = parsePrivateKeyPem(readFileSync(path(name)));
  for (const provider of [nodeProvider, portablePkcsProvider]) {
    const options = { password: PASSWORD, provider };
    if (provider === portablePkcsProvider && !portable) {
      expect(() => readPrivateKeyPemSync(pem, options)).toThrow(
        expect.objectContaining({ code: 'ERR_TLS_PROTECTION_UNSUPPORTED' }),
      );
      continue;
    }
    expect(readPrivateKeyPemSync(pem, options)).toEqual(expected);
    expect(await readPrivateKeyPem(pem, options)).toEqual(expected);
    const wrong = expect.objectContaining({ code: 'ERR_TLS_PASSWORD_WRONG' });
    expect(() => readPrivateKeyPemSync(pem, { ...options, password: `${PASSWORD}.` })).toThrow(wrong);
  }
}

function path(name: string): string {
  return join(folder, name);
}

function openssl(...programArguments: string[]): Buffer {
  return execFileSync('openssl', programArguments, { stdio: 'pipe', timeout: 20_000 });
}
