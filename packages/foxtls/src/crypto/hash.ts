/**
 * Hash functions and HMAC as the protocol sees them. Hashing never waits.
 */

export type HashName = 'md5' | 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512';

/** MD5 and SHA-1 side by side, as TLS 1.0 and 1.1 have them (RFC 4346 §7.4.3, §7.4.8). No certificate and no file is hashed so. */
export type HashPairName = 'md5-sha1';

/** A running hash. `digest` may be called at any time and does not end it: transcripts are read many times. */
export interface HashState {
  update(data: Uint8Array): void;
  /** The hash of all data so far; more may follow. */
  digest(): Uint8Array;
  /** An independent state with the same past. */
  copy(): HashState;
}

export interface Hash<Name extends HashName | HashPairName = HashName> {
  readonly name: Name;
  /** Bytes of output. */
  readonly size: number;
  /** Bytes of an input block, which HMAC needs. */
  readonly blockSize: number;
  digest(data: Uint8Array): Uint8Array;
  create(): HashState;
  hmac(key: Uint8Array, data: Uint8Array): Uint8Array;
}

/** What a transcript is hashed with, in any version of TLS. */
export type HashOrPair = Hash<HashName | HashPairName>;
