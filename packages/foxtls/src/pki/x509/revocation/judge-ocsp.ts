/**
 * Whether an OCSP response may be believed, and what it says then (RFC 6960 §3.2, §4.2.2).
 *
 * ```
 * responseStatus ─▶ the nonce ─▶ who signed, and may he? ─▶ the signature ─▶ the answer for this certificate ─▶ its times ─▶ good, revoked
 * ```
 * He may who is the certificate's issuer; who was issued a certificate with id-kp-OCSPSigning by the same key; or who is configured.
 */

import { equal } from '../../../core/bytes/bytes.ts';
import { DecodeError } from '../../../core/errors/errors.ts';
import type { Flow } from '../../../core/flow/flow.ts';
import { type Certificate, parseCertificate } from '../certificate.ts';
import { PURPOSES } from '../purpose.ts';
import { matchesIssuer } from './cert-id.ts';
import {
  type CertificateStatus,
  findTimeProblem,
  problem,
  type RevocationProblem,
  type RevocationSource,
  unknown,
} from './findings.ts';
import { findSignerPath, isSignedBy, isSuspect, type Judge, type Subject } from './judgement.ts';
import { type ResponderId, readOcspExtensions, type SingleResponse } from './ocsp-messages.ts';
import { type BasicOcspResponse, type OcspResponse, parseOcspResponse } from './ocsp-response.ts';
import { serialNumberOf } from './serial-number.ts';

/** What was asked, if anybody asked. */
export interface OcspExpectation {
  readonly source: RevocationSource & ('stapled' | 'ocsp');
  /** The nonce of the request: if the response has one, it must be this. */
  readonly nonce?: Uint8Array | undefined;
  /** The response must have it. */
  readonly isNonceRequired?: boolean;
}

/** How many certificates of a response are looked at. */
const MAX_CERTIFICATES = 8;

/** Judges a response, DER. A malformed one proves nothing, like any other that cannot be believed. */
export function* judgeOcspResponse(
  der: Uint8Array,
  subject: Subject,
  expectation: OcspExpectation,
  judge: Judge,
): Flow<CertificateStatus> {
  const { source } = expectation;
  const response = readResponse(der, source);
  if ('reason' in response) return unknown(response);
  if (response.status !== 'successful')
    return unknown(problem(source, 'responder_error', `the responder said ${response.status}`));
  const { basic } = response;
  const refusal = findFormProblem(basic, expectation, judge) ?? (yield* findSignerProblem(basic, subject, source, judge));
  if (refusal !== undefined) return unknown(refusal);
  return readAnswer(basic, subject, source, judge);
}

function readResponse(der: Uint8Array, source: RevocationSource): OcspResponse | RevocationProblem {
  try {
    return parseOcspResponse(der);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return problem(source, 'malformed', error.message, error);
  }
}

function findFormProblem(
  { nonce, unknownCriticalExtension, producedAt }: BasicOcspResponse,
  { source, nonce: asked, isNonceRequired = false }: OcspExpectation,
  { freshness: { now, clockTolerance } }: Judge,
): RevocationProblem | undefined {
  if (unknownCriticalExtension !== undefined) {
    return problem(source, 'critical_extension_unknown', `it has the critical extension ${unknownCriticalExtension}`);
  }
  if (asked !== undefined && nonce !== undefined && !equal(asked, nonce)) {
    return problem(source, 'nonce_mismatch', 'its nonce is not that of the request');
  }
  if (asked !== undefined && nonce === undefined && isNonceRequired) {
    return problem(source, 'nonce_missing', 'it does not repeat the nonce of the request');
  }
  if (producedAt.getTime() > now.getTime() + clockTolerance) {
    return problem(source, 'not_yet_valid', `it was made at ${producedAt.toISOString()}, which is in the future`);
  }
  return undefined;
}

/** A possible signer: how it came to be one decides what it has to prove. */
interface Candidate {
  readonly certificate: Certificate;
  readonly authority: 'issuer' | 'configured' | 'delegated';
}

function* findSignerProblem(
  basic: BasicOcspResponse,
  subject: Subject,
  source: RevocationSource,
  judge: Judge,
): Flow<RevocationProblem | undefined> {
  if (basic.signatureAlgorithm === undefined) {
    return problem(source, 'signature_algorithm_unsupported', 'it is signed with an unsupported algorithm');
  }
  let refusal = problem(source, 'signer_unknown', 'no certificate of its responder is known');
  for (const candidate of findCandidates(basic, subject, judge)) {
    const found = yield* judgeSigner(candidate, basic, subject, source, judge);
    if (found === undefined) return undefined;
    refusal = found;
  }
  return refusal;
}

function findCandidates(basic: BasicOcspResponse, { issuerPath }: Subject, judge: Judge): Candidate[] {
  const all: Candidate[] = [
    { certificate: issuerPath[0] as Certificate, authority: 'issuer' },
    ...judge.trustedResponders.map((certificate) => ({ certificate, authority: 'configured' }) as const),
    ...readCertificates(basic.certificates).map((certificate) => ({ certificate, authority: 'delegated' }) as const),
    ...judge.certificates.map((certificate) => ({ certificate, authority: 'delegated' }) as const),
  ];
  const isFirst = ({ certificate }: Candidate, i: number) =>
    all.findIndex((other) => equal(other.certificate.raw, certificate.raw)) === i;
  return all
    .filter((candidate, i) => isFirst(candidate, i) && isResponder(candidate.certificate, basic.responderId, judge))
    .slice(0, MAX_CERTIFICATES);
}

/** Certificates that cannot be read are passed over: they may be there for others. */
function readCertificates(encoded: readonly Uint8Array[]): Certificate[] {
  return encoded.slice(0, MAX_CERTIFICATES).flatMap((der) => {
    try {
      return [parseCertificate(der)];
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      return [];
    }
  });
}

/** "the information MUST correspond to the certificate that was used to sign the response" (RFC 6960 §4.2.2.3) */
function isResponder({ subject, publicKeyBits }: Certificate, id: ResponderId, { hashes }: Judge): boolean {
  if (id.kind === 'byName') return subject.equals(id.value);
  const sha1 = hashes.find(({ name }) => name === 'sha1');
  // A provider without SHA-1 has to try them all; the signature decides in any case.
  return sha1 === undefined || equal(sha1.digest(publicKeyBits), id.value);
}

function* judgeSigner(
  { certificate, authority }: Candidate,
  { signatureAlgorithm: algorithm, tbsResponseData: message, signature }: BasicOcspResponse,
  subject: Subject,
  source: RevocationSource,
  judge: Judge,
): Flow<RevocationProblem | undefined> {
  if (isSuspect(certificate, judge)) {
    return problem(source, 'signer_untrusted', `its signer (${certificate.subject}) is itself in question`);
  }
  const path = yield* findAuthority({ certificate, authority }, subject, source, judge);
  if ('reason' in path) return path;
  if (yield* isSignedBy({ source, algorithm, message, signature }, path, judge)) return undefined;
  return problem(
    source,
    'signature_invalid',
    `its signature is not one that ${certificate.subject} made, or not an acceptable one`,
  );
}

/**
 * The path of a signer who may speak for the issuer. "Systems relying on OCSP responses MUST recognize a delegation certificate as being
 * issued by the CA that issued the certificate in question only if the delegation certificate and the certificate being checked for
 * revocation were signed by the same key." (RFC 6960 §4.2.2.2)
 */
function* findAuthority(
  { certificate, authority }: Candidate,
  subject: Subject,
  source: RevocationSource,
  judge: Judge,
): Flow<readonly Certificate[] | RevocationProblem> {
  const [issuer] = subject.issuerPath;
  if (authority === 'issuer') return subject.issuerPath;
  if (authority === 'configured') return [certificate];
  if (issuer === undefined || !certificate.issuer.equals(issuer.subject)) {
    return problem(
      source,
      'signer_unauthorized',
      `its signer (${certificate.subject}) was not issued by the certificate's issuer`,
    );
  }
  const path = yield* findSignerPath(certificate, PURPOSES.ocspSigning, source, subject, judge);
  if ('reason' in path) return path;
  const above = path[1];
  if (above !== undefined && equal(above.publicKey, issuer.publicKey) && above.subject.equals(issuer.subject)) return path;
  return problem(
    source,
    'signer_unauthorized',
    `its signer (${certificate.subject}) was issued by another key than the certificate`,
  );
}

/** Of several answers for the certificate, the latest that is not of another time. */
function readAnswer(basic: BasicOcspResponse, subject: Subject, source: RevocationSource, judge: Judge): CertificateStatus {
  const serialNumber = serialNumberOf(subject.certificate);
  const answers = basic.responses.filter(
    ({ certID }) => equal(certID.serialNumber, serialNumber) && isOfIssuer(certID, subject, judge),
  );
  answers.sort((a, b) => b.thisUpdate.getTime() - a.thisUpdate.getTime());
  const [latest] = answers;
  if (latest === undefined) {
    return unknown(problem(source, 'certificate_not_answered', 'it says nothing about this certificate'));
  }
  const timely = answers.find((answer) => findTimeProblem(source, answer, judge.freshness) === undefined) ?? latest;
  const refusal = findAnswerProblem(timely, source, judge);
  return refusal === undefined ? statusOf(timely, source) : unknown(refusal);
}

function isOfIssuer(certId: SingleResponse['certID'], { certificate, issuerPath }: Subject, { hashes }: Judge): boolean {
  const [issuer] = issuerPath;
  return issuer !== undefined && matchesIssuer(certId, certificate.issuer.der, issuer.publicKeyBits, hashes);
}

function findAnswerProblem(answer: SingleResponse, source: RevocationSource, judge: Judge): RevocationProblem | undefined {
  const late = findTimeProblem(source, answer, judge.freshness);
  if (late !== undefined) return late;
  try {
    const { unknownCritical } = readOcspExtensions(answer.singleExtensions, 'ocsp_response.single_extensions');
    if (unknownCritical === undefined) return undefined;
    return problem(source, 'critical_extension_unknown', `its answer has the critical extension ${unknownCritical}`);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return problem(source, 'malformed', error.message, error);
  }
}

function statusOf({ certStatus }: SingleResponse, source: RevocationSource): CertificateStatus {
  if (certStatus.kind === 'good') return { status: 'good', source };
  if (certStatus.kind === 'unknown')
    return unknown(problem(source, 'status_unknown', 'the responder does not know the certificate'));
  const { revocationTime: revocationDate, revocationReason: reason } = certStatus.value;
  return { status: 'revoked', source, revocationDate, reason };
}
