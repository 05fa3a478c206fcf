/**
 * The counting that all protections with a MAC of their own have in common (RFC 5246 §6.1): one direction under one set of keys.
 *
 * "The sequence number MUST be set to zero whenever a connection state is made the active state." (RFC 5246 §6.1) It is never sent in TLS;
 * a record that is not authentic does not count. In DTLS it is sent, and the transport counts.
 */

import type { RecordPseudoHeader } from './pseudo-header.ts';
import type { RecordProtection } from './record-protection.ts';

/** The keys of one direction out of the key block (RFC 5246 §6.3), each as long as the cipher says. */
export interface ProtectionKeys {
  readonly macKey: Uint8Array;
  readonly key: Uint8Array;
  /** The initialization vector of the first record in TLS 1.0, else empty. */
  readonly iv: Uint8Array;
}

/** How a record is sealed and opened whose number is known. `header` begins with the record's type and version. */
export interface RecordSealer {
  sealedLength(length: number): number;
  seal(sequence: number, header: Uint8Array, plaintext: readonly Uint8Array[], out: Uint8Array[]): void;
  open(sequence: number, header: Uint8Array, fragment: Uint8Array): Uint8Array | undefined;
  /** See RecordProtection. */
  readonly chainsVectors?: boolean;
  wipe(): void;
}

/** What a transport sees of a sealer. */
export class CountedProtection implements RecordProtection {
  readonly hidesType: boolean;
  readonly chainsVectors: boolean;
  readonly #sealer: RecordSealer;
  readonly #recordLimit: number;
  #sequence = 0;

  constructor(sealer: RecordSealer, recordLimit: number, { hidesType }: RecordPseudoHeader) {
    this.hidesType = hidesType;
    this.chainsVectors = sealer.chainsVectors === true;
    this.#sealer = sealer;
    this.#recordLimit = recordLimit;
  }

  /** To guess a MAC of 16 bytes or more is hopeless, however often it is tried. */
  get openFailureLimit(): number {
    return Number.POSITIVE_INFINITY;
  }

  get sequence(): number {
    return this.#sequence;
  }

  get exhausted(): boolean {
    return this.#sequence >= this.#recordLimit - 1;
  }

  sealedLength(length: number): number {
    return this.#sealer.sealedLength(length);
  }

  seal(header: Uint8Array, plaintext: readonly Uint8Array[], out: Uint8Array[]): void {
    this.#sealer.seal(this.#sequence++, header, plaintext, out);
  }

  sealAt(sequence: number, header: Uint8Array, plaintext: readonly Uint8Array[], out: Uint8Array[]): void {
    this.#sequence++;
    this.#sealer.seal(sequence, header, plaintext, out);
  }

  open(header: Uint8Array, fragment: Uint8Array): Uint8Array | undefined {
    const opened = this.openAt(this.#sequence, header, fragment);
    if (opened !== undefined) this.#sequence++;
    return opened;
  }

  openAt(sequence: number, header: Uint8Array, fragment: Uint8Array): Uint8Array | undefined {
    return this.#sealer.open(sequence, header, fragment);
  }

  wipe(): void {
    this.#sealer.wipe();
  }
}
