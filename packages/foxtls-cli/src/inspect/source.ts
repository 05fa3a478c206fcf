/**
 * Bytes that know where in the input they stand, also when they were put together from several records.
 */

export class Source {
  readonly bytes: Uint8Array;
  /** Where each run of the bytes begins, in them and in the input. */
  readonly #runs: readonly { readonly start: number; readonly offset: number }[];

  private constructor(bytes: Uint8Array, runs: readonly { readonly start: number; readonly offset: number }[]) {
    this.bytes = bytes;
    this.#runs = runs;
  }

  /** Bytes that stand together. */
  static of(bytes: Uint8Array, offset: number): Source {
    return new Source(bytes, [{ start: 0, offset }]);
  }

  static join(parts: readonly Source[]): Source {
    const [only] = parts;
    if (parts.length === 1 && only !== undefined) return only;
    const runs: { start: number; offset: number }[] = [];
    let length = 0;
    for (const part of parts) {
      for (const { start, offset } of part.#runs) runs.push({ start: length + start, offset });
      length += part.length;
    }
    return new Source(new Uint8Array(Buffer.concat(parts.map(({ bytes }) => bytes))), runs);
  }

  get length(): number {
    return this.bytes.length;
  }

  /** Where in the input a byte stands. */
  offsetOf(index: number): number {
    const run = this.#runs.findLast(({ start }) => start <= index) ?? { start: 0, offset: 0 };
    return run.offset + index - run.start;
  }

  slice(start: number, end = this.length): Source {
    const runs = this.#runs
      .map((run, i) => ({ ...run, end: this.#runs[i + 1]?.start ?? this.length }))
      .filter((run) => run.end > start && run.start < end)
      .map((run) => ({ start: Math.max(0, run.start - start), offset: run.offset + Math.max(0, start - run.start) }));
    return new Source(this.bytes.subarray(start, end), runs.length > 0 ? runs : [{ start: 0, offset: this.offsetOf(start) }]);
  }
}
