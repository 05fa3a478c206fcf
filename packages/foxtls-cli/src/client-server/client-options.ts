/** The options of `foxtls client`, by wolfSSL's letters. */

import type { OptionTable, OptionValues } from '../command/command.ts';
import { UsageError } from '../command/failure.ts';
import { targetOptions } from '../network/addresses.ts';
import { checkShared, isOnlyTls13, mayBeTls13, SHARED_OPTIONS } from './shared-options.ts';

export const CLIENT_OPTIONS = {
  ...targetOptions('TCP'),
  ...SHARED_OPTIONS,
  'server-name': {
    type: 'string',
    short: 'S',
    value: 'NAME',
    help: 'the name to ask for (SNI) and to verify, if it is not HOST',
  },
  'match-domain': { type: 'boolean', short: 'm', help: 'verify that the certificate is for HOST, as is done anyway' },
  'insecure-no-verify': { type: 'boolean', short: 'd', help: 'speak to a server whoever it is' },
  'insecure-verify-override': {
    type: 'boolean',
    short: 'j',
    help: 'verify, say what is wrong, and go on all the same: for tests, never for secrets',
  },
  'no-certificate': { type: 'boolean', short: 'x', help: 'show no certificate of ours' },
  'no-crl': { type: 'boolean', short: 'C', help: 'look into no revocation list, whatever --crl says' },
  staple: {
    type: 'string',
    short: 'W',
    value: '1|1m',
    choices: ['1', '1m', '2', '2m', '3', '3m'],
    help: 'ask the server for a stapled OCSP response, and heed it (1); refuse a server that has none (1m)',
  },
  resume: {
    type: 'boolean',
    short: 'r',
    help: 'connect a second time and resume the session; with --connections, make as many again that do',
  },
  get: { type: 'boolean', short: 'g', help: 'ask for a page over HTTP, and print it' },
  connections: { type: 'string', short: 'b', value: 'N', help: 'make N connections, and print their average time' },
  throughput: {
    type: 'string',
    short: 'B',
    value: 'BYTES',
    help: 'send so many bytes to a server that echoes them, and print how fast',
  },
  starttls: { type: 'string', short: 'M', value: 'smtp', choices: ['smtp'], help: 'begin in clear, as clients of mail do' },
  'update-keys': {
    type: 'boolean',
    short: 'I',
    help: 'TLS 1.3: new keys for both directions (KeyUpdate) before the first message',
  },
  renegotiate: { type: 'boolean', short: 'i', help: 'TLS 1.2: a secure renegotiation before the first message' },
  'retry-request': { type: 'boolean', short: 'J', help: 'TLS 1.3: leave the group to the server (HelloRetryRequest)' },
  'list-suites': {
    type: 'boolean',
    short: 'e',
    help: "list all cipher suites, in wolfSSL's names; with --legacy the old ones too",
  },
  'list-versions': { type: 'boolean', short: 'V', help: 'list what -v takes' },
} as const satisfies OptionTable;

export type ClientOptions = OptionValues<typeof CLIENT_OPTIONS>;

/** Throws `UsageError` for what is not there, and for what contradicts itself. */
export function checkClient(options: ClientOptions): void {
  checkShared(options);
  const { staple = '1' } = options;
  if (staple.startsWith('2') || staple.startsWith('3'))
    throw new UsageError(`-W ${staple} is status_request_v2, which TLS 1.3 has done away with: -W 1 is there`);
  if (options['no-certificate'] && options.cert !== undefined)
    throw new UsageError('-x shows no certificate and --cert does: choose one');
  if (options['match-domain'] && options['insecure-no-verify']) throw new UsageError('-m and -d are opposites: choose one');
  if (options['insecure-verify-override'] && options['insecure-no-verify'])
    throw new UsageError('-j verifies and -d does not: choose one');
  if (options['insecure-no-verify'] && (options.crl || options.ocsp || options.staple))
    throw new UsageError('-d heeds no certificate, and --crl, --ocsp and --staple are about certificates: leave one side out');
  if (options.psk || options['insecure-wolfssl-psk']) checkPskAlone(options);
  if (options.renegotiate && isOnlyTls13(options)) throw new UsageError('TLS 1.3 has no renegotiation (-i): add -v 3');
  if (options.renegotiate && (options.udp || mayBeTls13(options)))
    throw new UsageError(options.udp ? 'there is no renegotiation (-i) over DTLS here' : '-i is of TLS 1.2: add -v 3');
  if (options.renegotiate && options['insecure-no-extended-master-secret'])
    throw new UsageError('without extended_master_secret (-n) no renegotiation (-i) is secure: leave one out');
  for (const name of ['update-keys', 'retry-request'] as const) {
    const letter = CLIENT_OPTIONS[name].short;
    if (options[name] && !mayBeTls13(options)) throw new UsageError(`-${letter} is of TLS 1.3: leave -v ${options.tls} out`);
  }
  if (options.resume && options['insecure-no-extended-master-secret'])
    throw new UsageError('without extended_master_secret (-n) nothing is resumed (-r): leave one out');
  if (options.starttls && (options.udp || options.get || options.connections || options.throughput || options.resume))
    throw new UsageError('--starttls says QUIT when TLS is there, over TCP: leave -u, -g, -b, -B and -r out');
  if (options.udp && options.throughput)
    throw new UsageError('-B counts bytes of a stream, which UDP has not: leave -u or -B out');
}

/** A key that both hold says all that a certificate could. */
function checkPskAlone(options: ClientOptions): void {
  for (const name of ['insecure-no-verify', 'insecure-verify-override', 'match-domain', 'crl', 'ocsp', 'staple'] as const) {
    if (options[name]) throw new UsageError(`with --psk the key itself shows who the server is: leave --${name} out`);
  }
}
