/**
 * What a CRL or an OCSP response says about a certificate, or why it says nothing (RFC 5280 §6.3, RFC 6960 §3.2).
 */

import type { RevocationReason } from './reasons.ts';

/** Where a finding comes from. */
export type RevocationSource = 'stapled' | 'ocsp' | 'crl';

/** Why evidence proves nothing. */
export type RevocationProblemReason =
  /** It cannot be read. */
  | 'malformed'
  /** There is none, and nowhere to ask that may be asked. */
  | 'not_available'
  | 'fetch_failed'
  /** An OCSP responder answered with an error, or that it does not know the certificate. */
  | 'responder_error'
  | 'status_unknown'
  /** An OCSP response that is about other certificates. */
  | 'certificate_not_answered'
  /** A CRL whose scope does not hold the certificate, or that covers only some reasons. */
  | 'issuer_mismatch'
  | 'scope_mismatch'
  | 'reasons_incomplete'
  /** Only a delta CRL, without the complete CRL that it belongs to. */
  | 'base_missing'
  | 'not_yet_valid'
  | 'stale'
  | 'nonce_mismatch'
  | 'nonce_missing'
  | 'critical_extension_unknown'
  /** A CRL that is not written as RFC 5280 wants it, where that is asked for. */
  | 'profile_violated'
  | 'signature_algorithm_unsupported'
  | 'signature_invalid'
  /** Nobody is known who could have signed it, who did may not, or it cannot be shown that he may. */
  | 'signer_unknown'
  | 'signer_unauthorized'
  | 'signer_untrusted';

export interface RevocationProblem {
  readonly source: RevocationSource;
  readonly reason: RevocationProblemReason;
  readonly message: string;
  readonly cause?: unknown;
}

export type CertificateStatus =
  | { readonly status: 'good'; readonly source: RevocationSource }
  | {
      readonly status: 'revoked';
      readonly source: RevocationSource;
      readonly revocationDate: Date;
      readonly reason: RevocationReason | undefined;
    }
  | { readonly status: 'unknown'; readonly problems: readonly RevocationProblem[] };

export function problem(
  source: RevocationSource,
  reason: RevocationProblemReason,
  message: string,
  cause?: unknown,
): RevocationProblem {
  return { source, reason, message, ...(cause === undefined ? {} : { cause }) };
}

export function unknown(...problems: readonly RevocationProblem[]): CertificateStatus {
  return { status: 'unknown', problems };
}

/** How old evidence may be; milliseconds. */
export interface Freshness {
  readonly now: Date;
  /** By how much clocks may differ. */
  readonly clockTolerance: number;
  /** How long after thisUpdate something without nextUpdate is taken. */
  readonly maximumAge: number;
}

/** Whether evidence is of now. The last second of nextUpdate belongs to it, as the last one of a certificate does. */
export function findTimeProblem(
  source: RevocationSource,
  { thisUpdate, nextUpdate }: { readonly thisUpdate: Date; readonly nextUpdate?: Date | undefined },
  { now, clockTolerance, maximumAge }: Freshness,
): RevocationProblem | undefined {
  const time = now.getTime();
  if (thisUpdate.getTime() > time + clockTolerance) {
    return problem(source, 'not_yet_valid', `it is of ${thisUpdate.toISOString()}, which is in the future`);
  }
  const end = nextUpdate === undefined ? thisUpdate.getTime() + maximumAge : nextUpdate.getTime() + 999;
  if (time <= end + clockTolerance) return undefined;
  const why = nextUpdate === undefined ? 'it does not say when the next one comes' : `the next one was due`;
  return problem(
    source,
    'stale',
    `it is of ${thisUpdate.toISOString()}; ${why}${nextUpdate ? ` ${nextUpdate.toISOString()}` : ''}`,
  );
}
