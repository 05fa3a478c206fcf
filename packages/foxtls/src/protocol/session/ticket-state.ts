/**
 * What a server writes into a ticket: everything it needs to resume, nothing kept in memory. Our own format, sealed before it leaves.
 *
 * ```
 * struct {
 *     uint8 format = 3;
 *     ProtocolVersion version;                // by which tickets of DTLS are none of TLS
 *     CipherSuite suite;
 *     opaque psk<1..255>;
 *     uint32 ticket_age_add;
 *     uint32 created_high, created_low;       // milliseconds since the epoch
 *     uint32 lifetime;                        // seconds
 *     opaque server_name<0..2^8-1>;
 *     opaque alpn_protocol<0..2^8-1>;
 *     uint8 client_identity;                  // 0 anonymous, 1 verified, 2 unverified, 3 psk; by a raw public key 4 verified, 5 unverified
 *     opaque client_certificates<0..2^16-1>;  // opaque<1..2^24-1> each; of a psk its identity, of a raw key itself
 *     opaque server_end_point<0..2^8-1>;
 * } TicketState;
 * ```
 */

import { EMPTY, fromLatin1 } from '../../core/bytes/bytes.ts';
import { CertificateInvalid, DecodeError } from '../../core/errors/errors.ts';
import {
  type Codec,
  decode,
  encode,
  mapped,
  opaqueVector,
  struct,
  uint8,
  uint16,
  uint32,
  vector,
} from '../../core/wire/codec.ts';
import { ANONYMOUS, type PeerIdentity, presentedCertificates } from '../handshake/peer-identity.ts';

export interface TicketState {
  /** The number of TLS 1.3, or of DTLS 1.3. */
  readonly version: number;
  readonly suite: number;
  readonly psk: Uint8Array;
  readonly ticketAgeAdd: number;
  /** Milliseconds since the epoch. */
  readonly created: number;
  /** Seconds. */
  readonly lifetime: number;
  readonly serverName: string | undefined;
  readonly alpnProtocol: string | undefined;
  readonly client: PeerIdentity;
  /** The channel binding "tls-server-end-point" (RFC 5929 §4): which certificate it was, the resumed handshake does not say. */
  readonly serverEndPoint?: Uint8Array | undefined;
}

const FORMAT = 3;

export const optionalText: Codec<string | undefined> = mapped(
  opaqueVector(0, 255),
  (bytes) => (bytes.length === 0 ? undefined : fromLatin1(bytes)),
  (text) => Uint8Array.from(text ?? '', (character) => character.charCodeAt(0)),
);

/** Empty for none. */
export const optionalBytes: Codec<Uint8Array | undefined> = mapped(
  opaqueVector(0, 255),
  (bytes) => (bytes.length === 0 ? undefined : bytes),
  (bytes) => bytes ?? EMPTY,
);

const wire = struct({
  format: uint8,
  version: uint16,
  suite: uint16,
  psk: opaqueVector(1, 255),
  ticketAgeAdd: uint32,
  createdHigh: uint32,
  createdLow: uint32,
  lifetime: uint32,
  serverName: optionalText,
  alpnProtocol: optionalText,
  clientIdentity: uint8,
  clientCertificates: vector(opaqueVector(1, 0xffffff), 0, 0xffff),
  serverEndPoint: optionalBytes,
});

const IDENTITY_KINDS = { anonymous: 0, verified: 1, unverified: 2, psk: 3 } as const satisfies Record<
  PeerIdentity['kind'],
  number
>;
const RAW_KEY_KINDS = { verified: 4, unverified: 5 } as const;

/** The ticket would not fit: the client's chain is too long to be carried in it. */
export const MAX_CARRIED_CHAIN = 16384;

export function writeTicketState(state: TicketState): Uint8Array {
  return encode(wire, {
    format: FORMAT,
    createdHigh: Math.floor(state.created / 2 ** 32),
    createdLow: state.created % 2 ** 32,
    ...state,
    serverEndPoint: state.serverEndPoint,
    ...describeIdentity(state.client),
  });
}

/** Undefined for a state of another format: a ticket of another release is no error, only not ours. */
export function readTicketState(bytes: Uint8Array): TicketState | undefined {
  if (bytes[0] !== FORMAT) return undefined;
  try {
    const { format: _, createdHigh, createdLow, clientIdentity, clientCertificates, ...state } = decode(wire, bytes, 'ticket');
    return { created: createdHigh * 2 ** 32 + createdLow, client: readIdentity(clientIdentity, clientCertificates), ...state };
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

/** How a client's identity stands in a state. */
export function describeIdentity(client: PeerIdentity): { clientIdentity: number; clientCertificates: readonly Uint8Array[] } {
  if (client.kind === 'psk') {
    // In TLS 1.2 a key may have an empty name, which no entry can be.
    return { clientIdentity: IDENTITY_KINDS.psk, clientCertificates: client.identity.length === 0 ? [] : [client.identity] };
  }
  if ('rawPublicKey' in client && client.rawPublicKey !== undefined) {
    return { clientIdentity: RAW_KEY_KINDS[client.kind], clientCertificates: [client.rawPublicKey] };
  }
  return { clientIdentity: IDENTITY_KINDS[client.kind], clientCertificates: presentedCertificates(client) };
}

export function readIdentity(kind: number, shown: readonly Uint8Array[]): PeerIdentity {
  const rawPublicKey = kind === RAW_KEY_KINDS.verified || kind === RAW_KEY_KINDS.unverified ? shown[0] : undefined;
  const presented = rawPublicKey === undefined ? { certificates: shown } : { certificates: [], rawPublicKey };
  if (kind === IDENTITY_KINDS.verified || kind === RAW_KEY_KINDS.verified) return { kind: 'verified', ...presented, path: [] };
  if (kind === IDENTITY_KINDS.unverified || kind === RAW_KEY_KINDS.unverified) {
    const error = new CertificateInvalid(
      'rejected_by_application',
      'the client was not verified when the session was established',
    );
    return { kind: 'unverified', ...presented, error };
  }
  if (kind === IDENTITY_KINDS.psk) return { kind: 'psk', identity: shown[0] ?? EMPTY };
  return ANONYMOUS;
}
