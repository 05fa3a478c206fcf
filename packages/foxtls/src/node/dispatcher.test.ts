import { createSocket } from 'node:dgram';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { concat } from '../core/bytes/bytes.ts';
import { dispatchedSocket } from './dispatched-socket.ts';
import { createDispatcher, type DatagramDispatcher, type DispatcherOptions } from './dispatcher.ts';
import { placeOf } from './dispatching.ts';
import { askEcho, BOTH, createLoopback, Wanderer } from './dtls.fixture.ts';
import { type DTLSSession, type DtlsListenOptions, listen } from './dtls.ts';
import { server } from './endpoints.fixture.ts';

const loopback = createLoopback();
const open = new Set<DatagramDispatcher>();
afterEach(async () => {
  for (const dispatcher of open) await dispatcher.close(0);
  open.clear();
});

function dispatch(options: Partial<DispatcherOptions> = {}) {
  const dispatcher = createDispatcher({ places: 2, host: '127.0.0.1', port: 0, ...options });
  open.add(dispatcher);
  return { dispatcher, port: dispatcher.address?.port ?? 0 };
}

/** What a worker does with its place, in this thread. */
function work(dispatcher: DatagramDispatcher, index: number, options: Partial<DtlsListenOptions> = {}) {
  const socket = dispatchedSocket(dispatcher.open(index));
  const sessions: DTLSSession[] = [];
  const endpoint = listen(
    (session) => {
      sessions.push(session);
      session.onmessage = (data) => session.send(`${index}: ${data}`);
    },
    { ...server, socket, signal: socket.signal, ...options },
  );
  loopback.keep(endpoint);
  return { endpoint, sessions };
}

describe('the place of a datagram', () => {
  const from = { address: '192.0.2.1', port: 5684 };

  it('is that of its connection ID, wherever it comes from', () => {
    const unified = Uint8Array.of(0x3f, 2, 0, 0, 0, 0);
    const classic = concat(Uint8Array.of(25, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 7), Uint8Array.of(3, 9, 0, 0));
    expect([placeOf(unified, from, 4), placeOf(classic, from, 4)]).toEqual([2, 3]);
    expect([placeOf(unified, from, 2), placeOf(classic, from, 2)]).toEqual([undefined, undefined]);
  });

  it('is that of its address where it has none, and each has as many', () => {
    const counts = [0, 0, 0];
    for (const datagram of [Uint8Array.of(0x2f, 2, 0, 0), Uint8Array.of(22, 0xfe, 0xfd), Uint8Array.of(25), new Uint8Array()]) {
      for (let port = 1; port <= 3000; port++) {
        const place = placeOf(datagram, { ...from, port }, 3) as number;
        expect(placeOf(datagram, { ...from, port }, 3)).toBe(place);
        counts[place] = (counts[place] as number) + 1;
      }
    }
    for (const count of counts) expect(count).toBeGreaterThan(3000);
  });
});

describe.each(BOTH)('a dispatcher, in %s', (version) => {
  const only = { minVersion: version, maxVersion: version };

  it('spreads clients over its places, and closes them', async () => {
    const { dispatcher, port } = dispatch();
    const workers = [work(dispatcher, 0), work(dispatcher, 1)];
    const clients = Array.from({ length: 24 }, () => loopback.client(port, only));
    const answers = await Promise.all(clients.map((client) => askEcho(client, 'x')));
    const counts = workers.map(({ sessions }) => sessions.length);
    expect([answers.filter((answer) => answer === '0: x').length, answers.filter((answer) => answer === '1: x').length]).toEqual(
      counts,
    );
    expect(Math.min(...counts)).toBeGreaterThan(0);
    expect([await dispatcher.opened, workers[0]?.endpoint.address]).toEqual([dispatcher.address, dispatcher.address]);
    await dispatcher.close();
    await Promise.all(clients.map(({ closed }) => closed));
    expect(workers.map(({ endpoint }) => endpoint.destroyed)).toEqual([true, true]);
    expect(dispatcher.stats).toMatchObject({ noPlace: 0, queueFull: 0, socketErrors: 0 });
    expect(() => dispatcher.open(0)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_STATE' }));
  });

  it('finds the place of a client that has moved', async () => {
    const { dispatcher, port } = dispatch({ places: 4 });
    const workers = [0, 1, 2, 3].map((index) => work(dispatcher, index, { connectionId: true }));
    const socket = new Wanderer();
    await socket.move();
    const session = loopback.client(port, { ...only, connectionId: true, socket });
    const first = await askEcho(session, 'x');
    const owner = workers.find(({ sessions }) => sessions.length === 1);
    for (let moves = 1n; moves <= 5n; moves++) {
      await socket.move();
      session.send('moved');
      await vi.waitFor(() => expect(owner?.endpoint.stats.addressChanges).toBe(moves));
      expect(await askEcho(session, 'x')).toBe(first);
    }
    expect(workers.reduce((sum, { sessions }) => sum + sessions.length, 0)).toBe(1);
  });
});

describe('connection IDs', () => {
  it('are those that a load balancer wants', async () => {
    const lengths: number[] = [];
    const { endpoint, port } = loopback.echo({
      connectionId: 5,
      createConnectionId: (length) => {
        lengths.push(length);
        return new Uint8Array(length).fill(7);
      },
    });
    const session = loopback.client(port, { connectionId: true });
    expect(await askEcho(session, 'x')).toBe('x');
    const served = [...endpoint.sessions][0] as DTLSSession;
    const sleeping = await vi.waitFor(() => served.sleep());
    expect([new Set(lengths), sleeping.connectionId]).toEqual([new Set([5]), Buffer.alloc(5, 7)]);
  });
});

describe('a dispatcher', () => {
  it('drops what is for nobody, and goes on with who comes in his place', async () => {
    const { dispatcher, port } = dispatch({ places: 1 });
    const socket = createSocket('udp4');
    const send = (bytes: Uint8Array) => new Promise((resolve) => socket.send(bytes, port, '127.0.0.1', resolve));
    await send(Uint8Array.of(22, 0xfe, 0xfd));
    await send(Uint8Array.of(0x3f, 1, 0, 0));
    await vi.waitFor(() => expect(dispatcher.stats.noPlace).toBe(2));
    const first = work(dispatcher, 0);
    expect(await askEcho(loopback.client(port), 'x')).toBe('0: x');
    first.endpoint.destroy();
    await first.endpoint.closed;
    const before = dispatcher.stats.noPlace;
    await vi.waitFor(async () => {
      await send(Uint8Array.of(22, 0xfe, 0xfd));
      expect(dispatcher.stats.noPlace).toBeGreaterThan(before);
    });
    work(dispatcher, 0);
    expect(await askEcho(loopback.client(port), 'x')).toBe('0: x');
    // Who has the place now has it alone.
    work(dispatcher, 0);
    expect(await askEcho(loopback.client(port), 'y')).toBe('0: y');
    socket.close();
  });

  it('keeps no more than so many bytes for a place that does not look at them', async () => {
    const { dispatcher, port } = dispatch({ places: 1, maxQueuedBytes: 1000 });
    const place = dispatcher.open(0);
    const socket = createSocket('udp4');
    for (let sent = 0; sent < 30; sent++) socket.send(new Uint8Array(100).fill(22), port, '127.0.0.1');
    await vi.waitFor(() => expect(dispatcher.stats.datagramsReceived).toBe(30));
    expect(dispatcher.stats.queueFull).toBe(20);
    const taken = dispatchedSocket(place);
    let heard = 0;
    taken.on('message', () => heard++);
    await vi.waitFor(() => expect(heard).toBe(10));
    await vi.waitFor(() => {
      socket.send(new Uint8Array(100).fill(22), port, '127.0.0.1');
      expect(heard).toBeGreaterThan(11);
    });
    taken.close(() => {});
    socket.close();
  });

  it('throws what is wrong with its options, and what binding comes to', async () => {
    const wrong = (options: Partial<DispatcherOptions>) => () => dispatch(options);
    expect(wrong({ places: 0 })).toThrow(/'options\.places' is invalid/);
    expect(wrong({ places: 257 })).toThrow(/'options\.places' is invalid/);
    expect(wrong({ maxQueuedBytes: 0 })).toThrow(/maxQueuedBytes/);
    expect(wrong({ port: 65_536 })).toThrow(expect.objectContaining({ code: 'ERR_SOCKET_BAD_PORT' }));
    expect(wrong({ socket: createSocket('udp4').unref() })).toThrow(/'options\.host' is invalid/);
    const { dispatcher, port } = dispatch();
    expect(wrong({ port })).toThrow(expect.objectContaining({ code: 'EADDRINUSE' }));
    for (const index of [-1, 2, 0.5]) expect(() => dispatcher.open(index)).toThrow(/'options\.index' is invalid/);
    expect(() => dispatchedSocket({} as never)).toThrow(/place/);
    const lookup = (_host: string, _options: unknown, callback: (...args: never[]) => void) =>
      (callback as unknown as (error: Error) => void)(Object.assign(new Error('no'), { code: 'ENOTFOUND' }));
    const nowhere = dispatch({ host: 'nowhere.test', lookup: lookup as never }).dispatcher;
    await expect(nowhere.opened).rejects.toThrow('no');
    expect(() => nowhere.open(0)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_STATE' }));
    const named = dispatch({
      host: 'localhost',
      lookup: ((_h: string, _o: unknown, done: (...args: unknown[]) => void) => done(null, '127.0.0.1', 4)) as never,
    });
    expect((await named.dispatcher.opened).address).toBe('127.0.0.1');
  });

  it.runIf(Number(process.versions.node.split('.')[0]) < 22)('says that reusePort is not there before Node 22.12', () => {
    expect(() => dispatch({ reusePort: true })).toThrow(expect.objectContaining({ code: 'ERR_TLS_OPTION_UNSUPPORTED' }));
  });
});
