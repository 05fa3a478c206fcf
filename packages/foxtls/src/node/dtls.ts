/**
 * `foxtls/dtls`: DTLS over node:dgram, in the shape of node:dtls, which Node is to have; and beyond it DTLS 1.3, connection IDs, host names,
 * answers that come later (keys, names, verdicts), and AbortSignal.
 */

import type { Socket } from 'node:dgram';
import { isIP } from 'node:net';
import { clientConfigOf, invalidType, invalidValue, refuseBeside, serverConfigOf } from './dtls-config.ts';
import { NodeDtlsEndpoint } from './dtls-node-endpoint.ts';
import { readDtlsSession } from './dtls-session-bytes.ts';
import type {
  DTLSEndpoint,
  DTLSSession,
  DtlsAddress,
  DtlsConnectOptions,
  DtlsListenOptions,
  DtlsOptions,
  SleepingDtlsSession,
} from './dtls-types.ts';
import { withCode } from './errors.ts';
import { bindSocket, checkPort, literalHost, type ResolvedHost, resolveHost, SOCKET_OPTIONS } from './udp-socket.ts';

export { checkServerIdentity } from './certificate-objects.ts';
export { type DispatchedSocket, dispatchedSocket } from './dispatched-socket.ts';
export { createDispatcher, type DatagramDispatcher, type DispatcherOptions, type DispatcherStats } from './dispatcher.ts';
export type { DispatcherPlace } from './dispatching.ts';
export type {
  ClientPsk,
  DatagramSocket,
  DTLSEndpoint,
  DTLSSession,
  DtlsAddress,
  DtlsConnectOptions,
  DtlsEndpointStats,
  DtlsListenOptions,
  DtlsOptions,
  DtlsPsk,
  DtlsSessionEvents,
  DtlsSessionStats,
  DtlsVersion,
  PskChoice,
  PskLookUp,
  ServerPsk,
  SleepingDtlsSession,
  Sni,
  SniChoice,
  SniIdentity,
} from './dtls-types.ts';
export { createSecureContext, SecureContext } from './secure-context.ts';

/** Bytes: enough that nobody guesses one, and that a client who draws at random never meets another's. */
const CONNECTION_ID_LENGTH = 8;

/**
 * Serves clients on a UDP port. `onsession` is called for each that has shown by a cookie that it is where it says; its handshake is not
 * over then: `session.opened`.
 *
 * Throws what binding comes to (`EADDRINUSE` …), and for options as `tls.createServer` does; a `host` that is a name is looked up first:
 * `endpoint.opened`.
 *
 * ```ts
 * const endpoint = listen((session) => {
 *   session.onmessage = (data) => session.send(data);
 * }, { key: readFileSync('key.pem'), cert: readFileSync('cert.pem'), port: 5684 });
 * ```
 */
export function listen(onsession: (session: DTLSSession) => void, options: DtlsListenOptions): DTLSEndpoint {
  if (typeof onsession !== 'function') throw argumentType('callback', 'of type function');
  if (typeof options !== 'object' || options === null) throw argumentType('options', 'of type object');
  const { host = '0.0.0.0', port, socket, requestCert = false, maxSessions, maxSessionsPerHost } = options;
  if (socket === undefined) checkPort('port', port);
  else refuseBeside(options, 'socket', ['host', 'port', ...SOCKET_OPTIONS]);
  const config = serverConfigOf(options);
  if (options.createConnectionId !== undefined && !options.connectionId) {
    throw invalidValue('createConnectionId', 'it needs `connectionId`');
  }
  const endpoint = new NodeDtlsEndpoint(
    {
      ...endpointOptions(options),
      config,
      connectionIdLength: idLength(options.connectionId, CONNECTION_ID_LENGTH),
      createConnectionId: options.createConnectionId ?? socket?.createConnectionId?.bind(socket),
      maxSessions,
      maxSessionsPerHost,
      requireCookie: options.requireCookie,
      insecureAddressChanges: options.insecureAddressChanges,
    },
    {
      onsession,
      asksForCertificate: requestCert || config.clientCertificates !== 'none',
      config,
      findSleeping: options.findSleeping,
    },
  );
  const literal = literalHost(host);
  if (socket !== undefined) endpoint.use(socket);
  else if (literal !== undefined) endpoint.use(bindSocket(literal, port as number, options));
  else bindLater(endpoint, host, options);
  const { signal } = options;
  if (signal !== undefined) endpoint.obey(signal, () => void endpoint.close());
  return endpoint;
}

async function bindLater(endpoint: NodeDtlsEndpoint, host: string, options: DtlsListenOptions): Promise<void> {
  try {
    endpoint.use(bindSocket(await resolveHost(host, options.lookup), options.port as number, options));
  } catch (error) {
    endpoint.destroy(error as Error);
  }
}

/**
 * Connects to a DTLS server, over a socket of its own, and verifies that it is who it should be.
 *
 * Throws for options as `tls.connect` does, and for a `session` of another name; everything later rejects `session.opened`, and is told to
 * `session.onerror`, with the codes of `foxtls/tls`.
 *
 * ```ts
 * const session = connect('device.example', 5684, { ca: readFileSync('ca.pem') });
 * await session.opened;
 * session.send('hello');
 * for await (const message of session) console.log(message.toString());
 * ```
 */
export function connect(host: string, port: number, options: DtlsConnectOptions = {}): DTLSSession {
  if (typeof host !== 'string' || host === '') throw argumentType('host', 'of type string');
  if (typeof options !== 'object' || options === null) throw argumentType('options', 'of type object');
  checkPort('port', port);
  if (port === 0)
    throw withCode(new RangeError('The value of "port" is out of range: a server has none of 0'), 'ERR_OUT_OF_RANGE');
  const { servername, signal, socket } = options;
  if (socket !== undefined) refuseBeside(options, 'socket', ['bindHost', 'bindPort', ...SOCKET_OPTIONS]);
  const hostname = servername || host;
  const config = clientConfigOf(options, { hostname });
  const resumed = options.session && readDtlsSession(hostname, options.session);
  const serverName = servername === '' ? undefined : serverNameOf(hostname);
  const endpoint = new NodeDtlsEndpoint({ connectionIdLength: idLength(options.connectionId, 0), ...endpointOptions(options) });
  const session = endpoint.prepare({ asksForCertificate: true, hostname });
  const begin = (to: NonNullable<ReturnType<typeof literalHost>>) => {
    endpoint.use(socket ?? bindFor(to, options));
    const family = to.family === 6 ? 'IPv6' : 'IPv4';
    endpoint.connect(session, { address: to.address, family, port }, { config, hostname, serverName, session: resumed });
  };
  const literal = literalHost(host);
  if (signal?.aborted !== true) {
    if (literal !== undefined) begin(literal);
    else {
      resolveHost(host, options.lookup).then(
        (found) => {
          if (session.destroyed) return;
          try {
            begin(found);
          } catch (thrown) {
            endpoint.destroy(thrown as Error);
          }
        },
        (error: Error) => endpoint.destroy(error),
      );
    }
  }
  if (signal !== undefined) endpoint.obey(signal, () => endpoint.destroy(abortError(signal)));
  return session;
}

/**
 * Goes on with a session of `connect` that sleeps (`session.sleep()`), here or in another process; it is open at once. Forget the bytes then.
 *
 * The server knows the session by the address that we had: it is taken again, unless `bindHost`, `bindPort` or `socket` say otherwise; with a
 * `connectionId` any will do. The options are those that `connect` was given. Throws what binding comes to, and `ERR_TLS_STATE` for what is no
 * session of a client, or one that these options cannot go on with.
 *
 * ```ts
 * const sleeping = session.sleep();
 * // … an hour later:
 * const again = wake(sleeping, options);
 * again.send('21 degrees');
 * ```
 */
export function wake(sleeping: SleepingDtlsSession, options: DtlsConnectOptions = {}): DTLSSession {
  if (typeof sleeping !== 'object' || sleeping === null) throw argumentType('sleeping', 'of type object');
  const { socket, signal } = options;
  if (socket !== undefined) refuseBeside(options, 'socket', ['bindHost', 'bindPort', ...SOCKET_OPTIONS]);
  const { address, local, connectionId, hostname = options.servername || address.address } = sleeping;
  const config = clientConfigOf(options, { hostname });
  const idsOfOurs = connectionId?.length ?? idLength(options.connectionId, 0);
  const endpoint = new NodeDtlsEndpoint({ connectionIdLength: idsOfOurs, ...endpointOptions(options) });
  const session = endpoint.prepare({ asksForCertificate: true, hostname });
  const to = literalHost(address.address) as ResolvedHost;
  endpoint.use(socket ?? bindFor(to, { ...options, ...(local !== undefined && placeOf(local, options)) }));
  try {
    endpoint.continue(session, sleeping, { config, serverName: serverNameOf(hostname) });
  } catch (thrown) {
    endpoint.destroy();
    throw thrown;
  }
  if (signal !== undefined) endpoint.obey(signal, () => endpoint.destroy(abortError(signal)));
  return session;
}

/** Where we were, as far as the options do not say. */
function placeOf({ address, port }: DtlsAddress, { bindHost = address, bindPort = port }: DtlsConnectOptions) {
  return { bindHost, bindPort };
}

/** RFC 6066 §3: "Literal IPv4 and IPv6 addresses are not permitted in "HostName"." */
function serverNameOf(hostname: string): string | undefined {
  return isIP(hostname) === 0 ? hostname : undefined;
}

/** A socket from which that address can be reached. */
function bindFor({ address, family }: ResolvedHost, options: DtlsConnectOptions): Socket {
  const bound = literalHost(options.bindHost ?? (family === 6 ? '::' : '0.0.0.0'));
  if (bound?.family !== family) throw invalidValue('bindHost', `an address of the family of ${address} is expected`);
  return bindSocket(bound, options.bindPort ?? 0, options);
}

function endpointOptions(options: DtlsOptions) {
  const { mtu, handshakeTimeout, initialTimeout, adaptTimeout, maxRetransmissions } = options;
  const { delayAcknowledgements, replayWindow, packMessages } = options;
  const times = { handshakeTimeout, initialTimeout, adaptTimeout, maxRetransmissions };
  return { mtu, delayAcknowledgements, replayWindow, packMessages, ...times };
}

/** Undefined: connection IDs are not spoken. */
function idLength(option: boolean | number | undefined, byDefault: number): number | undefined {
  if (option === undefined || option === false) return undefined;
  if (option === true) return byDefault;
  if (Number.isInteger(option) && option >= 1 && option <= 255) return option;
  throw invalidType('connectionId', 'true, or a number of bytes from 1 to 255');
}

function argumentType(name: string, expected: string): TypeError {
  return withCode(new TypeError(`The "${name}" argument must be ${expected}.`), 'ERR_INVALID_ARG_TYPE');
}

function abortError(signal: AbortSignal): Error {
  const error = new Error('The operation was aborted', { cause: signal.reason });
  error.name = 'AbortError';
  return withCode(error, 'ABORT_ERR');
}
