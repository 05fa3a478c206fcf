/**
 * Which two connections belong together: the one for TLS and the plain one.
 *
 * By arrival and address, as the tutorial's clients come: the first that waits at either port with the first from the same address at the
 * other. Two clients behind one address that connect at the same time may be mixed up; that is in the nature of it, and why there are tokens:
 * the server gives one over TLS, and whoever brings it on the plain connection is the same client.
 *
 * Both wait for so long and no longer, and only so many of one address: those that never find their other half cost nothing for long.
 */

import { randomBytes, timingSafeEqual } from 'node:crypto';

export type Half = 'tls' | 'plain';

export interface Pair<C> {
  readonly tls: C;
  readonly plain: C;
}

interface Waiting<C> {
  readonly connection: C;
  readonly since: number;
}

/** Milliseconds. */
const PATIENCE = 10_000;
const MAX_WAITING_OF_ADDRESS = 32;
const MAX_WAITING = 512;

export class AddressPairing<C> {
  readonly #waiting = { tls: new Map<string, Waiting<C>[]>(), plain: new Map<string, Waiting<C>[]>() };
  #count = 0;

  /** How many wait. */
  get size(): number {
    return this.#count;
  }

  /** A connection has come: its pair, or undefined while it has to wait, or `'refused'` when too many do. */
  add(half: Half, address: string, connection: C, now: number): Pair<C> | 'refused' | undefined {
    const other = this.#take(half === 'tls' ? 'plain' : 'tls', address);
    if (other !== undefined) return half === 'tls' ? { tls: connection, plain: other } : { tls: other, plain: connection };
    const queue = this.#waiting[half].get(address) ?? [];
    if (queue.length >= MAX_WAITING_OF_ADDRESS || this.#count >= MAX_WAITING) return 'refused';
    this.#waiting[half].set(address, [...queue, { connection, since: now }]);
    this.#count++;
    return undefined;
  }

  /** It went away by itself. */
  remove(half: Half, address: string, connection: C): void {
    this.#keep(half, address, (waiting) => waiting.connection !== connection);
  }

  /** Those that have waited for too long, who wait no more. */
  expire(now: number): C[] {
    const late: C[] = [];
    const isLate = ({ since }: Waiting<C>) => now - since > PATIENCE;
    for (const half of ['tls', 'plain'] as const) {
      for (const [address, queue] of this.#waiting[half]) {
        late.push(...queue.filter(isLate).map(({ connection }) => connection));
        this.#keep(half, address, (waiting) => !isLate(waiting));
      }
    }
    return late;
  }

  #take(half: Half, address: string): C | undefined {
    const [first] = this.#waiting[half].get(address) ?? [];
    if (first !== undefined) this.#keep(half, address, (waiting) => waiting !== first);
    return first?.connection;
  }

  #keep(half: Half, address: string, isKept: (waiting: Waiting<C>) => boolean): void {
    const queue = this.#waiting[half].get(address) ?? [];
    const kept = queue.filter(isKept);
    this.#count -= queue.length - kept.length;
    if (kept.length === 0) this.#waiting[half].delete(address);
    else this.#waiting[half].set(address, kept);
  }
}

const TOKEN_BYTES = 16;

/** The tokens that were given out, each for one use. */
export class TokenPairing<C> {
  readonly #open = new Map<string, { readonly token: Buffer; readonly found: (connection: C) => void }>();

  /** Tokens that nobody has brought yet. */
  get size(): number {
    return this.#open.size;
  }

  /** A token for one client; `found` is called with the connection that brings it. */
  issue(found: (connection: C) => void): string {
    const token = randomBytes(TOKEN_BYTES);
    const text = token.toString('hex');
    this.#open.set(text.slice(0, 8), { token, found });
    return text;
  }

  withdraw(token: string): void {
    this.#open.delete(token.slice(0, 8));
  }

  /** Whether it was one of ours. The first eight digits find it; the rest is compared without telling by time how far it was right. */
  redeem(text: string, connection: C): boolean {
    const entry = /^[0-9a-f]{32}$/.test(text) ? this.#open.get(text.slice(0, 8)) : undefined;
    if (entry === undefined || !timingSafeEqual(entry.token, Buffer.from(text, 'hex'))) return false;
    this.withdraw(text);
    entry.found(connection);
    return true;
  }
}
