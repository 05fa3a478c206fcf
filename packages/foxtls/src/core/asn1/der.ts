/**
 * The Distinguished Encoding Rules (X.690 §8, §10) as elements: a tag, a length, contents; strict, because signatures cover them.
 *
 * ```
 * identifier octet   length octets                       contents octets
 * cc c nnnnn         0lllllll | 1000 00kk, k octets      …
 * ```
 * Invariants: an element lies wholly inside its parent; lengths are definite and as short as can be; elements nest no deeper than a
 * limit. Nothing is copied: what is read is a view of the input. Errors name the field that was being read.
 */

import { DecodeError } from '../errors/errors.ts';

/** Identifier octets (class, constructed bit and number together) of the universal types that certificates and keys use. */
export const TAG = {
  BOOLEAN: 0x01,
  INTEGER: 0x02,
  BIT_STRING: 0x03,
  OCTET_STRING: 0x04,
  NULL: 0x05,
  OBJECT_IDENTIFIER: 0x06,
  ENUMERATED: 0x0a,
  UTF8_STRING: 0x0c,
  SEQUENCE: 0x30,
  SET: 0x31,
  NUMERIC_STRING: 0x12,
  PRINTABLE_STRING: 0x13,
  TELETEX_STRING: 0x14,
  IA5_STRING: 0x16,
  UTC_TIME: 0x17,
  GENERALIZED_TIME: 0x18,
  VISIBLE_STRING: 0x1a,
  UNIVERSAL_STRING: 0x1c,
  BMP_STRING: 0x1e,
} as const;

const CONSTRUCTED = 0x20;
const CONTEXT_SPECIFIC = 0x80;
const NUMBER_MASK = 0x1f;

/** What a reader accepts at most. */
export interface DerLimits {
  /** Bytes of the whole input; 16 MiB unless set. */
  readonly maxSize?: number;
  /** Levels of nesting; 32 unless set. */
  readonly maxDepth?: number;
}

const DEFAULT_MAX_SIZE = 1 << 24;
const DEFAULT_MAX_DEPTH = 32;

/** The identifier octet `[number]`; constructed for EXPLICIT tags and for IMPLICIT tags of constructed types. */
export function contextTag(number: number, constructed: boolean): number {
  return CONTEXT_SPECIFIC | (constructed ? CONSTRUCTED : 0) | number;
}

/** Whether the contents of an element with this identifier octet are elements again. */
export function isConstructed(tag: number): boolean {
  return (tag & CONSTRUCTED) !== 0;
}

/** The same type under the IMPLICIT tag `[number]` (X.690 §8.14.3): the constructed bit stays as it was. */
export function implicitTag(number: number, tag: number): number {
  return contextTag(number, isConstructed(tag));
}

/** One element of the input. */
export class DerElement {
  readonly tag: number;
  readonly #source: Uint8Array;
  readonly #start: number;
  readonly #contentStart: number;
  readonly #end: number;
  readonly #parent: DerElement | undefined;
  readonly #name: string;
  readonly #depth: number;
  readonly #maxDepth: number;

  constructor(
    source: Uint8Array,
    position: { readonly tag: number; readonly start: number; readonly contentStart: number; readonly end: number },
    name: string,
    parent: DerElement | undefined,
    maxDepth: number,
  ) {
    this.tag = position.tag;
    this.#source = source;
    this.#start = position.start;
    this.#contentStart = position.contentStart;
    this.#end = position.end;
    this.#name = name;
    this.#parent = parent;
    this.#depth = parent === undefined ? 1 : parent.#depth + 1;
    this.#maxDepth = maxDepth;
    if (this.#depth > maxDepth) this.fail(`elements nest deeper than ${maxDepth} levels`);
  }

  /** Identifier, length and contents: a view. */
  get encoded(): Uint8Array {
    return this.#source.subarray(this.#start, this.#end);
  }

  /** The contents octets: a view. */
  get content(): Uint8Array {
    return this.#source.subarray(this.#contentStart, this.#end);
  }

  /** The field's path, as `certificate.tbs_certificate.validity`. Names that begin with `[` attach without a dot. */
  get path(): string {
    if (this.#parent === undefined) return this.#name;
    return joinPath(this.#parent.path, this.#name);
  }

  /** Throws the `DecodeError` of this field. */
  fail(problem: string): never {
    throw new DecodeError(this.path, problem);
  }

  /** A cursor over the elements inside. */
  children(): DerCursor {
    if (!isConstructed(this.tag)) this.fail(`a constructed element is expected, the tag is ${formatTag(this.tag)}`);
    return new DerCursor(this.#source, this.#contentStart, this.#end, this, this.#maxDepth);
  }

  /** The one element inside the contents of a primitive element, as an extension's value in its OCTET STRING. */
  contained(name: string, offset = 0): DerElement {
    const cursor = new DerCursor(this.#source, this.#contentStart + offset, this.#end, this, this.#maxDepth);
    const element = cursor.next(name);
    cursor.expectEnd();
    return element;
  }
}

/** Reads elements one after the other within their parent. */
export class DerCursor {
  readonly #source: Uint8Array;
  readonly #end: number;
  readonly #parent: DerElement | undefined;
  readonly #maxDepth: number;
  #at: number;
  #rootName = '';

  constructor(source: Uint8Array, start: number, end: number, parent: DerElement | undefined, maxDepth: number) {
    this.#source = source;
    this.#at = start;
    this.#end = end;
    this.#parent = parent;
    this.#maxDepth = maxDepth;
  }

  /** The next element's identifier octet, or undefined at the end. */
  peek(): number | undefined {
    return this.#at < this.#end ? this.#source[this.#at] : undefined;
  }

  /** Reads the next element, whose field is called `name`. */
  next(name: string): DerElement {
    if (this.#parent === undefined) this.#rootName = name;
    const start = this.#at;
    const tag = this.#octet(name);
    if ((tag & NUMBER_MASK) === NUMBER_MASK) this.#fail(name, 'tag numbers above 30 are not supported');
    const length = this.#length(name);
    const contentStart = this.#at;
    if (length > this.#end - contentStart) {
      this.#fail(name, `the length is ${length}, but ${this.#end - contentStart} bytes are left`);
    }
    this.#at = contentStart + length;
    return new DerElement(this.#source, { tag, start, contentStart, end: this.#at }, name, this.#parent, this.#maxDepth);
  }

  /** Throws if anything is left. */
  expectEnd(): void {
    if (this.#at >= this.#end) return;
    const problem = `${this.#end - this.#at} bytes follow the last expected element`;
    if (this.#parent === undefined) throw new DecodeError(this.#rootName, problem);
    this.#parent.fail(problem);
  }

  /** X.690 §10.1: the definite form, in the fewest octets. */
  #length(name: string): number {
    const first = this.#octet(name);
    if (first < 0x80) return first;
    if (first === 0x80) this.#fail(name, 'the length is indefinite, which DER forbids');
    const count = first & 0x7f;
    if (count > 4) this.#fail(name, `a length of ${count} octets is too long`);
    let length = 0;
    for (let i = 0; i < count; i++) length = length * 256 + this.#octet(name);
    if (length < 0x80 || length < 256 ** (count - 1)) this.#fail(name, 'the length is not in its shortest form');
    return length;
  }

  #octet(name: string): number {
    if (this.#at >= this.#end) this.#fail(name, 'the input ends inside the element');
    return this.#source[this.#at++] as number;
  }

  #fail(name: string, problem: string): never {
    throw new DecodeError(this.#parent === undefined ? name : joinPath(this.#parent.path, name), problem);
  }
}

/** Reads `bytes` as exactly one element. `name` begins the path in errors. Throws `DecodeError`. */
export function readElement(bytes: Uint8Array, name: string, limits: DerLimits = {}): DerElement {
  const { maxSize = DEFAULT_MAX_SIZE, maxDepth = DEFAULT_MAX_DEPTH } = limits;
  if (bytes.length > maxSize) throw new DecodeError(name, `${bytes.length} bytes are more than the limit of ${maxSize}`);
  const cursor = new DerCursor(bytes, 0, bytes.length, undefined, maxDepth);
  const element = cursor.next(name);
  cursor.expectEnd();
  return element;
}

/** An element with these contents. */
export function writeElement(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of contents) length += part.length;
  const lengthSize = length < 0x80 ? 0 : length < 0x100 ? 1 : length < 0x10000 ? 2 : length < 0x1000000 ? 3 : 4;
  const element = new Uint8Array(2 + lengthSize + length);
  element[0] = tag;
  element[1] = lengthSize === 0 ? length : 0x80 | lengthSize;
  for (let i = 0; i < lengthSize; i++) element[1 + lengthSize - i] = Math.floor(length / 256 ** i);
  let at = 2 + lengthSize;
  for (const part of contents) {
    element.set(part, at);
    at += part.length;
  }
  return element;
}

const TAG_NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(TAG).map(([name, tag]) => [tag, name.replaceAll('_', ' ')] as const),
);

/** An identifier octet for messages: `SEQUENCE`, `[3]`, `0x7e`. */
export function formatTag(tag: number): string {
  const name = TAG_NAMES.get(tag);
  if (name !== undefined) return name;
  if ((tag & 0xc0) === CONTEXT_SPECIFIC) return `[${tag & NUMBER_MASK}]`;
  return `0x${tag.toString(16).padStart(2, '0')}`;
}

function joinPath(parent: string, name: string): string {
  return name.startsWith('[') ? parent + name : `${parent}.${name}`;
}
