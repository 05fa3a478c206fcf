/**
 * What judging evidence takes, whether it is a CRL or an OCSP response: the certificate and its path, the rules, and who signed.
 */

import { equal, toHex } from '../../../core/bytes/bytes.ts';
import { CertificateInvalid } from '../../../core/errors/errors.ts';
import type { Flow } from '../../../core/flow/flow.ts';
import type { Hash } from '../../../crypto/hash.ts';
import type { SignatureAlgorithm } from '../../../crypto/signature.ts';
import type { Certificate } from '../certificate.ts';
import type { PathCheck, PathCheckContext } from '../path-check.ts';
import type { CertificatePurpose } from '../purpose.ts';
import type { CrlProfile } from './crl-profile.ts';
import { type Freshness, problem, type RevocationProblem, type RevocationSource } from './findings.ts';

/** Whose status is asked. */
export interface Subject {
  readonly certificate: Certificate;
  /** Its path from its issuer on; the trust anchor is last. Never empty. */
  readonly issuerPath: readonly Certificate[];
}

/** The rules and helpers of one check. */
export interface Judge {
  readonly context: PathCheckContext;
  readonly freshness: Freshness;
  readonly hashes: readonly Hash[];
  /** How strictly CRLs have to be written. */
  readonly profile: CrlProfile;
  /** More certificates that may have signed, or issued who signed. */
  readonly certificates: readonly Certificate[];
  /** Responders that are trusted to speak for everybody (RFC 6960 §4.2.2.2, "a local configuration"). */
  readonly trustedResponders: readonly Certificate[];
  /**
   * Keys (SubjectPublicKeyInfo) whose own certificates are being checked at the moment: what they sign does not count, for nobody proves
   * his own standing.
   */
  readonly suspects: readonly Uint8Array[];
  /** Signatures that were found right, by message: over large CRLs they are costly. */
  readonly verified: WeakMap<Uint8Array, Set<string>>;
  /** Asked about the path of a signer that is not on the certificate's own path. */
  signerCheck(signer: Certificate, purpose: CertificatePurpose): PathCheck | undefined;
}

interface SignedData {
  readonly source: RevocationSource;
  readonly algorithm: SignatureAlgorithm | undefined;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

/** Whether the first certificate of `signerPath` signed; right answers are remembered. */
export function* isSignedBy(
  { message, algorithm, signature }: SignedData,
  signerPath: readonly Certificate[],
  judge: Judge,
): Flow<boolean> {
  const signer = toHex((signerPath[0] as Certificate).publicKey);
  const known = judge.verified.get(message);
  if (known?.has(signer)) return true;
  if (!(yield* judge.context.verifySignature(signerPath, algorithm, message, signature))) return false;
  judge.verified.set(message, (known ?? new Set()).add(signer));
  return true;
}

/**
 * A path of a signer who is not on the path of the certificate, to the same trust anchor ("The trust anchor for the certification path
 * MUST be the same as the trust anchor used to validate the target certificate.", RFC 5280 §6.3.3 (f)).
 */
export function* findSignerPath(
  signer: Certificate,
  purpose: CertificatePurpose,
  source: RevocationSource,
  { issuerPath }: Subject,
  judge: Judge,
  intermediates: readonly Certificate[] = [],
): Flow<readonly Certificate[] | RevocationProblem> {
  const path = yield* judge.context.findPath(signer, {
    purpose,
    intermediates: [...intermediates, ...issuerPath, ...judge.certificates],
    pathCheck: judge.signerCheck(signer, purpose),
  });
  if (path instanceof CertificateInvalid) {
    const reason =
      path.reason === 'extended_key_usage_missing' || path.reason === 'key_usage_missing'
        ? 'signer_unauthorized'
        : 'signer_untrusted';
    return problem(source, reason, `its signer (${signer.subject}) cannot be trusted with it: ${path.message}`, path);
  }
  if (isSameAnchor(path.at(-1), issuerPath.at(-1))) return path;
  return problem(source, 'signer_untrusted', `its signer (${signer.subject}) has another trust anchor than the certificate`);
}

function isSameAnchor(a: Certificate | undefined, b: Certificate | undefined): boolean {
  return a !== undefined && b !== undefined && equal(a.publicKey, b.publicKey) && a.subject.equals(b.subject);
}

/** Whether a signer's own certificate is in question. */
export function isSuspect({ publicKey }: Certificate, { suspects }: Judge): boolean {
  return suspects.some((spki) => equal(spki, publicKey));
}
