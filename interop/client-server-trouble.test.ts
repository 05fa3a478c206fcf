/**
 * `foxtls client` and `foxtls server` in trouble: options that are none, peers that speak something else or nothing at all, signals, ports that are taken.
 */

import { createSocket } from 'node:dgram';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { peerOrSkip } from '../packages/foxtls/test/peers.ts';
import { clientAndServer, endOf, words } from './harness/client-server.ts';
import { startPeer } from './harness/peer-process.ts';
import { findFreePort } from './harness/ports.ts';
import { pause, waitUntil } from './harness/wait.ts';

const { foxtls, startServer, runClient } = clientAndServer();

describe('options that cannot be', () => {
  it.each([
    ['client -0', 'early data (-0) is not there yet'],
    ['server -Q', 'authentication after the handshake (-Q) is not there yet'],
    ['client --resum', 'there is no option --resum, did you mean --resume?'],
    ['echo-server --idle 0', '--idle is a number of seconds above 0, not "0"'],
  ])('foxtls %s', async (line, complaint) => {
    const [name = '', ...options] = words(line);
    const { code, lines, errors } = await endOf(foxtls(name, ...options));
    expect([code, lines, errors]).toEqual([2, [], `foxtls ${name}: ${complaint} (foxtls ${name} --help)\n`]);
  });

  it.each(['client', 'server', 'echo-client', 'echo-server'])('foxtls %s --help says which there are', async (name) => {
    const { code, lines, errors } = await endOf(foxtls(name, '--help'));
    expect([code, errors]).toEqual([0, '']);
    expect(lines[1]).toBe(`usage: foxtls ${name} [options]${name.includes('client') ? ' [HOST]' : ''}`);
    expect(lines.filter((line) => line.startsWith(`    foxtls ${name}`) || line.includes(`| foxtls ${name}`))).toHaveLength(2);
  });
});

describe('a server', () => {
  it.each([
    ['a word', Buffer.from('hello\n')],
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')],
    ['a record of nonsense', Buffer.concat([Buffer.from([22, 3, 1, 2, 0]), Buffer.alloc(512, 0xa5)])],
    ['zeros', Buffer.alloc(20_000)],
    ['half a ClientHello', Buffer.from('1603010100010000fc0303', 'hex')],
    ['nothing', Buffer.alloc(0)],
  ])('with -i -x goes on after %s', async (_title, bytes) => {
    const server = await startServer('-i', '-x');
    await say(Number(server.port), bytes);
    expect((await runClient(server.port)).code).toBe(0);
    server.process.signal('SIGTERM');
    const { code, errors } = await server.ended();
    expect(code).toBe(0);
    expect(errors).toMatch(/^SSL_accept failed: 127\.0\.0\.1:\d+: [^\n]+\n$/);
  });

  it('over UDP goes on after datagrams of anything, whatever its options', async () => {
    const server = await startServer('-u');
    const socket = createSocket('udp4');
    onTestFinished(() => void socket.close());
    for (const bytes of [Buffer.from('hello'), Buffer.alloc(1000, 0xa5), Buffer.from('16fefd00000000000000000100', 'hex')])
      await new Promise<void>((resolve) => socket.send(bytes, Number(server.port), '127.0.0.1', () => resolve()));
    expect((await runClient(server.port, '-u')).code).toBe(0);
    expect((await server.ended()).errors).toBe('');
  });

  it('gives up on a client that never speaks, and on one that says nothing after the handshake', async () => {
    const server = await startServer('-i', '-x', '--timeout', '0.5');
    const silent = connect(Number(server.port), '127.0.0.1');
    onTestFinished(() => void silent.destroy());
    await closed(silent);
    expect(server.process.errors).toMatch(/^SSL_accept failed: 127\.0\.0\.1:\d+: TLS handshake timeout\n$/);
    // One that expects to be echoed, and says its part only then.
    const idle = foxtls('echo-client', '--port', server.port);
    await server.process.prints(/said nothing for 0\.5 s/);
    idle.endInput();
    await idle.exited();
  });

  it('serves others beside one that never speaks', async () => {
    const server = await startServer('-i', '-x');
    const silent = connect(Number(server.port), '127.0.0.1');
    onTestFinished(() => void silent.destroy());
    await new Promise((resolve) => silent.once('connect', resolve));
    expect((await runClient(server.port)).code).toBe(0);
  });

  it('leaves a client that never stops talking, having said its part', async (context) => {
    peerOrSkip(context, 'openssl');
    const server = await startServer('-d', '-v', '3');
    const parameters = ['-c', `openssl s_client -connect 127.0.0.1:${server.port} -quiet < /dev/zero`];
    startPeer('bash', parameters);
    const { code, lines } = await server.ended();
    expect([code, lines.at(-1)?.slice(0, 20)]).toEqual([0, 'Client message: ....']);
  });

  it('that takes one client lets the next one wait for its turn', async () => {
    const server = await startServer('-x');
    const silent = connect(Number(server.port), '127.0.0.1');
    await new Promise((resolve) => silent.once('connect', resolve));
    const waiting = runClient(server.port);
    await pause(200);
    silent.destroy();
    expect((await waiting).code).toBe(0);
    expect((await server.ended()).code).toBe(0);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('ends at %s, with a close_notify for whom it serves', async (signal) => {
    const server = await startServer('-e');
    const client = foxtls('echo-client', '--port', server.port);
    client.write('one\n');
    await client.prints(/one\n/);
    server.process.signal(signal);
    expect((await server.ended()).code).toBe(0);
    client.write('two\n');
    expect((await client.exited()).code).toBe(1);
    expect(client.errors).not.toContain('truncated');
  });

  it('says that its port is taken', async () => {
    const server = await startServer('-i');
    const { code, errors } = await endOf(foxtls('server', '-p', server.port));
    expect([code, errors]).toEqual([
      1,
      `foxtls server: TCP port ${server.port} is taken: choose another with --port, or 0 for a free one\n`,
    ]);
  });

  it('shows nothing of a client that would steer a terminal', async () => {
    const server = await startServer();
    const client = foxtls('echo-client', '--port', server.port, '--timeout', '1');
    client.endInput('\x1b[31mred\x07\n');
    await client.exited();
    expect((await server.ended()).lines.at(-1)).toBe('Client message: .[31mred.');
  });
});

describe('a client', () => {
  it('says that nobody listens, and that there is no such host', async () => {
    const port = String(await findFreePort());
    expect((await runClient(port)).errors).toBe(`foxtls client: 127.0.0.1:${port}: nothing listens there (connection refused)\n`);
    expect((await runClient(port, 'foxtls.invalid')).errors).toMatch(
      /^foxtls client: Error and\/or invalid IP address: foxtls\.invalid: .*\n$/,
    );
  });

  it.each([
    ['words', (socket: Socket) => socket.write('220 mail.example.com\r\n'), /SSL_connect failed: /],
    ['an end', (socket: Socket) => socket.end(), /SSL_connect failed: /],
    ['a reset', (socket: Socket) => socket.resetAndDestroy(), /SSL_connect failed: /],
    ['nothing', () => {}, /did not end its handshake in 0\.5 s\n$/],
  ])('says what is wrong with a server that answers with %s', async (_title, answer, complaint) => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => answer(socket));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { code, lines, errors } = await runClient(String((server.address() as AddressInfo).port), '--timeout', '0.5');
    expect([code, lines]).toEqual([1, []]);
    expect(errors).toMatch(complaint);
    expect(errors.trimEnd().split('\n')).toHaveLength(1);
  });

  it('over UDP waits no longer than it is told to', async () => {
    const { code, errors } = await runClient(String(await findFreePort()), '-u', '--timeout', '0.5');
    expect([code, errors]).toEqual([1, 'foxtls client: SSL_connect failed: the handshake took longer than 500 ms\n']);
  });

  it('shows where an error came from with --verbose alone', async () => {
    const port = String(await findFreePort());
    expect((await runClient(port)).errors).not.toContain('    at ');
    expect((await runClient(port, '--verbose')).errors).toContain('    at ');
  });

  it('ends at a signal, whatever it waits for', async () => {
    let connected = false;
    const server = createServer((socket) => {
      connected = true;
      socket.on('error', () => {});
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const client = foxtls('client', '--port', String((server.address() as AddressInfo).port));
    await waitUntil(
      () => connected,
      () => 'the client should connect',
    );
    client.signal('SIGINT');
    expect(await endOf(client)).toEqual({ code: 0, lines: [], errors: '' });
  });
});

async function say(port: number, bytes: Uint8Array): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.end(bytes);
  await closed(socket);
}

function closed(socket: Socket): Promise<void> {
  socket.on('error', () => {});
  socket.resume();
  return new Promise((resolve) => socket.once('close', () => resolve()));
}
