/**
 * The events of a connection on their way to its listener: one after another, never from inside another's listener.
 */

import type { TlsEvent, TlsEventListener } from './connection.ts';

export class EventQueue {
  readonly #owner: { readonly onEvent: TlsEventListener };
  readonly #transport: { readonly hasOutput: boolean };
  /** Made when there is one: an array that was filled once keeps its room. */
  #events: TlsEvent[] | undefined;
  #delivering = false;
  #outputAnnounced = false;

  /** Events go to the owner's `onEvent`. */
  constructor(owner: { readonly onEvent: TlsEventListener }, transport: { readonly hasOutput: boolean }) {
    this.#owner = owner;
    this.#transport = transport;
  }

  push(event: TlsEvent): void {
    this.#events ??= [];
    this.#events.push(event);
  }

  /** Whether there is something that the listener does not know yet. */
  get isBehind(): boolean {
    return this.#events !== undefined && this.#events.length > 0;
  }

  /** Whether a listener runs. */
  get isDelivering(): boolean {
    return this.#delivering;
  }

  /** What is queued is not delivered. */
  clear(): void {
    this.#events = undefined;
  }

  /** The output that was announced is taken: what comes later is announced again. */
  outputTaken(): void {
    this.#outputAnnounced = false;
  }

  /** Delivers what is queued, each after the one before it has returned; output, which is not queued, before all. */
  deliver(): void {
    if (this.#delivering) return;
    this.#delivering = true;
    try {
      for (;;) {
        if (this.#transport.hasOutput && !this.#outputAnnounced) {
          this.#outputAnnounced = true;
          this.#owner.onEvent({ type: 'output' });
          continue;
        }
        const event = this.#events?.shift();
        if (event === undefined) {
          this.#events = undefined;
          return;
        }
        this.#owner.onEvent(event);
      }
    } finally {
      this.#delivering = false;
    }
  }
}
