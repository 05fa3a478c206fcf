import { createCipheriv } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../core/bytes/bytes.ts';
import { CryptoFailure } from '../core/errors/errors.ts';
import type { CipherName } from './cipher.ts';
import { camellia128Cbc, camellia256Cbc } from './node/cipher.ts';
import { nodeProvider } from './node/provider.ts';
import { portablePkcsProvider } from './portable/pkcs-provider.ts';

const PLAIN = '6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51';

/** NIST SP 800-38A §F.2.1, §F.2.3, §F.2.5: key and the first two blocks of ciphertext. */
const AES: readonly (readonly [CipherName, string, string])[] = [
  ['aes-128-cbc', '2b7e151628aed2a6abf7158809cf4f3c', '7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2'],
  [
    'aes-192-cbc',
    '8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b',
    '4f021db243bc633d7178183a9fa071e8b4d9ada9ad7dedf4e5e738763f69145a',
  ],
  [
    'aes-256-cbc',
    '603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4',
    'f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d',
  ],
];

const IV = fromHex('000102030405060708090a0b0c0d0e0f');

describe.each([nodeProvider, portablePkcsProvider])('ciphers of the $name provider', ({ ciphers }) => {
  const named = (name: CipherName) => ciphers.find((cipher) => cipher.name === name) as (typeof ciphers)[number];

  it.each(AES)('%s makes and reads the blocks of SP 800-38A, without padding', (name, key, blocks) => {
    const cipher = named(name);
    expect([cipher.keySize, cipher.blockSize]).toEqual([key.length / 2, 16]);
    expect(toHex(cipher.encrypt(fromHex(key), IV, fromHex(PLAIN)))).toBe(blocks);
    expect(toHex(cipher.decrypt(fromHex(key), IV, fromHex(blocks)))).toBe(PLAIN);
  });

  it.each(ciphers)('$name gives nothing for nothing, plain arrays, and refuses other lengths', (cipher) => {
    const [key, iv] = [new Uint8Array(cipher.keySize), new Uint8Array(cipher.blockSize)];
    expect(cipher.encrypt(key, iv, new Uint8Array(0))).toEqual(new Uint8Array(0));
    expect(cipher.decrypt(key, iv, new Uint8Array(0))).toEqual(new Uint8Array(0));
    for (const result of [cipher.encrypt(key, iv, iv), cipher.decrypt(key, iv, iv)]) {
      expect(Object.getPrototypeOf(result)).toBe(Uint8Array.prototype);
    }
    expect(() => cipher.decrypt(key, iv, new Uint8Array(cipher.blockSize - 1))).toThrow(CryptoFailure);
    expect(() => cipher.encrypt(key, iv, new Uint8Array(cipher.blockSize + 1))).toThrow(CryptoFailure);
    expect(() => cipher.decrypt(key.subarray(1), iv, iv)).toThrow(CryptoFailure);
    expect(() => cipher.encrypt(key, iv.subarray(1), iv)).toThrow(CryptoFailure);
  });
});

describe('Camellia', () => {
  const block = '0123456789abcdeffedcba9876543210';

  it.each([
    [camellia128Cbc, block, '67673138549669730857065648eabe43'],
    [camellia256Cbc, `${block}00112233445566778899aabbccddeeff`, '9acc237dff16d76c20ef7c919e3a7509'],
  ])('of $name makes and reads the block of RFC 3713, Appendix A', (cipher, key, encrypted) => {
    const none = new Uint8Array(16);
    expect(toHex(cipher.encrypt(fromHex(key), none, fromHex(block)))).toBe(encrypted);
    expect(toHex(cipher.decrypt(fromHex(key), none, fromHex(encrypted)))).toBe(block);
  });
});

describe('Triple-DES', () => {
  const cipher = nodeProvider.ciphers.find(({ name }) => name === 'des-ede3-cbc');

  it('with three equal keys is DES: the block of FIPS 81, Appendix B', () => {
    const key = fromHex('0123456789abcdef'.repeat(3));
    const iv = fromHex('1234567890abcdef');
    const encrypted = cipher?.encrypt(key, iv, fromHex('4e6f77206973207468652074696d6520666f7220616c6c20'));
    expect(encrypted && toHex(encrypted)).toBe('e5c7cdde872bf27c43e934008c389c0f683788499a7c05f6');
  });

  it('is not in the portable provider', () => {
    expect(portablePkcsProvider.ciphers.map(({ name }) => name)).not.toContain('des-ede3-cbc');
  });

  it('is that of OpenSSL', () => {
    const [key, iv] = [fromHex('0123456789abcdef23456789abcdef01456789abcdef0123'), fromHex('1234567890abcdef')];
    const expected = createCipheriv('des-ede3-cbc', key, iv).setAutoPadding(false).update(fromHex(PLAIN));
    expect(cipher && toHex(cipher.encrypt(key, iv, fromHex(PLAIN)))).toBe(toHex(expected));
  });
});
