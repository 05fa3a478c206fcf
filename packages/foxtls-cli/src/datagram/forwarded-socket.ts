/** What a worker of `foxtls dtls-server` and the main thread tell each other, and the socket that the worker has in place of a real one. */

import type { MessagePort } from 'node:worker_threads';
import type { DatagramSocket } from 'foxtls/dtls';
import type { Facts } from '../command/report.ts';
import type { ServerPlan } from './dtls-serving.ts';

/** What a worker starts with. */
export interface WorkerStart {
  readonly plan: ServerPlan;
  readonly address: ReturnType<DatagramSocket['address']>;
}

export type ToWorker =
  | { readonly type: 'datagram'; readonly data: Uint8Array; readonly address: string; readonly port: number }
  | { readonly type: 'stop' };

export type FromWorker =
  | { readonly type: 'ready' }
  | { readonly type: 'send'; readonly data: Uint8Array; readonly address: string; readonly port: number }
  | { readonly type: 'say'; readonly line: string; readonly facts: Facts }
  | { readonly type: 'explain' | 'complain'; readonly line: string };

type MessageListener = (message: Uint8Array, from: { readonly address: string; readonly port: number }) => void;

/** The other end, in a worker: a socket that is the main thread's. */
export class ForwardedSocket implements DatagramSocket {
  readonly #port: MessagePort;
  readonly #address: WorkerStart['address'];
  #onMessage: MessageListener = () => {};

  constructor(port: MessagePort, address: WorkerStart['address']) {
    this.#port = port;
    this.#address = address;
  }

  /** A datagram came. */
  receive({ data, address, port }: Extract<ToWorker, { readonly type: 'datagram' }>): void {
    this.#onMessage(data, { address, port });
  }

  address(): WorkerStart['address'] {
    return this.#address;
  }

  on(event: 'message' | 'error', listener: (...args: never[]) => void): void {
    if (event === 'message') this.#onMessage = listener as unknown as MessageListener;
  }

  send(data: Uint8Array, port: number, address: string, callback: (error: Error | null) => void): void {
    const message: FromWorker = { type: 'send', data, address, port };
    this.#port.postMessage(message);
    callback(null);
  }

  close(callback: () => void): void {
    callback();
  }

  ref(): void {}

  unref(): void {}
}
