/**
 * The public face of a connection: bytes in, bytes out, events; no socket, no clock, no dice.
 *
 * ```
 *   network ──receive(bytes)──▶ ┌──────────────┐ ──event 'data'──▶ application
 *                               │ TlsConnection │
 *   network ◀──takeOutput()──── └──────────────┘ ◀──send(data)──── application
 * ```
 * Events are delivered one after another, never from inside another event's listener, and only when the connection's state is
 * consistent: a listener may call any method. After `error` or the second of the two closures nothing more is delivered.
 * When bytes of the peer end a connection, what it had done before is delivered first: what a listener sends then is dropped.
 */

import type { TlsError } from '../core/errors/errors.ts';
import type { ProtocolVersionName } from '../core/registry/protocol-versions.ts';
import type { CertificateRequestFacts } from '../protocol/handshake/established.ts';
import type { PeerIdentity } from '../protocol/handshake/peer-identity.ts';
import type { HeartbeatMode } from '../protocol/negotiate/heartbeat.ts';
import type { MaxFragmentLength } from '../protocol/negotiate/max-fragment-length.ts';
import type { ClientSession } from '../protocol/session/client-session.ts';
import type { ChannelBindingType } from './channel-binding.ts';
import type { RenegotiationOptions } from './renegotiation.ts';
import type { TracedMessage } from './traced-message.ts';

export type { CertificateRequestFacts } from '../protocol/handshake/established.ts';
export type { PeerIdentity } from '../protocol/handshake/peer-identity.ts';
export type { ChannelBindingType } from './channel-binding.ts';
export type { TracedMessage } from './traced-message.ts';

export interface ConnectionInfo {
  /** Over datagrams `DTLSv1.3`, `DTLSv1.2`, `DTLSv1`. */
  readonly version: ProtocolVersionName;
  /** Whether the keys are bound to this handshake and to no other (RFC 7627): of TLS 1.3 always, of TLS 1.2 when both ends know how. */
  readonly extendedMasterSecret: boolean;
  /** IANA's names and numbers. `group` is undefined without key exchange (psk_ke); `signatureScheme` with a PSK or a resumed session. */
  readonly suite: { readonly id: number; readonly name: string };
  readonly group: { readonly id: number; readonly name: string } | undefined;
  /** What the server signed with. */
  readonly signatureScheme: { readonly id: number; readonly name: string } | undefined;
  /** What the client signed with: undefined where it showed no certificate. */
  readonly clientSignatureScheme: { readonly id: number; readonly name: string } | undefined;
  /** Whether the server asked for a second ClientHello (RFC 8446 §4.1.4), which costs a round trip: of TLS 1.3 alone. */
  readonly helloRetryRequest: boolean;
  /** Whether the peer knows how to bind a renegotiation to this connection (RFC 5746); of TLS 1.3, which has none, always. */
  readonly secureRenegotiation: boolean;
  /** Client: what the server asked for a certificate by; undefined when it did not ask, or the session was resumed. */
  readonly certificateRequest: CertificateRequestFacts | undefined;
  /** The SNI host name: sent by the client, seen by the server. */
  readonly serverName: string | undefined;
  readonly alpnProtocol: string | undefined;
  /** What the peers agreed on for both directions, in bytes of content (RFC 6066 §4), as the client's `maxFragmentLength` asked. */
  readonly maxFragmentLength: MaxFragmentLength | undefined;
  /** DTLS: what the peers agreed on for SRTP (RFC 5764), of `srtpProfiles`; undefined for nothing. */
  readonly srtpProfile: { readonly id: number; readonly name: string } | undefined;
  /** What the peer said of heartbeats, if both ends speak of them (RFC 6520): with `peer_allowed_to_send`, `sendHeartbeat` may be called. */
  readonly heartbeatMode: HeartbeatMode | undefined;
  /** Whether a session was resumed. An external PSK resumes none: then `peer.kind` is `psk`. */
  readonly resumed: boolean;
  /**
   * Server, resumed: how many milliseconds older the client believes the ticket to be than we do (RFC 8446 §8.3); about a round trip less than
   * 0 is usual. Information only.
   */
  readonly ticketAgeSkew: number | undefined;
  /** Client that sent `ticketRequest`: how many tickets the server expects to send (RFC 9149). */
  readonly expectedTickets: number | undefined;
  readonly peer: PeerIdentity;
  /** What came with the peer's certificate, as `requestOcsp` asked: an OCSP response, DER. Verified only if the verifier did. */
  readonly ocspResponse: Uint8Array | undefined;
  /** As `requestSct` asked: a SignedCertificateTimestampList (RFC 6962 §3.3). Verified only if the verifier did. */
  readonly signedCertificateTimestamps: Uint8Array | undefined;
  /** Our own chain if we presented one (DER, end entity first). */
  readonly localCertificates: readonly Uint8Array[];
  /** Our own SubjectPublicKeyInfo, DER, if we presented it bare (RFC 7250). */
  readonly localRawPublicKey: Uint8Array | undefined;
  /** verify_data of the two Finished messages (RFC 8446 §4.4.4). */
  readonly clientFinished: Uint8Array;
  readonly serverFinished: Uint8Array;
  /** The client's signature_algorithms offer and the server's choice base: IANA numbers shared by both, in our order. */
  readonly sharedSignatureSchemes: readonly number[];
}

export type TlsEvent =
  /** There is output to take and to write to the transport. */
  | { readonly type: 'output' }
  /** The handshake is over; application data may flow. */
  | { readonly type: 'connected'; readonly info: ConnectionInfo }
  /** TLS 1.2: a handshake that was not the first is over (RFC 5246 §7.4.1.1). `info` is of it: the peer may have proved who it is. */
  | { readonly type: 'renegotiated'; readonly info: ConnectionInfo }
  /** The peer does not want what `renegotiate()` asked for (no_renegotiation). All is as it was before. */
  | { readonly type: 'renegotiationRefused' }
  /** The plaintext of one record: record boundaries are the reader's to use or to ignore. The bytes are the receiver's to keep. */
  | { readonly type: 'data'; readonly data: Uint8Array }
  /** The peer's close_notify: it will send nothing more. We may go on sending (RFC 8446 §6.1). */
  | { readonly type: 'end' }
  /** Client: there is a new session to resume. Of TLS 1.3 at any time after `connected`, more than once; of TLS 1.2 just before it, or never. */
  | { readonly type: 'session'; readonly session: ClientSession }
  /** A line of the NSS key log format, without line end. Only when the connection was made with `keyLog: true`. */
  | { readonly type: 'keylog'; readonly line: string }
  /** A message of TLS itself was sent or read. Only after `enableTrace()`. */
  | { readonly type: 'message'; readonly message: TracedMessage }
  /** The peer answered `sendHeartbeat`: it is alive. `payload` is what was sent. */
  | { readonly type: 'heartbeat'; readonly payload: Uint8Array }
  /** Of a DtlsConnection: `probeMtu` has found what the path takes, or that it takes no more than was known. */
  | { readonly type: 'mtu'; readonly mtu: number }
  /** More input is welcome again, after `wantsInput` was false. */
  | { readonly type: 'drain' }
  /** Fatal: the connection is over; an alert, if one was due, is in the output. */
  | { readonly type: 'error'; readonly error: TlsError };

export type TlsEventListener = (event: TlsEvent) => void;

export interface TlsConnection {
  readonly role: 'client' | 'server';
  /** `handshaking` → `connected` → `closed`. `connected` lasts until both directions are closed, or an error. */
  readonly state: 'handshaking' | 'connected' | 'closed';
  /** Set once connected. */
  readonly info: ConnectionInfo | undefined;
  /** False while an asynchronous step is pending and enough input is queued: stop reading the transport until `drain`. */
  readonly wantsInput: boolean;

  /** Client: writes the ClientHello. Server: nothing. Called once, before anything else. */
  start(): void;
  /**
   * Bytes from the transport, cut anyhow. Never throws for what the peer did: that becomes an `error` event.
   * The connection takes ownership of `bytes`: do not write into them afterwards.
   */
  receive(bytes: Uint8Array): void;
  /** The transport's input has ended (FIN). Without the peer's close_notify before it, that is a truncation: `ConnectionLost`. */
  receiveEnd(): void;
  /**
   * TLS 1.2: a handshake that is not the first is going on. Data that we send waits for its end, and so does `close`; the peer's goes on
   * arriving.
   */
  readonly renegotiating: boolean;
  /** Application data; `data` may not change until the output that holds it was taken. Throws `ApiMisuse` before `connected` and after `close`. */
  send(data: Uint8Array): void;
  /** Sends close_notify: nothing more from us. Receiving goes on. Before `connected`, it aborts with user_canceled. Idempotent. */
  close(): void;
  /**
   * Ends now, both ways, with an alert if `error` has one, and delivers nothing more (no `error` event). Idempotent. The connection has no clock
   * of its own: whoever carries its bytes sees to it that a handshake does not last for ever.
   *
   * ```ts
   * const late = () => connection.abort(new ConnectionLost('timed_out', 'the TLS handshake took too long'));
   * const timer = setTimeout(late, 10_000); // to be cleared at `connected` and at `error`
   * ```
   */
  abort(error?: TlsError): void;
  /** Sends KeyUpdate (RFC 8446 §4.6.3); with `requestPeer`, asks the peer to do the same. Throws `ApiMisuse` in TLS 1.2, which has none. */
  updateKeys(options?: { readonly requestPeer?: boolean }): void;
  /**
   * TLS 1.2: another handshake in this connection, for new keys, or so that the client shows a certificate. A client sends its ClientHello, a
   * server asks for one. It ends with `renegotiated`, `renegotiationRefused` or `error`; a server whose client does not answer at all waits
   * as long as the caller lets it. Neither end can become another by it: a certificate that changes ends the connection
   * (`certificate_changed`), and so does another version or name.
   *
   * Throws `ApiMisuse`: `ERR_TLS_NO_RENEGOTIATION` in TLS 1.3, which has none; `ERR_TLS_RENEGOTIATION_INSECURE` where RFC 5746 or RFC 7627 were
   * not agreed on; `ERR_TLS_RENEGOTIATING` while one is on its way; `ERR_TLS_NOT_CONNECTED`; `ERR_TLS_OPTION_RANGE` for another role's config.
   *
   * ```ts
   * const asking = defineServerConfig({ ...options, clientCertificates: 'require', verifier });
   * connection.renegotiate({ config: asking }); // `renegotiated` brings info.peer
   * ```
   */
  renegotiate(options?: RenegotiationOptions): void;
  /** From now on, the peer may begin no renegotiation, whatever the config says. */
  refuseRenegotiation(): void;
  /**
   * Asks the peer whether it is there (RFC 6520): a `heartbeat` event comes with its answer, which is the same payload; 16 random bytes unless
   * given. One at a time. Throws `ApiMisuse`: `ERR_TLS_NO_HEARTBEAT` where the peers did not agree (`info.heartbeatMode`),
   * `ERR_TLS_HEARTBEAT_IN_FLIGHT` before the answer to the last one, `ERR_TLS_OPTION_RANGE` for a payload that does not fit into a record,
   * `ERR_TLS_NOT_CONNECTED`.
   *
   * ```ts
   * // In the listener of events, `answered = true` at 'heartbeat'.
   * let answered = true;
   * const timer = setInterval(() => {
   *   if (!answered) return connection.abort(new ConnectionLost('timed_out', 'the peer is gone'));
   *   answered = false;
   *   connection.sendHeartbeat();
   * }, 60_000);
   * ```
   */
  sendHeartbeat(payload?: Uint8Array): void;
  /**
   * From now on each message of handshake, alert and change_cipher_spec, sent or received, is a `message` event: before `start()` for all of them.
   *
   * ```ts
   * const onEvent = (event: TlsEvent) => {
   *   if (event.type === 'message') console.log(event.message.direction, event.message.contentType, toHex(event.message.bytes));
   * };
   * ```
   */
  enableTrace(): void;
  /** The largest plaintext fragment that is sent now, in bytes: what was set, and what the peer allows. */
  readonly maxSendFragment: number;
  /** The largest plaintext fragment to send from now on, 1 to 16384 bytes; the peer's limit holds as well. */
  setMaxSendFragment(size: number): void;
  /**
   * RFC 8446 §7.5, RFC 5705. `length` in bytes; `label` may be empty, but none of TLS's own. In TLS 1.2 no context and an empty one are not
   * the same. Throws `ApiMisuse`: `ERR_TLS_NOT_CONNECTED` before `connected`; `ERR_TLS_RENEGOTIATING` during a renegotiation, where the peer may
   * have other secrets already; `ERR_TLS_NO_EXTENDED_MASTER_SECRET` when `info.extendedMasterSecret` is false; `ERR_TLS_OPTION_RANGE`.
   */
  exportKeyingMaterial(length: number, label: string, context?: Uint8Array): Uint8Array;
  /**
   * A channel binding, for an authentication mechanism in the connection (SCRAM-SHA-256-PLUS, say); not a secret, and not to be used as one.
   * - `tls-exporter` (RFC 9266), the default: 32 bytes that both ends have in common with nobody else, for one mechanism in one connection.
   * - `tls-unique` (RFC 5929 §3): the same for TLS 1.2 and before, the first Finished of the latest handshake; 12 bytes.
   * - `tls-server-end-point` (RFC 5929 §4): the hash of the server's certificate, the same in all connections to it. Of a server only with
   *   `endPointHash` in its credential: `credentialOf` sees to it.
   *
   * Throws `ApiMisuse`: `ERR_TLS_NOT_CONNECTED` before `connected`; `ERR_TLS_NO_CHANNEL_BINDING` for `tls-unique` in TLS 1.3, for
   * `tls-exporter` where the peer may renegotiate or one was renegotiated (RFC 9266 §4.2), and for `tls-server-end-point` of a server without certificate, or with one that is signed by an algorithm without a hash of its own
   * (Ed25519); `ERR_TLS_NO_EXTENDED_MASTER_SECRET` for what binds to this connection alone when `info.extendedMasterSecret` is false.
   *
   * ```ts
   * const type = connection.info?.version === 'TLSv1.3' ? 'tls-exporter' : 'tls-unique'; // what SCRAM takes by default (RFC 9266 §3)
   * const gs2Header = utf8(`p=${type},,`);
   * const cbindInput = concat(gs2Header, connection.exportChannelBinding(type));
   * ```
   */
  exportChannelBinding(type?: ChannelBindingType): Uint8Array;
  /** The bytes to write to the transport, in order; the connection forgets them. Pieces, for a vectored write. */
  takeOutput(): Uint8Array[];
}
