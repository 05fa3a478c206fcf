/**
 * Revocation as a check of paths: of each certificate it asks the stapled response, the CRLs that were given, and, for those who pass a
 * fetcher, responders and distribution points; and then decides by the policy.
 *
 * ```
 *                      stapled        given CRLs     OCSP fetched    CRLs fetched        nothing settles it
 * hard-fail            ───────────────────────────────────────────────────────────────▶  refused: revocation_unknown
 * soft-fail            ───────────────────────────────────────────────────────────────▶  accepted
 * staple-only          ─────▶ refused: staple_missing
 * ```
 * Under every policy: a revoked certificate is refused, a stapled response that is not good is refused ("MUST check the OCSP response and
 * abort the handshake if the response is not satisfactory", RFC 6066 §8), and so is a certificate that must be stapled (RFC 7633) and is not.
 * The trust anchor is not checked: it is revoked by no longer trusting it.
 */

import { OID } from '../../../core/asn1/object-identifiers.ts';
import { equal } from '../../../core/bytes/bytes.ts';
import { ApiMisuse, CertificateInvalid, DecodeError } from '../../../core/errors/errors.ts';
import type { Flow } from '../../../core/flow/flow.ts';
import type { HashName } from '../../../crypto/hash.ts';
import type { CryptoProvider } from '../../../crypto/provider.ts';
import { type Certificate, parseCertificate } from '../certificate.ts';
import { invalid } from '../certificate-rules.ts';
import type { Fetcher } from '../fetcher.ts';
import type { PathCheck, PathCheckContext } from '../path-check.ts';
import { type CertificatePurpose, PURPOSES } from '../purpose.ts';
import { requireHash } from './cert-id.ts';
import { type CertificateRevocationList, parseCertificateRevocationList } from './certificate-list.ts';
import { CrlCollection } from './crl-collection.ts';
import type { CrlProfile } from './crl-profile.ts';
import { askResponders, fetchLists, keepLists, type Sources } from './fetch-evidence.ts';
import { type CertificateStatus, problem, type RevocationProblem, unknown } from './findings.ts';
import { judgeByCrls } from './judge-crl.ts';
import { judgeOcspResponse } from './judge-ocsp.ts';
import type { Judge, Subject } from './judgement.ts';
import { distributionPointsOf, freshestPointsOf, isExemptFromChecks, mustBeStapled, ocspUrisOf } from './pointers.ts';
import { createRevocationCache, type RevocationCache } from './revocation-cache.ts';

export type RevocationPolicy = 'hard-fail' | 'soft-fail' | 'staple-only';

export interface RevocationOptions {
  /** Its hashes and its random source are used. */
  readonly provider: Pick<CryptoProvider, 'hashes' | 'random'>;
  readonly policy: RevocationPolicy;
  /** Check the end entity, or everything below the trust anchor; `chain` unless set. With `staple-only` it is the end entity. */
  readonly scope?: 'leaf' | 'chain';
  /** CRLs, complete and delta ones: DER, or read already. */
  readonly crls?: readonly (Uint8Array | CertificateRevocationList)[];
  /** Certificates, DER, of those who sign CRLs or OCSP responses and are not on the path. They are trusted no more than others. */
  readonly certificates?: readonly Uint8Array[];
  /** Certificates, DER, of OCSP responders that are believed about every certificate. */
  readonly trustedResponders?: readonly Uint8Array[];
  /** Asks where certificates say. Without it nothing is fetched. */
  readonly fetcher?: Fetcher;
  /** For what was fetched; one of its own, in memory, unless set. */
  readonly cache?: RevocationCache;
  /** How strictly CRLs have to be written; `compatible` unless set. */
  readonly profile?: CrlProfile;
  /** For how long an address is left alone after it did not answer, in milliseconds; 10 seconds unless set. */
  readonly retryDelay?: number;
  /**
   * Whether stapled responses, and the demand for one, are looked at; `judged` unless set. `ignored` is for those who do not ask for
   * responses, or judge them elsewhere.
   */
  readonly staples?: 'judged' | 'ignored';
  /** By how much clocks may differ, in milliseconds; 5 minutes unless set. */
  readonly clockTolerance?: number;
  /** How old a CRL or response may be that does not say when the next one comes, in milliseconds; an hour unless set. */
  readonly maximumAge?: number;
  /** What certificates are named with in OCSP requests; SHA-1 unless set, which every responder knows. */
  readonly certIdHash?: HashName;
  /**
   * Whether OCSP requests carry a nonce (RFC 8954), and whether the response must repeat it: many responders give the same signed response
   * to everybody. `offered` unless set.
   */
  readonly nonce?: 'none' | 'offered' | 'required';
  /** Told of a CRL that cannot be read, which is then left out. Without it, such a CRL is a `DecodeError` of `createRevocationChecker`. */
  readonly onUnreadableCrl?: (error: DecodeError, index: number) => void;
  /** Told of every status that was asked for, also of those that the policy lets pass. */
  readonly onStatus?: (certificate: Certificate, status: CertificateStatus) => void;
}

/** What can be known beforehand. */
interface Checker extends Required<Pick<RevocationOptions, 'policy' | 'scope' | 'staples' | 'clockTolerance' | 'maximumAge'>> {
  readonly given: readonly CertificateRevocationList[];
  readonly collection: CrlCollection;
  readonly sources: Sources;
  readonly fixed: Pick<Judge, 'profile' | 'hashes' | 'certificates' | 'trustedResponders' | 'verified'>;
  readonly onStatus: RevocationOptions['onStatus'];
}

/** CRL signers of CRL signers, and so on: honest ones end after one or two. */
const MAX_SIGNER_DEPTH = 3;

/**
 * A revocation check, to be shared by all connections of a verifier.
 *
 * Refusals are `CertificateInvalid` with the reason `revoked`, `revocation_unknown`, `staple_missing` or `staple_invalid`; of the last three
 * `cause` is a list of `RevocationProblem`: what was asked, and why it proved nothing.
 *
 * Throws `DecodeError` for a CRL or certificate that cannot be read, `ApiMisuse` (`ERR_TLS_INVALID_ARGUMENT`) for a hash that the provider
 * does not have, and for a policy that contradicts itself.
 *
 * ```ts
 * const pathCheck = createRevocationChecker({ provider, policy: 'hard-fail', crls: [crl] });
 * const verifier = createX509Verifier({ provider, trustAnchors: [root], pathCheck });
 * ```
 */
export function createRevocationChecker(options: RevocationOptions): PathCheck {
  const { provider, policy, scope = 'chain', staples = 'judged', certIdHash = 'sha1', nonce = 'offered' } = options;
  const { clockTolerance = 5 * 60_000, maximumAge = 3_600_000 } = options;
  const read = (certificates: readonly Uint8Array[] = []) => certificates.map((der) => parseCertificate(der));
  if (policy === 'staple-only' && staples === 'ignored') {
    throw new ApiMisuse('ERR_TLS_INVALID_ARGUMENT', 'the policy staple-only is about nothing when staples are ignored');
  }
  const given = readGiven(options);
  const checker: Checker = {
    policy,
    scope,
    staples,
    clockTolerance,
    maximumAge,
    given,
    collection: new CrlCollection(given),
    sources: {
      fetcher: options.fetcher,
      cache: options.cache ?? createRevocationCache(),
      certIdHash: requireHash(provider.hashes, certIdHash),
      nonce,
      random: provider.random,
      failures: new Map(),
      retryDelay: options.retryDelay ?? 10_000,
      parsed: new WeakMap(),
    },
    fixed: {
      profile: options.profile ?? 'compatible',
      hashes: provider.hashes,
      certificates: read(options.certificates),
      trustedResponders: read(options.trustedResponders),
      verified: new WeakMap(),
    },
    onStatus: options.onStatus,
  };
  return pathCheckOf(checker, { depth: 0, suspects: [], checked: [] });
}

function readGiven({ crls = [], onUnreadableCrl }: RevocationOptions): readonly CertificateRevocationList[] {
  return crls.flatMap((crl, i) => {
    try {
      return [crl instanceof Uint8Array ? parseCertificateRevocationList(crl) : crl];
    } catch (error) {
      if (!(error instanceof DecodeError) || onUnreadableCrl === undefined) throw error;
      onUnreadableCrl(error, i);
      return [];
    }
  });
}

/** For whose sake a path is checked: the peer's own, or that of a signer of evidence about it. */
interface Nesting {
  readonly depth: number;
  /** Keys whose standing is in question further out. */
  readonly suspects: readonly Uint8Array[];
  /** Certificates that are checked further out. */
  readonly checked: readonly Certificate[];
}

function pathCheckOf(checker: Checker, nesting: Nesting): PathCheck {
  const judgesStaples = checker.staples === 'judged';
  return {
    processedExtensions: [OID.cRLDistributionPoints, OID.freshestCRL, ...(judgesStaples ? [OID.tlsFeature] : [])],
    wantsOcspResponse: judgesStaples,
    check: (path, context) => checkPath(path, context, checker, nesting),
  };
}

function* checkPath(
  path: readonly Certificate[],
  context: PathCheckContext,
  checker: Checker,
  nesting: Nesting,
): Flow<CertificateInvalid | undefined> {
  const below = path.slice(0, -1);
  const wanted = checker.scope === 'leaf' || checker.policy === 'staple-only' ? below.slice(0, 1) : below;
  for (const [i, certificate] of wanted.entries()) {
    if (nesting.checked.some(({ raw }) => equal(raw, certificate.raw))) continue;
    const subject = { certificate, issuerPath: path.slice(i + 1) };
    const judge = judgeFor(subject, context, checker, nesting);
    const isPeer = i === 0 && nesting.depth === 0 && checker.staples === 'judged';
    const refusal = isPeer ? yield* checkPeer(subject, checker, judge) : yield* checkOther(subject, i, checker, judge);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

function judgeFor({ certificate, issuerPath }: Subject, context: PathCheckContext, checker: Checker, outer: Nesting): Judge {
  const inner: Nesting = {
    depth: outer.depth + 1,
    suspects: [...outer.suspects, certificate.publicKey],
    checked: [...outer.checked, ...issuerPath],
  };
  return {
    ...checker.fixed,
    context,
    freshness: { now: context.now, clockTolerance: checker.clockTolerance, maximumAge: checker.maximumAge },
    suspects: inner.suspects,
    signerCheck: (signer, purpose) => signerCheck(signer, purpose, checker, inner),
  };
}

/**
 * Signers are checked like anybody. A responder is not if its issuer says that it need not be, and what nobody can say about it does no
 * harm if it names no place to ask: "it would be up to the OCSP client's local security policy" (RFC 6960 §4.2.2.2.1).
 */
function signerCheck(
  signer: Certificate,
  purpose: CertificatePurpose,
  checker: Checker,
  nesting: Nesting,
): PathCheck | undefined {
  const isResponder = purpose === PURPOSES.ocspSigning;
  if (isResponder && isExemptFromChecks(signer)) return undefined;
  if (nesting.depth > MAX_SIGNER_DEPTH) return { check: refuseDeepSigner };
  const isLenient = checker.policy === 'staple-only' || (isResponder && !hasPointers(signer));
  return pathCheckOf(isLenient ? { ...checker, policy: 'soft-fail' } : checker, nesting);
}

// biome-ignore lint/correctness/useYield: a flow that has nothing to wait for.
function* refuseDeepSigner([signer]: readonly Certificate[]): Flow<CertificateInvalid | undefined> {
  return invalid('revocation_unknown', 'its status hangs on that of too many others', signer as Certificate, 0);
}

/** The end entity, whose peer may have stapled a response. */
function* checkPeer(subject: Subject, checker: Checker, judge: Judge): Flow<CertificateInvalid | undefined> {
  const { certificate } = subject;
  const { ocspResponse, peerRole } = judge.context;
  if (ocspResponse !== undefined) return yield* checkStaple(ocspResponse, subject, checker, judge);
  if (peerRole === 'server' && mustBeStapledOrMalformed(certificate)) {
    return refuse('staple_missing', 'it demands a stapled OCSP response, and the server sent none', [], certificate, 0);
  }
  if (checker.policy === 'staple-only') {
    return refuse('staple_missing', 'no OCSP response came with it', [], certificate, 0);
  }
  return yield* checkOther(subject, 0, checker, judge);
}

function* checkStaple(
  ocspResponse: Uint8Array,
  subject: Subject,
  checker: Checker,
  judge: Judge,
): Flow<CertificateInvalid | undefined> {
  const { certificate } = subject;
  const stapled = yield* judgeOcspResponse(ocspResponse, subject, { source: 'stapled' }, judge);
  // The peer chooses what it staples. A CRL at hand that has it revoked outweighs that.
  const given = stapled.status === 'good' ? yield* judgeByCrls(subject, checker.collection, judge) : stapled;
  const status = given.status === 'revoked' ? given : stapled;
  checker.onStatus?.(certificate, status);
  if (status.status !== 'unknown') return refusalOf(status, certificate, 0, checker);
  return refuse('staple_invalid', 'its stapled OCSP response is not acceptable', status.problems, certificate, 0);
}

/** Features that cannot be read may well be this one. */
function mustBeStapledOrMalformed(certificate: Certificate): boolean {
  try {
    return mustBeStapled(certificate);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return true;
  }
}

function* checkOther(subject: Subject, depth: number, checker: Checker, judge: Judge): Flow<CertificateInvalid | undefined> {
  const status = yield* findStatus(subject, checker, judge);
  checker.onStatus?.(subject.certificate, status);
  return refusalOf(status, subject.certificate, depth, checker);
}

function refusalOf(
  status: CertificateStatus,
  certificate: Certificate,
  depth: number,
  { policy }: Checker,
): CertificateInvalid | undefined {
  if (status.status === 'good') return undefined;
  if (status.status === 'revoked') {
    const why = status.reason === undefined ? '' : ` (${status.reason})`;
    return invalid('revoked', `it was revoked at ${status.revocationDate.toISOString()}${why}`, certificate, depth);
  }
  if (policy === 'soft-fail') return undefined;
  return refuse('revocation_unknown', 'nothing shows that it is not revoked', status.problems, certificate, depth);
}

function refuse(
  reason: 'revocation_unknown' | 'staple_missing' | 'staple_invalid',
  what: string,
  problems: readonly RevocationProblem[],
  certificate: Certificate,
  depth: number,
): CertificateInvalid {
  const why = problems.map(({ source, message }) => `${source}: ${message}`).join('; ');
  const { message } = invalid(reason, `${what}${why && ` (${why})`}`, certificate, depth);
  return new CertificateInvalid(reason, message, { depth, certificate: certificate.raw, cause: problems });
}

/** The status of a certificate by what is given, and then by what can be fetched. */
function* findStatus(subject: Subject, checker: Checker, judge: Judge): Flow<CertificateStatus> {
  const byGiven = yield* judgeByCrls(subject, checker.collection, judge);
  if (byGiven.status !== 'unknown' || checker.sources.fetcher === undefined) return byGiven;
  const byResponder = yield* askResponders(subject, checker.sources, judge);
  if (byResponder.status !== 'unknown') return byResponder;
  const byFetched = yield* askDistributionPoints(subject, checker, judge);
  if (byFetched.status !== 'unknown') return byFetched;
  const problems = [...byGiven.problems, ...byResponder.problems, ...byFetched.problems];
  return unknown(...problems);
}

function* askDistributionPoints(subject: Subject, { sources, given }: Checker, judge: Judge): Flow<CertificateStatus> {
  const pointers = readPointers(subject.certificate);
  if ('reason' in pointers) return unknown(pointers);
  const problems: RevocationProblem[] = [];
  const complete = yield* fetchLists(pointers.complete, sources, judge, problems);
  const freshest = complete.flatMap(({ list }) => list.known.freshestCRL ?? []);
  const deltas = yield* fetchLists([...freshest, ...pointers.deltas], sources, judge, problems);
  const fetched = [...complete, ...deltas];
  if (fetched.length === 0) return unknown(...problems);
  const all = new CrlCollection([...given, ...fetched.map(({ list }) => list)]);
  const status = yield* judgeByCrls(subject, all, judge);
  if (status.status === 'unknown') return unknown(...problems, ...status.problems);
  yield* keepLists(fetched, sources);
  return status;
}

function readPointers(certificate: Certificate) {
  try {
    return { complete: distributionPointsOf(certificate), deltas: freshestPointsOf(certificate) };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return problem('crl', 'malformed', error.message, error);
  }
}

/** Whether a certificate says where its status can be asked. */
function hasPointers(certificate: Certificate): boolean {
  return certificate.extensions.some(({ extnID }) => extnID === OID.cRLDistributionPoints) || ocspUrisOf(certificate).length > 0;
}
