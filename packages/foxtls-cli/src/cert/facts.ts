/** What certificates, requests, CRLs and keys say, as plain objects for `--json`. */

import { createHash } from 'node:crypto';
import { oidName } from 'foxtls/asn1';
import type { KeyType, SignatureAlgorithm } from 'foxtls/crypto';
import { parseCertificationRequest, readSubjectPublicKeyInfo } from 'foxtls/pkcs';
import type { Name } from 'foxtls/x509';
import {
  type Certificate,
  type Extension,
  formatGeneralName,
  type GeneralName,
  parseCertificateRevocationList,
} from 'foxtls/x509';
import { algorithmName, attributeName } from './text/object-names.ts';

export function certificateFacts(certificate: Certificate): object {
  const { known } = certificate;
  return {
    kind: 'certificate',
    version: certificate.version,
    serialNumber: certificate.serialNumber,
    subject: nameFacts(certificate.subject),
    issuer: nameFacts(certificate.issuer),
    validFrom: certificate.validFrom.toISOString(),
    validTo: certificate.validTo.toISOString(),
    publicKey: keyFacts(certificate.publicKey),
    signatureAlgorithm: signatureFacts(certificate.signatureAlgorithm),
    isAuthority: certificate.isCa,
    isSelfIssued: certificate.isSelfIssued,
    ...(known.basicConstraints?.pathLenConstraint === undefined ? {} : { pathLength: known.basicConstraints.pathLenConstraint }),
    ...extensionFacts(certificate.extensions, known),
    sha256Fingerprint: digest('sha256', certificate.raw),
    sha1Fingerprint: digest('sha1', certificate.raw),
  };
}

export function requestFacts(der: Uint8Array): object {
  const request = parseCertificationRequest(der);
  return {
    kind: 'request',
    subject: nameFacts(request.subject),
    publicKey: keyFacts(request.publicKey),
    signatureAlgorithm: signatureFacts(request.signatureAlgorithm),
    ...extensionFacts(request.extensions, request.known),
  };
}

export function crlFacts(der: Uint8Array): object {
  const crl = parseCertificateRevocationList(der);
  return {
    kind: 'crl',
    issuer: nameFacts(crl.issuer),
    number: crl.known.cRLNumber?.toString(),
    thisUpdate: crl.thisUpdate.toISOString(),
    nextUpdate: crl.nextUpdate?.toISOString(),
    signatureAlgorithm: signatureFacts(crl.signatureAlgorithm),
    revoked: Array.from(crl.revokedCertificates, ({ serialNumber, revocationDate, reason }) => ({
      serialNumber,
      revocationDate: revocationDate.toISOString(),
      reason,
    })),
  };
}

export function keyFacts(spki: Uint8Array): object {
  const { type, algorithm } = readSubjectPublicKeyInfo(spki);
  return {
    algorithm: algorithmName(algorithm),
    ...keyTypeFacts(type),
    pin: `sha256//${createHash('sha256').update(spki).digest('base64')}`,
  };
}

function keyTypeFacts(type: KeyType | undefined): object {
  if (type === undefined) return {};
  if ('curve' in type) return { curve: type.curve };
  return 'bits' in type ? { bits: type.bits } : {};
}

function nameFacts(name: Name): object {
  return {
    text: name.toString(),
    attributes: name.rdns.flatMap((rdn) => rdn.map(({ type, value }) => ({ type: attributeName(type), value }))),
  };
}

function signatureFacts(algorithm: SignatureAlgorithm | undefined): string | undefined {
  if (algorithm === undefined) return undefined;
  return 'hash' in algorithm ? `${algorithm.kind} with ${algorithm.hash}` : algorithm.kind;
}

function extensionFacts(extensions: readonly Extension[], known: Certificate['known']): object {
  const { subjectAltName, keyUsage, extKeyUsage } = known;
  return {
    ...(subjectAltName === undefined ? {} : { names: subjectAltName.map((name: GeneralName) => formatGeneralName(name)) }),
    ...(keyUsage === undefined ? {} : { keyUsage: [...keyUsage] }),
    ...(extKeyUsage === undefined ? {} : { purposes: extKeyUsage.map((oid) => oidName(oid) ?? oid) }),
    extensions: extensions.map(({ extnID, critical, extnValue }) => ({
      id: extnID,
      name: oidName(extnID),
      critical,
      value: Buffer.from(extnValue).toString('hex'),
    })),
  };
}

function digest(hash: string, data: Uint8Array): string {
  return (createHash(hash).update(data).digest('hex').toUpperCase().match(/../g) ?? []).join(':');
}
