/**
 * The options and objects of `foxtls/dtls`, in the shape of node:dtls.
 */

import type { X509Certificate } from 'node:crypto';
import type { LookupFunction } from 'node:net';
import type { ConnectionInfo } from '../connection/connection.ts';
import type { DatagramStats } from '../connection/datagram-connection.ts';
import type { EndpointDiscardReason } from '../connection/datagram-endpoint.ts';
import type { Eventually } from '../core/flow/flow.ts';
import type { ClientConfig, ServerConfig } from '../protocol/handshake/config.ts';
import type { AlpnProtocols } from './alpn.ts';
import type { IdentityCheck } from './certificate-objects.ts';
import type { AnySecureContext } from './options.ts';
import type { SecureContextOptions } from './secure-context-options.ts';

/** A key that both ends hold already. */
export interface DtlsPsk {
  readonly identity: string;
  readonly key: NodeJS.ArrayBufferView;
  /** Take a key below 16 bytes all the same (RFC 9257 §6). */
  readonly insecureShortKey?: boolean | undefined;
}

/** Server: finds the key of an identity; nothing for one that is not known. */
export type PskLookUp = (identity: string) => Eventually<NodeJS.ArrayBufferView | Omit<DtlsPsk, 'identity'> | null | undefined>;

/** Server: keys by identity, or who finds them. */
export type ServerPsk = Readonly<Record<string, NodeJS.ArrayBufferView>> | PskLookUp;

/** Client: chooses a key by the server's hint: null in DTLS 1.3, which has none. */
export type PskChoice = (hint: string | null) => Eventually<DtlsPsk | null | undefined>;

export type ClientPsk = DtlsPsk | PskChoice;

/** What a name is served with: a context, or the options of one. */
export type SniIdentity = AnySecureContext | SecureContextOptions;

/** Chooses by the name, which is undefined for a client that says none; nothing refuses it. Asked before there is a cookie: everybody can make it be called. */
export type SniChoice = (servername: string | undefined) => Eventually<SniIdentity | null | undefined>;

/** By name, `*` for all others and for clients that say none; or who chooses. */
export type Sni = Readonly<Record<string, SniIdentity>> | SniChoice;

type ContextOptions = Omit<SecureContextOptions, 'minVersion' | 'maxVersion' | 'ticketKeys' | 'secureProtocol'>;

/** What sessions need of a UDP socket: `dgram.Socket` has it, and so has anything that carries datagrams. */
export interface DatagramSocket {
  /** Bound already. */
  address(): { readonly address: string; readonly family: string; readonly port: number };
  on(
    event: 'message',
    listener: (message: Uint8Array, from: { readonly address: string; readonly port: number }) => void,
  ): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  send(datagram: Uint8Array, port: number, address: string, callback: (error: Error | null) => void): void;
  close(callback: () => void): unknown;
  ref(): unknown;
  unref(): unknown;
  /** Connection IDs by which datagrams find to this socket, where one is shared: `listen` takes them in place of random bytes. */
  createConnectionId?(length: number): Uint8Array;
}

/** What both ends can set. */
export interface DtlsOptions extends ContextOptions {
  /** In place of the options that a context is made of. */
  readonly secureContext?: AnySecureContext | undefined;
  /** Default `'DTLSv1.2'`; `'DTLSv1'` with `legacy`. */
  readonly minVersion?: DtlsVersion | undefined;
  /** Default `'DTLSv1.3'`. */
  readonly maxVersion?: DtlsVersion | undefined;
  readonly alpn?: AlpnProtocols | undefined;
  /** SRTP protection profiles (RFC 5764), by OpenSSL's or IANA's names, with colons between them, the best first. */
  readonly srtp?: string | undefined;
  /** Bytes of the largest datagram: 256 to 65507. Default 1200. It becomes smaller where larger ones are lost; see `session.setMtu`. */
  readonly mtu?: number | undefined;
  /** Milliseconds that a handshake may take; 0 for as long as it is retransmitted. Default 60000. */
  readonly handshakeTimeout?: number | undefined;
  /** Milliseconds until a flight is sent again for the first time. Default 1000 (RFC 9147 §5.8.2). */
  readonly initialTimeout?: number | undefined;
  /**
   * Whether that time follows the path: in DTLS 1.3 as it was measured, in both what was lost (RFC 9147 §5.8.2, RFC 6347 §4.2.4.1). Default true; false: each
   * flight begins with `initialTimeout`.
   */
  readonly adaptTimeout?: boolean | undefined;
  /** How often a flight is sent again before the peer counts as gone: 0 to 1000. Default 10. */
  readonly maxRetransmissions?: number | undefined;
  /** DTLS 1.3: acknowledge what comes after the handshake together, and later: fewer datagrams (RFC 9147 §7). Default false. */
  readonly delayAcknowledgements?: boolean | undefined;
  /**
   * Let messages that are sent in one turn of the event loop share datagrams, as many as fit into `mtu` (RFC 6347 §4.1.1, RFC 9147 §4.3): of small ones,
   * most of the cost is the datagram's. They leave at the end of the turn, and what is lost is lost together. Default false: a message is a datagram.
   */
  readonly packMessages?: boolean | undefined;
  /** Datagrams behind the newest that may still come: a power of two from 32 to 1024. Default 64. */
  readonly replayWindow?: number | undefined;
  /** Speak heartbeats (RFC 6520), if the peer does: answer its own, and let `session.sendHeartbeat()` ask whether it is there. Default false. */
  readonly heartbeat?: boolean | undefined;
  /** Closes the endpoint, or destroys the session with an AbortError. */
  readonly signal?: AbortSignal | undefined;
  /** `SO_RCVBUF`, `SO_SNDBUF`, in bytes, and the time to live of datagrams, 1 to 255. Default: the system's. */
  readonly udpReceiveBufferSize?: number | undefined;
  readonly udpSendBufferSize?: number | undefined;
  readonly udpTTL?: number | undefined;
  /** Looks host names up; default `dns.lookup`. */
  readonly lookup?: LookupFunction | undefined;
  /** A bound socket in place of a new one, or what carries datagrams in another way. It is taken over: closed with the endpoint. */
  readonly socket?: DatagramSocket | undefined;
}

export type DtlsVersion = 'DTLSv1.3' | 'DTLSv1.2' | 'DTLSv1';

export interface DtlsListenOptions extends DtlsOptions {
  /** 0 for any that is free. Only with `socket` it can be left out. */
  readonly port?: number | undefined;
  /** Default `'0.0.0.0'`. */
  readonly host?: string | undefined;
  readonly ipv6Only?: boolean | undefined;
  /** Share the port with other processes (`SO_REUSEPORT`). `ERR_TLS_OPTION_UNSUPPORTED` before Node 22.12. */
  readonly reusePort?: boolean | undefined;
  readonly requestCert?: boolean | undefined;
  readonly rejectUnauthorized?: boolean | undefined;
  readonly sni?: Sni | undefined;
  readonly psk?: ServerPsk | undefined;
  /** Told to clients of DTLS 1.2, to choose their key by. */
  readonly pskIdentityHint?: string | undefined;
  /** 48 secret bytes, or 80 as node:dtls has them: endpoints with the same ones resume each other's sessions. */
  readonly ticketKeys?: NodeJS.ArrayBufferView | undefined;
  /** Sessions at once; 0 for any number. Default 10000, and 1000 of one address. */
  readonly maxSessions?: number | undefined;
  readonly maxSessionsPerHost?: number | undefined;
  /** Knows clients again whose address has changed (RFC 9146, RFC 9147 §9): true, or the length of the ids, 1 to 255; true is 8. */
  readonly connectionId?: boolean | number | undefined;
  /** Makes a connection ID of that length, as a load balancer wants it; has to be another one each time. Default: random bytes. */
  readonly createConnectionId?: ((length: number) => Uint8Array) | undefined;
  /** Default true. Without cookies a round trip is saved, and everybody can make the server work by forged addresses. */
  readonly requireCookie?: boolean | undefined;
  /**
   * Finds a session that sleeps (`session.sleep()`), for a datagram that is of none here: by the connection ID on it, or else by the address. If the
   * datagram opens under its keys, `onsession` is called with the session, which is open; forget the state then. Everybody can make it be called.
   */
  readonly findSleeping?: ((from: DtlsAddress, connectionId: Buffer | undefined) => SleepingDtlsSession | undefined) | undefined;
  /** Follow clients of a `connectionId` to addresses that nobody has shown to be theirs, where they cannot show it (RFC 9853). Default false. */
  readonly insecureAddressChanges?: boolean | undefined;
  /** In place of all that configures TLS here: a config of `defineServerConfig`, with raw public keys, say. */
  readonly config?: ServerConfig | undefined;
}

export interface DtlsConnectOptions extends DtlsOptions {
  /** Sent to the server (SNI) when it is a host name, and what it is verified as. Default: the host. `''` sends none. */
  readonly servername?: string | undefined;
  readonly rejectUnauthorized?: boolean | undefined;
  readonly checkServerIdentity?: IdentityCheck | undefined;
  readonly psk?: ClientPsk | undefined;
  /** `session.session` of an earlier connection to the same name. */
  readonly session?: NodeJS.ArrayBufferView | undefined;
  /** Default: `'::'` for an IPv6 address, else `'0.0.0.0'`. */
  readonly bindHost?: string | undefined;
  readonly bindPort?: number | undefined;
  /**
   * Lets the server know us again when our address changes (RFC 9146): true; a number asks it to put an id of so many bytes on its own
   * datagrams, too.
   */
  readonly connectionId?: boolean | number | undefined;
  /** In place of all that configures TLS here: a config of `defineClientConfig`. */
  readonly config?: ClientConfig | undefined;
}

/**
 * A session that sleeps: what a device that says nothing for hours costs, or what goes to another process. As secret as keys. To go on from it twice is to
 * use numbers twice under the same keys: forget it when it goes on.
 */
export interface SleepingDtlsSession {
  readonly state: Buffer;
  /** Where the peer was. */
  readonly address: DtlsAddress;
  /** What the peer's records bear, with the option `connectionId`. */
  readonly connectionId: Buffer | undefined;
  /** Of `connect`: where we were, by which the server knows us, and what it was verified as. */
  readonly local?: DtlsAddress | undefined;
  readonly hostname?: string | undefined;
}

export interface DtlsAddress {
  readonly address: string;
  readonly family: 'IPv4' | 'IPv6';
  readonly port: number;
}

/** Counts, live. Times are those of `process.hrtime.bigint()`, 0n for what has not happened. */
export interface DtlsSessionStats {
  readonly createdAt: bigint;
  readonly destroyedAt: bigint;
  readonly closingAt: bigint;
  readonly handshakeCompletedAt: bigint;
  /** Of application data. */
  readonly bytesReceived: bigint;
  readonly bytesSent: bigint;
  readonly messagesReceived: bigint;
  readonly messagesSent: bigint;
  /** Messages that nobody read, beyond those that wait. */
  readonly messagesDropped: bigint;
  readonly retransmitCount: bigint;
  /** How often the peer's address has changed. */
  readonly addressChanges: bigint;
  readonly isConnected: boolean;
  /** Datagrams and bytes of all kinds, and records that were dropped, by reason. */
  readonly transport: Readonly<DatagramStats> | undefined;
}

export interface DtlsEndpointStats {
  readonly createdAt: bigint;
  readonly destroyedAt: bigint;
  readonly bytesReceived: bigint;
  readonly bytesSent: bigint;
  readonly packetsReceived: bigint;
  readonly packetsSent: bigint;
  /** Datagrams that the system did not take, or could not give. */
  readonly socketErrors: bigint;
  readonly serverSessions: bigint;
  readonly clientSessions: bigint;
  readonly serverBusyCount: bigint;
  readonly serverRejectedCount: bigint;
  readonly serverRefusedCount: bigint;
  readonly isConnected: boolean;
  readonly cookiesSent: bigint;
  readonly addressChanges: bigint;
  readonly discarded: Readonly<Record<EndpointDiscardReason, number>>;
}

/** A UDP socket and the sessions on it. */
export interface DTLSEndpoint extends AsyncDisposable {
  /** Undefined until it is bound, which it is at once where `host` is an address. */
  readonly address: DtlsAddress | undefined;
  /** Resolves with the address when it is bound. */
  readonly opened: Promise<DtlsAddress>;
  readonly sessions: ReadonlySet<DTLSSession>;
  readonly stats: DtlsEndpointStats;
  /** Set to refuse new clients. */
  busy: boolean;
  /**
   * Told of clients that failed before they had a session: with what an `sni` function threw, or with what they have not in common with
   * us. Everybody can make it be called. Not in node:dtls.
   */
  onrefused: ((error: Error, from: DtlsAddress) => void) | undefined;
  /** Goes on with a session that sleeps, to say something first. Throws when its state does not fit, and when there is a session at its address. */
  wake(sleeping: SleepingDtlsSession): DTLSSession;
  /** Closes the sessions, then the socket. Resolves when that is done. */
  close(): Promise<void>;
  /** Ends all at once, without close_notify; an error is that of the sessions, too. */
  destroy(error?: Error): void;
  readonly destroyed: boolean;
  /** Resolves when it is closed; rejects when it was destroyed with an error. */
  readonly closed: Promise<void>;
  /** Whether it keeps the process alive; it does at first. */
  ref(): this;
  unref(): this;
}

/** What a session emits, beside the `on…` properties. */
export interface DtlsSessionEvents {
  message: [data: Buffer];
  handshake: [protocol: string];
  /** A client's: there is a session to resume. */
  session: [session: Buffer];
  keylog: [line: string];
  /** The peer, known by its connection ID, has shown that it has another address: that of `remoteAddress` now. */
  moved: [address: DtlsAddress];
  /** The peer has answered `sendHeartbeat`. */
  heartbeat: [payload: Buffer];
  error: [error: Error];
  close: [];
}

/** One association with a peer. */
export interface DTLSSession extends NodeJS.EventEmitter<DtlsSessionEvents>, AsyncDisposable, AsyncIterable<Buffer> {
  readonly endpoint: DTLSEndpoint;
  /** Resolves when the handshake is over; rejects when there will be none. */
  readonly opened: Promise<{ readonly protocol: string }>;
  /** Resolves when the session is over; rejects with what went wrong. */
  readonly closed: Promise<void>;
  readonly destroyed: boolean;
  readonly remoteAddress: DtlsAddress | undefined;
  /**
   * One datagram. Returns its bytes. Throws `ERR_INVALID_STATE` before the handshake is over and after `close`, `ERR_OUT_OF_RANGE` for more than
   * `maxMessageSize`.
   */
  send(data: string | NodeJS.ArrayBufferView): number;
  /** The most bytes that `send` takes now; 0 before the handshake is over. */
  readonly maxMessageSize: number;
  /** Sends close_notify, and waits a second at most for the peer's. Resolves when the session is over, however it ends. */
  close(): Promise<void>;
  /** Ends it without close_notify. */
  destroy(error?: Error): void;
  /** Bytes of the largest datagram that leaves now; 0 before there is a socket. */
  readonly mtu: number;
  /**
   * What the path takes, less the headers of IP and UDP: 256 to 65507; `maxMessageSize` goes by it. Not made smaller by losses then. Throws
   * `ERR_TLS_OPTION_RANGE`, and `ERR_INVALID_STATE` when there is no socket yet, or no session any more. Not in node:dtls.
   */
  setMtu(mtu: number): void;
  /**
   * Looks for the largest datagram that the path takes, up to `largest`, by heartbeats with padding (RFC 6520 §5.1); resolves with `mtu` when it is found,
   * after some round trips, or seconds where larger ones are lost. Systems cut datagrams beyond the MTU of their own interface, which makes them arrive:
   * name none that are. Rejects as `sendHeartbeat` throws, and when the session ends. Not in node:dtls.
   */
  probeMtu(largest: number): Promise<number>;
  /**
   * Milliseconds until a flight is sent again for the first time, from now on, for a wait that has begun, too: 1 to 60000, 1.5 times a round trip that
   * somebody else has measured, say. Throws as `setMtu`. Not in node:dtls.
   */
  setInitialTimeout(milliseconds: number): void;
  /**
   * Asks the peer whether it is there: its answer is told by `'heartbeat'`. Until then the question is repeated as a flight is; in the end the session
   * is lost (`ETIMEDOUT`). Throws `ERR_TLS_NO_HEARTBEAT` where the option `heartbeat` is not set at both ends, `ERR_TLS_HEARTBEAT_IN_FLIGHT` before the
   * answer to the last one. Not in node:dtls.
   */
  sendHeartbeat(payload?: Uint8Array): void;
  /**
   * The session as some hundred bytes: one of `listen` for `findSleeping` and `wake` of an endpoint, one of `connect` for `wake`, here or in another
   * process. It is over here, without a word to the peer. Throws `ERR_INVALID_STATE` before it is open, and while something waits for the peer's acknowledgement.
   *
   * ```ts
   * const asleep = new Map();
   * const endpoint = listen(onsession, { ...options, findSleeping: ({ address, port }) => asleep.get(`${address}:${port}`) });
   * const { address, port } = session.remoteAddress;
   * asleep.set(`${address}:${port}`, session.sleep());
   * ```
   */
  sleep(): SleepingDtlsSession;
  onmessage: ((data: Buffer) => void) | undefined;
  onerror: ((error: Error) => void) | undefined;
  onhandshake: ((protocol: string) => void) | undefined;
  onkeylog: ((line: string) => void) | undefined;
  /** `DTLSv1.3`, `DTLSv1.2`, `DTLSv1`. */
  readonly protocol: string | undefined;
  readonly cipher: { readonly name: string; readonly standardName: string; readonly version: string } | undefined;
  /** PEM. */
  readonly peerCertificate: string | undefined;
  readonly peerX509Certificate: X509Certificate | undefined;
  /** Whether the peer was verified, by a certificate or a pre-shared key. */
  readonly authorized: boolean;
  readonly authorizationError: string | undefined;
  readonly alpnProtocol: string | undefined;
  /** As `SRTP_AEAD_AES_128_GCM`; OpenSSL's name where it has one. */
  readonly srtpProfile: string | undefined;
  readonly servername: string | undefined;
  /** Whether an earlier session was resumed. */
  readonly reused: boolean;
  /** A client's: to be given to `connect`. A secret. */
  readonly session: Buffer | undefined;
  /** RFC 5705, RFC 8446 §7.5. For SRTP the label is `EXTRACTOR-dtls_srtp`. */
  exportKeyingMaterial(length: number, label: string, context?: Uint8Array): Buffer;
  /** All that was agreed on, under IANA's names. Not in node:dtls. */
  readonly connectionInfo: ConnectionInfo | undefined;
  /** DTLS 1.3: new keys. Not in node:dtls. */
  updateKeys(options?: { readonly requestPeer?: boolean }): void;
  readonly stats: DtlsSessionStats;
}
