/**
 * Key exchange groups, in the shape of a key encapsulation, so that X25519, NIST curves, FFDHE and ML-KEM hybrids are one thing.
 */

import type { Eventually } from '../core/flow/flow.ts';

export interface KeyExchange {
  /** The public share that is sent first. */
  readonly share: Uint8Array;
  /**
   * The shared secret with the peer's share. Throws (or rejects with) `PeerMisbehaved('key_share_invalid')` for a share that is not
   * a valid one of this group (RFC 8446 §4.2.8.1, §4.2.8.2, §7.4.2). Can be called once.
   */
  finish(peerShare: Uint8Array): Eventually<Uint8Array>;
}

export interface KeyExchangeGroup {
  /** IANA's name, as `x25519`. */
  readonly name: string;
  /** The code point of "TLS Supported Groups". */
  readonly id: number;
  /** Client: makes a share. */
  start(random: RandomSource): Eventually<KeyExchange>;
  /** Server: answers a share. Errors as `KeyExchange.finish`. */
  respond(peerShare: Uint8Array, random: RandomSource): Eventually<{ readonly share: Uint8Array; readonly secret: Uint8Array }>;
}

/** Cryptographically strong random bytes: `length` of them, newly allocated. */
export type RandomSource = (length: number) => Uint8Array;
