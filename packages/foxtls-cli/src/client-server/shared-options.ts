/**
 * The options that client and server have in common, by wolfSSL's letters, and what they come to: additions to the options of foxtls/tls and foxtls/dtls.
 *
 * What would have no effect is refused, with what to add.
 */

import type { MaxFragmentLength } from 'foxtls';
import { createSecureContext, type SecureContextOptions } from 'foxtls/tls';
import type { OptionTable, OptionValues } from '../command/command.ts';
import { UsageError } from '../command/failure.ts';
import { parseSeconds } from '../command/numbers.ts';
import type { Report } from '../command/report.ts';
import { JSON_OPTION } from '../command/report.ts';
import type { Terminal } from '../command/terminal.ts';
import { loadTlsPlan, TLS_OPTIONS, type TlsPlan } from '../network/tls-options.ts';
import { readSuiteList } from './wolfssl-names.ts';

export const SHARED_OPTIONS = {
  ...TLS_OPTIONS,
  ciphers: { ...TLS_OPTIONS.ciphers, help: 'cipher suites, in the names of wolfSSL, OpenSSL or IANA' },
  'insecure-wolfssl-psk': {
    type: 'boolean',
    help: "--psk with the keys that wolfSSL's examples have, which everybody knows: of 4 bytes up to TLS 1.2, of 32 in TLS 1.3",
  },
  udp: { type: 'boolean', short: 'u', help: 'DTLS over UDP' },
  nonblocking: { type: 'boolean', short: 'N', help: 'say whenever the handshake would have to wait' },
  alpn: {
    type: 'string',
    short: 'L',
    value: 'LIST',
    help: 'application protocols with commas between them; F: before them ends the connection when none is agreed on, C: goes on',
  },
  'bidirectional-shutdown': { type: 'boolean', short: 'w', help: "wait for the peer's close_notify, and say whether it came" },
  'insecure-no-extended-master-secret': {
    type: 'boolean',
    short: 'n',
    help: 'TLS 1.2 without extended_master_secret, as before 2015: weak, and never resumed',
  },
  'insecure-mac-then-encrypt': {
    type: 'boolean',
    help: 'up to TLS 1.2: take CBC suites of peers that do not know encrypt_then_mac, as before 2014: weak',
  },
  'max-fragment': {
    type: 'string',
    short: 'F',
    value: 'N',
    choices: ['1', '2', '3', '4', '5', '6'],
    help: 'records of at most 512 (1), 1024 (2), 2048 (3) or 4096 (4) bytes',
  },
  crl: { type: 'string', value: 'FILE', help: "refuse a peer whose certificate is in its authority's revocation list" },
  ocsp: { type: 'boolean', short: 'o', help: "ask the responder that the peer's certificate names whether it is revoked" },
  'allow-private': { type: 'boolean', help: 'of --ocsp: ask addresses of this machine and of private networks, too' },
  'early-data': { type: 'boolean', short: '0', help: 'not there yet' },
  'post-handshake-auth': { type: 'boolean', short: 'Q', help: 'not there yet' },
  timeout: { type: 'string', value: 'SECONDS', help: 'how long to wait for the handshake, and for each message (30)' },
  ...JSON_OPTION,
} as const satisfies OptionTable;

export type SharedOptions = OptionValues<typeof SHARED_OPTIONS>;

const DEFAULT_SECONDS = 30;

export function patienceOf({ timeout }: SharedOptions): number {
  return parseSeconds(timeout, '--timeout', DEFAULT_SECONDS);
}

/** Throws `UsageError` for what is not there, and for what contradicts the version. */
export function checkShared(options: SharedOptions): void {
  if (options['early-data']) throw new UsageError('early data (-0) is not there yet');
  if (options['post-handshake-auth']) throw new UsageError('authentication after the handshake (-Q) is not there yet');
  if (options['insecure-no-extended-master-secret'] && mayBeTls13(options))
    throw new UsageError('-n is about TLS 1.2 and before, as TLS 1.3 always has it: add -v 3');
  if (options['max-fragment'] === '5' || options['max-fragment'] === '6')
    throw new UsageError(`-F ${options['max-fragment']} is of wolfSSL alone: 1 to 4 are those of RFC 6066`);
  if (options.udp && (options.tls === '1' || options.tls === '1.0'))
    throw new UsageError('there is no DTLS beside TLS 1.0: -v 2 is DTLS 1.0, 3 is 1.2, 4 is 1.3');
  if (options['insecure-wolfssl-psk']) {
    if (options['psk-key'] !== undefined || options['psk-identity'] !== undefined)
      throw new UsageError('--insecure-wolfssl-psk has its own key and identity: leave the others out');
    if (options.tls === 'd')
      throw new UsageError('--insecure-wolfssl-psk has a key for TLS 1.3 and another for the rest: choose with -v');
  }
}

/** Whether TLS 1.3 may come of it. */
export function mayBeTls13({ tls = 'd' }: SharedOptions): boolean {
  return ['d', '4', '1.3'].includes(tls);
}

/** Whether nothing but TLS 1.3 may come of it. */
export function isOnlyTls13({ tls = 'd' }: SharedOptions): boolean {
  return ['4', '1.3'].includes(tls);
}

/** Who we are and what we speak. Reads files. */
export async function loadPlan(role: 'client' | 'server', options: SharedOptions, terminal: Terminal): Promise<TlsPlan> {
  const isWolfSsl = options['insecure-wolfssl-psk'] === true;
  const tls = options.tls ?? (isWolfSsl ? '1.3' : undefined);
  const plan = await loadTlsPlan(role, { ...options, tls, psk: options.psk || isWolfSsl }, terminal);
  const ciphers = plan.ciphers === undefined ? {} : { ciphers: readSuiteList(plan.ciphers) };
  checkSuites({ ...plan, ...ciphers });
  return { ...plan, ...ciphers, ...(isWolfSsl && { psk: wolfSslPsk(plan.maxVersion === 'TLSv1.3') }) };
}

/** Before anybody is spoken to. */
function checkSuites({ ciphers, legacy }: TlsPlan): void {
  try {
    createSecureContext({ ciphers, legacy });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_SSL_NO_CIPHER_MATCH') throw error;
    throw new UsageError('--ciphers names none that is known: foxtls client -e lists them, with --legacy the old ones too');
  }
}

const WOLFSSL_IDENTITY = 'Client_identity';

/** The keys of wolfSSL's test.h. */
function wolfSslPsk(isTls13: boolean): NonNullable<TlsPlan['psk']> {
  const key = Buffer.from(isTls13 ? '0123456789abcdef'.repeat(4) : '1a2b3c4d', 'hex');
  return { identity: WOLFSSL_IDENTITY, key: new Uint8Array(key), insecureShortKey: !isTls13 };
}

const FRAGMENTS: Readonly<Record<string, MaxFragmentLength>> = { 1: 512, 2: 1024, 3: 2048, 4: 4096 };

export function maxFragmentOf(options: SharedOptions): MaxFragmentLength | undefined {
  const choice = options['max-fragment'];
  return choice === undefined ? undefined : FRAGMENTS[choice];
}

/** What goes beside a plan, over both transports. */
export type ContextExtras = Pick<
  SecureContextOptions,
  | 'ca'
  | 'verifier'
  | 'keyShareGroups'
  | 'maxFragmentLength'
  | 'insecureNoExtendedMasterSecret'
  | 'warn'
  | 'insecureMacThenEncrypt'
>;

/** Of both roles. */
export function contextExtras(options: SharedOptions, report: Report): ContextExtras {
  return {
    warn: (message) => report.complain(`warning: ${message}`),
    ...(options['insecure-no-extended-master-secret'] && { insecureNoExtendedMasterSecret: true }),
    ...(options['insecure-mac-then-encrypt'] && { insecureMacThenEncrypt: true }),
  };
}

export interface Alpn {
  readonly protocols: readonly string[];
  /** Whether a connection without one of them is of no use. */
  readonly isDemanded: boolean;
}

/** wolfSSL's `{C,F}:LIST`, or the list alone. */
export function parseAlpn(text: string): Alpn {
  const [, mode, list = ''] = /^(?:([CF]):)?(.*)$/s.exec(text) ?? [];
  const protocols = list.split(',');
  if (protocols.some((protocol) => protocol === '' || Buffer.byteLength(protocol) > 255))
    throw new UsageError(`--alpn is a list such as h2,http/1.1, not ${JSON.stringify(text)}`);
  return { protocols, isDemanded: mode === 'F' };
}

const DTLS_VERSIONS = { 'TLSv1.1': 'DTLSv1', 'TLSv1.2': 'DTLSv1.2', 'TLSv1.3': 'DTLSv1.3' } as const;

/** The versions of a plan over datagrams. */
export function dtlsVersions({ minVersion, maxVersion }: TlsPlan) {
  return {
    minVersion: DTLS_VERSIONS[minVersion as keyof typeof DTLS_VERSIONS],
    maxVersion: DTLS_VERSIONS[maxVersion as keyof typeof DTLS_VERSIONS],
  };
}
