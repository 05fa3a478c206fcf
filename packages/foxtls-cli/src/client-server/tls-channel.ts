/** A channel over a socket of TLS (channel.ts). */

import type { ConnectionInfo } from 'foxtls';
import type { TLSSocket } from 'foxtls/tls';
import { formatAddress } from '../network/addresses.ts';
import { type Channel, FAREWELL_SECONDS, happens, SEND_PATIENCE, saidNothing, TICKET_PATIENCE } from './channel.ts';

const CHANGES = ['readable', 'end', 'close', 'error'];

export class TlsChannel implements Channel {
  readonly info: ConnectionInfo;
  readonly peer: string;
  readonly #socket: TLSSocket;
  #failure: Error | undefined;
  #hasEnded = false;

  /** Of a socket whose handshake is over; with `allowHalfOpen`, for an answer can be due when the peer has said its last. */
  constructor(socket: TLSSocket) {
    this.#socket = socket;
    this.info = socket.connectionInfo as ConnectionInfo;
    this.peer = peerOf(socket);
    socket.on('error', (error: Error) => {
      this.#failure ??= error;
    });
    socket.once('end', () => {
      this.#hasEnded = true;
    });
    // Read in pieces of our own choice; without a listener, the end would not be told.
    socket.on('readable', () => {});
  }

  get authorized(): boolean {
    return this.#socket.authorized;
  }

  get authorizationError(): string | undefined {
    return (this.#socket.authorizationError as unknown as string | null) ?? undefined;
  }

  send(message: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      const late = () => reject(new Error('it does not read what it is sent'));
      const timer = setTimeout(late, SEND_PATIENCE);
      this.#socket.write(message, (error) => {
        clearTimeout(timer);
        if (error) reject(this.#failure ?? error);
        else resolve();
      });
    });
  }

  async receive(seconds: number): Promise<Uint8Array | undefined> {
    const deadline = performance.now() + seconds * 1000;
    for (;;) {
      const data = this.#socket.read() as Buffer | null;
      if (data !== null) return data;
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#hasEnded || this.#socket.destroyed) return undefined;
      const isThere = await happens(this.#socket, CHANGES, deadline - performance.now());
      if (!isThere) throw saidNothing(this.peer, seconds);
    }
  }

  updateKeys(): void {
    this.#socket.updateKeys({ requestPeer: true });
  }

  renegotiate(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.renegotiate({}, (error) => (error ? reject(error) : resolve()));
    });
  }

  async session(): Promise<Buffer | undefined> {
    const isComing = this.info.version === 'TLSv1.3' && this.#socket.getSession() === undefined && !this.#socket.destroyed;
    if (isComing) await happens(this.#socket, ['session', 'close'], TICKET_PATIENCE);
    return this.#socket.getSession() ?? undefined;
  }

  async close(seconds = FAREWELL_SECONDS): Promise<boolean> {
    const socket = this.#socket;
    if (socket.destroyed) return false;
    socket.end();
    const deadline = performance.now() + seconds * 1000;
    // What still comes is nobody's any more.
    try {
      let left = deadline - performance.now();
      while (left > 0 && (await this.receive(left / 1000)) !== undefined) left = deadline - performance.now();
    } catch {
      // It is gone, or says nothing.
    }
    const isComplete = this.#hasEnded && !socket.truncated;
    if (!socket.writableFinished) await happens(socket, ['finish', 'close', 'error'], FAREWELL_SECONDS * 1000);
    socket.destroy();
    return isComplete;
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

/** Of a socket, which may be gone. */
export function peerOf({ remoteAddress, remotePort }: Pick<TLSSocket, 'remoteAddress' | 'remotePort'>): string {
  if (remoteAddress === undefined || remotePort === undefined) return 'unknown';
  // IPv4 on a socket of IPv6.
  return formatAddress({ address: remoteAddress.replace(/^::ffff:/, ''), port: remotePort });
}
