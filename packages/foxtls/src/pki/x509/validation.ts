/**
 * The validator: settings that are checked once, and the judgement of one certificate by them (RFC 5280 §6).
 *
 * The verifier of handshakes and `validateCertificate` both go through here.
 */

import { CertificateInvalid, type CertificateReport, type DecodeError } from '../../core/errors/errors.ts';
import type { Flow } from '../../core/flow/flow.ts';
import type { CryptoProvider } from '../../crypto/provider.ts';
import type { PublicKey } from '../../crypto/signature.ts';
import { type AlgorithmPolicy, algorithmRules } from './algorithm-policy.ts';
import { AnchorIndex, type TrustAnchorLookUp } from './anchor-index.ts';
import type { Certificate } from './certificate.ts';
import { first, leafProblems, type PathPolicy, type PathPurpose } from './certificate-rules.ts';
import type { Fetcher } from './fetcher.ts';
import { findPath } from './path.ts';
import type { PathCheck } from './path-check.ts';
import { type FoundPath, note, type PathBudget, type PathSearch, type SearchState, startSearch } from './path-search.ts';
import { checkPins, type Pins } from './pins.ts';
import type { PolicyInputs } from './policy-graph.ts';
import type { CertificateProfile } from './profile.ts';
import { type Anchor, readAnchors, type TrustAnchor } from './trust-anchor.ts';
import { type CertificateVisitor, type Judgement, visitPath } from './verify-hook.ts';

/** What a relying party wants of every path. All but the first two are optional; the defaults are those of OpenSSL, but for weak keys and hashes. */
export interface ValidationSettings extends PathBudget {
  /** Its keys are used; of its hashes SHA-256, for pins. */
  readonly provider: Pick<CryptoProvider, 'keys'> & Partial<Pick<CryptoProvider, 'hashes'>>;
  /** What is trusted: certificates, DER, self-signed or not; or certificates with constraints of your own. */
  readonly trustAnchors: readonly (Uint8Array | TrustAnchor)[];
  /**
   * More anchors, looked up by name when a path leads there and not before: `findInTrustFolder` of `foxtls/node` does so in a folder of
   * certificates with hashed names. A server does not name them to clients.
   *
   * ```ts
   * const findTrustAnchors = (name: Name) => findInTrustFolder('/etc/ssl/certs', name);
   * const verifier = createX509Verifier({ provider, trustAnchors: [], findTrustAnchors });
   * ```
   */
  readonly findTrustAnchors?: TrustAnchorLookUp;
  /** Which keys and hashes are good enough. */
  readonly algorithmPolicy?: AlgorithmPolicy;
  /** How strictly certificates have to be written; `compatible` unless set. */
  readonly profile?: CertificateProfile;
  /** Certificates between the end entity and the trust anchor, self-issued ones not counted; 10 unless set. */
  readonly maxIntermediates?: number;
  /** Which certificate policies are wanted; any, and none is fine too, unless set (RFC 5280 §6.1.1). */
  readonly policies?: PolicyInputs;
  /** See `NameMatching`. */
  readonly dangerouslyMatchCommonName?: boolean;
  /** One of these must be on the path. */
  readonly pins?: Pins;
  /** Asked about every path that keeps all other rules: revocation. */
  readonly pathCheck?: PathCheck;
  /** Fetches issuers that were not sent, from where certificates say they are (authorityInfoAccess). Without it nothing is fetched. */
  readonly issuerFetcher?: Fetcher;
  /** Sees every certificate of a path, and may abort or accept what is wrong with it. */
  readonly onCertificate?: CertificateVisitor;
}

/** What is the same for all searches. */
export interface Validator {
  readonly anchors: readonly Anchor[];
  readonly policy: PathPolicy;
  readonly fixed: Omit<PathSearch, 'intermediates' | 'purpose' | 'earlierProblem'>;
  readonly onCertificate: CertificateVisitor | undefined;
}

/** Reads and checks settings. Throws `ApiMisuse` (`ERR_TLS_INVALID_ARGUMENT`) for pins that nothing can meet. */
export function createValidator(
  settings: ValidationSettings,
  onUnreadableAnchor: (error: DecodeError, index: number) => void,
): Validator {
  const skipped: CertificateReport['skipped'][number][] = [];
  const anchors = readAnchors(settings.trustAnchors, (problem, index) => {
    onUnreadableAnchor(problem, index);
    skipped.push({ from: 'trust_anchors', index, problem });
  });
  const sha256 = settings.provider.hashes?.find(({ name }) => name === 'sha256');
  if (settings.pins !== undefined) checkPins(settings.pins, sha256);
  const policy: PathPolicy = {
    algorithms: algorithmRules(settings.algorithmPolicy),
    profile: settings.profile ?? 'compatible',
    maxIntermediates: settings.maxIntermediates ?? 10,
    policies: settings.policies ?? {},
    processedExtensions: settings.pathCheck?.processedExtensions ?? [],
    dangerouslyMatchCommonName: settings.dangerouslyMatchCommonName,
  };
  const fixed = {
    anchors: new AnchorIndex(anchors, settings.findTrustAnchors),
    policy,
    budget: settings,
    keys: settings.provider.keys,
    importedKeys: new WeakMap<Certificate, PublicKey>(),
    pins: settings.pins,
    sha256,
    pathCheck: settings.pathCheck,
    issuerFetcher: settings.issuerFetcher,
    skipped,
  };
  return { anchors, policy, fixed, onCertificate: settings.onCertificate };
}

/** Judges a certificate: its path first, so that an untrusted one is called untrusted whatever else is wrong with it, as in OpenSSL. */
export function* judge(
  leaf: Certificate,
  search: PathSearch,
  onCertificate: CertificateVisitor | undefined,
): Flow<{ readonly result: Judgement | CertificateInvalid; readonly state: SearchState }> {
  const state = startSearch(search);
  const found = yield* findPath(leaf, state);
  const judged = found instanceof CertificateInvalid ? found : (judgeLeaf(found, state) ?? found);
  if (onCertificate !== undefined) return { result: yield* visitPath(onCertificate, leaf, judged, state), state };
  return { result: judged instanceof CertificateInvalid ? judged : { ...judged, accepted: [] }, state };
}

function judgeLeaf({ path }: FoundPath, state: SearchState): CertificateInvalid | undefined {
  const { policy, purpose } = state.search;
  const problem = findLeafProblem(path[0] as Certificate, policy, purpose);
  if (problem !== undefined) note(state, path, problem);
  return problem;
}

/** The first rule that the end entity itself breaks. */
export function findLeafProblem(leaf: Certificate, policy: PathPolicy, purpose: PathPurpose): CertificateInvalid | undefined {
  return first(leafProblems(leaf, policy, purpose));
}
