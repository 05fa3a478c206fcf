/**
 * ASN.1 types (X.680) as values: a type is a declaration, written under its quoted grammar, that reads and writes DER (X.690).
 *
 * ```ts
 * // Validity ::= SEQUENCE { notBefore Time, notAfter Time }
 * const validity = sequence({ notBefore: time, notAfter: time });
 * decodeDer(validity, bytes, 'validity').notAfter;
 * ```
 * A type's `read` is only called with an element whose tag is one of its `tags`. That is why IMPLICIT needs no more than another tag.
 */

import { concatAll } from '../bytes/bytes.ts';
import { InternalError } from '../errors/errors.ts';
import {
  contextTag,
  type DerCursor,
  type DerElement,
  type DerLimits,
  formatTag,
  implicitTag,
  isConstructed,
  readElement,
  TAG,
  writeElement,
} from './der.ts';

export interface DerType<T> {
  /** The identifier octets with which a value can begin; `any` for open types. */
  readonly tags: readonly number[] | 'any';
  read(element: DerElement): T;
  write(value: T): Uint8Array;
}

/** The value type of a declaration. */
export type DerValue<C> = C extends { read(element: DerElement): infer T } ? T : never;

/** Decodes all of `bytes` as one value. `name` begins the path in errors. Throws `DecodeError`. */
export function decodeDer<T>(type: DerType<T>, bytes: Uint8Array, name: string, limits?: DerLimits): T {
  return readAs(type, readElement(bytes, name, limits));
}

export function encodeDer<T>(type: DerType<T>, value: T): Uint8Array {
  return type.write(value);
}

/** Reads an element as a value of `type`, after checking its tag. */
export function readAs<T>(type: DerType<T>, element: DerElement): T {
  if (!accepts(type, element.tag)) {
    element.fail(`${formatTags(type.tags)} is expected, ${formatTag(element.tag)} is there`);
  }
  return type.read(element);
}

/** A field that may be absent; `defaultValue` stands for an absent one. */
export interface OptionalField<T, D> {
  readonly type: DerType<T>;
  readonly defaultValue: D;
  readonly hasDefault: boolean;
  readonly encodedDefaultTolerated: boolean;
}

/** `T OPTIONAL`. */
export function optional<T>(type: DerType<T>): OptionalField<T, undefined> {
  return { type, defaultValue: undefined, hasDefault: false, encodedDefaultTolerated: false };
}

/**
 * `T DEFAULT defaultValue`. DER forbids to encode the default (X.690 §11.5); `encodedDefaultTolerated` reads it all the same, for
 * the fields that deployed software writes so.
 */
export function withDefault<T>(
  type: DerType<T>,
  defaultValue: T,
  { encodedDefaultTolerated = false }: { readonly encodedDefaultTolerated?: boolean } = {},
): OptionalField<T, T> {
  return { type, defaultValue, hasDefault: true, encodedDefaultTolerated };
}

type Field = DerType<unknown> | OptionalField<unknown, unknown>;
type Fields = { readonly [name: string]: Field };
type OptionalNames<F extends Fields> = { [K in keyof F]: F[K] extends OptionalField<unknown, undefined> ? K : never }[keyof F];

/** What a SEQUENCE with these fields holds; OPTIONAL ones are undefined, or left out when writing. */
export type FieldValues<F extends Fields> = {
  readonly [K in Exclude<keyof F, OptionalNames<F>>]: F[K] extends { readonly type: infer C } ? DerValue<C> : DerValue<F[K]>;
} & {
  readonly [K in OptionalNames<F>]?: (F[K] extends { readonly type: infer C } ? DerValue<C> : never) | undefined;
};

/** A field's name as paths write it: `notAfter` is `not_after`. */
export function fieldLabel(name: string): string {
  return name.replace(/[A-Z]+/g, (letters) => `_${letters.toLowerCase()}`);
}

interface Step {
  readonly name: string;
  readonly label: string;
  readonly field: OptionalField<unknown, unknown> | undefined;
  readonly type: DerType<unknown>;
}

/** `SEQUENCE { … }`. Fields are read in the order of their declaration; their names enter the path in snake_case. */
export function sequence<const F extends Fields>(fields: F): DerType<FieldValues<F>> {
  const steps = Object.entries(fields).map(([name, field]): Step => {
    const label = fieldLabel(name);
    if ('type' in field) return { name, label, field, type: field.type as DerType<unknown> };
    return { name, label, field: undefined, type: field as DerType<unknown> };
  });
  return {
    tags: [TAG.SEQUENCE],
    read(element) {
      const cursor = element.children();
      const value: Record<string, unknown> = {};
      for (const step of steps) value[step.name] = readStep(step, cursor, element);
      cursor.expectEnd();
      return value as FieldValues<F>;
    },
    write(value) {
      return writeElement(TAG.SEQUENCE, ...steps.map((step) => writeStep(step, (value as Record<string, unknown>)[step.name])));
    },
  };
}

function readStep(step: Step, cursor: DerCursor, parent: DerElement): unknown {
  const tag = cursor.peek();
  const { field, type } = step;
  if (tag === undefined || !accepts(type, tag)) {
    if (field !== undefined) return field.defaultValue;
    if (tag === undefined) return parent.fail(`${step.label} is missing`);
  }
  const element = cursor.next(step.label);
  const value = readAs(type, element);
  if (field?.hasDefault && value === field.defaultValue && !field.encodedDefaultTolerated) {
    element.fail('the default value is encoded, which DER forbids');
  }
  return value;
}

function writeStep({ name, field, type }: Step, value: unknown): Uint8Array {
  if (value === undefined || (field?.hasDefault && value === field.defaultValue)) {
    if (field === undefined) throw new InternalError(`the field ${name} is not set`);
    return new Uint8Array(0);
  }
  return type.write(value);
}

/** `SEQUENCE SIZE (min..MAX) OF T`. */
export function sequenceOf<T>(type: DerType<T>, min = 0): DerType<readonly T[]> {
  return {
    tags: [TAG.SEQUENCE],
    read: (element) => readItems(type, element, min),
    write: (items) => writeElement(TAG.SEQUENCE, concatAll(items.map((item) => type.write(item)))),
  };
}

/** `SET SIZE (min..MAX) OF T`: in the order of the encodings (X.690 §11.6). */
export function setOf<T>(type: DerType<T>, min = 0): DerType<readonly T[]> {
  return {
    tags: [TAG.SET],
    read(element) {
      const cursor = element.children();
      let previous: Uint8Array | undefined;
      while (cursor.peek() !== undefined) {
        const { encoded } = cursor.next('item');
        if (previous !== undefined && compareBytes(previous, encoded) > 0) element.fail('the items of a SET OF are not in order');
        previous = encoded;
      }
      return readItems(type, element, min);
    },
    write: (items) => writeElement(TAG.SET, concatAll(items.map((item) => type.write(item)).sort(compareBytes))),
  };
}

function readItems<T>(type: DerType<T>, element: DerElement, min: number): T[] {
  const cursor = element.children();
  const items: T[] = [];
  while (cursor.peek() !== undefined) items.push(readAs(type, cursor.next(`[${items.length}]`)));
  if (items.length < min) element.fail(`${items.length} items are too few, at least ${min} is expected`);
  return items;
}

/** `[number] IMPLICIT T`. */
export function implicit<T>(number: number, type: DerType<T>): DerType<T> {
  const [underlying] = type.tags;
  if (type.tags === 'any' || type.tags.length !== 1 || typeof underlying !== 'number') {
    throw new InternalError('a CHOICE or an open type cannot have an IMPLICIT tag');
  }
  const tag = implicitTag(number, underlying);
  return {
    tags: [tag],
    read: type.read,
    write(value) {
      const bytes = type.write(value);
      bytes[0] = tag;
      return bytes;
    },
  };
}

/** `[number] EXPLICIT T`. */
export function explicit<T>(number: number, type: DerType<T>): DerType<T> {
  const tag = contextTag(number, true);
  return {
    tags: [tag],
    read(element) {
      const cursor = element.children();
      const value = readAs(type, cursor.next(`[${number}]`));
      cursor.expectEnd();
      return value;
    },
    write: (value) => writeElement(tag, type.write(value)),
  };
}

/** `OCTET STRING` (or BIT STRING, with no unused bits) whose contents are the DER of a `T`. */
export function containing<T>(wrapper: typeof TAG.OCTET_STRING | typeof TAG.BIT_STRING, type: DerType<T>): DerType<T> {
  const isBitString = wrapper === TAG.BIT_STRING;
  return {
    tags: [wrapper],
    read(element) {
      if (isBitString && element.content[0] !== 0) element.fail('a BIT STRING without unused bits is expected');
      return readAs(type, element.contained('value', isBitString ? 1 : 0));
    },
    write: (value) => writeElement(wrapper, ...(isBitString ? [new Uint8Array(1)] : []), type.write(value)),
  };
}

/** `CHOICE`: a tagged union, `{ kind, value }`. */
export function choice<const A extends { readonly [kind: string]: DerType<unknown> }>(
  alternatives: A,
): DerType<{ readonly [K in keyof A]: { readonly kind: K; readonly value: DerValue<A[K]> } }[keyof A]> {
  type Union = { readonly [K in keyof A]: { readonly kind: K; readonly value: DerValue<A[K]> } }[keyof A];
  const entries = Object.entries(alternatives) as [string, DerType<unknown>][];
  const byTag = new Map(entries.flatMap(([kind, type]) => (type.tags as readonly number[]).map((tag) => [tag, { kind, type }])));
  return {
    tags: [...byTag.keys()],
    read(element) {
      const found = byTag.get(element.tag);
      if (found === undefined) return element.fail('no alternative of the CHOICE has this tag');
      return { kind: found.kind, value: found.type.read(element) } as Union;
    },
    write: ({ kind, value }) => (alternatives[kind] as unknown as DerType<unknown>).write(value),
  };
}

/** `ANY`: the element's whole encoding, unread. */
export const any: DerType<Uint8Array> = {
  tags: 'any',
  read: (element) => element.encoded,
  write: (encoded) => encoded,
};

/** A type of the same encoding whose values are something else. `parse` throws through `element.fail`. */
export function mapped<T, U>(type: DerType<T>, parse: (value: T, element: DerElement) => U, format: (value: U) => T): DerType<U> {
  return { tags: type.tags, read: (element) => parse(type.read(element), element), write: (value) => type.write(format(value)) };
}

/** A value together with the bytes that it was read from; writing writes the bytes. */
export function withEncoding<T>(type: DerType<T>): DerType<{ readonly value: T; readonly encoded: Uint8Array }> {
  return {
    tags: type.tags,
    read: (element) => ({ value: type.read(element), encoded: element.encoded }),
    write: ({ encoded }) => encoded,
  };
}

function accepts(type: DerType<unknown>, tag: number): boolean {
  return type.tags === 'any' || type.tags.includes(tag);
}

function formatTags(tags: readonly number[] | 'any'): string {
  return tags === 'any'
    ? 'an element'
    : tags.map((tag) => formatTag(tag) + (isConstructed(tag) && tag >= 0x80 ? ' constructed' : '')).join(' or ');
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
