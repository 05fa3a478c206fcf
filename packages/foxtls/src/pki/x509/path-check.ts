/**
 * The seam between finding a path and judging it by more than its certificates say: revocation (RFC 5280 §6.3, RFC 6960).
 *
 * A check is asked last, about a candidate path that keeps all rules of RFC 5280 §6.1. A problem that it returns makes the search
 * backtrack, as any other broken rule does, and is reported if no other path is found. What it spends comes out of the search's budget.
 */

import type { CertificateInvalid } from '../../core/errors/errors.ts';
import type { Flow } from '../../core/flow/flow.ts';
import type { SignatureAlgorithm } from '../../crypto/signature.ts';
import type { Certificate } from './certificate.ts';
import type { Name } from './name.ts';
import type { CertificatePurpose } from './purpose.ts';

export interface PathCheck {
  /** The OBJECT IDENTIFIERs of further extensions that it processes, so that they may be critical in certificates. */
  readonly processedExtensions?: readonly string[];
  /** It looks at stapled OCSP responses: clients should ask for them. */
  readonly wantsOcspResponse?: boolean;
  /**
   * The first problem with `path` (end entity first, trust anchor last), or undefined. Certificate `i` was issued by certificate `i + 1`.
   * Errors that are not about the certificates are thrown.
   */
  check(path: readonly Certificate[], context: PathCheckContext): Flow<CertificateInvalid | undefined>;
}

export interface PathCheckContext {
  /** The time to check at. */
  readonly now: Date;
  /** What the path was built for. */
  readonly purpose: CertificatePurpose;
  /** Undefined outside of handshakes. */
  readonly peerRole: 'client' | 'server' | undefined;
  /** What came with the end entity's certificate in the handshake, DER: as received, unverified. */
  readonly ocspResponse: Uint8Array | undefined;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal | undefined;
  /** The certificates of the search, trusted or sent, that bear a name: who may have signed in that name. */
  findCertificates(subject: Name): readonly Certificate[];
  /**
   * A path from another certificate (a CRL's or OCSP response's signer) to the same trust anchors, by the same policy and out of the same
   * budget; the reason when there is none. Certificates of the search that this belongs to are tried as issuers, too.
   */
  findPath(certificate: Certificate, request: SideRequest): Flow<readonly Certificate[] | CertificateInvalid>;
  /**
   * Whether the key of the first certificate of `signerPath` made this signature, with an algorithm and a key that the policy allows. The
   * rest of its path is there for keys that inherit parameters from their issuers (RFC 5280 §6.1.4 (f)).
   */
  verifySignature(
    signerPath: readonly Certificate[],
    algorithm: SignatureAlgorithm | undefined,
    message: Uint8Array,
    signature: Uint8Array,
  ): Flow<boolean>;
}

/** What another path is wanted for. */
export interface SideRequest {
  readonly purpose: CertificatePurpose;
  /** Further certificates that may be issuers on it. */
  readonly intermediates?: readonly Certificate[] | undefined;
  /** Asked about that path; without it nothing is. Take care not to ask for ever. */
  readonly pathCheck?: PathCheck | undefined;
}
