/**
 * `foxtls mitm`: what an impersonator with a valid certificate of its own comes to, by what its victim checks.
 *
 * ```
 * client ── wants bank32.com ──▶ (a lie of the DNS) ──▶ www.attacker32.com, whose certificate is valid, for www.attacker32.com
 * ```
 */

import { isIP } from 'node:net';
import { nodeProvider } from 'foxtls/crypto/node';
import { createCertificate, createName } from 'foxtls/x509';
import { defineCommand, type Invocation, type OptionTable } from '../command/command.ts';
import { UsageError } from '../command/failure.ts';
import { printable } from '../command/printable.ts';
import { createReport, type Report } from '../command/report.ts';
import type { Terminal } from '../command/terminal.ts';
import { formatAddress, resolveHost, type Target } from '../network/addresses.ts';
import { loadOwnPki } from '../network/credential-options.ts';
import { parseEndPoint, parseHost } from '../network/end-point.ts';
import { loadTrust, TRUST_OPTIONS, type Trust } from '../web/trust.ts';
import { attemptToConnect, createModelCa, indented, type Listener, startListener, trustIn, validAt } from './stage.ts';

const HOST = 'bank32.com';
const IMPOSTOR = 'www.attacker32.com';
const PORT = 443;
const SECRET = 'session=4f2b9c';

/** What the client does about names, and what comes of it. */
const CLIENTS = {
  'no-check': { title: 'does not check whom the certificate is for', checksHost: false, mode: 'print' },
  allow: { title: 'checks it, and its callback lets everything pass', checksHost: true, mode: 'allow' },
  abort: { title: 'checks it, and its callback ends at the first failure', checksHost: true, mode: 'abort' },
  'no-callback': { title: 'checks it, and has no callback', checksHost: true, mode: undefined },
} as const;

type ClientName = keyof typeof CLIENTS;
const CLIENT_NAMES = Object.keys(CLIENTS) as ClientName[];

const OPTIONS = {
  client: {
    type: 'string',
    choices: [...CLIENT_NAMES, 'all'],
    help: 'one client only; then the exit code is its own: 1 when it refuses (all)',
  },
  impostor: { type: 'string', value: 'NAME', help: `whom the certificate of the impersonator is for (${IMPOSTOR})` },
  'connect-to': {
    type: 'string',
    value: 'ADDRESS[:PORT]',
    help: `lead the client there, and start no impersonator; port ${PORT} unless given`,
  },
  ...TRUST_OPTIONS,
  json: { type: 'boolean', help: 'an object for each event, instead of lines' },
} as const satisfies OptionTable;

export const mitmCommand = defineCommand({
  name: 'mitm',
  summary: 'an impersonator with a valid certificate, and which clients fall for it',
  operands: '[HOST]',
  maxOperands: 1,
  options: OPTIONS,
  notes: [
    `The clients want HOST (${HOST}) and are led to a server that has a valid certificate for another name, as a poisoned cache of the DNS would lead them. Everything happens on this machine: authority, impersonator and clients are made for it.`,
    'With --connect-to the impersonator is a server of your choice, which nothing but GET / is sent to; whom the clients trust is then said by --ca or --ca-path, or is what the system trusts.',
  ],
  examples: [
    { purpose: 'all clients, one after the other', line: 'foxtls mitm' },
    { purpose: 'one that does everything right: it refuses, and the exit code is 1', line: 'foxtls mitm --client abort' },
  ],
  async run({ options, operands }, terminal) {
    const report = createReport(options, terminal);
    const { client = 'all' } = options;
    const names = client === 'all' ? CLIENT_NAMES : [client as ClientName];
    const scene = await createScene(operands, options, terminal);
    try {
      saySituation(scene, report, terminal);
      let connected = false;
      for (const [i, name] of names.entries()) connected = await playClient(name, i + 1, scene, report, terminal);
      sayLesson(report, terminal);
      return client === 'all' || connected ? 0 : 1;
    } finally {
      await scene.impostor?.close();
    }
  },
});

interface Scene {
  readonly host: string;
  readonly target: Target;
  readonly trust: Trust;
  readonly request: string;
  /** Undefined when it is not ours. */
  readonly impostor: Listener | undefined;
  readonly impostorName: string;
}

async function createScene(
  operands: readonly string[],
  options: Invocation<typeof OPTIONS>['options'],
  terminal: Terminal,
): Promise<Scene> {
  const host = parseHost(operands[0] ?? HOST, 'HOST');
  const elsewhere = options['connect-to'];
  if (elsewhere !== undefined) {
    if (options.impostor !== undefined)
      throw new UsageError('--impostor is for an impersonator of ours: leave it or --connect-to out');
    const { host: name, port } = parseEndPoint(elsewhere, '--connect-to', PORT);
    const target = { name, port, ...(await resolveHost(name, isIP(name) === 6)) };
    const trust = loadTrust(options, host, (await loadOwnPki(terminal)).ca);
    return { host, target, trust, request: requestOf(host, ''), impostor: undefined, impostorName: formatAddress(target) };
  }
  if (options.ca !== undefined || options['ca-path'] !== undefined)
    throw new UsageError('--ca and --ca-path go with --connect-to: otherwise the authority is made here');
  const impostorName = parseHost(options.impostor ?? IMPOSTOR, '--impostor');
  const now = terminal.now();
  const root = await createModelCa(now);
  const subject = createName({ country: 'US', organization: 'Attacker32 Inc.', commonName: impostorName });
  const names = isIP(impostorName) === 0 ? { dnsNames: [impostorName] } : { ipAddresses: [impostorName] };
  const { certificate, key } = await createCertificate({
    provider: nodeProvider,
    issuer: root,
    subject,
    ...names,
    ...validAt(now),
  });
  const impostor = await startListener([certificate], key);
  const request = requestOf(host, `Cookie: ${SECRET}\r\n`);
  return { host, target: impostor.target, trust: trustIn(root.certificate), request, impostor, impostorName };
}

function requestOf(host: string, fields: string): string {
  return `GET / HTTP/1.1\r\nHost: ${host}\r\n${fields}Connection: close\r\n\r\n`;
}

function saySituation({ host, target, impostor, impostorName }: Scene, report: Report, { style }: Terminal): void {
  const at = formatAddress(target);
  const who = impostor === undefined ? 'whoever is there' : `an impersonator: its certificate is valid, for ${impostorName}`;
  report.say(`${style.bold(`The client wants ${host}, and is led to ${at}.`)}\nThere it meets ${who}.`, {
    event: 'situation',
    host,
    address: target.address,
    port: target.port,
    impostor: impostor && impostorName,
  });
}

/** Whether it connected. */
async function playClient(name: ClientName, number: number, scene: Scene, report: Report, { style }: Terminal): Promise<boolean> {
  const { title, checksHost, mode } = CLIENTS[name];
  report.say(`\n${style.bold(`${number}. A client that ${title}`)}`, { event: 'client', client: name });
  const { host, target, trust, request, impostor } = scene;
  const { connected, problem } = await attemptToConnect({ host, target, trust, mode, checksHost, request }, indented(report));
  const heard = impostor?.takeHeard() ?? '';
  const leaked = heard.includes(SECRET);
  const told = leaked
    ? `the impersonator has read ${printable(JSON.stringify(`Cookie: ${SECRET}`))}`
    : `${formatAddress(target)} was taken for ${host}`;
  const verdict = connected ? style.red(told) : style.green('nothing was sent');
  report.say(`   => ${verdict}`, { event: 'outcome', client: name, connected, problem, leaked });
  return connected;
}

function sayLesson(report: Report, { style }: Terminal): void {
  const text =
    'a client that checks that the certificate is for the host it called, and ends the connection when it is not. That a certificate is valid says only that its owner is who it says: anybody can have one, for a name of their own. foxtls checks the name unless told otherwise.';
  report.say(`\n${style.bold('What prevents it:')} ${text}`, { event: 'lesson', text });
}
