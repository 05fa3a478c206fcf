import type { AddressInfo } from 'node:net';
import { createServer, type TLSSocket } from 'foxtls/tls';
import { afterEach, describe, expect, it } from 'vitest';
import { ChatConnection } from './chat-connection.ts';
import { serverPem } from './server-pem.fixture.ts';
import { NameRefused } from './words.ts';

const pem = serverPem();

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A connection to a server that does what `serve` does. */
async function connectTo(
  serve: (socket: TLSSocket) => Promise<void>,
  more: { readonly protocol?: string } = {},
): Promise<ChatConnection> {
  const server = createServer({ ...pem, ALPNProtocols: [more.protocol ?? 'foxtls-chat'] }, (socket) => {
    socket.on('error', () => {});
    closing.push(() => socket.destroy());
    serve(socket).catch(() => {});
  });
  closing.push(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const connection = await ChatConnection.open({
    target: { name: 'localhost', address: '127.0.0.1', family: 4, port },
    rules: 'all-tls',
    publicPort: 0,
    tls: { ca: pem.ca },
    seconds: 1,
    pingEvery: 20,
    silence: 150,
  });
  closing.push(() => connection.destroy());
  return connection;
}

function tell(socket: TLSSocket, ...records: string[]): void {
  for (const record of records) socket.writeRecord(record);
}

describe('a connection to a chat server', () => {
  it('is told who it is, and brings what others say until the end', async () => {
    const heard: string[] = [];
    const connection = await connectTo(async (socket) => {
      expect(`${await socket.readRecord()}`).toBe('Luca');
      tell(socket, '@refused', 'the name Luca is taken');
      expect(`${await socket.readRecord()}`).toBe('Luca2');
      tell(socket, '@welcome', '12 secret in-clear', 'Maria', 'Hi', '@later', 'unknown', 'private-Maria', ' for\x1b you');
      socket.end();
    });
    await expect(connection.enter('Luca', undefined)).rejects.toThrow(new NameRefused('the name Luca is taken'));
    expect(await connection.rename('Luca2')).toEqual({ id: 12, token: 'secret', isInClear: true });
    await connection.listen((who, text) => heard.push(`[${who}] ${text}`));
    expect(heard).toEqual(['[Maria] Hi', '[private-Maria] for you']);
  });

  it('shows its token before its name', async () => {
    const records: string[] = [];
    const connection = await connectTo(async (socket) => {
      for await (const record of socket.records()) if (records.push(`${record}`) === 2) tell(socket, '@welcome', '3 t');
    });
    expect(await connection.enter('Luca', 'abc')).toEqual({ id: 3, token: 't', isInClear: false });
    expect(records).toEqual(['@resume abc', 'Luca']);
  });

  it('fails when the server lets it go, with its reason', async () => {
    const connection = await connectTo(async (socket) => {
      await socket.readRecord();
      tell(socket, '@welcome', '0 t', '@refused', 'you are here twice: the newer connection stays');
      socket.end();
    });
    await connection.enter('Luca', undefined);
    await expect(connection.listen(() => {})).rejects.toThrow(new NameRefused('you are here twice: the newer connection stays'));
  });

  it('fails when the server gives no sign of life any more', async () => {
    let pongs = 5;
    const connection = await connectTo(async (socket) => {
      await socket.readRecord();
      tell(socket, '@welcome', '0 t');
      for await (const record of socket.records()) if (`${record}` === '@ping' && pongs-- > 0) tell(socket, '@pong', '-');
    });
    await connection.enter('Luca', undefined);
    await expect(connection.listen(() => {})).rejects.toThrow(/: the server was not heard for 0\.15 s$/);
  });

  it('fails when it is cut off', async () => {
    const connection = await connectTo(async (socket) => {
      await socket.readRecord();
      tell(socket, '@welcome', '0 t');
      setTimeout(() => socket.destroy(), 20);
    });
    await connection.enter('Luca', undefined);
    await expect(connection.listen(() => {})).rejects.toThrow(/the connection was cut off$/);
  });

  it('fails when the server says nothing at all, or speaks something else', async () => {
    const silent = await connectTo(async () => {});
    await expect(silent.enter('Luca', undefined)).rejects.toThrow(/did not let us in/);
    const strange = await connectTo(async (socket) => tell(socket, 'HTTP/1.1 400'));
    await expect(strange.enter('Luca', undefined)).rejects.toThrow(/did not let us in/);
    await expect(connectTo(async () => {}, { protocol: 'h2' })).rejects.toThrow();
  });
});
