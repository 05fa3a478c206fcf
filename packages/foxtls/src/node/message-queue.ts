/**
 * Messages on their way to whoever reads them: a listener, or `for await`; to a limit they wait for one.
 */

/** Messages that wait, beyond which they are dropped: they are datagrams. */
const MAX_WAITING = 256;

interface Reader<T> {
  resolve(result: IteratorResult<T, undefined>): void;
  reject(error: unknown): void;
}

export class MessageQueue<T> {
  #waiting: T[] = [];
  #readers: Reader<T>[] = [];
  #end: { readonly error: Error | undefined } | undefined;
  dropped = 0;

  push(message: T): void {
    const reader = this.#readers.shift();
    if (reader !== undefined) reader.resolve({ value: message, done: false });
    else if (this.#waiting.length < MAX_WAITING) this.#waiting.push(message);
    else this.dropped++;
  }

  /** What waits, for a listener that has come. */
  take(): T[] {
    return this.#waiting.splice(0);
  }

  /** Nothing more comes. */
  end(error: Error | undefined): void {
    if (this.#end !== undefined) return;
    this.#end = { error };
    for (const reader of this.#readers.splice(0)) this.#tellEnd(reader);
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const message = this.#waiting.shift();
    if (message !== undefined) return Promise.resolve({ value: message, done: false });
    return new Promise((resolve, reject) => {
      const reader = { resolve, reject };
      if (this.#end === undefined) this.#readers.push(reader);
      else this.#tellEnd(reader);
    });
  }

  /** An error is told once. */
  #tellEnd({ resolve, reject }: Reader<T>): void {
    const error = this.#end?.error;
    this.#end = { error: undefined };
    if (error === undefined) resolve({ value: undefined, done: true });
    else reject(error);
  }
}
