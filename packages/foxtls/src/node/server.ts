/**
 * `tls.Server`: a `net.Server` whose connections are secured before anybody sees them.
 *
 * The binding between a server and its sockets is a function over any net.Server, because the server of node:https is an http.Server.
 */

import { Server as NetServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connectionReset, withCode } from './errors.ts';
import { askListeners } from './ocsp.ts';
import type { AnySecureContext, TLSSocketOptions } from './options.ts';
import type { ServerPskCallback } from './psk.ts';
import { createSecureContext } from './secure-context.ts';
import { refuseUnsupported, type SecureContextOptions } from './secure-context-options.ts';
import { asContext, ServerPolicy } from './server-policy.ts';
import { sessionsOfListeners } from './session-events.ts';
import { TLSSocket } from './tls-socket.ts';

/** What `createServer` takes: options of node:tls and of net.Server. */
export interface TlsOptions
  extends Omit<TLSSocketOptions, 'isServer' | 'server' | 'secureContext' | 'session' | 'signal' | 'pskCallback'> {
  readonly pskCallback?: ServerPskCallback | undefined;
  readonly noDelay?: boolean | undefined;
  readonly keepAlive?: boolean | undefined;
  readonly keepAliveInitialDelay?: number | undefined;
}

/** Node's default: a connection that is not secure after two minutes is given up. */
const HANDSHAKE_TIMEOUT = 120_000;

/** What secures the connections of one server. */
export class ServerSecurity {
  readonly policy: ServerPolicy;
  readonly #server: NetServer;
  readonly #handshakeTimeout: number;
  readonly #options: TlsOptions;
  readonly #listeners: Record<'_secureServer' | 'error' | 'close' | 'keylog', (this: TLSSocket, ...args: unknown[]) => void>;

  constructor(server: NetServer, options: TlsOptions) {
    refuseUnsupported(options);
    this.#server = server;
    this.#options = options;
    this.#handshakeTimeout = readTimeout(options.handshakeTimeout);
    checkHighWaterMark(options.highWaterMark);
    this.policy = new ServerPolicy(options, createSecureContext(options), askListeners(server), sessionsOfListeners(server));
    this.#listeners = sharedListeners(server);
  }

  /** Secures a connection of the server, or any Duplex that was emitted as one. */
  accept(transport: Duplex): void {
    const { highWaterMark, rejectTruncation, pauseOnConnect, enableTrace } = this.#options;
    const binding = { server: this.#server, policy: this.policy, handshakeTimeout: this.#handshakeTimeout };
    const socket = new TLSSocket(transport, { isServer: true, highWaterMark, rejectTruncation, enableTrace }, binding);
    socket.allowHalfOpen = this.#options.allowHalfOpen ?? false;
    if (pauseOnConnect) socket.pause();
    for (const event of ['_secureServer', 'error', 'close'] as const) socket.on(event, this.#listeners[event]);
    if (this.#server.listenerCount('keylog') > 0) socket.on('keylog', this.#listeners.keylog);
  }

  addContext(servername: string, context: AnySecureContext | SecureContextOptions): void {
    if (!servername) {
      throw withCode(new Error('"servername" is required parameter for Server.addContext'), 'ERR_TLS_REQUIRED_SERVER_NAME');
    }
    this.policy.addContext(servername, asContext(context));
  }

  setSecureContext(options: SecureContextOptions): void {
    if (typeof options !== 'object' || options === null) throw invalidOptions(options);
    this.policy.secureContext = createSecureContext(options);
  }
}

/**
 * A TLS server. Events and methods as in node:tls.
 *
 * `'secureConnection'` brings a TLSSocket whose client was verified as asked; `'tlsClientError'` (error, socket) tells of connections that
 * did not come that far; `'keylog'` (line, socket) hands out their secrets to whoever listens; `'OCSPRequest'` (certificate,
 * issuer, callback) asks for the OCSP response to staple when a client wants one; `'newSession'` (id, data, callback) and
 * `'resumeSession'` (id, callback) keep sessions of TLS 1.2 for clients that cannot keep tickets, when both have a listener.
 */
export class Server extends NetServer {
  readonly #security: ServerSecurity;

  constructor(options?: TlsOptions | ((socket: TLSSocket) => void) | null, listener?: (socket: TLSSocket) => void) {
    const [settings, secured] = readServerArguments<TlsOptions, (socket: TLSSocket) => void>(options, listener);
    super(netOptions(settings));
    this.#security = new ServerSecurity(this, settings);
    this.on('connection', acceptConnection);
    if (secured !== undefined) this.on('secureConnection', secured);
  }

  /** Uses a context for clients that ask for a name; `*` stands for any part of a label. */
  addContext(servername: string, context: AnySecureContext | SecureContextOptions): void {
    this.#security.addContext(servername, context);
  }

  /** Replaces certificates and keys for new connections. */
  setSecureContext(options: SecureContextOptions): void {
    this.#security.setSecureContext(options);
  }

  /** 48 secret bytes: give them to another server, and it accepts the sessions of this one. */
  getTicketKeys(): Buffer<ArrayBuffer> {
    return this.#security.policy.ticketKeys;
  }

  setTicketKeys(keys: Buffer): void {
    this.#security.policy.ticketKeys = keys;
  }

  /** @internal */
  acceptTransport(transport: Duplex): void {
    this.#security.accept(transport);
  }
}

/**
 * Creates a TLS server. The listener is added to `'secureConnection'`.
 *
 * ```ts
 * const server = createServer({ key: readFileSync('key.pem'), cert: readFileSync('cert.pem') }, (socket) => {
 *   socket.end('welcome\n');
 * });
 * server.listen(8443);
 * ```
 */
export function createServer(secureConnectionListener?: (socket: TLSSocket) => void): Server;
export function createServer(options: TlsOptions, secureConnectionListener?: (socket: TLSSocket) => void): Server;
export function createServer(
  options?: TlsOptions | ((socket: TLSSocket) => void),
  listener?: (socket: TLSSocket) => void,
): Server {
  return new Server(options, listener);
}

function acceptConnection(this: Server, transport: Socket): void {
  this.acceptTransport(transport);
}

/** One set of listeners a server, not one a socket. */
function sharedListeners(server: NetServer) {
  // Told of once: by its error, or by its close when there was none.
  const reported = new WeakSet<TLSSocket>();
  const report = (error: unknown, socket: TLSSocket) => {
    if (!socket.secureConnecting || reported.has(socket)) return;
    reported.add(socket);
    server.emit('tlsClientError', error, socket);
  };
  return {
    _secureServer(this: TLSSocket) {
      server.emit('secureConnection', this);
    },
    error(this: TLSSocket, error: unknown) {
      report(error, this);
    },
    close(this: TLSSocket, hadError: unknown) {
      if (hadError !== true && this.secureConnecting) report(connectionReset('socket hang up'), this);
    },
    keylog(this: TLSSocket, line: unknown) {
      server.emit('keylog', line, this);
    },
  };
}

/** Both arguments of a server may be left out. */
export function readServerArguments<Options extends object, Listener extends (...args: never[]) => void>(
  options: Options | Listener | null | undefined,
  listener: Listener | undefined,
): [Options | Record<string, never>, Listener | undefined] {
  if (typeof options === 'function') return [{}, options];
  if (options === undefined || options === null) return [{}, listener];
  if (typeof options !== 'object') throw invalidOptions(options);
  return [options as Options, listener];
}

/** Undefined stays out: net.Server takes a present `undefined` for a value. */
export function netOptions(options: TlsOptions): object {
  const { pauseOnConnect, noDelay, keepAlive, keepAliveInitialDelay } = options;
  const given = { allowHalfOpen: true, pauseOnConnect, noDelay, keepAlive, keepAliveInitialDelay };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function readTimeout(timeout: unknown): number {
  if (timeout === undefined || timeout === null || timeout === 0) return HANDSHAKE_TIMEOUT;
  if (typeof timeout === 'number') return timeout;
  const message = `The "options.handshakeTimeout" property must be of type number. Received ${typeof timeout}`;
  throw withCode(new TypeError(message), 'ERR_INVALID_ARG_TYPE');
}

/** As the streams of the connections would. */
function checkHighWaterMark(size: unknown): void {
  if (size === undefined || size === null || (Number.isInteger(size) && (size as number) >= 0)) return;
  throw withCode(new TypeError(`The property 'options.highWaterMark' is invalid. Received ${size}`), 'ERR_INVALID_ARG_VALUE');
}

function invalidOptions(received: unknown): TypeError {
  const message = `The "options" argument must be of type object. Received ${received === null ? 'null' : typeof received}`;
  return withCode(new TypeError(message), 'ERR_INVALID_ARG_TYPE');
}
