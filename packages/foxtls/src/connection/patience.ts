/**
 * What a peer may send although nothing comes of it: alerts that change nothing, requests to renegotiate, KeyUpdates without data between them.
 * Each is a few bytes for it, and work for us: those of one connection are counted, and beyond the limits it ends.
 */

import { LimitExceeded } from '../core/errors/errors.ts';
import type { Limits } from '../protocol/handshake/config.ts';

export class Patience {
  readonly #limits: Pick<Limits, 'warningAlerts' | 'keyUpdatesInARow'>;
  #idle = 0;
  #keyUpdatesInARow = 0;

  constructor(limits: Pick<Limits, 'warningAlerts' | 'keyUpdatesInARow'>) {
    this.#limits = limits;
  }

  /** One of `what`, in the plural. Throws `LimitExceeded`. */
  countIdle(what: string): void {
    const { warningAlerts } = this.#limits;
    if (++this.#idle <= warningAlerts) return;
    throw new LimitExceeded('warningAlerts', `more than ${warningAlerts} ${what}`, 'unexpected_message');
  }

  /** Throws `LimitExceeded`. */
  countKeyUpdate(): void {
    const { keyUpdatesInARow } = this.#limits;
    if (++this.#keyUpdatesInARow <= keyUpdatesInARow) return;
    const problem = `more than ${keyUpdatesInARow} KeyUpdates without data between them`;
    throw new LimitExceeded('keyUpdatesInARow', problem, 'unexpected_message');
  }

  /** There was data. */
  onData(): void {
    this.#keyUpdatesInARow = 0;
  }
}
