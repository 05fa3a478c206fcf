import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  connect,
  type DTLSEndpoint,
  type DTLSSession,
  type DtlsConnectOptions,
  type DtlsListenOptions,
  listen,
  type SleepingDtlsSession,
  wake,
} from './dtls.ts';
import { ca, server } from './endpoints.fixture.ts';

const open = new Set<DTLSEndpoint>();
afterEach(() => {
  for (const endpoint of open) endpoint.destroy();
  open.clear();
});

function serve(onsession: (session: DTLSSession) => void, options: Partial<DtlsListenOptions> = {}) {
  const endpoint = listen(onsession, { ...server, host: '127.0.0.1', port: 0, ...options });
  open.add(endpoint);
  return { endpoint, port: endpoint.address?.port ?? 0 };
}

function client(port: number, options: DtlsConnectOptions = {}, host = '127.0.0.1'): DTLSSession {
  const session = connect(host, port, { ca, servername: 'localhost', ...options });
  open.add(session.endpoint);
  return session;
}

function nextMessage(session: DTLSSession): Promise<string> {
  return new Promise((resolve) => {
    session.onmessage = (data) => resolve(data.toString());
  });
}

describe('a socket of the caller', () => {
  it('carries a server and a client, who close it', async () => {
    const [theirs, ours] = [createSocket('udp4'), createSocket('udp4')];
    await Promise.all(
      [theirs, ours].map((socket) => new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', () => resolve()))),
    );
    const endpoint = listen(
      (session) => {
        session.onmessage = (data) => session.send(data);
      },
      { ...server, socket: theirs },
    );
    open.add(endpoint);
    const session = client(theirs.address().port, { socket: ours });
    await session.opened;
    expect(session.endpoint.address?.port).toBe(ours.address().port);
    session.send('hello');
    expect(await nextMessage(session)).toBe('hello');
    await session.close();
    await endpoint.close();
    expect(() => theirs.address()).toThrow();
    expect(() => ours.address()).toThrow();
  });

  it('is bound already: what would bind one is refused beside it', () => {
    const socket = createSocket('udp4').unref();
    expect(() => listen(() => {}, { ...server, socket, port: 0 })).toThrow(/'options\.port' is invalid/);
    expect(() => connect('127.0.0.1', 9, { socket, bindPort: 9 })).toThrow(/'options\.bindPort' is invalid/);
    expect(() => listen(() => {}, server)).toThrow(/"port" argument must be of type number/);
    socket.close();
  });
});

describe.each(['DTLSv1.3', 'DTLSv1.2'] as const)('foxtls/dtls in %s', (version) => {
  const only = { minVersion: version, maxVersion: version };

  it('lets sessions sleep, and goes on with them when the peer is heard, or to say something first', async () => {
    const asleep = new Map<number, SleepingDtlsSession>();
    const served: DTLSSession[] = [];
    const { endpoint, port } = serve(
      (session) => {
        served.push(session);
        session.onmessage = (data) => session.send(`${served.length}: ${data}`);
      },
      { findSleeping: ({ port: from }) => asleep.get(from) },
    );
    const session = client(port, only);
    await session.opened;
    session.send('awake');
    expect(await nextMessage(session)).toBe('1: awake');
    const sleep = async (whose: DTLSSession | undefined) => {
      // Not before the client has acknowledged its tickets.
      const sleeping = await vi.waitFor(() => (whose as DTLSSession).sleep());
      // A piece of Buffer's pool would keep all of it, and hold what others put there.
      expect(sleeping.state.buffer.byteLength).toBe(sleeping.state.length);
      asleep.set(sleeping.address.port, sleeping);
      return sleeping;
    };
    const sleeping = await sleep(served[0]);
    expect([served[0]?.destroyed, endpoint.sessions.size, sleeping.state.length < 1000]).toEqual([true, 0, true]);
    session.send('after a nap');
    expect(await nextMessage(session)).toBe('2: after a nap');
    expect([served[1]?.protocol, served[1]?.servername]).toEqual([version, 'localhost']);
    expect(await served[1]?.opened).toEqual({ protocol: version });
    const again = await sleep(served[1]);
    asleep.clear();
    const heard = nextMessage(session);
    endpoint.wake(again).send('good morning');
    expect(await heard).toBe('good morning');
    session.destroy();
    expect(() => session.sleep()).toThrow(expect.objectContaining({ code: 'ERR_INVALID_STATE' }));
  });

  it('goes on with clients that sleep, too, from where they were', async () => {
    const { endpoint, port } = serve((session) => {
      session.onmessage = (data) => session.send(`echo ${data}`);
    });
    const session = client(port, only);
    await session.opened;
    const sleeping = await vi.waitFor(() => session.sleep());
    expect([sleeping.hostname, sleeping.local?.port]).toEqual(['localhost', session.endpoint.address?.port]);
    await session.endpoint.closed;
    const again = wake(sleeping, { ca, ...only });
    open.add(again.endpoint);
    expect([again.protocol, again.authorized, again.servername]).toEqual([version, true, 'localhost']);
    expect(await again.opened).toEqual({ protocol: version });
    again.send('still here');
    expect(await nextMessage(again)).toBe('echo still here');
    expect(endpoint.stats.serverSessions).toBe(1n);
    await again.close();
    await again.endpoint.closed;
  });

  it('goes on with clients anywhere, where the server knows them by an id', async () => {
    const { endpoint, port } = serve(
      (session) => {
        session.onmessage = (data) => session.send(`echo ${data}`);
      },
      { connectionId: true },
    );
    const session = client(port, { ...only, connectionId: 4 });
    await session.opened;
    const sleeping = await vi.waitFor(() => session.sleep());
    expect(sleeping.connectionId).toHaveLength(4);
    const again = wake(sleeping, { ca, ...only, bindPort: 0 });
    open.add(again.endpoint);
    expect(again.endpoint.address?.port).not.toBe(sleeping.local?.port);
    again.send('moved');
    await vi.waitFor(() => expect(endpoint.stats.addressChanges).toBe(1n));
    again.send('here');
    expect(await nextMessage(again)).toBe('echo here');
  });

  it('takes what the path is known to be', async () => {
    const served: DTLSSession[] = [];
    const { port } = serve((session) => void served.push(session), { mtu: 1400 });
    const session = client(port, { ...only, mtu: 900, initialTimeout: 700, adaptTimeout: false, replayWindow: 128 });
    expect(session.mtu).toBe(900);
    session.setInitialTimeout(800);
    await session.opened;
    const before = session.maxMessageSize;
    session.setMtu(1000);
    expect([session.mtu, session.maxMessageSize - before, served[0]?.mtu]).toEqual([1000, 100, 1400]);
    const outOfRange = expect.objectContaining({ code: 'ERR_TLS_OPTION_RANGE' });
    expect(() => session.setMtu(100)).toThrow(outOfRange);
    expect(() => session.setInitialTimeout(0)).toThrow(outOfRange);
    await session.close();
    for (const call of [() => session.setMtu(1000), () => session.setInitialTimeout(100)]) {
      expect(call).toThrow(expect.objectContaining({ code: 'ERR_INVALID_STATE' }));
    }
    expect(session.mtu).toBe(0);
    for (const wrong of [{ replayWindow: 100 }, { maxRetransmissions: -1 }, { initialTimeout: 0 }, { mtu: 1e6 }]) {
      expect(() => client(port, wrong)).toThrow(outOfRange);
      expect(() => serve(() => {}, wrong)).toThrow(outOfRange);
    }
  });

  it('asks the peer whether it is there', async () => {
    const { port } = serve(() => {}, { heartbeat: true });
    const session = client(port, { ...only, heartbeat: true });
    await session.opened;
    const answered = once(session, 'heartbeat');
    session.sendHeartbeat(Buffer.from('are you?'));
    expect(String(await answered)).toBe('are you?');
    const other = client(port, only);
    await other.opened;
    expect(() => other.sendHeartbeat()).toThrow(expect.objectContaining({ code: 'ERR_TLS_NO_HEARTBEAT' }));
    await expect(other.probeMtu(1400)).rejects.toMatchObject({ code: 'ERR_TLS_NO_HEARTBEAT' });
  });

  it('finds what the path takes', async () => {
    const { port } = serve(() => {}, { heartbeat: true });
    const session = client(port, { ...only, heartbeat: true });
    await session.opened;
    expect([await session.probeMtu(1400), session.mtu]).toEqual([1400, 1400]);
    const probing = session.probeMtu(9000);
    await expect(session.probeMtu(9000)).rejects.toMatchObject({ code: 'ERR_TLS_HEARTBEAT_IN_FLIGHT' });
    expect(await probing).toBe(9000);
    const endless = session.probeMtu(60_000);
    session.destroy();
    await expect(endless).rejects.toMatchObject({ code: 'ERR_INVALID_STATE' });
  });

  it('sends datagrams both ways', async () => {
    const { endpoint, port } = serve((session) => {
      session.onmessage = (data) => session.send(`echo ${data}`);
    });
    const session = client(port, only);
    await expect(session.opened).resolves.toEqual({ protocol: version });
    expect([session.protocol, session.authorized, session.peerX509Certificate?.subjectAltName]).toEqual([
      version,
      true,
      'DNS:localhost, IP Address:127.0.0.1',
    ]);
    const answer = nextMessage(session);
    expect(session.send('hello')).toBe(5);
    expect(await answer).toBe('echo hello');
    await session.close();
    await endpoint.close();
    expect([session.destroyed, endpoint.destroyed, endpoint.sessions.size]).toEqual([true, true, 0]);
  });

  it('makes sessions that are emitters like others', async () => {
    const heard: string[] = [];
    const listener = (data: Buffer) => heard.push(data.toString());
    const accepted = new Promise<DTLSSession>((resolve) => {
      const { port } = serve((session) => {
        expect([session.eventNames(), session.listenerCount('message'), session.emit('close')]).toEqual([[], 0, false]);
        session.off('message', listener).removeAllListeners('message').on('message', listener);
        expect([session.eventNames(), session.listeners('message')]).toEqual([['message'], [listener]]);
        session.once('message', () => resolve(session));
      });
      const session = client(port, only);
      session.opened.then(() => session.send('heard'));
    });
    const session = await accepted;
    expect([heard, session.listenerCount('message')]).toEqual([['heard'], 1]);
    expect([session.stats.messagesReceived, session.stats.bytesReceived, session.stats.messagesSent]).toEqual([1n, 5n, 0n]);
  });
});
