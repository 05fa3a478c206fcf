/**
 * The TLS presentation language (RFC 8446 §3) as values: a codec is a declaration that reads, writes, and invents valid values.
 *
 * A message is declared once, under its quoted grammar. Lengths, bounds and non-emptiness are checked here, so that nothing that uses
 * a decoded message checks them again. Annotated hexadecimal comes from reading with a `FieldListener`.
 */

import { InternalError } from '../errors/errors.ts';
import { type FieldListener, Reader } from './reader.ts';
import { Writer } from './writer.ts';

/** A source of numbers for invented values: an integer in [0, below). */
export type Chooser = (below: number) => number;

export interface Codec<T> {
  read(reader: Reader): T;
  write(writer: Writer, value: T): void;
  /** A random valid value, for round-trip tests and fuzzing. */
  invent(choose: Chooser): T;
}

export type Decoded<C> = C extends Codec<infer T> ? T : never;

/** Decodes all of `bytes`. `name` begins the path in errors. Throws `DecodeError`. */
export function decode<T>(codec: Codec<T>, bytes: Uint8Array, name: string, listener?: FieldListener): T {
  const reader = new Reader(bytes, name, listener);
  const value = codec.read(reader);
  reader.expectEnd();
  return value;
}

export function encode<T>(codec: Codec<T>, value: T): Uint8Array {
  const writer = new Writer();
  codec.write(writer, value);
  return writer.finish();
}

/** `uint8`, `uint16`, `uint24`, `uint32` (RFC 8446 §3.3). */
function uint(size: number): Codec<number> {
  return {
    read: (reader) => reader.uint(size),
    write: (writer, value) => writer.uint(value, size),
    invent: (choose) => choose(256 ** size),
  };
}

export const uint8: Codec<number> = uint(1);
export const uint16: Codec<number> = uint(2);
export const uint24: Codec<number> = uint(3);
export const uint32: Codec<number> = uint(4);

/** `opaque name[length]`. */
export function opaque(length: number): Codec<Uint8Array> {
  return {
    read: (reader) => reader.take(length),
    write(writer, value) {
      if (value.length !== length) throw new InternalError(`${value.length} bytes where ${length} are fixed`);
      writer.bytes(value);
    },
    invent: (choose) => inventBytes(choose, length),
  };
}

/** `opaque name<min..max>`: the length is written in as many bytes as `max` needs. */
export function opaqueVector(min: number, max: number): Codec<Uint8Array> {
  const size = lengthSize(max);
  return {
    read(reader) {
      const length = reader.uint(size);
      checkBounds(reader, length, min, max);
      return reader.take(length);
    },
    write(writer, value) {
      if (value.length < min || value.length > max) throw new InternalError(`${value.length} bytes outside <${min}..${max}>`);
      writer.uint(value.length, size);
      writer.bytes(value);
    },
    invent: (choose) => inventBytes(choose, min + choose(Math.min(max - min, 40) + 1)),
  };
}

/** The bytes that are left in the enclosing structure. */
export const rest: Codec<Uint8Array> = {
  read: (reader) => reader.take(reader.remaining),
  write: (writer, value) => writer.bytes(value),
  invent: (choose) => inventBytes(choose, choose(40)),
};

/** `Item name<min..max>`: bounds in bytes, as in the RFC. */
export function vector<T>(item: Codec<T>, min: number, max: number): Codec<readonly T[]> {
  const size = lengthSize(max);
  return {
    read(reader) {
      const length = reader.uint(size);
      checkBounds(reader, length, min, max);
      return reader.within(length, () => readItems(reader, item));
    },
    write(writer, items) {
      writer.prefixed(size, () => {
        const start = writer.length;
        for (const value of items) item.write(writer, value);
        const length = writer.length - start;
        if (length < min || length > max) throw new InternalError(`${length} bytes outside <${min}..${max}>`);
      });
    },
    invent(choose) {
      const items = [item.invent(choose)];
      let length = encode(item, items[0] as T).length;
      if (min === 0 && choose(4) === 0) return [];
      for (let wanted = choose(4); wanted > 0 || length < min; wanted--) {
        const next = item.invent(choose);
        const nextLength = encode(item, next).length;
        if (length + nextLength > max) break;
        items.push(next);
        length += nextLength;
      }
      return items;
    },
  };
}

function readItems<T>(reader: Reader, item: Codec<T>): T[] {
  const items: T[] = [];
  while (reader.remaining > 0) {
    const start = reader.enter(items.length);
    const value = item.read(reader);
    reader.leave(start, value);
    items.push(value);
  }
  return items;
}

/** A vector that holds exactly one structure: its length, then the structure. */
export function prefixed<T>(lengthBytes: number, inner: Codec<T>): Codec<T> {
  return {
    read: (reader) => reader.within(reader.uint(lengthBytes), () => inner.read(reader)),
    write: (writer, value) => writer.prefixed(lengthBytes, () => inner.write(writer, value)),
    invent: (choose) => inner.invent(choose),
  };
}

type Fields = Readonly<Record<string, Codec<unknown>>>;
export type StructOf<F extends Fields> = { readonly [K in keyof F]: Decoded<F[K]> };

/** `struct { … } Name`: fields in the order of declaration. */
export function struct<F extends Fields>(fields: F): Codec<StructOf<F>> {
  const entries = Object.entries(fields);
  return {
    read(reader) {
      const value: Record<string, unknown> = {};
      for (const [name, codec] of entries) {
        const start = reader.enter(name);
        const field = codec.read(reader);
        reader.leave(start, field);
        value[name] = field;
      }
      return value as StructOf<F>;
    },
    write(writer, value) {
      for (const [name, codec] of entries) codec.write(writer, value[name]);
    },
    invent(choose) {
      const value: Record<string, unknown> = {};
      for (const [name, codec] of entries) value[name] = codec.invent(choose);
      return value as StructOf<F>;
    },
  };
}

/** A codec seen through a pair of functions. `from` may refuse a value with `reader.fail`. */
export function mapped<W, T>(wire: Codec<W>, from: (value: W, reader: Reader) => T, to: (value: T) => W): Codec<T> {
  return {
    read: (reader) => from(wire.read(reader), reader),
    write: (writer, value) => wire.write(writer, to(value)),
    invent(choose) {
      const value = wire.invent(choose);
      return from(value, new Reader(encode(wire, value), 'invented'));
    },
  };
}

/** A structure without content, as the acknowledgement of `server_name`. */
export const empty: Codec<true> = {
  read: () => true,
  write: () => {},
  invent: () => true,
};

function lengthSize(max: number): number {
  return max < 0x100 ? 1 : max < 0x10000 ? 2 : max < 0x1000000 ? 3 : 4;
}

function checkBounds(reader: Reader, length: number, min: number, max: number): void {
  if (length < min || length > max) reader.fail(`length ${length} outside <${min}..${max}>`);
}

function inventBytes(choose: Chooser, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => choose(256));
}
