/**
 * A growing buffer that messages are written into (RFC 8446 §3).
 */

import { InternalError } from '../errors/errors.ts';

export class Writer {
  #bytes: Uint8Array;
  #length = 0;

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** An unsigned integer of `size` (1 to 4) bytes. */
  uint(value: number, size: number): void {
    if (!Number.isInteger(value) || value < 0 || value >= 256 ** size) {
      throw new InternalError(`${value} does not fit into ${size} bytes`);
    }
    this.#reserve(size);
    this.#put(this.#length, value, size);
    this.#length += size;
  }

  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Writes what `write` writes, preceded by its length in `size` bytes. */
  prefixed(size: number, write: () => void): void {
    this.#reserve(size);
    const at = this.#length;
    this.#length += size;
    write();
    const length = this.#length - at - size;
    if (length >= 256 ** size) throw new InternalError(`${length} bytes do not fit a length of ${size} bytes`);
    this.#put(at, length, size);
  }

  /** What was written: a copy of exactly that length. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #put(at: number, value: number, size: number): void {
    for (let i = size - 1, rest = value; i >= 0; i--, rest = Math.floor(rest / 256)) this.#bytes[at + i] = rest % 256;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}
