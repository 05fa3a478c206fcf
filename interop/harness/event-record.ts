/**
 * What one end of a connection reported, and waiting for it: over TCP (endpoint.ts) and over datagrams (datagram-endpoint.ts).
 */

import type { ConnectionInfo, TlsEvent } from '../../packages/foxtls/src/connection/connection.ts';
import { concat } from '../../packages/foxtls/src/core/bytes/bytes.ts';
import type { TlsError } from '../../packages/foxtls/src/core/errors/errors.ts';
import { waitUntil } from './wait.ts';

export class EventRecord {
  readonly events: TlsEvent[] = [];
  /** The transport has ended, both ways. */
  closed = false;

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
}
