import { once } from 'node:events';
import { Socket as TcpSocket } from 'node:net';
import { Duplex, pipeline } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ca, next, openPair, PAIRINGS, readAll, type Socket, server } from './endpoints.fixture.ts';
import tls from './tls.ts';

const OURS = PAIRINGS[2];
const closers: (() => void | Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** Two ends of a pipe in memory, which knows no more than Duplex. */
class PipeEnd extends Duplex {
  peer: PipeEnd | undefined;
  readonly written: Buffer[] = [];
  #release: (() => void) | undefined;

  override _read(): void {
    const release = this.#release;
    this.#release = undefined;
    release?.();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    this.written.push(chunk);
    const peer = this.peer as PipeEnd;
    if (peer.push(Buffer.from(chunk))) setImmediate(callback);
    else peer.#release = callback;
  }

  override _final(callback: () => void): void {
    this.peer?.push(null);
    callback();
  }
}

function pipePair(): [PipeEnd, PipeEnd] {
  const [one, two] = [new PipeEnd(), new PipeEnd()];
  one.peer = two;
  two.peer = one;
  return [one, two];
}

/** TLS records in what was written (RFC 8446 §5.1): a header of five bytes, the last two of them the length. */
function countRecords(written: readonly Buffer[]): number {
  const bytes = Buffer.concat(written);
  let records = 0;
  for (let at = 0; at < bytes.length; at += 5 + bytes.readUInt16BE(at + 3)) records++;
  return records;
}

async function securePipes() {
  const [near, far] = pipePair();
  const serverSocket = new tls.TLSSocket(far, { isServer: true, ...server });
  const clientSocket = tls.connect({ socket: near, servername: 'localhost', ca });
  closers.push(() => {
    clientSocket.destroy();
    serverSocket.destroy();
  });
  await Promise.all([once(clientSocket, 'secureConnect'), once(serverSocket, 'secure')]);
  return { near, far, clientSocket, serverSocket };
}

async function secured() {
  const pair = await openPair(OURS);
  closers.push(pair.close);
  return pair;
}

/** Writes until told to stop; resolves to how many bytes were taken when nothing moves any more. */
async function writeUntilStuck(socket: Socket, chunk: Buffer): Promise<number> {
  let taken = 0;
  let stuckFor = 0;
  while (stuckFor < 5) {
    if (socket.write(chunk)) {
      taken += chunk.length;
      stuckFor = 0;
      await new Promise((resolve) => setImmediate(resolve));
    } else {
      const drained = await Promise.race([once(socket, 'drain').then(() => true), sleep(20).then(() => false)]);
      stuckFor = drained ? 0 : stuckFor + 1;
      if (drained) taken += chunk.length;
    }
    if (taken > 100_000_000) break;
  }
  return taken;
}

describe('a TLS socket', () => {
  it('is a net.Socket with the addresses of its transport', async () => {
    const { clientSocket, serverSocket, port } = await secured();
    expect(clientSocket).toBeInstanceOf(TcpSocket);
    expect(clientSocket).toMatchObject({ remotePort: port, remoteAddress: '127.0.0.1', readyState: 'open', pending: false });
    expect(serverSocket.remotePort).toBe(clientSocket.localPort);
    expect(clientSocket.address()).toMatchObject({ address: '127.0.0.1', family: 'IPv4' });
    expect(clientSocket.setNoDelay(true).setKeepAlive(true, 1000).unref().ref()).toBe(clientSocket);
  });

  it('stops reading when the application does not read, so that the writer waits', async () => {
    const { clientSocket, serverSocket } = await secured();
    serverSocket.pause();
    const chunk = Buffer.alloc(65536, 1);
    const taken = await writeUntilStuck(clientSocket, chunk);
    // The kernel's buffers hold some megabytes; nothing of ours may grow without a bound.
    expect(taken).toBeLessThan(40_000_000);
    expect(serverSocket.readableLength).toBeLessThan(300_000);
    expect(clientSocket.writableLength).toBeLessThan(10 * chunk.length);
    let received = 0;
    serverSocket.on('data', (data: Buffer) => {
      received += data.length;
    });
    serverSocket.resume();
    clientSocket.end();
    await once(serverSocket, 'end');
    expect(received).toBeGreaterThanOrEqual(taken);
  });

  it('makes few records of many small writes', async () => {
    const { near, clientSocket, serverSocket } = await securePipes();
    const before = countRecords(near.written);
    const said = readAll(serverSocket);
    for (let i = 0; i < 1000; i++) clientSocket.write('ten bytes.');
    clientSocket.end();
    expect(await said).toBe('ten bytes.'.repeat(1000));
    // All of a tick together, and the closing alert.
    expect(countRecords(near.written) - before).toBe(2);
  });

  it('sends what was written in a tick before it is destroyed in the same tick', async () => {
    const { clientSocket, serverSocket } = await secured();
    const said = next(serverSocket, 'data');
    serverSocket.on('error', () => {});
    clientSocket.write('last ');
    clientSocket.write('words');
    clientSocket.destroy();
    expect(String(await said)).toBe('last words');
  });

  it('calls the callbacks of gathered writes, in order', async () => {
    const { clientSocket, serverSocket } = await secured();
    serverSocket.resume();
    const called: number[] = [];
    for (let i = 0; i < 3; i++) clientSocket.write('x', () => called.push(i));
    expect(called).toEqual([]);
    await new Promise((resolve) => clientSocket.write('y', resolve));
    expect(called).toEqual([0, 1, 2]);
  });

  it('makes one record of what is corked', async () => {
    const { near, clientSocket, serverSocket } = await securePipes();
    const before = countRecords(near.written);
    clientSocket.cork();
    for (const word of ['one ', 'two ', 'three']) clientSocket.write(word);
    clientSocket.uncork();
    expect(String(await next(serverSocket, 'data'))).toBe('one two three');
    expect(countRecords(near.written) - before).toBe(1);
  });

  it('writes text in its encoding', async () => {
    const { clientSocket, serverSocket } = await secured();
    const said = readAll(serverSocket);
    clientSocket.write('00ff', 'hex');
    clientSocket.end('ÿ', 'latin1');
    expect(await said).toBe('\u0000ÿÿ');
  });

  it('carries streams over a pipe of any make, both ways and to the end', async () => {
    const { near, far, clientSocket, serverSocket } = await securePipes();
    const data = Buffer.alloc(1_000_000, 'through the pipe, ');
    pipeline(serverSocket, serverSocket, () => {});
    clientSocket.end(data);
    expect(await readAll(clientSocket)).toBe(data.toString('latin1'));
    await sleep(10);
    expect([near.destroyed, far.destroyed, clientSocket.destroyed, serverSocket.destroyed]).toEqual([true, true, true, true]);
  });

  it('secures a connection inside of another', async () => {
    const outer = await securePipes();
    const serverSocket = new tls.TLSSocket(outer.serverSocket, { isServer: true, ...server });
    const clientSocket = tls.connect({ socket: outer.clientSocket, servername: 'localhost', ca });
    await Promise.all([once(clientSocket, 'secureConnect'), once(serverSocket, 'secure')]);
    serverSocket.end('inner');
    expect(await readAll(clientSocket)).toBe('inner');
  });

  it('calls back a write when the transport took it', async () => {
    const [near, far] = pipePair();
    new tls.TLSSocket(far, { isServer: true, ...server });
    const clientSocket = tls.connect({ socket: near, servername: 'localhost', ca });
    let called = false;
    clientSocket.write('early', () => {
      called = true;
    });
    expect(called).toBe(false);
    await once(clientSocket, 'secureConnect');
    // The pipe takes its time.
    expect(called).toBe(false);
    await vi.waitUntil(() => called);
    clientSocket.destroy();
  });

  it('keeps the content of small records in the pool of Node, where a byte has no memory of its own', async () => {
    const { clientSocket, serverSocket } = await secured();
    serverSocket.writeRecord('x');
    const [chunk] = (await once(clientSocket, 'data')) as [Buffer];
    expect([String(chunk), chunk.buffer.byteLength]).toEqual(['x', Buffer.poolSize]);
    clientSocket.destroy();
  });

  it('keeps what arrived when the transport is gone', async () => {
    const { clientSocket, serverSocket } = await secured();
    serverSocket.end('last words');
    await once(clientSocket, 'readable');
    await sleep(30);
    expect(await readAll(clientSocket)).toBe('last words');
  });

  it('ends without a reader', async () => {
    const { clientSocket, serverSocket } = await secured();
    const ended = next(clientSocket, 'end');
    serverSocket.end();
    await ended;
  });

  it('passes on what the transport fails with', async () => {
    const { near, clientSocket } = await securePipes();
    const failure = new Error('the wire broke');
    const failed = next(clientSocket, 'error');
    near.destroy(failure);
    expect(await failed).toBe(failure);
  });

  it('closes with its transport', async () => {
    const { near, clientSocket } = await securePipes();
    const closed = next(clientSocket, 'close');
    near.destroy();
    expect(await closed).toBe(false);
  });

  it.each([
    ['at once', () => Promise.resolve()],
    ['in the next tick', () => new Promise((resolve) => process.nextTick(resolve))],
    ['soon after', () => new Promise((resolve) => setImmediate(resolve))],
    ['during the handshake', () => sleep(1)],
    ['after it', () => sleep(50)],
  ])('may be destroyed %s', async (_title, wait) => {
    const [near, far] = pipePair();
    const serverSocket = new tls.TLSSocket(far, { isServer: true, ...server });
    serverSocket.on('error', () => {});
    const clientSocket = tls.connect({ socket: near, servername: 'localhost', ca });
    const outcomes: unknown[] = [];
    clientSocket.write('pending', (error) => outcomes.push(error));
    const closed = next(clientSocket, 'close');
    await wait();
    clientSocket.destroy();
    expect(await closed).toBe(false);
    await sleep(5);
    expect(outcomes).toHaveLength(1);
    serverSocket.destroy();
    expect([near.destroyed, far.destroyed]).toEqual([true, true]);
  });

  it('fails the writes that it can no longer carry, and nothing else', async () => {
    const { clientSocket } = await securePipes();
    clientSocket.destroy();
    const failed = new Promise((resolve) => clientSocket.write('late', resolve));
    expect(await failed).toMatchObject({ code: 'ERR_STREAM_DESTROYED' });
  });

  it('makes smaller records on request', async () => {
    const { near, clientSocket, serverSocket } = await securePipes();
    expect(clientSocket.setMaxSendFragment(100)).toBe(false);
    expect(clientSocket.setMaxSendFragment(512)).toBe(true);
    const before = countRecords(near.written);
    const data = Buffer.alloc(5120);
    let received = 0;
    serverSocket.on('data', (chunk: Buffer) => {
      received += chunk.length;
      expect(chunk.length).toBeLessThanOrEqual(512);
    });
    clientSocket.end(data);
    await once(serverSocket, 'end');
    expect(received).toBe(data.length);
    expect(countRecords(near.written) - before).toBe(11);
  });

  it('has nothing to renegotiate, as in Node', async () => {
    const { clientSocket } = await securePipes();
    const answered = new Promise((resolve) => expect(clientSocket.renegotiate({}, resolve)).toBe(false));
    expect(await answered).toMatchObject({ code: 'ERR_SSL_WRONG_SSL_VERSION', reason: 'wrong ssl version' });
  });

  it('answers Node’s nothings before it is secure and after it is gone', () => {
    const socket = new tls.TLSSocket(undefined, {});
    expect(socket.getPeerCertificate()).toEqual({});
    expect([socket.getCipher(), socket.getSession(), socket.getFinished(), socket.isSessionReused()]).toEqual([
      undefined,
      undefined,
      undefined,
      false,
    ]);
    expect(() => socket.exportKeyingMaterial(10, 'a')).toThrow(expect.objectContaining({ code: 'ERR_TLS_INVALID_STATE' }));
    socket.destroy();
    expect([socket.getPeerCertificate(), socket.getCipher(), socket.getProtocol()]).toEqual([null, null, null]);
  });
});
