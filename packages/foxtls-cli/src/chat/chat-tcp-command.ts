/**
 * `foxtls chat-tcp`: two people over plain TCP, to see what TLS adds. The server speaks with one client at a time, and waits for another after
 * each, until it says `quit` itself.
 */

import { createServer, type Socket } from 'node:net';
import { defineCommand, type OptionValues } from '../command/command.ts';
import { CommandFailure, describeFailure, UsageError } from '../command/failure.ts';
import { parseSeconds } from '../command/numbers.ts';
import { createReport, type Report } from '../command/report.ts';
import { sayStopped } from '../command/stopping.ts';
import type { Terminal } from '../command/terminal.ts';
import { formatAddress, type ListenAddress, listenAddress, listenOptions, resolveTarget } from '../network/addresses.ts';
import { connectTcp, listenTcp } from '../network/tcp.ts';
import { openView, speakAs, VIEW_OPTIONS } from './person.ts';
import { farewell, STARS } from './ping-pong.ts';
import { plainLoosely } from './plain-connection.ts';
import { type Ended, type Line, talkFreely } from './two-people.ts';
import type { ChatView } from './view.ts';
import { readName } from './words.ts';

const PORT = 50000;
const DEFAULT_TIMEOUT = 10;
const TITLE = 'foxtls chat (plain TCP)';
/** Clients that wait for their turn. */
const BACKLOG = 5;
/** Milliseconds for a client to say its name. */
const NAME_PATIENCE = 60_000;

const OPTIONS = {
  listen: { type: 'boolean', help: 'be the server' },
  ...listenOptions('TCP', PORT),
  host: { type: 'string', short: 'h', value: 'ADDRESS', help: 'the server; with --listen the address to listen on (127.0.0.1)' },
  name: { type: 'string', short: 'n', value: 'NAME', help: 'who you are; asked for when it is not given' },
  timeout: { type: 'string', value: 'SECONDS', help: `how long connecting may take (${DEFAULT_TIMEOUT})` },
  ...VIEW_OPTIONS,
} as const;

export const chatTcpCommand = defineCommand({
  name: 'chat-tcp',
  summary: 'talk to one other over plain TCP, where everybody can read it',
  operands: '[HOST]',
  maxOperands: 1,
  options: OPTIONS,
  notes: [
    'quit ends it. A client that says it leaves the server waiting for the next one; the server ends by its own quit. Nothing is protected: foxtls chat --ping-pong is the same under TLS.',
  ],
  examples: [
    { purpose: `the server, on port ${PORT} of this machine`, line: 'foxtls chat-tcp --listen' },
    { purpose: 'a client', line: 'foxtls chat-tcp --name Luca localhost' },
  ],
  async run({ options, operands }, terminal) {
    const report = createReport(options, terminal);
    if (!options.listen) return beClient(options, operands, report, terminal);
    if (operands.length > 0) throw new UsageError('a server has no HOST: --host is where it listens');
    if (options.name !== undefined) throw new UsageError('a server is called Server: leave --name out');
    return beServer(listenAddress(options, PORT), options, report, terminal);
  },
});

async function beClient(
  options: OptionValues<typeof OPTIONS>,
  operands: readonly string[],
  report: Report,
  terminal: Terminal,
): Promise<number> {
  if (options.any) throw new UsageError('--any is for --listen');
  const seconds = parseSeconds(options.timeout, '--timeout', DEFAULT_TIMEOUT);
  const target = await resolveTarget(operands, options, PORT);
  return speakAs(TITLE, options, report, terminal, async (name, open) => {
    const socket = await connectTcp(target, { seconds });
    socket.on('error', () => {});
    try {
      socket.write(`${name}\n`);
      const view = await open();
      await talkFreely({ line: lineOf(socket), view, me: name, other: 'Server' });
      socket.end();
      await farewell(view);
    } catch (error) {
      if (error instanceof CommandFailure) throw error;
      throw new CommandFailure(`${formatAddress(target)}: ${describeFailure(error)}`);
    } finally {
      socket.destroySoon();
    }
  });
}

async function beServer(
  where: ListenAddress,
  options: OptionValues<typeof OPTIONS>,
  report: Report,
  terminal: Terminal,
): Promise<number> {
  const callers = new Callers();
  const server = createServer({ pauseOnConnect: true }, (socket) => callers.add(socket));
  const { port, address } = await listenTcp(server, where);
  const stop = new AbortController();
  let view: ChatView | undefined;
  const undo = terminal.onStop((signal) => {
    if (!view?.isScreen) sayStopped(signal, report);
    stop.abort();
    callers.close();
    view?.close();
  });
  // Whoever reads it may stop us.
  report.say(`Listening on ${formatAddress({ address, port })}`, { event: 'listening', address, port });
  report.say('Waiting for a connection...', { event: 'waiting', port });
  try {
    for (let socket = await nextCaller(callers, view); socket !== undefined; socket = await nextCaller(callers, view)) {
      view ??= await openView(TITLE, options, { lines: undefined }, report, terminal);
      const ended = await speakWith(socket, view, report);
      view.note('[System] Communication is ended!', { event: 'ended' });
      if (ended === 'by-us' || stop.signal.aborted) break;
      view.note('Waiting for a connection...', { event: 'waiting', port });
    }
  } finally {
    undo();
    callers.close();
    server.close();
    view?.close();
    report.say('Shutdown complete', { event: 'shutdown' });
  }
  return 0;
}

/** The next one; undefined when somebody at the server says `quit` meanwhile, or ends it. */
async function nextCaller(callers: Callers, view: ChatView | undefined): Promise<Socket | undefined> {
  if (view === undefined) return callers.next();
  const came = new AbortController();
  const toldToStop = async () => {
    for (;;) {
      const text = await view.next(came.signal);
      if (text?.trim() === 'quit') return;
      // Without any input there may still be clients.
      if (text === undefined) return view.ended;
    }
  };
  try {
    return (await Promise.race([callers.next(), toldToStop()])) ?? undefined;
  } finally {
    came.abort();
  }
}

/** One client, to its end. Whatever it does, the server goes on. */
async function speakWith(socket: Socket, view: ChatView, report: Report): Promise<Ended> {
  const timer = setTimeout(() => socket.destroy(), NAME_PATIENCE);
  try {
    const line = lineOf(socket);
    const name = readName((await line.receive()) ?? '');
    clearTimeout(timer);
    view.note(`[System] Client ${name} connected successfully`, { event: 'joined', name });
    view.note(STARS, { event: 'begin' });
    return await talkFreely({ line, view, me: 'Server', other: name });
  } catch (error) {
    view.say('System', 'ERROR READ!!');
    report.explain(describeFailure(error));
    return 'by-other';
  } finally {
    clearTimeout(timer);
    socket.destroySoon();
  }
}

function lineOf(socket: Socket): Line {
  const messages = plainLoosely(socket).messages[Symbol.asyncIterator]();
  return {
    send: (text) => {
      if (socket.writable) socket.write(`${text}\n`);
    },
    receive: async () => {
      const { value, done } = await messages.next();
      return done ? undefined : value;
    },
  };
}

/** Those who called, in their order; more than a few are turned away. */
class Callers {
  readonly #waiting: Socket[] = [];
  #wake = () => {};
  #isOver = false;

  add(socket: Socket): void {
    socket.on('error', () => {});
    if (this.#isOver || this.#waiting.length >= BACKLOG) socket.destroy();
    else this.#waiting.push(socket);
    this.#wake();
  }

  async next(): Promise<Socket | undefined> {
    while (this.#waiting.length === 0 && !this.#isOver) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#isOver ? undefined : this.#waiting.shift();
  }

  close(): void {
    this.#isOver = true;
    for (const socket of this.#waiting.splice(0)) socket.destroy();
    this.#wake();
  }
}
