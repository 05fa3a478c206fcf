/**
 * What a client keeps to resume a session (RFC 8446 §4.6.1, RFC 5246 §7.4.1.2, RFC 5077 §3.4): flat, serialisable, secret.
 */

import type { VersionBeforeTls13 } from '../../core/registry/protocol-versions.ts';
import type { PeerIdentity } from '../handshake/peer-identity.ts';
import type { MaxFragmentLength } from '../negotiate/max-fragment-length.ts';

/** A session of any version. Holds a secret: store it as one. */
export type ClientSession = Tls13ClientSession | Tls12ClientSession;

/** What sessions of every version say. */
interface ProtocolOfSession {
  /** A session of DTLS is none of TLS, and the other way round: neither is offered in the other. Undefined for TLS. */
  readonly protocol?: 'DTLS' | undefined;
}

/** A session of TLS 1.2, or an older one: an id, a ticket, or both (then the ticket counts). Can be resumed many times. Holds `masterSecret`. */
export interface Tls12ClientSession extends ProtocolOfSession {
  /** It is gone on with in no other. */
  readonly version: VersionBeforeTls13;
  readonly suite: number;
  readonly masterSecret: Uint8Array;
  /** Whether it was made with extended_master_secret (RFC 7627). */
  readonly extendedMasterSecret: boolean;
  /** Empty when the server gave none. */
  readonly sessionId: Uint8Array;
  readonly ticket: Uint8Array | undefined;
  /** Seconds from `receivedAt` after which it is not offered any more. */
  readonly lifetime: number;
  /** Milliseconds since the epoch. */
  readonly receivedAt: number;
  readonly serverName: string | undefined;
  readonly alpnProtocol: string | undefined;
  /** max_fragment_length (RFC 6066 §4), of a client that asked for it, and whether the server agreed. */
  readonly maxFragmentLength?: { readonly asked: MaxFragmentLength; readonly agreed: boolean } | undefined;
  /** The server, as it was proved in the full handshake. */
  readonly peer: PeerIdentity;
}

/** A ticket of TLS 1.3 and what it stands for. */
export interface Tls13ClientSession extends ProtocolOfSession {
  readonly version: 'TLSv1.3';
  /** The suite of the session; its hash is the hash of the PSK. */
  readonly suite: number;
  readonly psk: Uint8Array;
  readonly ticket: Uint8Array;
  readonly ticketAgeAdd: number;
  /** Seconds from `receivedAt` after which the ticket must not be used; at most 604800. */
  readonly lifetime: number;
  /** Milliseconds since the epoch. */
  readonly receivedAt: number;
  readonly serverName: string | undefined;
  readonly alpnProtocol: string | undefined;
  /** The server, as it was proved in the full handshake. A session of an unverified server is not resumed where verification is asked for. */
  readonly peer: PeerIdentity;
}
