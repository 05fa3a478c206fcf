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
import type {
  ConnectionInfo,
  TlsConnection,
  TlsEvent,
  TlsEventListener,
} from '../../packages/foxtls/src/connection/connection.ts';
import { type ClientConnectionOptions, createTlsClient, createTlsServer } from '../../packages/foxtls/src/connection/create.ts';
import { concat } from '../../packages/foxtls/src/core/bytes/bytes.ts';
import type { TlsError } from '../../packages/foxtls/src/core/errors/errors.ts';
import { pause, waitUntil } from './wait.ts';

/** One end of a connection, with everything that it reported. */
export class Endpoint {
  readonly connection: TlsConnection;
  readonly events: TlsEvent[] = [];
  /** The transport has ended, both ways. */
  closed = false;
  readonly #socket: Socket;

  constructor(socket: Socket, open: (onEvent: TlsEventListener) => TlsConnection) {
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

  of<T extends TlsEvent['type']>(type: T): Extract<TlsEvent, { type: T }>[] {
    return this.events.filter((event): event is Extract<TlsEvent, { type: T }> => event.type === type);
  }

  get error(): TlsError | undefined {
    return this.of('error')[0]?.error;
  }

  /** All application data so far. */
  get data(): Uint8Array {
    return concat(...this.of('data').map(({ data }) => data));
  }

  /** Waits for a condition; an `error` event that is not waited for ends the waiting. */
  async until(what: string, condition: () => boolean, timeout?: number): Promise<void> {
    const seen = () => `${what}; seen: ${this.events.map(({ type }) => type).join(' ')} ${this.error ?? ''}`;
    await waitUntil(() => condition() || this.error !== undefined || this.closed, seen, timeout);
    if (!condition()) throw this.error ?? new Error(`the transport was closed before: ${seen()}`);
  }

  async connected(): Promise<ConnectionInfo> {
    await this.until('connected', () => this.of('connected').length > 0);
    return (this.of('connected')[0] as { info: ConnectionInfo }).info;
  }

  async failed(): Promise<TlsError> {
    await this.until('error', () => this.error !== undefined);
    return this.error as TlsError;
  }

  /** Waits until so many bytes have come. */
  async received(length: number, timeout?: number): Promise<Uint8Array> {
    let count = 0;
    let seen = 0;
    const countNew = () => {
      for (; seen < this.events.length; seen++) {
        const event = this.events[seen];
        if (event?.type === 'data') count += event.data.length;
      }
      return count >= length;
    };
    await this.until(`${length} bytes of data`, countNew, timeout);
    return this.data;
  }

  async receivedText(pattern: string): Promise<void> {
    await this.until(JSON.stringify(pattern), () => Buffer.from(this.data).includes(pattern));
  }

  async ended(): Promise<void> {
    await this.until('the end of their data', () => this.of('end').length > 0);
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
