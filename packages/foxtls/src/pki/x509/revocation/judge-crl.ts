/**
 * The status of a certificate by CRLs (RFC 5280 §6.3.3), step by step. The letters are those of the RFC.
 *
 * ```
 * for each distribution point, then for the issuer itself:   for each CRL in that name:
 *   (b) issuer and scope ─▶ (d)(e) new reasons? ─▶ (a) dates ─▶ (f)(g) who signed ─▶ (c)(h) delta ─▶ (i)(j)(k) look up ─▶ (l) reasons covered
 * until the certificate is found, or all reasons are covered
 * ```
 */

import { OID } from '../../../core/asn1/object-identifiers.ts';
import { decodeDer } from '../../../core/asn1/schema.ts';
import { DecodeError } from '../../../core/errors/errors.ts';
import type { Flow } from '../../../core/flow/flow.ts';
import type { Certificate } from '../certificate.ts';
import { type GeneralName, generalNames } from '../general-name.ts';
import type { CertificateRevocationList } from './certificate-list.ts';
import type { CrlCollection } from './crl-collection.ts';
import { findCrlProfileProblem } from './crl-profile.ts';
import { findListSigner } from './crl-signer.ts';
import {
  type DistributionPoint,
  type IssuingDistributionPoint,
  namesDirectory,
  namesOfPoint,
  sharesName,
} from './distribution-points.ts';
import { type CertificateStatus, findTimeProblem, problem, type RevocationProblem, unknown } from './findings.ts';
import { isSignedBy, type Judge, type Subject } from './judgement.ts';
import { distributionPointsOf } from './pointers.ts';
import { ALL_REASONS, commonReasons, type ReasonFlag, type ReasonSet } from './reasons.ts';
import type { RevokedCertificate } from './revoked-certificates.ts';
import { serialNumberOf } from './serial-number.ts';

/** The status by the CRLs of a collection; unknown, with all that was in the way, if they do not settle it. */
export function* judgeByCrls(subject: Subject, crls: CrlCollection, judge: Judge): Flow<CertificateStatus> {
  const covered = new Set<ReasonFlag>();
  const problems: RevocationProblem[] = [];
  try {
    for (const point of pointsOf(subject)) {
      for (const complete of issuersOf(point, subject).flatMap((issuer) => crls.completeOf(issuer))) {
        const outcome = yield* judgeOne(complete, point, covered, subject, crls, judge);
        if ('status' in outcome) return outcome;
        if ('reason' in outcome) problems.push(outcome);
        else for (const reason of outcome.covers) covered.add(reason);
        if (covered.size === ALL_REASONS.size) return { status: 'good', source: 'crl' };
      }
    }
  } catch (error) {
    // Of the certificate's own extensions; CRLs have their own place for it.
    if (!(error instanceof DecodeError)) throw error;
    problems.push(problem('crl', 'malformed', error.message, error));
  }
  return unknown(...(problems.length > 0 ? problems : [nothingFor(subject, covered, crls)]));
}

/** The certificate's distribution points; and last the one that is assumed for CRLs that none of them names. */
function pointsOf({ certificate }: Subject): readonly DistributionPoint[] {
  const { issuer, extensions } = certificate;
  const alternative = extensions.find(({ extnID }) => extnID === OID.issuerAltName);
  const names: readonly GeneralName[] = [
    { kind: 'directoryName', value: issuer },
    ...(alternative === undefined ? [] : decodeDer(generalNames, alternative.extnValue, 'certificate.issuer_alt_name')),
  ];
  return [...distributionPointsOf(certificate), { distributionPoint: { kind: 'fullName', value: names } }];
}

/** In whose name the CRLs of a distribution point are. */
function issuersOf({ cRLIssuer }: DistributionPoint, { certificate }: Subject) {
  if (cRLIssuer === undefined) return [certificate.issuer];
  return cRLIssuer.flatMap(({ kind, value }) => (kind === 'directoryName' ? [value] : []));
}

function nothingFor({ certificate }: Subject, covered: ReasonSet, crls: CrlCollection): RevocationProblem {
  if (covered.size > 0) {
    const missing = [...ALL_REASONS].filter((reason) => !covered.has(reason)).join(', ');
    return problem('crl', 'reasons_incomplete', `the CRLs at hand do not cover revocations for ${missing}`);
  }
  if (crls.hasDeltasOf(certificate.issuer)) {
    return problem('crl', 'base_missing', `there is only a delta CRL of ${certificate.issuer}, without a complete one`);
  }
  return problem('crl', 'not_available', `there is no CRL of ${certificate.issuer}`);
}

type Outcome = CertificateStatus | RevocationProblem | { readonly covers: ReasonSet };

/** One complete CRL, under one distribution point. */
function* judgeOne(
  complete: CertificateRevocationList,
  point: DistributionPoint,
  covered: ReasonSet,
  subject: Subject,
  crls: CrlCollection,
  judge: Judge,
): Flow<Outcome> {
  const outOfScope = findScopeProblem(complete, point, subject);
  if (outOfScope !== undefined) return outOfScope;
  const covers = commonReasons(complete.known.issuingDistributionPoint?.onlySomeReasons, point.reasons);
  // (e) "Verify that interim_reasons_mask includes one or more reasons that are not included in the reasons_mask."
  if ([...covers].every((reason) => covered.has(reason))) return { covers: new Set() };
  try {
    return yield* applyList(complete, covers, subject, crls, judge);
  } catch (error) {
    // Entries are read when they are asked for.
    if (!(error instanceof DecodeError)) throw error;
    return problem('crl', 'malformed', error.message, error);
  }
}

function* applyList(
  complete: CertificateRevocationList,
  covers: ReasonSet,
  subject: Subject,
  crls: CrlCollection,
  judge: Judge,
): Flow<Outcome> {
  const late = findTimeProblem('crl', complete, judge.freshness);
  const deltas = crls.deltasFor(complete).filter((delta) => findTimeProblem('crl', delta, judge.freshness) === undefined);
  // (a) (1) (i): a delta of now makes a complete CRL that is over current again.
  if (late !== undefined && (late.reason !== 'stale' || deltas.length === 0)) return late;
  const signerPath = yield* findListSigner(complete, subject, judge);
  if ('reason' in signerPath) return signerPath;
  const delta = yield* findSignedDelta(deltas, signerPath, judge);
  if (delta === undefined && late !== undefined) return late;
  // After the signatures: whoever sends junk must not make us read a million entries.
  const unusable = findListProblem(complete, judge) ?? (delta && findListProblem(delta, judge));
  if (unusable !== undefined) return unusable;
  const entry = (delta && findEntry(delta, subject)) ?? findEntry(complete, subject);
  // (k) "If (cert_status is removeFromCRL), then set cert_status to UNREVOKED."
  if (entry === undefined || entry.reason === 'removeFromCRL') return { covers };
  return { status: 'revoked', source: 'crl', revocationDate: entry.revocationDate, reason: entry.reason };
}

/** (h): the latest delta that was signed by the key of the complete CRL. */
function* findSignedDelta(
  deltas: readonly CertificateRevocationList[],
  signerPath: readonly Certificate[],
  judge: Judge,
): Flow<CertificateRevocationList | undefined> {
  for (const delta of deltas) {
    const { signatureAlgorithm: algorithm, tbsCertList: message, signature } = delta;
    if (yield* isSignedBy({ source: 'crl', algorithm, message, signature }, signerPath, judge)) return delta;
  }
  return undefined;
}

/** (b): whether the CRL is the one that the distribution point means, and has this certificate in its scope. */
function findScopeProblem(
  { issuer, known: { issuingDistributionPoint: scope } }: CertificateRevocationList,
  { cRLIssuer, distributionPoint }: DistributionPoint,
  { certificate }: Subject,
): RevocationProblem | undefined {
  if (cRLIssuer !== undefined && !(scope?.indirectCRL === true && namesDirectory(cRLIssuer, issuer))) {
    return problem('crl', 'issuer_mismatch', `the CRL of ${issuer} is not for certificates of ${certificate.issuer}`);
  }
  if (cRLIssuer === undefined && !issuer.equals(certificate.issuer)) {
    return problem('crl', 'issuer_mismatch', `the CRL of ${issuer} is not of ${certificate.issuer}, who issued the certificate`);
  }
  if (scope === undefined) return undefined;
  const { distributionPoint: name } = scope;
  if (name !== undefined) {
    // "If the distribution point name is present in the IDP CRL extension and the distribution field is omitted from the DP, then verify
    // that one of the names in the IDP matches one of the names in the cRLIssuer field of the DP."
    const wanted = distributionPoint === undefined ? (cRLIssuer ?? []) : namesOfPoint(distributionPoint, issuer);
    if (!sharesName(namesOfPoint(name, issuer), wanted)) {
      return problem('crl', 'scope_mismatch', 'the CRL is for another distribution point');
    }
  }
  return findKindProblem(scope, certificate.isCa);
}

function findKindProblem(scope: IssuingDistributionPoint, isCa: boolean): RevocationProblem | undefined {
  if (scope.onlyContainsUserCerts && isCa) {
    return problem('crl', 'scope_mismatch', 'the CRL is only for end entities, and the certificate is one of an authority');
  }
  if (scope.onlyContainsCACerts && !isCa) {
    return problem('crl', 'scope_mismatch', 'the CRL is only for authorities, and the certificate is one of an end entity');
  }
  if (scope.onlyContainsAttributeCerts) {
    return problem('crl', 'scope_mismatch', 'the CRL is only for attribute certificates');
  }
  return undefined;
}

/** "the application MUST NOT use that CRL to determine the status of certificates" (RFC 5280 §5.2, and §5.3 of the entries) */
function findListProblem(crl: CertificateRevocationList, { profile }: Judge): RevocationProblem | undefined {
  const broken = findCrlProfileProblem(crl, profile);
  if (broken !== undefined) return problem('crl', 'profile_violated', `the CRL ${broken}`);
  const unknownOne = crl.unknownCriticalExtension ?? crl.revokedCertificates.unknownCriticalExtension;
  if (unknownOne === undefined) return undefined;
  return problem('crl', 'critical_extension_unknown', `the CRL has the critical extension ${unknownOne}, which is not supported`);
}

/** (i), (j): "If an entry is found that matches the certificate issuer and serial number as described in Section 5.3.3" */
function findEntry(crl: CertificateRevocationList, { certificate }: Subject): RevokedCertificate | undefined {
  return crl.revokedCertificates
    .find(serialNumberOf(certificate))
    .find(({ certificateIssuer }) =>
      certificateIssuer === undefined
        ? crl.issuer.equals(certificate.issuer)
        : namesDirectory(certificateIssuer, certificate.issuer),
    );
}
