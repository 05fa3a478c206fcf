import { constants, generateKeyPairSync, publicEncrypt } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { concat, toHex } from '../../core/bytes/bytes.ts';
import { runAsync, runSync } from '../../core/flow/flow.ts';
import type { RsaDecrypter } from '../../crypto/key-encryption.ts';
import { keyEncryption } from '../../crypto/node/key-encryption.ts';
import { createRsaPremasterSecret, decryptRsaPremasterSecret } from './rsa-premaster-secret.ts';

const TLS12 = 0x0303;
const SIZE = 256;

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 8 * SIZE });
const pkcs8 = new Uint8Array(privateKey.export({ format: 'der', type: 'pkcs8' }));
const decrypter = keyEncryption.importDecrypter(pkcs8) as RsaDecrypter;

const SECRET = Uint8Array.from({ length: 48 }, (_, i) => (i === 0 || i === 1 ? 3 : 0x80 + i));
/** What a server falls back to when its random source gives 0x11 alone. */
const RANDOM_SECRET = `0303${'11'.repeat(46)}`;

/** 0x00 0x02, padding up to `size`, 0x00, the message (RFC 8017 §7.2.1). */
function encode(message: Uint8Array, size = SIZE): Uint8Array {
  const padding = new Uint8Array(size - message.length - 3).fill(0xaa);
  return concat(Uint8Array.of(0, 2), padding, Uint8Array.of(0), message);
}

const encrypt = (encoded: Uint8Array) =>
  new Uint8Array(publicEncrypt({ key: publicKey, padding: constants.RSA_NO_PADDING }, encoded));

const changed = (at: number, byte: number) => encode(SECRET).map((old, i) => (i === at ? byte : old));

/** The server's secret, and how often it drew random bytes. */
function decrypt(encrypted: Uint8Array, clientVersion = TLS12): { secret: string; draws: number[] } {
  const draws: number[] = [];
  const random = (length: number) => {
    draws.push(length);
    return new Uint8Array(length).fill(0x11);
  };
  return { secret: toHex(runSync(decryptRsaPremasterSecret(decrypter, encrypted, clientVersion, random))), draws };
}

describe('the premaster secret of RSA key exchange', () => {
  it('is the offered version and 46 random bytes', () => {
    const secret = createRsaPremasterSecret(TLS12, (length) => new Uint8Array(length).fill(0x11));
    expect(toHex(secret)).toBe(RANDOM_SECRET);
  });

  it('is decrypted by the server', () => {
    expect(decrypt(encrypt(encode(SECRET))).secret).toBe(toHex(SECRET));
  });

  it('is random when its padding is wrong anywhere, as against Bleichenbacher and ROBOT', () => {
    const bad: Readonly<Record<string, Uint8Array>> = {
      'first byte': changed(0, 1),
      'block type 1': changed(1, 1),
      'block type 0': changed(1, 0),
      'no zero': changed(SIZE - 49, 7),
      'zero in the first byte of padding': changed(2, 0),
      'zero in the eighth byte of padding': changed(9, 0),
      'zero late in the padding': changed(SIZE - 50, 0),
      'a secret of 47 bytes': encode(SECRET.subarray(1)),
      'a secret of 49 bytes': encode(concat(SECRET, Uint8Array.of(1))),
      'an empty secret': encode(new Uint8Array(0)),
    };
    for (const [title, encoded] of Object.entries(bad))
      expect([title, decrypt(encrypt(encoded)).secret]).toEqual([title, RANDOM_SECRET]);
  });

  it('is random when the ciphertext is no number below the modulus, or of another length', () => {
    for (const encrypted of [
      new Uint8Array(SIZE).fill(0xff),
      new Uint8Array(SIZE),
      ...[0, 1, SIZE - 1, SIZE + 1].map((n) => new Uint8Array(n)),
    ]) {
      expect(decrypt(encrypted).secret).toBe(RANDOM_SECRET);
    }
  });

  it('has the version of the ClientHello written over whatever version it has, as against Klima, Pokorny and Rosa', () => {
    const other = concat(Uint8Array.of(3, 1), SECRET.subarray(2));
    expect(decrypt(encrypt(encode(other))).secret).toBe(toHex(SECRET));
    expect(decrypt(encrypt(encode(SECRET)), 0x0301).secret.slice(0, 4)).toBe('0301');
  });

  it('costs the same random bytes, drawn before, whether they are needed or not', () => {
    const good = encrypt(encode(SECRET));
    for (const encrypted of [good, encrypt(changed(1, 1)), new Uint8Array(3)]) expect(decrypt(encrypted).draws).toEqual([48]);
  });

  it('may be decrypted elsewhere, and later', async () => {
    const remote: RsaDecrypter = {
      type: decrypter.type,
      decryptPkcs1: async (...given) => decrypter.decryptPkcs1(...given),
      decryptOaep: async () => undefined,
    };
    const flow = decryptRsaPremasterSecret(remote, encrypt(encode(SECRET)), TLS12, (length) => new Uint8Array(length));
    expect(await runAsync(flow)).toEqual(SECRET);
  });
});
