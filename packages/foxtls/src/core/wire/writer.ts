/**
 * A growing buffer that messages are written into (RFC 8446 §3).
 */

import { InternalError } from '../errors/errors.ts';

/** What integers of 0 to 4 bytes are below. */
const LIMITS = [1, 2 ** 8, 2 ** 16, 2 ** 24, 2 ** 32] as const;

export class Writer {
  #bytes: Uint8Array;
  #length = 0;

  /** Most of what is written is short, and up to 64 bytes V8 has in its own heap, where they cost a fifth. */
  constructor(capacity = 64) {
    this.#bytes = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** An unsigned integer of `size` (1 to 4) bytes. */
  uint(value: number, size: number): void {
    if (!Number.isInteger(value) || value < 0 || value >= (LIMITS[size] as number)) {
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
    if (length >= (LIMITS[size] as number)) throw new InternalError(`${length} bytes do not fit a length of ${size} bytes`);
    this.#put(at, length, size);
  }

  /** What was written: a copy of exactly that length. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #put(at: number, value: number, size: number): void {
    for (let i = size - 1, rest = value; i >= 0; i--, rest >>>= 8) this.#bytes[at + i] = rest;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}
