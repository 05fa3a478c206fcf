/** Options of the programs that speak DTLS: the version, nonblocking, and who they are (network/credential-options.ts). */

import type { DTLSSession, DtlsVersion } from 'foxtls/dtls';
import type { OptionTable, OptionValues } from '../command/command.ts';
import type { Terminal } from '../command/terminal.ts';
import { appendKeyLog, CREDENTIAL_OPTIONS, type Credentials, loadCredentials } from '../network/credential-options.ts';

/** Ours, and in the letters of wolfSSL's examples. */
const VERSIONS: Readonly<Record<string, readonly [min: DtlsVersion, max: DtlsVersion]>> = {
  '1.3': ['DTLSv1.3', 'DTLSv1.3'],
  '1.2': ['DTLSv1.2', 'DTLSv1.2'],
  4: ['DTLSv1.3', 'DTLSv1.3'],
  3: ['DTLSv1.2', 'DTLSv1.2'],
  d: ['DTLSv1.2', 'DTLSv1.3'],
};

export const DTLS_OPTIONS = {
  dtls: {
    type: 'string',
    short: 'v',
    value: 'VERSION',
    choices: ['1.2', '1.3', '3', '4', 'd'],
    help: 'only DTLS 1.2 (or 3, as wolfSSL has it), only 1.3 (4), or d: 1.3 and 1.2 if there is no other way (d)',
  },
  ...CREDENTIAL_OPTIONS,
  nonblocking: { type: 'boolean', short: 'N', help: 'say whenever we would have to wait, instead of only waiting' },
} as const satisfies OptionTable;

/** What both ends are configured with: plain data, which a worker can be sent. */
export interface DtlsPlan extends Credentials {
  readonly minVersion: DtlsVersion;
  readonly maxVersion: DtlsVersion;
}

/** Reads what the options name. */
export async function loadPlan(
  role: 'client' | 'server',
  options: OptionValues<typeof DTLS_OPTIONS>,
  terminal: Terminal,
): Promise<DtlsPlan> {
  const [minVersion, maxVersion] = VERSIONS[options.dtls ?? 'd'] as readonly [DtlsVersion, DtlsVersion];
  return { minVersion, maxVersion, ...(await loadCredentials(role, options, terminal)) };
}

/** Has the secrets of a session written down, if the plan says so. */
export function logKeys(session: DTLSSession, { keylog }: DtlsPlan): void {
  if (keylog === undefined) return;
  session.onkeylog = (line) => appendKeyLog(keylog, line);
}
