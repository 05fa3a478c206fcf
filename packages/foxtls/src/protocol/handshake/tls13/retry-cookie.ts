/**
 * The cookie of a stateless HelloRetryRequest (RFC 8446 §4.2.2): all that the server has to remember of the first ClientHello.
 *
 * ```
 * struct {
 *     opaque peer_address<0..2^8-1>;           // over datagrams; the cookie is good for it alone (RFC 9147 §5.1)
 *     CipherSuite suite;
 *     NamedGroup group;                        // 0 when no other group was asked for
 *     uint32 created_high, created_low;        // milliseconds since the epoch
 *     opaque client_hello_hash<1..255>;        // by the suite's hash
 * } RetryState;                                // sealed
 * ```
 */

import { type Decoded, decode, encode, opaqueVector, struct, uint16, uint32 } from '../../../core/wire/codec.ts';

const wire = struct({
  peerAddress: opaqueVector(0, 255),
  suite: uint16,
  group: uint16,
  createdHigh: uint32,
  createdLow: uint32,
  clientHelloHash: opaqueVector(1, 255),
});

type Wire = Decoded<typeof wire>;

export interface RetryState extends Pick<Wire, 'peerAddress' | 'suite' | 'group' | 'clientHelloHash'> {
  /** Milliseconds since the epoch. */
  readonly created: number;
}

/** In place of a group: none was asked for. */
export const NO_GROUP = 0;

/** A cookie is answered within a round trip; older ones are refused. Milliseconds. */
export const COOKIE_LIFETIME = 60_000;

export function writeRetryState(state: RetryState): Uint8Array {
  return encode(wire, { createdHigh: Math.floor(state.created / 2 ** 32), createdLow: state.created % 2 ** 32, ...state });
}

/** `bytes` come out of our own seal: that they do not decode is a bug of ours. */
export function readRetryState(bytes: Uint8Array): RetryState {
  const { createdHigh, createdLow, ...state } = decode(wire, bytes, 'cookie');
  return { created: createdHigh * 2 ** 32 + createdLow, ...state };
}
