/**
 * RC4, or Arcfour: our own code, for Node's OpenSSL has none. RFC 7465 forbids it in TLS; it is for devices that have nothing else.
 *
 * ```
 * key setup     j = j + S[i] + K[i mod length];  swap S[i], S[j]                               for i = 0 … 255
 * keystream     i = i + 1;  j = j + S[i];  swap S[i], S[j];  next byte is S[S[i] + S[j]]       all sums modulo 256
 * ```
 * Look-ups depend on the key, and the first bytes of the keystream are biased: this protects little.
 */

import { ApiMisuse, CryptoFailure } from '../../core/errors/errors.ts';
import type { Keystream, StreamCipher } from '../stream-cipher.ts';

/** RC4 with the key of 16 bytes that the suites of TLS have. */
export const rc4Stream128: StreamCipher = {
  name: 'rc4-128',
  keySize: 16,
  create(key) {
    if (key.length !== 16) throw new CryptoFailure(`rc4-128 takes a key of 16 bytes, not of ${key.length}`);
    return new Rc4Keystream(key);
  },
};

/** RC4 with a key of 1 to 256 bytes. */
export class Rc4Keystream implements Keystream {
  /** S, a permutation of all bytes; undefined when wiped. */
  #state: Uint8Array | undefined;
  #i = 0;
  #j = 0;

  constructor(key: Uint8Array) {
    this.#state = permute(key);
  }

  apply(data: Uint8Array): Uint8Array {
    const state = this.#state;
    if (state === undefined) throw new ApiMisuse('ERR_TLS_KEY_WIPED', 'this key was wiped and cannot be used any more');
    const result = new Uint8Array(data.length);
    let i = this.#i;
    let j = this.#j;
    for (let at = 0; at < data.length; at++) {
      i = (i + 1) & 0xff;
      const a = state[i] as number;
      j = (j + a) & 0xff;
      const b = state[j] as number;
      state[i] = b;
      state[j] = a;
      result[at] = (data[at] as number) ^ (state[(a + b) & 0xff] as number);
    }
    this.#i = i;
    this.#j = j;
    return result;
  }

  wipe(): void {
    this.#state?.fill(0);
    this.#state = undefined;
    this.#i = 0;
    this.#j = 0;
  }
}

function permute(key: Uint8Array): Uint8Array {
  const state = Uint8Array.from({ length: 256 }, (_, i) => i);
  for (let i = 0, j = 0; i < 256; i++) {
    const a = state[i] as number;
    j = (j + a + (key[i % key.length] as number)) & 0xff;
    state[i] = state[j] as number;
    state[j] = a;
  }
  return state;
}
