/** Whether the peer's certificate was taken back, as `--crl`, `--ocsp` and stapling have it: a verifier for foxtls/tls and foxtls/dtls. */

import { readFileSync } from 'node:fs';
import { parsePem } from 'foxtls/asn1';
import { nodeProvider } from 'foxtls/crypto/node';
import { createHttpFetcher } from 'foxtls/node';
import { createRevocationChecker, createX509Verifier, parseCrlPem, type RevocationPolicy } from 'foxtls/x509';
import { UsageError } from '../command/failure.ts';
import { printable } from '../command/printable.ts';
import type { Report } from '../command/report.ts';
import type { TlsPlan } from '../network/tls-options.ts';
import type { ContextExtras } from './shared-options.ts';

export interface RevocationWishes {
  readonly crl: string | undefined;
  readonly ocsp: boolean;
  /** Of clients: ask for a stapled response; `must` refuses a server without one. */
  readonly staple: 'no' | 'wanted' | 'must';
  readonly allowsPrivate: boolean;
}

/** What takes the place of `ca`. Nothing when nothing is wished for. */
export function revocationOptions(
  { crl, ocsp, staple, allowsPrivate }: RevocationWishes,
  { ca, psk }: TlsPlan,
  report: Report,
): ContextExtras {
  if (crl === undefined && !ocsp && staple === 'no') return {};
  if (psk !== undefined) throw new UsageError('with --psk nobody has a certificate that could be revoked');
  const policy: RevocationPolicy = staple === 'must' ? 'staple-only' : ocsp || crl !== undefined ? 'hard-fail' : 'soft-fail';
  if (staple === 'must' && (ocsp || crl !== undefined))
    throw new UsageError('a response that must be stapled is enough: leave --ocsp and --crl out');
  const pathCheck = createRevocationChecker({
    provider: nodeProvider,
    policy,
    scope: 'leaf',
    ...(crl !== undefined && { crls: parseCrlPem(readFileSync(crl)) }),
    ...(ocsp && { fetcher: createHttpFetcher({ allowPrivateAddresses: allowsPrivate }) }),
    ...(staple === 'no' && !ocsp && { staples: 'ignored' as const }),
    onStatus: ({ subject }, { status, ...rest }) => {
      const name = printable(subject.toString());
      report.say(`revocation status of ${name} is ${status}`, {
        event: 'revocation',
        subject: name,
        status,
        source: 'source' in rest ? String(rest.source) : undefined,
      });
    },
  });
  const trustAnchors = parsePem(ca ?? '').flatMap(({ label, data }) => (label.endsWith('CERTIFICATE') ? [data] : []));
  return { ca: undefined, verifier: createX509Verifier({ provider: nodeProvider, trustAnchors, pathCheck }) };
}
