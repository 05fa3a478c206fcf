/**
 * `foxtls send`, `receive` and `random`, as people use them: files of every size, names of every kind, ends of every kind, and other programs at
 * the other end.
 */

import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect as connectTcp } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { peerOrSkip } from '../packages/foxtls/test/peers.ts';
import { type Cut, startCuttingRelay } from './harness/cutting-relay.ts';
import { type PeerProcess, startPeer } from './harness/peer-process.ts';
import { findFreePort } from './harness/ports.ts';
import { FOXTLS, foxtlsPrograms, shellLine } from './harness/programs.ts';
import { startScreen } from './harness/screen.ts';
import { pause, waitUntil } from './harness/wait.ts';

const programs = foxtlsPrograms();
const { home, foxtls } = programs;

let folders = 0;
/** A new folder for files, and what is in it. */
function newFolder(): { readonly path: string; inside(): string[] } {
  const path = join(home, `folder-${folders++}`);
  mkdirSync(path);
  return { path, inside: () => readdirSync(path).sort() };
}

const sources = newFolder();
function makeFile(name: string, content: Uint8Array): string {
  const path = join(sources.path, name);
  writeFileSync(path, content);
  return path;
}

const sha256 = (data: Uint8Array) => createHash('sha256').update(data).digest('hex');
const hashOf = (path: string) => sha256(readFileSync(path));

interface Receiver {
  readonly process: PeerProcess;
  readonly port: number;
  readonly folder: string;
  inside(): string[];
}

async function startReceiver(...options: string[]): Promise<Receiver> {
  const { path, inside } = newFolder();
  const process = foxtls('receive', '--port', '0', '--into', path, ...options);
  return { process, port: await portOf(process), folder: path, inside };
}

async function portOf(process: PeerProcess): Promise<number> {
  const [, port] = await process.prints(/(?:waiting for a file on \S+:|"listening".*"port":)(\d+)/);
  return Number(port);
}

async function send(path: string, { port }: { readonly port: number }, ...options: string[]) {
  const sender = foxtls('send', path, 'localhost', '--port', String(port), ...options);
  const { code } = await sender.exited();
  return { code, output: sender.bytes.toString(), errors: sender.errors };
}

async function ended({ process }: Receiver): Promise<number | null> {
  return (await process.exited()).code;
}

const TEN_MEGABYTES = 10_000_000;

describe.each(['1.3', '1.2'])('foxtls send and foxtls receive, TLS %s', (version) => {
  it.each([0, 1, 4095, 4096, 4097, TEN_MEGABYTES])('move a file of %d bytes as it is', async (size) => {
    const path = makeFile(`of ${size} bytes`, randomBytes(size));
    const receiver = await startReceiver('--tls', version);
    const { code, output, errors } = await send(path, receiver);
    expect([code, errors]).toEqual([0, '']);
    expect(output).toMatch(new RegExp(`^\\d+\\.\\d{6} seconds to send data \n${size} bytes sent, and kept as they are\n$`));
    expect(await ended(receiver)).toBe(0);
    expect(receiver.inside()).toEqual([`of ${size} bytes`]);
    const kept = join(receiver.folder, `of ${size} bytes`);
    expect(hashOf(kept)).toBe(hashOf(path));
    expect(receiver.process.bytes.toString().split('\n').slice(1)).toEqual([
      expect.stringMatching(new RegExp(`^receiving of ${size} bytes from 127\\.0\\.0\\.1:\\d+$`)),
      expect.stringMatching(/^\d+\.\d{6} seconds to receive data $/),
      `${size} bytes in ${kept}`,
      '',
    ]);
  });

  it('say the same in JSON, with the SHA-256', async () => {
    const path = makeFile('facts.bin', randomBytes(20_000));
    const receiver = await startReceiver('--tls', version, '--json');
    const { output } = await send(path, receiver, '--json');
    const facts = (text: string) =>
      text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    const common = { name: 'facts.bin', bytes: 20_000, sha256: hashOf(path), version: `TLSv${version}` };
    expect(facts(output).at(-1)).toMatchObject({ event: 'sent', confirmed: true, ...common });
    expect(await ended(receiver)).toBe(0);
    expect(facts(receiver.process.bytes.toString()).at(-1)).toMatchObject({ event: 'received', ...common });
  });

  it('go on with --loop, several at a time, whatever one of them does', async () => {
    const receiver = await startReceiver('--tls', version, '--loop');
    const paths = [1, 2, 3].map((number) => makeFile(`loop-${version}-${number}`, randomBytes(300_000 * number)));
    const stranger = connectTcp(receiver.port, '127.0.0.1', () => stranger.write('GET / HTTP/1.1\r\n\r\n'));
    stranger.on('error', () => {});
    const results = await Promise.all(paths.map((path) => send(path, receiver)));
    expect(results.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(receiver.inside()).toEqual(paths.map((path) => path.split('/').at(-1)));
    for (const path of paths) expect(hashOf(join(receiver.folder, path.split('/').at(-1) as string))).toBe(hashOf(path));
    receiver.process.signal('SIGINT');
    expect(await ended(receiver)).toBe(0);
    expect(receiver.process.output).toMatch(/\n\nSIGINT 2 handled\n$/);
  });
});

describe('foxtls send and foxtls receive', () => {
  const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));

  it.each(['--tls 1.1', '--tls 1.0', '--psk', '--psk --tls 1.2', '--ipv6', '--record-size 512', '--record-size 16384'])(
    'move a file with %s',
    async (text) => {
      if (text === '--ipv6' && !hasIpv6) return;
      const options = text.split(' ');
      const path = makeFile('options.bin', randomBytes(100_000));
      const receiver = await startReceiver(...(text.startsWith('--record') ? [] : options));
      const { code, output } = await send(path, receiver, ...options);
      expect([code, output]).toEqual([0, expect.stringMatching(/\n100000 bytes sent, and kept as they are\n$/)]);
      expect(await ended(receiver)).toBe(0);
      expect(hashOf(join(receiver.folder, 'options.bin'))).toBe(hashOf(path));
    },
  );

  it('refuse a name of one byte over TLS 1.0, which splits the first byte off', async () => {
    const receiver = await startReceiver('--tls', '1.0');
    const { code, errors } = await send(makeFile('x', Buffer.from('content')), receiver, '--tls', '1.0');
    expect([code, errors]).toEqual([1, expect.stringContaining('over TLS 1.0 a name has two bytes or more')]);
    expect(await ended(receiver)).toBe(1);
    expect(receiver.inside()).toEqual([]);
  });

  it('let senders with a certificate in, and no others, when they are told to', async () => {
    const path = makeFile('trusted.bin', randomBytes(1000));
    const receiver = await startReceiver('--require-certificate', '--loop', '--verbose');
    // Whoever is told whom to trust shows no certificate.
    const stranger = await send(path, receiver, '--ca', join(home, '.foxtls/ca.pem'));
    expect(stranger.code).toBe(1);
    await receiver.process.prints(/no handshake: .*certificate/i);
    expect((await send(path, receiver)).code).toBe(0);
    expect(receiver.inside()).toEqual(['trusted.bin']);
  });

  it('write down the secrets of both ends', async () => {
    const [ours, theirs] = [join(home, 'receiver.keys'), join(home, 'sender.keys')];
    const receiver = await startReceiver('--keylog', ours);
    expect((await send(makeFile('logged.bin', randomBytes(1000)), receiver, '--keylog', theirs)).code).toBe(0);
    await ended(receiver);
    const lines = (path: string) => readFileSync(path, 'latin1').trim().split('\n').sort();
    expect(lines(ours)).toEqual(lines(theirs));
    expect(lines(ours).length).toBeGreaterThan(3);
    expect(statSync(ours).mode & 0o777).toBe(0o600);
  });
});

describe('a transfer that does not come to its end', () => {
  const path = () => makeFile('large.bin', randomBytes(TEN_MEGABYTES));
  const MIDDLE = 2_000_000;

  /** Kills one of two in the midst, where the other has said that it is under way. */
  async function interrupted(kill: 'sender' | 'receiver', signal: NodeJS.Signals) {
    const receiver = await startReceiver();
    const port = await startCuttingRelay(receiver.port, MIDDLE, 'hold');
    const sender = foxtls('send', path(), 'localhost', '--port', String(port));
    await receiver.process.prints(/^receiving large\.bin/m);
    await waitUntil(
      () => receiver.inside().length > 0,
      () => 'there should be a file in the making',
    );
    expect(receiver.inside()).toEqual([expect.stringMatching(/^\.foxtls-.*\.part$/)]);
    (kill === 'sender' ? sender : receiver.process).signal(signal);
    return { receiver, sender };
  }

  it.each(['SIGKILL', 'SIGINT', 'SIGTERM'] as const)('leaves nothing when the sender gets %s', async (signal) => {
    const { receiver, sender } = await interrupted('sender', signal);
    expect(await ended(receiver)).toBe(1);
    expect(receiver.process.errors).toMatch(/^foxtls receive: 127\.0\.0\.1:\d+: the connection was cut .*nothing was kept\n$/);
    expect(receiver.inside()).toEqual([]);
    const { code } = await sender.exited();
    if (signal !== 'SIGKILL')
      expect([code, sender.errors]).toEqual([1, 'foxtls send: stopped: the receiver does not have the file\n']);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('leaves nothing when the receiver gets %s', async (signal) => {
    const { receiver, sender } = await interrupted('receiver', signal);
    expect(await ended(receiver)).toBe(1);
    expect(receiver.inside()).toEqual([]);
    expect((await sender.exited()).code).toBe(1);
    expect(sender.errors).toMatch(/^foxtls send: .*nobody says that it has the file, so send it again\n$/);
  });

  it('leaves a piece that nobody takes for the file when the receiver gets SIGKILL, and the next receiver removes it', async () => {
    const { receiver, sender } = await interrupted('receiver', 'SIGKILL');
    await ended(receiver);
    expect((await sender.exited()).code).toBe(1);
    expect(receiver.inside()).toEqual([expect.stringMatching(/^\.foxtls-.*\.part$/)]);
    const next = foxtls('receive', '--port', '0', '--into', receiver.folder);
    await portOf(next);
    expect(next.errors).toBe('a piece of what an earlier receiver had begun: removed\n');
    expect(receiver.inside()).toEqual([]);
  });

  it.each<[Cut, string, string]>([
    ['reset', '1.3', 'a reset'],
    ['reset', '1.2', 'a reset'],
    ['end', '1.3', 'a FIN without close_notify'],
    ['end', '1.2', 'a FIN without close_notify'],
  ])('leaves nothing after a %s of the network, TLS %s: %s', async (cut, version) => {
    for (const options of [[], ['--plain']]) {
      const receiver = await startReceiver('--tls', version, ...options);
      const port = await startCuttingRelay(receiver.port, MIDDLE, cut);
      const { code, errors } = await send(path(), { port }, ...options);
      // Without the ALPN nobody tells the sender: a FIN at the end is no more than that.
      if (cut === 'reset' || options.length === 0)
        expect([code, errors]).toEqual([1, expect.stringMatching(/^foxtls send: .*send it again\n$/)]);
      expect(await ended(receiver)).toBe(1);
      expect(receiver.process.errors).toContain('nothing was kept');
      expect(receiver.inside()).toEqual([]);
    }
  });

  it('ends when nothing moves any more', async () => {
    const receiver = await startReceiver('--timeout', '0.5');
    const port = await startCuttingRelay(receiver.port, MIDDLE, 'hold');
    const { code, errors } = await send(path(), { port }, '--timeout', '1');
    expect([code, errors]).toEqual([1, expect.stringMatching(/^foxtls send: /)]);
    expect(await ended(receiver)).toBe(1);
    expect(receiver.process.errors).toMatch(/nothing came for 0\.5 s: nothing was kept\n$/);
    expect(receiver.inside()).toEqual([]);
  });

  it('says that the disk has no room, at both ends', async () => {
    const folder = newFolder();
    // What the shell allows stands for the disk: a MiB of it.
    const line = `ulimit -f 1024; ${shellLine(['receive', '--port', '0', '--into', folder.path])}`;
    const receiver = startPeer('bash', ['-c', line], { environment: { HOME: home } });
    const { code, errors } = await send(path(), { port: await portOf(receiver) });
    expect([code, errors]).toEqual([
      1,
      'foxtls send: the receiver did not keep the file: files may not be as large as that here\n',
    ]);
    expect((await receiver.exited()).code).toBe(1);
    expect(receiver.errors).toMatch(/: files may not be as large as that here\n$/);
    expect(folder.inside()).toEqual([]);
  });

  it.each(['1.3', '1.2'])('is refused above --max-size, TLS %s', async (version) => {
    const receiver = await startReceiver('--max-size', '1MB', '--tls', version);
    const { code, errors } = await send(path(), receiver);
    expect([code, errors]).toEqual([1, 'foxtls send: the receiver did not keep the file: more than 1000000 bytes\n']);
    expect(await ended(receiver)).toBe(1);
    expect(receiver.inside()).toEqual([]);
  });
});

describe('what is there already', () => {
  it('stays, unless it may be replaced', async () => {
    const path = makeFile('twice.txt', Buffer.from('new'));
    const receiver = await startReceiver('--loop');
    writeFileSync(join(receiver.folder, 'twice.txt'), 'old');
    const { code, errors } = await send(path, receiver);
    expect([code, errors]).toEqual([
      1,
      'foxtls send: the receiver did not keep the file: there is a file of that name already\n',
    ]);
    await receiver.process.prints(/twice\.txt exists already: move it away, or give --overwrite\n/);
    expect(readFileSync(join(receiver.folder, 'twice.txt'), 'utf8')).toBe('old');
    const second = foxtls('receive', '--port', '0', '--into', receiver.folder, '--overwrite');
    expect((await send(path, { port: await portOf(second) })).code).toBe(0);
    expect(readFileSync(join(receiver.folder, 'twice.txt'), 'utf8')).toBe('new');
  });
});

/** node:tls, with the demo's certificates, to our receiver. */
async function nodeClient(port: number, protocols: string[] = []): Promise<TLSSocket> {
  const ca = readFileSync(join(home, '.foxtls/ca.pem'));
  const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ca, ALPNProtocols: protocols });
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {});
  await new Promise((resolve) => socket.once('secureConnect', resolve));
  return socket;
}

const BAD_NAMES = [
  ...['..', '../escaped', '../../../../../../tmp/escaped', '/tmp/escaped', 'sub/escaped', '..\\escaped', 'C:escaped'],
  ...['a\0b', '.profile', '-rf', 'a\nb', '\x1b[2Jclear', 'NUL', 'x'.repeat(256), '\ufeffa', ' ', 'abc\u202etxt.exe'],
];

describe('names that strangers choose', () => {
  it('are refused when they would do harm, and the next sender is served', async () => {
    const receiver = await startReceiver('--loop');
    let refused = 0;
    for (const name of BAD_NAMES) {
      for (const protocols of [[], ['foxtls-transfer']]) {
        const socket = await nodeClient(receiver.port, protocols);
        let heard = '';
        socket.on('data', (data) => {
          heard += String(data);
        });
        const closed = new Promise((resolve) => socket.once('close', resolve));
        socket.write(name);
        await closed;
        refused++;
        expect(heard, JSON.stringify(name)).toMatch(protocols.length > 0 ? /^the name / : /^$/);
        const lines = () => receiver.process.errors.split('\n').slice(0, -1);
        await waitUntil(
          () => lines().length === refused,
          () => receiver.process.errors,
        );
        expect(lines().at(-1)).toMatch(/^foxtls receive: 127\.0\.0\.1:\d+: ".*" was refused: the name .*$/);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: that is the point
        expect(lines().at(-1)).not.toMatch(/[\x00-\x1f\x7f\u202e]/);
        expect(receiver.inside()).toEqual([]);
      }
    }
    expect(readdirSync(home).filter((entry) => entry.includes('escaped'))).toEqual([]);
    expect((await send(makeFile('good name', Buffer.from('x')), receiver)).code).toBe(0);
    expect(receiver.inside()).toEqual(['good name']);
  });

  it('are checked before they are sent', async () => {
    const path = makeFile('.hidden', Buffer.from('x'));
    expect(await send(path, { port: 9 })).toEqual({
      code: 2,
      output: '',
      errors:
        'foxtls send: ".hidden" would be refused: the name begins with a dot; give it another name with --as NAME (foxtls send --help)\n',
    });
    const receiver = await startReceiver();
    expect((await send(path, receiver, '--as', 'shown')).code).toBe(0);
    expect(receiver.inside()).toEqual(['shown']);
  });
});

describe('another program at the other end', () => {
  it('node:tls sends: a record with the name, then the content', async () => {
    const receiver = await startReceiver();
    const content = randomBytes(1_000_000);
    const socket = await nodeClient(receiver.port);
    socket.write('from-node.bin', () => socket.end(content));
    expect(await ended(receiver)).toBe(0);
    expect(hashOf(join(receiver.folder, 'from-node.bin'))).toBe(sha256(content));
  });

  it('node:tls receives: what foxtls sends is a record with the name, then the content', async () => {
    const read = (name: string) => readFileSync(join(home, '.foxtls', name));
    const path = makeFile('to-node.bin', randomBytes(1_000_000));
    const parts: Buffer[] = [];
    const server = createServer({ cert: read('server.pem'), key: read('server-key.pem') }, (socket) => {
      socket.on('data', (part: Buffer) => parts.push(part));
    });
    onTestFinished(() => void server.close());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { code, output } = await send(path, server.address() as AddressInfo);
    expect([code, output]).toEqual([0, expect.stringMatching(/\n1000000 bytes sent\n$/)]);
    expect(parts[0]?.toString()).toBe('to-node.bin');
    expect(sha256(Buffer.concat(parts.slice(1)))).toBe(hashOf(path));
  });

  it('says nothing of a receiver that lies: a wrong SHA-256 is found', async () => {
    const receiver = await startReceiver();
    const socket = await nodeClient(receiver.port, ['foxtls-transfer']);
    let heard = '';
    socket.on('data', (data) => {
      heard += String(data);
    });
    socket.write('forged.txt', () => socket.end(Buffer.concat([Buffer.from('content'), Buffer.alloc(40)])));
    expect(await ended(receiver)).toBe(1);
    expect(receiver.process.errors).toMatch(/what arrived is not what was sent: its length or its SHA-256 differs\n$/);
    expect(heard).toBe('its length or its SHA-256 differs');
    expect(receiver.inside()).toEqual([]);
  });

  it.each(['-tls1_3', '-tls1_2'])('openssl s_client %s sends what is piped into it', async (version, context) => {
    peerOrSkip(context as never, 'openssl');
    const receiver = await startReceiver();
    const options = ['-CAfile', join(home, '.foxtls/ca.pem'), '-servername', 'localhost', '-nocommands', version];
    const client = startPeer('openssl', ['s_client', '-connect', `127.0.0.1:${receiver.port}`, ...options]);
    await client.prints(/Verify return code/);
    client.write('from-openssl.bin\n');
    await receiver.process.prints(/^receiving from-openssl\.bin from/m);
    const content = randomBytes(1_000_000);
    client.endInput(content);
    expect(await ended(receiver)).toBe(0);
    expect(hashOf(join(receiver.folder, 'from-openssl.bin'))).toBe(sha256(content));
  });

  it('openssl s_server receives', async (context) => {
    peerOrSkip(context, 'openssl');
    const port = await findFreePort();
    const at = (name: string) => join(home, '.foxtls', name);
    const server = startPeer('openssl', [
      's_server',
      '-accept',
      String(port),
      '-cert',
      at('server.pem'),
      '-key',
      at('server-key.pem'),
      '-naccept',
      '1',
      '-quiet',
    ]);
    const path = makeFile('to-openssl.bin', randomBytes(100_000));
    let result = await send(path, { port });
    for (let round = 0; round < 50 && result.errors.includes('nothing listens'); round++) {
      await pause(100);
      result = await send(path, { port });
    }
    expect([result.code, result.errors]).toEqual([0, '']);
    await server.exited();
    expect(sha256(server.bytes)).toBe(sha256(Buffer.concat([Buffer.from('to-openssl.bin'), readFileSync(path)])));
  });

  it.for(['wolfSSL', 'OpenSSL'] as const)('a program in C with %s sends and receives', async (library, context) => {
    peerOrSkip(context, library === 'wolfSSL' ? 'wolfssl' : 'openssl');
    const program = join(home, `transfer-${library}`);
    const flags = library === 'wolfSSL' ? ['-DWITH_WOLFSSL', '-lwolfssl'] : ['-lssl', '-lcrypto'];
    const source = 'packages/foxtls-cli/native/transfer.c';
    const compiled = spawnSync('gcc', ['-Wall', '-Wextra', '-Werror', source, '-o', program, ...flags], { encoding: 'utf8' });
    if (/No such file or directory/.test(compiled.stderr)) context.skip(`no headers of ${library}, or no gcc`);
    expect(compiled.stderr).toBe('');
    const at = (name: string) => join(home, '.foxtls', name);
    const suite = 'ECDHE-ECDSA-AES256-GCM-SHA384';
    const path = makeFile(`by ${library}.bin`, randomBytes(1_000_000));

    const receiver = await startReceiver();
    const sender = startPeer(program, ['send', path, String(receiver.port), '1.2', suite, at('ca.pem')]);
    expect((await sender.exited()).code, sender.output).toBe(0);
    expect(await ended(receiver)).toBe(0);
    expect(hashOf(join(receiver.folder, `by ${library}.bin`))).toBe(hashOf(path));

    const copy = join(home, `copy by ${library}`);
    const theirs = startPeer(program, ['receive', copy, at('server.pem'), '1.2', suite, at('server-key.pem')]);
    const [, port] = await theirs.prints(/"port":(\d+)/);
    const { code, output } = await send(path, { port: Number(port) });
    expect([code, output]).toEqual([0, expect.stringMatching(/\n1000000 bytes sent\n$/)]);
    expect((await theirs.exited()).code, theirs.output).toBe(0);
    expect(hashOf(copy)).toBe(hashOf(path));
  });

  it('a server that is somebody else gets nothing', async () => {
    const receiver = await startReceiver();
    const path = makeFile('secret.txt', Buffer.from('secret'));
    const { code, errors } = await send(path, receiver, '--server-name', 'example.com');
    expect([code, errors]).toEqual([1, expect.stringMatching(/^foxtls send: 127\.0\.0\.1:\d+: .*example\.com.*\n$/)]);
    expect(receiver.inside()).toEqual([]);
  });
});

describe('on a terminal', () => {
  /** Its last lines stay to be seen. */
  const onScreen = (...words: string[]) =>
    startScreen({
      command: `trap : INT; (${shellLine(words)}); echo "exit $?"; sleep 60`,
      columns: 100,
      environment: { HOME: home },
    });

  it('foxtls send and foxtls receive say what they did', async (context) => {
    peerOrSkip(context, 'tmux');
    const { path: folder } = newFolder();
    const file = makeFile('shown.bin', randomBytes(TEN_MEGABYTES));
    const receiver = onScreen('receive', '--port', '0', '--into', folder);
    const [, port = ''] = await receiver.shows(/waiting for a file on 127\.0\.0\.1:(\d+)/);
    const sender = onScreen('send', file, 'localhost', '--port', port);
    await sender.shows(/^\d+\.\d{6} seconds to send data\n10000000 bytes sent, and kept as they are\nexit 0$/);
    await receiver.shows(/\n\d+\.\d{6} seconds to receive data\n10000000 bytes in \S+\nexit 0$/);
    expect(hashOf(join(folder, 'shown.bin'))).toBe(hashOf(file));
  });

  it('they show how far they have come, and take that away at the end', async (context) => {
    peerOrSkip(context, 'tmux');
    const { path: folder } = newFolder();
    const receiver = onScreen('receive', '--port', '0', '--into', folder, '--timeout', '20');
    const [, server = ''] = await receiver.shows(/waiting for a file on 127\.0\.0\.1:(\d+)/);
    const port = await startCuttingRelay(Number(server), 2_000_000, 'hold');
    const file = makeFile('stuck.bin', randomBytes(TEN_MEGABYTES));
    const sender = onScreen('send', file, 'localhost', '--port', String(port));
    await sender.shows(/^stuck\.bin \[=+> *\] +\d+ % {2}[\d.]+ MB of 10 MB {2}[\d.]+ [kM]?B\/s/m);
    await receiver.shows(/^stuck\.bin [-|/\\] {2}[\d.]+ MB {2}[\d.]+ [kM]?B\/s {2}\d+ s$/m);
    sender.press('C-c');
    await sender.shows(/^\S*\s*foxtls send: stopped: the receiver does not have the file\nexit 1$/);
    await receiver.shows(/\nfoxtls receive: [\s\S]* nothing was kept\nexit 1$/);
    for (const screen of [sender, receiver]) expect(screen.text()).not.toContain('stuck.bin [');
  });
});

describe('foxtls random', () => {
  it('makes a file of so many bytes, and replaces none', async () => {
    const { path, inside } = newFolder();
    const random = (...options: string[]) => {
      const made = startPeer(process.execPath, [FOXTLS, 'random', ...options], { folder: path, environment: { HOME: home } });
      return made.exited().then(({ code }) => ({ code, output: made.output }));
    };
    expect(await random('1.5MB')).toEqual({ code: 0, output: '1500000 random bytes in random-1500000.bin\n' });
    expect(statSync(join(path, 'random-1500000.bin')).size).toBe(1_500_000);
    // It cannot be made smaller.
    expect(gzipSync(readFileSync(join(path, 'random-1500000.bin'))).length).toBeGreaterThan(1_500_000);
    expect(await random('1.5MB')).toEqual({ code: 1, output: expect.stringContaining('exists already') });
    expect(await random('0', '--out', 'none')).toEqual({ code: 0, output: '0 random bytes in none\n' });
    expect(inside()).toEqual(['none', 'random-1500000.bin']);
    expect(await random('many')).toEqual({ code: 2, output: expect.stringContaining('is a number of bytes') });
  });
});
