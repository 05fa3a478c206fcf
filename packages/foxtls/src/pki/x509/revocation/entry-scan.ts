/**
 * A hand-written reader for the entries of CRLs, of which there are many: no object is made for any of them (X.690 §8, RFC 5280 §5.1.2.6).
 *
 * It knows the plain form that nearly all entries have: serial number, date, and at most a reason and a date of invalidity. Whatever it
 * does not know, it leaves to the declaration of the entry, which is the one that decides.
 */

import { TAG } from '../../../core/asn1/der.ts';
import { reasonOfCode } from './reasons.ts';

/** Where the element lies that was read last. */
export class Scan {
  readonly bytes: Uint8Array;
  tag = 0;
  contentStart = 0;
  contentEnd = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** Reads the header of the element at `start`; false if it is not in DER or does not end before `limit`. */
  next(start: number, limit: number): boolean {
    const { bytes } = this;
    if (start + 2 > limit) return false;
    this.tag = bytes[start] as number;
    const first = bytes[start + 1] as number;
    const octets = first < 0x80 ? 0 : first & 0x7f;
    if (first === 0x80 || octets > 4 || start + 2 + octets > limit) return false;
    let length = octets === 0 ? first : 0;
    for (let i = 0; i < octets; i++) length = length * 256 + (bytes[start + 2 + i] as number);
    if (octets > 0 && (length < 0x80 || length < 256 ** (octets - 1))) return false;
    this.contentStart = start + 2 + octets;
    this.contentEnd = this.contentStart + length;
    return this.contentEnd <= limit;
  }

  /** The same, for an element that must have this tag. */
  nextIs(tag: number, start: number, limit: number): boolean {
    return this.next(start, limit) && this.tag === tag;
  }

  /** Goes to the serial number of the entry at `start`, which has been checked. */
  serialNumberAt(start: number): void {
    this.next(start, this.bytes.length);
    this.next(this.contentStart, this.contentEnd);
  }
}

/** Whether the entry at `start` is well-formed and of the plain form. */
export function isPlainEntry(scan: Scan, start: number, mayHaveExtensions: boolean): boolean {
  if (!scan.nextIs(TAG.SEQUENCE, start, scan.bytes.length)) return false;
  const end = scan.contentEnd;
  if (!scan.nextIs(TAG.INTEGER, scan.contentStart, end) || !isShortestInteger(scan)) return false;
  if (!scan.next(scan.contentEnd, end) || !isTime(scan)) return false;
  if (scan.contentEnd === end) return true;
  return (
    mayHaveExtensions && scan.nextIs(TAG.SEQUENCE, scan.contentEnd, end) && scan.contentEnd === end && hasPlainExtensions(scan)
  );
}

function isShortestInteger({ bytes, contentStart, contentEnd }: Scan): boolean {
  if (contentEnd === contentStart) return false;
  if (contentEnd - contentStart === 1) return true;
  const first = bytes[contentStart] as number;
  const second = bytes[contentStart + 1] as number;
  return !((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80));
}

/** UTCTime or GeneralizedTime of a day and an hour that there are. */
function isTime({ bytes, tag, contentStart, contentEnd }: Scan): boolean {
  const yearDigits = tag === TAG.UTC_TIME ? 2 : tag === TAG.GENERALIZED_TIME ? 4 : 0;
  if (yearDigits === 0 || contentEnd - contentStart !== yearDigits + 11 || bytes[contentEnd - 1] !== 0x5a) return false;
  for (let at = contentStart; at < contentEnd - 1; at++) {
    if ((bytes[at] as number) < 0x30 || (bytes[at] as number) > 0x39) return false;
  }
  const monthAt = contentStart + yearDigits;
  const day = numberAt(bytes, monthAt + 2);
  if (day < 1 || day > (DAYS[numberAt(bytes, monthAt)] ?? 0)) return false;
  return numberAt(bytes, monthAt + 4) < 24 && numberAt(bytes, monthAt + 6) < 60 && numberAt(bytes, monthAt + 8) < 60;
}

/** Days of the months, counted from 1; the 29th of February is left to the declaration. */
const DAYS: readonly number[] = [0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function numberAt(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) * 10 + (bytes[at + 1] as number) - 0x30 * 11;
}

/** id-ce: 2.5.29, as two octets in a big-endian number. */
const ID_CE = 0x551d;
const REASON = 21;
const INVALIDITY_DATE = 24;

/** Reasons and dates of invalidity, each at most once, not critical. */
function hasPlainExtensions(scan: Scan): boolean {
  const end = scan.contentEnd;
  let seen = 0;
  for (let at = scan.contentStart; at < end; at = scan.contentEnd) {
    if (!scan.nextIs(TAG.SEQUENCE, at, end)) return false;
    const extensionEnd = scan.contentEnd;
    if (!scan.nextIs(TAG.OBJECT_IDENTIFIER, scan.contentStart, extensionEnd)) return false;
    const arc = standardArc(scan);
    if ((arc !== REASON && arc !== INVALIDITY_DATE) || seen === arc) return false;
    // Two are the most that can pass, so the last one is all that has to be remembered.
    if (seen !== 0 && extensionEnd !== end) return false;
    seen = arc;
    if (!scan.nextIs(TAG.OCTET_STRING, scan.contentEnd, extensionEnd) || scan.contentEnd !== extensionEnd) return false;
    if (!scan.next(scan.contentStart, extensionEnd) || scan.contentEnd !== extensionEnd) return false;
    if (arc === REASON ? !isReason(scan) : scan.tag !== TAG.GENERALIZED_TIME || !isTime(scan)) return false;
  }
  return seen !== 0;
}

/** The x of 2.5.29.x. */
function standardArc({ bytes, contentStart, contentEnd }: Scan): number | undefined {
  const prefix = ((bytes[contentStart] as number) << 8) | (bytes[contentStart + 1] as number);
  return contentEnd - contentStart === 3 && prefix === ID_CE ? bytes[contentStart + 2] : undefined;
}

function isReason({ bytes, tag, contentStart, contentEnd }: Scan): boolean {
  return tag === TAG.ENUMERATED && contentEnd - contentStart === 1 && reasonOfCode(bytes[contentStart] as number) !== undefined;
}
