/**
 * The socket of a worker: it is another thread's, which hands the worker's datagrams over (dispatcher.ts).
 */

import { randomBytes } from 'node:crypto';
import type { MessagePort } from 'node:worker_threads';
import { type DispatcherPlace, exact, type FromPlace, type HandedDatagram, type ToPlace } from './dispatching.ts';
import { invalidType } from './dtls-config.ts';
import type { DatagramSocket, DtlsAddress } from './dtls-types.ts';

/** A `socket` for `listen`, in a worker. */
export interface DispatchedSocket extends DatagramSocket {
  /** Aborted when the dispatcher closes: a `signal` for `listen`, so that its sessions are closed before. */
  readonly signal: AbortSignal;
  /** Connection IDs by which datagrams find here: `listen` takes them. */
  createConnectionId(length: number): Uint8Array;
}

/**
 * Takes a place of a dispatcher, in the worker that it was given to. Throws `ERR_INVALID_ARG_TYPE` for what is none.
 *
 * ```ts
 * const socket = dispatchedSocket(workerData.place);
 * listen(onsession, { key, cert, ticketKeys, socket, signal: socket.signal, connectionId: true });
 * ```
 */
export function dispatchedSocket(place: DispatcherPlace): DispatchedSocket {
  if (typeof place?.port?.postMessage !== 'function') throw invalidType('place', 'a place of a dispatcher');
  return new PlaceSocket(place);
}

type MessageListener = Parameters<DatagramSocket['on']>[1] & ((message: Uint8Array, from: Omit<HandedDatagram, 'data'>) => void);

class PlaceSocket implements DispatchedSocket {
  readonly #port: MessagePort;
  readonly #index: number;
  readonly #address: DtlsAddress;
  readonly #closing = new AbortController();
  #onMessage: MessageListener | undefined;
  #datagrams: HandedDatagram[] = [];
  #taken = 0;
  #isScheduled = false;
  #isClosed = false;

  constructor({ port, index, address }: DispatcherPlace) {
    this.#port = port;
    this.#index = index;
    this.#address = address;
  }

  get signal(): AbortSignal {
    return this.#closing.signal;
  }

  address(): DtlsAddress {
    return this.#address;
  }

  createConnectionId(length: number): Uint8Array {
    const id = new Uint8Array(randomBytes(length));
    id[0] = this.#index;
    return id;
  }

  on(event: 'message' | 'error', listener: (...args: never[]) => void): this {
    // A port has no errors that a socket has.
    if (event !== 'message') return this;
    // Not before somebody hears what came until then.
    if (this.#onMessage === undefined) this.#port.on('message', (message: ToPlace) => this.#receive(message));
    this.#onMessage = listener as unknown as MessageListener;
    return this;
  }

  #receive(message: ToPlace): void {
    if (message.type === 'close') {
      this.#closing.abort();
      return;
    }
    for (const { data, address, port } of message.datagrams) {
      this.#taken += data.length;
      this.#onMessage?.(data, { address, port });
    }
    this.#flushSoon();
  }

  send(datagram: Uint8Array, port: number, address: string, callback: (error: Error | null) => void): void {
    this.#datagrams.push({ data: exact(datagram), address, port });
    this.#flushSoon();
    callback(null);
  }

  /** What leaves in one turn goes together. */
  #flushSoon(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    this.#isScheduled = false;
    if (this.#isClosed || (this.#datagrams.length === 0 && this.#taken === 0)) return;
    this.#tell({ type: 'datagrams', datagrams: this.#datagrams, taken: this.#taken });
    this.#datagrams = [];
    this.#taken = 0;
  }

  #tell(message: FromPlace): void {
    this.#port.postMessage(message);
  }

  close(callback: () => void): void {
    if (!this.#isClosed) {
      this.#flush();
      this.#isClosed = true;
      this.#tell({ type: 'left' });
      this.#port.close();
    }
    callback();
  }

  ref(): this {
    this.#port.ref();
    return this;
  }

  unref(): this {
    this.#port.unref();
    return this;
  }
}
