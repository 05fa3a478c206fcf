/**
 * Clients that are slow or silent: each is given up when its time is over, and others notice nothing.
 */

import { once } from 'node:events';
import { connect as connectTcp, createServer as createTcpServer, type Socket as TcpSocket } from 'node:net';
import { Duplex } from 'node:stream';
import nodeTls, { type SecureVersion } from 'node:tls';
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
async function captureClientHello(maxVersion: SecureVersion = 'TLSv1.3'): Promise<Uint8Array> {
  const wire = new Wire();
  const client = nodeTls.connect({ socket: wire, servername: 'localhost', maxVersion });
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

/** The first fragment of a Certificate of 100 KB, in a record of TLS 1.2. */
const CERTIFICATE = Uint8Array.of(22, 3, 3, 0x40, 0, 11, 1, 0x86, 0xa0, 1, 0x86, 0x9d, 1, 0x86, 0x9a);

describe('over TCP, a byte now and then does not save', () => {
  /** Sends what there is at once, and then a zero every 20 ms. */
  function drip(socket: TcpSocket, beginning: Uint8Array): void {
    socket.setNoDelay(true).on('error', () => {});
    socket.write(beginning);
    const timer = setInterval(() => socket.write(Uint8Array.of(0)), 20);
    socket.on('close', () => clearInterval(timer));
  }

  it.each([
    ['TLSv1.3', 'before its ClientHello is whole', 'hello', 60],
    ['TLSv1.2', 'before its ClientHello is whole', 'hello', 60],
    ['TLSv1.3', 'in the record behind its ClientHello', 'record', undefined],
    ['TLSv1.2', 'in the midst of its Certificate', 'certificate', undefined],
  ] as const)('a client of %s %s', async (version, _where, phase, end) => {
    const { listener, refused } = open({ handshakeTimeout: 600, requestCert: true, ca });
    const port = await listen(listener);
    const hello = (await captureClientHello(version)).subarray(0, end);
    const slow = connectTcp(port, '127.0.0.1');
    closers.push(() => void slow.destroy());
    await once(slow, 'connect');
    if (phase === 'hello') drip(slow.resume(), hello);
    else {
      slow.write(hello);
      await once(slow, 'data');
      slow.resume();
      // A protected record of 16 KB, of which nothing is known before it is whole.
      drip(slow, phase === 'certificate' ? CERTIFICATE : Uint8Array.of(20, 3, 3, 0, 1, 1, 23, 3, 3, 0x40, 0));
    }
    await once(slow, 'close');
    await vi.waitUntil(() => refused.length > 0);
    expect(refused).toMatchObject([{ code: 'ERR_TLS_HANDSHAKE_TIMEOUT' }]);
  });

  it.each([
    ['before its ServerHello', Uint8Array.of()],
    ['in the midst of its ServerHello', Uint8Array.of(22, 3, 3, 0, 122, 2, 0, 0, 118, 3, 3)],
  ])('a server %s', async (_where, beginning) => {
    const slow = createTcpServer((socket) => {
      if (beginning.length > 0) drip(socket.resume(), beginning);
      else socket.on('error', () => {}).resume();
    });
    closers.push(() => void slow.close());
    const port = await listen(slow);
    const client = tls.connect({ port, host: '127.0.0.1', servername: 'localhost', handshakeTimeout: 600 });
    const errors: Coded[] = [];
    client.on('error', (error) => errors.push(error));
    await new Promise((resolve) => client.on('close', resolve));
    expect(errors).toMatchObject([{ code: 'ERR_TLS_HANDSHAKE_TIMEOUT' }]);
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
