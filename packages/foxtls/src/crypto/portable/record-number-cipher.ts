/**
 * Masks for the record numbers of DTLS 1.3 by @noble/ciphers: one block of AES-ECB, or of ChaCha20 (RFC 9147 §4.2.3).
 *
 * ```
 * Mask = AES-ECB(sn_key, Ciphertext[0..15])
 * Mask = ChaCha20(sn_key, Ciphertext[0..3], Ciphertext[4..15])
 * ```
 * The key is made ready once.
 */

import { unsafe } from '@noble/ciphers/aes.js';
import { hchacha } from '@noble/ciphers/chacha.js';
import { utf8 } from '../../core/bytes/bytes.ts';
import { ApiMisuse } from '../../core/errors/errors.ts';
import type { AeadName, RecordNumberCipher } from '../aead.ts';

export function portableRecordNumberCipher(name: AeadName, keySize: number, key: Uint8Array): RecordNumberCipher {
  if (key.length !== keySize) {
    throw new ApiMisuse('ERR_TLS_KEY_SIZE', `record numbers under ${name} take a key of ${keySize} bytes, not ${key.length}`);
  }
  return name === 'chacha20-poly1305' ? new BlockMask(wordsOf(key), chaCha20) : new BlockMask(unsafe.expandKeyLE(key), aes);
}

const SAMPLE_SIZE = 16;

/** The first bytes of the block that a ready key makes of a sample, which is a copy. */
type Block = (key: Uint32Array, sample: Uint8Array) => Uint8Array;

function aes(key: Uint32Array, sample: Uint8Array): Uint8Array {
  return unsafe.encryptBlock(key, sample);
}

/**
 * `chacha20` of noble refuses the counter 2^32 - 1, which a peer can choose. HChaCha20 takes the whole sample as it is, and its first
 * words are those of the block before the state that it began with is added, which for these is a constant (RFC 8439 §2.3).
 */
function chaCha20(key: Uint32Array, sample: Uint8Array): Uint8Array {
  const words = new Uint32Array(8);
  hchacha(wordsOf(utf8('expand 32-byte k')), key, wordsOf(sample), words);
  const view = new DataView(words.buffer);
  view.setUint32(0, view.getUint32(0, true) + FIRST_CONSTANT, true);
  return new Uint8Array(words.buffer, 0, 4);
}

/** "expa" */
const FIRST_CONSTANT = 0x61707865;

class BlockMask implements RecordNumberCipher {
  #key: Uint32Array | undefined;
  readonly #block: Block;

  constructor(key: Uint32Array, block: Block) {
    this.#key = key;
    this.#block = block;
  }

  mask(sample: Uint8Array): Uint8Array {
    if (this.#key === undefined) throw new ApiMisuse('ERR_TLS_KEY_WIPED', 'this key was wiped and cannot be used any more');
    if (sample.length !== SAMPLE_SIZE) {
      throw new ApiMisuse('ERR_TLS_SAMPLE_SIZE', `a sample has ${SAMPLE_SIZE} bytes, not ${sample.length}`);
    }
    return this.#block(this.#key, new Uint8Array(sample));
  }

  wipe(): void {
    this.#key?.fill(0);
    this.#key = undefined;
  }
}

/** A copy as the words that stand in memory. */
function wordsOf(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(new Uint8Array(bytes).buffer);
}
