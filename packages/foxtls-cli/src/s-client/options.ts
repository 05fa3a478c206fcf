/** The options of `s-client`, by openssl's names, and what they come to. */

import { isIP } from 'node:net';
import type { OptionTable, OptionValues } from '../command/command.ts';
import { UsageError } from '../command/failure.ts';
import { parseCount, parseSeconds } from '../command/numbers.ts';
import { PASSWORD_FORMS } from '../command/password.ts';
import type { Terminal } from '../command/terminal.ts';
import { type EndPoint, parseEndPoint, parseHost } from '../network/end-point.ts';
import { loadTlsPlan, type TlsPlan } from '../network/tls-options.ts';
import { STARTTLS_NAMES, type StartTlsName } from '../starttls/protocols.ts';

const PORT = 4433;
const SECONDS = 15;

const flag = (help: string) => ({ type: 'boolean', help }) as const;
const text = (value: string, help: string) => ({ type: 'string', value, help }) as const;

export const OPTIONS = {
  connect: text('HOST:PORT', `where to connect (localhost:${PORT}); the same as the operand`),
  host: text('HOST', 'the host, in place of -connect'),
  port: text('PORT', 'the port, in place of -connect'),
  4: flag('IPv4 only'),
  6: flag('IPv6 only'),
  servername: text('NAME', 'the name to ask for (SNI); the host unless given'),
  noservername: flag('ask for no name'),
  starttls: { type: 'string', choices: STARTTLS_NAMES, help: 'the words of this protocol first' },
  name: text('NAME', 'as whom the server is addressed in them; the host unless given'),
  xmpphost: text('NAME', 'the same as -name'),
  CAfile: text('FILE', "whom to trust, in place of this system's roots"),
  CApath: text('FOLDER', 'the same as a folder with hashed names, in which issuers are looked up when they are needed'),
  verify: text('DEPTH', 'how many intermediate certificates there may be'),
  verify_return_error: flag('end the handshake when a certificate does not pass'),
  verify_hostname: text('NAME', 'the certificate has to be for this name'),
  verify_ip: text('ADDRESS', 'the certificate has to be for this address'),
  verify_quiet: flag('of the verification, say only what is wrong'),
  cert: text('FILE', 'our certificate, with its chain'),
  key: text('FILE', 'its private key; in the same file unless given'),
  pass: text('SOURCE', `password of the key: ${PASSWORD_FORMS}`),
  psk: text('HEX', 'a key that both hold already'),
  psk_identity: text('NAME', 'its name (Client_identity)'),
  insecure_short_psk: flag('take a key of less than 16 bytes, which can be guessed'),
  tls1: flag('only TLS 1.0'),
  tls1_1: flag('only TLS 1.1'),
  tls1_2: flag('only TLS 1.2'),
  tls1_3: flag('only TLS 1.3'),
  no_ssl3: flag('not SSL 3.0: it never is'),
  no_tls1: flag('not TLS 1.0: only -tls1 is'),
  no_tls1_1: flag('not TLS 1.1: only -tls1_1 is'),
  no_tls1_2: flag('not TLS 1.2'),
  no_tls1_3: flag('not TLS 1.3'),
  dtls: flag('DTLS, the newest that both have'),
  dtls1_2: flag('only DTLS 1.2'),
  dtls1_3: flag('only DTLS 1.3'),
  mtu: text('BYTES', 'DTLS: the largest datagram, 256 to 65507'),
  legacy: flag('know the old and weak suites too, so that -cipher can name them'),
  cipher: text('LIST', "suites of TLS 1.2 and older, in OpenSSL's language"),
  ciphersuites: text('LIST', 'suites of TLS 1.3'),
  groups: text('LIST', 'groups for the key exchange: X25519:P-256'),
  curves: text('LIST', 'the same as -groups'),
  sigalgs: text('LIST', 'signature algorithms'),
  alpn: text('LIST', 'application protocols, with commas between: h2,http/1.1'),
  status: flag('ask for the OCSP response of the server'),
  showcerts: flag('all certificates of the server in PEM'),
  msg: flag('the messages of the handshake, and alerts'),
  tlsextdebug: flag('the extensions that the server sends'),
  keylogfile: text('FILE', 'append the secrets of the session to a file, for Wireshark: who has it reads all'),
  keymatexport: text('LABEL', 'keying material for this label'),
  keymatexportlen: text('BYTES', 'and how much of it (20)'),
  sess_out: text('FILE', 'write the session to a file: a secret'),
  sess_in: text('FILE', 'resume the session of a file that -sess_out made'),
  reconnect: flag('connect five times more, with the session of the first'),
  quiet: flag('only what the server says; implies -ign_eof'),
  brief: flag('a short summary'),
  ign_eof: flag('stay connected at the end of the input'),
  no_ign_eof: flag('end at the end of the input, with -quiet, too'),
  nocommands: flag('take no letters for commands'),
  crlf: flag('send line ends as CR LF'),
  timeout: text('SECONDS', `how long to wait for the handshake (${SECONDS})`),
  json: flag('an object for each event, instead of lines'),
} as const satisfies OptionTable;

export type Options = OptionValues<typeof OPTIONS>;

export interface Plan {
  readonly endPoint: EndPoint;
  readonly family: 4 | 6 | undefined;
  /** Asked for by SNI; undefined for none. */
  readonly serverName: string | undefined;
  /** How many intermediates a chain may have. */
  readonly verifyDepth: number | undefined;
  /** What the certificate has to be for; undefined when that is not checked. */
  readonly verifyName: string | undefined;
  readonly starttls: { readonly protocol: StartTlsName; readonly name: string } | undefined;
  readonly isDatagram: boolean;
  readonly mtu: number | undefined;
  readonly seconds: number;
  readonly tls: TlsPlan;
  /** The newest version that is offered. */
  readonly newest: string;
  readonly groups: string | undefined;
  readonly sigalgs: string | undefined;
  readonly alpn: readonly string[] | undefined;
  readonly staysAtEnd: boolean;
  readonly export: { readonly label: string; readonly length: number } | undefined;
}

/** Throws `UsageError` for what does not fit together. */
export async function readPlan(operands: readonly string[], options: Options, terminal: Terminal): Promise<Plan> {
  const endPoint = readEndPoint(operands, options);
  const version = readVersion(options);
  const isDatagram = version.startsWith('dtls');
  const { servername, noservername, starttls, alpn, quiet, ign_eof: stays, no_ign_eof: ends } = options;
  if (servername !== undefined && noservername) throw new UsageError('-servername and -noservername contradict each other');
  if (options.verify_hostname !== undefined && options.verify_ip !== undefined)
    throw new UsageError('give -verify_hostname or -verify_ip');
  if (isDatagram) refuse(options, ['starttls', 'msg', 'tlsextdebug', 'status', 'reconnect'], 'is not there over datagrams');
  const tls = await loadTlsPlan('client', tlsOptions(options, version), terminal);
  const { label, length } = { label: options.keymatexport, length: options.keymatexportlen };
  if (label === undefined && length !== undefined) throw new UsageError('-keymatexportlen needs -keymatexport');
  return {
    endPoint,
    family: readFamily(options),
    serverName: noservername ? undefined : (servername ?? (isIP(endPoint.host) === 0 ? endPoint.host : undefined)),
    verifyDepth: options.verify === undefined ? undefined : parseCount(options.verify, '-verify', { max: 100 }),
    verifyName: options.verify_hostname ?? options.verify_ip,
    starttls:
      starttls === undefined
        ? undefined
        : { protocol: starttls as StartTlsName, name: options.name ?? options.xmpphost ?? endPoint.host },
    isDatagram,
    mtu: options.mtu === undefined ? undefined : parseCount(options.mtu, '-mtu', { min: 256, max: 65507 }),
    seconds: parseSeconds(options.timeout, '-timeout', SECONDS),
    tls: options.cert === undefined ? withoutIdentity(tls) : tls,
    newest: isDatagram ? tls.maxVersion.replace('TLS', 'DTLS') : tls.maxVersion,
    groups: options.groups ?? options.curves,
    sigalgs: options.sigalgs,
    alpn: alpn?.split(','),
    staysAtEnd: !ends && ((stays ?? false) || (quiet ?? false)),
    export:
      label === undefined ? undefined : { label, length: parseCount(length ?? '20', '-keymatexportlen', { min: 1, max: 8160 }) },
  };
}

function readEndPoint(operands: readonly string[], { connect, host, port }: Options): EndPoint {
  const [operand] = operands;
  if ([operand, connect, host].filter((given) => given !== undefined).length > 1)
    throw new UsageError('name the server once: as HOST:PORT, with -connect, or with -host');
  if (port !== undefined && host === undefined && (connect ?? operand) !== undefined)
    throw new UsageError('-port goes with -host: -connect has a port of its own');
  const defaultPort = port === undefined ? PORT : parseEndPoint(`localhost:${port}`, '-port', PORT).port;
  if (host !== undefined) return { host: parseHost(host, '-host'), port: defaultPort };
  return parseEndPoint(connect ?? operand ?? 'localhost', '-connect', defaultPort);
}

const ONLY = ['tls1', 'tls1_1', 'tls1_2', 'tls1_3', 'dtls', 'dtls1_2', 'dtls1_3'] as const;
const TLS_CHOICES: Readonly<Record<string, string>> = {
  tls1: '1.0',
  tls1_1: '1.1',
  tls1_2: '1.2',
  tls1_3: '1.3',
  dtls: 'd',
  dtls1_2: '1.2',
  dtls1_3: '1.3',
};

function readVersion(options: Options): string {
  const given = ONLY.filter((name) => options[name]);
  const { no_tls1_2: notTls12, no_tls1_3: notTls13 } = options;
  const isRestricted = notTls12 || notTls13;
  if ((options.tls1 && options.no_tls1) || (options.tls1_1 && options.no_tls1_1))
    throw new UsageError(`-${given[0]} and -no_${given[0]} contradict each other`);
  if (given.length > 1) throw new UsageError(`-${given[0]} and -${given[1]} contradict each other`);
  if (notTls12 && notTls13) throw new UsageError('-no_tls1_2 and -no_tls1_3 leave no version: choose an older one, as -tls1_1');
  if (isRestricted && given.length > 0) throw new UsageError(`-${given[0]} says it all: leave -no_tls1_2 and -no_tls1_3 out`);
  return given[0] ?? (notTls13 ? 'tls1_2' : notTls12 ? 'tls1_3' : 'any');
}

/** In the options of the other programs. */
function tlsOptions(options: Options, version: string): Parameters<typeof loadTlsPlan>[1] {
  const { cert, key = cert, pass, psk, keylogfile } = options;
  if (cert === undefined && key !== undefined) throw new UsageError('-key needs -cert');
  const choice = (TLS_CHOICES[version] ?? 'd') as '1.3';
  const ciphers = readCiphers(options);
  return {
    tls: choice,
    legacy: options.legacy,
    ...(ciphers !== undefined && { ciphers }),
    ...(keylogfile !== undefined && { keylog: keylogfile }),
    ...(psk === undefined
      ? { cert, key: cert === undefined ? undefined : key, pass: cert === undefined ? undefined : pass }
      : {
          psk: true,
          'psk-identity': options.psk_identity,
          'psk-key': `pass:${psk}`,
          'insecure-short-psk': options.insecure_short_psk,
        }),
  };
}

/** Those of TLS 1.3 and the others are one list; what is not named is as it would be. */
function readCiphers({ cipher, ciphersuites }: Options): string | undefined {
  if (cipher === undefined && ciphersuites === undefined) return undefined;
  return `${ciphersuites ?? 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256'}:${cipher ?? 'DEFAULT'}`;
}

function readFamily({ 4: v4, 6: v6 }: Options): 4 | 6 | undefined {
  if (v4 && v6) throw new UsageError('-4 and -6 contradict each other');
  return v4 ? 4 : v6 ? 6 : undefined;
}

/** To servers of others our own certificate says nothing. */
function withoutIdentity({ cert: _, key: __, ...plan }: TlsPlan): TlsPlan {
  return plan;
}

function refuse(options: Options, names: readonly (keyof Options)[], why: string): void {
  const given = names.find((name) => options[name] !== undefined);
  if (given !== undefined) throw new UsageError(`-${String(given)} ${why}`);
}
