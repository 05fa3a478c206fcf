/**
 * Validating a certificate outside of handshakes (RFC 5280 §6): an answer that says why, for programs and for people.
 */

import { CertificateInvalid, type CertificateReport, DecodeError } from '../../core/errors/errors.ts';
import { type Flow, runAsync, runSync } from '../../core/flow/flow.ts';
import { type Certificate, parseCertificate } from './certificate.ts';
import { withReport } from './path.ts';
import { reportOf } from './path-search.ts';
import { type CertificatePurpose, PURPOSES, type PurposeName } from './purpose.ts';
import type { ReferenceIdentifier } from './server-name.ts';
import { createValidator, judge, type ValidationSettings } from './validation.ts';

export interface ValidationOptions extends ValidationSettings {
  /** The end entity, DER. */
  readonly certificate: Uint8Array;
  /** Certificates, DER, in any order, that may be issuers on the path. Those that cannot be read are left out and reported. */
  readonly intermediates?: readonly Uint8Array[];
  /** The time to validate at: now, or the one that a test bench wants. */
  readonly at: Date;
  /** What the certificate is to be good for: a name, or a purpose of your own. `server`, if there is a `serverName`, else `any`. */
  readonly purpose?: PurposeName | CertificatePurpose;
  /** A DNS name or an IP address that the certificate must have. */
  readonly serverName?: string;
  /** Further names that it must have, all of them: URIs, services, mailboxes. */
  readonly names?: readonly ReferenceIdentifier[];
  /** An OCSP response that came with the certificate, DER, for `pathCheck`. */
  readonly ocspResponse?: Uint8Array;
  readonly signal?: AbortSignal;
}

/** A path was found. */
export interface ValidCertificate {
  readonly isValid: true;
  /** End entity first, trust anchor last. */
  readonly path: readonly Certificate[];
  /** The certificate policies that hold for the path; `2.5.29.32.0` stands for any (RFC 5280 §6.1.6). */
  readonly policies: { readonly authorityConstrained: readonly string[]; readonly userConstrained: readonly string[] };
  /** Rules that are broken, and that `onCertificate` has accepted. */
  readonly acceptedProblems: readonly CertificateInvalid[];
  readonly report: CertificateReport;
}

/** No path was found, or the end entity is not good for what it is wanted for. */
export interface InvalidCertificate {
  readonly isValid: false;
  /** The most telling of all reasons. */
  readonly problem: CertificateInvalid;
  readonly report: CertificateReport;
}

export type ValidationResult = ValidCertificate | InvalidCertificate;

/**
 * Validates a certificate. An invalid one is a result and not an exception; `explain` prints either. The certificate's own key is judged by
 * what it says of itself, and not imported: whoever uses it does that.
 *
 * Rejects with `ApiMisuse` (`ERR_TLS_INVALID_ARGUMENT`) for settings that cannot be, and with what the provider, the fetcher's abort or
 * the path check throws.
 *
 * ```ts
 * const result = await validateCertificate({
 *   provider, certificate, intermediates, trustAnchors, at: new Date(), serverName: 'www.example.com',
 * });
 * if (!result.isValid) console.error(explain(result));
 * ```
 */
export async function validateCertificate(options: ValidationOptions): Promise<ValidationResult> {
  return runAsync(validate(options));
}

/** As `validateCertificate`, at once. Throws `ApiMisuse` (`ERR_TLS_ASYNC_REQUIRED`) when the provider or the path check has to wait. */
export function validateCertificateSync(options: ValidationOptions): ValidationResult {
  return runSync(validate(options));
}

function* validate(options: ValidationOptions): Flow<ValidationResult> {
  const { fixed, onCertificate } = createValidator(options, () => {});
  const leaf = read(options.certificate, 'certificate');
  if (leaf instanceof DecodeError) return malformed(leaf, options.certificate, fixed.skipped);
  const { intermediates, skipped } = readIntermediates(options.intermediates ?? []);
  const search = { ...fixed, intermediates, skipped: [...fixed.skipped, ...skipped], purpose: purposeOf(options) };
  const { result, state } = yield* judge(leaf, search, onCertificate);
  const report = reportOf(state);
  if (result instanceof CertificateInvalid) return { isValid: false, problem: withReport(result, state), report };
  const { path, policies, accepted } = result;
  return { isValid: true, path, policies, acceptedProblems: accepted, report };
}

function purposeOf({ purpose, serverName, names = [], at, ocspResponse, signal }: ValidationOptions) {
  const given = purpose ?? (serverName === undefined ? 'any' : 'server');
  const host = serverName === undefined ? [] : [{ kind: 'host', name: serverName } as const];
  return {
    purpose: typeof given === 'string' ? PURPOSES[given] : given,
    references: [...host, ...names],
    now: at,
    ocspResponse,
    signal,
  };
}

function readIntermediates(given: readonly Uint8Array[]) {
  const intermediates: Certificate[] = [];
  const skipped: CertificateReport['skipped'][number][] = [];
  for (const [index, der] of given.entries()) {
    const certificate = read(der, `intermediates[${index}]`);
    if (certificate instanceof DecodeError) skipped.push({ from: 'intermediates', index, problem: certificate });
    else intermediates.push(certificate);
  }
  return { intermediates, skipped };
}

function read(der: Uint8Array, path: string): Certificate | DecodeError {
  try {
    return parseCertificate(der);
  } catch (error) {
    if (error instanceof DecodeError) return new DecodeError(path, error.message);
    throw error;
  }
}

function malformed(cause: DecodeError, certificate: Uint8Array, skipped: CertificateReport['skipped']): InvalidCertificate {
  const report: CertificateReport = { tried: [], omitted: 0, skipped, spent: {} };
  const problem = new CertificateInvalid('malformed', `the certificate is malformed: ${cause.message}`, {
    certificate,
    cause,
    report,
  });
  return { isValid: false, problem, report };
}
