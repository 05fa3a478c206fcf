/**
 * `foxtls chat-server` and `chat`, `chat --ping-pong` and `chat-tcp`, as people use them: the three of the tutorial, in pipes.
 */

import { type AddressInfo, connect, createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LUCAS, MARIAS, PUBLIC, startChatServer, startChatter, talkAsInTheTutorial } from './harness/chat.ts';
import { foxtlsPrograms } from './harness/programs.ts';
import { pause } from './harness/wait.ts';

const programs = foxtlsPrograms();

describe.each([
  ['everything under TLS', [], 'TLSv1.3'],
  ['everything under TLS 1.2', ['--tls', '1.2'], 'TLSv1.2'],
  ['public lines in clear', ['--public-in-clear'], 'TLSv1.3'],
  ['the rules of the tutorial', ['--classic'], 'TLSv1.3'],
] as const)('foxtls chat with %s', (_, rules, version) => {
  it('carries public and private lines, and the list', async () => {
    const server = await startChatServer(programs, ...rules);
    const three = [
      await startChatter(programs, server, 'Luca', ...rules, '--verbose'),
      await startChatter(programs, server, 'Maria', ...rules),
      await startChatter(programs, server, 'Carlos', ...rules),
    ] as const;
    await talkAsInTheTutorial(three);
    expect(three.map((one) => one.lines())).toEqual([LUCAS, MARIAS, PUBLIC]);
    expect(three[0].process.errors).toMatch(new RegExp(`^${version}, `));
    const connected = (name: string) => `[System] Client${rules[0] === '--classic' ? '' : ` ${name}`} connected successfully`;
    expect(server.lines()).toEqual([...['Luca', 'Maria', 'Carlos'].map(connected), ...PUBLIC]);
    server.process.signal('SIGINT');
    expect(await server.process.exited()).toEqual({ code: 0, signal: null });
    expect(server.lines().slice(-3)).toEqual(['', 'SIGINT 2 handled', 'Shutdown complete']);
    for (const { process } of three) {
      expect((await process.exited()).code, process.output).toBe(0);
      expect(process.bytes.toString()).toMatch(/\[System\] Communication is ended!\n$/);
    }
  });
});

/** A port that leads to another, and what passes there. */
async function startRelay(to: number): Promise<{ readonly port: number; readonly passed: () => string }> {
  const parts: Buffer[] = [];
  const relay = createServer((near) => {
    const far = connect(to, '127.0.0.1');
    for (const [from, into] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('data', (part) => parts.push(part));
      from.on('error', () => into.destroy());
      from.pipe(into);
    }
  });
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void relay.close());
  return { port: (relay.address() as AddressInfo).port, passed: () => Buffer.concat(parts).toString('latin1') };
}

describe('whoever is on the way', () => {
  it.each([
    ['reads nothing', []],
    ['reads what is public, where that is in clear', ['--public-in-clear']],
    ['reads what is public by the rules of the tutorial', ['--classic']],
  ])('%s', async (_, rules) => {
    const server = await startChatServer(programs, ...rules);
    const relay = await startRelay(server.port);
    const publicRelay = rules.length > 0 ? await startRelay(server.publicPort) : undefined;
    const tapped = { ...server, address: `localhost:${relay.port}`, publicPort: publicRelay?.port ?? 0 };
    const luca = await startChatter(programs, tapped, 'Luca', ...rules);
    const maria = await startChatter(programs, tapped, 'Maria', ...rules);
    luca.say('for everybody');
    await maria.sees('[Luca] for everybody');
    maria.say('#0 for one alone');
    await luca.sees('[private-Maria] for one alone');
    expect(relay.passed()).not.toMatch(/Luca|Maria|everybody|alone/);
    if (publicRelay === undefined) return;
    expect(publicRelay.passed()).toContain('Luca`for everybody');
    expect(publicRelay.passed()).not.toMatch(/alone|private/);
  });
});

describe('foxtls chat', () => {
  it('ends one client by its quit, and nobody else', async () => {
    const server = await startChatServer(programs);
    const luca = await startChatter(programs, server, 'Luca');
    const maria = await startChatter(programs, server, 'Maria');
    luca.say('quit');
    expect((await luca.process.exited()).code).toBe(0);
    expect(luca.lines()).toEqual(['[Luca] quit', '[System] Communication is ended!']);
    await server.process.prints(/\[System\] Client Luca left/);
    maria.say('list');
    await maria.sees('[Server] Connected clients:');
    const another = await startChatter(programs, server, 'Luca');
    maria.say('#2 welcome back');
    await another.sees('[private-Maria] welcome back');
  });

  it('ends all by a quit under the rules of the tutorial', async () => {
    const server = await startChatServer(programs, '--classic');
    const luca = await startChatter(programs, server, 'Luca', '--classic');
    const maria = await startChatter(programs, server, 'Maria', '--classic');
    luca.say('quit');
    for (const { process } of [luca, maria, server]) expect((await process.exited()).code).toBe(0);
    expect(server.lines().slice(-2)).toEqual(['[Luca] quit', 'Shutdown complete']);
  });

  it('runs from a script, name first', async () => {
    const server = await startChatServer(programs);
    const client = programs.foxtls('chat', server.address);
    client.endInput('Luca\nlist\n#7 hello\n#x\n  \nlast words\n');
    expect((await client.exited()).code).toBe(0);
    const lines = client.output.split('\n');
    expect(lines.filter((line) => line.startsWith('[Luca]'))).toEqual([
      ...['[Luca] list', '[Luca] #7 hello', '[Luca] #x', '[Luca] last words'],
    ]);
    // How answers and lines mix is a matter of time.
    expect(lines.filter((line) => !line.startsWith('[Luca]'))).toEqual([
      ...['[Server] Connected clients:', '[Server] There is no client 7'],
      ...['[Server] a private line is #, an id and a text: list shows the ids', '[System] Communication is ended!', ''],
    ]);
    await server.process.prints(/\[Luca\] last words\n\[Luca\] quit\n\[System\] Client Luca left\n/);
  });

  it('tells facts as JSON', async () => {
    const server = await startChatServer(programs);
    const maria = await startChatter(programs, server, 'Maria', '--json');
    const luca = await startChatter(programs, server, 'Luca');
    luca.say('Hi');
    await maria.sees('{"event":"line","who":"Luca","text":"Hi"}');
    const other = programs.foxtls('chat-server', '--port', '0', '--json');
    await other.prints(/waiting/);
    other.signal('SIGTERM');
    await other.exited();
    expect(
      other.bytes
        .toString()
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line).event),
    ).toEqual([...['listening', 'waiting', 'signal', 'shutdown']]);
  });

  it('says which name cannot be had', async () => {
    const server = await startChatServer(programs);
    await startChatter(programs, server, 'Luca');
    const run = async (input: string, ...given: string[]) => {
      const client = programs.foxtls('chat', server.address, ...given);
      client.endInput(input);
      return `${(await client.exited()).code} ${client.errors}`;
    };
    expect(await run('', '--name', 'LUCA')).toBe('1 foxtls chat: the name LUCA is taken\n');
    expect(await run('Luca V\n')).toBe('1 foxtls chat: a name is one word\n');
    expect(await run('', '--name', 'Server')).toBe('1 foxtls chat: the programs themselves are called Server\n');
    expect(await run('')).toBe('0 ');
  });

  it('says what is wrong where it cannot speak', async () => {
    const run = async (...given: string[]) => {
      const client = programs.foxtls('chat', '--name', 'Luca', ...given);
      client.endInput();
      return `${(await client.exited()).code} ${client.errors.trim()}`;
    };
    expect(await run('--port', '1')).toBe('1 foxtls chat: 127.0.0.1:1: nothing listens there (connection refused)');
    expect(await run('--classic', '--all-tls')).toBe(
      '2 foxtls chat: --all-tls and --classic are two ways: choose one (foxtls chat --help)',
    );
    const server = await startChatServer(programs);
    expect(await run(server.address, '--ca', 'interop/harness/chat.ts')).toMatch(/^1 foxtls chat: /);
    expect(await run(server.address, '--public-in-clear', '--public-port', String(server.port))).toMatch(
      /^1 foxtls chat: .*this server has no plain connections/,
    );
    const classic = await startChatServer(programs, '--classic');
    expect(await run(classic.address, '--timeout', '1')).toMatch(
      /^1 foxtls chat: .*no handshake in 1 s: does the server wait for a second/,
    );
  });

  it('lets in only clients with a certificate, where that is asked', async () => {
    const server = await startChatServer(programs, '--require-certificate');
    const luca = await startChatter(programs, server, 'Luca');
    luca.say('Hi');
    await server.process.prints(/\[Luca\] Hi/);
    const stranger = programs.foxtls('chat', '--name', 'Eve', '--ca', `${programs.home}/.foxtls/ca.pem`, server.address);
    expect((await stranger.exited()).code).toBe(1);
    await server.process.prints(/wolfSSL_accept error = -1/);
  });
});

describe('foxtls chat --ping-pong', () => {
  it('takes turns, the server first, until one quits', async () => {
    const server = programs.foxtls('chat-server', '--ping-pong', '--port', '0');
    const [, port = ''] = await server.prints(/Listening on 127\.0\.0\.1:(\d+)\n/);
    const client = programs.foxtls('chat', '--ping-pong', '--name', 'Luca', '--port', port);
    // Out of turn: it waits.
    client.write('Hi Server!\n');
    await server.prints(/connected successfully\n\*+\n/);
    await pause(200);
    expect(client.output).toBe('');
    server.write('Hi Luca!\nBye Bye\n');
    await client.prints(/Bye Bye/);
    client.write('Bye\n');
    await server.prints(/\[Luca\] Bye\n/);
    server.write('quit\n');
    expect((await client.exited()).code).toBe(0);
    expect((await server.exited()).code).toBe(0);
    const lines = ['[Server] Hi Luca!', '[Luca] Hi Server!', '[Server] Bye Bye', '[Luca] Bye', '[Server] quit'];
    const ended = '[System] Communication is ended!';
    expect(client.output.split('\n')).toEqual([...lines, ended, '']);
    expect(server.output.split('\n').slice(1)).toEqual([
      'Waiting for a connection...',
      '[System] Client Luca connected successfully',
      '*'.repeat(31),
      ...lines,
      ended,
      ...['Shutdown complete', ''],
    ]);
  });
});

describe.each(['SIGINT', 'SIGTERM'] as const)('%s', (signal) => {
  it('ends a chat in turns, whosever turn it is', async () => {
    const server = programs.foxtls('chat-server', '--ping-pong', '--port', '0');
    const [, port = ''] = await server.prints(/Listening on 127\.0\.0\.1:(\d+)\n/);
    const client = programs.foxtls('chat', '--ping-pong', '--name', 'Luca', '--port', port);
    await server.prints(/connected successfully\n/);
    await pause(300);
    client.signal(signal);
    for (const process of [client, server]) expect((await process.exited()).code, process.output).toBe(0);
    expect(client.output).toMatch(new RegExp(`^\\n${signal} \\d+ handled\\n`));
    expect(server.output).toContain('[System] Communication is ended!\nShutdown complete\n');
  });

  it('ends a server whose client says nothing', async () => {
    const server = programs.foxtls('chat-server', '--ping-pong', '--port', '0', '--verbose');
    const [, port = ''] = await server.prints(/Listening on 127\.0\.0\.1:(\d+)\n/);
    const silent = connect(Number(port), '127.0.0.1');
    silent.on('error', () => undefined);
    onTestFinished(() => void silent.destroy());
    await pause(200);
    server.signal(signal);
    expect((await server.exited()).code, server.output).toBe(0);
  });

  it('ends servers that wait', async () => {
    for (const given of [
      ['chat-tcp', '--listen'],
      ['chat-server', '--ping-pong'],
      ['chat-server', '--classic', '--public-port', '0'],
    ]) {
      const server = programs.foxtls(...given, '--port', '0');
      await server.prints(/Waiting for a connection/);
      server.signal(signal);
      expect((await server.exited()).code, server.output).toBe(0);
      expect(server.output).toMatch(new RegExp(`\\n${signal} \\d+ handled\\nShutdown complete\\n$`));
    }
  });
});

describe('foxtls chat-tcp', () => {
  it('speaks with one client after the other, until the server quits', async () => {
    const server = programs.foxtls('chat-tcp', '--listen', '--port', '0');
    const [, port = ''] = await server.prints(/Listening on 127\.0\.0\.1:(\d+)\n/);
    const luca = programs.foxtls('chat-tcp', '--name', 'Luca', '--port', port);
    const maria = programs.foxtls('chat-tcp', '--name', 'Maria', '--port', port);
    await server.prints(/Client (Luca|Maria) connected/);
    const [first, second] = server.output.includes('Luca') ? [luca, maria] : [maria, luca];
    const [one, two] = first === luca ? ['Luca', 'Maria'] : ['Maria', 'Luca'];
    first.write('Hi Server!\n');
    await server.prints(/Hi Server!/);
    server.write('Hi!\n');
    await first.prints(/\[Server\] Hi!/);
    first.write('quit\n');
    expect((await first.exited()).code).toBe(0);
    await server.prints(new RegExp(`Client ${two} connected`));
    server.write('quit\n');
    for (const process of [second, server]) expect((await process.exited()).code).toBe(0);
    const stars = '*'.repeat(31);
    expect(server.output.split('\n').slice(1)).toEqual([
      ...['Waiting for a connection...', `[System] Client ${one} connected successfully`, stars],
      ...[`[${one}] Hi Server!`, '[Server] Hi!', `[${one}] quit`, '[System] Communication is ended!'],
      ...['Waiting for a connection...', `[System] Client ${two} connected successfully`, stars],
      ...['[Server] quit', '[System] Communication is ended!', 'Shutdown complete', ''],
    ]);
    expect(second.output.split('\n')).toEqual(['[Server] quit', '[System] Communication is ended!', '']);
  });
});
