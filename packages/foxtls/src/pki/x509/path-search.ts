/**
 * What a search for a path works with: its certificates, what it may spend, and the memory of what it tried.
 */

import type { CertificateInvalid, CertificateReport } from '../../core/errors/errors.ts';
import type { Hash } from '../../crypto/hash.ts';
import type { KeyProvider, KeyType, PublicKey } from '../../crypto/signature.ts';
import type { AnchorIndex } from './anchor-index.ts';
import type { Certificate } from './certificate.ts';
import { invalid, type PathPolicy, type PathPurpose } from './certificate-rules.ts';
import type { Fetcher } from './fetcher.ts';
import type { PathCheck } from './path-check.ts';
import type { Pins } from './pins.ts';
import type { PathPolicies } from './policy-graph.ts';
import { indexBySubject } from './subject-index.ts';

/** How much work one search may do. */
export interface PathBudget {
  /** Signatures checked; 100 unless set. One by a key that is dear counts for several: `signatureCost`. */
  readonly maxSignatures?: number;
  /** Candidate issuers considered; 1000 unless set. */
  readonly maxCandidates?: number;
  /** Comparisons of names with name constraints; 250,000 unless set. */
  readonly maxNameComparisons?: number;
  /** Nodes and edges of policy graphs; 10,000 unless set. */
  readonly maxPolicyNodes?: number;
  /** Issuers fetched; 4 unless set. */
  readonly maxFetches?: number;
}

export interface PathSearch {
  readonly anchors: AnchorIndex;
  readonly intermediates: readonly Certificate[];
  readonly policy: PathPolicy;
  readonly purpose: PathPurpose;
  readonly budget: PathBudget;
  readonly keys: KeyProvider;
  /** Imported keys, kept between searches for as long as their certificates live. */
  readonly importedKeys: WeakMap<Certificate, PublicKey>;
  readonly pins: Pins | undefined;
  /** SHA-256, for pins. */
  readonly sha256: Hash | undefined;
  /** Asked about every path that keeps all other rules. */
  readonly pathCheck: PathCheck | undefined;
  readonly issuerFetcher: Fetcher | undefined;
  /** Certificates that could not be read: reported, if nothing more telling is found. */
  readonly skipped: CertificateReport['skipped'];
  /** What went wrong before the search, to be reported if nothing more telling is found. */
  readonly earlierProblem?: CertificateInvalid | undefined;
}

export interface FoundPath {
  /** End entity first, anchor last. */
  readonly path: readonly Certificate[];
  readonly policies: PathPolicies;
}

/** What is left to spend. Searches for the sake of another share it. */
export type Purse = { -readonly [W in Spendable]: number };

type Spendable = 'signatures' | 'candidates' | 'nameComparisons' | 'policyNodes' | 'fetches';

export interface SearchState {
  readonly search: PathSearch;
  readonly intermediates: ReadonlyMap<string, readonly Certificate[]>;
  /** Which signatures have been checked: subject, issuer, verdict. */
  readonly signatures: Map<Certificate, Map<Certificate, boolean>>;
  /** What was fetched, by URI. */
  readonly fetched: Map<string, readonly Certificate[]>;
  readonly purse: Purse;
  readonly spent: Purse;
  readonly tried: { readonly path: readonly Certificate[]; readonly problem: CertificateInvalid }[];
  readonly skipped: CertificateReport['skipped'][number][];
  omitted: number;
  /** Whether the end entity is refused for itself, once that was asked. */
  isLeafRefused: boolean | undefined;
  /** The most telling problem so far. */
  problem: CertificateInvalid | undefined;
}

/** A new search; one for the sake of `outer` spends from its purse. */
export function startSearch(search: PathSearch, outer?: SearchState): SearchState {
  const {
    maxSignatures = 100,
    maxCandidates = 1000,
    maxNameComparisons = 250_000,
    maxPolicyNodes = 10_000,
    maxFetches = 4,
  } = search.budget;
  return {
    search,
    intermediates: indexBySubject(search.intermediates, (certificate) => certificate),
    signatures: new Map(),
    fetched: outer?.fetched ?? new Map(),
    purse: outer?.purse ?? {
      signatures: maxSignatures,
      candidates: maxCandidates,
      nameComparisons: maxNameComparisons,
      policyNodes: maxPolicyNodes,
      fetches: maxFetches,
    },
    spent: outer?.spent ?? { signatures: 0, candidates: 0, nameComparisons: 0, policyNodes: 0, fetches: 0 },
    tried: [],
    skipped: [],
    omitted: 0,
    isLeafRefused: undefined,
    problem: search.earlierProblem,
  };
}

/**
 * What checking a signature costs, in those by a key on P-256: whoever chooses the certificates chooses the keys. RSA costs with the square of its
 * bits, of which 4096 cost no more than P-256 does; the other curves, for which OpenSSL has no code of their own, several times that.
 */
export function signatureCost(type: KeyType | undefined): number {
  switch (type?.kind) {
    case 'rsa':
    case 'rsa-pss':
    case 'dsa':
      return Math.max(1, Math.ceil((type.bits / 4096) ** 2));
    case 'ec':
      return type.curve === 'secp256r1' ? 1 : 4;
    default:
      return 1;
  }
}

const NAMES: Readonly<Record<Spendable, string>> = {
  signatures: 'signatures',
  candidates: 'candidate issuers',
  nameComparisons: 'comparisons with name constraints',
  policyNodes: 'nodes of policies',
  fetches: 'fetched issuers',
};

/** Takes from the purse, or ends the search. The certificate is the one that it stands at. */
export function spend(state: SearchState, what: Spendable, certificate: Certificate, depth: number, amount = 1): void {
  state.purse[what] -= amount;
  if (state.purse[what] >= 0) {
    state.spent[what] += amount;
    return;
  }
  throw invalid('budget_exceeded', `no path was found within the allowed number of ${NAMES[what]}`, certificate, depth);
}

/** More are counted, and not told of. */
const MAX_TOLD = 64;

/** Remembers why a path was left. */
export function note(state: SearchState, path: readonly Certificate[], problem: CertificateInvalid): undefined {
  if (state.problem === undefined || tellingness(problem) > tellingness(state.problem)) state.problem = problem;
  if (state.tried.length < MAX_TOLD) state.tried.push({ path, problem });
  else state.omitted++;
}

/** What was tried, for people. */
export function reportOf({ tried, omitted, search, skipped, spent }: SearchState): CertificateReport {
  return {
    tried: tried.map(({ path, problem }) => ({ certificates: path.map(({ raw }) => raw), problem })),
    omitted,
    skipped: [...search.skipped, ...skipped],
    spent: { ...spent },
  };
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
