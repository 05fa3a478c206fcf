/** `foxtls tls-client`: fetches a page, and shows what was verified of the server and how. */

import { isIP } from 'node:net';
import type { PeerVerifier } from 'foxtls/crypto';
import type { ConnectionOptions, TLSSocket } from 'foxtls/tls';
import { defineCommand, type Invocation, type OptionTable } from '../command/command.ts';
import { UsageError } from '../command/failure.ts';
import { parseCount, parseSeconds } from '../command/numbers.ts';
import { printableLines } from '../command/printable.ts';
import { createReport, type Report } from '../command/report.ts';
import { runUntilStopped, sayStopped } from '../command/stopping.ts';
import type { Terminal } from '../command/terminal.ts';
import { formatAddress, parsePort, resolveHost, type Target } from '../network/addresses.ts';
import { loadOwnPki } from '../network/credential-options.ts';
import { parseEndPoint, parseHost } from '../network/end-point.ts';
import { describeSession } from '../network/session-text.ts';
import { connectStoppable } from '../network/stoppable.ts';
import { clientOptions, loadTlsPlan, logKeys } from '../network/tls-options.ts';
import { verifyErrorOf } from '../openssl/verify-errors.ts';
import { watchedVerifier } from '../openssl/verify-steps.ts';
import { getRequest, Refused, replyTo, secure } from './fetching.ts';
import { loadTrust, TRUST_OPTIONS, verifierOf } from './trust.ts';
import { type CallbackMode, opensslErrorLine, type VerifyCallback, verifyCallback } from './verify-callback.ts';
import { WEB_TLS_OPTIONS } from './web-options.ts';

const DEFAULT_HOST = 'example.com';
const DEFAULT_PORT = 443;
const SECONDS = 10;
/** Milliseconds that a server has to answer our close_notify. */
const FAREWELL = 500;
const MAX_BYTES = 64 * 1024 * 1024;

const OPTIONS = {
  'verify-callback': {
    type: 'string',
    choices: ['print', 'abort', 'allow'],
    help: 'a verdict for each certificate; then decide as without it, or end at the first failure, or pass over them all',
  },
  'insecure-no-host-check': { type: 'boolean', help: 'take a valid certificate of anybody, whoever was called' },
  'connect-to': { type: 'string', value: 'ADDRESS[:PORT]', help: 'connect there, and ask for HOST all the same' },
  path: { type: 'string', value: 'PATH', help: 'what to ask for (/)' },
  timeout: { type: 'string', value: 'SECONDS', help: `how long to wait for the server (${SECONDS})` },
  'max-bytes': { type: 'string', value: 'BYTES', help: `how much of a reply to print (${MAX_BYTES})` },
  ...WEB_TLS_OPTIONS,
  ...TRUST_OPTIONS,
  ipv6: { type: 'boolean', short: '6', help: 'IPv6: of the addresses of a name, one of those' },
  json: { type: 'boolean', help: 'an object for each event, instead of lines' },
} as const satisfies OptionTable;

type Options = Invocation<typeof OPTIONS>['options'];

export const tlsClientCommand = defineCommand({
  name: 'tls-client',
  summary: 'fetch a page over TLS, and see what is verified',
  operands: '[HOST [PORT]]',
  maxOperands: 2,
  options: OPTIONS,
  notes: [
    `The host is ${DEFAULT_HOST} and the port ${DEFAULT_PORT} unless given. Its certificate has to lead to a root that this system trusts (or that --ca or --ca-path names), and has to be for HOST; for bank32.com, localhost and this machine's addresses the CA in ~/.foxtls is trusted, too.`,
    '--connect-to does what a line in /etc/hosts would: the connection goes elsewhere, the checks stay. With --verify-callback allow, and with --insecure-no-host-check, whoever is there can read what is sent.',
  ],
  examples: [
    { purpose: 'the page of foxtls tls-server', line: 'foxtls tls-client bank32.com 4433 --connect-to 127.0.0.1' },
    { purpose: 'a verdict for each certificate', line: 'foxtls tls-client example.com --verify-callback print' },
  ],
  async run({ options, operands }, terminal) {
    const called = await readTarget(operands, options);
    const report = createReport(options, terminal);
    return runUntilStopped(
      terminal,
      (signal) => sayStopped(signal, report),
      (stop) => fetchPage({ ...called, options, stop }, report, terminal),
    );
  },
});

interface Errand {
  /** As it was called. */
  readonly host: string;
  readonly port: number;
  /** Where we connect to. */
  readonly target: Target;
  readonly path: string;
  readonly options: Options;
  readonly stop: AbortSignal;
}

/** Prints everything; the exit code. */
async function fetchPage(errand: Errand, report: Report, terminal: Terminal): Promise<number> {
  const { host, target, options, stop } = errand;
  const seconds = parseSeconds(options.timeout, '--timeout', SECONDS);
  const isAddress = isIP(host) !== 0;
  const callback = verifyCallback(options['verify-callback'] as CallbackMode | undefined, isAddress, report);
  const verifier = await verifierFor(errand, callback, terminal);
  const plan = await connectionPlan(options, terminal);
  const { transport, secured } = await connectStoppable(target, seconds, stop);
  report.explain(`connected to ${formatAddress(target)}`);
  try {
    const socket = await secure(transport, { host, verifier, seconds, plan, prepare: (made) => keepKeys(made, options) });
    secured();
    stop.addEventListener('abort', () => sayFarewell(socket), { once: true });
    await showReply(socket, errand, seconds, report, terminal);
    return 0;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const { words } = callback.failed?.error ?? verifyErrorOf(error.refusal, isAddress);
    if (options.json) report.say('', { event: 'refused', host, problem: words });
    report.complain(opensslErrorLine(words));
    report.complain(`foxtls tls-client: ${error.refusal.message}`);
    return 1;
  } finally {
    transport.destroySoon();
  }
}

async function verifierFor({ host, options }: Errand, callback: VerifyCallback, terminal: Terminal): Promise<PeerVerifier> {
  const trust = loadTrust(options, host, (await loadOwnPki(terminal)).ca);
  const verifier = watchedVerifier((onCertificate) => verifierOf(trust, onCertificate), callback);
  if (!options['insecure-no-host-check']) return verifier;
  return { ...verifier, verify: (request) => verifier.verify({ ...request, serverName: undefined }) };
}

/** Without what trusts, which is the verifier's; and to servers of others our own certificate says nothing. */
async function connectionPlan(options: Options, terminal: Terminal): Promise<ConnectionOptions> {
  const { ca: _, cert, key, ...others } = clientOptions(await loadTlsPlan('client', { ...options, ca: undefined }, terminal));
  return options.cert === undefined ? others : { ...others, cert, key };
}

/** With close_notify; a server that goes on talking is left. */
function sayFarewell(socket: TLSSocket): void {
  socket.end();
  setTimeout(() => socket.destroy(), FAREWELL).unref();
}

function keepKeys(socket: TLSSocket, { keylog }: Options): void {
  if (keylog !== undefined) logKeys(socket, { keylog });
}

async function showReply(
  socket: TLSSocket,
  { host, port, path, options }: Errand,
  seconds: number,
  report: Report,
  terminal: Terminal,
): Promise<void> {
  const maxBytes = options['max-bytes'] === undefined ? MAX_BYTES : parseCount(options['max-bytes'], '--max-bytes');
  const { name: cipher, version } = socket.getCipher();
  const { authorized } = socket;
  const lines = ['SSL connection is successful', `SSL connection using ${cipher}`];
  report.say(lines.join('\n'), { event: 'connected', host, version, cipher, authorized });
  report.explain(describeSession(socket));
  const decoder = new TextDecoder();
  for await (const part of replyTo(socket, getRequest(host, port, path), { seconds, maxBytes })) {
    const text = printableLines(decoder.decode(part, { stream: true }).replaceAll('\r', ''));
    terminal.write(options.json ? `${JSON.stringify({ event: 'reply', bytes: part.length, text })}\n` : text);
  }
  if (socket.truncated) report.complain('the server ended without saying so (close_notify): something may be missing');
}

/** Whom the server has to be, and where it is. */
async function readTarget(operands: readonly string[], { 'connect-to': elsewhere, path = '/', ipv6 }: Options) {
  if (!/^\/[!-~]*$/.test(path)) throw new UsageError(`--path begins with / and has no blanks: ${JSON.stringify(path)}`);
  const [named = DEFAULT_HOST, portText] = operands;
  const host = parseHost(named, 'HOST');
  const port = parsePort(portText, DEFAULT_PORT, 'PORT');
  const place = elsewhere === undefined ? { host, port } : parseEndPoint(elsewhere, '--connect-to', port);
  if (place.port === 0) throw new UsageError('no server listens on port 0');
  const target: Target = { name: place.host, port: place.port, ...(await resolveHost(place.host, ipv6)) };
  return { host, port, target, path };
}
