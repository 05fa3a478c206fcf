/**
 * When a flight is sent again (RFC 6347 §4.2.4.1, RFC 9147 §5.8.2): twice as late each time, and from the round trips that were measured.
 *
 * "Implementations SHOULD retain the current timer value until a message is transmitted and acknowledged without having to be retransmitted,
 * at which time the value SHOULD be adjusted to 1.5 times the measured round trip time for that message." (RFC 9147 §5.8.2)
 */

export interface TimerOptions {
  /** Milliseconds before a flight is sent again for the first time. */
  readonly initial: number;
  /** Milliseconds that it is doubled up to. */
  readonly maximum: number;
  /** The least that a measured round trip makes of it, milliseconds: what answers late for once is not lost. */
  readonly minimum: number;
  /** Whether every flight begins with the initial value, whatever was measured or lost. */
  readonly isFixed?: boolean;
}

const ROUND_TRIPS = 1.5;

export class RetransmissionTimer {
  readonly #options: TimerOptions;
  #initial: number;
  /** What a flight begins with: the initial value, or what was measured; and how often it was doubled since. */
  #base: number;
  #doublings = 0;
  #startedAt = 0;
  #deadline: number | undefined;
  /** How often it has run out since something was heard. */
  timeouts = 0;

  constructor(options: TimerOptions) {
    this.#options = options;
    this.#initial = options.initial;
    this.#base = options.initial;
  }

  /** Milliseconds from a transmission to the next. */
  get duration(): number {
    return Math.min(this.#options.maximum, this.#base * 2 ** this.#doublings);
  }

  /** When it runs out; undefined while nothing is waited for. */
  get deadline(): number | undefined {
    return this.#deadline;
  }

  /** A flight went out for the first time. */
  start(now: number): void {
    this.timeouts = 0;
    if (this.#options.isFixed) this.#begin(this.#initial);
    this.#startedAt = now;
    this.#deadline = now + this.duration;
  }

  /** It went out again, because of what the peer sent, who is there: how long its answer took can't be told any more. */
  restart(now: number): void {
    this.timeouts = 1;
    this.#deadline = now + this.duration;
  }

  /** Whether it ran out; then it runs again, as long as before. */
  postpone(now: number): boolean {
    if (this.#deadline === undefined || now < this.#deadline) return false;
    this.#deadline = now + this.duration;
    return true;
  }

  /** Back to the initial duration, if what was sent last was sent once. */
  resetUnlessLost(): void {
    if (this.timeouts === 0) this.#begin(this.#initial);
  }

  /**
   * Another initial value, in place of what was measured, too. A wait that has begun is as long as it would be if it had been that from the start:
   * it may be over then.
   */
  setInitial(initial: number): void {
    const before = this.duration;
    this.#initial = initial;
    this.#base = initial;
    if (this.#deadline !== undefined) this.#deadline += this.duration - before;
  }

  #begin(base: number): void {
    this.#base = base;
    this.#doublings = 0;
  }

  /** Whether it ran out; then it runs again, twice as long. */
  expire(now: number): boolean {
    if (this.#deadline === undefined || now < this.#deadline) return false;
    this.timeouts++;
    if (this.duration < this.#options.maximum) this.#doublings++;
    this.#deadline = now + this.duration;
    return true;
  }

  /** The answer is there. Of a flight that was sent once, it says how long a round trip is. */
  answered(now: number): void {
    if (this.#deadline === undefined) return;
    const { minimum, maximum, isFixed } = this.#options;
    if (isFixed) this.#begin(this.#initial);
    else if (this.timeouts === 0) {
      this.#begin(Math.min(maximum, Math.max(minimum, Math.ceil(ROUND_TRIPS * (now - this.#startedAt)))));
    }
    this.stop();
  }

  stop(): void {
    this.#deadline = undefined;
    this.timeouts = 0;
  }
}
