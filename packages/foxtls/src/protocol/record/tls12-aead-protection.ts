/**
 * Record protection of TLS 1.2 by an AEAD (RFC 5246 §6.2.3.3): with an explicit nonce (RFC 5288 §3, RFC 6655 §3), or without (RFC 7905 §2).
 *
 * ```
 * additional_data = seq_num[8] + TLSCompressed.type + TLSCompressed.version + TLSCompressed.length;      (see pseudo-header.ts)
 *
 *    GCM, CCM:   nonce    = client_write_IV[4] || nonce_explicit[8]
 *                fragment = nonce_explicit[8]  || ciphertext || tag
 *    ChaCha20:   nonce    = client_write_IV[12] XOR padded seq_num
 *                fragment = ciphertext || tag
 * ```
 * "The nonce_explicit MAY be the 64-bit sequence number." (RFC 5288 §3) Ours is, in DTLS with the epoch: so it never repeats under a key. A
 * peer's may be anything.
 */

import { concat, wipe } from '../../core/bytes/bytes.ts';
import type { Aead, AeadKey } from '../../crypto/aead.ts';
import { LENGTH_SIZE, PSEUDO_HEADER, type RecordPseudoHeader, writeLength, writeSequence } from './pseudo-header.ts';
import type { DirectionKeys, RecordCipher } from './record-cipher.ts';
import { recordNonce } from './record-nonce.ts';
import { keysWiped, type RecordProtection } from './record-protection.ts';

/** Bytes of nonce_explicit. */
const EXPLICIT_NONCE = 8;

export interface AeadCipherOptions {
  /** Whether part of the nonce is sent with each record. */
  readonly explicitNonce: boolean;
  /** How many records may be sealed under one key. */
  readonly recordLimit: number;
  /** In datagrams, how many may fail to open under one key (RFC 9147 §4.5.3). */
  readonly openFailureLimit: number;
}

/** The cipher of suites with this AEAD. */
export function aeadRecordCipher(aead: Aead<string>, options: AeadCipherOptions): RecordCipher {
  return {
    macKeySize: 0,
    keySize: aead.keySize,
    ivSize: options.explicitNonce ? aead.nonceSize - EXPLICIT_NONCE : aead.nonceSize,
    protect: (keys, pseudoHeader = PSEUDO_HEADER) => new Tls12AeadProtection(aead, options, keys, pseudoHeader),
  };
}

class Tls12AeadProtection implements RecordProtection {
  readonly #aead: Aead<string>;
  readonly #options: AeadCipherOptions;
  /** The key, then the IV: in one array, as a connection at rest has them; undefined when they were wiped. */
  #secret: Uint8Array | undefined;
  readonly #pseudoHeader: RecordPseudoHeader;
  /** What every record is worked on with; undefined while it rests. */
  #work: Work | undefined;
  #sequence = 0;

  constructor(aead: Aead<string>, options: AeadCipherOptions, { key, iv }: DirectionKeys, pseudoHeader: RecordPseudoHeader) {
    this.#aead = aead;
    this.#options = options;
    this.#secret = concat(key, iv);
    this.#pseudoHeader = pseudoHeader;
    wipe(key, iv);
  }

  get #overhead(): number {
    return (this.#options.explicitNonce ? EXPLICIT_NONCE : 0) + this.#aead.tagSize;
  }

  get hidesType(): boolean {
    return this.#pseudoHeader.hidesType;
  }

  get openFailureLimit(): number {
    return this.#options.openFailureLimit;
  }

  get sequence(): number {
    return this.#sequence;
  }

  get exhausted(): boolean {
    return this.#sequence >= this.#options.recordLimit - 1;
  }

  sealedLength(length: number): number {
    return length + this.#overhead;
  }

  seal(header: Uint8Array, plaintext: readonly Uint8Array[], out: Uint8Array[]): void {
    this.sealAt(this.#sequence, header, plaintext, out);
  }

  sealAt(sequence: number, header: Uint8Array, plaintext: readonly Uint8Array[], out: Uint8Array[]): void {
    let length = 0;
    for (const piece of plaintext) length += piece.length;
    this.#sequence++;
    const { key, iv, nonce, additionalData } = this.#layOut(sequence, header, length);
    if (this.#options.explicitNonce) {
      writeSequence(nonce, nonce.length - EXPLICIT_NONCE, sequence);
      out.push(nonce.slice(-EXPLICIT_NONCE));
    } else {
      recordNonce(iv, sequence, nonce);
    }
    key.seal(nonce, additionalData, plaintext, out);
  }

  open(header: Uint8Array, fragment: Uint8Array): Uint8Array | undefined {
    const opened = this.openAt(this.#sequence, header, fragment);
    if (opened !== undefined) this.#sequence++;
    return opened;
  }

  openAt(sequence: number, header: Uint8Array, fragment: Uint8Array): Uint8Array | undefined {
    // What is too short to be sealed at all is not authentic either: "Implementations MUST send TLS Alert bad_record_mac for all types of
    // failures encountered in processing the AES-GCM algorithm." (RFC 5288 §3)
    if (fragment.length < this.#overhead) return undefined;
    const { key, iv, nonce, additionalData } = this.#layOut(sequence, header, fragment.length - this.#overhead);
    if (!this.#options.explicitNonce) return key.open(recordNonce(iv, sequence, nonce), additionalData, fragment);
    nonce.set(fragment.subarray(0, EXPLICIT_NONCE), nonce.length - EXPLICIT_NONCE);
    return key.open(nonce, additionalData, fragment.subarray(EXPLICIT_NONCE));
  }

  /** Forgets what is made again of the key, until a record comes or is sent. */
  rest(): void {
    this.#work?.key.wipe();
    wipe(this.#work?.nonce);
    this.#work = undefined;
  }

  wipe(): void {
    this.rest();
    wipe(this.#secret);
    this.#secret = undefined;
  }

  #layOut(sequence: number, header: Uint8Array, length: number): Work {
    const work = this.#work ?? this.#wake();
    const { additionalData } = work;
    this.#pseudoHeader.write(additionalData, 0, sequence, header);
    writeLength(additionalData, additionalData.length - LENGTH_SIZE, length);
    return work;
  }

  #wake(): Work {
    if (this.#secret === undefined) throw keysWiped();
    const { keySize, nonceSize } = this.#aead;
    const iv = this.#secret.subarray(keySize);
    const nonce = new Uint8Array(nonceSize);
    nonce.set(iv);
    const key = this.#aead.create(this.#secret.subarray(0, keySize));
    this.#work = { key, iv, nonce, additionalData: new Uint8Array(this.#pseudoHeader.size) };
    return this.#work;
  }
}

interface Work {
  readonly key: AeadKey;
  readonly iv: Uint8Array;
  /** Of the record that is being sealed or opened. */
  readonly nonce: Uint8Array;
  readonly additionalData: Uint8Array;
}
