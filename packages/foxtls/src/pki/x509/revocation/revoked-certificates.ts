/**
 * The entries of a CRL (RFC 5280 §5.1.2.6, §5.3): found by serial number, and read only when they are asked for.
 *
 * ```
 * revokedCertificates     SEQUENCE OF SEQUENCE  {
 *      userCertificate         CertificateSerialNumber,
 *      revocationDate          Time,
 *      crlEntryExtensions      Extensions OPTIONAL
 *                               -- if present, version MUST be v2
 *                           }  OPTIONAL
 * ```
 * There may be millions. What is kept are the bytes and, from the first question on, twelve bytes an entry: where it begins, and its
 * place in a table by the hash of its serial number. That table is filled by counting, so that serial numbers chosen to collide make
 * one search linear, never the whole quadratic. All entries are checked when the table is made.
 */

import { readElement, TAG } from '../../../core/asn1/der.ts';
import { OID, oidName } from '../../../core/asn1/object-identifiers.ts';
import { decodeDer, optional, readAs, sequence } from '../../../core/asn1/schema.ts';
import { generalizedTime, time } from '../../../core/asn1/time.ts';
import { integerContent } from '../../../core/asn1/types.ts';
import { equal } from '../../../core/bytes/bytes.ts';
import { DecodeError } from '../../../core/errors/errors.ts';
import { formatSerialNumber } from '../certificate.ts';
import { type Extension, extensions } from '../extensions.ts';
import { type GeneralName, generalNames } from '../general-name.ts';
import { isPlainEntry, Scan } from './entry-scan.ts';
import { crlReason, type RevocationReason } from './reasons.ts';
import { serialNumberContent } from './serial-number.ts';

export const revokedCertificate = sequence({
  userCertificate: integerContent,
  revocationDate: time,
  crlEntryExtensions: optional(extensions),
});

/** One entry. */
export interface RevokedCertificate {
  /** Hexadecimal, as `Certificate.serialNumber` has it. */
  readonly serialNumber: string;
  readonly revocationDate: Date;
  /** Undefined when the CRL does not say. */
  readonly reason: RevocationReason | undefined;
  /** Since when the key was compromised, or the certificate otherwise invalid. */
  readonly invalidityDate: Date | undefined;
  /** Who issued the certificate, in an indirect CRL; undefined for the CRL's issuer. */
  readonly certificateIssuer: readonly GeneralName[] | undefined;
  readonly extensions: readonly Extension[];
}

interface Index {
  /** Where each entry begins. */
  readonly starts: Uint32Array;
  /** The entries of bucket `b` are `sorted[buckets[b]]` to `sorted[buckets[b + 1] - 1]`, in the order of the CRL. */
  readonly buckets: Uint32Array;
  readonly sorted: Uint32Array;
  /** The entries that name a certificate issuer: it holds for those that follow, too. In ascending order. */
  readonly issuerMarks: readonly number[];
  readonly unknownCritical: string | undefined;
}

/** Immutable. Whatever needs the entries throws `DecodeError` when one of them is malformed. */
export class RevokedCertificates implements Iterable<RevokedCertificate> {
  readonly #content: Uint8Array;
  readonly #mayHaveExtensions: boolean;
  readonly #path: string;
  #index: Index | undefined;

  /** `content`: the contents octets of revokedCertificates. */
  constructor(content: Uint8Array, mayHaveExtensions: boolean, path: string) {
    this.#content = content;
    this.#mayHaveExtensions = mayHaveExtensions;
    this.#path = path;
  }

  get size(): number {
    return this.#indexed.starts.length;
  }

  /** The first critical extension of an entry that is not known: with one, the CRL must not be used (RFC 5280 §5.3). Dotted, or its name. */
  get unknownCriticalExtension(): string | undefined {
    return this.#indexed.unknownCritical;
  }

  /**
   * The entries with this serial number (as `Certificate.serialNumber` has it, or its contents octets), in order. More than one only in
   * indirect CRLs and odd ones.
   */
  find(wanted: string | Uint8Array): RevokedCertificate[] {
    const { starts, buckets, sorted } = this.#indexed;
    const serialNumber = typeof wanted === 'string' ? serialNumberContent(wanted) : wanted;
    const bucket = hashOf(serialNumber, 0, serialNumber.length) & (buckets.length - 2);
    const scan = new Scan(this.#content);
    const found: RevokedCertificate[] = [];
    for (let at = buckets[bucket] as number; at < (buckets[bucket + 1] as number); at++) {
      const entry = sorted[at] as number;
      scan.serialNumberAt(starts[entry] as number);
      if (equal(this.#content.subarray(scan.contentStart, scan.contentEnd), serialNumber)) found.push(this.#read(entry));
    }
    return found;
  }

  *[Symbol.iterator](): Iterator<RevokedCertificate> {
    for (let entry = 0; entry < this.size; entry++) yield this.#read(entry);
  }

  get #indexed(): Index {
    this.#index ??= makeIndex(this.#content, this.#mayHaveExtensions, this.#path);
    return this.#index;
  }

  #read(entry: number): RevokedCertificate {
    const { userCertificate, revocationDate, crlEntryExtensions = [] } = this.#decode(entry);
    const known = readEntryExtensions(crlEntryExtensions, `${this.#path}[${entry}]`);
    return {
      serialNumber: formatSerialNumber(userCertificate),
      revocationDate,
      reason: known.reason,
      invalidityDate: known.invalidityDate,
      certificateIssuer: known.certificateIssuer ?? this.#inheritedIssuer(entry),
      extensions: crlEntryExtensions,
    };
  }

  #decode(entry: number) {
    return decodeEntry(this.#content, this.#indexed.starts[entry] as number, `${this.#path}[${entry}]`);
  }

  /**
   * "On subsequent entries in an indirect CRL, if this extension is not present, the certificate issuer for the entry is the same as that
   * for the preceding entry." (RFC 5280 §5.3.3)
   */
  #inheritedIssuer(entry: number): readonly GeneralName[] | undefined {
    const { issuerMarks } = this.#indexed;
    let [low, high] = [0, issuerMarks.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((issuerMarks[middle] as number) <= entry) low = middle + 1;
      else high = middle;
    }
    const mark = issuerMarks[low - 1];
    if (mark === undefined) return undefined;
    return readEntryExtensions(this.#decode(mark).crlEntryExtensions ?? [], `${this.#path}[${mark}]`).certificateIssuer;
  }
}

interface EntryExtensions {
  readonly reason: RevocationReason | undefined;
  readonly invalidityDate: Date | undefined;
  readonly certificateIssuer: readonly GeneralName[] | undefined;
  readonly unknownCritical: string | undefined;
}

const KNOWN = new Set<string>([OID.cRLReasons, OID.invalidityDate, OID.certificateIssuer]);

function readEntryExtensions(list: readonly Extension[], path: string): EntryExtensions {
  const values = new Map<string, Uint8Array>();
  let unknownCritical: string | undefined;
  for (const { extnID, critical, extnValue } of list) {
    if (values.has(extnID)) throw new DecodeError(path, `the extension ${oidName(extnID) ?? extnID} is there twice`);
    values.set(extnID, extnValue);
    if (critical && !KNOWN.has(extnID)) unknownCritical ??= oidName(extnID) ?? extnID;
  }
  const [reason, invalidityDate, issuer] = [OID.cRLReasons, OID.invalidityDate, OID.certificateIssuer].map((oid) =>
    values.get(oid),
  );
  return {
    reason: reason && decodeDer(crlReason, reason, `${path}.reason_code`),
    invalidityDate: invalidityDate && decodeDer(generalizedTime, invalidityDate, `${path}.invalidity_date`),
    certificateIssuer: issuer && decodeDer(generalNames, issuer, `${path}.certificate_issuer`),
    unknownCritical,
  };
}

function decodeEntry(content: Uint8Array, start: number, path: string) {
  const scan = new Scan(content);
  if (!scan.next(start, content.length)) return readAs(revokedCertificate, readElement(content.subarray(start), path));
  return decodeDer(revokedCertificate, content.subarray(start, scan.contentEnd), path);
}

function makeIndex(content: Uint8Array, mayHaveExtensions: boolean, path: string): Index {
  const starts = findStarts(content, path);
  const issuerMarks: number[] = [];
  let unknownCritical: string | undefined;
  const scan = new Scan(content);
  for (let entry = 0; entry < starts.length; entry++) {
    const start = starts[entry] as number;
    if (isPlainEntry(scan, start, mayHaveExtensions)) continue;
    // What is rare, and what is wrong: the declaration says which.
    const { crlEntryExtensions } = decodeEntry(content, start, `${path}[${entry}]`);
    if (crlEntryExtensions !== undefined && !mayHaveExtensions) {
      throw new DecodeError(`${path}[${entry}].crl_entry_extensions`, 'extensions are not allowed in version 1');
    }
    const known = readEntryExtensions(crlEntryExtensions ?? [], `${path}[${entry}]`);
    if (known.certificateIssuer !== undefined) issuerMarks.push(entry);
    unknownCritical ??= known.unknownCritical;
  }
  return { starts, ...makeBuckets(content, starts), issuerMarks, unknownCritical };
}

function findStarts(content: Uint8Array, path: string): Uint32Array {
  const scan = new Scan(content);
  let count = 0;
  for (let at = 0; at < content.length; at = scan.contentEnd, count++) {
    // Not an element, or not a SEQUENCE: the declaration finds the words for it.
    if (scan.next(at, content.length) && scan.tag === TAG.SEQUENCE) continue;
    decodeEntry(content, at, `${path}[${count}]`);
    throw new DecodeError(`${path}[${count}]`, 'the entry is malformed');
  }
  const starts = new Uint32Array(count);
  for (let at = 0, entry = 0; entry < count; at = scan.contentEnd, entry++) {
    starts[entry] = at;
    scan.next(at, content.length);
  }
  return starts;
}

function makeBuckets(content: Uint8Array, starts: Uint32Array): Pick<Index, 'buckets' | 'sorted'> {
  const bucketCount = 2 ** Math.ceil(Math.log2(Math.max(starts.length, 1)));
  const scan = new Scan(content);
  const bucketOf = (entry: number) => {
    scan.serialNumberAt(starts[entry] as number);
    return hashOf(content, scan.contentStart, scan.contentEnd) & (bucketCount - 1);
  };
  const buckets = new Uint32Array(bucketCount + 1);
  for (let entry = 0; entry < starts.length; entry++) (buckets[bucketOf(entry)] as number)++;
  // Ends of the buckets, which become their beginnings as they are filled from behind.
  for (let bucket = 1; bucket <= bucketCount; bucket++) {
    buckets[bucket] = (buckets[bucket] as number) + (buckets[bucket - 1] as number);
  }
  const sorted = new Uint32Array(starts.length);
  for (let entry = starts.length - 1; entry >= 0; entry--) {
    const bucket = bucketOf(entry);
    const place = (buckets[bucket] as number) - 1;
    buckets[bucket] = place;
    sorted[place] = entry;
  }
  return { buckets, sorted };
}

/** FNV-1a with a last mixing, for serial numbers that only count up. */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}
