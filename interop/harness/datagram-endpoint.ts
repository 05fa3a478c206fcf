/**
 * Our sans-I/O core on a UDP socket, for tests: the smallest driver that can be, so that what peers see is the core and nothing else.
 *
 * ```
 *   socket 'message' ──▶ receive ─┐                ┌─▶ takeOutput ──▶ socket.send
 *                                 └ DtlsConnection ┘
 *   timer ──▶ handleTimeout       ◀── nextTimeout
 * ```
 */

import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { onTestFinished } from 'vitest';
import type { ClientConfig, ServerConfig } from '../../packages/foxtls/src/connection/config.ts';
import type { TlsEvent, TlsEventListener } from '../../packages/foxtls/src/connection/connection.ts';
import {
  createDtlsClient,
  createDtlsServer,
  type DtlsClientOptions,
  type DtlsServerOptions,
} from '../../packages/foxtls/src/connection/create-dtls.ts';
import type { DtlsConnection } from '../../packages/foxtls/src/connection/datagram-connection.ts';
import { utf8 } from '../../packages/foxtls/src/core/bytes/bytes.ts';
import { EventRecord } from './event-record.ts';
import { waitUntil } from './wait.ts';

const HOST = '127.0.0.1';
const clock = () => performance.now();

/** One end of a connection, with everything that it reported. */
export class DatagramEndpoint extends EventRecord {
  readonly connection: DtlsConnection;
  /** Told of each datagram of data as it comes. */
  onData: ((data: Uint8Array) => void) | undefined;
  readonly #send: (datagram: Uint8Array) => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(send: (datagram: Uint8Array) => void, open: (onEvent: TlsEventListener) => DtlsConnection) {
    super();
    this.#send = send;
    this.connection = open((event) => this.#onEvent(event));
    this.connection.start();
    this.#arm();
  }

  receive(datagram: Uint8Array): void {
    this.connection.receive(datagram);
    this.#arm();
  }

  send(data: Uint8Array | string): void {
    this.connection.send(typeof data === 'string' ? utf8(data) : data);
    this.#arm();
  }

  updateKeys(options?: { readonly requestPeer?: boolean }): void {
    this.connection.updateKeys(options);
    this.#arm();
  }

  close(): void {
    this.connection.close();
  }

  /** Says nothing more, not even that. */
  destroy(): void {
    clearTimeout(this.#timer);
    this.closed = true;
  }

  #onEvent(event: TlsEvent): void {
    if (event.type === 'output') this.#flush();
    else this.events.push(event);
    if (event.type === 'data') this.onData?.(event.data);
    this.#arm();
  }

  #flush(): void {
    for (const datagram of this.connection.takeOutput()) this.#send(datagram);
  }

  #arm(): void {
    // Events may come while the connection is being made.
    if (this.connection === undefined || this.closed) return;
    clearTimeout(this.#timer);
    const wait = this.connection.nextTimeout();
    if (wait === undefined) return;
    this.#timer = setTimeout(() => {
      this.connection.handleTimeout();
      this.#arm();
    }, wait);
  }
}

/** Sends again soon: the loopback is fast. */
const INITIAL_TIMEOUT = 400;

/** Speaks to a peer on 127.0.0.1, which has to listen already. */
export async function connectDatagrams(
  port: number,
  config: ClientConfig,
  options: Omit<DtlsClientOptions, 'onEvent'> = {},
): Promise<DatagramEndpoint> {
  const socket = await openSocket();
  const open = (onEvent: TlsEventListener) =>
    createDtlsClient(config, { serverName: 'localhost', clock, initialTimeout: INITIAL_TIMEOUT, ...options, onEvent });
  const endpoint = new DatagramEndpoint((datagram) => send(socket, datagram, port), open);
  socket.on('message', (datagram) => endpoint.receive(datagram));
  onTestFinished(() => endpoint.destroy());
  return endpoint;
}

export interface DatagramListener {
  readonly port: number;
  /** The connections so far, in their order. */
  readonly endpoints: readonly DatagramEndpoint[];
  /** Waits for the connection of that number, from 0. */
  accepted(index?: number): Promise<DatagramEndpoint>;
}

export interface DatagramListenerOptions extends Omit<DtlsServerOptions, 'onEvent' | 'peerAddress'> {
  /** Answer a first ClientHello and forget it, as who asks for cookies should: only for configs that do. */
  readonly stateless?: boolean;
  /** May serve each connection. */
  readonly onAccept?: (endpoint: DatagramEndpoint) => void;
}

/** Our server on a free port of 127.0.0.1: a connection for each address, and a new one when it begins anew after the end of the last. */
export async function listenDatagrams(config: ServerConfig, options: DatagramListenerOptions = {}): Promise<DatagramListener> {
  const { stateless = false, onAccept, ...rest } = options;
  const socket = await openSocket();
  const endpoints: DatagramEndpoint[] = [];
  const byPort = new Map<number, DatagramEndpoint>();
  const make = (peer: RemoteInfo, reply: (datagram: Uint8Array) => void) =>
    new DatagramEndpoint(reply, (onEvent) =>
      createDtlsServer(config, {
        clock,
        initialTimeout: INITIAL_TIMEOUT,
        ...rest,
        onEvent,
        peerAddress: utf8(`${peer.address}:${peer.port}`),
      }),
    );
  socket.on('message', (datagram, peer) => {
    const known = byPort.get(peer.port);
    const isOver = known === undefined || (known.connection.state === 'closed' && isClientHello(datagram));
    if (!isOver) {
      known.receive(datagram);
      return;
    }
    if (!isClientHello(datagram)) return;
    const reply = (answer: Uint8Array) => send(socket, answer, peer.port);
    const endpoint = make(peer, reply);
    if (stateless && !hasCookie(datagram)) {
      endpoint.receive(datagram);
      endpoint.destroy();
      return;
    }
    byPort.set(peer.port, endpoint);
    endpoints.push(endpoint);
    onAccept?.(endpoint);
    endpoint.receive(datagram);
  });
  onTestFinished(() => {
    for (const endpoint of endpoints) endpoint.destroy();
  });
  return {
    port: socket.address().port,
    endpoints,
    accepted: async (index = 0) => {
      await waitUntil(
        () => endpoints[index] !== undefined,
        () => `connection ${index} to our server`,
      );
      return endpoints[index] as DatagramEndpoint;
    },
  };
}

const HANDSHAKE = 22;
const CLIENT_HELLO = 1;

/** A record of epoch 0 with a ClientHello at its beginning (RFC 6347 §4.1, §4.2.2). */
function isClientHello(datagram: Uint8Array): boolean {
  return datagram[0] === HANDSHAKE && datagram[3] === 0 && datagram[4] === 0 && datagram[13] === CLIENT_HELLO;
}

/** The second ClientHello has message_seq 1. */
function hasCookie(datagram: Uint8Array): boolean {
  return datagram[18] === 1;
}

/** A UDP socket on a free port of 127.0.0.1, closed when the running test is over. */
export async function openSocket(): Promise<Socket> {
  const socket = await bindSocket();
  onTestFinished(() => {
    socket.close();
  });
  return socket;
}

/** The same, for the caller to close. */
export async function bindSocket(): Promise<Socket> {
  const socket = createSocket('udp4');
  // A peer that has ended: what the system says of it is no more than silence.
  socket.on('error', () => undefined);
  await new Promise<void>((resolve) => socket.bind(0, HOST, resolve));
  return socket;
}

/** Sends if the socket is open still. */
export function send(socket: Socket, datagram: Uint8Array, port: number): void {
  try {
    socket.send(datagram, port, HOST);
  } catch {
    // Closed: the test is over.
  }
}

/** A UDP port of 127.0.0.1 that was free a moment ago. */
export async function findFreeUdpPort(): Promise<number> {
  const socket = await bindSocket();
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}
