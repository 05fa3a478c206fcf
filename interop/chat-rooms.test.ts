/** One chat room of several servers, by a real Redis: over TCP, with a password, over TLS; servers die, Redis dies, and the room goes on. */

import { join } from 'node:path';
import { expect, it } from 'vitest';
import { describeWithPeer } from '../packages/foxtls/test/peers.ts';
import { type ChatServerProcess, type Chatter, startChatServer, startChatter } from './harness/chat.ts';
import { type PeerProcess, startPeer } from './harness/peer-process.ts';
import { findFreePort } from './harness/ports.ts';
import { foxtlsPrograms } from './harness/programs.ts';
import { waitUntil } from './harness/wait.ts';

const programs = foxtlsPrograms();

async function startRedis(port: number, ...given: string[]): Promise<PeerProcess> {
  const redis = startPeer('redis-server', [
    '--port',
    `${port}`,
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
    '--dir',
    programs.home,
    ...given,
  ]);
  await redis.prints(/Ready to accept connections/);
  return redis;
}

async function lists(who: Chatter, ids: readonly string[]): Promise<void> {
  const listed = () => who.lines().slice(who.lines().lastIndexOf('[Server] Connected clients:') + 1);
  const wanted = ids.join();
  await waitUntil(
    () => {
      if (
        listed()
          .filter((line) => /^\[\d+\]/.test(line))
          .join() === wanted
      )
        return true;
      who.say('list');
      return false;
    },
    () => `the list should be ${wanted}; it is ${listed().join()}`,
    20_000,
    300,
  );
}

describeWithPeer('a chat room of several servers', 'redis-server', () => {
  it('goes on when one of them dies, and everybody stays who he was', async () => {
    const port = await findFreePort();
    await startRedis(port);
    const url = `redis://127.0.0.1:${port}`;
    const servers: ChatServerProcess[] = [];
    for (let i = 0; i < 3; i++) servers.push(await startChatServer(programs, '--redis', url));
    const [a, b, c] = servers as [ChatServerProcess, ChatServerProcess, ChatServerProcess];
    const luca = await startChatter(programs, a, 'Luca');
    const maria = await startChatter(programs, b, 'Maria');
    const carlos = await startChatter(programs, c, 'Carlos');

    luca.say('Hi');
    for (const one of [maria, carlos]) await one.sees('[Luca] Hi');
    await lists(carlos, ['[0] Luca', '[1] Maria']);
    carlos.say('#0 for you');
    await luca.sees('[private-Carlos] for you');

    // A name is somebody's in all of the room.
    const second = programs.foxtls('chat', '--name', 'luca', b.address);
    second.endInput();
    expect((await second.exited()).code).toBe(1);
    expect(second.errors).toBe('foxtls chat: the name luca is taken\n');

    const dora = await startChatter(programs, c, 'Dora', b.address, a.address);
    luca.say('hello Dora');
    await dora.sees('[Luca] hello Dora');
    c.process.signal('SIGKILL');
    await c.process.exited();
    // Carlos knew no other server.
    expect((await carlos.process.exited()).code).toBe(1);
    await waitUntil(
      () => dora.lines().some((line) => /^\[System\] Connected to 127\.0\.0\.1:\d+$/.test(line)),
      () => `Dora should be somewhere; she sees ${dora.process.output}`,
    );
    dora.say('still here');
    for (const one of [luca, maria]) await one.sees('[Dora] still here');
    luca.say('#3 who are you?');
    await dora.sees('[private-Luca] who are you?');
    // Whoever was at the dead server and did not come back is forgotten.
    await lists(luca, ['[1] Maria', '[3] Dora']);
    for (const server of [a, b]) {
      server.process.signal('SIGTERM');
      expect((await server.process.exited()).code).toBe(0);
    }
  });

  it('goes on when a server is stopped, at once', async () => {
    const port = await findFreePort();
    await startRedis(port);
    const url = `redis://127.0.0.1:${port}`;
    const [a, b] = [await startChatServer(programs, '--redis', url), await startChatServer(programs, '--redis', url)];
    const luca = await startChatter(programs, b, 'Luca', a.address);
    const maria = await startChatter(programs, b, 'Maria');
    b.process.signal('SIGINT');
    expect((await b.process.exited()).code).toBe(0);
    await luca.process.prints(
      new RegExp(
        `\\[System\\] The connection to 127\\.0\\.0\\.1:${b.port} is lost\\n\\[System\\] Connected to 127\\.0\\.0\\.1:${a.port}\\n`,
      ),
    );
    expect((await maria.process.exited()).code).toBe(0);
    await lists(luca, []);
  });

  it('goes on without Redis, and lets nobody new in meanwhile', async () => {
    const port = await findFreePort();
    const redis = await startRedis(port);
    const url = `redis://127.0.0.1:${port}`;
    const [a, b] = [await startChatServer(programs, '--redis', url), await startChatServer(programs, '--redis', url)];
    const [luca, maria] = [await startChatter(programs, a, 'Luca'), await startChatter(programs, a, 'Maria')];
    const carlos = await startChatter(programs, b, 'Carlos');
    redis.signal('SIGKILL');
    await a.process.prints(/\[System\] Redis is away: this server goes on by itself\n/);
    luca.say('can you hear me?');
    await maria.sees('[Luca] can you hear me?');
    const late = programs.foxtls('chat', '--name', 'Dora', b.address);
    late.endInput();
    expect((await late.exited()).code).toBe(1);
    expect(late.errors).toBe('foxtls chat: the room cannot be reached now\n');
    await redis.exited();
    // It has forgotten which ids there were.
    await startRedis(port);
    for (const server of [a, b]) await server.process.prints(/\[System\] Redis is there again\n/);
    luca.say('and now?');
    await carlos.sees('[Luca] and now?');
    expect(carlos.lines()).not.toContain('[Luca] can you hear me?');
    await startChatter(programs, b, 'Dora');
    await lists(maria, ['[0] Luca', '[2] Carlos', '[3] Dora']);
  });

  it('is one of several of a Redis, which may ask for a password and for TLS', async () => {
    // Makes the certificates.
    await startChatServer(programs);
    const ours = (name: string) => join(programs.home, '.foxtls', name);
    const [port, tlsPort] = [await findFreePort(), await findFreePort()];
    await startRedis(
      port,
      ...['--requirepass', 'vixen', '--tls-port', `${tlsPort}`, '--tls-auth-clients', 'no'],
      ...['--tls-cert-file', ours('server.pem'), '--tls-key-file', ours('server-key.pem'), '--tls-ca-cert-file', ours('ca.pem')],
    );
    const secure = ['--redis', `rediss://:vixen@localhost:${tlsPort}`, '--redis-ca', ours('ca.pem')];
    const plain = ['--redis', `redis://:vixen@localhost:${port}`];
    const [a, b] = [await startChatServer(programs, ...secure), await startChatServer(programs, ...plain)];
    const other = await startChatServer(programs, ...plain, '--room', 'other');
    const [luca, maria] = [await startChatter(programs, a, 'Luca'), await startChatter(programs, b, 'Maria')];
    const alone = await startChatter(programs, other, 'Luca');
    luca.say('Hi');
    await maria.sees('[Luca] Hi');
    maria.say('Hi Luca');
    await luca.sees('[Maria] Hi Luca');
    expect(alone.lines()).toEqual([]);

    const fails = async (...given: string[]) => {
      const server = programs.foxtls('chat-server', '--port', '0', ...given);
      return `${(await server.exited()).code} ${server.errors}`;
    };
    expect(await fails('--redis', `redis://:wolf@localhost:${port}`)).toMatch(
      /^1 foxtls chat-server: Redis at redis:\/\/localhost:\d+: WRONGPASS /,
    );
    expect(await fails('--redis', `rediss://:vixen@localhost:${tlsPort}`)).toMatch(
      /^1 foxtls chat-server: Redis at .*certificate/,
    );
    expect(await fails('--redis', 'redis://localhost:1')).toBe(
      '1 foxtls chat-server: Redis at redis://localhost:1: nothing listens there (connection refused)\n',
    );
    expect(await fails('--redis', 'http://localhost')).toMatch(/^2 .*--redis is a URL/);
    expect(await fails('--redis', plain[1] as string, '--classic')).toMatch(/^2 /);
  });

  it('believes nothing that is published by others and makes no sense', async () => {
    const port = await findFreePort();
    await startRedis(port);
    const server = await startChatServer(programs, '--redis', `redis://127.0.0.1:${port}`);
    const luca = await startChatter(programs, server, 'Luca');
    const publish = async (text: string) => {
      const cli = startPeer('redis-cli', ['-p', `${port}`, 'PUBLISH', 'foxtls-chat:chat', text]);
      expect((await cli.exited()).code).toBe(0);
    };
    const from = (message: unknown) => JSON.stringify({ server: 'evil', message });
    for (const text of [
      '',
      'x',
      '{',
      '[]',
      '"\\u0000"',
      from(null),
      from({ type: 'here', members: [{}] }),
      from({ type: 'leave', id: 0 }),
    ])
      await publish(text);
    await publish(from({ type: 'join', id: 0, name: 'Luca', key: '' }));
    await publish(from({ type: 'say', id: 9, name: 'Ev\x1bil', text: 'b\x1b[2Joo' }));
    await luca.sees('[Evil] b[2Joo');
    await lists(luca, []);
  });
});
