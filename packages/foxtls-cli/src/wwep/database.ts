/**
 * What a WWEP server remembers: a 16-bit value for each register of each device that was written.
 *
 * 65,536 devices of 256 registers could be written, and 401 are kept: more are refused, a kept one may always be written again.
 */

/** The database of the course's server has this many places. */
export const MAX_ENTRIES = 401;

/** One register of one device. */
export interface Place {
  /** 0 to 0xffff. */
  readonly device: number;
  /** 0 to 0xff. */
  readonly register: number;
}

export class WwepDatabase {
  readonly #values = new Map<number, number>();

  get size(): number {
    return this.#values.size;
  }

  /** Undefined for a register that was never written. */
  read(place: Place): number | undefined {
    return this.#values.get(keyOf(place));
  }

  /** False when the place is new and there is no room. */
  write(place: Place, value: number): boolean {
    const key = keyOf(place);
    if (!this.#values.has(key) && this.#values.size >= MAX_ENTRIES) return false;
    this.#values.set(key, value);
    return true;
  }
}

function keyOf({ device, register }: Place): number {
  return device * 0x100 + register;
}
