/**
 * A cursor over received bytes (RFC 8446 §3), which knows the path of the field it stands in, so that errors can name it.
 *
 * Nothing is copied: what it returns are views of the input.
 */

import { DecodeError } from '../errors/errors.ts';

/** Told of every field as it is read: the bytes `start` to `end` of the input hold the field at `path`. */
export type FieldListener = (path: string, start: number, end: number, value: unknown) => void;

export class Reader {
  readonly #bytes: Uint8Array;
  #at: number;
  #end: number;
  readonly #path: (string | number)[];
  readonly #outer: Reader | undefined;
  readonly #listener: FieldListener | undefined;
  /** Where `bytes` begins in the input that the listener is told of. */
  readonly #origin: number;

  constructor(bytes: Uint8Array, name: string, listener?: FieldListener, origin = 0, outer?: Reader) {
    this.#bytes = bytes;
    this.#at = 0;
    this.#end = bytes.length;
    this.#path = [name];
    this.#listener = listener;
    this.#origin = origin;
    this.#outer = outer;
  }

  get position(): number {
    return this.#at;
  }

  get remaining(): number {
    return this.#end - this.#at;
  }

  /** The next `length` bytes. */
  take(length: number): Uint8Array {
    if (length > this.remaining) this.fail(`${length} bytes expected, ${this.remaining} left`);
    const start = this.#at;
    this.#at += length;
    return this.#bytes.subarray(start, this.#at);
  }

  /** An unsigned integer of `size` (1 to 4) bytes. */
  uint(size: number): number {
    if (size > this.remaining) this.fail(`${size} bytes expected, ${this.remaining} left`);
    let value = 0;
    for (let i = 0; i < size; i++) value = value * 256 + (this.#bytes[this.#at++] as number);
    return value;
  }

  /** Reads `read` within the next `length` bytes, which it must use up. */
  within<T>(length: number, read: () => T): T {
    if (length > this.remaining) this.fail(`length ${length} is more than the ${this.remaining} bytes left`);
    const outerEnd = this.#end;
    this.#end = this.#at + length;
    const value = read();
    this.expectEnd();
    this.#end = outerEnd;
    return value;
  }

  /** Reads all of `bytes`, which were taken from this reader, as the field `name`. */
  inside<T>(bytes: Uint8Array, name: string, read: (reader: Reader) => T): T {
    const start = this.#origin + bytes.byteOffset - this.#bytes.byteOffset;
    const inner = new Reader(bytes, name, this.#listener, start, this);
    const value = read(inner);
    inner.expectEnd();
    if (this.#listener !== undefined) this.#listener(inner.path, start, start + bytes.length, value);
    return value;
  }

  /** Reads one named (or numbered) field. */
  field<T>(name: string | number, read: () => T): T {
    const start = this.enter(name);
    const value = read();
    this.leave(start, value);
    return value;
  }

  /** As `field`, in two steps, for what is read so often that a function for each would be felt. Returns where the field begins. */
  enter(name: string | number): number {
    this.#path.push(name);
    return this.#at;
  }

  /** The field that was entered last has been read. */
  leave(start: number, value: unknown): void {
    if (this.#listener !== undefined) this.#listener(this.path, this.#origin + start, this.#origin + this.#at, value);
    this.#path.pop();
  }

  expectEnd(): void {
    if (this.remaining !== 0) this.fail(`${this.remaining} bytes too many`);
  }

  /** The path of the field being read, as `client_hello.extensions[3].key_share`. */
  get path(): string {
    let text = this.#outer?.path ?? '';
    for (const part of this.#path) text += typeof part === 'number' ? `[${part}]` : text === '' ? part : `.${part}`;
    return text;
  }

  fail(problem: string): never {
    throw new DecodeError(this.path, problem);
  }
}
