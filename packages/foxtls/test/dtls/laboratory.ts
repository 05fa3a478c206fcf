/**
 * Two ends over a link that loses, doubles, delays, reorders and corrupts what it carries, in virtual time and from a seed: what went wrong once
 * goes wrong again.
 */

import type { ClientConfig, ServerConfig } from '../../src/connection/config.ts';
import {
  createDtlsClient,
  createDtlsServer,
  type DtlsClientOptions,
  type DtlsServerOptions,
} from '../../src/connection/create-dtls.ts';
import type { DtlsConnection } from '../../src/connection/datagram-connection.ts';
import { createTestPki, Recorder, type TestPki } from '../../src/connection/pair.fixture.ts';
import { later } from '../matrix/asynchronous.ts';

export { createTestPki, type TestPki };

/** What a link does to datagrams: chances from 0 to 1. */
export interface Faults {
  readonly loss?: number;
  readonly duplication?: number;
  readonly reordering?: number;
  readonly corruption?: number;
  /** Larger datagrams are lost. */
  readonly pathMtu?: number;
  /** Milliseconds one way; what is reordered takes up to five times as long. */
  readonly delay?: number;
  /** What else it does: the datagrams that arrive for one that left. */
  readonly meddle?: (datagram: Uint8Array, to: 'client' | 'server', index: number) => readonly Uint8Array[];
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What either end is made with, beside the laboratory's own. */
export interface EndOptions {
  readonly client?: Partial<DtlsClientOptions>;
  readonly server?: Partial<DtlsServerOptions>;
}

const HOUR = 3_600_000;
/** Turns of the event loop without anything to do after which nobody works any more. */
const TURNS = 10;

interface Flying {
  readonly at: number;
  readonly order: number;
  readonly to: 'client' | 'server';
  readonly datagram: Uint8Array;
}

export class Laboratory {
  /** Milliseconds. */
  now = 0;
  readonly clientEvents = new Recorder();
  readonly serverEvents = new Recorder();
  readonly client: DtlsConnection;
  readonly server: DtlsConnection;
  /** Datagrams that left, by sender. */
  readonly sent = { client: 0, server: 0 };
  faults: Faults;
  readonly #random: () => number;
  #flying: Flying[] = [];
  #order = 0;

  /** What left, as it was, when `isRecording`. */
  readonly recorded: { readonly to: 'client' | 'server'; readonly datagram: Uint8Array }[] = [];
  isRecording = false;

  constructor(seed: number, faults: Faults, client: ClientConfig, server: ServerConfig, options: EndOptions = {}) {
    this.#random = seededRandom(seed);
    this.faults = faults;
    const clock = () => this.now;
    this.client = createDtlsClient(client, {
      serverName: 'localhost',
      clock,
      ...options.client,
      onEvent: this.clientEvents.onEvent,
    });
    this.server = createDtlsServer(server, { clock, ...options.server, onEvent: this.serverEvents.onEvent });
  }

  start(): void {
    this.server.start();
    this.client.start();
    this.collect();
  }

  /** Takes what both ends have to send onto the link. */
  collect(): void {
    for (const datagram of this.client.takeOutput()) this.#send('server', datagram);
    for (const datagram of this.server.takeOutput()) this.#send('client', datagram);
  }

  #send(to: 'client' | 'server', datagram: Uint8Array): void {
    const index = this.sent[to === 'server' ? 'client' : 'server']++;
    if (this.isRecording) this.recorded.push({ to, datagram: datagram.slice() });
    const { loss = 0, duplication = 0, pathMtu = Number.POSITIVE_INFINITY, meddle } = this.faults;
    if (this.#random() < loss || datagram.length > pathMtu) return;
    for (const arriving of meddle?.(datagram, to, index) ?? [datagram]) {
      this.#fly(to, arriving);
      if (this.#random() < duplication) this.#fly(to, arriving);
    }
  }

  #fly(to: 'client' | 'server', datagram: Uint8Array): void {
    const { reordering = 0, corruption = 0, delay = 20 } = this.faults;
    const late = this.#random() < reordering ? delay * 4 * this.#random() : 0;
    const copy = datagram.slice();
    if (this.#random() < corruption) {
      const at = Math.floor(this.#random() * copy.length);
      copy[at] = (copy[at] as number) ^ (1 << Math.floor(this.#random() * 8));
    }
    this.#flying.push({ at: this.now + delay + late, order: this.#order++, to, datagram: copy });
  }

  /** Lets time pass until nothing is under way and nobody waits, or `until` says so, or it is that late. Returns whether `until` did. */
  run(until: () => boolean = () => false, latest = this.now + HOUR): boolean {
    for (;;) {
      if (until()) return true;
      if (!this.#step(latest)) return false;
    }
  }

  /** As `run`, for ends with steps that are answered later: after each datagram there is some time for them. */
  async runLater(until: () => boolean = () => false, latest = this.now + HOUR): Promise<boolean> {
    for (let idle = 0; idle < TURNS; ) {
      if (until()) return true;
      idle = this.#step(latest) ? 0 : idle + 1;
      await later();
      this.collect();
    }
    return false;
  }

  /** What is next; false when there is nothing. */
  #step(latest: number): boolean {
    const next = this.#next();
    if (next === undefined || next > latest) return false;
    this.now = Math.max(this.now, next);
    this.#arrive();
    for (const end of [this.client, this.server]) if (end.nextTimeout() === 0) end.handleTimeout();
    this.collect();
    return true;
  }

  #next(): number | undefined {
    const times = this.#flying.map(({ at }) => at);
    for (const end of [this.client, this.server]) {
      const wait = end.nextTimeout();
      if (wait !== undefined) times.push(this.now + wait);
    }
    return times.length === 0 ? undefined : Math.min(...times);
  }

  #arrive(): void {
    const due = this.#flying.filter(({ at }) => at <= this.now).sort((a, b) => a.at - b.at || a.order - b.order);
    this.#flying = this.#flying.filter(({ at }) => at > this.now);
    for (const { to, datagram } of due) this[to].receive(datagram);
  }

  get areConnected(): boolean {
    return this.client.state === 'connected' && this.server.state === 'connected';
  }

  get isOver(): boolean {
    return this.client.state !== 'handshaking' && this.server.state !== 'handshaking';
  }
}
