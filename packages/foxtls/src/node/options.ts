/**
 * The options of sockets and connections, as node:tls has them.
 */

import type { TcpNetConnectOpts } from 'node:net';
import type { Duplex } from 'node:stream';
import type { SecureContext as NodeSecureContext } from 'node:tls';
import type { AlpnProtocols } from './alpn.ts';
import type { IdentityCheck } from './certificate-objects.ts';
import type { ClientPskCallback, ServerPskCallback } from './psk.ts';
import type { SecureContext } from './secure-context.ts';
import type { SecureContextOptions } from './secure-context-options.ts';

/** As Node's types have it. At run time it is one of ours (`ERR_TLS_INVALID_CONTEXT`): Node's holds its secrets in C++. */
export type AnySecureContext = SecureContext | NodeSecureContext;

/** What a socket takes, over an existing stream. */
export interface TLSSocketOptions extends SecureContextOptions {
  readonly isServer?: boolean | undefined;
  readonly server?: unknown;
  readonly secureContext?: AnySecureContext | undefined;
  readonly requestCert?: boolean | undefined;
  readonly rejectUnauthorized?: boolean | undefined;
  /**
   * TLS 1.2: whether the peer may begin a renegotiation, `tls.CLIENT_RENEG_LIMIT` times, with less than `tls.CLIENT_RENEG_WINDOW` seconds between
   * them. Default `'refuse'`. Not in node:tls, where it may.
   */
  readonly renegotiation?: 'refuse' | 'accept' | undefined;
  readonly ALPNProtocols?: AlpnProtocols | undefined;
  readonly ALPNCallback?: AlpnCallback | undefined;
  readonly SNICallback?: SniCallback | undefined;
  /** Whether messages of handshake and alerts are written to standard error, as after `enableTrace()`. */
  readonly enableTrace?: boolean | undefined;
  /** External pre-shared keys, by the role: a client's gets the hint or null, a server's the socket and the identity. */
  readonly pskCallback?: ClientPskCallback | ServerPskCallback | undefined;
  /** Server: what clients of TLS 1.2 choose their key by. TLS 1.3 has no hints. */
  readonly pskIdentityHint?: string | undefined;
  /**
   * Server of TLS 1.3, beyond node:tls: answer each first ClientHello with a HelloRetryRequest whose cookie has to come back, so that nothing is
   * computed for an address that was not proven. Default false.
   */
  readonly requireCookie?: boolean | undefined;
  readonly session?: Uint8Array | undefined;
  /** Client: ask for an OCSP response; `'OCSPResponse'` brings it (a Buffer), or null, before `'secureConnect'`. It is not verified. */
  readonly requestOCSP?: boolean | undefined;
  readonly allowHalfOpen?: boolean | undefined;
  readonly highWaterMark?: number | undefined;
  readonly pauseOnConnect?: boolean | undefined;
  readonly handshakeTimeout?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /**
   * Whether a connection that ends without the peer's close_notify is an error (`ECONNRESET`) and not just an end. Default false, as
   * in Node; `socket.truncated` tells either way.
   */
  readonly rejectTruncation?: boolean | undefined;
}

/** What `connect` takes. */
export interface ConnectionOptions
  extends Omit<
      TLSSocketOptions,
      'isServer' | 'server' | 'requestCert' | 'SNICallback' | 'ALPNCallback' | 'pskCallback' | 'pskIdentityHint' | 'requireCookie'
    >,
    Partial<Omit<TcpNetConnectOpts, 'signal' | 'onread' | 'host' | 'port' | 'timeout' | keyof TLSSocketOptions>> {
  readonly pskCallback?: ClientPskCallback | undefined;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly path?: string | undefined;
  readonly socket?: Duplex | undefined;
  readonly servername?: string | undefined;
  readonly checkServerIdentity?: IdentityCheck | undefined;
  readonly timeout?: number | undefined;
}

/**
 * Chooses a context by the name that the client asked for. An error ends the connection; `PeerIncompatible('server_name', …)` of `foxtls` says to the
 * client that the name is not known here.
 */
export type SniCallback = (servername: string, callback: (error: Error | null, context?: AnySecureContext) => void) => void;

/** Chooses one of the client's protocols; undefined refuses the connection. */
export type AlpnCallback = (hello: { readonly servername: string; readonly protocols: string[] }) => string | undefined;
