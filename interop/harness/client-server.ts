/** `foxtls server` and `foxtls client` beside each other: what each prints, and how it ends. */

import { spawnSync } from 'node:child_process';
import { type AddressInfo, connect, createServer } from 'node:net';
import { beforeAll, onTestFinished } from 'vitest';
import type { PeerProcess } from './peer-process.ts';
import { FOXTLS, foxtlsPrograms } from './programs.ts';

export interface Ended {
  readonly code: number | null;
  /** Of standard output. */
  readonly lines: readonly string[];
  readonly errors: string;
}

export interface RunningServer {
  readonly process: PeerProcess;
  readonly port: string;
  /** Waits for its end. `listening on` is left out. */
  ended(): Promise<Ended>;
}

/** To be called once, where the tests of a file are described. */
export function clientAndServer() {
  const { home, foxtls, inTerminal } = foxtlsPrograms();
  // Our own certificates are made when they are first asked for.
  beforeAll(() => {
    spawnSync(process.execPath, [FOXTLS, 'client', '-p', '1'], { env: { ...process.env, HOME: home }, timeout: 30_000 });
  });

  async function startServer(...options: string[]): Promise<RunningServer> {
    const process = foxtls('server', '--port', '0', ...options);
    const [, port = ''] = await process.prints(/(?:listening on \S*:|"listening",.*"port":)(\d+)/);
    return { process, port, ended: () => endOf(process) };
  }

  async function runClient(port: string, ...options: string[]): Promise<Ended> {
    return endOf(foxtls('client', '--port', port, ...options));
  }

  /** One client of one server, both by words with blanks between them. The server has to end by itself. */
  async function talk(serverOptions: string, clientOptions: string): Promise<{ server: Ended; client: Ended }> {
    const running = await startServer(...words(serverOptions));
    const client = await runClient(running.port, ...words(clientOptions));
    return { server: await running.ended(), client };
  }

  /** What the server sends, relayed; lengths of its records. */
  async function recordsOfServer(
    serverOptions: string,
    clientOptions: string,
  ): Promise<{ readonly type: number; readonly length: number }[]> {
    const server = await startServer(...words(serverOptions));
    const sent: Buffer[] = [];
    let hasAll = () => {};
    const closed = new Promise<void>((resolve) => {
      hasAll = resolve;
    });
    const relay = createServer((socket) => {
      const inner = connect(Number(server.port), '127.0.0.1');
      // Not by pipes, which stop reading from one end when the other has gone.
      inner.on('data', (data) => {
        sent.push(data);
        socket.write(data);
      });
      inner.once('end', () => socket.end()).once('close', hasAll);
      socket.on('data', (data) => inner.write(data)).once('close', () => inner.end());
      for (const end of [socket, inner]) end.on('error', () => {});
    });
    await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void relay.close());
    const { port } = relay.address() as AddressInfo;
    await runClient(String(port), ...words(clientOptions));
    await server.ended();
    await closed;
    const bytes = Buffer.concat(sent);
    const records: { type: number; length: number }[] = [];
    for (let at = 0; at + 5 <= bytes.length; at += 5 + bytes.readUInt16BE(at + 3))
      records.push({ type: bytes[at] as number, length: bytes.readUInt16BE(at + 3) });
    return records;
  }

  return { home, foxtls, inTerminal, startServer, runClient, talk, recordsOfServer };
}

export async function endOf(process: PeerProcess): Promise<Ended> {
  const { code } = await process.exited();
  const lines = process.bytes
    .toString()
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('listening on '));
  return { code, lines, errors: process.errors };
}

export function words(options: string): string[] {
  return options.split(' ').filter((word) => word !== '');
}

/** The first three lines of either side. */
export function sessionLines(version: string, suite: string, group?: string): string[] {
  const lines = [`SSL version is ${version}`, `SSL cipher suite is ${suite}`];
  return group === undefined ? lines : [...lines, `SSL curve name is ${group}`];
}
