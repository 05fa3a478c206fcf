/**
 * The public face of the connections of one UDP socket: datagrams with addresses in, datagrams with addresses out; no socket, no clock.
 *
 * ```
 *   socket ──receive(datagram, from)──▶ ┌──────────────┐ ──onSession(session)──▶ application
 *                                       │ DtlsEndpoint │ ◀──connect(config, to)──
 *   socket ◀──takeOutput(): {to, …}──── └──────────────┘
 *                       nextTimeout() ───▶ one timer ───▶ handleTimeout()
 * ```
 * Source: RFC 9147 §5.1 (cookies), §5.11 (clients that begin anew), §9; RFC 6347 §4.2.1, §4.2.8; RFC 9146 §6. A stranger leaves no state
 * before his cookie came back, but for the pieces of a ClientHello in a pool of fixed size, and gets no more than three times the bytes that
 * he sent. What is no ClientHello, and of no session, is counted and not answered.
 */

import type { TlsError } from '../core/errors/errors.ts';
import type { ClientConfig, ServerConfig } from './config.ts';
import type { ClientConnectionOptions } from './create.ts';
import type { DatagramOptions } from './create-dtls.ts';
import type { DtlsSession, DtlsSessionListener, SleepingSession } from './endpoint-session.ts';
import type { EndpointStats } from './endpoint-stats.ts';

export type { DtlsSession, DtlsSessionEvent, DtlsSessionListener, SleepingSession } from './endpoint-session.ts';
export type { EndpointDiscardReason, EndpointStats } from './endpoint-stats.ts';

/** A datagram, and where it goes. */
export interface AddressedDatagram {
  readonly to: string;
  readonly datagram: Uint8Array;
}

export interface DtlsEndpointOptions extends Omit<DatagramOptions, 'peerAddress' | 'connectionId' | 'newConnectionId'> {
  /** For clients that come; without it, they don't: then there is only `connect`. */
  readonly config?: ServerConfig | undefined;
  /**
   * A client has shown that it can be reached, and its handshake begins: its events go to the listener that this returns, from now on. Called
   * inside the handshake; what it throws ends that, and comes out of `receive`. Needed with `config`.
   */
  readonly onSession?: ((session: DtlsSession) => DtlsSessionListener) | undefined;
  /**
   * Finds the client's session that sleeps (`DtlsSession.sleep`), for a datagram that is of none here: by the connection ID on it, or else by the
   * address. It goes on if the datagram opens under its keys; then `onSession` is called, with a connection that is connected, and the state has
   * to be forgotten. Everybody can make it be called.
   */
  readonly findSleeping?: ((from: string, connectionId: Uint8Array | undefined) => SleepingSession | undefined) | undefined;
  /**
   * Told of ClientHellos that came to nothing before there was a session: what is wrong with them, or with us (a `selectConfig` that
   * threw, say). Everybody can make it be called.
   */
  readonly onRefused?: ((error: TlsError, from: string) => void) | undefined;
  /** There is output to take. Called once, until it is taken. */
  readonly onOutput?: (() => void) | undefined;
  /** Whether, and for whom, `keylog` events are told; asked for each line. Default false. */
  readonly keyLog?: boolean | ((session: DtlsSession) => boolean) | undefined;
  /**
   * Whether clients have to return a cookie before anything is kept or computed for them; default true, by the config's `cookieSealer`, or one
   * of the endpoint's own. Without it a round trip is saved, and everybody can make the endpoint work by forged addresses.
   */
  readonly requireCookie?: boolean | undefined;
  /** Sessions at once; 0 for any number. Default 10000. Those beyond are not answered: they try again. */
  readonly maxSessions?: number | undefined;
  /** Sessions at once of one host; 0 for any number. Default 1000. */
  readonly maxSessionsPerHost?: number | undefined;
  /** The host of an address; default: what stands before its last colon. */
  readonly hostOf?: ((address: string) => string) | undefined;
  /** Milliseconds that a handshake may take; 0 for as long as it is retransmitted. Default 60000. */
  readonly handshakeTimeout?: number | undefined;
  /** Milliseconds that a session waits for the peer's close_notify after ours, which may be lost. Default 1000. */
  readonly closeTimeout?: number | undefined;
  /** Bytes of memory for ClientHellos in pieces, of all strangers. Default 1 MiB. */
  readonly strangersMemory?: number | undefined;
  /**
   * Speak connection IDs (RFC 9146, RFC 9147 §9): a peer is known by them where its address has changed. The length of ours, in bytes, all of
   * one; 0 to put the peers' on our records, only. Default: not spoken.
   */
  readonly connectionIdLength?: number | undefined;
  /** Makes a connection ID of that length, as a load balancer wants it; has to be another one each time. Default: random bytes. */
  readonly createConnectionId?: ((length: number) => Uint8Array) | undefined;
  /**
   * Send to whatever address the newest record of a peer came from, although nobody has shown that the peer is there: for peers that speak
   * connection IDs, and not RFC 9853. Who can send on a record from a forged address takes the answers away from the peer, or floods
   * somebody with them (RFC 9146 §6). Default false: answers go to the old address.
   */
  readonly insecureAddressChanges?: boolean | undefined;
}

export interface EndpointConnectOptions extends Omit<ClientConnectionOptions, 'onEvent' | 'keyLog'> {
  readonly onEvent: DtlsSessionListener;
}

export interface DtlsEndpoint {
  /** Those that there are, in the order in which they came; also those whose handshake is not over. */
  readonly sessions: Iterable<DtlsSession>;
  readonly sessionCount: number;
  /** What came and went, and was dropped. Counts that go on: the object is the same. */
  readonly stats: EndpointStats;
  /** Whether clients may come; at first, if there is a config for them. While false, their ClientHellos are dropped. */
  acceptsSessions: boolean;
  /**
   * A datagram, and the address that it came from: a text that is the same for the same address, at most 255 bytes of UTF-8. Never throws for
   * what is in it. The endpoint takes ownership of `datagram`.
   */
  receive(datagram: Uint8Array, from: string): void;
  /**
   * Begins a connection to a server. Throws `ApiMisuse`: `ERR_TLS_ADDRESS_IN_USE` when there is one with that address.
   *
   * ```ts
   * const { connection } = endpoint.connect(config, '192.0.2.1:5684', { serverName: 'device.example', onEvent });
   * ```
   */
  connect(config: ClientConfig, to: string, options: EndpointConnectOptions): DtlsSession;
  /**
   * Goes on with a session that sleeps, a client's or a server's, to say something first. `sessionKey`: what the tickets that a client still gets go
   * by in its config's `sessionStore`; without it they are told by `session` events alone. Throws `ApiMisuse`: `ERR_TLS_STATE` when the state does
   * not fit the config, `ERR_TLS_ADDRESS_IN_USE`.
   */
  continue(
    config: ClientConfig | ServerConfig,
    sleeping: SleepingSession,
    onEvent: DtlsSessionListener,
    options?: { readonly sessionKey?: string | undefined },
  ): DtlsSession;
  /** The datagrams to send; the endpoint forgets them. */
  takeOutput(): AddressedDatagram[];
  /** Milliseconds until `handleTimeout` wants to be called: 0 when it is late, undefined when nothing is waited for. */
  nextTimeout(): number | undefined;
  /** Does what is due, for all sessions; calling too early does no harm. */
  handleTimeout(): void;
  /** Closes all sessions, and lets nobody in any more. */
  close(): void;
}
