/** A channel over a session of DTLS (channel.ts). */

import type { ConnectionInfo } from 'foxtls';
import type { DTLSSession } from 'foxtls/dtls';
import { CommandFailure } from '../command/failure.ts';
import { formatAddress } from '../network/addresses.ts';
import { type Channel, happens, saidNothing, TICKET_PATIENCE } from './channel.ts';

/** Milliseconds that a session waits for the peer's close_notify. */
const FAREWELL = 1000;

export class DtlsChannel implements Channel {
  readonly info: ConnectionInfo;
  readonly peer: string;
  readonly #session: DTLSSession;
  readonly #messages: AsyncIterator<Buffer, undefined>;
  #next: Promise<IteratorResult<Buffer, undefined>> | undefined;

  /** Of a session that is open. */
  constructor(session: DTLSSession) {
    this.#session = session;
    this.#messages = session[Symbol.asyncIterator]() as AsyncIterator<Buffer, undefined>;
    this.info = session.connectionInfo as ConnectionInfo;
    this.peer = session.remoteAddress === undefined ? 'unknown' : formatAddress(session.remoteAddress);
    // Its error comes with the messages.
    session.closed.catch(() => {});
  }

  get authorized(): boolean {
    return this.#session.authorized;
  }

  get authorizationError(): string | undefined {
    return this.#session.authorizationError;
  }

  async send(message: Uint8Array): Promise<void> {
    const { maxMessageSize } = this.#session;
    if (message.length > maxMessageSize && maxMessageSize > 0)
      throw new CommandFailure(`${message.length} bytes do not fit into a datagram, which takes ${maxMessageSize}`);
    this.#session.send(message);
  }

  async receive(seconds: number): Promise<Uint8Array | undefined> {
    this.#next ??= this.#messages.next();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(saidNothing(this.peer, seconds)), seconds * 1000);
    });
    try {
      const { value } = await Promise.race([this.#next, late]);
      this.#next = undefined;
      return value;
    } finally {
      clearTimeout(timer);
    }
  }

  updateKeys(): void {
    this.#session.updateKeys({ requestPeer: true });
  }

  renegotiate(): Promise<void> {
    return Promise.reject(new CommandFailure('there is no renegotiation over DTLS here'));
  }

  async session(): Promise<Buffer | undefined> {
    if (this.#session.session === undefined && !this.#session.destroyed)
      await happens(this.#session, ['session', 'close'], TICKET_PATIENCE);
    return this.#session.session;
  }

  /** Whether the answer came in time is all that DTLS lets us see. */
  async close(): Promise<boolean> {
    if (this.#session.destroyed) return true;
    const begin = performance.now();
    await this.#session.close();
    return performance.now() - begin < FAREWELL;
  }

  destroy(): void {
    this.#session.destroy();
  }
}
