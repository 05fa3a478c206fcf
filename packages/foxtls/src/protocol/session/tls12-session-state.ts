/**
 * A session of TLS 1.2 as a server keeps it, under an id or sealed into a ticket (RFC 5246 §F.1.4, RFC 5077 §4). Our own format; its first
 * byte tells it from a state of TLS 1.3 (ticket-state.ts), so that neither is ever taken for the other.
 *
 * ```
 * struct {
 *     uint8 format = 2;
 *     ProtocolVersion version;
 *     CipherSuite suite;
 *     opaque master_secret[48];
 *     uint8 extended_master_secret;           // 0 or 1
 *     uint32 created_high, created_low;       // milliseconds since the epoch
 *     uint32 lifetime;                        // seconds
 *     opaque server_name<0..2^8-1>;
 *     uint8 client_identity;                  // as in TicketState
 *     opaque client_certificates<0..2^16-1>;
 *     opaque server_end_point<0..2^8-1>;
 *     MaxFragmentLength max_fragment_length;  // 0 for none
 * } Tls12SessionState;
 * ```
 */

import { DecodeError } from '../../core/errors/errors.ts';
import { decode, encode, opaque, opaqueVector, struct, uint8, uint16, uint32, vector } from '../../core/wire/codec.ts';
import type { PeerIdentity } from '../handshake/peer-identity.ts';
import { type MaxFragmentLength, maxFragmentLengthCode, maxFragmentLengthOf } from '../negotiate/max-fragment-length.ts';
import { describeIdentity, optionalBytes, optionalText, readIdentity } from './ticket-state.ts';

export interface Tls12SessionState {
  readonly version: number;
  readonly suite: number;
  readonly masterSecret: Uint8Array;
  readonly extendedMasterSecret: boolean;
  /** Milliseconds since the epoch. */
  readonly created: number;
  /** Seconds. */
  readonly lifetime: number;
  readonly serverName: string | undefined;
  readonly client: PeerIdentity;
  /** The channel binding "tls-server-end-point" (RFC 5929 §4): which certificate it was, the resumed handshake does not say. */
  readonly serverEndPoint?: Uint8Array | undefined;
  readonly maxFragmentLength?: MaxFragmentLength | undefined;
}

const FORMAT = 2;

const wire = struct({
  format: uint8,
  version: uint16,
  suite: uint16,
  masterSecret: opaque(48),
  extendedMasterSecret: uint8,
  createdHigh: uint32,
  createdLow: uint32,
  lifetime: uint32,
  serverName: optionalText,
  clientIdentity: uint8,
  clientCertificates: vector(opaqueVector(1, 0xffffff), 0, 0xffff),
  serverEndPoint: optionalBytes,
  maxFragmentLength: uint8,
});

export function writeTls12SessionState(state: Tls12SessionState): Uint8Array {
  const { maxFragmentLength, extendedMasterSecret, client, ...plain } = state;
  return encode(wire, {
    format: FORMAT,
    createdHigh: Math.floor(state.created / 2 ** 32),
    createdLow: state.created % 2 ** 32,
    maxFragmentLength: maxFragmentLength === undefined ? 0 : maxFragmentLengthCode(maxFragmentLength),
    extendedMasterSecret: extendedMasterSecret ? 1 : 0,
    ...plain,
    serverEndPoint: state.serverEndPoint,
    ...describeIdentity(client),
  });
}

/** Undefined for a state of another format: of another version or another release it is no error, only not ours. */
export function readTls12SessionState(bytes: Uint8Array): Tls12SessionState | undefined {
  if (bytes[0] !== FORMAT) return undefined;
  try {
    const fields = decode(wire, bytes, 'session');
    const { format: _, createdHigh, createdLow, clientIdentity, clientCertificates, ...state } = fields;
    return {
      ...state,
      extendedMasterSecret: state.extendedMasterSecret === 1,
      maxFragmentLength: maxFragmentLengthOf(state.maxFragmentLength),
      created: createdHigh * 2 ** 32 + createdLow,
      client: readIdentity(clientIdentity, clientCertificates),
    };
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}
