/**
 * Our sans-I/O core on a TCP socket, for tests: the smallest driver that can be, so that what peers see is the core and nothing else.
 *
 * ```
 *   socket 'data' ──▶ receive ─┐              ┌─▶ takeOutput ──▶ socket.write
 *                              └ TlsConnection ┘
 * ```
 */

import { connect, createServer, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import type { ClientConfig, ServerConfig } from '../../packages/foxtls/src/connection/config.ts';
import type { TlsConnection, TlsEvent, TlsEventListener } from '../../packages/foxtls/src/connection/connection.ts';
import { type ClientConnectionOptions, createTlsClient, createTlsServer } from '../../packages/foxtls/src/connection/create.ts';
import { EventRecord } from './event-record.ts';
import { pause, waitUntil } from './wait.ts';

/** One end of a connection, with everything that it reported. */
export class Endpoint extends EventRecord {
  readonly connection: TlsConnection;
  readonly #socket: Socket;

  constructor(socket: Socket, open: (onEvent: TlsEventListener) => TlsConnection) {
    super();
    this.#socket = socket;
    this.connection = open((event) => this.#onEvent(event));
    socket.on('data', (chunk) => this.connection.receive(chunk));
    socket.on('end', () => this.connection.receiveEnd());
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.closed = true;
    });
    this.connection.start();
  }

  send(data: Uint8Array | string): void {
    this.connection.send(typeof data === 'string' ? new TextEncoder().encode(data) : data);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #onEvent(event: TlsEvent): void {
    if (event.type === 'output') {
      this.#socket.cork();
      for (const bytes of this.connection.takeOutput()) this.#socket.write(bytes);
      this.#socket.uncork();
    } else {
      this.events.push(event);
    }
    // After the second closure, or the alert, there is nothing more to say.
    if (this.connection.state === 'closed') this.#socket.end();
  }
}

const CONNECT_ATTEMPTS = 400;

/** Connects to a peer on 127.0.0.1; waits for it to listen. */
export async function connectEndpoint(
  port: number,
  config: ClientConfig,
  options: Omit<ClientConnectionOptions, 'onEvent'> = {},
): Promise<Endpoint> {
  const socket = await connectSocket(port);
  const endpoint = new Endpoint(socket, (onEvent) => createTlsClient(config, { serverName: 'localhost', ...options, onEvent }));
  onTestFinished(() => endpoint.destroy());
  return endpoint;
}

/** Connects to a port of 127.0.0.1, from a given port if need be; tries again while nobody listens. */
export async function connectSocket(port: number, localPort = 0): Promise<Socket> {
  for (let attempt = 1; ; attempt++) {
    const socket = connect({ port, host: '127.0.0.1', localPort, allowHalfOpen: true });
    const outcome = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
      socket.once('connect', () => resolve(undefined));
      socket.once('error', resolve);
    });
    if (outcome === undefined) return socket;
    if (outcome.code !== 'ECONNREFUSED' || attempt >= CONNECT_ATTEMPTS) throw outcome;
    await pause(25);
  }
}

export interface Listener {
  readonly port: number;
  /** The connections so far, in their order. */
  readonly endpoints: readonly Endpoint[];
  /** Waits for the connection of that number, from 0. */
  accepted(index?: number): Promise<Endpoint>;
}

/** Our server on a free port of 127.0.0.1. `onAccept` may serve each connection. */
export async function listenEndpoints(
  config: ServerConfig,
  options: { readonly keyLog?: boolean; readonly onAccept?: (endpoint: Endpoint) => void } = {},
): Promise<Listener> {
  const endpoints: Endpoint[] = [];
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    const endpoint = new Endpoint(socket, (onEvent) => createTlsServer(config, { keyLog: options.keyLog ?? false, onEvent }));
    endpoints.push(endpoint);
    options.onAccept?.(endpoint);
  });
  onTestFinished(() => {
    for (const endpoint of endpoints) endpoint.destroy();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    endpoints,
    accepted: async (index = 0) => {
      await waitUntil(
        () => endpoints[index] !== undefined,
        () => `connection ${index} to our server`,
      );
      return endpoints[index] as Endpoint;
    },
  };
}
