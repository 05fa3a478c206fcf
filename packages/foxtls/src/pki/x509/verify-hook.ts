/**
 * A hook that sees every certificate of a path, from the root to the end entity, as OpenSSL's verify callback does: off the default path.
 *
 * ```
 * path found:     root ─▶ … ─▶ end entity, no problem; each visit may abort
 * no path:        the likeliest chain, with every rule that each of its certificates breaks; each may be accepted, or stands
 * ```
 */

import { CertificateInvalid } from '../../core/errors/errors.ts';
import { type Eventually, type Flow, settle } from '../../core/flow/flow.ts';
import type { Certificate } from './certificate.ts';
import { constraintProblems, invalid, issuerProblems, leafProblems, signatureProblems } from './certificate-rules.ts';
import { anchorOf, candidateIssuers, findSidePath, noIssuerProblem, spentBudget } from './path.ts';
import { isSignedBy } from './path-keys.ts';
import { judgePath } from './path-rules.ts';
import { type FoundPath, type SearchState, spend } from './path-search.ts';
import type { Anchor } from './trust-anchor.ts';

/** One certificate of a path, or one rule that it breaks. */
export interface CertificateVisit {
  readonly certificate: Certificate;
  /** From the end entity (0). */
  readonly depth: number;
  /** End entity first. */
  readonly path: readonly Certificate[];
  /** The rule that it breaks; undefined when it keeps them all. A certificate that breaks several is visited once for each. */
  readonly problem: CertificateInvalid | undefined;
}

/**
 * `continue`: all stays as it is. `abort`: the certificate is refused, whatever the rules say. `dangerously_accept_problem`: the broken rule
 * is passed over. Whoever gives this answer takes the place of the rule: for certain certificates only, known beforehand.
 */
export type VisitAnswer = 'continue' | 'abort' | 'dangerously_accept_problem';

export type CertificateVisitor = (visit: CertificateVisit) => Eventually<VisitAnswer>;

/** A certificate that was judged to be good. */
export interface Judgement extends FoundPath {
  /** What is wrong with it all the same, and was accepted by the hook. */
  readonly accepted: readonly CertificateInvalid[];
}

/** What the hook makes of a search's result. */
export function* visitPath(
  visitor: CertificateVisitor,
  leaf: Certificate,
  result: FoundPath | CertificateInvalid,
  state: SearchState,
): Flow<Judgement | CertificateInvalid> {
  if (!(result instanceof CertificateInvalid)) {
    const refusal = yield* visitAll(visitor, result.path, []);
    return Array.isArray(refusal) ? { ...result, accepted: [] } : (refusal as CertificateInvalid);
  }
  if (result.reason === 'budget_exceeded') return result;
  try {
    return yield* visitLikeliest(visitor, leaf, state);
  } catch (error) {
    return spentBudget(error);
  }
}

function* visitLikeliest(
  visitor: CertificateVisitor,
  leaf: Certificate,
  state: SearchState,
): Flow<Judgement | CertificateInvalid> {
  const { path, anchor, problems } = yield* likeliestChain(leaf, state);
  const judged = anchor && (yield* judgePath(path, anchor, state, findSidePath, 'all'));
  problems.push(...(judged?.problems ?? []));
  const outcome = yield* visitAll(visitor, path, problems);
  if (!Array.isArray(outcome)) return outcome as CertificateInvalid;
  const policies = judged?.policies ?? { authorityConstrained: [], userConstrained: [] };
  return { path, policies, accepted: outcome as CertificateInvalid[] };
}

/** From the root to the end entity: the problems that were accepted, or the one that stands. */
function* visitAll(
  visitor: CertificateVisitor,
  path: readonly Certificate[],
  problems: readonly CertificateInvalid[],
): Flow<CertificateInvalid[] | CertificateInvalid> {
  const accepted: CertificateInvalid[] = [];
  for (let depth = path.length - 1; depth >= 0; depth--) {
    const certificate = path[depth] as Certificate;
    const own = problems.filter((problem) => problem.depth === depth);
    for (const problem of own.length === 0 ? [undefined] : own) {
      const answer = yield* settle(visitor({ certificate, depth, path, problem }));
      if (answer === 'abort') return invalid('rejected_by_application', 'the verify hook refused it', certificate, depth);
      if (problem === undefined) continue;
      if (answer !== 'dangerously_accept_problem') return problem;
      accepted.push(problem);
    }
  }
  return accepted;
}

interface Chain {
  readonly path: readonly Certificate[];
  readonly anchor: Anchor | undefined;
  /** All rules that its certificates break. */
  readonly problems: CertificateInvalid[];
}

/** Upwards without backtracking: the issuer that has signed, whatever rules it breaks, or else the likeliest one. */
function* likeliestChain(leaf: Certificate, state: SearchState): Flow<Chain> {
  const { policy, purpose } = state.search;
  const path: Certificate[] = [leaf];
  const problems = [...leafProblems(leaf, policy, purpose)];
  const self = anchorOf(leaf, state.search);
  if (self !== undefined) return { path, anchor: self, problems };
  for (;;) {
    const child = path.at(-1) as Certificate;
    const depth = path.length - 1;
    problems.push(...signatureProblems(child, depth, policy));
    const candidates = candidateIssuers(child, path, state);
    let issuer = candidates[0];
    let isSigned = false;
    for (const candidate of candidates) {
      spend(state, 'candidates', child, depth);
      isSigned = yield* isSignedBy(path, candidate.certificate, state);
      if (!isSigned) continue;
      issuer = candidate;
      break;
    }
    if (issuer === undefined) {
      problems.push(noIssuerProblem(child, depth));
      return { path, anchor: undefined, problems };
    }
    if (!isSigned) {
      problems.push(invalid('signature_invalid', 'its signature was not made by the issuer that it names', child, depth));
    }
    const { certificate, anchor } = issuer;
    problems.push(...issuerProblems(certificate, anchor !== undefined, path, policy, purpose));
    problems.push(...constraintProblems(certificate, path, (count) => spend(state, 'nameComparisons', child, depth, count)));
    path.push(certificate);
    if (anchor !== undefined) return { path, anchor, problems };
  }
}
