/**
 * AES in CBC mode (FIPS 197, SP 800-38A) by @noble/ciphers, which has no Triple-DES: files that need it take another provider.
 */

import { cbc } from '@noble/ciphers/aes.js';
import type { Cipher, CipherName } from '../cipher.ts';
import { checkCipherLengths } from '../cipher-lengths.ts';

const BLOCK_SIZE = 16;
const UNPADDED = { disablePadding: true };

export const aes128Cbc: Cipher = /* @__PURE__ */ portableAes('aes-128-cbc', 16);
export const aes192Cbc: Cipher = /* @__PURE__ */ portableAes('aes-192-cbc', 24);
export const aes256Cbc: Cipher = /* @__PURE__ */ portableAes('aes-256-cbc', 32);

function portableAes(name: CipherName, keySize: number): Cipher {
  const sizes = { name, keySize, blockSize: BLOCK_SIZE };
  return {
    ...sizes,
    encrypt(key, iv, data) {
      checkCipherLengths(sizes, key, iv, data);
      return cbc(key, iv, UNPADDED).encrypt(data);
    },
    decrypt(key, iv, data) {
      checkCipherLengths(sizes, key, iv, data);
      return data.length === 0 ? new Uint8Array(0) : cbc(key, iv, UNPADDED).decrypt(data);
    },
  };
}
