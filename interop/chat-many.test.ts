/**
 * A chat server with two hundred clients, ten of which die, and with those who would do it harm: garbage, floods, control characters, connections
 * that never say anything. The clients are in this process, by foxtls/tls.
 */

import { readFileSync } from 'node:fs';
import { connect as connectTcp, type Socket } from 'node:net';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'foxtls/tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ChatServerProcess, startChatServer, startChatter } from './harness/chat.ts';
import { foxtlsPrograms } from './harness/programs.ts';
import { pause, waitUntil } from './harness/wait.ts';

const programs = foxtlsPrograms();

interface Member {
  readonly socket: TLSSocket;
  readonly transport: Socket;
  /** `who text` */
  readonly heard: string[];
  id: number;
}

function openTcp(port: number): Socket {
  const socket = connectTcp({ port, host: '127.0.0.1' });
  socket.on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
  return socket;
}

async function openTls(
  port: number,
  protocols = ['foxtls-chat'],
): Promise<{ readonly socket: TLSSocket; readonly transport: Socket }> {
  const transport = openTcp(port);
  transport.setNoDelay(true);
  const ca = readFileSync(join(programs.home, '.foxtls/ca.pem'));
  const socket = connect({ socket: transport, servername: 'localhost', ca, ALPNProtocols: protocols });
  await new Promise((resolve, reject) => {
    socket.once('secureConnect', resolve);
    socket.once('error', reject);
  });
  socket.on('error', () => undefined);
  return { socket, transport };
}

/** A client that is in the room. */
async function enter(server: ChatServerProcess, name: string): Promise<Member> {
  const { socket, transport } = await openTls(server.port);
  const member: Member = { socket, transport, heard: [], id: -1 };
  socket.writeRecord(name);
  void (async () => {
    for (;;) {
      const [who, text] = [await socket.readRecord(), await socket.readRecord()];
      if (who === null || text === null) return;
      if (`${who}` === '@welcome') member.id = Number(`${text}`.split(' ')[0]);
      else member.heard.push(`${who} ${text}`);
    }
  })().catch(() => undefined);
  await waitUntil(
    () => member.id >= 0,
    () => `${name} should be welcome: ${member.heard.join('; ')}`,
  );
  return member;
}

/** Still serves people. */
async function expectAlive(server: ChatServerProcess): Promise<void> {
  const luca = await startChatter(programs, server, `Luca${Math.floor(performance.now())}`);
  luca.say('list');
  await luca.sees('[Server] Connected clients:');
  expect(server.process.end).toBeUndefined();
  expect(server.process.output).not.toMatch(/\bat .*\.js:/);
}

describe('a chat of two hundred', () => {
  it('goes on without ten that die', async () => {
    const server = await startChatServer(programs);
    const members: Member[] = [];
    for (let i = 0; i < 200; i += 20) {
      members.push(...(await Promise.all(Array.from({ length: 20 }, (_, k) => enter(server, `client${i + k}`)))));
    }
    expect(new Set(members.map(({ id }) => id)).size).toBe(200);
    const heardBy = async (those: readonly Member[], line: string) =>
      waitUntil(
        () => those.every(({ heard }) => heard.includes(line)),
        () => `${those.filter(({ heard }) => !heard.includes(line)).length} have not heard ${line}`,
      );
    const [first] = members as [Member];
    first.socket.writeRecord('hello, all');
    await heardBy(members.slice(1), 'client0 hello, all');
    expect(first.heard).toEqual([]);

    // Reset, gone without a word, in the midst of a record, and while all others talk.
    const dying = members.filter((_, i) => i % 20 === 7);
    for (const [i, { socket, transport }] of dying.entries()) {
      if (i < 4) transport.resetAndDestroy();
      else if (i < 7) transport.destroy();
      else transport.end(Buffer.of(0x17, 3, 3, 0x40, 0, 1, 2, 3), () => socket.destroy());
    }
    const alive = members.filter((member) => !dying.includes(member));
    for (const [i, { socket }] of alive.entries()) if (i % 10 === 0) socket.writeRecord(`line ${i}`);
    for (let i = 0; i < alive.length; i += 10) {
      const speaker = alive[i] as Member;
      const name = `client${members.indexOf(speaker)}`;
      await heardBy(
        alive.filter((member) => member !== speaker),
        `${name} line ${i}`,
      );
    }
    await waitUntil(
      () => server.lines().filter((line) => line.endsWith(' left')).length === 10,
      () => 'ten should have left',
    );
    first.heard.length = 0;
    first.socket.writeRecord('list');
    await waitUntil(
      () => first.heard.length === 190,
      () => `${first.heard.length} of 190`,
    );
    expect(first.heard[0]).toBe('Server Connected clients:');
    const last = members.at(-1) as Member;
    expect(last.id).toBeGreaterThan(99);
    first.socket.writeRecord(`#${last.id} for you`);
    await heardBy([last], 'private-client0 for you');
    expect(alive.filter(({ heard }) => heard.includes('private-client0 for you'))).toEqual([last]);
    server.process.signal('SIGINT');
    expect((await server.process.exited()).code).toBe(0);
  });
});

describe('a chat server goes on', () => {
  it.each([[[]], [['--public-in-clear']], [['--classic']]])('with garbage on its ports: %s', async (rules) => {
    const server = await startChatServer(programs, ...rules);
    const ports = server.publicPort === 0 ? [server.port] : [server.port, server.publicPort];
    for (const port of ports) {
      for (const bytes of [
        'GET / HTTP/1.1\r\n\r\n',
        '\x16\x03\x01\x00\x05hello',
        '\0'.repeat(70_000),
        '\xff'.repeat(100),
        'a\nb\nc\n',
        '',
      ]) {
        const socket = openTcp(port);
        socket.end(Buffer.from(bytes, 'latin1'));
      }
      openTcp(port).once('connect', function (this: Socket) {
        this.resetAndDestroy();
      });
    }
    await pause(300);
    if (rules[0] === '--classic') {
      // Those have been paired with each other.
      const luca = await startChatter(programs, server, 'Luca', '--classic');
      luca.say('Hi');
      await server.process.prints(/\[Luca\] Hi\n/);
    } else await expectAlive(server);
    expect(server.process.end).toBeUndefined();
    expect(server.lines()).toContain('wolfSSL_accept error = -1');
  });

  it('with names that are none', async () => {
    const server = await startChatServer(programs);
    const refusals = async (...names: string[]) => {
      const { socket } = await openTls(server.port);
      const answers: string[] = [];
      for (const name of names) socket.writeRecord(name);
      for await (const record of socket.records()) answers.push(`${record}`);
      return answers.filter((answer) => answer !== '@refused');
    };
    const long = 'a name has at most 24 characters (41 bytes)';
    // Five tries, and the connection ends.
    expect(await refusals('x'.repeat(16_000), '\x1b[2J', '\x07', 'a b', '@x', 'Server', 'late')).toEqual([
      ...[long, 'a name begins with none of @ # [, and has no backtick', 'a name has at least one character'],
      ...['a name is one word', 'that is nothing this server knows', 'the programs themselves are called Server'],
    ]);
    expect(await refusals(...Array.from({ length: 100 }, () => '@resume nobody'))).toHaveLength(20);
    await expectAlive(server);
  });

  it('with texts that would steer a terminal, or are too long', async () => {
    const server = await startChatServer(programs);
    const luca = await startChatter(programs, server, 'Luca');
    const eve = await enter(server, 'Eve');
    eve.socket.writeRecord('\x1b[2J\x07\u202eboo\r\n[Luca] no\x9b31m');
    await luca.sees('[Eve] [2Jboo[Luca] no31m');
    eve.socket.writeRecord('y'.repeat(16_000));
    await luca.sees(`[Eve] ${'y'.repeat(1000)}`);
    eve.socket.writeRecord('#0 \x1b]0;title\x07');
    await luca.sees('[private-Eve] ]0;title');
    expect(server.process.output.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
    await expectAlive(server);
  });

  it('with a client that says more than anybody can read', async () => {
    const server = await startChatServer(programs);
    const [luca, eve] = [await enter(server, 'Luca'), await enter(server, 'Eve')];
    for (let i = 0; i < 2000; i++) eve.socket.writeRecord(`spam ${i}`);
    await pause(1000);
    // A burst, and then twenty a second.
    expect(luca.heard.length).toBeGreaterThanOrEqual(40);
    expect(luca.heard.length).toBeLessThan(200);
    luca.socket.writeRecord('#1 stop it');
    await waitUntil(
      () => eve.heard.includes('private-Luca stop it'),
      () => 'others are served meanwhile',
    );
  });

  it('with clients that speak plain TLS, as openssl s_client does', async () => {
    const server = await startChatServer(programs);
    const luca = await startChatter(programs, server, 'Luca');
    const { socket } = await openTls(server.port, []);
    socket.write('Olga\n');
    await server.process.prints(/Client Olga connected/);
    socket.write('hello\r\n');
    await luca.sees('[Olga] hello');
    luca.say('hello Olga');
    expect(`${await socket.readRecord()} ${await socket.readRecord()}`).toBe('Luca hello Olga');
    const { socket: taken } = await openTls(server.port, []);
    taken.write('Luca\n');
    expect(`${await taken.readRecord()}: ${await taken.readRecord()}`).toBe('Server: the name Luca is taken');
    expect(await taken.readRecord()).toBeNull();
  });

  it('with connections that never say anything, which it closes', async () => {
    const server = await startChatServer(programs, '--public-in-clear');
    const started = performance.now();
    const silent = [openTcp(server.port), openTcp(server.publicPort), (await openTls(server.port)).transport];
    const { socket: half } = await openTls(server.port);
    half.writeRecord('@plain');
    half.writeRecord('Luca');
    const closed = Promise.all(
      [...silent, half].map((socket) => new Promise<void>((resolve) => socket.once('close', () => resolve()))),
    );
    for (const socket of silent) socket.resume();
    half.resume();
    await expectAlive(server);
    await closed;
    expect(performance.now() - started).toBeGreaterThan(9000);
    await expectAlive(server);
  });

  it('with plain connections that bring what is no token, or somebody else’s', async () => {
    const server = await startChatServer(programs, '--public-in-clear');
    const luca = await startChatter(programs, server, 'Luca', '--public-in-clear');
    for (const words of ['0'.repeat(32), 'x', '\0\0', `${'a'.repeat(100_000)}`]) {
      const socket = openTcp(server.publicPort);
      socket.resume();
      socket.write(`${words}\nimpostor\n`);
      await new Promise((resolve) => socket.once('close', resolve));
    }
    luca.say('me alone');
    await server.process.prints(/\[Luca\] me alone\n/);
    expect(server.lines()).toEqual(['[System] Client Luca connected successfully', '[Luca] me alone']);
  });
});
