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
import type { AeadKey, RecordNumberCipher } from '../../crypto/aead.ts';
import { expandLabel, type LabelPrefix } from '../keys/hkdf.ts';
import { nextTrafficSecret } from '../keys/key-schedule.ts';
import type { CipherSuite } from '../negotiate/cipher-suites.ts';
import { recordNonce } from './record-nonce.ts';
import { keysWiped, type RecordProtection } from './record-protection.ts';

export class Tls13Protection implements RecordProtection {
  readonly hidesType = true;
  readonly #suite: CipherSuite;
  readonly #labelPrefix: LabelPrefix;
  /** The secret that the keys come from, kept for KeyUpdate; undefined when it was wiped. */
  #secret: Uint8Array | undefined;
  /** Derived from the secret; undefined while it rests. */
  #keys: RecordKeys | undefined;
  #recordNumberCipher: RecordNumberCipher | undefined;
  /** The sequence number of the next record. Never above 2^48: keys are updated long before. */
  #sequence: number;

  /** Owns `secret`. */
  constructor(suite: CipherSuite, labelPrefix: LabelPrefix, secret: Uint8Array, sequence = 0) {
    this.#suite = suite;
    this.#labelPrefix = labelPrefix;
    this.#secret = secret;
    this.#keys = deriveKeys(suite, labelPrefix, secret);
    this.#sequence = sequence;
  }

  get sequence(): number {
    return this.#sequence;
  }

  /** Whether so many records were sealed under this key that it is time for a KeyUpdate (RFC 8446 §5.5), which is the last of them. */
  get exhausted(): boolean {
    return this.#sequence >= this.#suite.recordLimit - 1;
  }

  /** With the key by the label "sn" (RFC 9147 §4.2.3), made when it is first asked for. */
  get recordNumberCipher(): RecordNumberCipher | undefined {
    if (this.#labelPrefix !== 'dtls13') return undefined;
    this.#recordNumberCipher ??= this.#createRecordNumberCipher();
    return this.#recordNumberCipher;
  }

  #createRecordNumberCipher(): RecordNumberCipher | undefined {
    const { aead, hash } = this.#suite;
    if (aead.createRecordNumberCipher === undefined) return undefined;
    const key = expandLabel({ hash, labelPrefix: this.#labelPrefix }, this.#given, 'sn', EMPTY, aead.keySize);
    const cipher = aead.createRecordNumberCipher(key);
    wipe(key);
    return cipher;
  }

  get openFailureLimit(): number {
    return this.#suite.openFailureLimit;
  }

  sealedLength(length: number): number {
    return length + this.#suite.aead.tagSize;
  }

  seal(header: Uint8Array, plaintext: readonly Uint8Array[], out: Uint8Array[]): void {
    this.sealAt(this.#sequence, header, plaintext, out);
  }

  sealAt(sequence: number, header: Uint8Array, plaintext: readonly Uint8Array[], out: Uint8Array[]): void {
    this.#sequence++;
    const { key, iv, nonce } = this.#keys ?? this.#wake();
    key.seal(recordNonce(iv, sequence, nonce), header, plaintext, out);
  }

  open(header: Uint8Array, fragment: Uint8Array): Uint8Array | undefined {
    const opened = this.openAt(this.#sequence, header, fragment);
    if (opened !== undefined) this.#sequence++;
    return opened;
  }

  openAt(sequence: number, header: Uint8Array, fragment: Uint8Array): Uint8Array | undefined {
    const { key, iv, nonce } = this.#keys ?? this.#wake();
    return key.open(recordNonce(iv, sequence, nonce), header, fragment);
  }

  next(): Tls13Protection {
    const labelled = { hash: this.#suite.hash, labelPrefix: this.#labelPrefix };
    return new Tls13Protection(this.#suite, this.#labelPrefix, nextTrafficSecret(labelled, this.#given));
  }

  /** Forgets what the secret gives again, until it is needed: a connection at rest holds no key objects. */
  rest(): void {
    this.#keys?.key.wipe();
    wipe(this.#keys?.iv, this.#keys?.nonce);
    this.#keys = undefined;
    this.#recordNumberCipher?.wipe();
    this.#recordNumberCipher = undefined;
  }

  #wake(): RecordKeys {
    this.#keys = deriveKeys(this.#suite, this.#labelPrefix, this.#given);
    return this.#keys;
  }

  /** A copy of the traffic secret: whoever has it has the connection. */
  exportSecret(): Uint8Array {
    return this.#given.slice();
  }

  wipe(): void {
    this.rest();
    wipe(this.#secret);
    this.#secret = undefined;
  }

  get #given(): Uint8Array {
    if (this.#secret === undefined) throw keysWiped();
    return this.#secret;
  }
}

interface RecordKeys {
  readonly key: AeadKey;
  readonly iv: Uint8Array;
  /** Of the record that is being sealed or opened. */
  readonly nonce: Uint8Array;
}

function deriveKeys({ aead, hash }: CipherSuite, labelPrefix: LabelPrefix, secret: Uint8Array): RecordKeys {
  const labelled = { hash, labelPrefix };
  const key = expandLabel(labelled, secret, 'key', EMPTY, aead.keySize);
  const iv = expandLabel(labelled, secret, 'iv', EMPTY, aead.nonceSize);
  const keys = { key: aead.create(key), iv, nonce: iv.slice() };
  wipe(key);
  return keys;
}
