/**
 * What a client keeps to resume a session (RFC 8446 §4.6.1): flat, serialisable, secret.
 */

import type { PeerIdentity } from '../handshake/peer-identity.ts';

/** A ticket and what it stands for. Holds a secret (`psk`): store it as one. */
export interface ClientSession {
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
