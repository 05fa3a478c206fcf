/**
 * AES, Camellia and Triple-DES in CBC mode (FIPS 197, RFC 3713, SP 800-67, SP 800-38A) by node:crypto.
 *
 * Node 20's OpenSSL has no single DES and no RC2: DES is Triple-DES with three equal keys, RC2 is in crypto/legacy.
 */

import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { Cipher, CipherName } from '../cipher.ts';
import { checkCipherLengths } from '../cipher-lengths.ts';
import { ownBytes } from './own-bytes.ts';

export const aes128Cbc: Cipher = /* @__PURE__ */ nodeCipher('aes-128-cbc', 16, 16);
export const aes192Cbc: Cipher = /* @__PURE__ */ nodeCipher('aes-192-cbc', 24, 16);
export const aes256Cbc: Cipher = /* @__PURE__ */ nodeCipher('aes-256-cbc', 32, 16);

/** Camellia, for old suites of TLS 1.2. */
export const camellia128Cbc: Cipher = /* @__PURE__ */ nodeCipher('camellia-128-cbc', 16, 16);
export const camellia256Cbc: Cipher = /* @__PURE__ */ nodeCipher('camellia-256-cbc', 32, 16);

/** Triple-DES, for old files and suites. */
export const desEde3Cbc: Cipher = /* @__PURE__ */ nodeCipher('des-ede3-cbc', 24, 8);

/** Without padding and with whole blocks, `update` gives all there is: `final` would have nothing to add. */
function nodeCipher(name: CipherName, keySize: number, blockSize: number): Cipher {
  const sizes = { name, keySize, blockSize };
  return {
    ...sizes,
    encrypt(key, iv, data) {
      checkCipherLengths(sizes, key, iv, data);
      return ownBytes(createCipheriv(name, key, iv).setAutoPadding(false).update(data));
    },
    decrypt(key, iv, data) {
      checkCipherLengths(sizes, key, iv, data);
      return ownBytes(createDecipheriv(name, key, iv).setAutoPadding(false).update(data));
    },
  };
}
