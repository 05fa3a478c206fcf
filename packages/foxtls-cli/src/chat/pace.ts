/**
 * How fast somebody may talk: so many lines at once, then so many a second. Who is faster waits, and is not read meanwhile, so that it is his own
 * connection that fills up.
 */

const BURST = 40;
const PER_SECOND = 20;

export class Pace {
  readonly #now: () => number;
  /** When all of the burst is there again. */
  #fullAt = 0;

  /** `now` in milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Milliseconds to wait before a line is taken, which counts as so many. */
  take(lines = 1): number {
    const now = this.#now();
    const cost = 1000 / PER_SECOND;
    this.#fullAt = Math.max(this.#fullAt, now) + lines * cost;
    return Math.max(0, this.#fullAt - now - BURST * cost);
  }
}
