/**
 * Masks for the record numbers of DTLS 1.3 by node:crypto: one block of AES-ECB, or of ChaCha20 (RFC 9147 §4.2.3).
 *
 * ```
 * Mask = AES-ECB(sn_key, Ciphertext[0..15])
 * Mask = ChaCha20(sn_key, Ciphertext[0..3], Ciphertext[4..15])
 * ```
 */

import { type Cipher, createCipheriv } from 'node:crypto';
import { wipe } from '../../core/bytes/bytes.ts';
import { ApiMisuse } from '../../core/errors/errors.ts';
import type { AeadName, RecordNumberCipher } from '../aead.ts';

export function nodeRecordNumberCipher(name: AeadName, keySize: number, key: Uint8Array): RecordNumberCipher {
  if (key.length !== keySize) {
    throw new ApiMisuse('ERR_TLS_KEY_SIZE', `record numbers under ${name} take a key of ${keySize} bytes, not ${key.length}`);
  }
  return name === 'chacha20-poly1305' ? new ChaCha20Mask(key) : new AesMask(key);
}

const SAMPLE_SIZE = 16;

/** ECB has no state between blocks: one cipher does for all records, if it never has to pad. */
class AesMask implements RecordNumberCipher {
  #cipher: Cipher | undefined;

  constructor(key: Uint8Array) {
    this.#cipher = createCipheriv(key.length === 16 ? 'aes-128-ecb' : 'aes-256-ecb', key, null).setAutoPadding(false);
  }

  mask(sample: Uint8Array): Uint8Array {
    return checked(this.#cipher, sample).update(sample);
  }

  wipe(): void {
    this.#cipher = undefined;
  }
}

class ChaCha20Mask implements RecordNumberCipher {
  #key: Uint8Array | undefined;

  constructor(key: Uint8Array) {
    this.#key = new Uint8Array(key);
  }

  /** OpenSSL's vector is the block counter, four bytes of the lowest first, and then the nonce: that is the sample. */
  mask(sample: Uint8Array): Uint8Array {
    return createCipheriv('chacha20', checked(this.#key, sample), sample).update(MASK_OF_ZEROS);
  }

  wipe(): void {
    wipe(this.#key);
    this.#key = undefined;
  }
}

/** As much of the key stream as numbers in records are long. */
const MASK_OF_ZEROS = /* @__PURE__ */ new Uint8Array(4);

function checked<T>(key: T | undefined, sample: Uint8Array): T {
  if (key === undefined) throw new ApiMisuse('ERR_TLS_KEY_WIPED', 'this key was wiped and cannot be used any more');
  if (sample.length !== SAMPLE_SIZE) {
    throw new ApiMisuse('ERR_TLS_SAMPLE_SIZE', `a sample has ${SAMPLE_SIZE} bytes, not ${sample.length}`);
  }
  return key;
}
