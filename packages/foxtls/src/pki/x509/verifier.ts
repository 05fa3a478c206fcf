/**
 * The X.509 implementation of `PeerVerifier` (RFC 5280 §6, RFC 8446 §4.4.2.4), and the two ways to go on without verification.
 */

import { ApiMisuse, CertificateInvalid, CryptoFailure, DecodeError, TlsError } from '../../core/errors/errors.ts';
import { type Flow, run, settle } from '../../core/flow/flow.ts';
import {
  type PeerPresented,
  type PeerUnverified,
  type PeerVerified,
  type PeerVerifier,
  peerUnverified,
  peerVerified,
  type VerifyRequest,
} from '../../crypto/peer-verifier.ts';
import type { CryptoProvider } from '../../crypto/provider.ts';
import type { KeyProvider, PublicKey } from '../../crypto/signature.ts';
import { readSubjectPublicKeyInfo } from '../pkcs/public-key.ts';
import { type Certificate, parseCertificate } from './certificate.ts';
import { findLeafProblem, type PathPurpose } from './certificate-rules.ts';
import { findPath, indexCertificates, type PathSearch, recheckPath } from './path.ts';
import type { PathCheck } from './path-check.ts';
import { PURPOSES } from './purpose.ts';
import { type VerifiedPath, VerifiedPaths } from './verified-paths.ts';

export interface X509VerifierOptions {
  /** Only its keys are used. */
  readonly provider: Pick<CryptoProvider, 'keys'>;
  /** Certificates, DER, that are trusted. Any certificate may be one, self-signed or not. */
  readonly trustAnchors: readonly Uint8Array[];
  /** RSA keys with fewer bits are refused; 2048 unless set. */
  readonly minimumRsaBits?: number;
  /** Certificates between the end entity and the trust anchor; 10 unless set. */
  readonly maxIntermediates?: number;
  /** Signatures checked in one verification; 100 unless set. */
  readonly maxSignatures?: number;
  /** Candidate issuers considered in one verification; 1000 unless set. */
  readonly maxCandidates?: number;
  /** Comparisons of names with name constraints in one verification; 250,000 unless set. */
  readonly maxNameComparisons?: number;
  /** Asked about every path that keeps all other rules: revocation. Asked again when a path is recognised. */
  readonly pathCheck?: PathCheck;
  /** Told of a trust anchor that cannot be read, which is then left out. Without it, such an anchor is an `ApiMisuse`. */
  readonly onUnreadableAnchor?: (error: DecodeError, index: number) => void;
}

/** More certificates than this are not looked at: no honest chain has them. */
const MAX_PRESENTED = 100;
const MAX_CERTIFICATE_SIZE = 1 << 17;

/**
 * A verifier of X.509 chains against trust anchors. The anchors are read and sorted once; share the verifier between connections.
 *
 * `verify` returns at once when the provider does, and throws (or rejects with) `CertificateInvalid` (`ERR_TLS_CERTIFICATE_INVALID`).
 * Throws `ApiMisuse` (`ERR_TLS_INVALID_ARGUMENT`) for a trust anchor that is not a certificate.
 *
 * ```ts
 * const verifier = createX509Verifier({ provider, trustAnchors: [rootDer] });
 * ```
 */
export function createX509Verifier(options: X509VerifierOptions): PeerVerifier {
  const { minimumRsaBits = 2048, maxIntermediates = 10 } = options;
  const { maxSignatures = 100, maxCandidates = 1000, maxNameComparisons = 250_000 } = options;
  const anchors = readAnchors(options);
  const fixed = {
    anchors: indexCertificates(anchors),
    policy: { minimumRsaBits, maxIntermediates },
    budget: { maxSignatures, maxCandidates, maxNameComparisons },
    keys: options.provider.keys,
    importedKeys: new WeakMap<Certificate, PublicKey>(),
    pathCheck: options.pathCheck,
  };
  const verifiedPaths = new VerifiedPaths();
  function* verifyChain(request: VerifyRequest): Flow<PeerVerified> {
    const { presented, now } = request;
    const purpose = purposeOf(request);
    const chain = presented.kind === 'x509' ? presented.certificates : [];
    const known = verifiedPaths.find(chain, request.peerRole, now);
    const isStillRight = known !== undefined && (yield* recheck(known, presented, purpose));
    const { leaf, path, publicKey } = isStillRight ? known : yield* verifyPath(presented, purpose, request.peerRole);
    // After the path, so that an untrusted peer is called untrusted whatever else is wrong with it, as in OpenSSL.
    const leafProblem = findLeafProblem(leaf, fixed.policy, purpose);
    if (leafProblem !== undefined) throw leafProblem;
    return peerVerified({ ...leafFacts(leaf), path: path.map(({ raw }) => raw), importedKey: publicKey });
  }
  /** What a path check says may change with every request; a path that it no longer likes is searched anew. */
  function* recheck({ path }: VerifiedPath, presented: PeerPresented, purpose: PathPurpose): Flow<boolean> {
    if (fixed.pathCheck === undefined) return true;
    return (yield* recheckPath(path, searchFor(presented, purpose))) === undefined;
  }
  function* verifyPath(presented: PeerPresented, purpose: PathPurpose, peerRole: string): Flow<VerifiedPath> {
    const leaf = readLeaf(presented);
    const path = yield* findPath(leaf, searchFor(presented, purpose));
    const publicKey = yield* importLeafKey(fixed.keys, leaf);
    if (presented.kind === 'x509') verifiedPaths.keep(presented.certificates, peerRole, path, publicKey);
    return { leaf, path, publicKey };
  }
  function searchFor(presented: PeerPresented, purpose: PathPurpose): PathSearch {
    const { intermediates, problem: earlierProblem } = readIntermediates(presented);
    return { ...fixed, purpose, intermediates, earlierProblem };
  }
  return { authorities: anchors.map(({ subject }) => subject.der), verify: (request) => run(verifyChain(request)) };
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
      return peerUnverified({ ...presentedFacts(presented), error });
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
      return peerUnverified({ ...presentedFacts(request.presented), error });
    }
  }
  return { acceptsUnverified: true, authorities: verifier.authorities, verify: (request) => run(verifyOrReport(request)) };
}

function purposeOf({ presented, peerRole, serverName, now, signal }: VerifyRequest): PathPurpose {
  const ocspResponse = presented.kind === 'x509' ? presented.ocspResponse : undefined;
  // Clients have no name that a server could ask for.
  const name = peerRole === 'server' ? serverName : undefined;
  return { purpose: PURPOSES[peerRole], serverName: name, now, peerRole, ocspResponse, signal };
}

function readAnchors({ trustAnchors, onUnreadableAnchor }: X509VerifierOptions): Certificate[] {
  return trustAnchors.flatMap((der, i) => {
    try {
      return [parseCertificate(der)];
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      if (onUnreadableAnchor === undefined) {
        throw new ApiMisuse('ERR_TLS_INVALID_ARGUMENT', `trustAnchors[${i}] cannot be read: ${error.message}`, { cause: error });
      }
      onUnreadableAnchor(error, i);
      return [];
    }
  });
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
  return readPresented(leaf, 0);
}

function readPresented(der: Uint8Array, depth: number): Certificate {
  try {
    return parseCertificate(der, { maxSize: MAX_CERTIFICATE_SIZE });
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const message = `certificate ${depth} of the chain is malformed: ${error.message}`;
    throw new CertificateInvalid('malformed', message, { depth, certificate: der, cause: error });
  }
}

/** A malformed certificate beside the end entity is left out: it may be a stray one. It is reported if no path is found. */
function readIntermediates(presented: PeerPresented): { intermediates: Certificate[]; problem: CertificateInvalid | undefined } {
  const intermediates: Certificate[] = [];
  let problem: CertificateInvalid | undefined;
  const others = presented.kind === 'x509' ? presented.certificates.slice(1) : [];
  for (const [i, der] of others.entries()) {
    try {
      intermediates.push(readPresented(der, i + 1));
    } catch (error) {
      if (!(error instanceof CertificateInvalid)) throw error;
      problem ??= error;
    }
  }
  return { intermediates, problem };
}

function* importLeafKey(keys: KeyProvider, leaf: Certificate): Flow<PublicKey> {
  try {
    return yield* settle(keys.importPublicKey(leaf.publicKey));
  } catch (error) {
    if (!(error instanceof CryptoFailure || error instanceof DecodeError)) throw error;
    const message = `the key of the end entity cannot be used: ${error.message}`;
    throw new CertificateInvalid('key_unsupported', message, { certificate: leaf.raw, cause: error });
  }
}

function presentedFacts(presented: PeerPresented): { publicKey: Uint8Array; mayDigitallySign: boolean } {
  if (presented.kind === 'x509') return leafFacts(readLeaf(presented));
  try {
    readSubjectPublicKeyInfo(presented.spki);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new CertificateInvalid('malformed', `the raw public key is malformed: ${error.message}`, { cause: error });
  }
  return { publicKey: presented.spki, mayDigitallySign: true };
}

/** RFC 8446 §4.4.2.2: "the digitalSignature bit MUST be set if the Key Usage extension is present" */
function leafFacts({ publicKey, known }: Certificate): { publicKey: Uint8Array; mayDigitallySign: boolean } {
  return { publicKey, mayDigitallySign: known.keyUsage?.has('digitalSignature') ?? true };
}
