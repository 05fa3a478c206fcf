/**
 * The ChaCha20-Poly1305 that was in TLS before RFC 7905: draft-agl-tls-chacha20poly1305-04 §5, of the suites cc13, cc14 and cc15, which
 * wolfSSL and old servers of BoringSSL still have. By @noble/ciphers.
 *
 * ```
 * Poly1305's key   the first 32 bytes of block 0 of ChaCha20, with the nonce of 8 bytes and the counter of 8 that it first had
 * ciphertext       plaintext XOR ChaCha20 from block 1 on
 * tag              Poly1305(additional data || its length || ciphertext || its length)         lengths in 8 bytes, little-endian
 * ```
 * Nothing is padded to 16 bytes, as RFC 8439 does. The nonce is the sequence number of the record: the keys make no IV, and the record
 * carries none.
 */

import { poly1305 } from '@noble/ciphers/_poly1305.js';
import { chacha20orig } from '@noble/ciphers/chacha.js';
import { concatAll, constantTimeEqual, wipe } from '../../core/bytes/bytes.ts';
import { ApiMisuse } from '../../core/errors/errors.ts';
import type { Aead, AeadKey } from '../aead.ts';

const NAME = 'chacha20-poly1305-old';
const KEY_SIZE = 32;
const NONCE_SIZE = 8;
const TAG_SIZE = 16;

/** An `Aead` but for its name, which no provider lists, and its nonce of 8 bytes. Errors as those of any other. */
export const chacha20Poly1305Old: Aead<typeof NAME> = {
  name: NAME,
  keySize: KEY_SIZE,
  nonceSize: NONCE_SIZE,
  tagSize: TAG_SIZE,
  create(key) {
    if (key.length !== KEY_SIZE) {
      throw new ApiMisuse('ERR_TLS_KEY_SIZE', `${NAME} takes a key of ${KEY_SIZE} bytes, not ${key.length}`);
    }
    return new OldKey(key);
  },
};

class OldKey implements AeadKey {
  #key: Uint8Array | undefined;

  constructor(key: Uint8Array) {
    this.#key = new Uint8Array(key);
  }

  seal(nonce: Uint8Array, additionalData: Uint8Array, plaintext: readonly Uint8Array[], out: Uint8Array[]): void {
    const key = this.#keyFor(nonce);
    const ciphertext = chacha20orig(key, nonce, concatAll(plaintext), undefined, 1);
    out.push(ciphertext, tagOf(key, nonce, additionalData, ciphertext));
  }

  open(nonce: Uint8Array, additionalData: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
    const key = this.#keyFor(nonce);
    if (sealed.length < TAG_SIZE) return undefined;
    const ciphertext = sealed.subarray(0, -TAG_SIZE);
    const isRight = constantTimeEqual(tagOf(key, nonce, additionalData, ciphertext), sealed.subarray(-TAG_SIZE));
    return isRight ? chacha20orig(key, nonce, ciphertext, undefined, 1) : undefined;
  }

  wipe(): void {
    wipe(this.#key);
    this.#key = undefined;
  }

  #keyFor(nonce: Uint8Array): Uint8Array {
    if (this.#key === undefined) throw new ApiMisuse('ERR_TLS_KEY_WIPED', 'this key was wiped and cannot be used any more');
    if (nonce.length !== NONCE_SIZE) {
      throw new ApiMisuse('ERR_TLS_NONCE_SIZE', `a nonce has ${NONCE_SIZE} bytes, not ${nonce.length}`);
    }
    return this.#key;
  }
}

function tagOf(key: Uint8Array, nonce: Uint8Array, additionalData: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  const oneTimeKey = chacha20orig(key, nonce, new Uint8Array(32));
  const mac = poly1305.create(oneTimeKey);
  for (const bytes of [additionalData, ciphertext]) mac.update(bytes).update(lengthOf(bytes));
  wipe(oneTimeKey);
  return mac.digest();
}

function lengthOf({ length }: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  return bytes;
}
