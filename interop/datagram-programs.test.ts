/**
 * `foxtls udp-server`, `udp-client`, `dtls-server` and `dtls-client`, as people use them: typed lines, pipes, signals, several at once; with each other
 * and with the programs of other make that speak DTLS.
 */

import { createSocket } from 'node:dgram';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeWithPeer, findPeer, peerOrSkip } from '../packages/foxtls/test/peers.ts';
import { findFreeUdpPort } from './harness/datagram-endpoint.ts';
import { type PeerProcess, startPeer } from './harness/peer-process.ts';
import { createInteropPki, type InteropPki } from './harness/pki.ts';
import { FOXTLS, foxtlsPrograms } from './harness/programs.ts';
import { startTap } from './harness/tap.ts';
import { pause, waitUntil } from './harness/wait.ts';
import { buildWolfSsl, type WolfSsl } from './harness/wolfssl.ts';

const { home, foxtls, inTerminal } = foxtlsPrograms();
const ours = (name: string) => join(home, '.foxtls', name);

interface Server {
  readonly process: PeerProcess;
  readonly port: string;
  /** What it printed, without where it listens. */
  lines(): string[];
}

async function startServer(program: 'udp-server' | 'dtls-server', ...args: string[]): Promise<Server> {
  const process = foxtls(program, '--port', '0', ...args);
  const [, port = ''] = await process.prints(/(?: on port |"waiting","port":)(\d+)/);
  return {
    process,
    port,
    lines: () =>
      process.bytes
        .toString()
        .split('\n')
        .filter((line) => line !== ''),
  };
}

/** Runs a client to its end, with these lines on its input. */
async function runClient(
  program: 'udp-client' | 'dtls-client',
  server: { readonly port: string },
  input: string,
  ...args: string[]
) {
  const client = foxtls(program, '--port', server.port, ...args);
  client.endInput(input);
  const { code } = await client.exited();
  return { code, output: client.bytes.toString(), errors: client.errors };
}

const done = (output: string) => ({ code: 0, output, errors: '' });
const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));
const ACK = 'I hear you fashizzle!\n';

describe('foxtls udp-server and udp-client', () => {
  it('send lines and their replies, and say so', async () => {
    const server = await startServer('udp-server');
    expect(await runClient('udp-client', server, 'hello\nworld\n')).toEqual(done('Message # 0 received\nMessage # 1 received\n'));
    expect(await runClient('udp-client', server, 'three', '127.0.0.1')).toEqual(done('Message # 2 received\n'));
    const waiting = `waiting for client message on port ${server.port}`;
    expect(server.lines()).toEqual([
      `created socket: 127.0.0.1:${server.port}`,
      waiting,
      ...['heard 6 bytes', 'I heard this: "hello"', 'reply sent "Message # 0 received"', waiting],
      ...['heard 6 bytes', 'I heard this: "world"', 'reply sent "Message # 1 received"', waiting],
      ...['heard 6 bytes', 'I heard this: "three"', 'reply sent "Message # 2 received"', waiting],
    ]);
  });

  it('carry any bytes, and show none that would steer a terminal', async () => {
    const server = await startServer('udp-server', '--json');
    const client = await runClient('udp-client', server, '\x1b[31mred\0\n', '--json');
    expect(JSON.parse(client.output)).toEqual({ event: 'reply', bytes: 21, text: 'Message # 0 received' });
    const message = server.lines().map((line) => JSON.parse(line) as { event: string; text?: string });
    expect(message.find(({ event }) => event === 'message')?.text).toBe('.[31mred.');
  });

  it('do not wait for ever where nobody answers', async () => {
    const port = String(await findFreeUdpPort());
    const { code, output, errors } = await runClient('udp-client', { port }, 'hello\n', '--timeout', '0.3');
    expect([code, output]).toEqual([1, '']);
    expect(errors).toMatch(/^foxtls udp-client: 127\.0\.0\.1:\d+ left 1 of our lines without a reply for 0\.3 s: .*\n$/);
  });

  it('say which host they cannot find', async () => {
    const { code, errors } = await runClient('udp-client', { port: '9' }, 'hello\n', 'nobody.invalid');
    expect([code, errors]).toEqual([
      1,
      expect.stringMatching(/^foxtls udp-client: Error and\/or invalid IP address: nobody\.invalid: .*\n$/),
    ]);
  });

  it.each([
    ['SIGINT', 2],
    ['SIGTERM', 15],
  ] as const)('end at %s', async (signal, number) => {
    const server = await startServer('udp-server');
    const client = foxtls('udp-client', '--port', server.port);
    client.write('hello\n');
    await client.prints(/Message # 0 received/);
    for (const { process } of [server, { process: client }]) {
      process.signal(signal);
      expect(await process.exited()).toEqual({ code: 0, signal: null });
      expect(process.output).toMatch(new RegExp(`\n\n${signal} ${number} handled\n$`));
    }
  });

  it('say that a port is taken', async () => {
    const server = await startServer('udp-server');
    const second = foxtls('udp-server', '--port', server.port);
    expect((await second.exited()).code).toBe(1);
    expect(second.errors).toBe(
      `foxtls udp-server: UDP port ${server.port} is taken: choose another with --port, or 0 for a free one\n`,
    );
  });
});

describe.each(['1.3', '1.2'])('foxtls dtls-server and dtls-client, DTLS %s', (version) => {
  const only = ['--dtls', version];

  it('send lines and their replies, and say so', async () => {
    const server = await startServer('dtls-server');
    const client = await runClient('dtls-client', server, 'hello\nworld\n', ...only, '--verbose');
    expect([client.code, client.output]).toEqual([0, ACK + ACK]);
    expect(client.errors).toMatch(
      new RegExp(`^127\\.0\\.0\\.1:${server.port}: DTLSv${version}, TLS_\\w+, x25519, peer verified\n$`),
    );
    await server.process.prints(/idle state/);
    expect(server.lines()).toEqual([
      'Socket allocated',
      `Awaiting client connection on port ${server.port}`,
      'Connected!',
      ...['heard 6 bytes', 'I heard this: "hello"', 'reply sent "I hear you fashizzle!"'],
      ...['heard 6 bytes', 'I heard this: "world"', 'reply sent "I hear you fashizzle!"'],
      'Client left return to idle state',
    ]);
  });

  it('resume, as often as there are lines', async () => {
    const server = await startServer('dtls-server');
    const again = `Reused session ID\n${ACK}`;
    expect(await runClient('dtls-client', server, 'one\ntwo\nthree\n', '--resume', ...only)).toEqual(done(ACK + again + again));
    expect(await runClient('dtls-client', server, 'one\n', '--resume', ...only)).toEqual(done(`${ACK}Reused session ID\n`));
  });

  it('speak by a pre-shared key, and not by two that differ', async () => {
    const server = await startServer('dtls-server', '--psk');
    expect(await runClient('dtls-client', server, 'hello\n', '--psk', ...only)).toEqual(done(ACK));
    const other = ['--psk', '--psk-key', `pass:${'5a'.repeat(16)}`];
    expect((await runClient('dtls-client', server, 'hello\n', ...other, '--timeout', '3', ...only)).code).toBe(1);
    expect(
      (await runClient('dtls-client', server, 'hello\n', '--psk', '--psk-identity', 'nobody', '--timeout', '3', ...only)).code,
    ).toBe(1);
    expect(await runClient('dtls-client', server, 'hello\n', '--psk', ...only)).toEqual(done(ACK));
    expect(server.lines()).toContain('SSL_accept failed.');
  });

  it('say when they would have to wait', async () => {
    const server = await startServer('dtls-server', '--nonblocking');
    const client = await runClient('dtls-client', server, 'hello\n', '--nonblocking', ...only);
    expect([client.code, client.errors]).toEqual([0, '']);
    expect(client.output).toMatch(/^(\.\.\. client would read block\.\n){2,}I hear you fashizzle!\n$/);
    await server.process.prints(/idle state/);
    const lines = server.lines();
    expect(lines.slice(0, 3)).toEqual([
      'Socket allocated',
      `Awaiting client connection on port ${server.port}`,
      '... server would read block',
    ]);
    expect(lines.slice(2).filter((line) => line !== '... server would read block')).toEqual([
      'Connected!',
      'I heard this:"hello"',
      'Reply sent:"I hear you fashizzle!"',
      'Client left return to idle state',
    ]);
  });

  it('show nothing of what is said, where UDP shows all', async (context) => {
    const tap = await startTap();
    const [plain, secret] = [await startServer('udp-server'), await startServer('dtls-server')];
    const tapped = async (program: 'udp-client' | 'dtls-client', server: Server, ...args: string[]) => {
      const from = tap.datagrams.length;
      const port = String(await tap.to(Number(server.port)));
      expect((await runClient(program, { port }, 'the fox is in the henhouse\n', ...args)).code).toBe(0);
      return tap.datagrams.slice(from);
    };
    const open = await tapped('udp-client', plain);
    expect(open.map(({ data }) => data.toString())).toEqual(['the fox is in the henhouse\n', 'Message # 0 received\n']);
    const closed = await tapped('dtls-client', secret, ...only);
    expect(closed.length).toBeGreaterThan(6);
    for (const { data } of closed) expect(data.toString('latin1')).not.toMatch(/henhouse|fashizzle/);
    peerOrSkip(context, 'tshark');
    const file = join(home, `capture-${version}.pcap`);
    writeFileSync(file, tap.capture());
    const shark = startPeer('tshark', ['-r', file, '-d', `udp.port==${secret.port},dtls`, '-Y', 'dtls']);
    expect((await shark.exited()).code).toBe(0);
    expect(shark.bytes.toString()).toMatch(/ Client Hello\n[\s\S]* Server Hello[\s\S]* (Application|Continuation) Data\n/);
    const text = startPeer('tshark', ['-r', file, '-Y', 'frame contains "henhouse"']);
    await text.exited();
    expect(text.bytes.toString().trim().split('\n')).toHaveLength(1);
  });
});

describe('foxtls dtls-server and dtls-client', () => {
  it('serve many clients at once, each in its time', async () => {
    const server = await startServer('dtls-server');
    const clients = [0, 1, 2, 3].map(() => foxtls('dtls-client', '--port', server.port));
    for (const round of [1, 2]) {
      for (const client of clients) {
        client.write(`round ${round}\n`);
        await client.prints(new RegExp(`^(${ACK}){${round}}$`));
      }
    }
    for (const client of clients) {
      client.endInput();
      expect(await client.exited()).toEqual({ code: 0, signal: null });
    }
    await server.process.prints(/(idle state[\s\S]*){4}/);
    const seen = server.lines();
    expect(seen.filter((line) => line === 'Connected!')).toHaveLength(4);
    expect(seen.filter((line) => line === 'I heard this: "round 2"')).toHaveLength(4);
    expect(seen.lastIndexOf('Connected!')).toBeLessThan(seen.indexOf('Client left return to idle state'));
  });

  it('say when a session is not resumed: of a server that has begun anew', async () => {
    const server = await startServer('dtls-server');
    const client = foxtls('dtls-client', '--port', server.port, '--resume');
    client.write('one\n');
    await client.prints(/fashizzle/);
    await server.process.prints(/idle state/);
    await server.process.stop();
    const second = foxtls('dtls-server', '--port', server.port);
    await second.prints(/Awaiting/);
    client.endInput('two\n');
    expect(await client.exited()).toEqual({ code: 0, signal: null });
    expect(client.output).toBe(`${ACK}Did not reuse session ID\n${ACK}`);
  });

  it('ask for a certificate, and do without those who have none', async () => {
    const server = await startServer('dtls-server', '--require-certificate');
    const stranger = await runClient('dtls-client', server, 'hello\n', '--ca', ours('ca.pem'));
    expect([stranger.code, stranger.output]).toEqual([1, '']);
    expect(await runClient('dtls-client', server, 'hello\n')).toEqual(done(ACK));
    expect(server.lines().slice(2, 4)).toEqual([expect.stringMatching(/^error = -1, .*certificate/), 'SSL_accept failed.']);
  });

  it('do not speak to a server that is somebody else', async () => {
    const server = await startServer('dtls-server');
    const wrong = await runClient('dtls-client', server, 'hello\n', '--server-name', 'example.com');
    expect([wrong.code, wrong.output]).toEqual([1, '']);
    expect(wrong.errors).toMatch(/^foxtls dtls-client: SSL_connect failed: error = -1, .*example\.com.*\n$/);
    const whoever = ['--server-name', 'example.com', '--insecure-no-verify'];
    expect(await runClient('dtls-client', server, 'hello\n', ...whoever)).toEqual(done(ACK));
    expect(await runClient('dtls-client', server, 'hello\n', '--server-name', 'bank32.com')).toEqual(done(ACK));
  });

  it('spread over workers, which resume each other’s sessions', async () => {
    const server = await startServer('dtls-server', '--workers', '2');
    const replies = 'MESSAGE RECEIVED\nReused session ID\nMESSAGE RECEIVED\n'.repeat(1);
    const all = await Promise.all([1, 2, 3, 4].map(() => runClient('dtls-client', server, 'one\ntwo\n', '--resume')));
    expect(all).toEqual(all.map(() => done(replies)));
    await server.process.prints(/(idle state[\s\S]*){8}/);
    const lines = server.lines();
    for (const [line, count] of [
      ['Connected!', 8],
      ['I heard this: "two"', 4],
      ['Sending reply.', 8],
      ['reply sent "MESSAGE RECEIVED"', 8],
      ['Client left, return to idle state.', 8],
    ] as const) {
      expect(
        lines.filter((one) => one === line),
        line,
      ).toHaveLength(count);
    }
    server.process.signal('SIGINT');
    expect(await server.process.exited()).toEqual({ code: 0, signal: null });
  });

  it('speak IPv6', async (context) => {
    if (!hasIpv6) context.skip('this machine has no IPv6');
    const server = await startServer('dtls-server', '--ipv6');
    expect(await runClient('dtls-client', server, 'hello\n', '::1')).toEqual(done(ACK));
    expect(await runClient('dtls-client', server, 'hello\n', '--ipv6')).toEqual(done(ACK));
    const plain = await startServer('udp-server', '--ipv6');
    expect(await runClient('udp-client', plain, 'hello\n', '::1')).toEqual(done('Message # 0 received\n'));
    const both = await startServer('dtls-server', '--ipv6', '--any');
    expect(await runClient('dtls-client', both, 'hello\n', '127.0.0.1')).toEqual(done(ACK));
    expect(await runClient('dtls-client', both, 'hello\n', '::1')).toEqual(done(ACK));
  });

  it('are made for a terminal', async (context) => {
    if (process.platform !== 'linux') context.skip('script is another program here');
    const server = inTerminal('dtls-server', '--port', '0');
    const [, port = ''] = await server.prints(/on port (\d+)/);
    const client = inTerminal('dtls-client', '--port', port);
    client.write('hello\n');
    await client.prints(/hello\r\nI hear you fashizzle!\r\n/);
    client.write('again\n');
    await client.prints(/again\r\nI hear you fashizzle!\r\n/);
    client.write('\x04');
    expect(await client.exited()).toEqual({ code: 0, signal: null });
    await server.prints(/idle state/);
    server.write('\x03');
    expect(await server.exited()).toEqual({ code: 0, signal: null });
    expect(server.output).toMatch(/Client left return to idle state\r\n\^C\r\nSIGINT 2 handled\r\n$/);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('tell each other that they end: %s', async (signal) => {
    const server = await startServer('dtls-server');
    const clients = [0, 1].map(() => foxtls('dtls-client', '--port', server.port));
    for (const client of clients) {
      client.write('hello\n');
      await client.prints(/fashizzle/);
    }
    const [first, second] = clients as [PeerProcess, PeerProcess];
    first.signal(signal);
    expect(await first.exited()).toEqual({ code: 0, signal: null });
    await server.process.prints(/Client left return to idle state/);
    server.process.signal(signal);
    expect(await server.process.exited()).toEqual({ code: 0, signal: null });
    expect(server.process.output).toContain(`\n${signal} ${signal === 'SIGINT' ? 2 : 15} handled\n`);
    expect(await second.exited()).toEqual({ code: 0, signal: null });
    expect(second.errors).toBe('the server has closed the connection\n');
  });

  it('are not harmed by what is no DTLS', async () => {
    const server = await startServer('dtls-server');
    const client = foxtls('dtls-client', '--port', server.port);
    client.write('before\n');
    await client.prints(/fashizzle/);
    const socket = createSocket('udp4');
    for (const junk of ['', 'hello', '\x16\xfe\xfd'.padEnd(60, '\xff'), '\x17'.repeat(1400)]) {
      socket.send(Buffer.from(junk, 'latin1'), Number(server.port), '127.0.0.1');
    }
    await pause(100);
    socket.close();
    client.endInput('after\n');
    expect(await client.exited()).toEqual({ code: 0, signal: null });
    expect(client.output).toBe(ACK + ACK);
  });

  it('give up where nobody answers, and say so', async () => {
    const port = String(await findFreeUdpPort());
    const { code, output, errors } = await runClient('dtls-client', { port }, 'hello\n', '--nonblocking', '--timeout', '1.5');
    expect([code, output]).toEqual([
      1,
      '... client would read block.\n... client would read block.\nConnection Timed Out.\nSSL_connect failed with -1\n',
    ]);
    expect(errors).toMatch(/^foxtls dtls-client: 127\.0\.0\.1:\d+ gave no answer in 1\.5 s: .*\n$/);
  });

  it('give up on a client that falls silent in its handshake', async () => {
    const server = await startServer('dtls-server', '--nonblocking', '--timeout', '1');
    // The ClientHello without a cookie, and the one with it.
    const tap = await startTap({ clientDatagrams: 2 });
    const port = String(await tap.to(Number(server.port)));
    expect((await runClient('dtls-client', { port }, 'hello\n', '--timeout', '1')).code).toBe(1);
    await server.process.prints(/NonBlockingSSL_Accept failed\.\n$/);
    expect(server.lines().slice(-3)).toEqual([
      'Connection Timed Out.',
      expect.stringMatching(/^error = -1, /),
      'NonBlockingSSL_Accept failed.',
    ]);
    expect(await runClient('dtls-client', server, 'hello\n')).toEqual(done(ACK));
  });

  it('end the sessions of clients that are silent', async () => {
    const server = await startServer('dtls-server', '--idle', '1');
    const client = foxtls('dtls-client', '--port', server.port);
    client.write('hello\n');
    expect(await client.exited()).toEqual({ code: 0, signal: null });
    expect(server.lines().slice(-2)).toEqual(['lost the connection to client', 'Client left return to idle state']);
  });

  it.each([{ args: [] }, { args: ['--workers', '2'] }])('end where the options make no server: $args', async ({ args }) => {
    const server = foxtls('dtls-server', '--port', '0', '--ciphers', 'nonsense', ...args);
    expect(await server.exited()).toEqual({ code: 1, signal: null });
    expect(server.output).toMatch(/^foxtls dtls-server: .*no cipher match.*\n$/);
  });

  it('end where the options make no client', async () => {
    const client = foxtls('dtls-client', '--ciphers', 'nonsense');
    expect(await client.exited()).toEqual({ code: 1, signal: null });
    expect(client.output).toMatch(/^foxtls dtls-client: .*no cipher match.*\n$/);
  });

  it('send no line that does not fit into a datagram, and say how much does', async () => {
    const server = await startServer('dtls-server');
    const { code, output, errors } = await runClient('dtls-client', server, `short\n${'x'.repeat(3000)}\nnever\n`);
    expect([code, output]).toEqual([1, ACK]);
    expect(errors).toMatch(/^foxtls dtls-client: a line of 3001 bytes does not fit into a datagram, which takes 1\d\d\d\n$/);
    await server.process.prints(/Client left return to idle state/);
  });

  it('say what they agreed on as JSON', async () => {
    const server = await startServer('dtls-server', '--json');
    const { code, output } = await runClient('dtls-client', server, 'hello\n', '--json');
    expect(code).toBe(0);
    const facts = { protocol: 'DTLSv1.3', suite: 'TLS_AES_128_GCM_SHA256', resumed: false };
    expect(
      output
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([
      { event: 'connected', ...facts },
      { event: 'reply', bytes: 22, text: 'I hear you fashizzle!' },
    ]);
    await server.process.prints(/"left"/);
    const events = server.lines().map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events.map(({ event }) => event)).toEqual(['listening', 'waiting', 'connected', 'heard', 'message', 'reply', 'left']);
    expect(events[2]).toEqual({ event: 'connected', client: expect.stringMatching(/^127\.0\.0\.1:\d+$/), ...facts });
  });

  it('write down what opens a capture', async () => {
    const server = await startServer('dtls-server');
    const file = join(home, 'keys.log');
    expect(await runClient('dtls-client', server, 'hello\n', '--keylog', file)).toEqual(done(ACK));
    expect(readFileSync(file, 'utf8')).toMatch(/^CLIENT_HANDSHAKE_TRAFFIC_SECRET [0-9a-f]{64} [0-9a-f]{64}\n/m);
  });

  it('make their certificates once, however many begin at once', async () => {
    const fresh = mkdtempSync(join(tmpdir(), 'foxtls-home-'));
    const environment = { HOME: fresh };
    const servers = [0, 1, 2].map(() => startPeer(process.execPath, [FOXTLS, 'dtls-server', '--port', '0'], { environment }));
    for (const server of servers) {
      const [, port = ''] = await server.prints(/on port (\d+)\n/);
      const client = startPeer(process.execPath, [FOXTLS, 'dtls-client', '--port', port], { environment });
      client.endInput('hello\n');
      expect(await client.exited()).toEqual({ code: 0, signal: null });
    }
    rmSync(fresh, { recursive: true, force: true });
  });
});

// ---- Programs of other make ----

let pki: InteropPki;
let wolfSsl: WolfSsl;
beforeAll(async () => {
  pki = await createInteropPki();
  if (findPeer('wolfssl') !== undefined) wolfSsl = buildWolfSsl(pki);
});
afterAll(() => pki?.remove());

const identity = () => ['--cert', pki.servers.p256.certPath, '--key', pki.servers.p256.keyPath];

/** A line to a server of other make, and what it answers, by our client. */
async function talkTo(port: number, server: PeerProcess, ...args: string[]) {
  const client = foxtls('dtls-client', '--port', String(port), '--ca', pki.caPath, '--dtls', '1.2', ...args);
  client.write('hello from a fox\n');
  await server.prints(/hello from a fox/);
  return client;
}

describeWithPeer('openssl and foxtls over datagrams', 'openssl', () => {
  it('s_client speaks to foxtls dtls-server', async () => {
    const server = await startServer('dtls-server', ...identity());
    const client = startPeer('openssl', [
      's_client',
      '-dtls1_2',
      '-connect',
      `127.0.0.1:${server.port}`,
      '-CAfile',
      pki.caPath,
      '-quiet',
      '-no_ign_eof',
    ]);
    client.write('hello from openssl\n');
    await client.prints(/I hear you fashizzle!/);
    await server.process.prints(/I heard this: "hello from openssl"\nreply sent "I hear you fashizzle!"\n/);
    expect(client.output).not.toContain('verify error');
    client.endInput();
    await server.process.prints(/Client left return to idle state/);
  });

  it('s_client speaks to foxtls dtls-server by a pre-shared key', async () => {
    const key = '5a'.repeat(16);
    const server = await startServer('dtls-server', '--psk', '--psk-key', `pass:${key}`, '--psk-identity', 'sensor-17');
    const options = ['-psk', key, '-psk_identity', 'sensor-17', '-cipher', 'PSK'];
    const client = startPeer('openssl', ['s_client', '-dtls1_2', '-connect', `127.0.0.1:${server.port}`, ...options, '-quiet']);
    client.write('hello from openssl\n');
    await client.prints(/I hear you fashizzle!/);
  });

  it('s_server is spoken to by foxtls dtls-client', async () => {
    const port = await findFreeUdpPort();
    const { certPath, keyPath } = pki.servers.p256;
    const server = startPeer('openssl', ['s_server', '-dtls1_2', '-accept', `${port}`, '-cert', certPath, '-key', keyPath]);
    await server.prints(/ACCEPT/);
    const client = await talkTo(port, server);
    server.write('hello from openssl\n');
    await client.prints(/^hello from openssl\n$/);
  });
});

describeWithPeer('gnutls and foxtls over datagrams', 'gnutls-cli', () => {
  it('gnutls-cli speaks to foxtls dtls-server', async () => {
    const server = await startServer('dtls-server', ...identity());
    const client = startPeer('gnutls-cli', ['--udp', '--port', server.port, '--x509cafile', pki.caPath, 'localhost']);
    await client.prints(/Handshake was completed/);
    client.write('hello from gnutls\n');
    await client.prints(/I hear you fashizzle!/);
    await server.process.prints(/I heard this: "hello from gnutls"/);
    client.endInput();
    await server.process.prints(/Client left return to idle state/);
  });

  it('gnutls-serv is spoken to by foxtls dtls-client', async (context) => {
    peerOrSkip(context, 'gnutls-serv');
    const port = await findFreeUdpPort();
    const { certPath, keyPath } = pki.servers.p256;
    const files = ['--x509certfile', certPath, '--x509keyfile', keyPath];
    const server = startPeer('gnutls-serv', ['--udp', '--echo', '--port', `${port}`, '--disable-client-cert', ...files]);
    await server.prints(/listening/i);
    const client = foxtls('dtls-client', '--port', `${port}`, '--ca', pki.caPath);
    client.endInput('hello from a fox\n');
    await client.prints(/^hello from a fox\n/);
  });
});

describeWithPeer('wolfSSL and foxtls over datagrams', 'wolfssl', () => {
  it('its client speaks to foxtls dtls-server', async () => {
    const server = await startServer('dtls-server', ...identity());
    const target = ['-h', 'localhost', '-p', server.port, '-S', 'localhost', '-m', '-C', '-A', pki.caPath];
    const client = startPeer(wolfSsl.client, ['-u', '-v', '3', '-x', ...target], { folder: wolfSsl.home });
    await client.exited();
    expect(client.output).toContain('I hear you fashizzle!');
    await server.process.prints(/heard 14 bytes\nI heard this: "hello wolfssl!"\nreply sent "I hear you fashizzle!"\n/);
  });

  it('its server is spoken to by foxtls dtls-client', async () => {
    const port = await findFreeUdpPort();
    const { certPath, keyPath } = pki.servers.p256;
    const options = ['-u', '-v', '3', '-p', `${port}`, '-V', '-d', '-c', certPath, '-k', keyPath];
    const server = startPeer('stdbuf', ['-oL', wolfSsl.server, ...options], { folder: wolfSsl.home });
    await waitUntil(
      () => isBound(port) || server.end !== undefined,
      () => `wolfSSL’s server to listen: ${server.output}`,
    );
    const client = await talkTo(port, server);
    // In two messages.
    await client.prints(/I hear you \n?fa shizzle!/);
  });
});

/** Asked of the kernel. */
function isBound(port: number): boolean {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return ['/proc/net/udp', '/proc/net/udp6'].some((path) => new RegExp(`:${hex} \\S+:0000 `).test(readFileSync(path, 'utf8')));
}
