/**
 * `foxtls wwep-server` and `wwep-client` as people use them: both ports of one database, every answer that the rules have, clients that are slow, silent or
 * talk nonsense, keys on a terminal, roots and pins; with openssl and node:tls as clients of the TLS port.
 */

import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { describeWithPeer } from '../packages/foxtls/test/peers.ts';
import { rounds } from '../packages/foxtls/test/tiers.ts';
import { runPeer } from './harness/peer-process.ts';
import { foxtlsPrograms } from './harness/programs.ts';

const { home, foxtls, inTerminal } = foxtlsPrograms();
const ours = (name: string) => join(home, '.foxtls', name);

type Port = 'plain' | 'secure';

/** For clients that are processes: a busy machine may take its time to start one. */
const PATIENT = ['--request-time', '400'];

async function startServer(...args: string[]) {
  const server = foxtls('wwep-server', '--port', '0', '--secure-port', '0', ...args);
  await server.prints(/Message\n/);
  const portOf = (protocol: string) => new RegExp(`${protocol} 127\\.0\\.0\\.1:(\\d+)`).exec(server.output)?.[1] ?? '';
  const ports: Record<Port, string> = { plain: portOf('TCP'), secure: portOf('TLS') };
  const rows = () =>
    server.bytes
      .toString()
      .split('\n')
      .filter((line) => /^\d/.test(line));
  return { server, ports, rows, addresses: ['-h', 'localhost', '-p', ports.plain, '--secure-port', ports.secure] };
}

async function runClient(...args: string[]) {
  const client = foxtls('wwep-client', ...args);
  client.endInput();
  const { code } = await client.exited();
  return { code, lines: client.bytes.toString().split('\n').slice(0, -1), errors: client.errors };
}

/** Less than the 100 ms that the server waits. */
const IN_TIME = 80;

/** A client of other make: sends the parts one after the other, and reads to the end; again when this machine was too busy to send in time. */
async function ask(port: Port, ports: Record<Port, string>, parts: readonly Uint8Array[], closes: boolean): Promise<string> {
  for (;;) {
    const { answer, milliseconds } = await askOnce(port, ports, parts, closes);
    if (milliseconds < IN_TIME) return answer;
  }
}

async function askOnce(port: Port, ports: Record<Port, string>, parts: readonly Uint8Array[], closes: boolean) {
  const number = Number(ports[port]);
  // The server's time begins no sooner than this, or than the end of a handshake.
  let start = performance.now();
  const socket =
    port === 'plain'
      ? connect({ port: number, host: '127.0.0.1', noDelay: true })
      : connectTls({ port: number, host: '127.0.0.1', servername: 'localhost', ca: readFileSync(ours('ca.pem')) });
  let answer = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    answer += text;
  });
  const over = once(socket, 'end');
  await once(socket, port === 'plain' ? 'connect' : 'secureConnect');
  if (port === 'secure') start = performance.now();
  let milliseconds = 0;
  for (const part of parts) {
    await new Promise<void>((sent) => socket.write(part, () => sent()));
    milliseconds = performance.now() - start;
  }
  if (closes) socket.end();
  await over;
  socket.end();
  return { answer, milliseconds };
}

const latin1 = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'));

describe('foxtls wwep-server and wwep-client', () => {
  it('print the lines of the course', async () => {
    const { server, ports, rows, addresses } = await startServer(...PATIENT);
    expect(server.bytes.toString()).toBe(
      `Starting WWEP Server\nTCP 127.0.0.1:${ports.plain}\nTLS 127.0.0.1:${ports.secure}\n#\t# Secure\tIP\t\tPort\tMessage\n`,
    );
    expect(await runClient(...addresses, '--plain', 'W0FAC0B1234', 'R0FAC0B')).toEqual({
      code: 0,
      lines: ['Sent Message=W0FAC0B1234', 'Server Response=A0FAC0B1234', 'Sent Message=R0FAC0B', 'Server Response=A0FAC0B1234'],
      errors: '',
    });
    const pem = readFileSync(ours('ca.pem'), 'utf8');
    expect(await runClient(...addresses, '--ca', ours('ca.pem'), 'R0fac0b', 'W01234', 'R0BAC0B')).toEqual({
      code: 1,
      lines: [
        'Read the certificate Key from DCT',
        `Certificate Length = ${pem.length}`,
        ...`Certificate =${pem.trimEnd()}`.split('\n'),
        ...['Sent Secure Message=R0fac0b', 'Server Response=A0FAC0B1234'],
        ...['Sent Secure Message=W01234', 'Server Response=X illegal command'],
        ...['Sent Secure Message=R0BAC0B', 'Server Response=X Not Found'],
      ],
      errors: '',
    });
    server.signal('SIGINT');
    expect(await server.exited()).toEqual({ code: 0, signal: null });
    expect(rows().map((row) => row.replace(/\t\d+\t(?=[A-Z])/, '\tPORT\t'))).toEqual([
      '1\t0\t\t127.0.0.1\tPORT\tW0FAC0B1234',
      '2\t0\t\t127.0.0.1\tPORT\tR0FAC0B',
      '3\t1\t\t127.0.0.1\tPORT\tR0fac0b',
      '4\t2\t\t127.0.0.1\tPORT\tW01234',
      '5\t3\t\t127.0.0.1\tPORT\tR0BAC0B',
    ]);
    expect(server.errors).toBe('');
  });

  it('know the server by each way to keep a root, and by its pin', async () => {
    const { addresses } = await startServer(...PATIENT);
    const pem = readFileSync(ours('ca.pem'), 'utf8');
    const pin = foxtls('cert', 'pin', ours('server.pem'));
    await pin.exited();
    const ways = [
      ['--ca', ours('ca.pem')],
      ['--ca-asset', 'demo'],
      ['--ca-string', pem],
      [`--ca-string=${pem.replaceAll('\n', '\\r\\n')}`],
      ['--pin', pin.bytes.toString().trim()],
      ['--insecure-no-verify'],
    ];
    for (const way of ways) {
      const { code, lines, errors } = await runClient(...addresses, ...way, 'W123456789A');
      expect({ code, last: lines.at(-1), errors }, way[0]).toEqual({ code: 0, last: 'Server Response=A123456789A', errors: '' });
    }
  });

  it('refuse who cannot show what is asked for', async () => {
    const { addresses } = await startServer(...PATIENT);
    const bad = join(home, 'bad.pem');
    writeFileSync(bad, 'no certificate\n');
    const pin = `sha256//${'A'.repeat(43)}=`;
    const cases: [string[], number, RegExp, RegExp][] = [
      [[], 2, /^$/, /whom to trust is not said, and anybody could answer: --ca FILE/],
      [['--ca', bad, '--pin', pin], 2, /^$/, /exclude each other/],
      [['--pin', 'sha256//x'], 2, /^$/, /--pin is sha256/],
      [['--pin', pin], 1, /^$/, /certificate not trusted \(it may be somebody else/],
      [['--ca-asset', 'mozilla'], 1, /^$/, /unable to verify the first certificate \(it may be somebody else/],
      [['--ca', bad], 1, /Error: Root CA certificate failed to initialize: 5\n$/, /there is no certificate/],
      [['--ca', `${bad}.not`], 1, /^Read .*\nError: Root CA certificate failed to initialize: 4\n$/, /there is no such file/],
      [['--secure', '--plain'], 2, /^$/, /exclude each other/],
      [['--device', '12'], 2, /^$/, /--device is 4 hexadecimal digits/],
    ];
    for (const [args, code, output, errors] of cases) {
      const client = foxtls('wwep-client', ...addresses, ...args, 'R0FAC0B');
      expect((await client.exited()).code, args.join(' ')).toBe(code);
      expect(client.bytes.toString()).toMatch(output);
      expect(client.errors).toMatch(errors);
      expect(client.errors.trim().split('\n')).toHaveLength(1);
    }
  });

  it('speak other versions when they are told to, and one port alone', async () => {
    for (const version of ['1.2', '1.0']) {
      const { addresses } = await startServer('--tls', version, ...PATIENT);
      const args = [...addresses, '--ca-asset', 'demo'];
      expect((await runClient(...args, '--tls', version, 'W000100ABCD')).lines.at(-1)).toBe('Server Response=A000100ABCD');
      expect(await runClient(...args, '--tls', '1.3', 'R000100')).toMatchObject({ code: 1 });
    }
    const { ports, server } = await startServer('--secure');
    expect([ports.plain, ports.secure === '']).toEqual(['', false]);
    server.signal('SIGTERM');
    expect(await server.exited()).toEqual({ code: 0, signal: null });
    expect((await startServer('--plain')).ports.secure).toBe('');
  });

  it('demand a certificate of clients when they are told to', async () => {
    const { addresses } = await startServer('--require-client-cert', ...PATIENT);
    expect((await runClient(...addresses, '--ca-asset', 'demo', 'R000100')).lines.at(-1)).toBe('Server Response=X Not Found');
    expect(await runClient(...addresses, '--ca', ours('ca.pem'), 'R000100')).toMatchObject({ code: 1 });
  });

  it('tell each event as JSON', async () => {
    const server = foxtls('wwep-server', '--port', '0', '--plain', '--json', ...PATIENT);
    const [, port = ''] = await server.prints(/"port":(\d+)/);
    const client = await runClient('-h', 'localhost', '-p', port, '--plain', '--json', 'R000100', 'W000100FFFF');
    expect(client.lines.map((line) => JSON.parse(line))).toEqual([
      { event: 'sent', message: 'R000100', secure: false },
      { event: 'reply', reply: 'X Not Found', malformed: false },
      { event: 'sent', message: 'W000100FFFF', secure: false },
      { event: 'reply', reply: 'A000100FFFF', malformed: false },
    ]);
    await server.prints(/A000100FFFF"/);
    const request = { event: 'request', secure: false, address: '127.0.0.1', port: expect.any(Number) };
    const events = server.bytes
      .toString()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events.slice(2)).toEqual([
      { ...request, number: 1, message: 'R000100', reply: 'X Not Found' },
      { ...request, number: 2, message: 'W000100FFFF', reply: 'A000100FFFF' },
    ]);
  });

  it('take keys on a terminal, and lines of a pipe', async () => {
    const { server, addresses, rows } = await startServer(...PATIENT);
    const client = inTerminal('wwep-client', ...addresses, '--ca-asset', 'demo');
    await client.prints(/0.* switches the LED in clear, .*1.* over TLS, .*q.* ends/);
    client.write('0');
    await client.prints(/Sent Message=W0FAC050001\s+Server Response=A0FAC050001\s+LED .*on/);
    client.write('x1');
    await client.prints(/Sent Secure Message=W0FAC050000\s+Server Response=A0FAC050000\s+LED .*off/);
    client.write('q');
    expect((await client.exited()).code).toBe(0);
    const again = inTerminal('wwep-client', ...addresses, '--device', '00a1');
    await again.prints(/ends/);
    again.write('1');
    await again.prints(/whom to trust is not said/);
    again.write('0');
    await again.prints(/Sent Message=W00A1050001\s+Server Response=A00A1050001/);
    again.write('\x03');
    expect((await again.exited()).code).toBe(0);
    const piped = foxtls('wwep-client', ...addresses, '--plain');
    piped.endInput('0\nR0FAC05\nR0FAC06\n');
    expect((await piped.exited()).code).toBe(1);
    expect(piped.bytes.toString()).toContain('LED on\nSent Message=R0FAC05\nServer Response=A0FAC050001\n');
    expect(rows()).toHaveLength(6);
    server.signal('SIGTERM');
    expect(await server.exited()).toEqual({ code: 0, signal: null });
  });
});

describe('foxtls wwep-server', () => {
  it.each<Port>(['plain', 'secure'])('answers as its rules say, and harms nobody for nonsense: %s', async (port) => {
    const { ports } = await startServer();
    const cases: [string, string][] = [
      ['W0FAC0B1234', 'A0FAC0B1234'],
      ['R0FAC0B', 'A0FAC0B1234'],
      ['R0FAC0B\n', 'A0FAC0B1234'],
      ['W0FAC0B4321\n', 'A0FAC0B4321'],
      ['R0BAC0B', 'X Not Found'],
      ['W01234', 'X illegal command'],
      ['r0FAC0B', 'X illegal command'],
      ['R0FAC0G', 'X illegal character'],
      ['R0FAC0B0', 'X illegal message length'],
      ['W0FAC0B12345', 'X illegal message length'],
      ['W0FAC0B1234\r\n', 'X illegal message length'],
      ['z'.repeat(100_000), 'X illegal message length'],
      ['', 'X illegal message length'],
      ['R0FA', 'X illegal command'],
      ['GET / HTTP/1.1\r\n\r\n', 'X illegal message length'],
      ['\x16\x03\x01\x02\x00\x01\x00', 'X illegal command'],
    ];
    for (const closes of [true, false]) {
      const answers = await Promise.all(cases.map(([message]) => ask(port, ports, [latin1(message)], closes)));
      // All at once, so that a read may come before the write.
      const expected = cases.map(([message, answer]) =>
        message.startsWith('R0FAC0B') && message.length < 9 ? /^(A0FAC0B(1234|4321)|X .*)$/ : answer,
      );
      for (const [i, answer] of answers.entries())
        expect(answer, cases[i]?.[0].slice(0, 20)).toMatch(expected[i] as string | RegExp);
    }
  });

  it.each<Port>(['plain', 'secure'])(
    'puts together what comes byte by byte, and answers half when no more comes: %s',
    async (port) => {
      const { ports } = await startServer();
      const bytes = (text: string) => [...text].map(latin1);
      expect(await ask(port, ports, bytes('W0FAC0B1234'), false)).toBe('A0FAC0B1234');
      expect(await ask(port, ports, bytes('R0FAC'), false)).toBe('X illegal command');
      expect(await ask(port, ports, [], false)).toBe('X illegal message length');
    },
  );

  it('serves others while clients say nothing, break off, or speak no TLS', async () => {
    const { server, ports } = await startServer('--verbose');
    const idle = await Promise.all(
      Array.from({ length: 50 }, async (_, i) => {
        const socket = connect(Number(i % 2 ? ports.plain : ports.secure), '127.0.0.1');
        onTestFinished(() => void socket.destroy());
        await once(
          socket.on('error', () => undefined),
          'connect',
        );
        if (i % 3 === 0) socket.resetAndDestroy();
        if (i % 3 === 1) socket.write('R0FAC0B\n');
        return socket;
      }),
    );
    expect(await ask('secure', ports, [latin1('W0FAC0B1234')], false)).toBe('A0FAC0B1234');
    expect(await ask('plain', ports, [latin1('R0FAC0B')], false)).toBe('A0FAC0B1234');
    await server.prints(/no TLS with this client: /);
    expect(server.errors).not.toMatch(/\n\s+at /);
    expect(idle).toHaveLength(50);
    server.signal('SIGINT');
    expect(await server.exited()).toEqual({ code: 0, signal: null });
  });

  it('says that a port is taken', async () => {
    const { ports } = await startServer();
    const second = foxtls('wwep-server', '--port', ports.plain, '--secure-port', '0');
    expect((await second.exited()).code).toBe(1);
    expect(second.errors).toContain(`TCP port ${ports.plain} is taken: choose another with --port`);
  });
});

describeWithPeer('openssl s_client', 'openssl', () => {
  it.each(['-tls1_2', '-tls1_3'])('is served: %s', async (version) => {
    const { ports } = await startServer(...PATIENT);
    for (const [request, reply] of [
      ['W0FAC0B1234', 'A0FAC0B1234'],
      ['R0FAC0B\n', 'A0FAC0B1234'],
      ['R0FAC0C\n', 'X Not Found'],
    ] as const) {
      const args = ['s_client', '-quiet', version, '-connect', `127.0.0.1:${ports.secure}`];
      const trust = ['-CAfile', ours('ca.pem'), '-verify_return_error', '-servername', 'localhost'];
      const client = await runPeer('openssl', [...args, ...trust], { input: request });
      expect(client.bytes.toString()).toBe(reply);
    }
  });
});

describe('foxtls wwep-client', () => {
  /** A server that answers in this way, or not at all. */
  async function startFake(serve: (socket: Socket) => void): Promise<string[]> {
    const server = createServer((socket) => serve(socket.on('error', () => undefined)));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const port = String((server.address() as AddressInfo).port);
    return ['-h', '127.0.0.1', '-p', port, '--secure-port', port];
  }

  it('says when a reply is too short', async () => {
    const fake = await startFake((socket) => socket.end('A0FAC0'));
    expect(await runClient(...fake, '--plain', 'R0FAC0B')).toEqual({
      code: 1,
      lines: ['Sent Message=R0FAC0B', 'Server Response=A0FAC0', 'Malformed response'],
      errors: '',
    });
  });

  it('prints no control characters of a server', async () => {
    const fake = await startFake((socket) => socket.end('A\x1b[2J\x07\x9b31m1234567'));
    expect((await runClient(...fake, '--plain', 'R0FAC0B')).lines.at(-1)).toBe('Server Response=A.[2J..31m1234567');
  });

  it('gives up on servers that are silent, that leave, that are not there, and that speak no TLS', async () => {
    const sockets: Socket[] = [];
    onTestFinished(() => sockets.forEach((socket) => void socket.destroy()));
    const silent = await startFake((socket) => void sockets.push(socket));
    const trust = ['--insecure-no-verify', 'R0FAC0B'];
    const failures = async (...args: string[]) => {
      const { code, errors } = await runClient(...args);
      return [code, errors.replace(/:\d+:/, ':PORT:').trim()];
    };
    expect(await failures(...silent, '--plain', 'R0FAC0B')).toEqual([
      1,
      'foxtls wwep-client: the server gave no reply in 500 ms',
    ]);
    expect(await failures(...silent, ...trust)).toEqual([1, 'foxtls wwep-client: 127.0.0.1:PORT: no TLS in 2 s']);
    const leaves = await startFake((socket) => socket.end());
    expect((await failures(...leaves, '--plain', 'R0FAC0B'))[1]).toContain('closed the connection without a reply');
    const speaksPlain = await startFake((socket) => socket.end('X illegal command'));
    expect((await failures(...speaksPlain, ...trust))[0]).toBe(1);
    const [, , , port = ''] = leaves;
    expect(port).toMatch(/^\d+$/);
    expect((await failures('-h', '127.0.0.1', '-p', '1', '--plain', 'R0FAC0B'))[1]).toContain('nothing listens there');
  });
});

/**
 * What the rules make of a request that writes nothing into the database, told again from the text of the protocol: a server whose registers have
 * never been written.
 */
function oracle(request: Uint8Array): string {
  const codes = [...request];
  if (codes.length < 1 || codes.length > 12) return 'X illegal message length';
  if (codes.length === 8 || codes.length === 12) {
    if (codes.pop() !== 10) return 'X illegal message length';
  }
  const isHexadecimal = (code: number) => (code >= 48 && code <= 57) || (code >= 65 && code <= 70) || (code >= 97 && code <= 102);
  const kind = `${String.fromCharCode(codes[0] as number)}${codes.length}`;
  if (kind !== 'R7' && kind !== 'W11') return 'X illegal command';
  if (!codes.slice(1).every(isHexadecimal)) return 'X illegal character';
  return kind === 'W11' ? 'stored' : 'X Not Found';
}

/** Numbers from a seed (mulberry32). */
function createChooser(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/** Bytes of any kind, or nearly a request; never one that writes, nor one that reads what the legal ones write. */
function inventRequest(choose: (below: number) => number): Uint8Array {
  const digits = '0123456789abcdefABCDEF';
  const digit = () => digits[choose(digits.length)] as string;
  const kinds = [
    () => Uint8Array.from({ length: choose(16) }, () => choose(256)),
    () => latin1(`${'RWrwAX'[choose(6)]}${Array.from({ length: choose(14) }, digit).join('')}${choose(3) === 0 ? '\n' : ''}`),
    () => latin1(`RF${Array.from({ length: 5 }, digit).join('')}${choose(2) === 0 ? '\n' : ''}`),
    () => latin1(`W${Array.from({ length: 9 }, digit).join('')}${String.fromCharCode(choose(256))}`),
  ];
  const request = (kinds[choose(kinds.length)] as () => Uint8Array)();
  if (oracle(request) === 'stored') request[0] = 'w'.charCodeAt(0);
  if (oracle(request) === 'X Not Found') request[1] = 'F'.charCodeAt(0);
  return request;
}

it('answers 1,000 random and 1,000 legal messages on each port at once', { timeout: 120_000 }, async () => {
  const { server, ports, rows } = await startServer();
  const count = rounds(1000, 5000);
  const errors: string[] = [];
  const check = async (port: Port, request: Uint8Array, expected: string, closes: boolean) => {
    const answer = await ask(port, ports, [request], closes);
    if (answer !== expected)
      errors.push(`${port}: ${JSON.stringify(Buffer.from(request).toString('latin1'))}: ${answer}, not ${expected}`);
  };
  /** Each has a register of its own, and knows what is in it. */
  const writeAndRead = async (port: Port, place: string, share: number) => {
    for (let i = 0; i < share; i++) {
      const value = (0x1000 + i).toString(16).toUpperCase().padStart(4, '0');
      const message = i % 2 === 0 ? `W${place}${value}` : `R${place.toLowerCase()}`;
      const last = i % 2 === 0 ? value : (0x1000 + i - 1).toString(16).toUpperCase().padStart(4, '0');
      await check(port, latin1(message), `A${place}${last}`, i % 3 > 0);
    }
  };
  const talkNonsense = async (port: Port, seed: number, share: number) => {
    const choose = createChooser(seed);
    for (let i = 0; i < share; i++) {
      const request = inventRequest(choose);
      await check(port, request, oracle(request), choose(2) === 0);
    }
  };
  const work = (['plain', 'secure'] as const).flatMap((port, p) => [
    ...Array.from({ length: 50 }, (_, i) => writeAndRead(port, `${p}0${(i + 16).toString(16).toUpperCase()}05`, count / 50)),
    ...Array.from({ length: 50 }, (_, i) => talkNonsense(port, 1000 * p + i, count / 50)),
  ]);
  await Promise.all(work);
  expect(errors).toEqual([]);
  expect(rows().length).toBeGreaterThanOrEqual(4 * count);
  // The registers of both ports are of one database, which has room for 401.
  for (let i = 100; i < 401; i++)
    await check(
      'plain',
      latin1(`WA${i.toString(16).padStart(3, '0')}000001\n`),
      `AA${i.toString(16).toUpperCase().padStart(3, '0')}000001`,
      true,
    );
  await check('secure', latin1('WFFFF000001'), 'X Database Full 401', true);
  await check('plain', latin1('WFFFF000001'), 'X Database Full 401', true);
  await check('secure', latin1('WA064001234'), 'AA064001234', true);
  await check('plain', latin1('RA06400'), 'AA064001234', true);
  expect(errors).toEqual([]);
  server.signal('SIGTERM');
  expect(await server.exited()).toEqual({ code: 0, signal: null });
  expect(server.errors).toBe('');
});
