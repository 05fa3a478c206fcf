/**
 * The counting that all protections with a MAC of their own have in common (RFC 5246 §6.1): one direction under one set of keys.
 *
 * "The sequence number MUST be set to zero whenever a connection state is made the active state." (RFC 5246 §6.1) It is never sent in TLS;
 * a record that is not authentic does not count.
 */

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
export class CountedProtection {
  /** The header's type is the content's. */
  readonly hidesType = false;
  readonly chainsVectors: boolean;
  readonly #sealer: RecordSealer;
  readonly #recordLimit: number;
  #sequence = 0;

  constructor(sealer: RecordSealer, recordLimit: number) {
    this.chainsVectors = sealer.chainsVectors === true;
    this.#sealer = sealer;
    this.#recordLimit = recordLimit;
  }

  /** The number of the next record. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Whether so many records were sealed that only one more may be. */
  get exhausted(): boolean {
    return this.#sequence >= this.#recordLimit - 1;
  }

  /** The bytes that the fragment of a plaintext of `length` bytes has. */
  sealedLength(length: number): number {
    return this.#sealer.sealedLength(length);
  }

  /** Seals the next record, the pieces of whose plaintext are given, under its header; appends the pieces of the fragment to `out`. */
  seal(header: Uint8Array, plaintext: readonly Uint8Array[], out: Uint8Array[]): void {
    this.#sealer.seal(this.#sequence++, header, plaintext, out);
  }

  /** Opens the next record; undefined when it is not authentic. The result is not shared with anything. */
  open(header: Uint8Array, fragment: Uint8Array): Uint8Array | undefined {
    const opened = this.openAt(this.#sequence, header, fragment);
    if (opened !== undefined) this.#sequence++;
    return opened;
  }

  /** Opens the record of that number; `sequence` stays. */
  openAt(sequence: number, header: Uint8Array, fragment: Uint8Array): Uint8Array | undefined {
    return this.#sealer.open(sequence, header, fragment);
  }

  wipe(): void {
    this.#sealer.wipe();
  }
}
