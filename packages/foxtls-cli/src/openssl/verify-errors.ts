/** Why a certificate is refused, in the numbers and words of OpenSSL 3.0 (openssl-verification-options(1), x509_vfy.h). */

import type { CertificateInvalid } from 'foxtls';

export interface VerifyError {
  readonly number: number;
  readonly words: string;
}

export const OK: VerifyError = { number: 0, words: 'ok' };
/** Of a lone certificate, after it was said that its issuer is missing. */
export const UNVERIFIED_LEAF: VerifyError = { number: 21, words: 'unable to verify the first certificate' };

const UNSPECIFIED: VerifyError = { number: 1, words: 'unspecified certificate verification error' };
const IP_MISMATCH: VerifyError = { number: 64, words: 'IP address mismatch' };
const CA_KEY_TOO_WEAK: VerifyError = { number: 67, words: 'CA certificate key too weak' };

const ERRORS: { readonly [reason in CertificateInvalid['reason']]?: VerifyError } = {
  signature_invalid: { number: 7, words: 'certificate signature failure' },
  signature_algorithm_unsupported: { number: 7, words: 'certificate signature failure' },
  signature_algorithm_weak: { number: 68, words: 'CA signature digest algorithm too weak' },
  key_unsupported: { number: 6, words: 'unable to decode issuer public key' },
  key_too_small: { number: 66, words: 'EE certificate key too weak' },
  expired: { number: 10, words: 'certificate has expired' },
  not_yet_valid: { number: 9, words: 'certificate is not yet valid' },
  revoked: { number: 23, words: 'certificate revoked' },
  revocation_unknown: { number: 3, words: 'unable to get certificate CRL' },
  staple_missing: { number: 73, words: 'OCSP verification needed' },
  staple_invalid: { number: 74, words: 'OCSP verification failed' },
  issuer_unknown: { number: 20, words: 'unable to get local issuer certificate' },
  self_signed_leaf: { number: 18, words: 'self-signed certificate' },
  self_signed_in_chain: { number: 19, words: 'self-signed certificate in certificate chain' },
  issuer_not_ca: { number: 79, words: 'invalid CA certificate' },
  path_too_long: { number: 25, words: 'path length constraint exceeded' },
  key_usage_missing: { number: 26, words: 'unsuitable certificate purpose' },
  extended_key_usage_missing: { number: 26, words: 'unsuitable certificate purpose' },
  critical_extension_unknown: { number: 34, words: 'unhandled critical extension' },
  name_mismatch: { number: 62, words: 'hostname mismatch' },
  name_constraint_violated: { number: 47, words: 'permitted subtree violation' },
  key_untrusted: { number: 27, words: 'certificate not trusted' },
  policy_violated: { number: 43, words: 'no explicit policy' },
  budget_exceeded: { number: 22, words: 'certificate chain too long' },
  rejected_by_application: { number: 50, words: 'application verification failure' },
};

/** `isAddress`: the server is called by an IP address, not by a name. */
export function verifyErrorOf({ reason, depth }: CertificateInvalid, isAddress = false): VerifyError {
  if (reason === 'name_mismatch' && isAddress) return IP_MISMATCH;
  if (reason === 'key_too_small' && depth > 0) return CA_KEY_TOO_WEAK;
  return ERRORS[reason] ?? UNSPECIFIED;
}
