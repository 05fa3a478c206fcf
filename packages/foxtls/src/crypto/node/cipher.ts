/**
 * AES and Triple-DES in CBC mode (FIPS 197, SP 800-67, SP 800-38A) by node:crypto.
 *
 * Node 20's OpenSSL has no single DES and no RC2: DES is Triple-DES with three equal keys, RC2 is in crypto/legacy.
 */

import { createCipheriv, createDecipheriv } from 'node:crypto';
import { concat } from '../../core/bytes/bytes.ts';
import type { Cipher, CipherName } from '../cipher.ts';
import { checkCipherLengths } from '../cipher-lengths.ts';

export const aes128Cbc: Cipher = /* @__PURE__ */ nodeCipher('aes-128-cbc', 16, 16);
export const aes192Cbc: Cipher = /* @__PURE__ */ nodeCipher('aes-192-cbc', 24, 16);
export const aes256Cbc: Cipher = /* @__PURE__ */ nodeCipher('aes-256-cbc', 32, 16);

/** Triple-DES, for old files and suites. */
export const desEde3Cbc: Cipher = /* @__PURE__ */ nodeCipher('des-ede3-cbc', 24, 8);

function nodeCipher(name: CipherName, keySize: number, blockSize: number): Cipher {
  const sizes = { name, keySize, blockSize };
  return {
    ...sizes,
    encrypt(key, iv, data) {
      checkCipherLengths(sizes, key, iv, data);
      const cipher = createCipheriv(name, key, iv).setAutoPadding(false);
      return concat(cipher.update(data), cipher.final());
    },
    decrypt(key, iv, data) {
      checkCipherLengths(sizes, key, iv, data);
      const decipher = createDecipheriv(name, key, iv).setAutoPadding(false);
      return concat(decipher.update(data), decipher.final());
    },
  };
}
