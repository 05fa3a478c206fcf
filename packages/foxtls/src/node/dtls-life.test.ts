import { constants } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { describe, expect, it } from 'vitest';
import { askEcho, BOTH, codeOf, createLoopback, nextMessage, Wanderer } from './dtls.fixture.ts';
import type { DTLSSession, DtlsAddress } from './dtls.ts';

const loopback = createLoopback();

describe.each(BOTH)('sessions in %s', (version) => {
  const only = { minVersion: version, maxVersion: version };

  it('are many on one socket', async () => {
    const { endpoint, port, sessions } = loopback.echo();
    const clients = Array.from({ length: 30 }, () => loopback.client(port, only));
    const answers = await Promise.all(clients.map((client, i) => askEcho(client, `client ${i}`)));
    expect(answers).toEqual(clients.map((_, i) => `client ${i}`));
    expect([endpoint.sessions.size, endpoint.stats.serverSessions, sessions.length]).toEqual([30, 30n, 30]);
    expect(new Set(sessions.map(({ remoteAddress }) => remoteAddress?.port)).size).toBe(30);
    await Promise.all(clients.map((client) => client.close()));
    expect(clients.every(({ destroyed, stats }) => destroyed && stats.destroyedAt > 0n)).toBe(true);
    await Promise.all(sessions.map(({ closed }) => closed));
    expect(endpoint.sessions.size).toBe(0);
    const closed = endpoint.close();
    await Promise.all([closed, endpoint.closed]);
    expect([endpoint.destroyed, endpoint.stats.isConnected]).toEqual([true, false]);
  });

  it('say how they began and ended, whenever they are asked', async () => {
    const { port, sessions } = loopback.echo();
    const client = loopback.client(port, only);
    expect(await askEcho(client, 'x')).toBe('x');
    const [server] = sessions as [DTLSSession];
    const { closed } = server;
    await client.close();
    await closed;
    for (const { opened, closed } of [client, server]) {
      expect(await opened).toEqual({ protocol: version });
      expect(await closed).toBeUndefined();
    }
    const failed = loopback.client(port, { ...only, servername: 'other.test' });
    await new Promise<void>((resolve) => failed.once('close', () => resolve()));
    expect(await codeOf(failed.opened)).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
    expect(await codeOf(failed.closed)).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
    const given = loopback.client(port, only);
    given.destroy();
    expect([await codeOf(given.opened), await codeOf(given.closed)]).toEqual(['ERR_INVALID_STATE', undefined]);
  });

  it('go over IPv6 and to host names', async () => {
    const { endpoint, port } = loopback.echo({ host: '::1' });
    const session = loopback.client(port, only, '::1');
    expect(await askEcho(session, 'six')).toBe('six');
    expect([session.remoteAddress, endpoint.address?.family]).toEqual([{ address: '::1', family: 'IPv6', port }, 'IPv6']);
    const four = loopback.echo();
    const named = loopback.client(four.port, { ...only, servername: undefined }, 'localhost');
    // Which of the two addresses a name has first is the system's choice.
    const elsewhere = loopback.client(
      four.port,
      { ...only, lookup: (_host, _options, callback) => callback(null, '127.0.0.1', 4) },
      'localhost',
    );
    expect(await askEcho(elsewhere, 'four')).toBe('four');
    named.destroy();
    const nobody = loopback.client(
      9,
      { lookup: (_host, _options, callback) => callback(Object.assign(new Error('no'), { code: 'ENOTFOUND' }), '', 0) },
      'nobody.test',
    );
    expect(await codeOf(nobody.opened)).toBe('ENOTFOUND');
    const listening = loopback.serve(() => {}, { host: 'localhost' }).endpoint;
    expect(listening.address).toBeUndefined();
    expect((await listening.opened).port).toBe(listening.address?.port);
  });

  it('are read by a loop, whose end is theirs', async () => {
    const received: string[] = [];
    let over: (() => void) | undefined;
    const isOver = new Promise<void>((resolve) => (over = resolve));
    const { port } = loopback.serve(async (session) => {
      for await (const message of session) {
        received.push(message.toString());
        session.send(message);
      }
      over?.();
    });
    const session = loopback.client(port, only);
    await session.opened;
    for (const text of ['one', 'two', 'three']) expect(await askEcho(session, text)).toBe(text);
    await session.close();
    await isOver;
    expect(received).toEqual(['one', 'two', 'three']);
    await expect(session[Symbol.asyncIterator]().next()).resolves.toEqual({ value: undefined, done: true });
  });

  it('keep what comes before somebody listens', async () => {
    const { port, sessions } = loopback.echo();
    const session = loopback.client(port, only);
    await session.opened;
    session.send('early');
    while (session.stats.messagesReceived === 0n) await new Promise((resolve) => setTimeout(resolve, 5));
    const heard = new Promise((resolve) => session.on('message', (data) => resolve(data.toString())));
    expect(await heard).toBe('early');
    expect([session.stats.bytesReceived, session.stats.bytesSent, session.stats.messagesSent]).toEqual([5n, 5n, 1n]);
    expect(sessions[0]?.stats.handshakeCompletedAt).toBeGreaterThan(0n);
  });

  it('send what fits, when they are open', async () => {
    const { port } = loopback.echo();
    const session = loopback.client(port, only);
    expect(() => session.send('x')).toThrow(expect.objectContaining({ code: 'ERR_INVALID_STATE' }));
    await session.opened;
    const most = session.maxMessageSize;
    expect(session.send(new Uint8Array(most))).toBe(most);
    expect(() => session.send(new Uint8Array(most + 1))).toThrow(expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }));
    expect(() => session.send(7 as never)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }));
    expect(() => session.exportKeyingMaterial(0, 'x')).toThrow(expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }));
    void session.close();
    expect(() => session.send('x')).toThrow(expect.objectContaining({ code: 'ERR_INVALID_STATE' }));
    expect([session.maxMessageSize, session.reused]).toEqual([0, false]);
  });

  it('put messages of one turn into one datagram, if that is wanted, and the last of them before they close', async () => {
    const { endpoint, port, sessions } = loopback.echo({ packMessages: true, secureOptions: constants.SSL_OP_NO_TICKET });
    const session = loopback.client(port, { ...only, packMessages: true });
    expect(await askEcho(session, 'x')).toBe('x');
    const [sent, received] = [session.endpoint.stats.packetsSent, session.endpoint.stats.packetsReceived];
    const answers: string[] = [];
    const all = new Promise<void>((resolve) => {
      session.onmessage = (data) => {
        if (answers.push(data.toString()) === 3) resolve();
      };
    });
    for (const text of ['one', 'two', 'three']) session.send(text);
    await all;
    expect(answers).toEqual(['one', 'two', 'three']);
    expect(session.endpoint.stats.packetsSent - sent).toBe(1n);
    expect(session.endpoint.stats.packetsReceived - received).toBe(1n);
    const last = nextMessage(sessions[0] as DTLSSession);
    session.send('last');
    session.destroy();
    expect(await last).toBe('last');
    await endpoint.close();
  });

  it('end by a signal, by destroy, and by close before they are open', async () => {
    const { port } = loopback.echo();
    const controller = new AbortController();
    const session = loopback.client(port, { ...only, signal: controller.signal });
    await session.opened;
    const told: Error[] = [];
    session.onerror = (error) => told.push(error);
    controller.abort(new Error('enough'));
    expect(await codeOf(session.closed)).toBe('ABORT_ERR');
    expect(told).toMatchObject([{ name: 'AbortError', cause: { message: 'enough' } }]);
    const late = loopback.client(port, { ...only, signal: AbortSignal.abort() });
    expect(await codeOf(late.opened)).toBe('ABORT_ERR');
    const destroyed = loopback.client(port, only);
    destroyed.destroy(Object.assign(new Error('mine'), { code: 'MINE' }));
    expect([await codeOf(destroyed.opened), await codeOf(destroyed.closed)]).toEqual(['MINE', 'MINE']);
    const closed = loopback.client(port, only);
    await closed.close();
    expect([await codeOf(closed.opened), await codeOf(closed.closed)]).toEqual(['ERR_INVALID_STATE', undefined]);
  });

  it('that were ended before they began leave no socket', async () => {
    const never = loopback.client(9, { ...only, lookup: () => {} }, 'nowhere.test');
    never.destroy();
    await never.endpoint.closed;
    const { port, sessions } = loopback.echo();
    const early = loopback.client(port, only);
    while (sessions.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    await early.close();
    await early.endpoint.closed;
    expect([never.destroyed, early.destroyed, early.endpoint.destroyed]).toEqual([true, true, true]);
  });

  it('end with their endpoint', async () => {
    const controller = new AbortController();
    const { endpoint, port, sessions } = loopback.echo({ signal: controller.signal });
    const session = loopback.client(port, only);
    await askEcho(session, 'x');
    controller.abort();
    await endpoint.closed;
    await session.closed;
    expect([session.destroyed, sessions[0]?.destroyed]).toEqual([true, true]);
    const other = loopback.echo();
    const second = loopback.client(other.port, only);
    await askEcho(second, 'y');
    other.endpoint.destroy(Object.assign(new Error('mine'), { code: 'MINE' }));
    expect(await codeOf(other.endpoint.closed)).toBe('MINE');
    expect(await codeOf(other.sessions[0]?.closed ?? Promise.resolve())).toBe('MINE');
  });

  it('send again when they are told to', async () => {
    const silent = createSocket('udp4');
    await new Promise<void>((resolve) => silent.bind(0, '127.0.0.1', resolve));
    const session = loopback.client(silent.address().port, { ...only, initialTimeout: 60_000 });
    session.setInitialTimeout(20);
    await new Promise<void>((resolve) => {
      let heard = 0;
      silent.on('message', () => ++heard === 2 && resolve());
    });
    expect(session.stats.retransmitCount).toBeGreaterThan(0n);
    session.destroy();
    silent.close();
  });

  it('give up a handshake that nobody answers', async () => {
    const silent = createSocket('udp4');
    await new Promise<void>((resolve) => silent.bind(0, '127.0.0.1', resolve));
    const session = loopback.client(silent.address().port, { ...only, handshakeTimeout: 300, initialTimeout: 100 });
    expect(await codeOf(session.opened)).toBe('ERR_TLS_HANDSHAKE_TIMEOUT');
    expect(session.stats.retransmitCount).toBeGreaterThan(0n);
    silent.close();
  });

  it('tell their secrets to who listens', async () => {
    const lines: string[] = [];
    const { port } = loopback.serve((session) => {
      session.onkeylog = (line) => lines.push(line);
      session.onmessage = (data) => session.send(data);
    });
    const session = loopback.client(port, only);
    const ours: string[] = [];
    session.onkeylog = (line) => ours.push(line);
    await askEcho(session, 'x');
    expect(lines.length).toBe(version === 'DTLSv1.3' ? 5 : 1);
    expect(new Set(ours)).toEqual(new Set(lines));
  });

  it('outlive their address', async () => {
    const { endpoint, port, sessions } = loopback.echo({ connectionId: true });
    const socket = new Wanderer();
    await socket.move();
    const session = loopback.client(port, { ...only, connectionId: true, socket });
    expect(await askEcho(session, 'at home')).toBe('at home');
    const before = sessions[0]?.remoteAddress;
    const moves: DtlsAddress[] = [];
    sessions[0]?.on('moved', (address) => moves.push(address));
    await socket.move();
    session.send('moved');
    while (endpoint.stats.addressChanges === 0n) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await askEcho(session, 'away')).toBe('away');
    expect([sessions.length, sessions[0]?.remoteAddress?.port]).toEqual([1, socket.address().port]);
    expect(sessions[0]?.remoteAddress).not.toEqual(before);
    expect([moves, sessions[0]?.stats.addressChanges]).toEqual([[sessions[0]?.remoteAddress], 1n]);
  });
});

describe('an endpoint of foxtls/dtls', () => {
  it('throws what binding comes to', () => {
    const { port } = loopback.serve(() => {});
    expect(() => loopback.serve(() => {}, { port })).toThrow(expect.objectContaining({ code: 'EADDRINUSE', syscall: 'bind' }));
    expect(() => loopback.serve(() => {}, { port: 70_000 })).toThrow(expect.objectContaining({ code: 'ERR_SOCKET_BAD_PORT' }));
  });

  it('refuses clients when it is busy, and has room again', async () => {
    const { endpoint, port } = loopback.echo({ maxSessions: 1 });
    endpoint.busy = true;
    const refused = loopback.client(port, { handshakeTimeout: 200, initialTimeout: 100 });
    expect(await codeOf(refused.opened)).toBe('ERR_TLS_HANDSHAKE_TIMEOUT');
    expect(endpoint.stats.serverBusyCount).toBeGreaterThan(0n);
    endpoint.busy = false;
    const first = loopback.client(port);
    expect(await askEcho(first, 'x')).toBe('x');
    const second = loopback.client(port, { handshakeTimeout: 200, initialTimeout: 100 });
    expect(await codeOf(second.opened)).toBe('ERR_TLS_HANDSHAKE_TIMEOUT');
    expect(endpoint.stats.serverRefusedCount).toBeGreaterThan(0n);
  });

  it('answers nothing to garbage', async () => {
    const { endpoint, port } = loopback.echo();
    const socket = createSocket('udp4');
    let answers = 0;
    socket.on('message', () => answers++);
    for (const bytes of ['', 'hello', '\x16\xfe\xfd', '\x17\xfe\xfd'.padEnd(60, 'x')])
      socket.send(Buffer.from(bytes, 'latin1'), port, '127.0.0.1');
    while (endpoint.stats.packetsReceived < 4n) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(endpoint.stats.serverRejectedCount).toBe(4n);
    expect(await askEcho(loopback.client(port), 'x')).toBe('x');
    expect(answers).toBe(0);
    socket.close();
  });

  it('does not let an exception of onsession reach the handshake', async () => {
    const thrown: unknown[] = [];
    const before = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.once('uncaughtException', (error) => thrown.push(error));
    let sessions = 0;
    const { port } = loopback.serve((session: DTLSSession) => {
      if (sessions++ === 0) throw new Error('no room');
      session.onmessage = (data) => session.send(data);
    });
    const refused = loopback.client(port, { handshakeTimeout: 300, initialTimeout: 100 });
    await codeOf(refused.opened);
    for (const listener of before) process.on('uncaughtException', listener);
    expect(thrown).toMatchObject([{ message: 'no room' }]);
    expect(await nextAnswer(port)).toBe('x');
  });
});

async function nextAnswer(port: number): Promise<string> {
  const session = loopback.client(port);
  await session.opened;
  const answer = nextMessage(session);
  session.send('x');
  return answer;
}
