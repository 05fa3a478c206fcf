/**
 * Which records of an epoch were received already: the sliding window against replays (RFC 6347 §4.1.2.6, RFC 9147 §4.5.1).
 *
 * ```
 *            left edge                         right edge
 *   too old      │ 1 0 1 1 … size bits … 1 1 0 1 │ new
 *                └ highest - size + 1            └ highest that was opened
 * ```
 * A bit for a number stands at `number mod size` in a ring of 32-bit words, so that moving the window only clears what it moves over.
 * One window for each epoch. "The window MUST NOT be updated due to a received record until that record has been deprotected
 * successfully." (RFC 9147 §4.5.1): `isNew` asks, `add` is for afterwards.
 */

import { InternalError } from '../../core/errors/errors.ts';

/** "A minimum window size of 32 MUST be supported, but a window size of 64 is preferred and SHOULD be employed as the default." (RFC 6347 §4.1.2.6) */
export const DEFAULT_REPLAY_WINDOW = 64;
export const MIN_REPLAY_WINDOW = 32;
export const MAX_REPLAY_WINDOW = 1024;

export class ReplayWindow {
  /** A bit for each number of the window, in words that are small integers: a typed array would be three times as large. */
  #bits: number[];
  readonly #size: number;
  #highest = -1;

  /** `size`: how many numbers, a power of two from 32 to 1024. */
  constructor(size: number = DEFAULT_REPLAY_WINDOW) {
    if (!isReplayWindowSize(size)) throw new InternalError(`a replay window of ${size} records`);
    this.#size = size;
    this.#bits = noBits(size);
  }

  /** Which numbers of the window were added, for another window of the same size to go on from. */
  exportBits(): Uint8Array {
    return Uint8Array.from(this.#bits.flatMap((word) => [word >> 8, word & 0xff]));
  }

  /** Goes on from another window: what its `highest` and `exportBits` were. Without its bits, of another size, none of its numbers is new. */
  continueFrom(highest: number, bits: Uint8Array): void {
    this.#highest = highest;
    this.#bits = this.#bits.map((_, i) =>
      bits.length === 2 * this.#bits.length ? ((bits[2 * i] as number) << 8) | (bits[2 * i + 1] as number) : 0xffff,
    );
  }

  /** The highest number that was added; -1 before the first. */
  get highest(): number {
    return this.#highest;
  }

  /** Whether no record of that number (0 to 2^48 - 1) was added, and none can have been forgotten. */
  isNew(sequence: number): boolean {
    if (sequence > this.#highest) return true;
    if (sequence <= this.#highest - this.#size) return false;
    const at = sequence % this.#size;
    return (((this.#bits[at >>> 4] as number) >>> (at & 15)) & 1) === 0;
  }

  /** The record of that number was authentic. */
  add(sequence: number): void {
    if (sequence > this.#highest) this.#move(sequence);
    else if (sequence <= this.#highest - this.#size) return;
    const at = sequence % this.#size;
    this.#bits[at >>> 4] = (this.#bits[at >>> 4] as number) | (1 << (at & 15));
  }

  /** Makes `sequence` the right edge: what comes into the window with it was not received. */
  #move(sequence: number): void {
    const bits = this.#bits;
    if (sequence - this.#highest >= this.#size) this.#bits = noBits(this.#size);
    else {
      for (let number = this.#highest + 1; number < sequence; number++) {
        const at = number % this.#size;
        bits[at >>> 4] = (bits[at >>> 4] as number) & ~(1 << (at & 15));
      }
    }
    this.#highest = sequence;
  }
}

const WORD = 16;

function noBits(size: number): number[] {
  return new Array<number>(size / WORD).fill(0);
}

/** Whether a window can have that size: a ring of whole words, whose place is the low bits of a number. */
export function isReplayWindowSize(size: number): boolean {
  return size >= MIN_REPLAY_WINDOW && size <= MAX_REPLAY_WINDOW && Number.isInteger(Math.log2(size));
}
