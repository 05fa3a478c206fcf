/**
 * The bytes of something that comes in pieces, in any order, twice, and overlapping: what memory it takes is in proportion to what came.
 *
 * ```
 *   offset 0        40       100      130            length
 *          ├────────┤          ├────────┤               │        runs: disjoint, not touching, in order
 * ```
 * A byte that is there stays: of two pieces that contradict each other, the first counts.
 */

import { EMPTY } from '../../core/bytes/bytes.ts';

interface Run {
  readonly start: number;
  end: number;
  /** At least `end - start` bytes: it grows by doubling. */
  bytes: Uint8Array;
}

/**
 * Islands with nothing between them that a message may consist of. Fragments in order make one, however small they are; loss and
 * reordering some more; and for each there are objects that cost more than a byte in it.
 */
const MAX_RUNS = 64;

/** About what the objects of an island take. */
const RUN_COST = 200;

export class ByteRuns {
  readonly #length: number;
  #runs: Run[] = [];

  /** `length`: how many bytes there are to come. */
  constructor(length: number) {
    this.#length = length;
  }

  get isWhole(): boolean {
    const [first] = this.#runs;
    return this.#length === 0 || (first !== undefined && first.end - first.start === this.#length);
  }

  /** How many bytes there are. */
  get size(): number {
    let size = 0;
    for (const { start, end } of this.#runs) size += end - start;
    return size;
  }

  /** About how many bytes of memory it takes. */
  get memory(): number {
    let memory = 0;
    for (const { bytes } of this.#runs) memory += bytes.length + RUN_COST;
    return memory;
  }

  /** Whether a piece says otherwise of bytes that are there. */
  contradicts(offset: number, piece: Uint8Array): boolean {
    return this.#runs.some(({ start, end, bytes }) => {
      for (let at = Math.max(start, offset); at < Math.min(end, offset + piece.length); at++) {
        if (bytes[at - start] !== piece[at - offset]) return true;
      }
      return false;
    });
  }

  /** Whether something came that does not join on to what was there before it. */
  get hasHole(): boolean {
    const [first] = this.#runs;
    return first !== undefined && (first.start > 0 || this.#runs.length > 1);
  }

  /** Copies what is new of a piece, which has to lie within the length; false when it would make an island too many. */
  add(offset: number, piece: Uint8Array): boolean {
    const end = offset + piece.length;
    if (piece.length === 0) return true;
    const runs = this.#runs;
    let from = 0;
    while (from < runs.length && (runs[from] as Run).end < offset) from++;
    let to = from;
    while (to < runs.length && (runs[to] as Run).start <= end) to++;
    const first = runs[from];
    if (first === undefined || from === to) {
      if (runs.length >= MAX_RUNS) return false;
      runs.splice(from, 0, { start: offset, end, bytes: new Uint8Array(piece) });
    } else if (to === from + 1 && offset >= first.start) {
      if (end > first.end) this.#append(first, piece.subarray(first.end - offset));
    } else {
      runs.splice(from, to - from, joined(runs.slice(from, to), offset, piece));
    }
    return true;
  }

  /** All of it, once it is whole, with `room` bytes before it. */
  takeAfter(room: number): Uint8Array {
    const whole = new Uint8Array(room + this.#length);
    whole.set(this.#runs[0]?.bytes.subarray(0, this.#length) ?? EMPTY, room);
    this.#runs = [];
    return whole;
  }

  #append(run: Run, bytes: Uint8Array): void {
    const used = run.end - run.start;
    const needed = used + bytes.length;
    if (run.bytes.length < needed) {
      const larger = new Uint8Array(Math.min(this.#length - run.start, Math.max(needed, 2 * run.bytes.length)));
      larger.set(run.bytes.subarray(0, used));
      run.bytes = larger;
    }
    run.bytes.set(bytes, used);
    run.end += bytes.length;
  }
}

/** A piece and the runs that it touches, of which there is at least one: they were first. */
function joined(runs: readonly Run[], offset: number, piece: Uint8Array): Run {
  const start = Math.min(offset, (runs[0] as Run).start);
  const end = Math.max(offset + piece.length, (runs[runs.length - 1] as Run).end);
  const bytes = new Uint8Array(end - start);
  bytes.set(piece, offset - start);
  for (const run of runs) bytes.set(run.bytes.subarray(0, run.end - run.start), run.start - start);
  return { start, end, bytes };
}
