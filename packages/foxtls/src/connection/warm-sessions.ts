/**
 * Which sessions of an endpoint have the keys of their ciphers at hand: those that were used last, and all that were used a moment ago. The others
 * rest (`DtlsConnection.rest`), so that thousands that say nothing take little memory.
 *
 * ```
 *   use ─▶ [ oldest … latest ] ─▶ more than KEPT, and the oldest not used for IDLE_AFTER ─▶ rests
 * ```
 * There is no time to look after while there are `KEPT` at most. How many are in use together makes no difference: none of them rests.
 */

/** What is worth being able to go on at once: about a megabyte. */
const KEPT = 256;
/** Milliseconds. */
const IDLE_AFTER = 1000;
/** Milliseconds in which a session is used once, as far as its place is concerned; and between two looks. */
const GRAIN = 250;

export interface Resting {
  rest(): void;
}

export class WarmSessions<T extends { readonly connection: Resting }> {
  /** When each was used, to the grain, in that order. */
  readonly #used = new Map<T, number>();
  #lookedAt = Number.NEGATIVE_INFINITY;

  use(session: T, now: number): void {
    const before = this.#used.get(session);
    if (before !== undefined && now - before < GRAIN) return;
    this.#used.delete(session);
    this.#used.set(session, now);
  }

  delete(session: T): void {
    this.#used.delete(session);
  }

  /** When `restIdle` has something to do. */
  get next(): number | undefined {
    if (this.#used.size <= KEPT) return undefined;
    const [oldest = 0] = this.#used.values();
    return Math.max(oldest + IDLE_AFTER, this.#lookedAt + GRAIN);
  }

  restIdle(now: number): void {
    this.#lookedAt = now;
    for (const [session, used] of this.#used) {
      if (this.#used.size <= KEPT || used + IDLE_AFTER > now) return;
      this.#used.delete(session);
      session.connection.rest();
    }
  }
}
