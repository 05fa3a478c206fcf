/**
 * `https.Server`: an http.Server that hears of a connection when it is secure.
 *
 * ```
 *   net 'connection' (TCP) ──▶ ServerSecurity.accept ──▶ TLSSocket ──'secureConnection'──▶ http's connection listener
 * ```
 * http.Server adds its listener to `'connection'` itself; here it is moved to `'secureConnection'`. Everything of http (time-outs,
 * tracking, `closeIdleConnections`) stays http.Server's own.
 */

import { Server as HttpServer, type ServerOptions as HttpServerOptions, type RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { AnySecureContext } from './options.ts';
import type { SecureContextOptions } from './secure-context-options.ts';
import { readServerArguments, ServerSecurity, type TlsOptions } from './server.ts';

/** What `https.createServer` takes: options of `tls.createServer` and of `http.createServer`. */
export interface ServerOptions extends TlsOptions, Omit<HttpServerOptions, keyof TlsOptions> {}

/**
 * An HTTPS server. As `https.Server` of Node, with the events `'secureConnection'`, `'tlsClientError'` and `'keylog'` of a TLS server.
 * A handshake that fails comes as `'clientError'` too; without a listener the connection is closed.
 */
export class Server extends HttpServer {
  readonly #security: ServerSecurity;

  constructor(options?: ServerOptions | RequestListener | null, requestListener?: RequestListener) {
    const [given, listener] = readServerArguments<ServerOptions, RequestListener>(options, requestListener);
    const settings: ServerOptions = given;
    super(settings as HttpServerOptions, listener);
    const withDefaults =
      settings.ALPNProtocols || settings.ALPNCallback ? settings : { ...settings, ALPNProtocols: ['http/1.1'] };
    this.#security = new ServerSecurity(this, { ...withDefaults, allowHalfOpen: false });
    for (const connectionListener of this.listeners('connection')) {
      this.removeListener('connection', connectionListener as (socket: Socket) => void);
      this.on('secureConnection', connectionListener as (socket: Duplex) => void);
    }
    this.on('connection', acceptConnection);
    this.on('tlsClientError', reportClientError);
  }

  /** As `tls.Server#addContext`. */
  addContext(servername: string, context: AnySecureContext | SecureContextOptions): void {
    this.#security.addContext(servername, context);
  }

  /** As `tls.Server#setSecureContext`. */
  setSecureContext(options: SecureContextOptions): void {
    this.#security.setSecureContext(options);
  }

  /** As `tls.Server#getTicketKeys`. */
  getTicketKeys(): Buffer<ArrayBuffer> {
    return this.#security.policy.ticketKeys;
  }

  /** As `tls.Server#setTicketKeys`. */
  setTicketKeys(keys: Buffer): void {
    this.#security.policy.ticketKeys = keys;
  }

  /** @internal */
  acceptTransport(transport: Duplex): void {
    this.#security.accept(transport);
  }
}

/**
 * Creates an HTTPS server.
 *
 * ```ts
 * const server = createServer({ key: readFileSync('key.pem'), cert: readFileSync('cert.pem') }, (request, response) => {
 *   response.end('hello');
 * });
 * server.listen(8443);
 * ```
 */
export function createServer(requestListener?: RequestListener): Server;
export function createServer(options: ServerOptions, requestListener?: RequestListener): Server;
export function createServer(options?: ServerOptions | RequestListener, requestListener?: RequestListener): Server {
  return new Server(options, requestListener);
}

function acceptConnection(this: Server, transport: Duplex): void {
  this.acceptTransport(transport);
}

function reportClientError(this: Server, error: Error, socket: Duplex): void {
  if (!this.emit('clientError', error, socket)) socket.destroy(error);
}
