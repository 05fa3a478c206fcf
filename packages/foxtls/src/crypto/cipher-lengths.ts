/**
 * What every implementation of a CBC cipher checks before it begins, so that all refuse the same with the same words.
 */

import { CryptoFailure } from '../core/errors/errors.ts';
import type { Cipher } from './cipher.ts';

/** Throws `CryptoFailure` unless key, initialization vector and data have the lengths that the cipher needs. */
export function checkCipherLengths(
  { name, keySize, blockSize }: Pick<Cipher, 'name' | 'keySize' | 'blockSize'>,
  key: Uint8Array,
  iv: Uint8Array,
  data: Uint8Array,
): void {
  if (key.length !== keySize) throw new CryptoFailure(`${name} takes a key of ${keySize} bytes, not of ${key.length}`);
  if (iv.length !== blockSize) {
    throw new CryptoFailure(`${name} takes an initialization vector of ${blockSize} bytes, not of ${iv.length}`);
  }
  if (data.length % blockSize !== 0) throw new CryptoFailure(`${name} takes whole blocks of ${blockSize} bytes`);
}
