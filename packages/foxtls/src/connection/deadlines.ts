/**
 * Who wants to be called when: the next of many in a heap, so that those who wait for nothing cost nothing.
 *
 * Invariant: an item has one time at most. Times that were changed or taken back stay in the heap until they come up, or are too many.
 */

interface Entry<T> {
  readonly at: number;
  readonly item: T;
}

/** Entries that are no use any more, beside as many as there are items. */
const SPARE = 64;

export class Deadlines<T extends object> {
  readonly #times = new Map<T, number>();
  #heap: Entry<T>[] = [];

  /** How many wait. */
  get size(): number {
    return this.#times.size;
  }

  /** Undefined takes it back. */
  set(item: T, at: number | undefined): void {
    if (this.#times.get(item) === at) return;
    if (at === undefined) {
      this.#times.delete(item);
      return;
    }
    this.#times.set(item, at);
    this.#push({ at, item });
    if (this.#heap.length > 2 * this.#times.size + SPARE) this.#rebuild();
  }

  /** The earliest time. */
  get next(): number | undefined {
    for (let top = this.#heap[0]; top !== undefined; top = this.#heap[0]) {
      if (this.#times.get(top.item) === top.at) return top.at;
      this.#pop();
    }
    return undefined;
  }

  /** One whose time has come; it waits no more. */
  takeDue(now: number): T | undefined {
    const at = this.next;
    if (at === undefined || at > now) return undefined;
    const { item } = this.#pop() as Entry<T>;
    this.#times.delete(item);
    return item;
  }

  #rebuild(): void {
    this.#heap = [];
    for (const [item, at] of this.#times) this.#push({ at, item });
  }

  #push(entry: Entry<T>): void {
    const heap = this.#heap;
    let place = heap.length;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = heap[parent] as Entry<T>;
      if (above.at <= entry.at) break;
      heap[place] = above;
      place = parent;
    }
    heap[place] = entry;
  }

  #pop(): Entry<T> | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return top;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= heap.length) break;
      const right = heap[child + 1];
      if (right !== undefined && right.at < (heap[child] as Entry<T>).at) child++;
      const below = heap[child] as Entry<T>;
      if (below.at >= last.at) break;
      heap[place] = below;
      place = child;
    }
    heap[place] = last;
    return top;
  }
}
