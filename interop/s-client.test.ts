/**
 * `foxtls s-client`: its output beside that of openssl s_client with the same server, line by line; talking, commands, sessions; protocols that begin in
 * clear; servers that are no good.
 */

import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { TLSSocket } from '../packages/foxtls/src/tls.ts';
import { describeWithPeer } from '../packages/foxtls/test/peers.ts';
import { type PeerProcess, startPeer } from './harness/peer-process.ts';
import { createInteropPki, type InteropPki } from './harness/pki.ts';
import { findFreePort } from './harness/ports.ts';
import { foxtlsPrograms } from './harness/programs.ts';
import { pause } from './harness/wait.ts';

const { home, foxtls, inTerminal } = foxtlsPrograms();
let pki: InteropPki;
beforeAll(async () => {
  pki = await createInteropPki();
});
afterAll(() => pki?.remove());

interface Server {
  readonly process: PeerProcess;
  readonly port: string;
}

/** openssl s_server; what is typed into it goes to its clients. */
async function startOpenSsl(...words: string[]): Promise<Server> {
  const port = String(await findFreePort());
  const { certPath, keyPath } = pki.servers.rsa;
  const isDatagram = words.some((word) => word.startsWith('-dtls'));
  const credential = words.includes('-nocert') ? [] : ['-cert', certPath, '-key', keyPath, '-cert_chain', certPath];
  const process = startPeer('openssl', ['s_server', '-accept', isDatagram ? port : `127.0.0.1:${port}`, ...credential, ...words]);
  await process.prints(/ACCEPT/);
  return { process, port };
}

interface Done {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

/** Runs a client until it is connected, types, and waits for its end. */
async function typeInto(client: PeerProcess, ready: RegExp, ...typed: string[]): Promise<Done> {
  await client.prints(ready);
  for (const text of typed) {
    client.write(text);
    await pause(100);
  }
  const { code } = await client.exited();
  return { code, output: client.bytes.toString(), errors: client.errors };
}

const SUMMARY = /Verify return code: \d+ \(.*\)\n(.*\n)?---\n/;
const ours = (server: Server, ...words: string[]) => foxtls('s-client', '-connect', `127.0.0.1:${server.port}`, ...words);
const theirs = (server: Server, ...words: string[]) =>
  startPeer('openssl', ['s_client', '-connect', `127.0.0.1:${server.port}`, ...words]);
const trusting = () => ['-CAfile', pki.caPath];

/** The lines of an output, without what is different each time. */
function shape(output: string): string[] {
  const lines = output.split('\n').map((line) =>
    line
      .replace(/^( *)[0-9a-f]{4} - .*$/, '$1DUMP')
      .replace(/^[A-Za-z0-9+/]{4,64}={0,2}$/, 'BASE64')
      .replace(/^ {4}[0-9a-f]{2}( [0-9a-f]{2})*$/, '    HEX')
      .replace(/(Session-ID|Master-Key|Resumption PSK|Start Time)( *): .*$/, '$1$2:')
      .replace(/^SSL handshake has read \d+ bytes and written \d+ bytes$/, 'SSL handshake has read N bytes and written N bytes')
      .replace(/\[length [0-9a-f]{4}\], (ClientHello|EncryptedExtensions)$/, '[length N], $1'),
  );
  return lines.filter((line, i) => !(/DUMP|BASE64|HEX/.test(line) && line === lines[i - 1]));
}

/** Without the headers of records and the types inside of them, which are not traced. */
function messages(output: string): string[] {
  const lines = shape(output).filter((line) => /^(<<<|>>>)/.test(line));
  return lines.filter((line) => !/RecordHeader|InnerContent/.test(line));
}

describeWithPeer('s-client beside openssl s_client', 'openssl', () => {
  const tls13 = ['-ciphersuites', 'TLS_AES_128_GCM_SHA256'];
  const tls12 = ['-tls1_2', '-cipher', 'ECDHE-RSA-AES128-GCM-SHA256'];

  it.each([
    ['TLS 1.3, trusted', () => [...tls13, ...trusting(), '-no_ssl3', '-no_tls1', '-no_tls1_1']],
    ['TLS 1.3, not trusted, all certificates', () => [...tls13, '-showcerts']],
    [
      'TLS 1.3, another name, a secp256r1 key',
      () => [...tls13, ...trusting(), '-verify_hostname', 'other.test', '-groups', 'P-256', '-status'],
    ],
    [
      'TLS 1.3, the name, extensions',
      () => [
        ...tls13,
        ...trusting(),
        '-verify_hostname',
        'localhost',
        '-alpn',
        'h2,http/1.1',
        '-servername',
        'localhost',
        '-tlsextdebug',
      ],
    ],
    ['TLS 1.3, in short', () => [...tls13, '-brief']],
    ['TLS 1.2, trusted, by its address', () => [...tls12, ...trusting(), '-verify_ip', '127.0.0.1', '-verify', '3']],
    ['TLS 1.2, in short', () => [...tls12, ...trusting(), '-brief']],
  ])('prints the same lines: %s', async (_title, words) => {
    const server = await startOpenSsl('-num_tickets', '0', '-alpn', 'h2');
    const ready = words().includes('-brief') ? /Server Temp Key/ : SUMMARY;
    // One after the other: s_server has one client at a time.
    const mine = await typeInto(ours(server, ...words()), ready, 'Q\n');
    const other = await typeInto(theirs(server, ...words()), ready, 'Q\n');
    expect(shape(mine.output)).toEqual(shape(other.output));
    // It complains of a client that sends no name.
    expect(shape(mine.errors)).toEqual(shape(other.errors.replace("Can't use SSL_get_servername\n", '')));
    expect(mine.code).toBe(other.code);
  });

  it.each([
    ['TLS 1.3', tls13],
    ['TLS 1.2', tls12],
  ])('shows the same messages: %s', async (_title, words) => {
    const server = await startOpenSsl('-num_tickets', '0');
    const mine = await typeInto(ours(server, ...words, ...trusting(), '-msg'), SUMMARY, 'Q\n');
    const other = await typeInto(theirs(server, ...words, ...trusting(), '-msg'), SUMMARY, 'Q\n');
    const isKept = (line: string) =>
      !line.includes('ChangeCipherSpec') && !/<<<.*close_notify/.test(line) && !line.includes('ClientHello');
    expect(messages(mine.output).filter(isKept)).toEqual(messages(other.output).filter(isKept));
    expect(mine.output).toMatch(/^>>> TLS 1\.[23], Handshake \[length [0-9a-f]{4}\], ClientHello\n {4}01 00 /m);
  });

  it('prints tickets of TLS 1.3 as they come', async () => {
    const server = await startOpenSsl('-num_tickets', '1');
    const tickets = /Post-Handshake New Session Ticket arrived:[\s\S]*read R BLOCK\n/;
    const block = async (client: PeerProcess) => {
      // openssl writes them when it ends.
      await client.prints(SUMMARY);
      await pause(300);
      const { output } = await typeInto(client, SUMMARY, 'Q\n');
      return shape(tickets.exec(output)?.[0] ?? '');
    };
    expect(await block(ours(server, ...tls13, ...trusting()))).toEqual(await block(theirs(server, ...tls13, ...trusting())));
  });

  it('ends with the first error where it is told to', async () => {
    const server = await startOpenSsl();
    const client = ours(server, '-verify_return_error');
    expect((await client.exited()).code).toBe(1);
    expect(client.bytes.toString()).toMatch(
      /^CONNECTED\(00000003\)\n---\nCertificate chain\n[\s\S]*no peer certificate available\n[\s\S]*New, \(NONE\), Cipher is \(NONE\)\n/,
    );
    expect(client.errors).toBe(
      'depth=0 CN = localhost\nverify error:num=20:unable to get local issuer certificate\n' +
        'foxtls s-client: certificate verify failed: unable to get local issuer certificate\n',
    );
  });
});

describeWithPeer('s-client and openssl s_server', 'openssl', () => {
  it('talk, and end by Q', async () => {
    const server = await startOpenSsl();
    const client = ours(server, ...trusting());
    await client.prints(SUMMARY);
    client.write('hello server\n');
    await server.process.prints(/hello server/);
    server.process.write('hello client\n');
    await client.prints(/hello client\n/);
    client.write('Quite a line\n');
    await server.process.prints(/Quite a line/);
    client.write('Q\n');
    expect((await client.exited()).code).toBe(0);
    expect(client.errors).toMatch(/DONE\n$/);
    await server.process.prints(/DONE|CONNECTION CLOSED/);
  });

  it('talk in a terminal, where nothing of the server’s steers', async () => {
    const server = await startOpenSsl();
    const client = inTerminal('s-client', '-connect', `127.0.0.1:${server.port}`, ...trusting());
    await client.prints(/Verify return code: 0 \(ok\)\r\n---\r\n/);
    client.write('typed\n');
    await server.process.prints(/typed/);
    server.process.write('\x1b[31mred\n');
    await client.prints(/\.\[31mred\r\n/);
    client.write('Q\n');
    expect((await client.exited()).code).toBe(0);
  });

  it('renew their keys by K, R and k', async () => {
    const server = await startOpenSsl('-client_renegotiation');
    const tls13 = ours(server, ...trusting());
    await tls13.prints(SUMMARY);
    tls13.write('K\n');
    await tls13.prints(/KEYUPDATE/);
    tls13.write('under new keys\n');
    await server.process.prints(/under new keys/);
    tls13.write('R\n');
    await tls13.prints(/RENEGOTIATING\nit cannot: /);
    tls13.write('Q\n');
    await tls13.exited();
    const tls12 = ours(server, ...trusting(), '-tls1_2', '-msg');
    await tls12.prints(SUMMARY);
    tls12.write('R\n');
    await tls12.prints(/(<<< TLS 1\.2, Handshake \[length 0010\], Finished[\s\S]*){2}RENEGOTIATING/);
    tls12.write('Q\n');
    await tls12.exited();
  });

  it('go on at the end of the input where they are told to, and tell of the server’s end', async () => {
    const server = await startOpenSsl();
    const client = ours(server, ...trusting(), '-quiet');
    client.endInput('Q\n');
    await server.process.prints(/^Q$/m);
    server.process.write('after the end\n');
    await client.prints(/after the end\n/);
    server.process.write('Q\n');
    // s_server goes without close_notify.
    expect((await client.exited()).code).toBe(1);
    expect(client.errors).toMatch(/^unexpected eof while reading: .*\n$/);
    expect(client.bytes.toString()).toBe('after the end\n');
    const ends = ours(await startOpenSsl(), ...trusting());
    ends.endInput();
    expect((await ends.exited()).code).toBe(0);
  });

  it('resume a session of a file, and reconnect', async () => {
    const server = await startOpenSsl();
    const file = join(home, 'session.pem');
    for (const words of [['-tls1_3'], ['-tls1_2']]) {
      await typeInto(ours(server, ...trusting(), ...words, '-sess_out', file), /Session-ID:[\s\S]*---\n/, 'Q\n');
      expect(readFileSync(file, 'latin1')).toMatch(/^-----BEGIN FOXTLS SESSION PARAMETERS-----/);
      expect(statSync(file).mode & 0o777).toBe(0o600);
      const resumed = await typeInto(ours(server, ...trusting(), ...words, '-sess_in', file), SUMMARY, 'Q\n');
      expect(resumed.output).toMatch(/^Reused, TLSv1\.[23], Cipher is /m);
    }
    const again = await typeInto(ours(server, ...trusting(), '-tls1_2', '-reconnect'), /(Reused,[\s\S]*){5}---\n/, 'Q\n');
    expect([again.output.match(/^New, /gm)?.length, again.output.match(/^Reused, /gm)?.length]).toEqual([1, 5]);
    writeFileSync(file, '-----BEGIN SSL SESSION PARAMETERS-----\nAAAA\n-----END SSL SESSION PARAMETERS-----\n');
    const foreign = ours(server, '-sess_in', file);
    expect((await foreign.exited()).code).toBe(1);
    expect(foreign.errors).toMatch(/has a session of openssl, which only openssl can resume/);
  });

  it('show a client certificate, with a password from the environment', async () => {
    const server = await startOpenSsl('-Verify', '1', '-verify_return_error', '-CAfile', pki.caPath);
    const { certPath, keyPath } = pki.clients.p256;
    const client = await typeInto(ours(server, ...trusting(), '-cert', certPath, '-key', keyPath), SUMMARY, 'Q\n');
    expect(client.output).toMatch(
      /^Acceptable client certificate CA names\nCN = Interop Root\nRequested Signature Algorithms: ECDSA\+SHA256:/m,
    );
    await server.process.prints(/CN = client-p256/);
    const without = ours(server, ...trusting());
    expect((await without.exited()).code).toBe(1);
  });

  it('speak by a pre-shared key, and over datagrams', async () => {
    const key = '0123456789abcdef0123456789abcdef';
    const server = await startOpenSsl('-nocert', '-psk', key, '-psk_identity', 'fox', '-tls1_3');
    const client = await typeInto(ours(server, '-psk', key, '-psk_identity', 'fox'), SUMMARY, 'Q\n');
    expect(client.output).toMatch(/no peer certificate available\n[\s\S]*, TLSv1\.3, Cipher is TLS_AES_128_GCM_SHA256/);
    const datagrams = await startOpenSsl('-dtls1_2');
    const dtls = ours(datagrams, ...trusting(), '-dtls1_2');
    await dtls.prints(/New, DTLSv1\.2, Cipher is ECDHE-RSA-AES128-GCM-SHA256/);
    dtls.write('over datagrams\n');
    await datagrams.process.prints(/over datagrams/);
    dtls.write('Q\n');
    expect((await dtls.exited()).code).toBe(0);
  });

  it('export the same keying material, and write secrets where they are told to', async () => {
    const server = await startOpenSsl('-keymatexport', 'fox', '-keymatexportlen', '16');
    const log = join(home, 'keys.log');
    const words = ['-keymatexport', 'fox', '-keymatexportlen', '16', '-keylogfile', log];
    const { output } = await typeInto(ours(server, ...trusting(), ...words), /Keying material: .*\n/, 'Q\n');
    const [, material] = /Keying material: ([0-9A-F]{32})\n/.exec(output) ?? [];
    await server.process.prints(new RegExp(`Keying material: ${material}`));
    expect(readFileSync(log, 'latin1')).toMatch(/^CLIENT_HANDSHAKE_TRAFFIC_SECRET /m);
  });

  it('speak old versions and suites when they are named', async () => {
    const server = await startOpenSsl('-cipher', 'ALL:@SECLEVEL=0', '-tls1_1');
    const client = await typeInto(ours(server, ...trusting(), '-tls1_1'), SUMMARY, 'Q\n');
    expect(client.output).toMatch(/New, TLSv1\.1, Cipher is ECDHE-RSA-AES\d+-SHA/);
  });

  it('write objects', async () => {
    const server = await startOpenSsl();
    const client = ours(server, ...trusting(), '-json');
    await client.prints(/"event":"connected"/);
    server.process.write('hello\n');
    await client.prints(/\{"event":"data","bytes":6,"text":"hello\\n"\}/);
    client.endInput();
    await client.exited();
    expect(JSON.parse(client.bytes.toString().split('\n')[0] ?? '')).toMatchObject({
      version: 'TLSv1.3',
      verifyCode: 0,
      certificates: 2,
    });
  });
});

/** What a server says in clear, each when the client has said what it waits for. */
const CLEAR: Readonly<Record<string, readonly (readonly [waitsFor: RegExp | undefined, says: string | Buffer])[]>> = {
  smtp: [
    [undefined, '220 mail\r\n'],
    [/EHLO/, '250-mail\r\n250 STARTTLS\r\n'],
    [/STARTTLS\r\n/, '220 go\r\n'],
  ],
  imap: [
    [undefined, '* OK ready\r\n'],
    [/CAPABILITY/, '* CAPABILITY IMAP4rev1 STARTTLS\r\na1 OK\r\n'],
    [/STARTTLS/, 'a2 OK\r\n'],
  ],
  pop3: [
    [undefined, '+OK\r\n'],
    [/CAPA/, '+OK\r\nSTLS\r\n.\r\n'],
    [/STLS\r\n/, '+OK\r\n'],
  ],
  ftp: [
    [undefined, '220 ready\r\n'],
    [/AUTH TLS/, '234 go\r\n'],
  ],
  xmpp: [
    [
      /<stream:stream/,
      "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>" +
        "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>",
    ],
    [/<starttls/, "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"],
  ],
  postgres: [[/.{8}/s, 'S']],
  mysql: [[undefined, mysqlGreeting()]],
};

function mysqlGreeting(): Buffer {
  const payload = Buffer.concat([
    Uint8Array.of(10),
    Buffer.from('8.0.36\0'),
    Buffer.alloc(13),
    Uint8Array.of(0xff, 0xff),
    Buffer.alloc(30),
  ]);
  return Buffer.concat([Uint8Array.of(payload.length, 0, 0, 0), payload]);
}

/** A server that speaks in clear first, then TLS. */
async function startClear(steps: readonly (readonly [RegExp | undefined, string | Buffer])[], isMysql: boolean): Promise<string> {
  const { cert, key } = pki.servers.p256;
  return startPlain((socket) => {
    const left = [...steps];
    let heard = '';
    const go = () => {
      while (left[0] !== undefined && (left[0][0] === undefined || left[0][0].test(heard))) {
        socket.write((left.shift() as (typeof steps)[number])[1]);
        heard = '';
      }
      // MySQL's go-ahead is the client's.
      if (left.length > 0 || (isMysql && heard.length < 36)) return;
      socket.off('data', read);
      const secure = new TLSSocket(socket, { isServer: true, cert, key });
      secure.on('error', () => undefined);
      secure.on('data', () => secure.end('secure answer\n'));
    };
    const read = (data: Buffer) => {
      heard += data.toString('latin1');
      go();
    };
    socket.on('data', read);
    go();
  });
}

async function startPlain(treat: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    treat(socket);
  });
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return String((server.address() as AddressInfo).port);
}

describe('s-client', () => {
  it.each(Object.keys(CLEAR))('begins in clear: -starttls %s', async (protocol) => {
    const port = await startClear(CLEAR[protocol] ?? [], protocol === 'mysql');
    const client = foxtls(
      's-client',
      '-connect',
      `127.0.0.1:${port}`,
      ...trusting(),
      '-starttls',
      protocol,
      '-verify_ip',
      '127.0.0.1',
    );
    await client.prints(/Verify return code: 0 \(ok\)/);
    client.write('hello\n');
    await client.prints(/secure answer\n/);
    expect((await client.exited()).code).toBe(0);
    expect(client.errors).toMatch(/closed\n$/);
  });

  it.each([
    ['speaks plain HTTP', (socket: Socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'), /plain HTTP, not TLS/],
    ['hangs up', (socket: Socket) => void socket.once('data', () => socket.destroy()), /disconnected|cut/],
    ['resets', (socket: Socket) => void socket.once('data', () => socket.resetAndDestroy()), /cut the connection/],
    ['sends garbage', (socket: Socket) => void socket.once('data', () => socket.write(Buffer.alloc(4000, 0x99))), /record/],
    [
      'refuses',
      (socket: Socket) => void socket.once('data', () => socket.end(Buffer.from('15030300020228', 'hex'))),
      /handshake failure/,
    ],
    ['says nothing', () => undefined, /not over in 1 s/],
  ])('says what is wrong with a server that %s', async (_title, treat, words) => {
    const port = await startPlain(treat);
    const client = foxtls('s-client', '-connect', `127.0.0.1:${port}`, '-timeout', '1', '-msg');
    client.endInput('Q\n');
    expect((await client.exited()).code).toBe(1);
    expect(client.bytes.toString()).toMatch(
      /^CONNECTED\(00000003\)\n>>> TLS 1\.3, Handshake [\s\S]*no peer certificate available\n[\s\S]*New, \(NONE\), Cipher is \(NONE\)\n/,
    );
    expect(client.errors).toMatch(words);
    expect(client.errors).not.toMatch(/\n\s+at /);
  });

  it('is stopped by a signal, in the midst of a handshake and after it', async () => {
    const waiting = foxtls('s-client', '-connect', `127.0.0.1:${await startPlain(() => undefined)}`);
    await waiting.prints(/CONNECTED/);
    waiting.signal('SIGINT');
    expect(await waiting.exited()).toEqual({ code: 0, signal: null });
    const server = await startOpenSsl('-msg');
    const client = ours(server, ...trusting());
    await client.prints(SUMMARY);
    client.signal('SIGTERM');
    expect(await client.exited()).toEqual({ code: 0, signal: null });
    await server.process.prints(/<<< TLS 1\.3, Alert \[length 0002\], warning close_notify/);
  });

  it('says that a mail server has no TLS', async () => {
    const port = await startPlain((socket) => {
      socket.write('220 mail\r\n');
      socket.on('data', () => socket.write('250 mail\r\n'));
    });
    const client = foxtls('s-client', '-connect', `127.0.0.1:${port}`, '-starttls', 'smtp');
    expect((await client.exited()).code).toBe(1);
    expect(client.errors).toMatch(/^foxtls s-client: smtp: .*STARTTLS.*\n$/);
  });
});
