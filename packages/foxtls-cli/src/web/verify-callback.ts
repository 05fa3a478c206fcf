/**
 * A verify callback as people write it for OpenSSL: it is told of each certificate, prints a verdict, and says whether to go on.
 *
 * ```
 * subject= /C=US/O=Bank32 Inc./CN=bank32.com
 * Verification failed: Hostname mismatch.
 * ```
 */

import { formatSlashedName } from '../cert/text/value-text.ts';
import type { Report } from '../command/report.ts';
import type { VerifyStep, Watcher } from '../openssl/verify-steps.ts';

/** `print` shows everything and then decides as if there were no callback; `abort` ends at the first failure; `allow` passes over all of them. */
export type CallbackMode = 'print' | 'abort' | 'allow';

export interface VerifyCallback extends Watcher {
  /** The first step that failed. */
  readonly failed: VerifyStep | undefined;
}

/** Without a mode there is no callback: nothing is printed, and the first failure ends the handshake. */
export function verifyCallback(mode: CallbackMode | undefined, isAddress: boolean, report: Report): VerifyCallback {
  let failed: VerifyStep | undefined;
  const decide = (step: VerifyStep): boolean => {
    if (mode !== undefined) sayVerdict(step, report);
    if (step.error === undefined) return true;
    failed ??= step;
    return mode === 'allow' || mode === 'print';
  };
  return {
    decide,
    isAddress,
    refusal: () => (mode === 'print' ? failed?.problem : undefined),
    get failed(): VerifyStep | undefined {
      return failed;
    },
  };
}

function sayVerdict({ certificate, depth, error }: VerifyStep, report: Report): void {
  const subject = formatSlashedName(certificate.subject);
  const words = error && wordsOf(error.words);
  const verdict = words === undefined ? 'Verification passed.' : `Verification failed: ${words}.`;
  report.say(`subject= ${subject}\n${verdict}`, {
    event: 'certificate',
    subject,
    depth,
    passed: words === undefined,
    problem: words,
  });
}

/** As OpenSSL 1.0 and 1.1 wrote it, whose callbacks these are. */
export function wordsOf(words: string): string {
  return words === 'hostname mismatch' ? 'Hostname mismatch' : words;
}

/** The line with which a program of OpenSSL 1.0 ended: a process id where it had that of a thread. */
export function opensslErrorLine(words: string): string {
  return `${process.pid}:error:14090086:SSL routines:ssl3_get_server_certificate:certificate verify failed:${wordsOf(words)}`;
}
