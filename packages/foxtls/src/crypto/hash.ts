/**
 * Hash functions and HMAC as the protocol sees them. Hashing never waits.
 */

export type HashName = 'md5' | 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512';

/** A running hash. `digest` may be called at any time and does not end it: transcripts are read many times. */
export interface HashState {
  update(data: Uint8Array): void;
  /** The hash of all data so far; more may follow. */
  digest(): Uint8Array;
  /** An independent state with the same past. */
  copy(): HashState;
}

export interface Hash {
  readonly name: HashName;
  /** Bytes of output. */
  readonly size: number;
  /** Bytes of an input block, which HMAC needs. */
  readonly blockSize: number;
  digest(data: Uint8Array): Uint8Array;
  create(): HashState;
  hmac(key: Uint8Array, data: Uint8Array): Uint8Array;
}
