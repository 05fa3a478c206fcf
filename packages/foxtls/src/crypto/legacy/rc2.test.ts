import { describe, expect, it } from 'vitest';
import { concat, fromHex, toHex } from '../../core/bytes/bytes.ts';
import { CryptoFailure } from '../../core/errors/errors.ts';
import { decryptBlock, encryptBlock, expandKey, rc2Cbc40, rc2Cbc64, rc2Cbc128 } from './rc2.ts';

/** RFC 2268 §5: effective key bits, key, plaintext, ciphertext. */
const VECTORS: readonly (readonly [number, string, string, string])[] = [
  [63, '0000000000000000', '0000000000000000', 'ebb773f993278eff'],
  [64, 'ffffffffffffffff', 'ffffffffffffffff', '278b27e42e2f0d49'],
  [64, '3000000000000000', '1000000000000001', '30649edf9be7d2c2'],
  [64, '88', '0000000000000000', '61a8a244adacccf0'],
  [64, '88bca90e90875a', '0000000000000000', '6ccf4308974c267f'],
  [64, '88bca90e90875a7f0f79c384627bafb2', '0000000000000000', '1a807d272bbe5db1'],
  [128, '88bca90e90875a7f0f79c384627bafb2', '0000000000000000', '2269552ab0f85ca6'],
  [129, '88bca90e90875a7f0f79c384627bafb216f80a6f85920584c42fceb0be255daf1e', '0000000000000000', '5b78d3a43dfff1f1'],
];

const words = (hex: string) => new Uint16Array(fromHex(hex).buffer);

describe('RC2', () => {
  it.each(VECTORS)(
    'encrypts and decrypts the block of RFC 2268 §5 with %i effective bits and the key %s',
    (bits, key, plain, cipher) => {
      const expanded = expandKey(fromHex(key), bits);
      const block = words(plain);
      encryptBlock(expanded, block);
      expect(toHex(new Uint8Array(block.buffer))).toBe(cipher);
      decryptBlock(expanded, block);
      expect(toHex(new Uint8Array(block.buffer))).toBe(plain);
    },
  );

  it.each([rc2Cbc40, rc2Cbc64, rc2Cbc128])('chains the blocks of $name', (cipher) => {
    const key = Uint8Array.from({ length: cipher.keySize }, (_, i) => 7 * i);
    const [iv, first, second] = ['0102030405060708', '1122334455667788', '99aabbccddeeff00'].map(fromHex) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    const encrypted = cipher.encrypt(key, iv, concat(first, second));
    // Each block as CBC has it: a block encrypted alone, with what stands before it as the initialization vector.
    expect(encrypted.subarray(8)).toEqual(cipher.encrypt(key, encrypted.slice(0, 8), second));
    expect(cipher.decrypt(key, iv, encrypted)).toEqual(concat(first, second));
    const alone = words('1122334455667788').map((word, i) => word ^ (words('0102030405060708')[i] as number));
    encryptBlock(expandKey(key, 8 * cipher.keySize), alone);
    expect(encrypted.subarray(0, 8)).toEqual(new Uint8Array(alone.buffer));
  });

  it('refuses keys, vectors and data of other lengths', () => {
    const [iv, block] = [new Uint8Array(8), new Uint8Array(8)];
    for (const wrong of [
      () => rc2Cbc40.decrypt(new Uint8Array(8), iv, block),
      () => rc2Cbc64.decrypt(new Uint8Array(8), new Uint8Array(16), block),
      () => rc2Cbc64.encrypt(new Uint8Array(8), iv, new Uint8Array(7)),
    ]) {
      expect(wrong).toThrow(CryptoFailure);
    }
  });
});
