/**
 * AES key wrap (RFC 3394) by node:crypto.
 */

import { createCipheriv, createDecipheriv } from 'node:crypto';
import { concat, fromHex } from '../../core/bytes/bytes.ts';
import { CryptoFailure } from '../../core/errors/errors.ts';
import type { KeyWrap, KeyWrapName } from '../key-encryption.ts';

export const aes128Wrap: KeyWrap = /* @__PURE__ */ keyWrap('aes-128-wrap', 16);
export const aes192Wrap: KeyWrap = /* @__PURE__ */ keyWrap('aes-192-wrap', 24);
export const aes256Wrap: KeyWrap = /* @__PURE__ */ keyWrap('aes-256-wrap', 32);

/** RFC 3394 §2.2.3.1. */
const INITIAL_VALUE = /* @__PURE__ */ fromHex('a6a6a6a6a6a6a6a6');

function keyWrap(name: KeyWrapName, keySize: number): KeyWrap {
  const cipher = `id-aes${keySize * 8}-wrap`;
  return {
    name,
    keySize,
    wrap(keyEncryptionKey, key) {
      if (key.length < 16 || key.length % 8 !== 0) {
        throw new CryptoFailure(`${name} wraps 16 bytes or more, in multiples of 8: ${key.length} are there`);
      }
      const wrapping = createCipheriv(cipher, keyEncryptionKey, INITIAL_VALUE);
      return concat(wrapping.update(key), wrapping.final());
    },
    unwrap(keyEncryptionKey, wrapped) {
      if (wrapped.length < 24 || wrapped.length % 8 !== 0) return undefined;
      try {
        const unwrapping = createDecipheriv(cipher, keyEncryptionKey, INITIAL_VALUE);
        return concat(unwrapping.update(wrapped), unwrapping.final());
      } catch {
        return undefined;
      }
    },
  };
}
