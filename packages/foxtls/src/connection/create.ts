/**
 * Connections, made: a client's and a server's.
 */

import { type Flow, run, settle } from '../core/flow/flow.ts';
import { clientHandshake } from '../protocol/handshake/client.ts';
import type { ClientRequest } from '../protocol/handshake/client-offer.ts';
import { serverHandshake } from '../protocol/handshake/server.ts';
import type { ClientSession } from '../protocol/session/client-session.ts';
import type { SessionStore } from '../protocol/session/session-store.ts';
import { TlsTransport } from '../transport/tls/tls-transport.ts';
import type { ClientConfig, ServerConfig } from './config.ts';
import type { TlsConnection, TlsEventListener } from './connection.ts';
import type { NextHandshake } from './renegotiation.ts';
import { Connection } from './tls-connection.ts';

export interface ConnectionOptions {
  readonly onEvent: TlsEventListener;
  /** Emit `keylog` events: whoever reads them can read the connection. Default false. */
  readonly keyLog?: boolean | undefined;
}

export interface ClientConnectionOptions extends ConnectionOptions {
  /** The name that the server must prove; sent as SNI when it is a host name. */
  readonly serverName?: string | undefined;
  /**
   * A session to resume, from a `session` event of a connection to the same name; or several, in order of preference. What does not fit is left
   * out silently. "Clients SHOULD NOT reuse a ticket for multiple connections" (RFC 8446 §C.4): `sessionStore` of the config sees to it.
   */
  readonly session?: ClientSession | readonly ClientSession[] | undefined;
  /** What this server's sessions go by in the config's `sessionStore`; default: `serverName`. Give one when several servers have one name. */
  readonly sessionKey?: string | undefined;
}

/**
 * A client's end of a connection; `start()` it, then carry bytes.
 *
 * Source: RFC 8446 §2. Errors arrive as `error` events, never as exceptions, but for `ApiMisuse`.
 */
export function createTlsClient(config: ClientConfig, options: ClientConnectionOptions): TlsConnection {
  const { now, limits, provider } = config;
  const transport = createTransport(config, false);
  const { serverName, session, sessionKey = serverName } = options;
  const request = { serverName, session, sessionKey };
  return new Connection({
    role: 'client',
    transport,
    now,
    limits,
    provider,
    keyLog: options.keyLog ?? false,
    onEvent: options.onEvent,
    renegotiation: config.renegotiation,
    flow: (context, next) =>
      clientHandshake(context, (next?.config as ClientConfig | undefined) ?? config, requestOf(next, request)),
    keepSession: sessionKeeper(config.sessionStore, sessionKey),
  });
}

/** A renegotiation offers no session but the connection's own. */
function requestOf(next: NextHandshake | undefined, request: ClientRequest): ClientRequest {
  return next === undefined ? request : { ...request, previous: next.previous, session: next.session ?? [] };
}

/** Client: puts sessions into the config's store, if it has one. */
export function sessionKeeper(store: SessionStore | undefined, key: string | undefined) {
  if (store === undefined || key === undefined) return undefined;
  return (session: ClientSession): void => {
    // A cache that is down costs its sessions, not the connections.
    run(put(store, key, session));
  };
}

function* put(store: SessionStore, key: string, session: ClientSession): Flow<void> {
  try {
    yield* settle(store.put(key, session));
  } catch {}
}

/** A server's end of a connection; `start()` it, then carry bytes. Errors as `createTlsClient`. */
export function createTlsServer(config: ServerConfig, options: ConnectionOptions): TlsConnection {
  const { now, limits, provider } = config;
  const transport = createTransport(config, config.cookieSealer !== undefined);
  return new Connection({
    role: 'server',
    transport,
    now,
    limits,
    provider,
    keyLog: options.keyLog ?? false,
    onEvent: options.onEvent,
    renegotiation: config.renegotiation,
    flow: (context, next) => serverHandshake(context, (next?.config as ServerConfig | undefined) ?? config, next?.previous),
  });
}

function createTransport(config: ClientConfig | ServerConfig, allowEarlyChangeCipherSpec: boolean): TlsTransport {
  const { role, maxSendFragment, recordPadding, limits } = config;
  return new TlsTransport({ role, maxSendFragment, padding: recordPadding, limits, allowEarlyChangeCipherSpec });
}
