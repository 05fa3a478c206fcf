/**
 * What a transport of datagrams counts: what came, what went, and what was dropped, by reason. Nothing that is dropped is an error.
 */

/** Why a record, a fragment or a datagram was dropped. */
export type DiscardReason =
  /** No header, or not as long as it says; an inner plaintext without type. */
  | 'malformed'
  /** Of keys that are not there, or not any more. */
  | 'unknown_epoch'
  | 'undecryptable'
  | 'replayed'
  /** Larger than what was agreed on. */
  | 'too_large'
  /** A content type, or a connection ID, that has no place there. */
  | 'unexpected_type'
  /** A fragment that contradicts what came before, or that is too far ahead. */
  | 'fragment_refused'
  /** Application data before the handshake was over, or records before their keys, beyond what is kept of them. */
  | 'queue_full'
  /** Datagrams that came when the connection was closed. */
  | 'after_close';

export interface DatagramStats {
  datagramsReceived: number;
  datagramsSent: number;
  bytesReceived: number;
  bytesSent: number;
  /** Flights, or what was left of them, that were sent again. */
  retransmissions: number;
  readonly discarded: Record<DiscardReason, number>;
}

export function newStats(): DatagramStats {
  return {
    datagramsReceived: 0,
    datagramsSent: 0,
    bytesReceived: 0,
    bytesSent: 0,
    retransmissions: 0,
    discarded: {
      malformed: 0,
      unknown_epoch: 0,
      undecryptable: 0,
      replayed: 0,
      too_large: 0,
      unexpected_type: 0,
      fragment_refused: 0,
      queue_full: 0,
      after_close: 0,
    },
  };
}
