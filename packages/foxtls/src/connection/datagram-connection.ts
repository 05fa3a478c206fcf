/**
 * The public face of a connection over datagrams: datagrams in, datagrams out, events, and the time of the next of them; no socket, no clock.
 *
 * ```
 *   network ──receive(datagram)──▶ ┌────────────────┐ ──event 'data'──▶ application
 *                                  │ DtlsConnection │
 *   network ◀──takeOutput()─────── └────────────────┘ ◀──send(data)──── application
 *                  nextTimeout() ───▶ timer ───▶ handleTimeout()
 * ```
 * Source: RFC 9147, RFC 6347. Events are delivered as those of a TlsConnection are. What is lost on the way is lost, but for the handshake: `data`
 * is what one `send` of the peer's was, at most once, in whatever order it came.
 */

import type { TlsError } from '../core/errors/errors.ts';
import type { DatagramStats } from '../transport/dtls/datagram-stats.ts';
import type { ChannelBindingType } from './channel-binding.ts';
import type { ConnectionInfo, TlsEventListener } from './connection.ts';

export type { DatagramStats, DiscardReason } from '../transport/dtls/datagram-stats.ts';

export interface DtlsConnection {
  readonly role: 'client' | 'server';
  /** `handshaking` → `connected` → `closed`. `connected` lasts until both ends have closed, or an error. */
  readonly state: 'handshaking' | 'connected' | 'closed';
  /** Set once connected. */
  readonly info: ConnectionInfo | undefined;
  /** What came and went, in datagrams and bytes, and what was dropped, by reason. Counts that go on: the object is the same. */
  readonly stats: DatagramStats;

  /** Client: writes the ClientHello. Server: nothing. Called once, before anything else. */
  start(): void;
  /** One datagram of the peer's. Never throws for what is in it. The connection takes ownership of `datagram`. */
  receive(datagram: Uint8Array): void;
  /** Milliseconds until `handleTimeout` wants to be called: 0 when it is late, undefined when nothing is waited for. */
  nextTimeout(): number | undefined;
  /**
   * Sends again what was not answered, if it is time; calling too early does no harm. After too many times without answer the connection
   * ends with an `error` event, `ConnectionLost` (`timed_out`).
   *
   * ```ts
   * let timer: NodeJS.Timeout | undefined;
   * function afterEachCall() {
   *   for (const datagram of connection.takeOutput()) socket.send(datagram, port, host);
   *   clearTimeout(timer);
   *   const wait = connection.nextTimeout();
   *   if (wait !== undefined) timer = setTimeout(() => (connection.handleTimeout(), afterEachCall()), wait);
   * }
   * ```
   */
  handleTimeout(): void;
  /**
   * Application data: one datagram. Throws `ApiMisuse`: `ERR_TLS_DATAGRAM_SIZE` when it has more than `maxData` bytes,
   * `ERR_TLS_NOT_CONNECTED` before `connected` and after `close`.
   */
  send(data: Uint8Array): void;
  /** The most bytes that `send` takes now. */
  readonly maxData: number;
  /** The largest datagram that leaves, in bytes; it may have become smaller than the config's `mtu` by what was lost. */
  readonly mtu: number;
  /** From now on: what the path takes, less the headers of IP and UDP; it does not become smaller by losses then. Throws `ApiMisuse` (`ERR_TLS_OPTION_RANGE`) below 256 or above 65507. */
  setMtu(mtu: number): void;
  /**
   * Looks for the largest datagram that the path takes, from `mtu` up to `largest`, by heartbeats with padding (RFC 6520 §5.1): `mtu` grows when one has
   * arrived, and an `mtu` event tells the end. Of each size three are sent, a timer's wait apart. Whoever cuts datagrams on the way, as
   * systems do with those beyond the MTU of their own interface, makes larger ones arrive: name none that are.
   *
   * Throws `ApiMisuse`: as `sendHeartbeat`, and as `setMtu`.
   */
  probeMtu(largest: number): void;
  /**
   * From now on: milliseconds before a flight is sent again for the first time, for who learns late how long a round trip is: "1.5 times that RTT
   * estimate" (RFC 9147 §5.8.2). It takes the place of what was measured. A flight that waits already is due when it would be, had that been so
   * from its start: ask `nextTimeout()` again. Not part of `exportState()`. Throws `ApiMisuse` (`ERR_TLS_OPTION_RANGE`) below 1 or above 60000.
   */
  setInitialTimeout(milliseconds: number): void;
  /** Sends close_notify. `closed` when the peer's comes, which may be lost: don't wait for ever. Before `connected`, it aborts. Idempotent. */
  close(): void;
  /** Ends now, with an alert if `error` has one, and delivers nothing more. Idempotent. */
  abort(error?: TlsError): void;
  /**
   * DTLS 1.3: new keys for what we send, and with `requestPeer` for what the peer does (RFC 9147 §8); they are in use when the peer has
   * acknowledged it. Throws `ApiMisuse`: `ERR_TLS_NO_KEY_UPDATE` in DTLS 1.2, `ERR_TLS_NOT_CONNECTED`.
   */
  updateKeys(options?: { readonly requestPeer?: boolean }): void;
  /**
   * DTLS 1.3: asks the peer for `count` (1 to 255) more connection IDs to put on our records (RFC 9147 §9); it may give fewer, or none. Throws
   * `ApiMisuse`: `ERR_TLS_CONNECTION_ID` in DTLS 1.2, where the peer wants none on our records, and before the answer to the last request;
   * `ERR_TLS_OPTION_RANGE`, `ERR_TLS_NOT_CONNECTED`.
   */
  requestConnectionIds(count: number): void;
  /** The peer's connection IDs that were not used yet: eight at most. */
  readonly spareConnectionIds: number;
  /** DTLS 1.3: puts the next of them on our records from now on, as one does on a new path (RFC 9147 §9); false when there is none. */
  changeConnectionId(): boolean;
  /**
   * As that of a TlsConnection: a `heartbeat` event comes with the answer. Until then it is sent again as flights are, and a peer that does not answer
   * in the end is lost, as `handleTimeout` says (RFC 6520 §3).
   */
  sendHeartbeat(payload?: Uint8Array): void;
  /** As that of a TlsConnection: messages are shown whole, with the header that they would have in TLS, and once, however often they are sent; change_cipher_spec as often as it comes. */
  enableTrace(): void;
  /** As that of a TlsConnection. For SRTP the label is EXTRACTOR-dtls_srtp, without context (RFC 5764 §4.2). */
  exportKeyingMaterial(length: number, label: string, context?: Uint8Array): Uint8Array;
  exportChannelBinding(type?: ChannelBindingType): Uint8Array;
  /**
   * The connection as bytes, for `continueDtlsClient` or `continueDtlsServer`, in this process or in another: about 500, and what the peer showed.
   * This object is closed by it, without a word to the peer: of two that go on from one state, both would use the same numbers under the same
   * keys. The bytes are as secret as the keys: they hold them. A server's last flight is not in them: of a client that it did not reach, the next
   * connection will be another.
   *
   * Throws `ApiMisuse`: `ERR_TLS_NOT_IDLE` in a handshake, after `close`, and while something waits for an ACK (`nextTimeout()` says so);
   * `ERR_TLS_NO_EXTENDED_MASTER_SECRET` when `info.extendedMasterSecret` is false.
   */
  exportState(): Uint8Array;
  /**
   * Nothing is expected to come or go for a while: forgets what can be derived again, in DTLS 1.3 the keys of ciphers. The next record, either
   * way, takes some microseconds more.
   */
  rest(): void;
  /** The datagrams to send, each by itself; the connection forgets them. */
  takeOutput(): Uint8Array[];
}

export type { TlsEventListener };
