/**
 * The certificate revocation list (RFC 5280 §5.1, §5.2): its declaration, and reading it.
 *
 * ```
 * CertificateList  ::=  SEQUENCE  {
 *      tbsCertList          TBSCertList,
 *      signatureAlgorithm   AlgorithmIdentifier,
 *      signatureValue       BIT STRING  }
 *
 * TBSCertList  ::=  SEQUENCE  {
 *      version                 Version OPTIONAL,
 *                                   -- if present, MUST be v2
 *      signature               AlgorithmIdentifier,
 *      issuer                  Name,
 *      thisUpdate              Time,
 *      nextUpdate              Time OPTIONAL,
 *      revokedCertificates     SEQUENCE OF SEQUENCE  { … }  OPTIONAL,
 *      crlExtensions           [0]  EXPLICIT Extensions OPTIONAL
 *                                    -- if present, MUST be v2
 *                              }
 * ```
 */

import { type DerLimits, TAG, writeElement } from '../../../core/asn1/der.ts';
import { OID, oidName } from '../../../core/asn1/object-identifiers.ts';
import { formatPem, parsePem } from '../../../core/asn1/pem.ts';
import {
  any,
  type DerType,
  type DerValue,
  decodeDer,
  explicit,
  fieldLabel,
  mapped,
  optional,
  sequence,
  withEncoding,
} from '../../../core/asn1/schema.ts';
import { time } from '../../../core/asn1/time.ts';
import { integer, octetAlignedBitString, smallInteger } from '../../../core/asn1/types.ts';
import { copyOf, equal } from '../../../core/bytes/bytes.ts';
import { DecodeError } from '../../../core/errors/errors.ts';
import type { SignatureAlgorithm } from '../../../crypto/signature.ts';
import { algorithmIdentifier } from '../../pkcs/algorithm-identifier.ts';
import { readSignatureAlgorithm } from '../algorithms.ts';
import { authorityKeyIdentifier, type Extension, extensions } from '../extensions.ts';
import { type Name, nameType } from '../name.ts';
import { crlDistributionPoints, type IssuingDistributionPoint, issuingDistributionPoint } from './distribution-points.ts';
import { RevokedCertificates } from './revoked-certificates.ts';

/** A SEQUENCE whose contents are read by somebody else, later. */
const unreadSequence: DerType<Uint8Array> = {
  tags: [TAG.SEQUENCE],
  read: (element) => element.content,
  write: (content) => writeElement(TAG.SEQUENCE, content),
};

export const tbsCertList = sequence({
  version: optional(smallInteger),
  signature: any,
  issuer: nameType,
  thisUpdate: time,
  nextUpdate: optional(time),
  revokedCertificates: optional(unreadSequence),
  crlExtensions: optional(explicit(0, extensions)),
});

const certificateList = sequence({
  tbsCertList: withEncoding(tbsCertList),
  signatureAlgorithm: withEncoding(algorithmIdentifier),
  signatureValue: octetAlignedBitString,
});

/** "CRL verifiers MUST be able to handle CRLNumber values up to 20 octets." (RFC 5280 §5.2.3) */
export const crlNumber: DerType<bigint> = mapped(
  integer,
  (value, element) => {
    if (element.content.length > 20 || value < 0n) element.fail('a CRL number has at most 20 octets and is not negative');
    return value;
  },
  (value) => value,
);

/** The extensions whose contents are read. An absent one is undefined. */
export interface KnownCrlExtensions {
  readonly authorityKeyIdentifier?: DerValue<typeof authorityKeyIdentifier>;
  readonly cRLNumber?: bigint;
  /** Present in a delta CRL: the number of the complete CRL that it was made from. */
  readonly deltaCRLIndicator?: bigint;
  readonly issuingDistributionPoint?: IssuingDistributionPoint;
  readonly freshestCRL?: DerValue<typeof crlDistributionPoints>;
}

const KNOWN = {
  authorityKeyIdentifier,
  cRLNumber: crlNumber,
  deltaCRLIndicator: crlNumber,
  issuingDistributionPoint,
  freshestCRL: crlDistributionPoints,
} as const satisfies { readonly [K in keyof Required<KnownCrlExtensions>]: DerType<unknown> };

const KNOWN_BY_OID: ReadonlyMap<string, keyof KnownCrlExtensions> = new Map(
  (Object.keys(KNOWN) as (keyof KnownCrlExtensions)[]).map((name) => [OID[name], name]),
);

/** A CRL that has been read. All byte strings are views of `raw`. */
export interface CertificateRevocationList {
  /** The whole CRL, DER. */
  readonly raw: Uint8Array;
  /** What the signature covers. */
  readonly tbsCertList: Uint8Array;
  readonly version: 1 | 2;
  readonly issuer: Name;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date | undefined;
  /** Read when it is first asked, and checked then: it throws `DecodeError`. */
  readonly revokedCertificates: RevokedCertificates;
  /** Undefined for algorithms that foxtls does not know. */
  readonly signatureAlgorithm: SignatureAlgorithm | undefined;
  readonly signature: Uint8Array;
  /** All extensions, in order, undecoded. */
  readonly extensions: readonly Extension[];
  readonly known: KnownCrlExtensions;
  /** A critical extension that is not known, dotted: with one, the CRL must not be used (RFC 5280 §5.2). */
  readonly unknownCriticalExtension: string | undefined;
}

/** CRLs with a million entries exist, of some 40 bytes each. */
const DEFAULT_LIMITS: DerLimits = { maxSize: 1 << 28 };

/**
 * Reads a CRL, DER. Its entries are left alone until they are asked for, so that this takes no longer for a million of them.
 *
 * Throws `DecodeError` (`ERR_TLS_DECODE`) with the path of the field for anything malformed. Says nothing about who signed it.
 *
 * ```ts
 * const crl = parseCertificateRevocationList(der);
 * crl.issuer.toString();             // CN=Example CA
 * crl.nextUpdate;                    // Date
 * crl.revokedCertificates.size;      // 2
 * ```
 */
export function parseCertificateRevocationList(der: Uint8Array, limits: DerLimits = DEFAULT_LIMITS): CertificateRevocationList {
  // A copy, so that nobody changes the bytes between verifying and using them.
  const raw = copyOf(der);
  const { tbsCertList: tbs, signatureAlgorithm, signatureValue } = decodeDer(certificateList, raw, 'crl', limits);
  const { version = 0, signature, issuer, thisUpdate, nextUpdate, revokedCertificates, crlExtensions = [] } = tbs.value;
  const path = 'crl.tbs_cert_list';
  if (version > 1 || (version === 0 && tbs.value.version !== undefined)) {
    throw new DecodeError(`${path}.version`, `only version 2 is written, ${version + 1} is there`);
  }
  if (version === 0 && crlExtensions.length > 0) {
    throw new DecodeError(`${path}.crl_extensions`, 'extensions are not allowed in version 1');
  }
  // "This field MUST contain the same algorithm identifier as the signatureAlgorithm field in the sequence CertificateList" (RFC 5280 §5.1.2.2)
  if (!equal(signature, signatureAlgorithm.encoded)) {
    throw new DecodeError(`${path}.signature`, 'the algorithm is not that of signatureAlgorithm');
  }
  const entries = revokedCertificates ?? new Uint8Array(0);
  return Object.freeze({
    raw,
    tbsCertList: tbs.encoded,
    version: (version + 1) as 1 | 2,
    issuer,
    thisUpdate,
    nextUpdate,
    revokedCertificates: new RevokedCertificates(entries, version === 1, `${path}.revoked_certificates`),
    signatureAlgorithm: readSignatureAlgorithm(signatureAlgorithm.value, 'crl.signature_algorithm'),
    signature: signatureValue,
    extensions: crlExtensions,
    known: readKnown(crlExtensions, `${path}.crl_extensions`),
    unknownCriticalExtension: crlExtensions.find(({ extnID, critical }) => critical && !KNOWN_BY_OID.has(extnID))?.extnID,
  });
}

/**
 * The CRLs of a PEM text (`BEGIN X509 CRL`), DER, in order; other blocks are passed over. Throws `DecodeError` for malformed PEM.
 *
 * ```ts
 * const crls = parseCrlPem(readFileSync('crls.pem')).map((der) => parseCertificateRevocationList(der));
 * ```
 */
export function parseCrlPem(pem: string | Uint8Array): Uint8Array[] {
  return parsePem(pem).flatMap(({ label, data }) => (label === CRL_LABEL ? [data] : []));
}

/** A CRL, DER, as PEM text. */
export function formatCrlPem(der: Uint8Array): string {
  return formatPem(CRL_LABEL, der);
}

const CRL_LABEL = 'X509 CRL';

function readKnown(list: readonly Extension[], path: string): KnownCrlExtensions {
  const seen = new Set<string>();
  const known: Record<string, unknown> = {};
  for (const [i, { extnID, extnValue }] of list.entries()) {
    if (seen.has(extnID)) throw new DecodeError(`${path}[${i}]`, `the extension ${oidName(extnID) ?? extnID} is there twice`);
    seen.add(extnID);
    const name = KNOWN_BY_OID.get(extnID);
    if (name !== undefined) known[name] = decodeDer<unknown>(KNOWN[name], extnValue, `${path}[${i}].${fieldLabel(name)}`);
  }
  return known;
}
