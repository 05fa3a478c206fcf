/**
 * `chat --ping-pong` and `chat-server --ping-pong`: one client and the server over TLS, in strict turns. The client's first record is its name;
 * the server writes first; each record is a message; `quit` from either ends it.
 */

import { createServer, type TLSSocket, type TlsOptions } from 'foxtls/tls';
import { CommandFailure, describeFailure } from '../command/failure.ts';
import type { Report } from '../command/report.ts';
import { sayStopped } from '../command/stopping.ts';
import type { Terminal } from '../command/terminal.ts';
import { formatAddress, type ListenAddress, type Target } from '../network/addresses.ts';
import { listenTcp } from '../network/tcp.ts';
import { trackConnections } from '../network/tracked-server.ts';
import { openView, speakAs, type ViewOptions } from './person.ts';
import { type ConnectOptions, connectSecurely } from './secure-connection.ts';
import { type Line, takeTurns } from './two-people.ts';
import type { ChatView } from './view.ts';
import { readName, readText } from './words.ts';

export const STARS = '*'.repeat(31);
const TITLE = 'foxtls chat';
/** Milliseconds. */
const HANDSHAKE_PATIENCE = 10_000;

export async function pingPongAsClient(
  connection: Omit<ConnectOptions, 'target'>,
  target: Target,
  options: ViewOptions & { readonly name?: string | undefined },
  report: Report,
  terminal: Terminal,
): Promise<number> {
  return speakAs(TITLE, options, report, terminal, async (name, open) => {
    const socket = await connectSecurely({ ...connection, target });
    let view: ChatView | undefined;
    try {
      socket.writeRecord(name);
      view = await open();
      await takeTurns({ line: lineOf(socket), view, me: name, other: 'Server' }, false);
      await end(socket);
      await farewell(view);
    } catch (error) {
      throw await failed(error, target, view);
    } finally {
      socket.destroy();
    }
  });
}

export interface PingPongServer {
  readonly tls: TlsOptions;
  readonly where: ListenAddress;
  readonly options: ViewOptions;
  readonly report: Report;
  readonly terminal: Terminal;
  readonly onKeyLog?: (line: Uint8Array) => void;
}

export async function pingPongAsServer({ tls, where, options, report, terminal, onKeyLog }: PingPongServer): Promise<number> {
  const server = createServer({ ...tls, handshakeTimeout: HANDSHAKE_PATIENCE, noDelay: true });
  if (onKeyLog !== undefined) server.on('keylog', onKeyLog);
  const connections = trackConnections(server);
  const { port, address } = await listenTcp(server, where);
  const stop = new AbortController();
  let socket: TLSSocket | undefined;
  let view: ChatView | undefined;
  const undo = terminal.onStop((signal) => {
    if (!view?.isScreen) sayStopped(signal, report);
    stop.abort();
    if (view === undefined) socket?.destroy();
    view?.close();
  });
  // Whoever reads it may stop us.
  report.say(`Listening on ${formatAddress({ address, port })}`, { event: 'listening', address, port });
  report.say('Waiting for a connection...', { event: 'waiting', port });
  try {
    socket = await firstClient(server, stop.signal, report);
    server.close();
    const name = socket && (await socket.readRecord().catch(() => null));
    if (socket === undefined || stop.signal.aborted) return 0;
    if (!name) throw new CommandFailure('the client has gone without a word');
    view = await openView(TITLE, options, { lines: undefined }, report, terminal);
    return await serveOne(socket, readName(name), view);
  } finally {
    undo();
    view?.close();
    socket?.destroy();
    // Those too that never got through their handshake.
    connections.cut();
    server.close();
    report.say('Shutdown complete', { event: 'shutdown' });
  }
}

async function serveOne(socket: TLSSocket, name: string, view: ChatView): Promise<number> {
  try {
    view.note(`[System] Client ${name} connected successfully`, { event: 'joined', name });
    view.note(STARS, { event: 'begin' });
    await takeTurns({ line: lineOf(socket), view, me: 'Server', other: name }, true);
    await end(socket);
    await farewell(view);
    return 0;
  } catch (error) {
    throw await failed(error, { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 }, view);
  }
}

/** The first client whose handshake succeeds; undefined when we are told to stop before. */
function firstClient(
  server: ReturnType<typeof createServer>,
  signal: AbortSignal,
  report: Report,
): Promise<TLSSocket | undefined> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(undefined));
    server.on('tlsClientError', (error: Error) => {
      report.say('wolfSSL_accept error = -1', { event: 'accept-failed', why: describeFailure(error) });
    });
    let isTaken = false;
    server.on('secureConnection', (socket) => {
      socket.on('error', () => {});
      if (isTaken) socket.destroy();
      isTaken = true;
      resolve(socket);
    });
  });
}

function lineOf(socket: TLSSocket): Line {
  return {
    send: (text) => {
      if (socket.writable) socket.writeRecord(text);
    },
    receive: async () => {
      const record = await socket.readRecord();
      return record === null ? undefined : readText(record);
    },
  };
}

/** Milliseconds. */
const FAREWELL = 1000;

async function end(socket: TLSSocket): Promise<void> {
  if (socket.destroyed) return;
  socket.end();
  socket.resume();
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, FAREWELL);
    socket.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** The last words, kept on the screen until a key is pressed. */
export async function farewell(view: ChatView): Promise<void> {
  view.note('[System] Communication is ended!', { event: 'ended' });
  await view.hold();
}

/** Where it would be gone with the screen. */
export async function showFailure(view: ChatView | undefined, words: string): Promise<void> {
  if (!view?.isScreen) return;
  view.say('System', words);
  await view.hold();
}

async function failed(
  error: unknown,
  peer: { readonly address: string; readonly port: number },
  view: ChatView | undefined,
): Promise<unknown> {
  if (view === undefined) return error;
  const words = `${formatAddress(peer)}: ${describeFailure(error)}`;
  await showFailure(view, words);
  return new CommandFailure(words);
}
