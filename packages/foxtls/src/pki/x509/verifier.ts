/**
 * The X.509 implementation of `PeerVerifier` (RFC 5280 §6, RFC 8446 §4.4.2.4), and the two ways to go on without verification.
 */

import { ApiMisuse, CertificateInvalid, type CertificateReport, DecodeError, TlsError } from '../../core/errors/errors.ts';
import { type Flow, run, settle } from '../../core/flow/flow.ts';
import {
  type PeerFacts,
  type PeerPresented,
  type PeerUnverified,
  type PeerVerified,
  type PeerVerifier,
  peerUnverified,
  peerVerified,
  type VerifyRequest,
} from '../../crypto/peer-verifier.ts';
import type { PublicKey } from '../../crypto/signature.ts';
import { readSubjectPublicKeyInfo } from '../pkcs/public-key.ts';
import { type Certificate, parseCertificate } from './certificate.ts';
import type { PathPurpose } from './certificate-rules.ts';
import { endPointHash } from './end-point-hash.ts';
import { recheckPath, withReport } from './path.ts';
import { importKeyOf, isPublicKey } from './path-keys.ts';
import type { PathSearch } from './path-search.ts';
import { PURPOSES } from './purpose.ts';
import { createValidator, findLeafProblem, judge, type ValidationSettings, type Validator } from './validation.ts';
import { type VerifiedPath, VerifiedPaths } from './verified-paths.ts';

export interface X509VerifierOptions extends ValidationSettings {
  /** Verify at this time instead of the handshake's: for test benches. */
  readonly at?: Date;
  /** Told of a trust anchor that cannot be read, which is then left out. Without it, such an anchor is an `ApiMisuse`. */
  readonly onUnreadableAnchor?: (error: DecodeError, index: number) => void;
}

/** More certificates than this are not looked at: no honest chain has them. */
const MAX_PRESENTED = 100;
const MAX_CERTIFICATE_SIZE = 1 << 17;

/**
 * A verifier of X.509 chains against trust anchors. The anchors are read and sorted once; share the verifier between connections.
 *
 * `verify` returns at once when the provider does, and throws (or rejects with) `CertificateInvalid` (`ERR_TLS_CERTIFICATE_INVALID`),
 * whose `report` says what was tried (`explain` prints it). A peer with problems that `onCertificate` has accepted is `PeerUnverified`.
 * Throws `ApiMisuse` (`ERR_TLS_INVALID_ARGUMENT`) for a trust anchor that is not a certificate, and for pins that nothing can meet.
 *
 * ```ts
 * const verifier = createX509Verifier({ provider, trustAnchors: [rootDer] });
 * ```
 */
export function createX509Verifier(options: X509VerifierOptions): PeerVerifier {
  const validator = createValidator(options, options.onUnreadableAnchor ?? refuseAnchor);
  const verifiedPaths = new VerifiedPaths();
  function* verify(request: VerifyRequest): Flow<PeerVerified | PeerUnverified> {
    const purpose = purposeOf(request, options.at);
    return yield* options.onCertificate === undefined
      ? verifyChain(request, purpose, validator, verifiedPaths)
      : verifyVisited(request, purpose, validator);
  }
  return {
    acceptsUnverified: options.onCertificate !== undefined,
    authorities: validator.anchors.map(({ certificate }) => certificate.subject.der),
    wantsOcspResponse: options.pathCheck?.wantsOcspResponse,
    verify: (request) => run(verify(request)),
  };
}

/** By the memory of verified paths, or by a search. */
function* verifyChain(
  { presented, peerRole }: VerifyRequest,
  purpose: PathPurpose,
  validator: Validator,
  verifiedPaths: VerifiedPaths,
): Flow<PeerVerified> {
  const chain = presented.kind === 'x509' ? presented.certificates : [];
  const known = verifiedPaths.find(chain, peerRole, purpose.now);
  if (known !== undefined && (yield* isStillAccepted(known, purpose, validator))) {
    const problem = findLeafProblem(known.leaf, validator.policy, purpose);
    if (problem !== undefined) throw problem;
    return proofOf(known);
  }
  const verified = yield* searchPath(presented, purpose, validator);
  if (presented.kind === 'x509') verifiedPaths.keep(chain, peerRole, verified.path, verified.publicKey);
  return proofOf(verified);
}

/** What a path check says may change with every request; a path that it no longer likes is searched anew. */
function* isStillAccepted({ path }: VerifiedPath, purpose: PathPurpose, { fixed }: Validator): Flow<boolean> {
  if (fixed.pathCheck === undefined) return true;
  return yield* recheckPath(path, { ...fixed, purpose, intermediates: path.slice(1, -1) });
}

function* searchPath(presented: PeerPresented, purpose: PathPurpose, validator: Validator): Flow<VerifiedPath> {
  const leaf = readLeaf(presented);
  const { result, state } = yield* judge(leaf, searchFor(presented, purpose, validator), undefined);
  if (result instanceof CertificateInvalid) throw withReport(result, state);
  return { leaf, path: result.path, publicKey: yield* importLeafKey(validator, result.path) };
}

/** With a hook there is no memory: it is to see every certificate every time. */
function* verifyVisited(
  { presented }: VerifyRequest,
  purpose: PathPurpose,
  validator: Validator,
): Flow<PeerVerified | PeerUnverified> {
  const leaf = readLeaf(presented);
  const { result, state } = yield* judge(leaf, searchFor(presented, purpose, validator), validator.onCertificate);
  if (result instanceof CertificateInvalid) throw withReport(result, state);
  const { path, accepted } = result;
  const [error] = accepted;
  if (error !== undefined) return peerUnverified({ error: withReport(error, state), ...leafFacts(leaf) });
  return proofOf({ leaf, path, publicKey: yield* importLeafKey(validator, path) });
}

function proofOf({ leaf, path, publicKey }: VerifiedPath): PeerVerified {
  return peerVerified({ path: path.map(({ raw }) => raw), importedKey: publicKey, ...leafFacts(leaf) });
}

function searchFor(presented: PeerPresented, purpose: PathPurpose, { fixed }: Validator): PathSearch {
  const { intermediates, skipped } = readIntermediates(presented);
  const [unreadable] = skipped;
  return {
    ...fixed,
    purpose,
    intermediates,
    skipped: [...fixed.skipped, ...skipped],
    earlierProblem: unreadable && malformed(presented, unreadable.problem, unreadable.index),
  };
}

function refuseAnchor(cause: DecodeError, index: number): never {
  throw new ApiMisuse('ERR_TLS_INVALID_ARGUMENT', `trustAnchors[${index}] cannot be read: ${cause.message}`, { cause });
}

/**
 * A verifier that trusts whoever comes, for tests and for keys that are checked elsewhere. `why` is for the reader of your code and
 * for logs. A leaf that cannot be read is still an error: its key is needed.
 *
 * ```ts
 * const verifier = trustWithoutVerification('the fingerprint is compared by hand after the handshake');
 * ```
 */
export function trustWithoutVerification(why: string): PeerVerifier {
  if (why.trim() === '') throw new ApiMisuse('ERR_TLS_INVALID_ARGUMENT', 'say why the peer is trusted without verification');
  return {
    acceptsUnverified: true,
    verify({ presented }) {
      const error = new TlsError('ERR_TLS_PEER_NOT_VERIFIED', `the peer was not verified: ${why}`);
      return peerUnverified({ error, ...presentedFacts(presented) });
    },
  };
}

/**
 * A verifier that lets the peer pass when `verifier` refuses it, and reports the refusal in `PeerUnverified.error`: Node's
 * `rejectUnauthorized: false`. A leaf that cannot be read is still an error, and so is everything but `CertificateInvalid`.
 *
 * ```ts
 * const verifier = reportOnly(createX509Verifier({ provider, trustAnchors }));
 * ```
 */
export function reportOnly(verifier: PeerVerifier): PeerVerifier {
  function* verifyOrReport(request: VerifyRequest): Flow<PeerVerified | PeerUnverified> {
    try {
      return yield* settle(verifier.verify(request));
    } catch (error) {
      if (!(error instanceof CertificateInvalid) || error.reason === 'none_presented') throw error;
      return peerUnverified({ error, ...presentedFacts(request.presented) });
    }
  }
  const { authorities, wantsOcspResponse } = verifier;
  return { acceptsUnverified: true, authorities, wantsOcspResponse, verify: (request) => run(verifyOrReport(request)) };
}

function purposeOf({ presented, peerRole, serverName, now, signal }: VerifyRequest, at = now): PathPurpose {
  const ocspResponse = presented.kind === 'x509' ? presented.ocspResponse : undefined;
  // Clients have no name that a server could ask for.
  const references = peerRole === 'server' && serverName !== undefined ? [{ kind: 'host', name: serverName } as const] : [];
  return { purpose: PURPOSES[peerRole], references, now: at, peerRole, ocspResponse, signal };
}

function readLeaf(presented: PeerPresented): Certificate {
  if (presented.kind === 'raw-public-key') {
    throw new CertificateInvalid('key_unsupported', 'a certificate is expected, the peer presented a raw public key');
  }
  const { certificates } = presented;
  const [leaf] = certificates;
  if (leaf === undefined) throw new CertificateInvalid('none_presented', 'the peer presented no certificate');
  if (certificates.length > MAX_PRESENTED) {
    throw new CertificateInvalid('budget_exceeded', `${certificates.length} certificates are more than ${MAX_PRESENTED}`);
  }
  const read = readCertificate(leaf);
  if (read instanceof DecodeError) throw malformed(presented, read, 0);
  return read;
}

/** The certificate, or why it cannot be read. */
function readCertificate(der: Uint8Array): Certificate | DecodeError {
  try {
    return parseCertificate(der, { maxSize: MAX_CERTIFICATE_SIZE });
  } catch (error) {
    if (error instanceof DecodeError) return error;
    throw error;
  }
}

function malformed(presented: PeerPresented, cause: TlsError, depth: number): CertificateInvalid {
  const certificate = presented.kind === 'x509' ? presented.certificates[depth] : undefined;
  const message = `certificate ${depth} of the chain is malformed: ${cause.message}`;
  return new CertificateInvalid('malformed', message, { depth, certificate, cause });
}

/** A malformed certificate beside the end entity is left out: it may be a stray one. It is reported if no path is found. */
function readIntermediates(presented: PeerPresented): Pick<PathSearch, 'intermediates' | 'skipped'> {
  const intermediates: Certificate[] = [];
  const skipped: CertificateReport['skipped'][number][] = [];
  const others = presented.kind === 'x509' ? presented.certificates.slice(1) : [];
  for (const [i, der] of others.entries()) {
    const read = readCertificate(der);
    if (read instanceof DecodeError) skipped.push({ from: 'intermediates', index: i + 1, problem: read });
    else intermediates.push(read);
  }
  return { intermediates, skipped };
}

function* importLeafKey({ fixed }: Validator, path: readonly Certificate[]): Flow<PublicKey> {
  const key = yield* importKeyOf(path, fixed);
  if (isPublicKey(key)) return key;
  throw key(0);
}

function presentedFacts(presented: PeerPresented): PeerFacts {
  if (presented.kind === 'x509') return leafFacts(readLeaf(presented));
  try {
    readSubjectPublicKeyInfo(presented.spki);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new CertificateInvalid('malformed', `the raw public key is malformed: ${error.message}`, { cause: error });
  }
  return { publicKey: presented.spki, mayDigitallySign: true, mayEncipherKeys: true, mayAgreeOnKeys: true };
}

/** The bits of keyUsage that RFC 5246 §7.4.2 has for each use: "the digitalSignature bit MUST be set if the Key Usage extension is present" (RFC 8446 §4.4.2.2). */
function leafFacts(leaf: Certificate): PeerFacts {
  const { publicKey, known } = leaf;
  const { keyUsage } = known;
  return {
    publicKey,
    mayDigitallySign: keyUsage?.has('digitalSignature') ?? true,
    mayEncipherKeys: keyUsage?.has('keyEncipherment') ?? true,
    mayAgreeOnKeys: keyUsage?.has('keyAgreement') ?? true,
    endPointHash: endPointHash(leaf),
  };
}
