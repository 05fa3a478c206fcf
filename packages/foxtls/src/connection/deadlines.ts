/**
 * Who wants to be called when: the next of many in a heap, so that those who wait for nothing cost nothing.
 *
 * ```
 *   heap:  [ earliest | … ]      places: item ─▶ where its entry stands in the heap
 * ```
 * Invariant: an item has one entry at most, and what was taken back has none: an entry that waited for its time to come up would keep all of a
 * connection that is over from being collected.
 */

interface Entry<T> {
  at: number;
  readonly item: T;
}

export class Deadlines<T extends object> {
  readonly #places = new Map<T, number>();
  readonly #heap: Entry<T>[] = [];

  /** How many wait. */
  get size(): number {
    return this.#heap.length;
  }

  /** Undefined takes it back. */
  set(item: T, at: number | undefined): void {
    const place = this.#places.get(item);
    if (place === undefined) {
      if (at !== undefined) this.#rise({ at, item }, this.#heap.length);
    } else if (at === undefined) {
      this.#remove(place);
    } else {
      const entry = this.#heap[place] as Entry<T>;
      if (entry.at === at) return;
      const isEarlier = at < entry.at;
      entry.at = at;
      if (isEarlier) this.#rise(entry, place);
      else this.#sink(entry, place);
    }
  }

  /** The earliest time. */
  get next(): number | undefined {
    return this.#heap[0]?.at;
  }

  /** One whose time has come; it waits no more. */
  takeDue(now: number): T | undefined {
    const first = this.#heap[0];
    if (first === undefined || first.at > now) return undefined;
    this.#remove(0);
    return first.item;
  }

  #remove(place: number): void {
    this.#places.delete((this.#heap[place] as Entry<T>).item);
    const last = this.#heap.pop() as Entry<T>;
    if (place === this.#heap.length) return;
    // It may belong above the gap as well as below it.
    this.#rise(last, place);
    this.#sink(last, this.#places.get(last.item) as number);
  }

  /** Puts an entry at `place`, or above it. */
  #rise(entry: Entry<T>, place: number): void {
    for (; place > 0; ) {
      const parent = (place - 1) >> 1;
      const above = this.#heap[parent] as Entry<T>;
      if (above.at <= entry.at) break;
      this.#put(above, place);
      place = parent;
    }
    this.#put(entry, place);
  }

  /** Puts an entry at `place`, or below it. */
  #sink(entry: Entry<T>, place: number): void {
    for (;;) {
      let child = 2 * place + 1;
      const left = this.#heap[child];
      if (left === undefined) break;
      const right = this.#heap[child + 1];
      if (right !== undefined && right.at < left.at) child++;
      const below = this.#heap[child] as Entry<T>;
      if (below.at >= entry.at) break;
      this.#put(below, place);
      place = child;
    }
    this.#put(entry, place);
  }

  #put(entry: Entry<T>, place: number): void {
    this.#heap[place] = entry;
    this.#places.set(entry.item, place);
  }
}

/** The first of two times, either of which may not be. */
export function earliest(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.min(one, other);
}
