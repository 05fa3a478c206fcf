/**
 * Path building and validation (RFC 5280 §6, RFC 4158): from the end entity upwards to a trust anchor, trying every issuer that fits.
 *
 * ```
 * end entity ── issuer? ──▶ intermediate ── issuer? ──▶ … ──▶ trust anchor
 *      depth 0                  depth 1                          depth n
 * ```
 * The search is depth-first with backtracking, so that neither the order of the certificates nor extra, expired or cross-signed ones
 * can mislead it. Invariants: no name and key stand twice on a path, so there is no loop; every candidate and every signature is
 * counted against a budget, so there is no explosion.
 */

import { equal } from '../../core/bytes/bytes.ts';
import { type CertificateInvalid, CryptoFailure, DecodeError } from '../../core/errors/errors.ts';
import { type Flow, settle } from '../../core/flow/flow.ts';
import type { KeyProvider, PublicKey, SignatureAlgorithm } from '../../crypto/signature.ts';
import type { Certificate } from './certificate.ts';
import {
  findConstraintProblem,
  findIssuerProblem,
  findLeafProblem,
  findSignatureProblem,
  invalid,
  isWeak,
  type PathPolicy,
  type PathPurpose,
} from './certificate-rules.ts';
import type { PathCheck, PathCheckContext, SideRequest } from './path-check.ts';

/** Certificates by the key of their subject's name. */
export type CertificateIndex = ReadonlyMap<string, readonly Certificate[]>;

/** How much work one search may do. */
export interface PathBudget {
  readonly maxSignatures: number;
  readonly maxCandidates: number;
  readonly maxNameComparisons: number;
}

export interface PathSearch {
  readonly anchors: CertificateIndex;
  readonly intermediates: readonly Certificate[];
  readonly policy: PathPolicy;
  readonly purpose: PathPurpose;
  readonly budget: PathBudget;
  readonly keys: KeyProvider;
  /** Imported keys, kept between searches for as long as their certificates live. */
  readonly importedKeys: WeakMap<Certificate, PublicKey>;
  /** What went wrong before the search, to be reported if nothing more telling is found. */
  readonly earlierProblem?: CertificateInvalid | undefined;
  /** Asked about every path that keeps all other rules. */
  readonly pathCheck?: PathCheck | undefined;
}

/** What is left of a budget. Searches for the sake of another share it. */
interface Purse {
  signatures: number;
  candidates: number;
  nameComparisons: number;
}

/** Sorts certificates by subject. */
export function indexCertificates(certificates: readonly Certificate[]): CertificateIndex {
  const index = new Map<string, Certificate[]>();
  for (const certificate of certificates) {
    const same = index.get(certificate.subject.key);
    if (same === undefined) index.set(certificate.subject.key, [certificate]);
    else if (!same.some(({ raw }) => equal(raw, certificate.raw))) same.push(certificate);
  }
  return index;
}

/**
 * A path from `leaf` to a trust anchor, end entity first, whose signatures and issuers have been checked; the leaf's own properties
 * have not. Throws the most telling `CertificateInvalid` when there is none.
 */
export function* findPath(leaf: Certificate, search: PathSearch): Flow<readonly Certificate[]> {
  const { maxSignatures, maxCandidates, maxNameComparisons } = search.budget;
  const purse = { signatures: maxSignatures, candidates: maxCandidates, nameComparisons: maxNameComparisons };
  const found = yield* searchPath(leaf, search, purse);
  if (Array.isArray(found)) return found;
  throw found;
}

/** Asks `search.pathCheck` about a path that was found earlier, with a budget of its own. */
export function* recheckPath(path: readonly Certificate[], search: PathSearch): Flow<CertificateInvalid | undefined> {
  const { maxSignatures, maxCandidates, maxNameComparisons } = search.budget;
  const purse = { signatures: maxSignatures, candidates: maxCandidates, nameComparisons: maxNameComparisons };
  return yield* checkPath(path, startSearch(search, purse));
}

/** A certificate as the signer of something else than certificates: found and judged by the policy of `outer`, out of its purse. */
function* findSidePath(
  certificate: Certificate,
  request: SideRequest,
  outer: SearchState,
): Flow<readonly Certificate[] | CertificateInvalid> {
  const { search, purse } = outer;
  const { now, signal } = search.purpose;
  const inner: PathSearch = {
    ...search,
    purpose: { purpose: request.purpose, serverName: undefined, now, signal },
    intermediates: [...(request.intermediates ?? []), ...search.intermediates],
    pathCheck: request.pathCheck,
    earlierProblem: undefined,
  };
  return findLeafProblem(certificate, inner.policy, inner.purpose) ?? (yield* searchPath(certificate, inner, purse));
}

function* searchPath(leaf: Certificate, search: PathSearch, purse: Purse): Flow<readonly Certificate[] | CertificateInvalid> {
  const state = startSearch(search, purse);
  const found = yield* isAnchor(leaf, search) ? accept([leaf], state) : extendPath([leaf], state);
  return found ?? state.problem ?? noIssuerProblem(leaf, 0);
}

function startSearch(search: PathSearch, purse: Purse): SearchState {
  return {
    search,
    intermediates: indexCertificates(search.intermediates),
    signatures: new Map(),
    purse,
    problem: search.earlierProblem,
  };
}

/** A certificate that is itself trusted needs no issuer: this is how self-signed servers are pinned. */
function isAnchor({ subject, raw }: Certificate, { anchors }: PathSearch): boolean {
  return anchors.get(subject.key)?.some((anchor) => equal(anchor.raw, raw)) ?? false;
}

/** The path, if nothing that is asked about whole paths speaks against it. */
function* accept(path: readonly Certificate[], state: SearchState): Flow<readonly Certificate[] | undefined> {
  const problem = yield* checkPath(path, state);
  return problem === undefined ? path : note(state, problem);
}

function* checkPath(path: readonly Certificate[], state: SearchState): Flow<CertificateInvalid | undefined> {
  const { pathCheck, purpose } = state.search;
  if (pathCheck === undefined) return undefined;
  const context: PathCheckContext = {
    now: purpose.now,
    purpose: purpose.purpose,
    peerRole: purpose.peerRole,
    ocspResponse: purpose.ocspResponse,
    signal: purpose.signal,
    findPath: (certificate, request) => findSidePath(certificate, request, state),
    verifySignature: (signerPath, algorithm, message, signature) =>
      verifySignature(signerPath, { algorithm, message, signature }, path, state),
  };
  return yield* pathCheck.check(path, context);
}

interface SignedMessage {
  readonly algorithm: SignatureAlgorithm | undefined;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

function* verifySignature(
  [signer]: readonly Certificate[],
  { algorithm, message, signature }: SignedMessage,
  [leaf]: readonly Certificate[],
  state: SearchState,
): Flow<boolean> {
  if (signer === undefined || leaf === undefined || algorithm === undefined || isWeak(algorithm)) return false;
  spend(state, 'signatures', leaf, 0);
  const key = yield* importKey(signer, 0, state);
  return key !== undefined && (yield* settle(key.verify(algorithm, message, signature)));
}

interface SearchState {
  readonly search: PathSearch;
  readonly intermediates: CertificateIndex;
  /** Which signatures have been checked: subject, issuer, verdict. */
  readonly signatures: Map<Certificate, Map<Certificate, boolean>>;
  readonly purse: Purse;
  /** The most telling problem so far. */
  problem: CertificateInvalid | undefined;
}

interface Candidate {
  readonly certificate: Certificate;
  readonly isAnchor: boolean;
  readonly keyIdentifier: KeyIdentifierMatch;
}

/** 0: the identifiers agree; 1: one of them is missing; 2: they differ. */
type KeyIdentifierMatch = 0 | 1 | 2;

function* extendPath(path: readonly Certificate[], state: SearchState): Flow<readonly Certificate[] | undefined> {
  const child = path.at(-1) as Certificate;
  const depth = path.length - 1;
  const signatureProblem = findSignatureProblem(child, depth);
  if (signatureProblem !== undefined) return note(state, signatureProblem);
  let outcome: 'no_issuer' | 'wrong_signature' | 'issuer_seen' = 'no_issuer';
  for (const candidate of candidateIssuers(child, path, state)) {
    spend(state, 'candidates', child, depth);
    const problem =
      findIssuerProblem(candidate.certificate, candidate.isAnchor, path, state.search.policy, state.search.purpose) ??
      findConstraintProblem(candidate.certificate, path, (count) => spend(state, 'nameComparisons', child, depth, count));
    if (problem !== undefined) {
      note(state, problem);
      outcome = 'issuer_seen';
      continue;
    }
    if (!(yield* isSignedBy(child, candidate.certificate, depth, state))) {
      // A differing key identifier said already that this is another key of the same name.
      if (outcome === 'no_issuer' && candidate.keyIdentifier !== 2) outcome = 'wrong_signature';
      continue;
    }
    outcome = 'issuer_seen';
    const longer = [...path, candidate.certificate];
    const found = yield* candidate.isAnchor ? accept(longer, state) : extendPath(longer, state);
    if (found !== undefined) return found;
  }
  if (outcome === 'no_issuer') note(state, noIssuerProblem(child, depth));
  if (outcome === 'wrong_signature') {
    note(state, invalid('signature_invalid', 'its signature was not made by the issuer that it names', child, depth));
  }
  return undefined;
}

/** Whoever bears the issuer's name and is not on the path yet, the likeliest first: by key identifier, then trust anchors. */
function candidateIssuers(child: Certificate, path: readonly Certificate[], state: SearchState): Candidate[] {
  const name = child.issuer.key;
  const anchors = state.search.anchors.get(name) ?? [];
  const intermediates = (state.intermediates.get(name) ?? []).filter(
    ({ raw }) => !anchors.some((anchor) => equal(anchor.raw, raw)),
  );
  const all = [
    ...anchors.map((certificate) => ({ certificate, isAnchor: true })),
    ...intermediates.map((certificate) => ({ certificate, isAnchor: false })),
  ];
  return all
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

function* isSignedBy(child: Certificate, issuer: Certificate, depth: number, state: SearchState): Flow<boolean> {
  const known = state.signatures.get(child)?.get(issuer);
  if (known !== undefined) return known;
  spend(state, 'signatures', child, depth);
  const key = yield* importKey(issuer, depth + 1, state);
  const { signatureAlgorithm } = child;
  if (key === undefined || signatureAlgorithm === undefined) return false;
  const isRight = yield* settle(key.verify(signatureAlgorithm, child.tbsCertificate, child.signature));
  const verdicts = state.signatures.get(child) ?? new Map<Certificate, boolean>();
  state.signatures.set(child, verdicts.set(issuer, isRight));
  return isRight;
}

function* importKey(certificate: Certificate, depth: number, state: SearchState): Flow<PublicKey | undefined> {
  const imported = state.search.importedKeys.get(certificate);
  if (imported !== undefined) return imported;
  try {
    const key = yield* settle(state.search.keys.importPublicKey(certificate.publicKey));
    state.search.importedKeys.set(certificate, key);
    return key;
  } catch (error) {
    if (!(error instanceof CryptoFailure || error instanceof DecodeError)) throw error;
    return note(state, invalid('key_unsupported', `its key cannot be used: ${error.message}`, certificate, depth));
  }
}

const SPENT = {
  signatures: 'signatures',
  candidates: 'candidate issuers',
  nameComparisons: 'comparisons with name constraints',
} as const;

function spend(state: SearchState, what: keyof typeof SPENT, certificate: Certificate, depth: number, amount = 1): void {
  state.purse[what] -= amount;
  if (state.purse[what] >= 0) return;
  throw invalid('budget_exceeded', `no path was found within the allowed number of ${SPENT[what]}`, certificate, depth);
}

/**
 * How much a reason tells. A certificate that fits but breaks a rule tells most; that nobody issued it, least: any stray certificate
 * leads there. Of equals, the first is kept: it comes from the likeliest candidate.
 */
function tellingness({ reason }: CertificateInvalid): number {
  switch (reason) {
    case 'issuer_unknown':
      return 0;
    case 'self_signed_leaf':
    case 'self_signed_in_chain':
      return 1;
    case 'malformed':
      return 2;
    case 'signature_invalid':
      return 3;
    default:
      return 4;
  }
}

function note(state: SearchState, problem: CertificateInvalid): undefined {
  if (state.problem === undefined || tellingness(problem) > tellingness(state.problem)) state.problem = problem;
}

function noIssuerProblem(certificate: Certificate, depth: number): CertificateInvalid {
  const advice = 'add its issuer to the trust anchors if you trust it';
  if (!certificate.isSelfIssued) {
    const problem = `its issuer (${certificate.issuer}) is neither trusted nor among the certificates sent; ${advice}`;
    return invalid('issuer_unknown', problem, certificate, depth);
  }
  if (depth === 0) return invalid('self_signed_leaf', `it is self-signed and not trusted; ${advice}`, certificate, depth);
  return invalid('self_signed_in_chain', 'the path ends in it, and it is self-signed and not trusted', certificate, depth);
}
