/**
 * The HTTPS server of `tls-server`: every connection by itself, a page for every request.
 *
 * Nobody waits for anybody: a client that says nothing, breaks off or sends nonsense costs its own connection. Everything that a client can make us
 * keep is bounded: the head of a request, its time, how many there are.
 */

import { createServer, type Server, type TLSSocket, type TlsOptions } from 'foxtls/tls';
import { describeFailure } from '../command/failure.ts';
import { printable, printableLines } from '../command/printable.ts';
import type { Report } from '../command/report.ts';
import { helloReply, TOO_LONG } from './hello-page.ts';
import { Requests } from './requests.ts';

/** Milliseconds for a handshake, and between requests. */
const HANDSHAKE_PATIENCE = 10_000;
const IDLE_PATIENCE = 15_000;
const MAX_CONNECTIONS = 1000;
/** Milliseconds that clients have to answer our close_notify when we stop. */
const FAREWELL = 500;

export interface WebServer {
  readonly server: Server;
  /** Says farewell to all clients; resolves when they are gone. */
  close(): Promise<void>;
}

/** Not listening yet. */
export function createWebServer(options: TlsOptions, report: Report): WebServer {
  const sockets = new Set<TLSSocket>();
  const server = createServer(
    { ...options, handshakeTimeout: HANDSHAKE_PATIENCE, ALPNProtocols: ['http/1.1', 'http/1.0'] },
    (socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      talk(socket, report);
    },
  );
  server.maxConnections = MAX_CONNECTIONS;
  server.on('connection', () => report.say('TCP connection established!', { event: 'tcp' }));
  server.on('tlsClientError', (error) => {
    report.explain(`a client failed: ${printable(describeFailure(error))}`);
  });
  return { server, close: () => closeAll(server, sockets) };
}

function talk(socket: TLSSocket, report: Report): void {
  const cipher = socket.getCipher();
  report.say('SSL connection established!', { event: 'tls', version: cipher.version, cipher: cipher.name });
  const requests = new Requests();
  socket.setTimeout(IDLE_PATIENCE, () => socket.end());
  socket.on('error', (error) => report.explain(`a client failed: ${printable(describeFailure(error))}`));
  socket.on('data', (data: Uint8Array) => {
    for (const request of requests.push(data)) {
      const { text, isHead, keepsAlive } = request;
      const shown = printableLines(text.replaceAll('\r', ''));
      report.say(`Received: ${shown}`, { event: 'request', text: shown });
      socket.write(helloReply({ isHead, keepsAlive }));
      if (!keepsAlive) socket.end();
    }
    if (requests.isTooLong && !socket.writableEnded) socket.end(TOO_LONG);
  });
}

async function closeAll(server: Server, sockets: ReadonlySet<TLSSocket>): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  for (const socket of sockets) socket.end();
  const timer = setTimeout(() => {
    for (const socket of sockets) socket.destroy();
  }, FAREWELL);
  await closed;
  clearTimeout(timer);
}
