/**
 * The hashes of names by which OpenSSL finds certificates in a folder: files, or links to them, are called `4a6481c9.0`.
 *
 * ```
 * new (OpenSSL 1.0.0 and later)   SHA-1 of the canonical name
 * old                             MD5 of the name as it is encoded
 * both                            the first four octets as a little-endian number, in eight hexadecimal digits
 * ```
 * The canonical name is OpenSSL's own: the RDNs without the SEQUENCE around them; in each, the character strings are UTF8String, of ASCII
 * the letters in lower case and white space trimmed and collapsed; other values stay as they are. No RFC has it.
 */

import { type DerElement, readElement, TAG, writeElement } from '../../core/asn1/der.ts';
import { any, decodeDer, encodeDer, sequence, sequenceOf, setOf } from '../../core/asn1/schema.ts';
import { readCharacters, utf8String } from '../../core/asn1/strings.ts';
import { objectIdentifier } from '../../core/asn1/types.ts';
import { concat } from '../../core/bytes/bytes.ts';
import type { Hash } from '../../crypto/hash.ts';
import type { Name } from './name.ts';

/**
 * The hash that OpenSSL's `x509 -subject_hash` prints and that `rehash` names files by. `sha1` is the hash function: no SHA-1 is built in
 * here. For a CRL, take the name of its issuer.
 *
 * ```ts
 * subjectHash(parseCertificate(der).subject, sha1);   // 4a6481c9
 * ```
 */
export function subjectHash(name: Name, sha1: Pick<Hash, 'digest'>): string {
  return firstWord(sha1.digest(canonicalName(name)));
}

/** The hash of OpenSSL before 1.0.0, `x509 -subject_hash_old`; `md5` is the hash function. */
export function subjectHashOld(name: Name, md5: Pick<Hash, 'digest'>): string {
  return firstWord(md5.digest(name.der));
}

const rdnSequence = sequenceOf(setOf(sequence({ type: objectIdentifier, value: any })));
const rdn = setOf(any, 1);
const attribute = sequence({ type: objectIdentifier, value: any });

/** The octets that the new hash is taken of. */
export function canonicalName({ der }: Name): Uint8Array {
  return concat(
    ...decodeDer(rdnSequence, der, 'name').map((attributes) =>
      encodeDer(
        rdn,
        attributes.map(({ type, value }) => encodeDer(attribute, { type, value: canonicalValue(readElement(value, 'value')) })),
      ),
    ),
  );
}

/** NumericString is not among them. */
const FOLDED: ReadonlySet<number> = new Set([
  TAG.UTF8_STRING,
  TAG.BMP_STRING,
  TAG.UNIVERSAL_STRING,
  TAG.PRINTABLE_STRING,
  TAG.TELETEX_STRING,
  TAG.IA5_STRING,
  TAG.VISIBLE_STRING,
]);

function canonicalValue(element: DerElement): Uint8Array {
  if (!FOLDED.has(element.tag)) return element.encoded;
  const text = readCharacters(element)
    .replace(/^[ \t-\r]+|[ \t-\r]+$/g, '')
    .replace(/[ \t-\r]+/g, ' ')
    .replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
  return text === '' ? writeElement(TAG.UTF8_STRING) : encodeDer(utf8String, text);
}

function firstWord(digest: Uint8Array): string {
  return [...digest.subarray(0, 4)]
    .reverse()
    .map((octet) => octet.toString(16).padStart(2, '0'))
    .join('');
}
