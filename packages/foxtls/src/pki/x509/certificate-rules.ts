/**
 * The rules that a single certificate must keep in its place on a path (RFC 5280 §6.1.3, §6.1.4; RFC 8446 §4.4.2).
 *
 * Each function returns the first broken rule, or undefined. None computes a signature.
 */

import { OID, oidName } from '../../core/asn1/object-identifiers.ts';
import { CertificateInvalid, type CertificateReason } from '../../core/errors/errors.ts';
import type { HashName } from '../../crypto/hash.ts';
import type { SignatureAlgorithm } from '../../crypto/signature.ts';
import type { Certificate } from './certificate.ts';
import { isKnownExtension } from './extensions.ts';
import { formatGeneralName, type GeneralName } from './general-name.ts';
import { findForbiddenName } from './name-constraints.ts';
import type { CertificatePurpose } from './purpose.ts';
import { matchServerName } from './server-name.ts';

/** What a verifier demands of every path. */
export interface PathPolicy {
  /** RSA keys with fewer bits are refused. */
  readonly minimumRsaBits: number;
  /** Certificates between the end entity and the trust anchor. */
  readonly maxIntermediates: number;
}

export interface PathPurpose {
  readonly purpose: CertificatePurpose;
  readonly serverName: string | undefined;
  readonly now: Date;
  /** Undefined outside of handshakes. */
  readonly peerRole?: 'client' | 'server' | undefined;
  /** What came with the end entity's certificate, DER. */
  readonly ocspResponse?: Uint8Array | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Collisions of MD5 and SHA-1 can be made, so that a signature over one certificate is one over another. */
const WEAK_HASHES: ReadonlySet<HashName> = new Set(['md5', 'sha1']);

/** What is wrong with the end entity itself, whoever issued it; the name is last, as in OpenSSL and Node. */
export function findLeafProblem(leaf: Certificate, policy: PathPolicy, purpose: PathPurpose): CertificateInvalid | undefined {
  return (
    findCommonProblem(leaf, 0, policy, purpose) ??
    (leaf.keyType === undefined ? invalid('key_unsupported', 'its key is of an unsupported kind', leaf, 0) : undefined) ??
    findPurposeProblem(leaf, 0, purpose, false) ??
    findNameProblem(leaf, purpose)
  );
}

/**
 * What keeps a certificate from being the issuer above `below` (end entity first).
 *
 * Trust anchors are checked too, although RFC 5280 §6.1.1 takes only a name and a key from them: a program that trusts a certificate
 * expects its dates and constraints to hold, and OpenSSL checks them. A version 1 anchor has no way to say that it is a CA; being
 * configured says it.
 */
export function findIssuerProblem(
  issuer: Certificate,
  isAnchor: boolean,
  below: readonly Certificate[],
  policy: PathPolicy,
  purpose: PathPurpose,
): CertificateInvalid | undefined {
  const depth = below.length;
  return (
    findAuthorityProblem(issuer, isAnchor, depth) ??
    findCommonProblem(issuer, depth, policy, purpose) ??
    findLengthProblem(issuer, isAnchor, below, policy) ??
    findPurposeProblem(issuer, depth, purpose, true)
  );
}

/** What keeps the signature on a certificate from proving anything, whoever made it. */
export function findSignatureProblem(certificate: Certificate, depth: number): CertificateInvalid | undefined {
  const { signatureAlgorithm } = certificate;
  if (signatureAlgorithm === undefined) {
    return invalid('signature_algorithm_unsupported', 'it is signed with an unsupported algorithm', certificate, depth);
  }
  if (!('hash' in signatureAlgorithm) || !isWeak(signatureAlgorithm)) return undefined;
  const problem = `it is signed with ${signatureAlgorithm.hash}, which is broken`;
  return invalid('signature_algorithm_weak', problem, certificate, depth);
}

/** Whether signatures by this algorithm can be forged. */
export function isWeak(algorithm: SignatureAlgorithm): boolean {
  if (!('hash' in algorithm)) return false;
  return WEAK_HASHES.has(algorithm.hash) || (algorithm.kind === 'rsa-pss' && WEAK_HASHES.has(algorithm.mgfHash));
}

/**
 * The first name below that the issuer's name constraints do not allow. `spend` is told beforehand how many comparisons may follow:
 * names times subtrees is a number that an attacker can make large.
 */
export function findConstraintProblem(
  issuer: Certificate,
  below: readonly Certificate[],
  spend: (comparisons: number) => void,
): CertificateInvalid | undefined {
  const constraints = issuer.known.nameConstraints;
  if (constraints === undefined) return undefined;
  const subtrees = (constraints.permittedSubtrees?.length ?? 0) + (constraints.excludedSubtrees?.length ?? 0);
  for (const [depth, certificate] of below.entries()) {
    // RFC 5280 §6.1.3: self-issued certificates are passed over, but not at the end of the path.
    if (depth > 0 && certificate.isSelfIssued) continue;
    const names = constrainedNames(certificate);
    spend(names.length * subtrees);
    const forbidden = findForbiddenName(constraints, names);
    if (forbidden === undefined) continue;
    const problem = `its name ${formatGeneralName(forbidden)} is not within the name constraints of ${issuer.subject}`;
    return invalid('name_constraint_violated', problem, certificate, depth);
  }
  return undefined;
}

/** A `CertificateInvalid` whose message names the certificate. */
export function invalid(reason: CertificateReason, problem: string, certificate: Certificate, depth: number): CertificateInvalid {
  const subject = certificate.subject.toString() || `serial number ${certificate.serialNumber}`;
  return new CertificateInvalid(reason, `certificate at depth ${depth} (${subject}): ${problem}`, {
    depth,
    certificate: certificate.raw,
  });
}

/** All names that constraints apply to: the alternative names, a subject that is not empty, and mailboxes inside the subject. */
function constrainedNames({ subject, known: { subjectAltName = [] } }: Certificate): readonly GeneralName[] {
  const mailboxes = subjectAltName.some(({ kind }) => kind === 'rfc822Name') ? [] : subject.all(OID.emailAddress);
  return [
    ...subjectAltName,
    ...(subject.isEmpty ? [] : [{ kind: 'directoryName', value: subject } as const]),
    ...mailboxes.map((value) => ({ kind: 'rfc822Name', value }) as const),
  ];
}

function findCommonProblem(
  certificate: Certificate,
  depth: number,
  { minimumRsaBits }: PathPolicy,
  { now }: PathPurpose,
): CertificateInvalid | undefined {
  const { validFrom, validTo, keyType, extensions } = certificate;
  const unknown = extensions.find(({ extnID, critical }) => critical && !isKnownExtension(extnID));
  if (unknown !== undefined) {
    const name = oidName(unknown.extnID) ?? unknown.extnID;
    return invalid(
      'critical_extension_unknown',
      `it has the critical extension ${name}, which is not supported`,
      certificate,
      depth,
    );
  }
  // Certificates count in seconds, and the last one belongs to them: "through notAfter, inclusive" (RFC 5280 §4.1.2.5)
  if (now < validFrom) return invalid('not_yet_valid', `it is valid from ${validFrom.toISOString()} on`, certificate, depth);
  if (now.getTime() >= validTo.getTime() + 1000)
    return invalid('expired', `it expired at ${validTo.toISOString()}`, certificate, depth);
  if (keyType !== undefined && 'bits' in keyType && keyType.bits < minimumRsaBits) {
    const problem = `its RSA key has ${keyType.bits} bits, at least ${minimumRsaBits} are expected`;
    return invalid('key_too_small', problem, certificate, depth);
  }
  return undefined;
}

/** RFC 5280 §6.1.4 (k), (n). */
function findAuthorityProblem(issuer: Certificate, isAnchor: boolean, depth: number): CertificateInvalid | undefined {
  const { basicConstraints, keyUsage } = issuer.known;
  // "The issuer field MUST contain a non-empty distinguished name (DN)." (RFC 5280 §4.1.2.4)
  if (issuer.subject.isEmpty) return invalid('malformed', 'it issued a certificate, but it has no name', issuer, depth);
  const isOldAnchor = isAnchor && issuer.version < 3;
  if (!isOldAnchor && basicConstraints?.cA !== true) {
    return invalid('issuer_not_ca', 'it issued a certificate, but it is not a CA', issuer, depth);
  }
  if (keyUsage !== undefined && !keyUsage.has('keyCertSign')) {
    return invalid('key_usage_missing', 'it issued a certificate, but its keyUsage lacks keyCertSign', issuer, depth);
  }
  return undefined;
}

/**
 * RFC 5280 §4.2.1.9: a path length constraint is "the maximum number of non-self-issued intermediate certificates that may follow
 * this certificate in a valid certification path". The policy's own limit counts alike (max_path_length, RFC 5280 §6.1.4 (l)).
 */
function findLengthProblem(
  issuer: Certificate,
  isAnchor: boolean,
  below: readonly Certificate[],
  { maxIntermediates }: PathPolicy,
): CertificateInvalid | undefined {
  const depth = below.length;
  const following = below.slice(1).filter(({ isSelfIssued }) => !isSelfIssued).length;
  if (following + (isAnchor || issuer.isSelfIssued ? 0 : 1) > maxIntermediates) {
    return invalid('path_too_long', `the path has more than ${maxIntermediates} intermediate certificates`, issuer, depth);
  }
  const constraint = issuer.known.basicConstraints?.pathLenConstraint;
  if (constraint === undefined || following <= constraint) return undefined;
  const problem = `its path length constraint is ${constraint}, but ${following} intermediate certificates follow`;
  return invalid('path_too_long', problem, issuer, depth);
}

/**
 * Extended key usage: of the end entity, and of every issuer that has one (a constraint on what it may issue, as all browsers and
 * OpenSSL take it). anyExtendedKeyUsage suffices for issuers only: "Applications that require the presence of a particular purpose
 * MAY reject certificates that include the anyExtendedKeyUsage OID but not the particular OID" (RFC 5280 §4.2.1.12); OpenSSL does.
 */
function findPurposeProblem(
  certificate: Certificate,
  depth: number,
  { purpose }: PathPurpose,
  isIssuer: boolean,
): CertificateInvalid | undefined {
  const { extKeyUsage, keyUsage } = certificate.known;
  const missing = isIssuer ? undefined : purpose.keyUsage?.find((usage) => keyUsage !== undefined && !keyUsage.has(usage));
  if (missing !== undefined) return invalid('key_usage_missing', `its keyUsage lacks ${missing}`, certificate, depth);
  const { extendedKeyUsage, mustBeExplicit = false, name } = purpose;
  if (extendedKeyUsage === undefined || extKeyUsage?.includes(extendedKeyUsage)) return undefined;
  if (extKeyUsage === undefined && (isIssuer || !mustBeExplicit)) return undefined;
  if (isIssuer && extKeyUsage?.includes(OID.anyExtendedKeyUsage)) return undefined;
  return invalid('extended_key_usage_missing', `its extended key usage lacks ${name}`, certificate, depth);
}

function findNameProblem(leaf: Certificate, { serverName }: PathPurpose): CertificateInvalid | undefined {
  if (serverName === undefined || matchServerName(leaf, serverName)) return undefined;
  const names = [...leaf.dnsNames, ...leaf.ipAddresses];
  const shown = names.length > 10 ? `${names.slice(0, 10).join(', ')} and ${names.length - 10} more` : names.join(', ');
  return invalid('name_mismatch', `it is not for ${JSON.stringify(serverName)} but for ${shown || 'no name at all'}`, leaf, 0);
}
