/**
 * Options of the programs that speak TLS: the version, and who they are (credential-options.ts).
 *
 * TLS 1.3 and 1.2 by themselves; older versions, and what is weak, when they are named: only then is `foxtls/legacy` loaded.
 */

import type { ConnectionOptions, TLSSocket, TlsOptions } from 'foxtls/tls';
import type { OptionTable, OptionValues } from '../command/command.ts';
import { UsageError } from '../command/failure.ts';
import type { Terminal } from '../command/terminal.ts';
import { appendKeyLog, CREDENTIAL_OPTIONS, type Credentials, loadCredentials, type PreSharedKey } from './credential-options.ts';

type Version = 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';

/** Ours, and in the letters of wolfSSL's examples. */
const VERSIONS: Readonly<Record<string, readonly [min: Version, max: Version]>> = {
  '1.3': ['TLSv1.3', 'TLSv1.3'],
  '1.2': ['TLSv1.2', 'TLSv1.2'],
  '1.1': ['TLSv1.1', 'TLSv1.1'],
  '1.0': ['TLSv1', 'TLSv1'],
  4: ['TLSv1.3', 'TLSv1.3'],
  3: ['TLSv1.2', 'TLSv1.2'],
  2: ['TLSv1.1', 'TLSv1.1'],
  1: ['TLSv1', 'TLSv1'],
  d: ['TLSv1.2', 'TLSv1.3'],
};

export const TLS_OPTIONS = {
  tls: {
    type: 'string',
    short: 'v',
    value: 'VERSION',
    choices: ['1.3', '1.2', '1.1', '1.0', '0', '1', '2', '3', '4', 'd'],
    help: 'only this version (or 1 to 4, as wolfSSL has them, from TLS 1.0 on), or d: 1.3, and 1.2 if there is no other way (d)',
  },
  legacy: { type: 'boolean', help: 'know the old and weak suites too, so that --ciphers can name them' },
  ...CREDENTIAL_OPTIONS,
} as const satisfies OptionTable;

/** None of the suites that are on by themselves are of TLS 1.0 and 1.1. */
const OLD_CIPHERS = ['ECDHE-ECDSA', 'ECDHE-RSA', 'DHE-RSA']
  .flatMap((kind) => [`${kind}-AES256-SHA`, `${kind}-AES128-SHA`])
  .join(':');

/** What both ends are configured with. */
export interface TlsPlan extends Credentials {
  readonly minVersion: Version;
  readonly maxVersion: Version;
  readonly legacy?: TlsOptions['legacy'];
}

/** Reads what the options name. Throws `UsageError`, `CommandFailure`, and the errors of files. */
export async function loadTlsPlan(
  role: 'client' | 'server',
  options: OptionValues<typeof TLS_OPTIONS>,
  terminal: Terminal,
): Promise<TlsPlan> {
  // RFC 7568: "SSLv3 MUST NOT be used."
  if (options.tls === '0')
    throw new UsageError('SSL 3.0 is broken, and foxtls does not speak it: choose TLS 1.0 (-v 1) or newer');
  const [minVersion, maxVersion] = VERSIONS[options.tls ?? 'd'] as readonly [Version, Version];
  const isOld = minVersion === 'TLSv1' || minVersion === 'TLSv1.1';
  const legacy = isOld || options.legacy ? { legacy: (await import('foxtls/legacy')).legacy } : {};
  const ciphers = isOld && !options.psk ? { ciphers: OLD_CIPHERS } : {};
  return { minVersion, maxVersion, ...legacy, ...ciphers, ...(await loadCredentials(role, options, terminal)) };
}

/** The options of `tls.connect` for a plan. */
export function clientOptions({ psk, keylog: _, ...plan }: TlsPlan): ConnectionOptions {
  if (psk === undefined) return plan;
  const answer = { identity: psk.identity, psk: psk.key, insecureShortKey: psk.insecureShortKey };
  return { ...withPskSuites(plan), pskCallback: () => answer };
}

/** The options of `tls.createServer` for a plan. */
export function serverOptions({ psk, keylog: _, ...plan }: TlsPlan): TlsOptions {
  if (psk === undefined) return plan;
  const answer = { psk: psk.key, insecureShortKey: psk.insecureShortKey };
  return {
    ...withPskSuites(plan),
    pskIdentityHint: 'foxtls server',
    pskCallback: (_socket, identity) => (isSame(identity, psk) ? answer : null),
  };
}

function isSame(identity: string, psk: PreSharedKey): boolean {
  return identity === psk.identity;
}

/** TLS 1.2 and older have suites of their own for pre-shared keys, which have to be named. */
const PSK_CIPHERS = [
  ...['TLS_AES_128_GCM_SHA256', 'TLS_CHACHA20_POLY1305_SHA256'],
  ...['ECDHE-PSK-CHACHA20-POLY1305', 'DHE-PSK-AES128-GCM-SHA256', 'PSK-AES128-GCM-SHA256', 'PSK-AES128-CCM', 'PSK-AES128-CCM8'],
].join(':');

function withPskSuites<T extends { readonly ciphers?: string }>(plan: T): T {
  return { ...plan, ciphers: plan.ciphers ?? PSK_CIPHERS };
}

/** Has the secrets of a connection written down, if the plan says so. Before its handshake. */
export function logKeys(socket: TLSSocket, { keylog }: Pick<TlsPlan, 'keylog'>): void {
  if (keylog !== undefined) socket.on('keylog', (line: Buffer) => appendKeyLog(keylog, line));
}
