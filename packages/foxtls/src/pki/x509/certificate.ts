/**
 * The certificate (RFC 5280 §4.1): its declaration, and reading it into the facts that verifying and showing it need.
 *
 * ```
 * Certificate  ::=  SEQUENCE  {
 *      tbsCertificate       TBSCertificate,
 *      signatureAlgorithm   AlgorithmIdentifier,
 *      signatureValue       BIT STRING  }
 *
 * TBSCertificate  ::=  SEQUENCE  {
 *      version         [0]  EXPLICIT Version DEFAULT v1,
 *      serialNumber         CertificateSerialNumber,
 *      signature            AlgorithmIdentifier,
 *      issuer               Name,
 *      validity             Validity,
 *      subject              Name,
 *      subjectPublicKeyInfo SubjectPublicKeyInfo,
 *      issuerUniqueID  [1]  IMPLICIT UniqueIdentifier OPTIONAL,
 *      subjectUniqueID [2]  IMPLICIT UniqueIdentifier OPTIONAL,
 *      extensions      [3]  EXPLICIT Extensions OPTIONAL }
 *
 * Validity ::= SEQUENCE {
 *      notBefore      Time,
 *      notAfter       Time }
 * ```
 */

import type { DerLimits } from '../../core/asn1/der.ts';
import { any, decodeDer, explicit, implicit, optional, sequence, withDefault, withEncoding } from '../../core/asn1/schema.ts';
import { time } from '../../core/asn1/time.ts';
import { bitString, integerContent, octetAlignedBitString, smallInteger } from '../../core/asn1/types.ts';
import { equal, toHex } from '../../core/bytes/bytes.ts';
import { DecodeError } from '../../core/errors/errors.ts';
import type { Hash } from '../../crypto/hash.ts';
import type { KeyType, SignatureAlgorithm } from '../../crypto/signature.ts';
import { algorithmIdentifier } from '../pkcs/algorithm-identifier.ts';
import { readSubjectPublicKeyInfo } from '../pkcs/public-key.ts';
import { readSignatureAlgorithm } from './algorithms.ts';
import { type Extension, extensions, type KnownExtensions, readExtensions } from './extensions.ts';
import { formatIpAddress } from './general-name.ts';
import { type Name, nameType } from './name.ts';

export const tbsCertificate = sequence({
  version: withDefault(explicit(0, smallInteger), 0, { encodedDefaultTolerated: true }),
  serialNumber: integerContent,
  signature: any,
  issuer: nameType,
  validity: sequence({ notBefore: time, notAfter: time }),
  subject: nameType,
  subjectPublicKeyInfo: any,
  issuerUniqueID: optional(implicit(1, bitString)),
  subjectUniqueID: optional(implicit(2, bitString)),
  extensions: optional(explicit(3, extensions)),
});

const certificateType = sequence({
  tbsCertificate: withEncoding(tbsCertificate),
  signatureAlgorithm: withEncoding(algorithmIdentifier),
  signatureValue: octetAlignedBitString,
});

/** A certificate that has been read. All byte strings are views of `raw`. */
export interface Certificate {
  /** The whole certificate, DER. */
  readonly raw: Uint8Array;
  /** What the signature covers. */
  readonly tbsCertificate: Uint8Array;
  readonly version: 1 | 2 | 3;
  /** Hexadecimal, upper case, as Node and OpenSSL print it; a negative one begins with `-`. */
  readonly serialNumber: string;
  readonly issuer: Name;
  readonly subject: Name;
  readonly validFrom: Date;
  readonly validTo: Date;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  /** Undefined for keys that foxtls does not know. */
  readonly keyType: KeyType | undefined;
  /** The contents of the BIT STRING of the key, which key identifiers are hashed from. */
  readonly publicKeyBits: Uint8Array;
  /** Undefined for algorithms that foxtls does not know. */
  readonly signatureAlgorithm: SignatureAlgorithm | undefined;
  readonly signature: Uint8Array;
  /** All extensions, in order, undecoded. */
  readonly extensions: readonly Extension[];
  /** The contents of those that foxtls knows. */
  readonly known: KnownExtensions;
  /** Subject alternative names of type dNSName, as written. */
  readonly dnsNames: readonly string[];
  /** Subject alternative names of type iPAddress, as text. */
  readonly ipAddresses: readonly string[];
  /** Whether basicConstraints says so. */
  readonly isCa: boolean;
  /** Whether subject and issuer are the same name (RFC 5280 §3.2). */
  readonly isSelfIssued: boolean;
}

/**
 * Reads a certificate, DER. Throws `DecodeError` (`ERR_TLS_DECODE`) with the path of the field for anything malformed.
 *
 * ```ts
 * const certificate = parseCertificate(der);
 * certificate.subject.toString();   // CN=example.com,O=Example
 * certificate.validTo;              // Date
 * ```
 */
export function parseCertificate(der: Uint8Array, limits?: DerLimits): Certificate {
  // A copy, so that nobody changes the bytes between verifying and using them.
  const raw = Uint8Array.from(der);
  const { tbsCertificate: tbs, signatureAlgorithm, signatureValue } = decodeDer(certificateType, raw, 'certificate', limits);
  const { version, serialNumber, signature, issuer, validity, subject, ...rest } = tbs.value;
  const tbsPath = 'certificate.tbs_certificate';
  if (version > 2) throw new DecodeError(`${tbsPath}.version`, `versions 1 to 3 exist, ${version + 1} is there`);
  // "This field MUST contain the same algorithm identifier as the signatureAlgorithm field" (RFC 5280 §4.1.2.3)
  if (!equal(signature, signatureAlgorithm.encoded)) {
    throw new DecodeError(`${tbsPath}.signature`, 'the algorithm is not that of signatureAlgorithm');
  }
  checkVersionedFields(version, rest, tbsPath);
  const key = readSubjectPublicKeyInfo(rest.subjectPublicKeyInfo, `${tbsPath}.subject_public_key_info`);
  const known = readExtensions(rest.extensions ?? [], `${tbsPath}.extensions`);
  return Object.freeze({
    raw,
    tbsCertificate: tbs.encoded,
    version: (version + 1) as 1 | 2 | 3,
    serialNumber: formatSerialNumber(serialNumber),
    issuer,
    subject,
    validFrom: validity.notBefore,
    validTo: validity.notAfter,
    publicKey: rest.subjectPublicKeyInfo,
    keyType: key.type,
    publicKeyBits: key.bits,
    signatureAlgorithm: readSignatureAlgorithm(signatureAlgorithm.value, 'certificate.signature_algorithm'),
    signature: signatureValue,
    extensions: rest.extensions ?? [],
    known,
    ...alternativeNames(known),
    isCa: known.basicConstraints?.cA ?? false,
    isSelfIssued: equal(issuer.der, subject.der) || issuer.equals(subject),
  });
}

/** The hash of a certificate as Node prints it: upper-case hexadecimal with colons. */
export function fingerprint(certificate: Certificate, hash: Hash): string {
  return toHex(hash.digest(certificate.raw), ':').toUpperCase();
}

/** Unique identifiers are of version 2, extensions of version 3 (RFC 5280 §4.1.2.8, §4.1.2.9). */
function checkVersionedFields(
  version: number,
  fields: { readonly issuerUniqueID?: unknown; readonly subjectUniqueID?: unknown; readonly extensions?: unknown },
  path: string,
): void {
  if (version < 1 && (fields.issuerUniqueID ?? fields.subjectUniqueID) !== undefined) {
    throw new DecodeError(`${path}.unique_id`, 'unique identifiers are not allowed in version 1');
  }
  if (version < 2 && fields.extensions !== undefined) {
    throw new DecodeError(`${path}.extensions`, `extensions are not allowed in version ${version + 1}`);
  }
}

/** The contents octets of a serial number as text. */
export function formatSerialNumber(content: Uint8Array): string {
  if ((content[0] as number) < 0x80)
    return toHex(content.length > 1 && content[0] === 0 ? content.subarray(1) : content).toUpperCase();
  const magnitude = (1n << BigInt(8 * content.length)) - BigInt(`0x${toHex(content)}`);
  const digits = magnitude.toString(16).toUpperCase();
  return `-${digits.length % 2 === 0 ? '' : '0'}${digits}`;
}

function alternativeNames({ subjectAltName = [] }: KnownExtensions): Pick<Certificate, 'dnsNames' | 'ipAddresses'> {
  return {
    dnsNames: subjectAltName.flatMap((name) => (name.kind === 'dNSName' ? [name.value] : [])),
    ipAddresses: subjectAltName.flatMap((name) => (name.kind === 'iPAddress' ? [formatIpAddress(name.value)] : [])),
  };
}
