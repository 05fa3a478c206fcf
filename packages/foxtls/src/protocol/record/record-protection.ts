/**
 * Record protection of TLS 1.3 (RFC 8446 §5.2, §5.3): one direction under one traffic secret.
 *
 * ```
 * [sender]_write_key = HKDF-Expand-Label(Secret, "key", "", key_length)
 * [sender]_write_iv  = HKDF-Expand-Label(Secret, "iv", "", iv_length)
 * AEADEncrypted = AEAD-Encrypt(write_key, nonce, additional_data, plaintext)
 * ```
 * "The 64-bit record sequence number is encoded in network byte order and padded to the left with zeros to iv_length", then "XORed with
 * either the static client_write_iv or server_write_iv" (RFC 8446 §5.3). Framing and the additional data are the transport's.
 */

import { EMPTY, wipe } from '../../core/bytes/bytes.ts';
import type { AeadKey } from '../../crypto/aead.ts';
import { expandLabel, type LabelPrefix } from '../keys/hkdf.ts';
import type { CipherSuite } from '../negotiate/cipher-suites.ts';

export class RecordProtection {
  readonly suite: CipherSuite;
  /** The secret that the keys come from, kept for KeyUpdate. */
  readonly secret: Uint8Array;
  readonly #key: AeadKey;
  readonly #iv: Uint8Array;
  readonly #nonce: Uint8Array;
  /** The sequence number of the next record. Never above 2^48: keys are updated long before. */
  #sequence: number;

  constructor(suite: CipherSuite, labelPrefix: LabelPrefix, secret: Uint8Array, sequence = 0) {
    const labelled = { hash: suite.hash, labelPrefix };
    const key = expandLabel(labelled, secret, 'key', EMPTY, suite.aead.keySize);
    this.suite = suite;
    this.secret = secret;
    this.#key = suite.aead.create(key);
    this.#iv = expandLabel(labelled, secret, 'iv', EMPTY, suite.aead.nonceSize);
    this.#nonce = this.#iv.slice();
    this.#sequence = sequence;
    wipe(key);
  }

  get sequence(): number {
    return this.#sequence;
  }

  /** Whether so many records were sealed under this key that it is time for a KeyUpdate (RFC 8446 §5.5), which is the last of them. */
  get exhausted(): boolean {
    return this.#sequence >= this.suite.recordLimit - 1;
  }

  /** Seals the next record; appends its pieces to `out`. */
  seal(additionalData: Uint8Array, plaintext: readonly Uint8Array[], out: Uint8Array[]): void {
    this.#key.seal(this.#nonceOf(this.#sequence++), additionalData, plaintext, out);
  }

  /** Opens the next record; undefined when it is not authentic (the sequence number then counts all the same: the connection is over). */
  open(additionalData: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
    return this.openAt(this.#sequence++, additionalData, sealed);
  }

  /** Opens the next record if it is authentic; what is not changes nothing. For the search behind early data (RFC 8446 §4.2.10) alone. */
  openIfAuthentic(additionalData: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
    const opened = this.openAt(this.#sequence, additionalData, sealed);
    if (opened !== undefined) this.#sequence++;
    return opened;
  }

  /** Opens the record of that number, where records carry theirs; what is not authentic changes nothing. */
  openAt(sequence: number, additionalData: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
    return this.#key.open(this.#nonceOf(sequence), additionalData, sealed);
  }

  wipe(): void {
    this.#key.wipe();
    wipe(this.#iv, this.#nonce, this.secret);
  }

  #nonceOf(sequence: number): Uint8Array {
    const nonce = this.#nonce;
    const iv = this.#iv;
    const last = nonce.length - 1;
    let rest = sequence;
    for (let i = 0; i < 8; i++) {
      nonce[last - i] = (iv[last - i] as number) ^ (rest & 0xff);
      rest = Math.floor(rest / 256);
    }
    return nonce;
  }
}
