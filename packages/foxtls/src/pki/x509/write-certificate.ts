/**
 * Signing a certificate from its fields (RFC 5280 §4.1), and the extensions that certificates of ours carry (§4.2).
 *
 * Nothing here chooses: what is written is what the caller gave. `create-certificate.ts` has the sane defaults.
 */

import { OID } from '../../core/asn1/object-identifiers.ts';
import { any, type DerType, encodeDer, sequence } from '../../core/asn1/schema.ts';
import { octetAlignedBitString } from '../../core/asn1/types.ts';
import { ApiMisuse } from '../../core/errors/errors.ts';
import { type Flow, settle } from '../../core/flow/flow.ts';
import type { SignatureAlgorithm, Signer } from '../../crypto/signature.ts';
import { writeSignatureAlgorithm } from './algorithms.ts';
import { tbsCertificate } from './certificate.ts';
import {
  authorityKeyIdentifier,
  basicConstraints,
  type Extension,
  extKeyUsage,
  type KeyUsageName,
  keyUsage,
  subjectAltName,
  subjectKeyIdentifier,
} from './extensions.ts';
import { type GeneralName, parseDnsName, parseIpAddress } from './general-name.ts';
import type { Name } from './name.ts';

export interface CertificateFields {
  /** 3 unless set; 1 and 2 are for tests of what is refused. */
  readonly version?: 1 | 2 | 3;
  /** The contents octets of the INTEGER. */
  readonly serialNumber: Uint8Array;
  readonly issuer: Name;
  readonly subject: Name;
  readonly validFrom: Date;
  readonly validTo: Date;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  readonly extensions: readonly Extension[];
}

const signedCertificate = sequence({ tbsCertificate: any, signatureAlgorithm: any, signatureValue: octetAlignedBitString });

/** A certificate, DER, signed by `signer`. Throws (or rejects with) what the signer does. */
export function* signCertificate(fields: CertificateFields, signer: Signer, algorithm: SignatureAlgorithm): Flow<Uint8Array> {
  const signatureAlgorithm = writeSignatureAlgorithm(algorithm);
  const tbs = encodeDer(tbsCertificate, {
    version: (fields.version ?? 3) - 1,
    serialNumber: fields.serialNumber,
    signature: signatureAlgorithm,
    issuer: fields.issuer,
    validity: { notBefore: fields.validFrom, notAfter: fields.validTo },
    subject: fields.subject,
    subjectPublicKeyInfo: fields.publicKey,
    extensions: fields.extensions.length === 0 ? undefined : fields.extensions,
  });
  const signatureValue = yield* settle(signer.sign(algorithm, tbs));
  return encodeDer(signedCertificate, { tbsCertificate: tbs, signatureAlgorithm, signatureValue });
}

/** Critical, as RFC 5280 §4.2.1.9 wants it for CAs; for end entities it may be. */
export function basicConstraintsExtension(cA: boolean, pathLenConstraint?: number): Extension {
  return writeExtension('basicConstraints', true, basicConstraints, { cA, pathLenConstraint });
}

/** "When present, conforming CAs SHOULD mark this extension as critical." (RFC 5280 §4.2.1.3) */
export function keyUsageExtension(usages: readonly KeyUsageName[]): Extension {
  return writeExtension('keyUsage', true, keyUsage, new Set(usages));
}

/** `purposes` are OBJECT IDENTIFIERs. */
export function extKeyUsageExtension(purposes: readonly string[]): Extension {
  return writeExtension('extKeyUsage', false, extKeyUsage, purposes);
}

export function subjectKeyIdentifierExtension(keyIdentifier: Uint8Array): Extension {
  return writeExtension('subjectKeyIdentifier', false, subjectKeyIdentifier, keyIdentifier);
}

export function authorityKeyIdentifierExtension(keyIdentifier: Uint8Array): Extension {
  return writeExtension('authorityKeyIdentifier', false, authorityKeyIdentifier, { keyIdentifier });
}

/**
 * DNS names and IP addresses. Critical when the subject is empty, for then it is all the certificate says (RFC 5280 §4.2.1.6).
 * Throws `ApiMisuse` for a name that is neither.
 */
export function subjectAltNameExtension(
  dnsNames: readonly string[],
  ipAddresses: readonly string[],
  isCritical: boolean,
): Extension {
  const names = [...dnsNames.map(dnsGeneralName), ...ipAddresses.map(ipGeneralName)];
  return writeExtension('subjectAltName', isCritical, subjectAltName, names);
}

function dnsGeneralName(name: string): GeneralName {
  if (parseIpAddress(name) !== undefined) {
    throw new ApiMisuse('ERR_TLS_INVALID_ARGUMENT', `${name} is an IP address: give it in ipAddresses, not in dnsNames`);
  }
  if (parseDnsName(name.replace(/^\*\./, '')) === undefined) {
    const advice = 'internationalised names are written as A-labels (xn--…), without a final dot';
    throw new ApiMisuse('ERR_TLS_INVALID_ARGUMENT', `${JSON.stringify(name)} is not a DNS name; ${advice}`);
  }
  return { kind: 'dNSName', value: name };
}

function ipGeneralName(text: string): GeneralName {
  const value = parseIpAddress(text);
  if (value === undefined) throw new ApiMisuse('ERR_TLS_INVALID_ARGUMENT', `${JSON.stringify(text)} is not an IP address`);
  return { kind: 'iPAddress', value };
}

function writeExtension<T>(name: keyof typeof OID, critical: boolean, type: DerType<T>, value: T): Extension {
  return { extnID: OID[name], critical, extnValue: encodeDer(type, value) };
}
