/**
 * The Basic Encoding Rules (X.690 §8) turned into DER's form: the one reader of BER here, for PKCS#7, CMS and PKCS#12 alone.
 *
 * ```
 * 30 80 … 00 00             indefinite length            →  30 len …
 * 30 84 00 00 00 05 …       length longer than needed    →  30 05 …
 * 24 80 04 02 … 04 01 … 00 00   string in pieces         →  04 03 …
 * ```
 * RFC 5652 writes eContent and encryptedContent in BER, so that they can be streamed; all else of CMS, and every certificate inside, is
 * DER already and comes through unchanged, byte for byte. The types behind IMPLICIT tags are unknown here: a string in pieces under such
 * a tag keeps its pieces (`octetStringInPieces` reads it), and the items of a SET keep their order.
 *
 * Invariants: time and memory grow with size × depth at most; elements nest no deeper than a limit. What comes out is still to be read by
 * the strict reader.
 */

import { concatAll, copyOf } from '../bytes/bytes.ts';
import { DecodeError } from '../errors/errors.ts';
import { contextTag, type DerLimits, isConstructed, TAG, writeElement } from './der.ts';
import { type DerType, sequenceOf, setOf } from './schema.ts';

const DEFAULT_MAX_SIZE = 1 << 24;
const DEFAULT_MAX_DEPTH = 32;
const CONSTRUCTED = 0x20;
const NUMBER_MASK = 0x1f;
const END_OF_CONTENTS = 0x00;

/** The universal strings that BER lets come in pieces (X.690 §8.6.4, §8.7.3, §8.23.6). */
const STRING_TAGS: ReadonlySet<number> = new Set([
  TAG.BIT_STRING,
  TAG.OCTET_STRING,
  TAG.UTF8_STRING,
  TAG.NUMERIC_STRING,
  TAG.PRINTABLE_STRING,
  TAG.TELETEX_STRING,
  TAG.IA5_STRING,
  TAG.VISIBLE_STRING,
  TAG.UNIVERSAL_STRING,
  TAG.BMP_STRING,
]);

/**
 * One element of BER, with definite lengths in their shortest form and with whole strings: newly allocated.
 *
 * Throws `DecodeError` (`ERR_TLS_DECODE`) for what is cut off, has bytes after it, nests deeper than `limits.maxDepth` (32) or is larger
 * than `limits.maxSize` (16 MiB). `name` is the path in errors.
 *
 * ```ts
 * const contentInfo = decodeDer(contentInfoType, normalizeBer(bytes, 'content_info'), 'content_info');
 * ```
 */
export function normalizeBer(bytes: Uint8Array, name: string, limits: DerLimits = {}): Uint8Array {
  const { maxSize = DEFAULT_MAX_SIZE, maxDepth = DEFAULT_MAX_DEPTH } = limits;
  if (bytes.length > maxSize) throw new DecodeError(name, `${bytes.length} bytes are more than the limit of ${maxSize}`);
  const normalizer = new Normalizer(bytes, name, maxDepth);
  normalizer.element(bytes.length, 1);
  return normalizer.finish();
}

/** A string in pieces behind an IMPLICIT tag `[number]`, or a whole one: what BER makes of `[number] IMPLICIT OCTET STRING`. */
export function octetStringInPieces(number: number): DerType<Uint8Array> {
  const [whole, inPieces] = [contextTag(number, false), contextTag(number, true)];
  return {
    tags: [whole, inPieces],
    read(element) {
      if (element.tag === whole) return element.content;
      const pieces: Uint8Array[] = [];
      const cursor = element.children();
      while (cursor.peek() !== undefined) {
        const piece = cursor.next(`[${pieces.length}]`);
        if (piece.tag !== TAG.OCTET_STRING) piece.fail('a piece of an OCTET STRING is expected');
        pieces.push(piece.content);
      }
      return concatAll(pieces);
    },
    write: (value) => writeElement(whole, value),
  };
}

/** `SET OF T` whose items stand in any order, as BER lets them; it is written in DER's order. */
export function setInAnyOrder<T>(type: DerType<T>): DerType<readonly T[]> {
  return { tags: [TAG.SET], read: sequenceOf(type).read, write: setOf(type).write };
}

/** Reads forward, and writes each element behind the last; a header is put before its contents when their length is known. */
class Normalizer {
  readonly #input: Uint8Array;
  readonly #name: string;
  readonly #maxDepth: number;
  readonly #output: Uint8Array;
  #at = 0;
  #written = 0;

  constructor(input: Uint8Array, name: string, maxDepth: number) {
    this.#input = input;
    this.#name = name;
    this.#maxDepth = maxDepth;
    // A definite length takes up to two bytes more than an indefinite one, where there are 64 KiB of contents or more; 8 spare ones are
    // for the header that is not yet cut to size.
    this.#output = new Uint8Array(input.length + 2 * maxDepth * ((input.length >> 16) + 1) + 8);
  }

  finish(): Uint8Array {
    if (this.#at !== this.#input.length) this.#fail(`${this.#input.length - this.#at} bytes follow the last expected element`);
    return copyOf(this.#output.subarray(0, this.#written));
  }

  /** One element that ends before `end`. */
  element(end: number, depth: number): void {
    if (depth > this.#maxDepth) this.#fail(`elements nest deeper than ${this.#maxDepth} levels`);
    const tag = this.#octet(end);
    if ((tag & NUMBER_MASK) === NUMBER_MASK) this.#fail('tag numbers above 30 are not supported');
    if (tag === END_OF_CONTENTS) this.#fail('the end of contents stands where an element is expected');
    const contentEnd = this.#contentEnd(tag, end);
    const start = this.#written;
    if (!isConstructed(tag)) {
      this.#copy(contentEnd as number);
      this.#putHeader(tag, start);
      return;
    }
    const isString = STRING_TAGS.has(tag & ~CONSTRUCTED);
    if (isString) this.#pieces(tag & ~CONSTRUCTED, contentEnd, end, depth);
    else this.#children(contentEnd, end, () => this.element(contentEnd ?? end, depth + 1));
    this.#putHeader(isString ? tag & ~CONSTRUCTED : tag, start);
  }

  /** The contents of a string, of its pieces that is, which may be in pieces themselves (X.690 §8.7.3.2). */
  #pieces(tag: number, contentEnd: number | undefined, end: number, depth: number): void {
    if (tag === TAG.BIT_STRING) this.#fail('a BIT STRING in pieces is not supported');
    if (depth > this.#maxDepth) this.#fail(`elements nest deeper than ${this.#maxDepth} levels`);
    this.#children(contentEnd, end, () => {
      const pieceTag = this.#octet(contentEnd ?? end);
      // X.690 §8.23.6: the pieces of a character string are OCTET STRINGs in theory; both are met.
      if ((pieceTag & ~CONSTRUCTED) !== tag && (pieceTag & ~CONSTRUCTED) !== TAG.OCTET_STRING) {
        this.#fail('a string has a piece that is no string');
      }
      const pieceEnd = this.#contentEnd(pieceTag, contentEnd ?? end);
      if (isConstructed(pieceTag)) this.#pieces(tag, pieceEnd, contentEnd ?? end, depth + 1);
      else this.#copy(pieceEnd as number);
    });
  }

  /** Reads children to `contentEnd`, or to the end of contents when the length is indefinite. */
  #children(contentEnd: number | undefined, end: number, readChild: () => void): void {
    if (contentEnd !== undefined) {
      while (this.#at < contentEnd) readChild();
      return;
    }
    for (;;) {
      if (this.#at >= end) this.#fail('the input ends inside the element');
      if (this.#input[this.#at] === END_OF_CONTENTS) break;
      readChild();
    }
    this.#at++;
    if (this.#octet(end) !== 0) this.#fail('the end of contents has contents');
  }

  /** Reads a length: where the contents end, or undefined when it is indefinite. */
  #contentEnd(tag: number, end: number): number | undefined {
    const first = this.#octet(end);
    if (first === 0x80) {
      if (!isConstructed(tag)) this.#fail('the length of a primitive element is indefinite');
      return undefined;
    }
    let length = first;
    if (first > 0x80) {
      const count = first & 0x7f;
      if (count > 8) this.#fail(`a length of ${count} octets is too long`);
      length = 0;
      for (let i = 0; i < count; i++) length = length * 256 + this.#octet(end);
    }
    if (length > end - this.#at) this.#fail(`the length is ${length}, but ${end - this.#at} bytes are left`);
    return this.#at + length;
  }

  #copy(end: number): void {
    this.#output.set(this.#input.subarray(this.#at, end), this.#written);
    this.#written += end - this.#at;
    this.#at = end;
  }

  /** Moves what was written since `start` to make room for its header. */
  #putHeader(tag: number, start: number): void {
    const length = this.#written - start;
    const lengthSize = length < 0x80 ? 0 : length < 0x100 ? 1 : length < 0x10000 ? 2 : length < 0x1000000 ? 3 : 4;
    const output = this.#output;
    output.copyWithin(start + 2 + lengthSize, start, this.#written);
    output[start] = tag;
    output[start + 1] = lengthSize === 0 ? length : 0x80 | lengthSize;
    for (let i = 0; i < lengthSize; i++) output[start + 1 + lengthSize - i] = Math.floor(length / 256 ** i);
    this.#written += 2 + lengthSize;
  }

  #octet(end: number): number {
    if (this.#at >= end) this.#fail('the input ends inside the element');
    return this.#input[this.#at++] as number;
  }

  #fail(problem: string): never {
    throw new DecodeError(this.#name, `${problem} (at byte ${this.#at})`);
  }
}
