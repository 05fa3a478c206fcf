/**
 * Path building and validation (RFC 5280 §6, RFC 4158): from the end entity upwards to a trust anchor, trying every issuer that fits.
 *
 * ```
 * end entity ── issuer? ──▶ intermediate ── issuer? ──▶ … ──▶ trust anchor
 *      depth 0                  depth 1                          depth n
 * ```
 * The search is depth-first with backtracking, so that neither the order of the certificates nor extra, expired or cross-signed ones
 * can mislead it. Rules of single certificates are checked on the way up, rules of whole paths (`path-rules.ts`) at an anchor.
 * Invariants: no name and key stand twice on a path, so there is no loop; whatever a graph can multiply is counted against a budget, so
 * there is no explosion.
 */

import { equal } from '../../core/bytes/bytes.ts';
import { CertificateInvalid } from '../../core/errors/errors.ts';
import type { Flow } from '../../core/flow/flow.ts';
import type { Certificate } from './certificate.ts';
import { constraintProblems, first, invalid, issuerProblems, leafProblems, signatureProblems } from './certificate-rules.ts';
import { fetchIssuers } from './issuer-fetcher.ts';
import { isSignedBy } from './path-keys.ts';
import { acceptPath } from './path-rules.ts';
import { type FoundPath, note, type PathSearch, reportOf, type SearchState, spend, startSearch } from './path-search.ts';
import type { Anchor } from './trust-anchor.ts';

/**
 * A path from `leaf` to a trust anchor that keeps all rules but those of the leaf itself (`leafProblems`), or the most telling
 * `CertificateInvalid` when there is none. `state` tells afterwards what was tried.
 */
export function* findPath(leaf: Certificate, state: SearchState): Flow<FoundPath | CertificateInvalid> {
  try {
    const self = anchorOf(leaf, state.search);
    const found = yield* self === undefined ? extendPath([leaf], state) : acceptPath([leaf], self, state, findSidePath);
    return found ?? state.problem ?? noIssuerProblem(leaf, 0);
  } catch (error) {
    return spentBudget(error);
  }
}

/** Asks `search.pathCheck` about a path that was found earlier, out of a budget of its own. */
export function* recheckPath(path: readonly Certificate[], search: PathSearch): Flow<boolean> {
  const anchor = anchorOf(path.at(-1) as Certificate, search);
  if (anchor === undefined) return false;
  try {
    return (yield* acceptPath(path, anchor, startSearch(search), findSidePath)) !== undefined;
  } catch (error) {
    spentBudget(error);
    return false;
  }
}

/** The refusal that a spent budget is; throws what is none. */
export function spentBudget(error: unknown): CertificateInvalid {
  if (error instanceof CertificateInvalid && error.reason === 'budget_exceeded') return error;
  throw error;
}

/** A refusal with the report of the search that it ends. */
export function withReport(problem: CertificateInvalid, state: SearchState): CertificateInvalid {
  const { reason, message, depth, certificate, cause } = problem;
  return new CertificateInvalid(reason, message, { depth, certificate, cause, report: reportOf(state) });
}

/** A path of another certificate, for a path check: found by the policy of the outer search, out of its purse. */
export function* findSidePath(
  certificate: Certificate,
  search: PathSearch,
  outer: SearchState,
): Flow<readonly Certificate[] | CertificateInvalid> {
  const state = startSearch(search, outer);
  const problem = first(leafProblems(certificate, search.policy, search.purpose));
  if (problem !== undefined) return problem;
  const found = yield* findPath(certificate, state);
  return found instanceof CertificateInvalid ? found : found.path;
}

/** A certificate that is itself trusted needs no issuer: this is how self-signed servers are pinned. */
export function anchorOf({ subject, raw }: Certificate, { anchors }: PathSearch): Anchor | undefined {
  return anchors.of(subject).find(({ certificate }) => equal(certificate.raw, raw));
}

export interface Candidate {
  readonly certificate: Certificate;
  /** Set for trust anchors. */
  readonly anchor: Anchor | undefined;
  readonly keyIdentifier: KeyIdentifierMatch;
}

/** 0: the identifiers agree; 1: one of them is missing; 2: they differ. */
type KeyIdentifierMatch = 0 | 1 | 2;

/** What came of the candidates for an issuer. */
interface Attempt {
  outcome: 'no_issuer' | 'wrong_signature' | 'issuer_seen';
}

function* extendPath(path: readonly Certificate[], state: SearchState): Flow<FoundPath | undefined> {
  const child = path.at(-1) as Certificate;
  const depth = path.length - 1;
  const signatureProblem = first(signatureProblems(child, depth, state.search.policy));
  if (signatureProblem !== undefined) return note(state, path, signatureProblem);
  const attempt: Attempt = { outcome: 'no_issuer' };
  const found =
    (yield* tryCandidates(candidateIssuers(child, path, state), path, attempt, state)) ??
    (yield* tryCandidates(yield* fetchedIssuers(child, path, state), path, attempt, state));
  if (found !== undefined) return found;
  if (attempt.outcome === 'no_issuer') return note(state, path, noIssuerProblem(child, depth));
  if (attempt.outcome === 'wrong_signature') {
    return note(
      state,
      path,
      invalid('signature_invalid', 'its signature was not made by the issuer that it names', child, depth),
    );
  }
  return undefined;
}

function* tryCandidates(
  candidates: readonly Candidate[],
  path: readonly Certificate[],
  attempt: Attempt,
  state: SearchState,
): Flow<FoundPath | undefined> {
  const child = path.at(-1) as Certificate;
  const depth = path.length - 1;
  for (const { certificate, anchor, keyIdentifier } of candidates) {
    spend(state, 'candidates', child, depth);
    const problem = findCandidateProblem(certificate, anchor !== undefined, path, state);
    const longer = [...path, certificate];
    if (problem !== undefined) {
      note(state, problem.depth === depth + 1 ? longer : path, problem);
      attempt.outcome = 'issuer_seen';
      continue;
    }
    if (!(yield* isSignedBy(path, certificate, state))) {
      // A differing key identifier said already that this is another key of the same name.
      if (attempt.outcome === 'no_issuer' && keyIdentifier !== 2) attempt.outcome = 'wrong_signature';
      continue;
    }
    attempt.outcome = 'issuer_seen';
    const found = yield* anchor === undefined ? extendPath(longer, state) : acceptPath(longer, anchor, state, findSidePath);
    if (found !== undefined) return found;
  }
  return undefined;
}

function findCandidateProblem(
  issuer: Certificate,
  isAnchor: boolean,
  path: readonly Certificate[],
  state: SearchState,
): CertificateInvalid | undefined {
  const { policy, purpose } = state.search;
  const child = path.at(-1) as Certificate;
  return (
    first(issuerProblems(issuer, isAnchor, path, policy, purpose)) ??
    first(constraintProblems(issuer, path, (count) => spend(state, 'nameComparisons', child, path.length - 1, count)))
  );
}

/** Whoever bears the issuer's name and is not on the path yet, the likeliest first: by key identifier, then trust anchors. */
export function candidateIssuers(child: Certificate, path: readonly Certificate[], state: SearchState): readonly Candidate[] {
  const name = child.issuer.key;
  const anchors = state.search.anchors.of(child.issuer);
  const intermediates = (state.intermediates.get(name) ?? []).filter(
    ({ raw }) => !anchors.some(({ certificate }) => equal(certificate.raw, raw)),
  );
  const all = [
    ...anchors.map((anchor) => ({ certificate: anchor.certificate, anchor })),
    ...intermediates.map((certificate) => ({ certificate, anchor: undefined })),
  ];
  return sortCandidates(child, path, all);
}

/** Issuers that the certificate says where to fetch, if there is somebody to fetch them; asked when all others have failed. */
function* fetchedIssuers(child: Certificate, path: readonly Certificate[], state: SearchState): Flow<readonly Candidate[]> {
  if (state.search.issuerFetcher === undefined) return [];
  const known = candidateIssuers(child, path, state);
  const fetched = (yield* fetchIssuers(child, path.length - 1, state)).filter(
    ({ subject, raw }) => subject.equals(child.issuer) && !known.some(({ certificate }) => equal(certificate.raw, raw)),
  );
  return sortCandidates(
    child,
    path,
    fetched.map((certificate) => ({ certificate, anchor: anchorOf(certificate, state.search) })),
  );
}

function sortCandidates(
  child: Certificate,
  path: readonly Certificate[],
  candidates: readonly Omit<Candidate, 'keyIdentifier'>[],
): readonly Candidate[] {
  return candidates
    .filter(({ certificate }) => !path.some((passed) => isSameEntity(passed, certificate)))
    .map((candidate) => ({ ...candidate, keyIdentifier: matchKeyIdentifier(child, candidate.certificate) }))
    .sort((a, b) => a.keyIdentifier - b.keyIdentifier);
}

function isSameEntity(a: Certificate, b: Certificate): boolean {
  return equal(a.publicKey, b.publicKey) && a.subject.equals(b.subject);
}

function matchKeyIdentifier(child: Certificate, issuer: Certificate): KeyIdentifierMatch {
  const wanted = child.known.authorityKeyIdentifier?.keyIdentifier;
  const offered = issuer.known.subjectKeyIdentifier;
  if (wanted === undefined || offered === undefined) return 1;
  return equal(wanted, offered) ? 0 : 2;
}

/** What to say of a path that ends in a certificate which is not an anchor. */
export function noIssuerProblem(certificate: Certificate, depth: number): CertificateInvalid {
  const advice = 'add its issuer to the trust anchors if you trust it';
  if (!certificate.isSelfIssued) {
    const problem = `its issuer (${certificate.issuer}) is neither trusted nor among the certificates sent; ${advice}`;
    return invalid('issuer_unknown', problem, certificate, depth);
  }
  if (depth === 0) return invalid('self_signed_leaf', `it is self-signed and not trusted; ${advice}`, certificate, depth);
  return invalid('self_signed_in_chain', 'the path ends in it, and it is self-signed and not trusted', certificate, depth);
}
