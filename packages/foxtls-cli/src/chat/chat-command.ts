/** `foxtls chat`: a person in a chat of many, or with one other. */

import { defineCommand, type OptionValues } from '../command/command.ts';
import { CommandFailure, describeFailure, UsageError } from '../command/failure.ts';
import { parseSeconds } from '../command/numbers.ts';
import { createReport, type Report } from '../command/report.ts';
import { sayStopped } from '../command/stopping.ts';
import type { Terminal } from '../command/terminal.ts';
import { parsePort, resolveHost, type Target, targetOptions } from '../network/addresses.ts';
import { describeSession } from '../network/session-text.ts';
import { clientOptions, loadTlsPlan, logKeys, TLS_OPTIONS } from '../network/tls-options.ts';
import { ChatClient } from './chat-client.ts';
import { askName, nameFrom, openView, type Person, VIEW_OPTIONS } from './person.ts';
import { farewell, pingPongAsClient, showFailure } from './ping-pong.ts';
import { RULE_OPTIONS, rulesOf } from './rule-options.ts';
import type { ChatView } from './view.ts';
import { PUBLIC_PORT } from './wire.ts';
import { NameRefused } from './words.ts';

const DEFAULT_TIMEOUT = 10;
/** How long to look for another server. */
const DEFAULT_PATIENCE = 30;

const OPTIONS = {
  ...targetOptions('TCP'),
  name: { type: 'string', short: 'n', value: 'NAME', help: 'who you are; asked for when it is not given' },
  ...RULE_OPTIONS,
  ...VIEW_OPTIONS,
  'server-name': { type: 'string', short: 'S', value: 'NAME', help: 'the name to ask for and to verify, if it is not HOST' },
  'insecure-no-verify': { type: 'boolean', short: 'd', help: 'speak to a server whoever it is' },
  timeout: { type: 'string', value: 'SECONDS', help: `how long connecting may take (${DEFAULT_TIMEOUT})` },
  patience: {
    type: 'string',
    value: 'SECONDS',
    help: `of several servers: how long to look for the next one (${DEFAULT_PATIENCE})`,
  },
  ...TLS_OPTIONS,
} as const;

export const chatCommand = defineCommand({
  name: 'chat',
  summary: 'talk in a chat room, in public and in private',
  operands: '[HOST[:PORT]...]',
  maxOperands: 16,
  options: OPTIONS,
  notes: [
    'A line is for all. list shows who is there, with ids; #1 hello is for client 1 alone; quit ends it, as do Ctrl-C and Ctrl-D. At a terminal there is a screen: arrow keys recall what was typed, PageUp and PageDown show what was said before.',
    'Several HOSTs are servers of one room (foxtls chat-server --redis): when one is lost, the next takes over.',
    'Without --ca it trusts what foxtls has made for this machine in ~/.foxtls, which foxtls chat-server shows.',
  ],
  examples: [
    { purpose: 'to foxtls chat-server on this machine', line: 'foxtls chat --name Luca' },
    {
      purpose: 'from a script: a name, then lines',
      line: "printf 'Maria\\nlist\\nquit\\n' | foxtls chat localhost:11111",
    },
  ],
  async run({ options, operands }, terminal) {
    const report = createReport(options, terminal);
    const rules = rulesOf(options);
    const plan = await loadTlsPlan('client', options, terminal);
    const seconds = parseSeconds(options.timeout, '--timeout', DEFAULT_TIMEOUT);
    const targets = await resolveTargets(operands, options);
    const { 'server-name': servername, 'insecure-no-verify': isBlind } = options;
    if (isBlind && plan.psk !== undefined)
      throw new UsageError('with --psk the key itself shows who the server is: leave --insecure-no-verify out');
    const connection = {
      rules,
      seconds,
      publicPort: parsePort(options['public-port'], PUBLIC_PORT, '--public-port'),
      tls: {
        ...clientOptions(plan),
        ...(servername !== undefined && { servername }),
        ...(isBlind && { rejectUnauthorized: false }),
      },
      onSocket: (socket: Parameters<typeof logKeys>[0]) => {
        logKeys(socket, plan);
        socket.once('secureConnect', () => report.explain(describeSession(socket)));
      },
    };
    if (options['ping-pong']) return pingPongAsClient(connection, targets[0] as Target, options, report, terminal);
    const patience = parseSeconds(options.patience, '--patience', DEFAULT_PATIENCE);
    const client = new ChatClient({ targets, connection, report, seconds: patience });
    return talk(client, options, report, terminal);
  },
});

async function talk(
  client: ChatClient,
  options: OptionValues<typeof OPTIONS>,
  report: Report,
  terminal: Terminal,
): Promise<number> {
  const person = await nameFrom(options, report, terminal);
  if (person === undefined) return 0;
  let view: ChatView | undefined;
  const undo = terminal.onStop((signal) => {
    if (!view?.isScreen) sayStopped(signal, report);
    void client.quit();
    // Nobody is waited for.
    view?.close();
    person.lines?.close();
  });
  try {
    await client.connect();
    if (!(await enter(client, person, report, terminal))) return 0;
    view = await openView(options.classic ? 'WolfSSL chat' : 'foxtls chat', options, person, report, terminal);
    if (client.isInClear && rulesOf(options) === 'all-tls')
      view.note('[System] This server sends public lines on in clear', { event: 'in-clear' });
    await client.talk(view);
    await farewell(view);
    return 0;
  } catch (error) {
    await showFailure(view, describeFailure(error));
    throw error;
  } finally {
    undo();
    client.close();
    view?.close();
    person.lines?.close();
  }
}

/** By the name that was given, or another that is not taken; false when nobody gives one. */
async function enter(client: ChatClient, person: Person, report: Report, terminal: Terminal): Promise<boolean> {
  for (let name: string | undefined = person.name; name !== undefined; ) {
    try {
      await client.enter(name);
      return true;
    } catch (error) {
      if (!(error instanceof NameRefused) || !person.canBeAsked) throw error;
      report.complain(describeFailure(error));
      name = await askName(report, terminal, person);
    }
  }
  return false;
}

async function resolveTargets(operands: readonly string[], options: OptionValues<typeof OPTIONS>): Promise<Target[]> {
  const { host, port, ipv6, 'ping-pong': isPingPong } = options;
  if (host !== undefined && operands.length > 0) throw new UsageError('name the server once: as HOST or with --host');
  if (operands.length > 1 && (isPingPong || options.classic))
    throw new UsageError('several servers make one room only without --classic and --ping-pong');
  const names = operands.length > 0 ? operands : [host ?? 'localhost'];
  const targets: Target[] = [];
  let failure: unknown;
  for (const word of names) {
    const { name, port: own } = splitPort(word);
    const number = parsePort(own ?? port);
    if (number === 0) throw new UsageError('no server listens on port 0');
    try {
      targets.push({ name, port: number, ...(await resolveHost(name, ipv6)) });
    } catch (error) {
      // One of several that has no name now is like one that does not answer.
      failure = error;
    }
  }
  if (targets.length === 0) throw failure ?? new CommandFailure('no server');
  return targets;
}

/** `host:11111`, `[::1]:11111`, `::1`. */
function splitPort(word: string): { readonly name: string; readonly port: string | undefined } {
  const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(word) ?? [];
  return { name: bracketed ?? plain ?? word, port };
}
