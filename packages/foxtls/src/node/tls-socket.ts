/**
 * The TLSSocket of node:tls: who the peer is and what was agreed on, over TlsStream, which carries the bytes.
 *
 * Between two ends of one process the events come in Node's order: `connect`, `secureConnect` (client) or the server's
 * `secureConnection`, `secure`, `session`, `data`, `end`, `close`.
 */

import { X509Certificate } from 'node:crypto';
import { connect as connectTransport, type NetConnectOpts, type Server as NetServer } from 'node:net';
import { addAbortSignal, type Duplex } from 'node:stream';
import type { DetailedPeerCertificate, PeerCertificate } from 'node:tls';
import type { ConnectionInfo, TlsConnection, TlsEventListener, TracedMessage } from '../connection/connection.ts';
import { createTlsClient, createTlsServer } from '../connection/create.ts';
import { ApiMisuse } from '../core/errors/errors.ts';
import type { ClientConfig, ServerConfig } from '../protocol/handshake/config.ts';
import { presentedCertificates } from '../protocol/handshake/peer-identity.ts';
import type { ClientSession } from '../protocol/session/client-session.ts';
import { parseAlpnProtocols } from './alpn.ts';
import { checkServerIdentity, describeCertificate, describeChain, type IdentityCheck } from './certificate-objects.ts';
import { formatCipherSuite } from './cipher-list.ts';
import { authorizationCode, connectionReset, sslError, withCode } from './errors.ts';
import { createIdentityVerifier } from './identity-verifier.ts';
import { describeEphemeralKey, type EphemeralKeyInfo, formatSignatureScheme } from './openssl-names.ts';
import type { TLSSocketOptions } from './options.ts';
import { type ClientPskCallback, checkPskOptions, keysByCallback } from './psk.ts';
import {
  checkRenegotiateArguments,
  checkRenegotiationOption,
  peerRefused,
  type RenegotiateCallback,
  type RenegotiateOptions,
  renegotiationDisabled,
  whyNotBegun,
} from './renegotiation.ts';
import { createSecureContext, type SecureContext } from './secure-context.ts';
import { refuseUnsupported } from './secure-context-options.ts';
import { type ClientDemand, handshakeTimeout, requireContext, ServerPolicy } from './server-policy.ts';
import { readSession, writeSession } from './session-bytes.ts';
import { Socket } from './socket-internals.ts';
import { TlsStream } from './tls-stream.ts';
import { formatTrace } from './trace-text.ts';
import { isVerificationDisabled } from './trust.ts';

/** What `connect` knows beyond the options of a socket. */
export interface ClientTarget {
  readonly hostname: string;
  readonly checkServerIdentity: IdentityCheck;
  readonly servername: string | undefined;
  /** Where to, for the error of a connection that ended early. */
  readonly endPoint: { readonly path?: string; readonly host?: string; readonly port?: number; readonly localAddress?: string };
}

/** What a `Server` gives to its sockets. */
export interface ServerBinding {
  readonly server: NetServer;
  readonly policy: ServerPolicy;
  readonly handshakeTimeout: number;
}

/** The range that OpenSSL accepts in `setMaxSendFragment`. */
const MIN_SEND_FRAGMENT = 512;
const MAX_SEND_FRAGMENT = 16384;

/**
 * An encrypted socket, over a new TCP connection, or over any Duplex (an upgraded connection, a tunnel, a pair of pipes).
 *
 * Usually made by `connect` and `createServer`. Its errors carry Node's codes; `cause` is the error of foxtls with the details.
 *
 * ```ts
 * const socket = new TLSSocket(plainSocket, { isServer: true, secureContext });
 * socket.on('secure', () => socket.end('welcome\n'));
 * ```
 */
export class TLSSocket extends TlsStream {
  /** Tells these sockets from plain ones. */
  readonly encrypted = true;
  /** Whether the peer was verified. False too for a peer that was not asked for a certificate. */
  authorized = false;
  /** Why not: a code, or null. The type is that of @types/node, which takes it for an Error. */
  authorizationError: Error = null as never;
  alpnProtocol: string | false | null = null;
  servername: string | false | null = null;
  secureConnecting = true;
  readonly server: NetServer | undefined;

  readonly #role: 'client' | 'server';
  readonly #options: TLSSocketOptions;
  readonly #target: ClientTarget | undefined;
  readonly #policy: ServerPolicy | undefined;
  readonly #alpnProtocols: readonly string[] | undefined;
  #context: SecureContext | undefined;
  #servername: string | undefined;
  /** To be resumed, or the latest that the server offered. Bytes are made when somebody asks: most connections' nobody does. */
  #session: ClientSession | undefined;
  /** Came before the handshake was over. */
  #untoldSession: ClientSession | undefined;
  #handshakeTimer: NodeJS.Timeout | undefined;
  /** What is asked of the peer; it changes with a renegotiation. */
  #demand: ClientDemand;
  #serverContext: SecureContext | undefined;
  #renegotiationDisabled = false;
  #traces: boolean;
  #renegotiateCallbacks: RenegotiateCallback[] = [];

  constructor(socket?: Duplex, options: TLSSocketOptions = {}, binding?: ClientTarget | ServerBinding) {
    super({
      allowHalfOpen: socket instanceof Socket ? socket.allowHalfOpen : options.allowHalfOpen,
      highWaterMark: options.highWaterMark,
      rejectTruncation: options.rejectTruncation,
    });
    const server = binding !== undefined && 'policy' in binding ? binding : undefined;
    if (server === undefined) refuseUnsupported(options);
    checkPskOptions(options);
    checkRenegotiationOption(options.renegotiation);
    this.#options = options;
    this.#traces = options.enableTrace === true;
    this.#role = options.isServer === true ? 'server' : 'client';
    this.#target = server === undefined ? (binding as ClientTarget | undefined) : undefined;
    this.#servername = this.#target?.servername;
    if (options.session) this.setSession(options.session);
    this.server = server?.server ?? (options.server as NetServer | undefined);
    if (this.#role === 'server') this.#policy = server?.policy ?? new ServerPolicy(options, this.#secureContext());
    else this.#secureContext();
    this.#demand = this.#policy ?? { requestCert: true, rejectUnauthorized: this.#rejectsUnauthorized() };
    this.#alpnProtocols = parseAlpnProtocols(options.ALPNProtocols);
    const patience = server?.handshakeTimeout ?? options.handshakeTimeout ?? 0;
    if (patience > 0) this.#handshakeTimer = setTimeout(expireHandshake, patience, this);
    if (options.signal) addAbortSignal(options.signal, this);
    if (socket !== undefined && socket !== null) this.attachTransport(socket, isConnecting(socket));
  }

  /** Makes the TCP connection (or that to a local socket), and the handshake over it. Options as in `net.connect`. */
  override connect(...args: unknown[]): this {
    const listener = typeof args.at(-1) === 'function' ? (args.pop() as () => void) : undefined;
    if (listener !== undefined) this.once('connect', listener);
    const [first] = args;
    if (typeof first === 'object' && first !== null) {
      // These are the encrypted socket's, not its transport's.
      this._host = (first as { host?: string }).host ?? null;
      args[0] = { ...first, allowHalfOpen: true, signal: undefined, onread: undefined, timeout: undefined };
    }
    this.attachTransport(connectTransport(...(args as [NetConnectOpts])), true);
    return this;
  }

  // ---- What was agreed on ----

  /** The peer's certificate as Node's object; with `detailed`, each with its `issuerCertificate`. Empty when there is none. */
  getPeerCertificate(detailed: true): DetailedPeerCertificate;
  getPeerCertificate(detailed?: false): PeerCertificate;
  getPeerCertificate(detailed?: boolean): PeerCertificate | DetailedPeerCertificate | null;
  getPeerCertificate(detailed = false): PeerCertificate | DetailedPeerCertificate | null {
    if (this.destroyed) return null;
    return (detailed ? describeChain(this.#peerChain(true)) : describeCertificate(this.#peerChain()[0])) as PeerCertificate;
  }

  getPeerX509Certificate(): X509Certificate | undefined {
    const [leaf] = this.destroyed ? [] : this.#peerChain();
    return leaf && new X509Certificate(leaf);
  }

  /** Our own certificate, if we showed one. */
  getCertificate(): PeerCertificate | object | null {
    return this.destroyed ? null : describeCertificate(this.connection?.info?.localCertificates[0]);
  }

  getX509Certificate(): X509Certificate | undefined {
    const leaf = this.destroyed ? undefined : this.connection?.info?.localCertificates[0];
    return leaf && new X509Certificate(leaf);
  }

  getCipher(): { name: string; standardName: string; version: string } {
    const info = this.connection?.info;
    if (this.destroyed) return null as never;
    const standardName = info?.suite.name ?? '';
    return (info && { name: formatCipherSuite(standardName), standardName, version: info.version }) as never;
  }

  getProtocol(): string | null {
    return this.destroyed ? null : (this.connection?.info?.version ?? 'TLSv1.3');
  }

  /** Client: the group of the key exchange. Empty when there was none, null on a server. */
  getEphemeralKeyInfo(): EphemeralKeyInfo | object | null {
    if (this.destroyed || this.#role === 'server') return null;
    const group = this.connection?.info?.group;
    return group === undefined ? {} : describeEphemeralKey(group.name);
  }

  getSharedSigalgs(): string[] {
    if (this.destroyed || this.#role === 'client') return [];
    return (this.connection?.info?.sharedSignatureSchemes ?? []).map(formatSignatureScheme);
  }

  /** Client: the latest session, to be given to `connect` as `session`. A secret. Undefined until the server sent a ticket. */
  getSession(): Buffer<ArrayBuffer> | undefined {
    return this.destroyed ? (null as never) : this.#session && writeSession(this.#session);
  }

  getTLSTicket(): Buffer<ArrayBuffer> | undefined {
    return this.#session?.ticket && Buffer.from(this.#session.ticket);
  }

  setSession(session: Uint8Array | string): void {
    this.#session = readSession(typeof session === 'string' ? Buffer.from(session, 'latin1') : session);
  }

  /** As in Node, where an external PSK of TLS 1.3 looks like a session: `connectionInfo.resumed` tells them apart. */
  isSessionReused(): boolean {
    const info = this.connection?.info;
    const looksReused = info?.version === 'TLSv1.3' && info.peer.kind === 'psk';
    return this.destroyed ? (null as never) : info?.resumed === true || looksReused;
  }

  /** Everything that the handshake negotiated, under IANA's names; undefined before `secureConnect`. Not in node:tls. */
  get connectionInfo(): ConnectionInfo | undefined {
    return this.connection?.info;
  }

  /** verify_data of our Finished (RFC 8446 §4.4.4, RFC 5246 §7.4.9). */
  getFinished(): Buffer<ArrayBuffer> | undefined {
    const info = this.connection?.info;
    return info && Buffer.from(this.#role === 'client' ? info.clientFinished : info.serverFinished);
  }

  getPeerFinished(): Buffer<ArrayBuffer> | undefined {
    const info = this.connection?.info;
    return info && Buffer.from(this.#role === 'client' ? info.serverFinished : info.clientFinished);
  }

  /** RFC 8446 §7.5, RFC 5705. Throws `ERR_TLS_INVALID_STATE` before the handshake is over. */
  exportKeyingMaterial(length: number, label: string, context?: Buffer): Buffer<ArrayBuffer> {
    if (!this.isSecure || this.connection === undefined) {
      throw withCode(new Error('TLS socket connection must be securely established'), 'ERR_TLS_INVALID_STATE');
    }
    return Buffer.from(this.connection.exportKeyingMaterial(length, label, context));
  }

  /** Makes records smaller: 512 to 16384 bytes. Returns whether that was possible. */
  setMaxSendFragment(size: number): boolean {
    if (!Number.isInteger(size) || size < MIN_SEND_FRAGMENT || size > MAX_SEND_FRAGMENT || this.connection === undefined)
      return false;
    this.connection.setMaxSendFragment(size);
    return true;
  }

  /** Client, before the handshake begins: the name to ask for (SNI). */
  setServername(name: string): void {
    if (typeof name !== 'string')
      throw withCode(new TypeError('The "name" argument must be of type string.'), 'ERR_INVALID_ARG_TYPE');
    if (this.#role === 'server') {
      throw withCode(new Error('Cannot issue SNI from a TLS server-side socket'), 'ERR_TLS_SNI_FROM_SERVER');
    }
    this.#servername = name;
  }

  /**
   * TLS 1.3: new keys for what we send (RFC 8446 §4.6.3); with `requestPeer`, the peer is asked to do the same. Throws `ApiMisuse` before the
   * handshake is over, and in TLS 1.2, which renegotiates. Not in node:tls.
   */
  updateKeys(options?: { readonly requestPeer?: boolean }): void {
    if (!this.isSecure || this.connection === undefined)
      throw new ApiMisuse('ERR_TLS_NOT_CONNECTED', 'updateKeys before the handshake is over');
    this.sendGathered();
    this.connection.updateKeys(options);
  }

  // ---- Renegotiation (TLS 1.2) ----

  /**
   * Begins another handshake: a server's may ask for a certificate that it did not ask for before. What is written waits for its end, which
   * `'secure'` tells (and before it `'secureConnect'`, on a client) and `callback`; `authorized` and all that was agreed on are then of the new
   * one. A server's is always a full handshake. A peer that refuses ends the connection (`ERR_SSL_NO_RENEGOTIATION`).
   *
   * False, and an error for the callback, when none can begin: `ERR_SSL_WRONG_SSL_VERSION` in TLS 1.3, which has none;
   * `ERR_SSL_UNSAFE_LEGACY_RENEGOTIATION_DISABLED`; on a server `ERR_TLS_RENEGOTIATION_DISABLED` after `disableRenegotiation()`.
   */
  renegotiate(options: RenegotiateOptions, callback?: RenegotiateCallback): boolean {
    checkRenegotiateArguments(options, callback);
    if (this.destroyed) return undefined as never;
    try {
      this.#renegotiate(options);
    } catch (error) {
      if (callback !== undefined) process.nextTick(callback, error instanceof ApiMisuse ? whyNotBegun(error) : error);
      return false;
    }
    if (callback !== undefined) this.#renegotiateCallbacks.push(callback);
    return true;
  }

  /** From now on the peer may begin no renegotiation, and a server begins none itself. */
  disableRenegotiation(): void {
    this.#renegotiationDisabled = true;
    this.connection?.refuseRenegotiation();
  }

  #renegotiate({ requestCert, rejectUnauthorized }: RenegotiateOptions): void {
    const { connection } = this;
    if (connection === undefined) throw new ApiMisuse('ERR_TLS_NOT_CONNECTED', 'renegotiate before the handshake');
    if (this.#renegotiationDisabled && this.#role === 'server') throw renegotiationDisabled();
    const demand = {
      // A client always asks.
      requestCert: this.#role === 'client' || Boolean(requestCert ?? this.#demand.requestCert),
      rejectUnauthorized: Boolean(rejectUnauthorized ?? this.#demand.rejectUnauthorized),
    };
    this.sendGathered();
    connection.renegotiate({ config: this.#configFor(demand) });
    this.#demand = demand;
  }

  /** Of a renegotiation; undefined where nothing changes. */
  #configFor(demand: ClientDemand): ClientConfig | ServerConfig | undefined {
    const { requestCert, rejectUnauthorized } = this.#demand;
    if (demand.rejectUnauthorized === rejectUnauthorized && demand.requestCert === requestCert) return undefined;
    if (this.#policy === undefined) return this.#clientConfig(demand.rejectUnauthorized);
    return this.#policy.configFor(this, this.#serverContext as SecureContext, demand);
  }

  protected override onRenegotiated(info: ConnectionInfo): void {
    this.#becomeKnown(info);
    if (this.#role === 'client' && !this.destroyed) this.emit('secureConnect');
    if (!this.destroyed) this.emit('secure');
    for (const callback of this.#renegotiateCallbacks.splice(0)) callback(null);
  }

  protected override onRenegotiationRefused(): void {
    const refused = peerRefused();
    this.fail(refused, sslError('no renegotiation', refused));
  }

  /**
   * From now on, messages of handshake, alerts and change_cipher_spec are written to standard error, with their bytes: for people, in a form of our
   * own. The option `enableTrace` of `connect` and `createServer` does it from the first on. Whoever listens for `'trace'` gets each message
   * (`TracedMessage` of `foxtls`) in place of standard error.
   */
  enableTrace(): void {
    this.#traces = true;
    this.connection?.enableTrace();
  }

  // ---- What this library does not have ----

  setKeyCert(): void {
    throw new ApiMisuse('ERR_TLS_OPTION_UNSUPPORTED', 'setKeyCert is not supported yet: choose the context in SNICallback');
  }

  // ---- The handshake ----

  protected override openConnection(onEvent: TlsEventListener): TlsConnection {
    const keyLog = this.listenerCount('keylog') > 0;
    const connection =
      this.#policy !== undefined
        ? createTlsServer(this.#serverConfig(this.#policy), { onEvent, keyLog })
        : createTlsClient(this.#clientConfig(this.#demand.rejectUnauthorized), {
            onEvent,
            keyLog,
            serverName: this.#servername || undefined,
            session: this.#session,
          });
    if (this.#renegotiationDisabled) connection.refuseRenegotiation();
    if (this.#traces) connection.enableTrace();
    return connection;
  }

  /** By the context that the server has now: the connection keeps it. */
  #serverConfig(policy: ServerPolicy): ServerConfig {
    this.#serverContext = policy.secureContext;
    return policy.configFor(this, policy.secureContext);
  }

  #clientConfig(rejectUnauthorized: boolean): ClientConfig {
    const context = this.#secureContext();
    const config = context.clientConfig(this.#alpnProtocols, rejectUnauthorized);
    const verifier = createIdentityVerifier({
      chainVerifier: config.verifier,
      hostname: this.#target?.hostname ?? this.#servername ?? 'localhost',
      checkServerIdentity: this.#target?.checkServerIdentity ?? checkServerIdentity,
      decidesNames: context.verifier !== undefined,
      rejectUnauthorized,
    });
    const { pskCallback } = this.#options;
    const keys = pskCallback && keysByCallback(this, pskCallback as ClientPskCallback);
    const requestOcsp = this.#options.requestOCSP === true || config.requestOcsp;
    const renegotiation = this.#options.renegotiation ?? 'refuse';
    return { ...config, verifier, requestOcsp, renegotiation, ...keys };
  }

  protected override onConnected(info: ConnectionInfo): void {
    clearTimeout(this.#handshakeTimer);
    this.#handshakeTimer = undefined;
    this.#context = undefined;
    this.#becomeKnown(info);
    if (this.destroyed) return;
    this.secureConnecting = false;
    this.becomeSecure();
    if (this.#role === 'client') this.emit('secureConnect');
    else this.emit('_secureServer');
    // Of TLS 1.2 the session was there before; as in Node, it is told of now.
    if (this.#session !== undefined && this.#session === this.#untoldSession) this.#tellSession(this.#session);
    if (!this.destroyed) this.emit('secure');
  }

  #becomeKnown(info: ConnectionInfo): void {
    this.alpnProtocol = info.alpnProtocol ?? false;
    this.servername = info.serverName ?? false;
    this.#authorize(info);
    if (this.#options.requestOCSP === true && this.#role === 'client' && !info.resumed) {
      // As in Node: before 'secureConnect', and with null when the server has none.
      this.emit('OCSPResponse', info.ocspResponse ? Buffer.from(info.ocspResponse) : null);
    }
  }

  protected override onSession(session: ClientSession): void {
    this.#session = session;
    if (this.secureConnecting) this.#untoldSession = session;
    else this.#tellSession(session);
  }

  #tellSession(session: ClientSession): void {
    this.#untoldSession = undefined;
    if (this.destroyed || this.listenerCount('session') === 0) return;
    this.emit('session', writeSession(session));
  }

  protected override onKeyLog(line: string): void {
    this.emit('keylog', Buffer.from(`${line}\n`));
  }

  protected override onMessage(message: TracedMessage): void {
    if (this.listenerCount('trace') > 0) this.emit('trace', message);
    else process.stderr.write(formatTrace(this.#role, message));
  }

  protected override endedEarly(): Error {
    if (this.#role === 'server') return connectionReset('socket hang up');
    const error = connectionReset('Client network socket disconnected before secure TLS connection was established');
    return Object.assign(error, {
      path: undefined,
      host: undefined,
      port: undefined,
      localAddress: undefined,
      ...this.#target?.endPoint,
    });
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    clearTimeout(this.#handshakeTimer);
    const reason = error ?? connectionReset('the connection was closed');
    for (const callback of this.#renegotiateCallbacks.splice(0)) process.nextTick(callback, reason);
    super._destroy(error, callback);
  }

  /** @internal */
  expireHandshake(): void {
    if (this.isSecure || this.destroyed) return;
    this.fail(handshakeTimeout(), withCode(new Error('TLS handshake timeout'), 'ERR_TLS_HANDSHAKE_TIMEOUT'));
  }

  #authorize(info: ConnectionInfo): void {
    if (!this.#demand.requestCert) return;
    const { peer } = info;
    this.authorized = peer.kind === 'verified' || peer.kind === 'psk';
    this.authorizationError = null as never;
    if (peer.kind === 'unverified') this.authorizationError = authorizationCode(peer.error) as never;
    // What OpenSSL answers when there is no certificate.
    else if (peer.kind === 'anonymous') this.authorizationError = 'UNABLE_TO_GET_ISSUER_CERT' as never;
  }

  #rejectsUnauthorized(): boolean {
    // As in Node, a present `undefined` means true, whatever the environment says.
    if ('rejectUnauthorized' in this.#options) return this.#options.rejectUnauthorized !== false;
    return !isVerificationDisabled();
  }

  #secureContext(): SecureContext {
    const { secureContext } = this.#options;
    this.#context ??= secureContext ? requireContext(secureContext) : createSecureContext(this.#options);
    return this.#context;
  }

  /** As presented; with `trusted`, the path to the anchor where it is known. */
  #peerChain(trusted = false): readonly Uint8Array[] {
    const peer = this.connection?.info?.peer;
    if (peer === undefined) return [];
    return trusted && peer.kind === 'verified' && peer.path.length > 0 ? peer.path : presentedCertificates(peer);
  }
}

/** Whether the handshake has to wait for `connect`: of a socket that connects, or that was not told where to yet. */
function isConnecting(transport: Duplex): boolean {
  if (!(transport instanceof Socket)) return false;
  return transport.connecting || (transport.pending && !('encrypted' in transport));
}

function expireHandshake(socket: TLSSocket): void {
  socket.expireHandshake();
}
