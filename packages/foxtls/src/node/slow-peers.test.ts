/**
 * Clients that are slow or silent: each is given up when its time is over, and others notice nothing.
 */

import { once } from 'node:events';
import { connect as connectTcp, type Socket as TcpSocket } from 'node:net';
import { Duplex } from 'node:stream';
import nodeTls from 'node:tls';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ca, listen, server } from './endpoints.fixture.ts';
import tls from './tls.ts';

type Coded = Error & { code?: string };

const SECOND = 1000;
const closers: (() => void)[] = [];
afterEach(() => {
  vi.useRealTimers();
  for (const close of closers.splice(0)) close();
});

/** A server whose secured clients are echoed; what it says of the others. */
function open(options: Parameters<typeof tls.createServer>[0] = {}) {
  const refused: Coded[] = [];
  const listener = tls.createServer({ ...server, ...options }, (socket) => socket.pipe(socket));
  listener.on('tlsClientError', (error) => refused.push(error));
  closers.push(() => void listener.close());
  return { listener, refused };
}

/** Our end of a transport in memory. What we write is kept. */
class Wire extends Duplex {
  readonly written: Uint8Array[] = [];

  override _read(): void {}

  override _write(chunk: Uint8Array, _encoding: string, done: () => void): void {
    this.written.push(chunk);
    done();
  }
}

/** A ClientHello of node:tls, in its record. */
async function captureClientHello(): Promise<Uint8Array> {
  const wire = new Wire();
  const client = nodeTls.connect({ socket: wire, servername: 'localhost' });
  client.on('error', () => {});
  await vi.waitUntil(() => wire.written.length > 0);
  client.destroy();
  return Buffer.concat(wire.written);
}

/** Lets streams go on: they work in ticks, which stay real. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('one byte a second', () => {
  it.each([
    ['Node’s two minutes', undefined, 120],
    ['the time that it is given', 30 * SECOND, 30],
  ] as const)('goes on for %s, and then the handshake is given up', async (_for, handshakeTimeout, seconds) => {
    const hello = await captureClientHello();
    expect(hello.length).toBeGreaterThan(seconds);
    const { listener, refused } = open({ handshakeTimeout });
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const wire = new Wire();
    listener.emit('connection', wire);
    for (let second = 1; second < seconds; second++) {
      wire.push(hello.subarray(second - 1, second));
      await turn();
      await vi.advanceTimersByTimeAsync(SECOND);
    }
    expect([refused, wire.destroyed]).toEqual([[], false]);
    await vi.advanceTimersByTimeAsync(SECOND);
    await turn();
    expect(refused).toMatchObject([{ code: 'ERR_TLS_HANDSHAKE_TIMEOUT', message: 'TLS handshake timeout' }]);
    expect(wire.destroyed).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('of a server is given up by a client that was given a time', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const wire = new Wire();
    const client = tls.connect({ socket: wire, servername: 'localhost', handshakeTimeout: 30 * SECOND });
    const errors: Coded[] = [];
    client.on('error', (error) => errors.push(error));
    // The head of a record that could hold a ServerHello.
    const record = Uint8Array.of(22, 3, 3, 0, 122, 2, 0, 0, 118);
    for (let second = 1; second < 30; second++) {
      wire.push(second <= record.length ? record.subarray(second - 1, second) : Uint8Array.of(3));
      await turn();
      await vi.advanceTimersByTimeAsync(SECOND);
    }
    expect([errors, wire.destroyed]).toEqual([[], false]);
    await vi.advanceTimersByTimeAsync(SECOND);
    await turn();
    expect(errors).toMatchObject([{ code: 'ERR_TLS_HANDSHAKE_TIMEOUT' }]);
    expect(wire.destroyed).toBe(true);
  });
});

describe('hundreds of silent clients', () => {
  it('are each given up in time, while one that speaks is served', async () => {
    const CLIENTS = 300;
    const { listener, refused } = open({ handshakeTimeout: 1500 });
    const port = await listen(listener);
    const silent = Array.from({ length: CLIENTS }, () => connectTcp(port, '127.0.0.1').resume());
    closers.push(() => silent.forEach((socket) => void socket.destroy()));
    const closed = Promise.all(silent.map((socket: TcpSocket) => once(socket, 'close')));
    for (const socket of silent) socket.on('error', () => {});

    const client = nodeTls.connect({ port, host: '127.0.0.1', ca, servername: 'localhost' });
    closers.push(() => void client.destroy());
    await once(client, 'secureConnect');
    client.write('served meanwhile');
    expect(String((await once(client, 'data'))[0])).toBe('served meanwhile');

    await closed;
    await vi.waitUntil(() => refused.length === CLIENTS);
    expect(new Set(refused.map(({ code }) => code))).toEqual(new Set(['ERR_TLS_HANDSHAKE_TIMEOUT']));
    // The one that was served is the only one left.
    const left = await new Promise((resolve) => listener.getConnections((_error, count) => resolve(count)));
    expect(left).toBe(1);
    client.write('still here');
    expect(String((await once(client, 'data'))[0])).toBe('still here');
  });
});
