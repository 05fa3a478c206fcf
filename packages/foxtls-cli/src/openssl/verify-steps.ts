/**
 * The verification of a chain as OpenSSL's verify callback is told of it (SSL_CTX_set_verify(3)): one step after the other, each of which may end it.
 *
 * ```
 * chain cannot be completed ─▶ extensions, keys ─▶ the server's name ─▶ from the root to the end entity: signature, dates, "passed" ─▶ constraints
 * ```
 * foxtls finds the path first and then tells of its certificates; here that is put into OpenSSL's order.
 */

import type { CertificateInvalid } from 'foxtls';
import { CertificateInvalid as Refusal } from 'foxtls';
import type { PeerVerifier, VerifyRequest } from 'foxtls/crypto';
import type { Certificate, CertificateVisit, CertificateVisitor } from 'foxtls/x509';
import { UNVERIFIED_LEAF, type VerifyError, verifyErrorOf } from './verify-errors.ts';

export interface VerifyStep {
  readonly certificate: Certificate;
  /** From the end entity (0). */
  readonly depth: number;
  /** What is wrong; undefined when the certificate passes. */
  readonly error: VerifyError | undefined;
  readonly problem: CertificateInvalid | undefined;
}

type Reason = CertificateInvalid['reason'];

/** The stages that report from the end entity upwards, before the signatures are looked at. */
const EARLY_STAGES: readonly (readonly Reason[])[] = [
  ['issuer_unknown', 'self_signed_leaf', 'self_signed_in_chain', 'budget_exceeded'],
  ['critical_extension_unknown', 'issuer_not_ca', 'key_usage_missing', 'extended_key_usage_missing', 'path_too_long'],
  ['key_too_small', 'key_unsupported', 'signature_algorithm_weak', 'signature_algorithm_unsupported'],
  ['name_mismatch'],
  ['revoked', 'revocation_unknown', 'staple_missing', 'staple_invalid'],
];
const SIGNATURE_STAGE: readonly Reason[] = ['signature_invalid', 'not_yet_valid', 'expired'];

/** What a hook of foxtls was told of one chain, in OpenSSL's order. */
export function verifySteps(visits: readonly CertificateVisit[], isAddress = false): VerifyStep[] {
  const path = visits[0]?.path ?? [];
  const problems = visits.flatMap(({ problem }) => problem ?? []);
  const step = (
    depth: number,
    problem?: CertificateInvalid,
    error = problem && verifyErrorOf(problem, isAddress),
  ): VerifyStep => {
    return { certificate: path[depth] as Certificate, depth, error, problem };
  };
  const of = (reasons: readonly Reason[]) =>
    problems.filter(({ reason }) => reasons.includes(reason)).sort((a, b) => a.depth - b.depth);
  const steps = EARLY_STAGES.flatMap((reasons) => of(reasons).map((problem) => step(problem.depth, problem)));
  const [orphan] = of(['issuer_unknown']);
  // Without its issuer nothing can be said of the signature of the topmost certificate; a lone one is said to be unverified.
  const top = path.length - (orphan !== undefined && path.length > 1 ? 2 : 1);
  if (orphan !== undefined && path.length === 1) steps.push(step(0, orphan, UNVERIFIED_LEAF));
  for (let depth = top; depth >= 0; depth--) {
    for (const problem of of(SIGNATURE_STAGE)) if (problem.depth === depth) steps.push(step(depth, problem));
    steps.push(step(depth));
  }
  const told = [...EARLY_STAGES.flat(), ...SIGNATURE_STAGE];
  const late = problems.filter(({ reason }) => !told.includes(reason));
  return [...steps, ...late.map((problem) => step(problem.depth, problem))];
}

export interface Watcher {
  /** Told of every step, in OpenSSL's order; false ends the handshake there. Passing over what is wrong leaves the peer unverified. */
  readonly decide: (step: VerifyStep) => boolean;
  /** Asked when all steps are over: what ends the handshake then. */
  readonly refusal?: () => CertificateInvalid | undefined;
  /** The server is called by an IP address. */
  readonly isAddress?: boolean;
}

/** A verifier whose decisions are those of a watcher; `make` is asked for one for each chain. */
export function watchedVerifier(
  make: (onCertificate: CertificateVisitor) => PeerVerifier,
  { decide, refusal, isAddress = false }: Watcher,
): PeerVerifier {
  const verify = async (request: VerifyRequest) => {
    const visits: CertificateVisit[] = [];
    const verifier = make((visit) => {
      visits.push(visit);
      return 'dangerously_accept_problem';
    });
    const verdict = await verifier.verify(request);
    for (const step of verifySteps(visits, isAddress)) {
      if (decide(step)) continue;
      throw step.problem ?? new Refusal('rejected_by_application', 'it was refused by hand', { depth: step.depth });
    }
    const late = refusal?.();
    if (late !== undefined) throw late;
    return verdict;
  };
  return { acceptsUnverified: true, verify };
}
