/**
 * Making certificate revocation lists (RFC 5280 §5): complete ones and deltas, for one's own certificates and for those of others.
 */

import { OID } from '../../../core/asn1/object-identifiers.ts';
import { any, type DerType, encodeDer, sequence } from '../../../core/asn1/schema.ts';
import { generalizedTime } from '../../../core/asn1/time.ts';
import { octetAlignedBitString } from '../../../core/asn1/types.ts';
import { equal } from '../../../core/bytes/bytes.ts';
import { ApiMisuse } from '../../../core/errors/errors.ts';
import { type Flow, runAsync, runSync, settle } from '../../../core/flow/flow.ts';
import type { PrivateKey, SignatureAlgorithm } from '../../../crypto/signature.ts';
import { defaultSignatureAlgorithm, writeSignatureAlgorithm } from '../algorithms.ts';
import { type Certificate, parseCertificate } from '../certificate.ts';
import type { Extension } from '../extensions.ts';
import { generalNames } from '../general-name.ts';
import type { CertificateIssuer } from '../issue-certificate.ts';
import type { Name } from '../name.ts';
import { authorityKeyIdentifierExtension } from '../write-certificate.ts';
import { crlNumber, tbsCertList } from './certificate-list.ts';
import { crlDistributionPoints, type IssuingDistributionPoint, issuingDistributionPoint } from './distribution-points.ts';
import { crlReason, type RevocationReason } from './reasons.ts';
import { revokedCertificate } from './revoked-certificates.ts';
import { serialNumberContent } from './serial-number.ts';

/** A certificate to be listed. */
export interface RevocationEntry {
  /** Hexadecimal, as `Certificate.serialNumber` has it. */
  readonly serialNumber: string;
  readonly revocationDate: Date;
  readonly reason?: RevocationReason | undefined;
  readonly invalidityDate?: Date | undefined;
  /** Who issued the certificate, if it was not the CRL's issuer: only in an indirect CRL. */
  readonly certificateIssuer?: Name | undefined;
}

export interface CertificateRevocationListOptions {
  /** Who signs: the authority that issued the certificates, or, for an indirect CRL, whoever they point to. */
  readonly issuer: CertificateIssuer;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  /** The number of this CRL: higher than that of all before, complete ones and deltas (RFC 5280 §5.2.3). */
  readonly number: number | bigint;
  readonly revoked: Iterable<RevocationEntry>;
  /** Makes a delta CRL: the number of the complete CRL that it follows. Then `revoked` has only what changed. */
  readonly deltaOf?: number | bigint | undefined;
  /** What the CRL covers, if not all certificates of its issuer; in the words of RFC 5280 §5.2.5. */
  readonly issuingDistributionPoint?: Partial<IssuingDistributionPoint> | undefined;
  /** Where delta CRLs are. */
  readonly freshestCrlUris?: readonly string[] | undefined;
  /** More extensions, after those that are made. */
  readonly extensions?: readonly Extension[] | undefined;
  /** By the signer's key unless set. */
  readonly signatureAlgorithm?: SignatureAlgorithm | undefined;
}

const signedList = sequence({ tbsCertList: any, signatureAlgorithm: any, signatureValue: octetAlignedBitString });

/**
 * A CRL, DER, of version 2.
 *
 * Rejects with `ApiMisuse` (`ERR_TLS_INVALID_ARGUMENT`) for dates, numbers, entries or an issuer that cannot be; source: RFC 5280 §5.
 *
 * ```ts
 * const crl = await createCertificateRevocationList({
 *   issuer: ca,
 *   number: 1,
 *   thisUpdate: new Date('2026-06-01'),
 *   nextUpdate: new Date('2026-06-08'),
 *   revoked: [{ serialNumber: '4D2F', revocationDate: new Date('2026-05-30'), reason: 'keyCompromise' }],
 * });
 * console.log(formatCrlPem(crl));
 * ```
 */
export function createCertificateRevocationList(options: CertificateRevocationListOptions): Promise<Uint8Array> {
  return runAsync(makeList(options));
}

/** `createCertificateRevocationList` for synchronous signers. */
export function createCertificateRevocationListSync(options: CertificateRevocationListOptions): Uint8Array {
  return runSync(makeList(options));
}

function* makeList(options: CertificateRevocationListOptions): Flow<Uint8Array> {
  const { issuer, thisUpdate, nextUpdate } = options;
  if (!(thisUpdate < nextUpdate)) refuse('thisUpdate and nextUpdate are dates, in this order');
  const signer = readListSigner(issuer);
  const algorithm = options.signatureAlgorithm ?? defaultSignatureAlgorithm(issuer.key.type);
  const signatureAlgorithm = writeSignatureAlgorithm(algorithm);
  const entries = joinAll(writeEntries(options, signer.subject));
  const tbs = encodeDer(tbsCertList, {
    version: 1,
    signature: signatureAlgorithm,
    issuer: signer.subject,
    thisUpdate,
    nextUpdate,
    // "When there are no revoked certificates, the revoked certificates list MUST be absent." (RFC 5280 §5.1.2.6)
    revokedCertificates: entries.length === 0 ? undefined : entries,
    crlExtensions: listExtensions(options, signer),
  });
  const signatureValue = yield* settle(issuer.key.sign(algorithm, tbs));
  return encodeDer(signedList, { tbsCertList: tbs, signatureAlgorithm, signatureValue });
}

function readListSigner({ certificate, key }: CertificateIssuer): Certificate {
  const signer = parseCertificate(certificate);
  const { keyUsage } = signer.known;
  if (keyUsage !== undefined && !keyUsage.has('cRLSign')) refuse(`the keyUsage of the issuer (${signer.subject}) lacks cRLSign`);
  const { publicKey } = key as Partial<PrivateKey>;
  if (publicKey !== undefined && !equal(publicKey.spki, signer.publicKey)) {
    refuse(`the issuer's key is not that of its certificate (${signer.subject})`);
  }
  return signer;
}

function listExtensions(options: CertificateRevocationListOptions, signer: Certificate): readonly Extension[] {
  const { number, deltaOf, issuingDistributionPoint: point, freshestCrlUris } = options;
  const { subjectKeyIdentifier } = signer.known;
  if (number < 0 || (deltaOf !== undefined && !(deltaOf < number))) {
    refuse('the number of a CRL is not negative, and that of a delta is higher than deltaOf');
  }
  const freshest = freshestCrlUris?.map((value) => ({
    distributionPoint: { kind: 'fullName', value: [{ kind: 'uniformResourceIdentifier', value }] } as const,
  }));
  return [
    ...(subjectKeyIdentifier === undefined ? [] : [authorityKeyIdentifierExtension(subjectKeyIdentifier)]),
    writeExtension('cRLNumber', false, crlNumber, BigInt(number)),
    // "the delta CRL MUST include a critical delta CRL indicator extension" (RFC 5280 §5.2.4)
    ...(deltaOf === undefined ? [] : [writeExtension('deltaCRLIndicator', true, crlNumber, BigInt(deltaOf))]),
    ...(point === undefined ? [] : [writeExtension('issuingDistributionPoint', true, issuingDistributionPoint, complete(point))]),
    ...(freshest === undefined ? [] : [writeExtension('freshestCRL', false, crlDistributionPoints, freshest)]),
    ...(options.extensions ?? []),
  ];
}

function complete(point: Partial<IssuingDistributionPoint>): IssuingDistributionPoint {
  return {
    onlyContainsUserCerts: false,
    onlyContainsCACerts: false,
    indirectCRL: false,
    onlyContainsAttributeCerts: false,
    ...point,
  };
}

function* writeEntries(options: CertificateRevocationListOptions, issuer: Name): Iterable<Uint8Array> {
  const isIndirect = options.issuingDistributionPoint?.indirectCRL ?? false;
  let previousIssuer = issuer;
  for (const entry of options.revoked) {
    const { serialNumber, revocationDate, reason, certificateIssuer = issuer } = entry;
    if (reason === 'removeFromCRL' && options.deltaOf === undefined) refuse('removeFromCRL is only for delta CRLs');
    // An entry without the extension has the issuer of the one before it (RFC 5280 §5.3.3).
    const isOther = !certificateIssuer.equals(previousIssuer);
    if (isOther && !isIndirect) refuse('certificates of other issuers are only for indirect CRLs');
    previousIssuer = certificateIssuer;
    const crlEntryExtensions = entryExtensions(entry, isOther ? certificateIssuer : undefined);
    yield encodeDer(revokedCertificate, {
      userCertificate: serialNumberContent(serialNumber),
      revocationDate,
      crlEntryExtensions: crlEntryExtensions.length === 0 ? undefined : crlEntryExtensions,
    });
  }
}

function entryExtensions({ reason, invalidityDate }: RevocationEntry, issuer: Name | undefined): readonly Extension[] {
  const names = issuer && ([{ kind: 'directoryName', value: issuer }] as const);
  return [
    // "the reason code CRL entry extension SHOULD be absent instead of using the unspecified (0) reasonCode value" (RFC 5280 §5.3.1)
    ...(reason === undefined || reason === 'unspecified' ? [] : [writeExtension('cRLReasons', false, crlReason, reason)]),
    ...(invalidityDate === undefined ? [] : [writeExtension('invalidityDate', false, generalizedTime, invalidityDate)]),
    // "CRL issuers MUST mark this extension as critical" (RFC 5280 §5.3.3)
    ...(names === undefined ? [] : [writeExtension('certificateIssuer', true, generalNames, names)]),
  ];
}

function writeExtension<T>(name: keyof typeof OID, critical: boolean, type: DerType<T>, value: T): Extension {
  return { extnID: OID[name], critical, extnValue: encodeDer(type, value) };
}

/** In one go: there may be more parts than a call can have arguments. */
function joinAll(parts: Iterable<Uint8Array>): Uint8Array {
  const list = [...parts];
  const whole = new Uint8Array(list.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of list) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function refuse(problem: string): never {
  throw new ApiMisuse('ERR_TLS_INVALID_ARGUMENT', problem);
}
