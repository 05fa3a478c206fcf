/**
 * Counters of `foxtls/dtls`, in the shape of node:dtls: numbers are bigints, times those of `process.hrtime.bigint()`.
 */

import type { DtlsConnection } from '../connection/datagram-connection.ts';
import type { EndpointStats } from '../connection/datagram-endpoint.ts';
import type { DtlsEndpointStats, DtlsSessionStats } from './dtls-types.ts';

export class SessionStats implements DtlsSessionStats {
  readonly createdAt = process.hrtime.bigint();
  destroyedAt = 0n;
  closingAt = 0n;
  handshakeCompletedAt = 0n;
  /** Bytes and messages, as numbers, for they change often. */
  received = 0;
  sent = 0;
  messagesIn = 0;
  messagesOut = 0;
  dropped = 0;
  moves = 0;
  transport: DtlsConnection['stats'] | undefined;

  get bytesReceived(): bigint {
    return BigInt(this.received);
  }

  get bytesSent(): bigint {
    return BigInt(this.sent);
  }

  get messagesReceived(): bigint {
    return BigInt(this.messagesIn);
  }

  get messagesSent(): bigint {
    return BigInt(this.messagesOut);
  }

  get messagesDropped(): bigint {
    return BigInt(this.dropped);
  }

  get addressChanges(): bigint {
    return BigInt(this.moves);
  }

  get retransmitCount(): bigint {
    return BigInt(this.transport?.retransmissions ?? 0);
  }

  get isConnected(): boolean {
    return this.destroyedAt === 0n;
  }
}

export class SocketStats implements DtlsEndpointStats {
  readonly #stats: EndpointStats;
  readonly createdAt = process.hrtime.bigint();
  destroyedAt = 0n;
  socketErrors = 0n;
  clientSessions = 0n;

  constructor(stats: EndpointStats) {
    this.#stats = stats;
  }

  get bytesReceived(): bigint {
    return BigInt(this.#stats.bytesReceived);
  }

  get bytesSent(): bigint {
    return BigInt(this.#stats.bytesSent);
  }

  get packetsReceived(): bigint {
    return BigInt(this.#stats.datagramsReceived);
  }

  get packetsSent(): bigint {
    return BigInt(this.#stats.datagramsSent);
  }

  get serverSessions(): bigint {
    return BigInt(this.#stats.sessionsAccepted);
  }

  get serverBusyCount(): bigint {
    return BigInt(this.discarded.not_accepting);
  }

  get serverRejectedCount(): bigint {
    const { malformed, no_session, unknown_connection_id, fragment_refused } = this.discarded;
    return BigInt(malformed + no_session + unknown_connection_id + fragment_refused);
  }

  get serverRefusedCount(): bigint {
    const { max_sessions, max_sessions_per_host, max_pending } = this.discarded;
    return BigInt(max_sessions + max_sessions_per_host + max_pending);
  }

  get isConnected(): boolean {
    return this.destroyedAt === 0n;
  }

  get cookiesSent(): bigint {
    return BigInt(this.#stats.cookiesSent);
  }

  get addressChanges(): bigint {
    return BigInt(this.#stats.addressChanges);
  }

  get discarded(): EndpointStats['discarded'] {
    return this.#stats.discarded;
  }
}
