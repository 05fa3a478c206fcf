/**
 * The rules that a single certificate must keep in its place on a path (RFC 5280 §6.1.3, §6.1.4; RFC 8446 §4.4.2).
 *
 * Each function yields the broken rules one after the other: a search stops at the first, a verify hook hears of all. None computes a
 * signature.
 */

import { OID, oidName } from '../../core/asn1/object-identifiers.ts';
import { CertificateInvalid, type CertificateReason } from '../../core/errors/errors.ts';
import { type AlgorithmRules, judgeKey, weakHashOf } from './algorithm-policy.ts';
import type { Certificate } from './certificate.ts';
import { isProcessedExtension } from './extensions.ts';
import { formatGeneralName, type GeneralName } from './general-name.ts';
import { findForbiddenName, type NameConstraints } from './name-constraints.ts';
import type { PolicyInputs } from './policy-graph.ts';
import { type CertificateProfile, findProfileProblem, type PathPlace } from './profile.ts';
import type { CertificatePurpose } from './purpose.ts';
import { formatReference, matchReference, type NameMatching, type ReferenceIdentifier } from './server-name.ts';

/** What a verifier demands of every path. */
export interface PathPolicy extends NameMatching {
  readonly algorithms: AlgorithmRules;
  readonly profile: CertificateProfile;
  /** Certificates between the end entity and the trust anchor, self-issued ones not counted. */
  readonly maxIntermediates: number;
  readonly policies: PolicyInputs;
  /** Extensions that a path check processes, so that they may be critical. */
  readonly processedExtensions: readonly string[];
}

export interface PathPurpose {
  readonly purpose: CertificatePurpose;
  /** All of these must be names of the end entity. */
  readonly references: readonly ReferenceIdentifier[];
  readonly now: Date;
  /** Undefined outside of handshakes. */
  readonly peerRole?: 'client' | 'server' | undefined;
  /** What came with the end entity's certificate, DER. */
  readonly ocspResponse?: Uint8Array | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Broken rules, as they are found. */
export type Problems = Generator<CertificateInvalid, void>;

/** The first broken rule. */
export function first(problems: Problems): CertificateInvalid | undefined {
  const { value } = problems.next();
  return value ?? undefined;
}

/** What is wrong with the end entity itself, whoever issued it; the name is last, as in OpenSSL and Node. */
export function* leafProblems(leaf: Certificate, policy: PathPolicy, purpose: PathPurpose): Problems {
  yield* commonProblems(leaf, 0, policy, purpose);
  if (leaf.keyType === undefined) yield invalid('key_unsupported', 'its key is of an unsupported kind', leaf, 0);
  yield* purposeProblems(leaf, 0, purpose, false);
  yield* profileProblems(leaf, 0, 'leaf', policy, purpose);
  yield* nameProblems(leaf, policy, purpose);
}

/**
 * What keeps a certificate from being the issuer above `below` (end entity first).
 *
 * Trust anchors are checked too, although RFC 5280 §6.1.1 takes only a name and a key from them: a program that trusts a certificate
 * expects its dates and constraints to hold, and OpenSSL checks them. A version 1 anchor has no way to say that it is a CA; being
 * configured says it.
 */
export function* issuerProblems(
  issuer: Certificate,
  isAnchor: boolean,
  below: readonly Certificate[],
  policy: PathPolicy,
  purpose: PathPurpose,
): Problems {
  const depth = below.length;
  yield* authorityProblems(issuer, isAnchor, depth);
  yield* commonProblems(issuer, depth, policy, purpose);
  yield* lengthProblems(issuer, isAnchor, below, policy);
  yield* purposeProblems(issuer, depth, purpose, true);
  yield* profileProblems(issuer, depth, isAnchor ? 'anchor' : 'intermediate', policy, purpose);
}

/** What keeps the signature on a certificate from proving anything, whoever made it. */
export function* signatureProblems(certificate: Certificate, depth: number, { algorithms }: PathPolicy): Problems {
  const { signatureAlgorithm } = certificate;
  if (signatureAlgorithm === undefined) {
    return yield invalid('signature_algorithm_unsupported', 'it is signed with an unsupported algorithm', certificate, depth);
  }
  const weak = weakHashOf(signatureAlgorithm, algorithms);
  if (weak !== undefined) {
    yield invalid('signature_algorithm_weak', `it is signed with ${weak}, which is broken`, certificate, depth);
  }
}

/** The names below that the issuer's name constraints do not allow, the first of each certificate. */
export function* constraintProblems(
  issuer: Certificate,
  below: readonly Certificate[],
  spend: (comparisons: number) => void,
): Problems {
  const { nameConstraints } = issuer.known;
  if (nameConstraints !== undefined) yield* forbiddenNames(nameConstraints, `${issuer.subject}`, below, spend);
}

/**
 * The names below (end entity first) that lie outside of constraints, whoever set them. `spend` is told beforehand how many comparisons
 * may follow: names times subtrees is a number that an attacker can make large.
 */
export function* forbiddenNames(
  constraints: NameConstraints,
  whose: string,
  below: readonly Certificate[],
  spend: (comparisons: number) => void,
): Problems {
  const subtrees = (constraints.permittedSubtrees?.length ?? 0) + (constraints.excludedSubtrees?.length ?? 0);
  for (const [depth, certificate] of below.entries()) {
    // RFC 5280 §6.1.3: self-issued certificates are passed over, but not at the end of the path.
    if (depth > 0 && certificate.isSelfIssued) continue;
    const names = constrainedNames(certificate);
    if (names.length === 0) continue;
    // One more: taking the subtrees apart is work, too.
    spend((names.length + 1) * subtrees);
    const forbidden = findForbiddenName(constraints, names);
    if (forbidden === undefined) continue;
    const problem = `its name ${formatGeneralName(forbidden)} is not within the name constraints of ${whose}`;
    yield invalid('name_constraint_violated', problem, certificate, depth);
  }
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

function* commonProblems(
  certificate: Certificate,
  depth: number,
  { algorithms, processedExtensions }: PathPolicy,
  { now }: PathPurpose,
): Problems {
  const { validFrom, validTo, keyType, extensions } = certificate;
  const unknown = extensions.find(
    ({ extnID, critical }) => critical && !isProcessedExtension(extnID) && !processedExtensions.includes(extnID),
  );
  if (unknown !== undefined) {
    const problem = `it has the critical extension ${oidName(unknown.extnID) ?? unknown.extnID}, which is not supported`;
    yield invalid('critical_extension_unknown', problem, certificate, depth);
  }
  if (hasUnknownQualifier(certificate)) {
    const problem = 'its critical certificate policies have a qualifier that is not supported';
    yield invalid('critical_extension_unknown', problem, certificate, depth);
  }
  // Certificates count in seconds, and the last one belongs to them: "through notAfter, inclusive" (RFC 5280 §4.1.2.5)
  if (now < validFrom) yield invalid('not_yet_valid', `it is valid from ${validFrom.toISOString()} on`, certificate, depth);
  if (now.getTime() >= validTo.getTime() + 1000) {
    yield invalid('expired', `it expired at ${validTo.toISOString()}`, certificate, depth);
  }
  const key = keyType && judgeKey(keyType, algorithms);
  if (key !== undefined) yield invalid(key.reason, key.problem, certificate, depth);
}

/**
 * "If this extension is critical, the path validation software MUST be able to interpret this extension (including the optional
 * qualifier), or MUST reject the certificate." (RFC 5280 §4.2.1.4)
 */
function hasUnknownQualifier({ known: { certificatePolicies }, extensions }: Certificate): boolean {
  const isUnknown = certificatePolicies?.some(({ policyQualifiers = [] }) =>
    policyQualifiers.some(({ policyQualifierId: id }) => id !== OID['id-qt-cps'] && id !== OID['id-qt-unotice']),
  );
  return isUnknown === true && extensions.some(({ extnID, critical }) => critical && extnID === OID.certificatePolicies);
}

/** RFC 5280 §6.1.4 (k), (n). */
function* authorityProblems(issuer: Certificate, isAnchor: boolean, depth: number): Problems {
  const { basicConstraints, keyUsage } = issuer.known;
  // "The issuer field MUST contain a non-empty distinguished name (DN)." (RFC 5280 §4.1.2.4)
  if (issuer.subject.isEmpty) yield invalid('malformed', 'it issued a certificate, but it has no name', issuer, depth);
  const isOldAnchor = isAnchor && issuer.version < 3;
  if (!isOldAnchor && basicConstraints?.cA !== true) {
    yield invalid('issuer_not_ca', 'it issued a certificate, but it is not a CA', issuer, depth);
  }
  if (keyUsage !== undefined && !keyUsage.has('keyCertSign')) {
    yield invalid('key_usage_missing', 'it issued a certificate, but its keyUsage lacks keyCertSign', issuer, depth);
  }
}

/**
 * RFC 5280 §4.2.1.9: a path length constraint is "the maximum number of non-self-issued intermediate certificates that may follow
 * this certificate in a valid certification path". The policy's own limit counts alike (max_path_length, RFC 5280 §6.1.4 (l)).
 */
function* lengthProblems(
  issuer: Certificate,
  isAnchor: boolean,
  below: readonly Certificate[],
  { maxIntermediates }: PathPolicy,
): Problems {
  const depth = below.length;
  const following = countIntermediates(below);
  if (following + (isAnchor || issuer.isSelfIssued ? 0 : 1) > maxIntermediates) {
    yield invalid('path_too_long', `the path has more than ${maxIntermediates} intermediate certificates`, issuer, depth);
  }
  const constraint = issuer.known.basicConstraints?.pathLenConstraint;
  if (constraint === undefined || following <= constraint) return;
  const problem = `its path length constraint is ${constraint}, but ${following} intermediate certificates follow`;
  yield invalid('path_too_long', problem, issuer, depth);
}

/** How many certificates above the end entity are not self-issued. */
export function countIntermediates(below: readonly Certificate[]): number {
  return below.slice(1).filter(({ isSelfIssued }) => !isSelfIssued).length;
}

/**
 * Key usage of the end entity. Extended key usage: of the end entity, and of every issuer that has one (a constraint on what it may
 * issue, as all browsers and OpenSSL take it). anyExtendedKeyUsage suffices for issuers only: "Applications that require the presence of
 * a particular purpose MAY reject certificates that include the anyExtendedKeyUsage OID but not the particular OID" (RFC 5280
 * §4.2.1.12); OpenSSL does.
 */
function* purposeProblems(certificate: Certificate, depth: number, { purpose }: PathPurpose, isIssuer: boolean): Problems {
  const { extKeyUsage, keyUsage } = certificate.known;
  const missing = isIssuer ? undefined : purpose.keyUsage?.find((usage) => keyUsage !== undefined && !keyUsage.has(usage));
  if (missing !== undefined) yield invalid('key_usage_missing', `its keyUsage lacks ${missing}`, certificate, depth);
  const { extendedKeyUsage, mustBeExplicit = false, name } = purpose;
  if (extendedKeyUsage === undefined || extKeyUsage?.includes(extendedKeyUsage)) return;
  if (extKeyUsage === undefined && (isIssuer || !mustBeExplicit)) return;
  if (isIssuer && extKeyUsage?.includes(OID.anyExtendedKeyUsage)) return;
  yield invalid('extended_key_usage_missing', `its extended key usage lacks ${name}`, certificate, depth);
}

function* profileProblems(
  certificate: Certificate,
  depth: number,
  place: PathPlace,
  { profile }: PathPolicy,
  { purpose }: PathPurpose,
): Problems {
  const problem = findProfileProblem(certificate, place, profile, purpose);
  if (problem === undefined) return;
  yield invalid('profile_violated', `it ${problem}, against the profile ${profile}`, certificate, depth);
}

function* nameProblems(leaf: Certificate, matching: NameMatching, { references }: PathPurpose): Problems {
  for (const reference of references) {
    if (matchReference(leaf, reference, matching)) continue;
    const names =
      reference.kind === 'host'
        ? [...leaf.dnsNames, ...leaf.ipAddresses]
        : (leaf.known.subjectAltName ?? []).map(formatGeneralName);
    const shown = names.length > 10 ? `${names.slice(0, 10).join(', ')} and ${names.length - 10} more` : names.join(', ');
    yield invalid('name_mismatch', `it is not for ${formatReference(reference)} but for ${shown || 'no name at all'}`, leaf, 0);
  }
}
