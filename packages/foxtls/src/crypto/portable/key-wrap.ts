/**
 * AES key wrap (RFC 3394) by @noble/ciphers.
 */

import { aeskw } from '@noble/ciphers/aes.js';
import { CryptoFailure } from '../../core/errors/errors.ts';
import type { KeyWrap, KeyWrapName } from '../key-encryption.ts';

export const aes128Wrap: KeyWrap = /* @__PURE__ */ keyWrap('aes-128-wrap', 16);
export const aes192Wrap: KeyWrap = /* @__PURE__ */ keyWrap('aes-192-wrap', 24);
export const aes256Wrap: KeyWrap = /* @__PURE__ */ keyWrap('aes-256-wrap', 32);

function keyWrap(name: KeyWrapName, keySize: number): KeyWrap {
  return {
    name,
    keySize,
    wrap(keyEncryptionKey, key) {
      if (key.length < 16 || key.length % 8 !== 0) {
        throw new CryptoFailure(`${name} wraps 16 bytes or more, in multiples of 8: ${key.length} are there`);
      }
      return aeskw(keyEncryptionKey).encrypt(key);
    },
    unwrap(keyEncryptionKey, wrapped) {
      if (wrapped.length < 24 || wrapped.length % 8 !== 0) return undefined;
      try {
        return aeskw(keyEncryptionKey).decrypt(wrapped);
      } catch {
        return undefined;
      }
    },
  };
}
