/** `foxtls chat-server`: a room for many clients. */

import { defineCommand, type OptionValues } from '../command/command.ts';
import { UsageError } from '../command/failure.ts';
import { parseCount } from '../command/numbers.ts';
import { createReport, type Report } from '../command/report.ts';
import { sayStopped } from '../command/stopping.ts';
import type { Terminal } from '../command/terminal.ts';
import { formatAddress, listenAddress, listenOptions, parsePort } from '../network/addresses.ts';
import { appendKeyLog } from '../network/credential-options.ts';
import { loadTlsPlan, serverOptions, TLS_OPTIONS } from '../network/tls-options.ts';
import { hasScreen, openView, VIEW_OPTIONS } from './person.ts';
import { pingPongAsServer } from './ping-pong.ts';
import { openRedisBus, REDIS_OPTIONS } from './redis-options.ts';
import type { Room } from './room.ts';
import { RULE_OPTIONS, rulesOf } from './rule-options.ts';
import { ChatServer, type ChatServerOptions } from './serving.ts';
import type { ChatView } from './view.ts';
import { PUBLIC_PORT } from './wire.ts';

const DEFAULT_CLIENTS = 1000;

const OPTIONS = {
  ...listenOptions('TCP'),
  ...RULE_OPTIONS,
  'max-clients': { type: 'string', value: 'N', help: `how many there may be at once (${DEFAULT_CLIENTS}; by --classic ten)` },
  'require-certificate': { type: 'boolean', help: 'speak only to clients with a certificate of --ca' },
  screen: { type: 'boolean', help: 'show it on a screen: list shows who is there, quit ends it' },
  ...REDIS_OPTIONS,
  ...VIEW_OPTIONS,
  ...TLS_OPTIONS,
} as const;

export const chatServerCommand = defineCommand({
  name: 'chat-server',
  summary: 'a chat room for many clients, on one server or several',
  operands: '',
  maxOperands: 0,
  options: OPTIONS,
  notes: [
    'It prints who comes and goes, and public lines. With --redis all servers of one Redis and one --room are one room; clients name them all (foxtls chat HOST1 HOST2), and move on when one is lost.',
    'By --classic, which the C programs of the tutorial speak, a client connects to both ports before its handshake; public lines are in clear, and quit from one stops all.',
    'Without --cert and --key it has a certificate that foxtls has made for this machine in ~/.foxtls, which foxtls chat trusts.',
  ],
  examples: [
    { purpose: 'a room on port 11111 of this machine', line: 'foxtls chat-server' },
    { purpose: 'one of several servers of a room', line: 'foxtls chat-server --port 11113 --redis redis://localhost' },
  ],
  async run({ options }, terminal) {
    const report = createReport(options, terminal);
    if (options.screen && !hasScreen(options, terminal))
      throw new UsageError('--screen needs a terminal, and goes without --plain and --json');
    const rules = rulesOf(options);
    const where = listenAddress(options);
    const publicPort = parsePort(options['public-port'], PUBLIC_PORT, '--public-port');
    const maxClients = parseCount(options['max-clients'] ?? String(DEFAULT_CLIENTS), '--max-clients', { min: 1, max: 100_000 });
    if (options.redis !== undefined && (rules === 'classic' || options['ping-pong']))
      throw new UsageError('a room of several servers needs tokens: leave --classic and --ping-pong out');
    const plan = await loadTlsPlan('server', options, terminal);
    if (plan.psk !== undefined && options['require-certificate']) throw new UsageError('with --psk nobody has a certificate');
    const { keylog } = plan;
    const tls = { ...serverOptions(plan), requestCert: options['require-certificate'] ?? false };
    const onKeyLog = keylog === undefined ? {} : { onKeyLog: (line: Uint8Array) => appendKeyLog(keylog, line) };
    if (options['ping-pong']) return pingPongAsServer({ tls, where, options, report, terminal, ...onKeyLog });
    return serve({ rules, tls, where, publicPort, maxClients, ...onKeyLog }, options, report, terminal);
  },
});

async function serve(
  plan: Omit<ChatServerOptions, 'report' | 'onQuit' | 'bus'>,
  options: OptionValues<typeof OPTIONS>,
  lines: Report,
  terminal: Terminal,
): Promise<number> {
  // What is said while there is a screen is on it.
  let view: ChatView | undefined;
  const report: Report = {
    ...lines,
    say: (line, facts) => (view ?? { note: lines.say }).note(line, facts),
    explain: (line) => {
      if (view === undefined) lines.explain(line);
    },
  };
  let quit = () => {};
  const ended = new Promise<void>((resolve) => {
    quit = resolve;
    terminal.onStop((signal) => {
      if (view === undefined) sayStopped(signal, report);
      resolve();
    });
  });
  const bus = await openRedisBus(options, report, terminal);
  try {
    const server = await ChatServer.start({ ...plan, report, onQuit: quit, ...(bus && { bus }) });
    const { address, publicPort } = server;
    const also = publicPort === undefined ? '' : ` and ${publicPort}`;
    const { port } = address;
    report.say(`Listening on ${formatAddress(address)}${also}`, {
      event: 'listening',
      address: address.address,
      port,
      publicPort,
    });
    report.say('Waiting for a connection...', { event: 'waiting', port });
    if (options.screen) {
      const title = options.classic ? 'WolfSSL chat' : 'foxtls chat';
      view = await openView(title, options, { lines: undefined }, lines, terminal);
      void attend(view, server.room).then(quit);
    }
    await ended;
    await server.close();
  } finally {
    view?.close();
    view = undefined;
    await bus?.close();
  }
  report.say('Shutdown complete', { event: 'shutdown' });
  return 0;
}

/** Whoever sits at the server: until `quit`, or Ctrl-C. */
async function attend(view: ChatView, room: Room): Promise<void> {
  for (let text = await view.next(); text !== undefined && text.trim() !== 'quit'; text = await view.next()) {
    if (text.trim() === 'list') for (const { id, name } of room.members) view.say(String(id), name);
    else if (text.trim() !== '') view.say('System', 'nobody hears this: list shows who is there, quit ends the server');
  }
}
