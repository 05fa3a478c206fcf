import { createHash, pbkdf2Sync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { EMPTY, fromHex, toHex, utf8 } from '../core/bytes/bytes.ts';
import { CryptoFailure } from '../core/errors/errors.ts';
import type { HashName } from './hash.ts';
import { nodeProvider } from './node/provider.ts';
import { answeringAtOnce, type Pbkdf2Parameters, type ScryptParameters } from './password-hash.ts';
import { portablePkcsProvider } from './portable/pkcs-provider.ts';

/** RFC 7914 §11. */
const PBKDF2: readonly (readonly [string, string, number, string])[] = [
  [
    'passwd',
    'salt',
    1,
    '55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783',
  ],
  [
    'Password',
    'NaCl',
    80000,
    '4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56a1d425a1225833549adb841b51c9b3176a272bdebba1d078478f62b397f33c8d',
  ],
];

/** RFC 7914 §12, but for the last one, which takes 1 GiB. */
const SCRYPT: readonly (readonly [string, string, number, number, number, string])[] = [
  [
    '',
    '',
    16,
    1,
    1,
    '77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906',
  ],
  [
    'password',
    'NaCl',
    1024,
    8,
    16,
    'fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640',
  ],
  [
    'pleaseletmein',
    'SodiumChloride',
    16384,
    8,
    1,
    '7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887',
  ],
];

const HASHES: readonly Pbkdf2Parameters['hash'][] = ['sha1', 'sha224', 'sha256', 'sha384', 'sha512'];

describe.each([nodeProvider, portablePkcsProvider])('password hashes of the $name provider', ({ passwordHashes }) => {
  const { pbkdf2, scrypt, iteratedHash } = passwordHashes;

  it.each(PBKDF2)('PBKDF2 makes the key of RFC 7914 §11 for %s', async (password, salt, iterations, key) => {
    const parameters = { hash: 'sha256', password: utf8(password), salt: utf8(salt), iterations, length: 64 } as const;
    expect(toHex(await pbkdf2.derive(parameters))).toBe(key);
    expect(pbkdf2.deriveSync && toHex(pbkdf2.deriveSync(parameters))).toBe(key);
  });

  it.each(HASHES)('PBKDF2 with HMAC of %s is that of OpenSSL', async (hash) => {
    const parameters = { hash, password: utf8('geheim'), salt: fromHex('00ff00ff'), iterations: 3, length: 70 };
    const expected = toHex(pbkdf2Sync('geheim', parameters.salt, 3, 70, hash));
    expect(toHex(await pbkdf2.derive(parameters))).toBe(expected);
  });

  it.each(SCRYPT)(
    'scrypt makes the key of RFC 7914 §12 for "%s"',
    async (password, salt, cost, blockSize, parallelization, key) => {
      const parameters: ScryptParameters = {
        password: utf8(password),
        salt: utf8(salt),
        cost,
        blockSize,
        parallelization,
        length: 64,
      };
      expect(toHex(await scrypt.derive(parameters))).toBe(key);
      expect(scrypt.deriveSync && toHex(scrypt.deriveSync(parameters))).toBe(key);
    },
  );

  it('scrypt refuses parameters that cannot be', async () => {
    const parameters = { password: EMPTY, salt: EMPTY, cost: 15, blockSize: 1, parallelization: 1, length: 16 };
    await expect(async () => scrypt.derive(parameters)).rejects.toThrow(CryptoFailure);
    expect(() => scrypt.deriveSync?.(parameters)).toThrow(CryptoFailure);
  });

  it.each([...HASHES, 'md5'] as HashName[])('%s is iterated', async (hash) => {
    let expected: Uint8Array = utf8('abc');
    for (let i = 0; i < 3; i++) expected = createHash(hash).update(expected).digest();
    const parameters = { hash, data: utf8('abc'), iterations: 3 };
    expect(toHex(await iteratedHash.derive(parameters))).toBe(toHex(expected));
    expect(iteratedHash.deriveSync && toHex(iteratedHash.deriveSync(parameters))).toBe(toHex(expected));
  });

  it('many iterations in pieces are those at once', async () => {
    const parameters = { hash: 'sha1', data: utf8('abc'), iterations: 25_001 } as const;
    expect(await iteratedHash.derive(parameters)).toEqual(iteratedHash.deriveSync?.(parameters));
  });

  it('let the event loop go on', async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await iteratedHash.derive({ hash: 'sha256', data: EMPTY, iterations: 60_000 });
    await pbkdf2.derive({ hash: 'sha256', password: EMPTY, salt: EMPTY, iterations: 60_000, length: 32 });
    clearInterval(timer);
    expect(turns).toBeGreaterThan(1);
  });

  it('answer at once when they are asked to', () => {
    const atOnce = answeringAtOnce(passwordHashes);
    expect(atOnce.iteratedHash.derive({ hash: 'md5', data: EMPTY, iterations: 1 })).toBeInstanceOf(Uint8Array);
    expect(atOnce.pbkdf2.derive({ hash: 'sha1', password: EMPTY, salt: EMPTY, iterations: 1, length: 1 })).toBeInstanceOf(
      Uint8Array,
    );
  });
});
