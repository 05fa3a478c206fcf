/**
 * Connections, made: a client's and a server's.
 */

import { clientHandshake } from '../protocol/handshake/tls13/client.ts';
import { serverHandshake } from '../protocol/handshake/tls13/server.ts';
import type { ClientSession } from '../protocol/session/client-session.ts';
import { TlsTransport } from '../transport/tls/tls-transport.ts';
import type { ClientConfig, ServerConfig } from './config.ts';
import type { TlsConnection, TlsEventListener } from './connection.ts';
import { LIMITS } from './limits.ts';
import { Connection } from './tls-connection.ts';

export interface ConnectionOptions {
  readonly onEvent: TlsEventListener;
  /** Emit `keylog` events: whoever reads them can read the connection. Default false. */
  readonly keyLog?: boolean | undefined;
}

export interface ClientConnectionOptions extends ConnectionOptions {
  /** The name that the server must prove; sent as SNI when it is a host name. */
  readonly serverName?: string | undefined;
  /** A session to resume, from a `session` event of a connection to the same name. One that does not fit is left out silently. */
  readonly session?: ClientSession | undefined;
}

/**
 * A client's end of a connection; `start()` it, then carry bytes.
 *
 * Source: RFC 8446 §2. Errors arrive as `error` events, never as exceptions, but for `ApiMisuse`.
 */
export function createTlsClient(config: ClientConfig, options: ClientConnectionOptions): TlsConnection {
  const { maxSendFragment, now } = config;
  const transport = new TlsTransport({ role: 'client', maxSendFragment, limits: LIMITS, allowEarlyChangeCipherSpec: false });
  const request = { serverName: options.serverName, session: options.session };
  return new Connection({
    role: 'client',
    transport,
    now,
    keyLog: options.keyLog ?? false,
    onEvent: options.onEvent,
    flow: (context) => clientHandshake(context, config, request),
  });
}

/** A server's end of a connection; `start()` it, then carry bytes. Errors as `createTlsClient`. */
export function createTlsServer(config: ServerConfig, options: ConnectionOptions): TlsConnection {
  const { maxSendFragment, now } = config;
  const allowEarlyChangeCipherSpec = config.cookieSealer !== undefined;
  const transport = new TlsTransport({ role: 'server', maxSendFragment, limits: LIMITS, allowEarlyChangeCipherSpec });
  return new Connection({
    role: 'server',
    transport,
    now,
    keyLog: options.keyLog ?? false,
    onEvent: options.onEvent,
    flow: (context) => serverHandshake(context, config),
  });
}
