/**
 * What a validation came to, for people: the path that was found, or every path that was tried and the rule that stopped it.
 */

import { CertificateInvalid, type CertificateReport, DecodeError } from '../../core/errors/errors.ts';
import { type Certificate, parseCertificate } from './certificate.ts';
import type { ValidationResult } from './validate-certificate.ts';

const FROM = {
  intermediates: 'intermediate certificate',
  trust_anchors: 'trust anchor',
  fetched: 'fetched certificate',
} as const;

/**
 * Some lines of text about a result of `validateCertificate`, or about the refusal of a verifier.
 *
 * ```ts
 * console.error(explain(result));
 * // invalid: certificate at depth 0 (CN=example.com): it expired at 2026-05-31T00:00:00.000Z
 * // tried 1 path:
 * // 1. CN=example.com ◂ CN=Example CA ◂ CN=Example Root
 * //    expired: certificate at depth 0 (CN=example.com): it expired at 2026-05-31T00:00:00.000Z
 * ```
 */
export function explain(outcome: ValidationResult | CertificateInvalid): string {
  if (outcome instanceof CertificateInvalid) return explainRefusal(outcome, outcome.report).join('\n');
  if (!outcome.isValid) return explainRefusal(outcome.problem, outcome.report).join('\n');
  const { path, policies, acceptedProblems, report } = outcome;
  const vouched = policies.userConstrained.join(', ') || 'none';
  return [
    `valid: ${formatPath(path)}`,
    `certificate policies: ${vouched === '2.5.29.32.0' ? 'any' : vouched}`,
    ...acceptedProblems.map(({ reason, message }) => `accepted by the verify hook: ${reason}: ${message}`),
    ...explainReport(report),
  ].join('\n');
}

function explainRefusal({ message }: CertificateInvalid, report: CertificateReport | undefined): string[] {
  return [`invalid: ${message}`, ...(report === undefined ? [] : explainReport(report))];
}

function explainReport({ tried, omitted, skipped, spent }: CertificateReport): string[] {
  const ways = tried.length + omitted;
  const work = Object.entries(spent).filter(([, amount]) => amount > 0);
  return [
    ...(ways === 0 ? [] : [`tried and left ${ways === 1 ? '1 path' : `${ways} paths`}:`]),
    ...tried.flatMap(({ certificates, problem }, i) => [
      `${i + 1}. ${formatPath(certificates.map(read))}`,
      `   ${problem.reason}: ${problem.message}`,
    ]),
    ...(omitted === 0 ? [] : [`… and ${omitted} more`]),
    ...skipped.map(({ from, index, problem }) => `skipped ${FROM[from]} ${index}: ${problem.message}`),
    ...(work.length === 0
      ? []
      : [`work: ${work.map(([what, amount]) => `${amount} ${amount === 1 ? singular(words(what)) : words(what)}`).join(', ')}`]),
  ];
}

function words(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function singular(plural: string): string {
  return plural.replace(/(?<=ch)es$|s$/, '');
}

function formatPath(path: readonly (Certificate | undefined)[]): string {
  return path.map((certificate) => (certificate && formatSubject(certificate)) ?? 'a malformed certificate').join(' ◂ ');
}

function formatSubject({ subject, serialNumber }: Certificate): string {
  return subject.toString() || `serial number ${serialNumber}`;
}

function read(der: Uint8Array): Certificate | undefined {
  try {
    return parseCertificate(der);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}
