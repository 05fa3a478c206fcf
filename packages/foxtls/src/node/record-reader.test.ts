import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { next, openPair, PAIRINGS, type Socket } from './endpoints.fixture.ts';
import type { TLSSocket } from './tls-socket.ts';

const [ourClient, ourServer, both] = PAIRINGS;
const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function pair(pairing: (typeof PAIRINGS)[number] = both, serverOptions: object = {}, clientOptions: object = {}) {
  const opened = await openPair(pairing, serverOptions, clientOptions);
  closers.push(opened.close);
  return opened as typeof opened & { clientSocket: TLSSocket; serverSocket: TLSSocket };
}

/** Writes, and waits until it has left. */
const write = (socket: Socket, data: string | Uint8Array) => new Promise<void>((resolve) => socket.write(data, () => resolve()));
const filled = (length: number, byte = 0x61) => Buffer.alloc(length, byte);
const texts = async (socket: TLSSocket, count: number) => {
  const read: string[] = [];
  for (let i = 0; i < count; i++) read.push(String(await socket.readRecord()));
  return read;
};

describe('readRecord', () => {
  it.each(['TLSv1.2', 'TLSv1.3'] as const)('gives each record of node:tls by itself, in %s', async (version) => {
    const versions = { minVersion: version, maxVersion: version };
    const { clientSocket, serverSocket } = await pair(ourClient, versions, versions);
    await write(serverSocket, 'Server');
    await write(serverSocket, 'Connected clients:');
    await write(serverSocket, filled(40_000));
    expect(await texts(clientSocket, 2)).toEqual(['Server', 'Connected clients:']);
    const lengths = [];
    for (let i = 0; i < 3; i++) lengths.push((await clientSocket.readRecord())?.length);
    expect(lengths).toEqual([16384, 16384, 40_000 - 32768]);
  });

  it('serves a server as it does a client', async () => {
    const { clientSocket, serverSocket } = await pair(ourServer);
    await write(clientSocket, 'one');
    await write(clientSocket, 'two');
    expect(await texts(serverSocket, 2)).toEqual(['one', 'two']);
  });

  it('gives records that came before it was called, and before those that come later', async () => {
    const { clientSocket, serverSocket } = await pair();
    for (const text of ['a', 'bb', 'ccc']) serverSocket.writeRecord(text);
    while (clientSocket.readableLength < 6) await sleep(5);
    serverSocket.writeRecord('dddd');
    expect(await texts(clientSocket, 4)).toEqual(['a', 'bb', 'ccc', 'dddd']);
  });

  it('gives overlapping calls one record each, in their order', async () => {
    const { clientSocket, serverSocket } = await pair();
    const waiting = [clientSocket.readRecord(), clientSocket.readRecord(), clientSocket.readRecord()];
    for (const text of ['a', 'bb']) serverSocket.writeRecord(text);
    serverSocket.end();
    expect((await Promise.all(waiting)).map((record) => record && String(record))).toEqual(['a', 'bb', null]);
  });

  it('gives null at the end, again and again', async () => {
    const { clientSocket, serverSocket } = await pair();
    serverSocket.end('last');
    expect(String(await clientSocket.readRecord())).toBe('last');
    expect([await clientSocket.readRecord(), await clientSocket.readRecord()]).toEqual([null, null]);
    expect(clientSocket.truncated).toBe(false);
  });

  it('fails with the error of the socket, which then needs no listener, and goes on failing', async () => {
    const { clientSocket, serverSocket } = await pair(both, {}, { rejectTruncation: true });
    const record = clientSocket.readRecord();
    (serverSocket as unknown as { transport: Socket }).transport.end();
    const error = expect.objectContaining({ message: expect.stringContaining('without close_notify') });
    await expect(record).rejects.toThrow(error);
    await expect(clientSocket.readRecord()).rejects.toThrow(error);
  });

  it('fails when the socket is destroyed', async () => {
    const { clientSocket } = await pair();
    const record = clientSocket.readRecord();
    clientSocket.destroy();
    await expect(record).rejects.toThrow(expect.objectContaining({ code: 'ERR_STREAM_PREMATURE_CLOSE' }));
  });

  it('holds the peer back while nobody asks for a record', async () => {
    const { clientSocket, serverSocket } = await pair();
    const piece = filled(16384);
    const count = 1000;
    for (let i = 0; i < count; i++) serverSocket.write(piece);
    serverSocket.end();
    let before = -1;
    while (clientSocket.readableLength !== before || before === 0) {
      before = clientSocket.readableLength;
      await sleep(50);
    }
    // A chunk of the transport, and what the transport holds.
    expect(clientSocket.readableLength).toBeLessThan(300_000);
    expect(serverSocket.writableLength).toBeGreaterThan(0);
    let total = 0;
    for await (const record of clientSocket.records()) {
      expect(record.length).toBeLessThanOrEqual(16384);
      total += record.length;
    }
    expect(total).toBe(count * piece.length);
  });
});

describe('records()', () => {
  it('ends with the peer’s data', async () => {
    const { clientSocket, serverSocket } = await pair();
    for (const text of ['a', 'bb', 'ccc']) serverSocket.writeRecord(text);
    serverSocket.end();
    const read: string[] = [];
    for await (const record of clientSocket.records()) read.push(String(record));
    expect(read).toEqual(['a', 'bb', 'ccc']);
  });

  it('can be left and entered again: the socket stays as it is', async () => {
    const { clientSocket, serverSocket } = await pair();
    for (const text of ['a', 'bb', 'ccc']) serverSocket.writeRecord(text);
    for await (const record of clientSocket.records()) if (String(record) === 'a') break;
    expect(clientSocket.destroyed).toBe(false);
    serverSocket.end();
    const rest: string[] = [];
    for await (const record of clientSocket.records()) rest.push(String(record));
    expect(rest).toEqual(['bb', 'ccc']);
  });
});

describe('reading records and bytes', () => {
  const mixed = expect.objectContaining({ code: 'ERR_TLS_READING_MIXED' });

  it.each<[string, (socket: TLSSocket) => unknown]>([
    ["'data' listeners", (socket) => socket.on('data', () => undefined)],
    ["'readable' listeners", (socket) => socket.on('readable', () => undefined)],
    ['resume', (socket) => socket.resume()],
    ['setEncoding', (socket) => socket.setEncoding('utf8')],
  ])('at once fails: %s', async (_what, listen) => {
    const { clientSocket } = await pair();
    listen(clientSocket);
    await expect(clientSocket.readRecord()).rejects.toThrow(mixed);
  });

  it('at once fails, when the other begins while a record is waited for', async () => {
    const { clientSocket, serverSocket } = await pair();
    const record = clientSocket.readRecord();
    clientSocket.on('data', () => undefined);
    serverSocket.write('x');
    await expect(record).rejects.toThrow(mixed);
  });

  it('in turns works, where bytes were taken by whole records', async () => {
    const { clientSocket, serverSocket } = await pair();
    for (const text of ['a', 'bb', 'ccc']) serverSocket.writeRecord(text);
    while (clientSocket.readableLength < 6) await sleep(5);
    expect(String(clientSocket.read(3))).toBe('abb');
    expect(String(await clientSocket.readRecord())).toBe('ccc');
    serverSocket.write('as bytes');
    const [chunk] = await once(clientSocket, 'data');
    expect(String(chunk)).toBe('as bytes');
    clientSocket.pause();
  });

  it('fails in the midst of a record, and where bytes were put back', async () => {
    const { clientSocket, serverSocket } = await pair();
    serverSocket.writeRecord('abc');
    while (clientSocket.readableLength < 3) await sleep(5);
    clientSocket.read(1);
    await expect(clientSocket.readRecord()).rejects.toThrow(mixed);
    clientSocket.unshift(Buffer.from('more'));
    await expect(clientSocket.readRecord()).rejects.toThrow(mixed);
  });

  it('does no harm to whoever reads bytes alone', async () => {
    const { clientSocket, serverSocket } = await pair();
    serverSocket.end(filled(100_000));
    let total = 0;
    for await (const chunk of clientSocket) total += chunk.length;
    expect(total).toBe(100_000);
  });
});

describe('writeRecord', () => {
  it('writes a record that is not joined with its neighbours, in the same tick', async () => {
    const { clientSocket, serverSocket } = await pair();
    serverSocket.write('joined ');
    serverSocket.write('as ever');
    serverSocket.writeRecord('alone');
    serverSocket.writeRecord(filled(16384, 0x62));
    serverSocket.writeRecord(Uint8Array.of(0x63));
    serverSocket.write('joined ');
    serverSocket.end('again');
    const read: string[] = [];
    for await (const record of clientSocket.records()) read.push(String(record));
    expect(read).toEqual(['joined as ever', 'alone', String(filled(16384, 0x62)), 'c', 'joined again']);
  });

  it('refuses what does not fit into a record', async () => {
    const { clientSocket, serverSocket } = await pair();
    const size = expect.objectContaining({ code: 'ERR_TLS_RECORD_SIZE' });
    expect(() => serverSocket.writeRecord('')).toThrow(size);
    expect(() => serverSocket.writeRecord(filled(16385))).toThrow(size);
    serverSocket.setMaxSendFragment(1000);
    expect(() => serverSocket.writeRecord(filled(1001))).toThrow(size);
    serverSocket.writeRecord(filled(1000));
    expect(await clientSocket.readRecord()).toHaveLength(1000);
  });

  it('refuses to write before the handshake is over', async () => {
    const { connect, listener } = await pair();
    const accepted = next(listener, 'secureConnection');
    const early = connect() as TLSSocket;
    expect(() => early.writeRecord('x')).toThrow(expect.objectContaining({ code: 'ERR_TLS_NOT_CONNECTED' }));
    await Promise.all([next(early, 'secureConnect'), accepted]);
    expect(early.writeRecord('x')).toBe(true);
  });

  it('calls back when it has left', async () => {
    const { serverSocket } = await pair();
    await new Promise<void>((resolve) => serverSocket.writeRecord('x', () => resolve()));
    expect(serverSocket.bytesWritten).toBe(1);
  });
});
