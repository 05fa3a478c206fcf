/**
 * What an endpoint counts: what came and went, whom it let in, and what it dropped before it came to any connection, by reason.
 */

/** Why a datagram, or a ClientHello, came to nothing. Nothing is sent for it. */
export type EndpointDiscardReason =
  /** No record of DTLS. */
  | 'malformed'
  /** A record of somebody who has no session here, and no ClientHello. */
  | 'no_session'
  /** A connection ID that was not given out, or not any more. */
  | 'unknown_connection_id'
  /** A fragment of a ClientHello that contradicts what came before, or of one that is too large. */
  | 'fragment_refused'
  /** A ClientHello that breaks a rule, or with a cookie that is not ours or too old; or one that has nothing in common with us, which is told so. */
  | 'hello_refused'
  /** `acceptsSessions` is false, or there is no config for clients. */
  | 'not_accepting'
  /** Without cookies: a ClientHello from where another handshake is going on. */
  | 'handshake_taken'
  | 'max_sessions'
  | 'max_sessions_per_host'
  /** A ClientHello while others, as many as may, wait for an asynchronous step. */
  | 'max_pending'
  /** What would be sent to an address that was not proven, beyond three times what came from there. */
  | 'amplification';

export interface EndpointStats {
  datagramsReceived: number;
  datagramsSent: number;
  bytesReceived: number;
  bytesSent: number;
  /** ClientHellos that were answered by a cookie. */
  cookiesSent: number;
  /** Clients whose address was proven, or taken for proven. */
  sessionsAccepted: number;
  /** Sessions of clients that began another at the same address. */
  sessionsReplaced: number;
  /** Peers whose new address was taken. */
  addressChanges: number;
  /** Peers whose new address was not proven: all goes to the old one. */
  addressChangesRefused: number;
  readonly discarded: Record<EndpointDiscardReason, number>;
}

export function newEndpointStats(): EndpointStats {
  return {
    datagramsReceived: 0,
    datagramsSent: 0,
    bytesReceived: 0,
    bytesSent: 0,
    cookiesSent: 0,
    sessionsAccepted: 0,
    sessionsReplaced: 0,
    addressChanges: 0,
    addressChangesRefused: 0,
    discarded: {
      malformed: 0,
      no_session: 0,
      unknown_connection_id: 0,
      fragment_refused: 0,
      hello_refused: 0,
      not_accepting: 0,
      handshake_taken: 0,
      max_sessions: 0,
      max_sessions_per_host: 0,
      max_pending: 0,
      amplification: 0,
    },
  };
}
