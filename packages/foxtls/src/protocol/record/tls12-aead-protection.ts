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

import { wipe } from '../../core/bytes/bytes.ts';
import type { Aead, AeadKey } from '../../crypto/aead.ts';
import { LENGTH_SIZE, PSEUDO_HEADER, type RecordPseudoHeader, writeLength, writeSequence } from './pseudo-header.ts';
import type { DirectionKeys, RecordCipher } from './record-cipher.ts';
import { recordNonce } from './record-nonce.ts';
import type { RecordProtection } from './record-protection.ts';

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
  readonly #options: AeadCipherOptions;
  readonly #key: AeadKey;
  readonly #iv: Uint8Array;
  readonly #pseudoHeader: RecordPseudoHeader;
  /** What every record is worked on with; undefined while none is. */
  #scratch: Scratch | undefined;
  readonly #overhead: number;
  #sequence = 0;

  constructor(aead: Aead<string>, options: AeadCipherOptions, { key, iv }: DirectionKeys, pseudoHeader: RecordPseudoHeader) {
    this.#options = options;
    this.#key = aead.create(key);
    this.#iv = iv;
    this.#pseudoHeader = pseudoHeader;
    this.#overhead = (options.explicitNonce ? EXPLICIT_NONCE : 0) + aead.tagSize;
    wipe(key);
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
    const { nonce, additionalData } = this.#layOut(sequence, header, length);
    if (this.#options.explicitNonce) {
      writeSequence(nonce, nonce.length - EXPLICIT_NONCE, sequence);
      out.push(nonce.slice(-EXPLICIT_NONCE));
    } else {
      recordNonce(this.#iv, sequence, nonce);
    }
    this.#key.seal(nonce, additionalData, plaintext, out);
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
    const { nonce, additionalData } = this.#layOut(sequence, header, fragment.length - this.#overhead);
    if (!this.#options.explicitNonce) return this.#key.open(recordNonce(this.#iv, sequence, nonce), additionalData, fragment);
    nonce.set(fragment.subarray(0, EXPLICIT_NONCE), nonce.length - EXPLICIT_NONCE);
    return this.#key.open(nonce, additionalData, fragment.subarray(EXPLICIT_NONCE));
  }

  /** The keys stay: nothing else has them. */
  rest(): void {
    wipe(this.#scratch?.nonce);
    this.#scratch = undefined;
  }

  wipe(): void {
    this.#key.wipe();
    this.rest();
    wipe(this.#iv);
  }

  #layOut(sequence: number, header: Uint8Array, length: number): Scratch {
    this.#scratch ??= this.#createScratch();
    const { additionalData } = this.#scratch;
    this.#pseudoHeader.write(additionalData, 0, sequence, header);
    writeLength(additionalData, additionalData.length - LENGTH_SIZE, length);
    return this.#scratch;
  }

  #createScratch(): Scratch {
    const nonce = new Uint8Array(this.#iv.length + (this.#options.explicitNonce ? EXPLICIT_NONCE : 0));
    nonce.set(this.#iv);
    return { nonce, additionalData: new Uint8Array(this.#pseudoHeader.size) };
  }
}

interface Scratch {
  readonly nonce: Uint8Array;
  readonly additionalData: Uint8Array;
}
