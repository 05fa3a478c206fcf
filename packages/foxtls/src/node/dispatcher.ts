/**
 * One UDP socket for several threads: this one owns it, and hands each datagram to the place that it is for; what places send goes out of it.
 *
 * ```
 *   UDP socket ──▶ dispatcher ──(connection ID, or the sender's address)──▶ place 0: listen() in a worker
 *              ◀──            ◀──────────────────────────────────────────── place 1: …
 * ```
 * Nothing is read of a datagram but the first byte of its connection ID; a session is in one place from its first datagram to its last. Datagrams
 * that a place has not looked at are bounded in bytes, as in a socket: those beyond are dropped, and counted.
 */

import type { LookupFunction } from 'node:net';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import {
  type DispatcherPlace,
  exact,
  type FromPlace,
  type HandedDatagram,
  MAX_PLACES,
  placeOf,
  type ToPlace,
} from './dispatching.ts';
import { invalidValue, refuseBeside } from './dtls-config.ts';
import { invalidState } from './dtls-session.ts';
import type { DatagramSocket, DtlsAddress } from './dtls-types.ts';
import { bindSocket, checkPort, literalHost, resolveHost, SOCKET_OPTIONS, type UdpOptions } from './udp-socket.ts';

export interface DispatcherOptions extends UdpOptions {
  /** How many places there are: 1 to 256. */
  readonly places: number;
  /** 0 for any that is free. Only with `socket` it can be left out. */
  readonly port?: number | undefined;
  /** Default `'0.0.0.0'`. */
  readonly host?: string | undefined;
  readonly lookup?: LookupFunction | undefined;
  /** A bound socket in place of a new one. It is taken over: closed with the dispatcher. */
  readonly socket?: DatagramSocket | undefined;
  /** Bytes of datagrams that may wait for one place. Default 4 MiB. */
  readonly maxQueuedBytes?: number | undefined;
}

export interface DispatcherStats {
  datagramsReceived: number;
  datagramsSent: number;
  /** Dropped: for a place that nobody has, by a connection ID that nobody gave out; and for one that had too many. */
  noPlace: number;
  queueFull: number;
  /** Datagrams that the system did not take, or could not give. */
  socketErrors: number;
}

export interface DatagramDispatcher extends AsyncDisposable {
  /** Undefined until the socket is bound, which it is at once where `host` is an address. */
  readonly address: DtlsAddress | undefined;
  readonly opened: Promise<DtlsAddress>;
  readonly stats: Readonly<DispatcherStats>;
  /**
   * A place for a worker, to be transferred to it; whoever had it before gets nothing any more. Throws `ERR_INVALID_STATE` before the socket is bound, and
   * after `close`.
   *
   * ```ts
   * const place = dispatcher.open(0);
   * new Worker(file, { workerData: { place }, transferList: [place.port] });
   * ```
   */
  open(index: number): DispatcherPlace;
  /** Tells the places, waits until they have left, but not for more than `timeout` milliseconds (3000), then closes the socket. */
  close(timeout?: number): Promise<void>;
}

const DEFAULT_QUEUE = 4 * 2 ** 20;
/** What a `listen` takes to close its sessions, and some. */
const DEFAULT_TIMEOUT = 3000;

/**
 * Owns a UDP socket for workers. Throws what binding comes to, `ERR_SOCKET_BAD_PORT`, `ERR_INVALID_ARG_VALUE`, and `ERR_TLS_OPTION_UNSUPPORTED` for
 * `reusePort` before Node 22.12.
 */
export function createDispatcher(options: DispatcherOptions): DatagramDispatcher {
  const { host = '0.0.0.0', port, socket, places, maxQueuedBytes = DEFAULT_QUEUE } = options;
  if (!Number.isInteger(places) || places < 1 || places > MAX_PLACES)
    throw invalidValue('places', `1 to ${MAX_PLACES} are expected`);
  if (!Number.isInteger(maxQueuedBytes) || maxQueuedBytes < 1) throw invalidValue('maxQueuedBytes', 'at least 1 is expected');
  if (socket === undefined) checkPort('port', port);
  else refuseBeside(options, 'socket', ['host', 'port', 'lookup', ...SOCKET_OPTIONS]);
  const dispatcher = new Dispatcher(places, maxQueuedBytes);
  const literal = literalHost(host);
  if (socket !== undefined) dispatcher.use(socket);
  else if (literal !== undefined) dispatcher.use(bindSocket(literal, port as number, options));
  else {
    resolveHost(host, options.lookup)
      .then((found) => dispatcher.use(bindSocket(found, port as number, options)))
      .catch((error: Error) => dispatcher.fail(error));
  }
  return dispatcher;
}

/** A place, as it is seen from here. */
interface Handler {
  readonly port: MessagePort;
  /** Those of this turn. */
  waiting: HandedDatagram[];
  /** Bytes that were handed over, or wait, and were not looked at. */
  queued: number;
}

class Dispatcher implements DatagramDispatcher {
  readonly opened: Promise<DtlsAddress>;
  readonly stats: DispatcherStats = { datagramsReceived: 0, datagramsSent: 0, noPlace: 0, queueFull: 0, socketErrors: 0 };
  readonly #places: (Handler | undefined)[];
  readonly #maxQueued: number;
  #socket: DatagramSocket | undefined;
  #address: DtlsAddress | undefined;
  #isScheduled = false;
  #closed: Promise<void> | undefined;
  #settle!: { resolve(address: DtlsAddress): void; reject(error: Error): void };
  /** Of `close`: there is nobody any more. */
  #onEmpty: () => void = () => {};

  constructor(places: number, maxQueued: number) {
    this.#places = new Array(places).fill(undefined);
    this.#maxQueued = maxQueued;
    this.opened = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    this.opened.catch(() => {});
  }

  get address(): DtlsAddress | undefined {
    return this.#address;
  }

  fail(error: Error): void {
    this.#settle.reject(error);
  }

  use(socket: DatagramSocket): void {
    if (this.#closed !== undefined) {
      socket.close(() => {});
      return;
    }
    this.#socket = socket;
    const { address, family, port } = socket.address();
    this.#address = { address, family: family as DtlsAddress['family'], port };
    socket.on('message', (message, from) => this.#receive(message, from));
    socket.on('error', () => {
      this.stats.socketErrors++;
    });
    this.#settle.resolve(this.#address);
  }

  open(index: number): DispatcherPlace {
    if (this.#address === undefined || this.#closed !== undefined) throw invalidState('open without a bound socket');
    if (!Number.isInteger(index) || index < 0 || index >= this.#places.length) {
      throw invalidValue('index', `one of ${this.#places.length} places is expected`);
    }
    this.#places[index]?.port.close();
    const { port1, port2 } = new MessageChannel();
    const handler: Handler = { port: port1, waiting: [], queued: 0 };
    this.#places[index] = handler;
    port1.on('message', (message: FromPlace) => this.#hear(handler, message));
    port1.on('close', () => this.#leave(handler));
    return { port: port2, index, address: this.#address };
  }

  #leave(handler: Handler): void {
    const index = this.#places.indexOf(handler);
    if (index >= 0) this.#places[index] = undefined;
    if (this.#places.every((place) => place === undefined)) this.#onEmpty();
  }

  // ---- Datagrams ----

  #receive(message: Uint8Array, { address, port }: Omit<HandedDatagram, 'data'>): void {
    this.stats.datagramsReceived++;
    const index = placeOf(message, { address, port }, this.#places.length);
    const place = index === undefined ? undefined : this.#places[index];
    if (place === undefined) this.stats.noPlace++;
    else if (place.queued + message.length > this.#maxQueued) this.stats.queueFull++;
    else {
      place.queued += message.length;
      place.waiting.push({ data: exact(message), address, port });
      this.#flushSoon();
    }
  }

  /** What the socket gives in one turn goes together. */
  #flushSoon(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      for (const place of this.#places) {
        if (place === undefined || place.waiting.length === 0) continue;
        tell(place, { type: 'datagrams', datagrams: place.waiting });
        place.waiting = [];
      }
    });
  }

  #hear(handler: Handler, message: FromPlace): void {
    if (message.type === 'left') {
      handler.port.close();
      return;
    }
    handler.queued -= message.taken;
    for (const { data, address, port } of message.datagrams) {
      this.stats.datagramsSent++;
      this.#socket?.send(data, port, address, this.#onSent);
    }
  }

  // What cannot be sent is as good as lost on the way.
  readonly #onSent = (error: Error | null): void => {
    if (error !== null) this.stats.socketErrors++;
  };

  // ---- The end ----

  close(timeout = DEFAULT_TIMEOUT): Promise<void> {
    this.#closed ??= this.#close(timeout);
    return this.#closed;
  }

  async #close(timeout: number): Promise<void> {
    const places = this.#places.filter((place) => place !== undefined);
    if (places.length > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeout);
        this.#onEmpty = () => {
          clearTimeout(timer);
          resolve();
        };
        for (const place of places) tell(place, { type: 'close' });
      });
    }
    for (const place of this.#places) place?.port.close();
    this.#settle.reject(new Error('the dispatcher was closed'));
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket !== undefined) await new Promise<void>((resolve) => socket.close(resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

function tell({ port }: Handler, message: ToPlace): void {
  port.postMessage(message);
}
