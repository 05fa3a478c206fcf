/**
 * What somebody may want to wait for, of thousands of sessions: the promise is made when it is asked for.
 */

export class Later<T> {
  #promise: Promise<T> | undefined;
  #settle: { resolve(value: T): void; reject(error: Error): void } | undefined;
  #outcome: { readonly value: T } | { readonly error: Error } | undefined;

  /** Always the same one. That it rejects is nothing that has to be handled: who does not ask is told in other ways. */
  get promise(): Promise<T> {
    if (this.#promise === undefined) {
      this.#promise = new Promise((resolve, reject) => {
        this.#settle = { resolve, reject };
      });
      this.#promise.catch(() => {});
      this.#tell();
    }
    return this.#promise;
  }

  get isSettled(): boolean {
    return this.#outcome !== undefined;
  }

  /** The first outcome counts. */
  resolve(value: T): void {
    this.#outcome ??= { value };
    this.#tell();
  }

  reject(error: Error): void {
    this.#outcome ??= { error };
    this.#tell();
  }

  #tell(): void {
    const [settle, outcome] = [this.#settle, this.#outcome];
    if (settle === undefined || outcome === undefined) return;
    this.#settle = undefined;
    if ('error' in outcome) settle.reject(outcome.error);
    else settle.resolve(outcome.value);
  }
}
