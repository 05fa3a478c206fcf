/**
 * How long TLS itself takes: what the tutorial's programs measure around SSL_write and SSL_read, without files, waiting and the network.
 *
 * Sealing happens at the end of the tick in which something is written; opening while a 'data' event of the transport is delivered. Both are
 * synchronous, so that what lies between two looks at the clock is theirs.
 */

import type { Socket } from 'node:net';
import type { TLSSocket } from 'foxtls/tls';

/** Writes, and resolves when the records are sealed and with the system. Gives the seconds. */
export async function writeTimed(socket: TLSSocket, data: Uint8Array): Promise<number> {
  const started = performance.now();
  socket.write(data);
  // The socket's own turn, in which it seals, was asked for by `write`: this one comes after it.
  await new Promise<void>((resolve) => {
    process.nextTick(resolve);
  });
  return (performance.now() - started) / 1000;
}

/** Measures what a TLSSocket does with the bytes of its transport, less what the application does with what it gets. */
export class OpeningClock {
  #milliseconds = 0;
  #began: number | undefined;

  /** After the handshake: the TLSSocket listens to its transport already. */
  constructor(transport: Socket) {
    transport.prependListener('data', () => {
      this.#began = performance.now();
    });
    transport.on('data', () => {
      if (this.#began !== undefined) this.#milliseconds += performance.now() - this.#began;
      this.#began = undefined;
    });
  }

  /** Runs a piece of the application, which is not counted. */
  exclude<T>(work: () => T): T {
    const started = performance.now();
    try {
      return work();
    } finally {
      // Outside of the event nothing is counted, so that nothing is to be taken off.
      if (this.#began !== undefined) this.#milliseconds -= performance.now() - started;
    }
  }

  get seconds(): number {
    return this.#milliseconds / 1000;
  }

  reset(): void {
    this.#milliseconds = 0;
  }
}
