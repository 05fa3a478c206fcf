/**
 * Folders of certificates in which OpenSSL finds an issuer by the hash of its name, and making one.
 *
 * ```
 * 4a6481c9.0   a certificate whose subject has this hash        4a6481c9.r0   a CRL whose issuer has it
 * 4a6481c9.1   another one whose subject has the same hash
 * ```
 * The names are links to the files that people put there, or copies of them.
 */

import { copyFileSync, existsSync, lstatSync, readdirSync, readFileSync, symlinkSync, unlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { readElement } from '../core/asn1/der.ts';
import { parsePem } from '../core/asn1/pem.ts';
import { equal, fromLatin1, toHex } from '../core/bytes/bytes.ts';
import { DecodeError } from '../core/errors/errors.ts';
import { parseCertificate } from '../pki/x509/certificate.ts';
import { Name } from '../pki/x509/name.ts';
import { subjectHash, subjectHashOld } from '../pki/x509/subject-hash.ts';
import { type BundleProblem, type CertificateBundle, readCertificateBundle } from './certificate-bundle.ts';
import { md5, sha1 } from './provider.ts';

const HASHED_NAME = /^[0-9a-f]{8}\.(r?)[0-9]+$/;
/** What people put into such folders: the extensions that OpenSSL's rehash looks at. */
const CANDIDATE = /\.(pem|crt|cer|crl)$/i;

/** All certificates of a folder with hashed names, each file once. Throws what the file system throws. */
export function readTrustFolder(path: string): CertificateBundle {
  const hashed = readdirSync(path).filter((name) => HASHED_NAME.exec(name)?.[1] === '');
  const bundles = hashed.sort().map((name) => readFileOf(path, name));
  return {
    certificates: bundles.flatMap(({ certificates }) => certificates),
    problems: bundles.flatMap(({ problems }) => problems),
  };
}

/**
 * The certificates, DER, whose subject is `name`: reads only the files that the name's hash leads to, as OpenSSL does. A folder that is
 * not there has none.
 *
 * ```ts
 * const issuers = findInTrustFolder('/etc/ssl/certs', certificate.issuer);
 * ```
 */
export function findInTrustFolder(path: string, name: Name): Uint8Array[] {
  const found: Uint8Array[] = [];
  for (const hash of new Set([subjectHash(name, sha1), subjectHashOld(name, md5)])) {
    for (let number = 0; ; number++) {
      const bundle = readIfThere(path, `${hash}.${number}`);
      if (bundle === undefined) break;
      found.push(...bundle.certificates.filter((der) => parseCertificate(der).subject.equals(name)));
    }
  }
  return found;
}

export interface RehashOptions {
  /** Which names to make: OpenSSL's of today (`new`, unless set), those before 1.0.0, or both. */
  readonly hash?: 'new' | 'old' | 'both';
  /** Copies instead of symbolic links, for file systems that have none. */
  readonly copy?: boolean;
}

export interface RehashReport {
  /** The names made, each with the file that it stands for. */
  readonly made: readonly { readonly name: string; readonly file: string }[];
  /** Links of earlier runs, removed. */
  readonly removed: readonly string[];
  /** Files left out: no certificate or CRL in them, more than one, or the same as in another file. */
  readonly skipped: readonly { readonly file: string; readonly reason: string }[];
}

/**
 * Gives the certificates and CRLs of a folder their hashed names, as `openssl rehash` does: removes the links that are there, looks at
 * each `.pem`, `.crt`, `.cer` and `.crl` that holds exactly one, and links it. Files that are not links stay untouched. Throws what the
 * file system throws.
 *
 * ```ts
 * for (const { name, file } of rehashFolder('certs').made) console.log(`${file} => ${name}`);
 * ```
 */
export function rehashFolder(path: string, { hash = 'new', copy = false }: RehashOptions = {}): RehashReport {
  const names = readdirSync(path).sort();
  const removed = names.filter((name) => HASHED_NAME.test(name) && lstatSync(join(path, name)).isSymbolicLink());
  for (const name of removed) unlinkSync(join(path, name));
  const taken = new Set(names.filter((name) => !removed.includes(name)));
  const made: { name: string; file: string }[] = [];
  const skipped: { file: string; reason: string }[] = [];
  const seen = new Map<string, string>();
  for (const file of names.filter((name) => CANDIDATE.test(name) && !HASHED_NAME.test(name))) {
    const entry = readEntry(path, file);
    const twin = typeof entry === 'string' ? undefined : seen.get(toHex(sha1.digest(entry.der)));
    if (typeof entry === 'string' || twin !== undefined) {
      skipped.push({ file, reason: typeof entry === 'string' ? entry : `it holds the same as ${twin}` });
      continue;
    }
    seen.set(toHex(sha1.digest(entry.der)), file);
    for (const name of hashedNames(path, entry, hash, taken)) {
      // A copy of an earlier run.
      if (isCopy(join(path, name), entry)) continue;
      if (copy) copyFileSync(join(path, file), join(path, name));
      else symlinkSync(file, join(path, name));
      made.push({ name, file });
    }
  }
  return { made, removed, skipped };
}

interface Entry {
  readonly der: Uint8Array;
  readonly name: Name;
  readonly isCrl: boolean;
}

/** The names of an entry that are free, or that a copy of it has; they are taken then. */
function hashedNames(path: string, entry: Entry, kind: 'new' | 'old' | 'both', taken: Set<string>): string[] {
  const { name, isCrl } = entry;
  const hashes = [...(kind === 'old' ? [] : [subjectHash(name, sha1)]), ...(kind === 'new' ? [] : [subjectHashOld(name, md5)])];
  return hashes.map((hash) => {
    for (let number = 0; ; number++) {
      const free = `${hash}.${isCrl ? 'r' : ''}${number}`;
      if (taken.has(free) && !isCopy(join(path, free), entry)) continue;
      taken.add(free);
      return free;
    }
  });
}

function isCopy(path: string, { der }: Entry): boolean {
  const other = existsSync(path) ? readEntry(dirname(path), basename(path)) : '';
  return typeof other !== 'string' && equal(other.der, der);
}

/** The one certificate or CRL of a file, or why it is left out. */
function readEntry(path: string, file: string): Entry | string {
  let data: Uint8Array;
  try {
    data = readFileSync(join(path, file));
  } catch (error) {
    return `it cannot be read: ${(error as Error).message}`;
  }
  try {
    const crls = parsePem(fromLatin1(data)).filter(({ label }) => label === 'X509 CRL');
    const { certificates, problems } = readCertificateBundle(data, file);
    const [der = crls[0]?.data] = certificates;
    if (certificates.length + crls.length !== 1 || der === undefined) {
      return problems[0]?.error.message ?? 'it does not hold exactly one certificate or CRL';
    }
    const isCrl = crls.length === 1;
    return { der, isCrl, name: isCrl ? issuerOfCrl(der) : parseCertificate(der).subject };
  } catch (error) {
    if (error instanceof DecodeError) return error.message;
    throw error;
  }
}

/** The issuer stands behind the version, if there is one, and the algorithm (RFC 5280 §5.1). */
function issuerOfCrl(der: Uint8Array): Name {
  const fields = readElement(der, 'certificate_list').children().next('tbs_cert_list').children();
  const first = fields.next('version');
  if (first.tag === INTEGER) fields.next('signature');
  const issuer = fields.next('issuer');
  return new Name(issuer.encoded, issuer.path);
}

const INTEGER = 0x02;

function readFileOf(path: string, name: string): CertificateBundle {
  try {
    return readCertificateBundle(readFileSync(join(path, name)), join(path, name));
  } catch (cause) {
    // A link to a file that is gone, as they lie about in such folders.
    const error = new DecodeError('file', (cause as Error).message, { cause });
    return { certificates: [], problems: [{ place: join(path, name), error } satisfies BundleProblem] };
  }
}

function readIfThere(path: string, name: string): CertificateBundle | undefined {
  try {
    return readCertificateBundle(readFileSync(join(path, name)), join(path, name));
  } catch {
    return undefined;
  }
}
