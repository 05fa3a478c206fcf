/** `foxtls s-client`: a connection to look at and to talk over, with the options and the output of openssl s_client. */

import { isIP } from 'node:net';
import { defineCommand } from '../command/command.ts';
import { CommandFailure, describeFailure } from '../command/failure.ts';
import { printable } from '../command/printable.ts';
import { createReport, type Report } from '../command/report.ts';
import { runUntilStopped, sayStopped } from '../command/stopping.ts';
import type { Terminal } from '../command/terminal.ts';
import { loadOwnPki } from '../network/credential-options.ts';
import { loadTrust } from '../web/trust.ts';
import { HandshakeFailure, type Link, openLink } from './link.ts';
import { Observer } from './observer.ts';
import { OPTIONS, type Options, type Plan, readPlan } from './options.ts';
import { readSessionFile, writeSessionFile } from './session-file.ts';
import { statusLines } from './status.ts';
import { talk } from './talk.ts';
import { Verification } from './verification.ts';

const RECONNECTIONS = 5;
/** Milliseconds that a server has to send the session that `-reconnect` needs. */
const TICKET_PATIENCE = 300;

export const sClientCommand = defineCommand({
  name: 's-client',
  summary: 'look at a server and talk to it, as openssl s_client does',
  operands: '[HOST:PORT]',
  maxOperands: 1,
  singleDash: true,
  options: OPTIONS,
  notes: [
    'As with openssl, what is wrong with a certificate is said and the connection goes on, unless -verify_return_error is given; and the name is not checked unless -verify_hostname is.',
    'Alone in a line, Q ends the connection, R renegotiates (TLS 1.2), K and k update the keys (TLS 1.3; K those of the server, too). Other lines are sent, also those that begin with these letters. With -quiet, -ign_eof and -nocommands all lines are.',
  ],
  examples: [
    { purpose: 'what a server shows', line: 'foxtls s-client -connect example.com:443 -showcerts' },
    { purpose: 'a mail server, with every message', line: 'foxtls s-client -connect mail.example.com:25 -starttls smtp -msg' },
  ],
  async run({ options, operands }, terminal) {
    const plan = await readPlan(operands, options, terminal);
    const report = createReport(options, terminal);
    return runUntilStopped(
      terminal,
      (signal) => options.quiet || sayStopped(signal, report),
      (stop) => runClient({ plan, options, report, terminal, stop }),
    );
  },
});

interface Errand {
  readonly plan: Plan;
  readonly options: Options;
  readonly report: Report;
  readonly terminal: Terminal;
  readonly stop: AbortSignal;
}

async function runClient(errand: Errand): Promise<number> {
  const { options, terminal } = errand;
  let session = options.sess_in === undefined ? undefined : readSessionFile(options.sess_in);
  for (let left = options.reconnect ? RECONNECTIONS : 0; left > 0; left--) {
    const link = await openOnce(errand, session);
    session = await sessionOf(link);
    await link.close();
    if (!options.quiet) terminal.complain('drop connection and then reconnect');
  }
  const link = await openOnce(errand, session);
  try {
    sayKeyingMaterial(link, errand);
    return await converse(link, errand);
  } finally {
    await link.close();
  }
}

/** Connects, and prints what is to be said of it. */
async function openOnce({ plan, options, report, terminal, stop }: Errand, session: Uint8Array | undefined): Promise<Link> {
  const say = (line: string) => {
    if (options.json || options.quiet) return;
    // As openssl: what is brief stands beside what the server says.
    if (options.brief) terminal.complain(line);
    else terminal.write(`${line}\n`);
  };
  const verification = await createVerification(plan, options, terminal);
  const observer = new Observer(plan, options, verification, terminal.now(), say);
  let opened: Link | undefined;
  const keepSession = () => {
    const bytes = opened?.session();
    if (options.sess_out !== undefined && bytes !== undefined) writeSessionFile(options.sess_out, bytes, terminal);
  };
  try {
    const link = await openLink({
      plan,
      verification,
      session,
      asksForStatus: options.status ?? false,
      signal: stop,
      onConnected: () => {
        if (!options.brief) say('CONNECTED(00000003)');
      },
      onMessage: (message) => observer.onMessage(message),
      onStatus: (response) => statusLines(response).forEach(say),
      onSession: keepSession,
    });
    opened = link;
    observer.sayConnection(link);
    if (options.json) report.say('', { event: 'connected', ...observer.factsFor(link) });
    keepSession();
    return link;
  } catch (error) {
    if (error instanceof HandshakeFailure) observer.sayFailure(error.bytesRead, error.bytesWritten);
    const { number, words } = verification.error;
    throw number !== 0 && options.verify_return_error ? new CommandFailure(`certificate verify failed: ${words}`) : error;
  }
}

async function createVerification(plan: Plan, options: Options, terminal: Terminal): Promise<Verification> {
  const { CAfile, CApath, verify_return_error: endsAtError = false, brief, quiet, json } = options;
  const named = { ca: CAfile, 'ca-path': CApath === undefined ? undefined : [CApath] };
  const trust = loadTrust(named, plan.verifyName ?? plan.serverName ?? plan.endPoint.host, (await loadOwnPki(terminal)).ca);
  const { verifyName: name, verifyDepth: depth } = plan;
  const isQuiet = (options.verify_quiet || brief || quiet || json) ?? false;
  return new Verification(
    { trust, depth, name, isAddress: name !== undefined && isIP(name) !== 0, endsAtError, isQuiet },
    terminal,
  );
}

/** The session of a connection, when there will be one. */
async function sessionOf(link: Link): Promise<Uint8Array | undefined> {
  const deadline = performance.now() + TICKET_PATIENCE;
  while (link.session() === undefined && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10));
  return link.session();
}

function sayKeyingMaterial(link: Link, { plan, report }: Errand): void {
  if (plan.export === undefined) return;
  const { label, length } = plan.export;
  const material = Buffer.from(link.exportKeyingMaterial(length, label)).toString('hex').toUpperCase();
  const lines = [
    'Keying material exporter:',
    `    Label: '${printable(label)}'`,
    `    Length: ${length} bytes`,
    `    Keying material: ${material}`,
  ];
  report.say(lines.join('\n'), { event: 'exported', label, length, material });
}

async function converse(link: Link, { plan, options, terminal, stop }: Errand): Promise<number> {
  const { nocommands, quiet, crlf = false, json = false } = options;
  const takesCommands = !nocommands && !quiet && !plan.staysAtEnd;
  const say = (line: string) => {
    if (!quiet) terminal.complain(line);
  };
  try {
    const who = await talk(
      link,
      { takesCommands, staysAtEnd: plan.staysAtEnd, sendsCrlf: crlf, json, signal: stop, say },
      terminal,
    );
    say(who === 'we' ? 'DONE' : 'closed');
  } catch (error) {
    if (error instanceof CommandFailure) throw error;
    throw new CommandFailure(`the connection broke off: ${printable(describeFailure(error))}`);
  }
  if (!link.truncated) return 0;
  terminal.complain('unexpected eof while reading: the server ended without close_notify, something may be missing');
  return 1;
}
