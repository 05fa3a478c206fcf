/**
 * `foxtls echo-server` and `foxtls echo-client`, as people use them: typed lines, pipes, several at once; with wolfSSL's echo programs and openssl.
 */

import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { describeWithPeer, findPeer } from '../packages/foxtls/test/peers.ts';
import { endOf, words } from './harness/client-server.ts';
import { runPeer, startPeer } from './harness/peer-process.ts';
import { createInteropPki, type InteropPki } from './harness/pki.ts';
import { findFreePort } from './harness/ports.ts';
import { foxtlsPrograms } from './harness/programs.ts';
import { buildWolfSslEcho, type WolfSslEcho } from './harness/wolfssl.ts';

const { home, foxtls, inTerminal } = foxtlsPrograms();

async function startServer(...options: string[]) {
  const process = foxtls('echo-server', '--port', '0', ...options);
  const [, port = ''] = await process.prints(/(?:listening on \S*:|"listening",.*"port":)(\d+)/);
  return { process, port };
}

async function runClient(port: string, input: string, ...options: string[]) {
  const client = foxtls('echo-client', '--port', port, ...options);
  client.endInput(input);
  return endOf(client);
}

const QUIT = ['client sent quit command: shutting down!', 'sending server shutdown command: quit!'] as const;
const BREAK = ['client sent break command: closing session!', 'sending server session close: break!'] as const;

describe('foxtls echo-server and echo-client', () => {
  it.each(['', '-v 3', '-v 2', '-s', '-6'])('send lines and their echo, until quit: %j', async (options) => {
    const server = await startServer(...words(options));
    const client = await runClient(server.port, "Hi Server, I'm echoClient!\n\nquit\n", ...words(options));
    expect([client.code, client.lines]).toEqual([0, ["Hi Server, I'm echoClient!", QUIT[1]]]);
    const ended = await endOf(server.process);
    expect([ended.code, ended.lines]).toEqual([0, ["Hi Server, I'm echoClient!", QUIT[0]]]);
  });

  it('end one session with break, and another with the end of the input', async () => {
    const server = await startServer();
    expect(await runClient(server.port, 'one\nbreak\ntwo\n')).toEqual({ code: 0, lines: ['one', BREAK[1]], errors: '' });
    expect(await runClient(server.port, 'three\nfour')).toEqual({ code: 0, lines: ['three', 'four'], errors: '' });
    expect((await runClient(server.port, 'quit\n')).lines).toEqual([QUIT[1]]);
    expect((await endOf(server.process)).lines).toEqual(['one', BREAK[0], 'three', 'four', QUIT[0]]);
  });

  it('are for many at once, and one bad client harms nobody', async () => {
    const server = await startServer();
    const clients = [1, 2, 3].map((number) => ({ number, process: foxtls('echo-client', '--port', server.port) }));
    const silent = connect(Number(server.port), '127.0.0.1');
    silent.on('error', () => {});
    onTestFinished(() => void silent.destroy());
    const garbage = connect(Number(server.port), '127.0.0.1', () => garbage.end('hello\n'));
    garbage.on('error', () => {});
    for (const { number, process } of clients) process.write(`from ${number}\n`);
    for (const { number, process } of clients) await process.prints(new RegExp(`^from ${number}\n`));
    clients[0]?.process.signal('SIGKILL');
    clients[1]?.process.write('again\n');
    await clients[1]?.process.prints(/again\n/);
    clients[2]?.process.write('quit\n');
    const ended = await endOf(server.process);
    expect([ended.code, ended.lines.at(-1)]).toEqual([0, QUIT[0]]);
    expect(ended.errors).toMatch(/^127\.0\.0\.1:\d+: .*\n/);
    // It is told that the server has gone when it speaks again.
    clients[1]?.process.write('more\n');
    expect((await clients[1]?.process.exited())?.code).toBe(1);
  });

  it('look the same in a terminal', async () => {
    const running = inTerminal('echo-server', '-p', '0');
    const [, port = ''] = await running.prints(/listening on \S*:(\d+)/);
    const client = inTerminal('echo-client', '-p', port);
    await running.prints(/listening/);
    client.write('hello\n');
    await client.prints(/hello\r\nhello\r\n/);
    client.write('quit\n');
    expect(await client.exited()).toEqual({ code: 0, signal: null });
    expect(client.output.replaceAll('\r', '')).toBe(`hello\nhello\nquit\n${QUIT[1]}\n`);
    expect(await running.exited()).toEqual({ code: 0, signal: null });
    expect(running.output.replaceAll('\r', '').split('\n').slice(1)).toEqual(['hello', QUIT[0], '']);
  });

  it('carry long lines and any bytes, and show none that would steer a terminal', async () => {
    const server = await startServer('--json');
    const long = 'x'.repeat(60_000);
    const client = await runClient(server.port, `${long}\n\x1b[2J\0\nquit\n`, '--json');
    const facts = client.lines.map((line) => JSON.parse(line) as { event: string; text?: string; bytes?: number });
    expect(facts).toEqual([
      { event: 'echo', bytes: 60_001, text: long },
      { event: 'echo', bytes: 6, text: '.[2J.' },
      { event: 'quit' },
    ]);
    const shown = (await endOf(server.process)).lines.map((line) => (JSON.parse(line) as { text?: string }).text ?? '');
    expect(shown.join('')).toBe(`${long}.[2J.`);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('end at %s', async (signal) => {
    const server = await startServer();
    const client = foxtls('echo-client', '--port', server.port);
    client.write('hello\n');
    await client.prints(/hello\n/);
    for (const process of [client, server.process]) {
      process.signal(signal);
      expect(await process.exited()).toEqual({ code: 0, signal: null });
      expect(process.errors).toBe('');
    }
  });

  it('end sessions that say nothing', async () => {
    const server = await startServer('--idle', '0.5');
    const client = foxtls('echo-client', '--port', server.port);
    await server.process.prints(/: 127\.0\.0\.1:\d+ said nothing for 0\.5 s\n/);
    client.write('too late\n');
    expect((await client.exited()).code).toBe(1);
  });

  it('ask for certificates where they are told to', async () => {
    const server = await startServer('--require-certificate');
    expect((await runClient(server.port, 'hello\n')).lines).toEqual(['hello']);
    // Who is told whom to trust shows no certificate of his own accord.
    const stranger = await runClient(server.port, 'hello\n', '--ca', join(home, '.foxtls/ca.pem'));
    expect([stranger.code, stranger.errors]).toEqual([
      1,
      expect.stringContaining('certificate_required: it wants a certificate of us'),
    ]);
  });
});

// ---- Others ----

let pki: InteropPki;
let wolfSsl: WolfSslEcho;
beforeAll(async () => {
  pki = await createInteropPki();
  if (findPeer('wolfssl') !== undefined) wolfSsl = buildWolfSslEcho(pki);
});
afterAll(() => pki?.remove());

const inHome = (port: string) => ({ folder: wolfSsl.home, environment: { ECHO_PORT: port } });

describeWithPeer("wolfSSL's echo programs", 'wolfssl', () => {
  it('echoclient and our server', async () => {
    const { certPath, keyPath } = pki.servers.p256;
    const { process: server, port } = await startServer('--json', '-c', certPath, '-k', keyPath);
    const client = await runPeer(wolfSsl.client, [], { ...inHome(port), input: "Hi Server, I'm echoClient!\nquit\n" });
    expect([client.end?.code, client.bytes.toString()]).toEqual([0, `Hi Server, I'm echoClient!\n${QUIT[1]}\n`]);
    const ended = await endOf(server);
    expect(ended.code).toBe(0);
    expect(ended.lines.map((line) => (JSON.parse(line) as { event: string }).event)).toEqual(['listening', 'line', 'quit']);
  });

  it('echoserver and our client', async () => {
    const port = String(await findFreePort());
    const server = startPeer('stdbuf', ['-oL', wolfSsl.server], inHome(port));
    const run = (input: string) => runClient(port, input, '--ca', pki.caPath);
    let first = await run('one\nbreak\n');
    // It says nothing when it listens.
    for (let left = 20; first.code !== 0 && left > 0; left--) first = await run('one\nbreak\n');
    expect(first).toEqual({ code: 0, lines: ['one', BREAK[1]], errors: '' });
    expect(await run('two\nquit\n')).toEqual({ code: 0, lines: ['two', QUIT[1]], errors: '' });
    await server.exited();
    expect(server.output).toContain(BREAK[0]);
    expect(server.output).toContain(QUIT[0]);
  });
});

describeWithPeer('openssl s_client', 'openssl', () => {
  it('gets its lines back', async () => {
    const server = await startServer();
    const client = startPeer('openssl', ['s_client', '-connect', `127.0.0.1:${server.port}`, '-quiet']);
    client.write('hello\n');
    await client.prints(/^hello$/m);
    client.write('quit\n');
    expect((await endOf(server.process)).lines).toEqual(['hello', QUIT[0]]);
  });
});
