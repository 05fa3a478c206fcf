/**
 * `foxtls tls-client` and `tls-server`, as people use them: with each other, with openssl, curl and a browser; and with peers that are no good.
 */

import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { nodeProvider as provider } from '../packages/foxtls/src/crypto/node/provider.ts';
import { formatPrivateKeyPem } from '../packages/foxtls/src/pki/pkcs/private-key.ts';
import {
  createCertificate,
  createCertificateAuthority,
  formatCertificatePem,
} from '../packages/foxtls/src/pki/x509/create-certificate.ts';
import { createName } from '../packages/foxtls/src/pki/x509/name.ts';
import { projectRoot } from '../packages/foxtls/test/folders.ts';
import { describeWithPeer, peerOrSkip } from '../packages/foxtls/test/peers.ts';
import { browse, importAuthority } from './harness/chromium.ts';
import { type PeerProcess, runPeer, startPeer } from './harness/peer-process.ts';
import { findFreePort } from './harness/ports.ts';
import { FOXTLS, foxtlsPrograms } from './harness/programs.ts';
import { pause, waitUntil } from './harness/wait.ts';

const { home, foxtls, inTerminal } = foxtlsPrograms();
const ownCa = join(home, '.foxtls/ca.pem');
const files = join(home, 'files');
const path = (name: string) => join(files, name);

/** A bank's certificate of an authority with an intermediate, as the book has them; one that has expired, and one of somebody else. */
beforeAll(async () => {
  mkdirSync(files);
  const dates = { validFrom: new Date('2020-01-01'), validTo: new Date('2049-01-01') };
  const key = { kind: 'rsa', bits: 2048 } as const;
  const modelCa = createName({ country: 'US', organization: 'Model CA', commonName: 'modelCA.com' });
  const root = await createCertificateAuthority({ provider, subject: modelCa, key, ...dates });
  const subject = createName({ organization: 'Model CA', commonName: 'Model Intermediate' });
  const middle = await createCertificateAuthority({ provider, issuer: root, subject, key, ...dates });
  const write = (name: string, ...certificates: Uint8Array[]) =>
    writeFileSync(path(name), certificates.map((der) => formatCertificatePem(der)).join(''));
  write('modelCA_cert.pem', root.certificate);
  for (const [name, host, validity] of [
    ['bank32', 'bank32.com', dates],
    ['expired', 'bank32.com', { ...dates, validTo: new Date('2026-01-01') }],
    ['example', 'www.example.org', dates],
  ] as const) {
    const named = createName({ country: 'US', organization: 'Bank32 Inc.', commonName: host });
    const leaf = await createCertificate({ provider, issuer: middle, subject: named, dnsNames: [host], key, ...validity });
    write(`${name}.pem`, leaf.certificate, middle.certificate);
    writeFileSync(path(`${name}-key.pem`), formatPrivateKeyPem(leaf.key.exportPkcs8()));
  }
  const hash = execFileSync(process.execPath, [FOXTLS, 'cert', 'hash', path('modelCA_cert.pem')], { encoding: 'utf8' });
  mkdirSync(path('cert'));
  copyFileSync(path('modelCA_cert.pem'), path('cert/modelCA.pem'));
  symlinkSync('modelCA.pem', path(`cert/${hash.trim()}.0`));
});

interface Server {
  readonly process: PeerProcess;
  readonly port: string;
}

async function startWebServer(...words: string[]): Promise<Server> {
  const process = foxtls('tls-server', '--port', '0', ...words);
  const [, port = ''] = await process.prints(/(?:https:\/\/127\.0\.0\.1:|"port":)(\d+)/);
  return { process, port };
}

const bank = (name = 'bank32') => ['--cert', path(`${name}.pem`), '--key', path(`${name}-key.pem`)];

/** Runs the client to its end. */
async function fetchFrom(server: { readonly port: string }, host: string, ...words: string[]) {
  const client = foxtls('tls-client', host, '4433', '--connect-to', `127.0.0.1:${server.port}`, ...words);
  client.endInput();
  const { code } = await client.exited();
  return { code, output: client.bytes.toString(), errors: client.errors };
}

const PAGE = /HTTP\/1\.1 200 OK\n[\s\S]*<title>Hello World<\/title>[\s\S]*<h1>Hello, world!<\/h1>/;
const PASSED = [
  'subject= /C=US/O=Model CA/CN=modelCA.com',
  'Verification passed.',
  'subject= /O=Model CA/CN=Model Intermediate',
  'Verification passed.',
];
const refusedLine = (words: string) =>
  new RegExp(`^\\d+:error:14090086:SSL routines:ssl3_get_server_certificate:certificate verify failed:${words}$`, 'm');

describe('tls-client and tls-server', () => {
  it('fetch and serve a page, and say so', async () => {
    const server = await startWebServer();
    const client = await fetchFrom(server, 'bank32.com');
    expect(client).toMatchObject({ code: 0, errors: '' });
    expect(client.output).toMatch(/^SSL connection is successful\nSSL connection using TLS_AES_128_GCM_SHA256\nHTTP/);
    expect(client.output).toMatch(PAGE);
    expect(server.process.bytes.toString().split('\n').slice(1)).toEqual([
      'TCP connection established!',
      'SSL connection established!',
      'Received: GET / HTTP/1.1',
      'Host: bank32.com:4433',
      'Accept: */*',
      'Connection: close',
      '',
    ]);
  });

  it('speak TLS 1.2 by OpenSSL’s name of its suite, and older versions when they are asked to', async () => {
    const server = await startWebServer(...bank(), '--tls', '1.2');
    const trust = ['--ca', path('modelCA_cert.pem')];
    expect((await fetchFrom(server, 'bank32.com', ...trust)).output).toMatch(
      /^SSL connection using ECDHE-RSA-AES128-GCM-SHA256$/m,
    );
    const old = await startWebServer(...bank(), '--tls', '1.0');
    expect((await fetchFrom(old, 'bank32.com', ...trust, '--tls', '1.0')).output).toMatch(
      /^SSL connection using ECDHE-RSA-AES\d+-SHA$/m,
    );
    expect(await fetchFrom(old, 'bank32.com', ...trust)).toMatchObject({ code: 1, output: '' });
  });

  it('find the root in a folder with hashed names', async () => {
    const server = await startWebServer(...bank());
    const client = await fetchFrom(server, 'bank32.com', '--ca-path', path('cert'), '--verify-callback', 'abort');
    expect([client.code, client.output.split('\n').slice(0, 7)]).toEqual([
      0,
      [...PASSED, 'subject= /C=US/O=Bank32 Inc./CN=bank32.com', 'Verification passed.', 'SSL connection is successful'],
    ]);
  });

  it.each(['print', 'abort', 'allow'] as const)('tell of a server of another name: --verify-callback %s', async (mode) => {
    const server = await startWebServer(...bank('example'));
    const client = await fetchFrom(server, 'bank32.com', '--ca', path('modelCA_cert.pem'), '--verify-callback', mode);
    const leaf = 'subject= /C=US/O=Bank32 Inc./CN=www.example.org';
    const failed = [leaf, 'Verification failed: Hostname mismatch.'];
    const passed = [...PASSED, leaf, 'Verification passed.'];
    const lines = client.output.split('\n');
    if (mode === 'allow') {
      expect(lines.slice(0, 10)).toEqual([
        ...failed,
        ...passed,
        'SSL connection is successful',
        'SSL connection using TLS_AES_128_GCM_SHA256',
      ]);
      expect([client.code, client.errors]).toEqual([0, '']);
    } else {
      expect(lines.filter((line) => line !== '')).toEqual(mode === 'abort' ? failed : [...failed, ...passed]);
      expect(client.code).toBe(1);
      expect(client.errors).toMatch(refusedLine('Hostname mismatch'));
    }
  });

  it('end without a word about certificates where there is no callback', async () => {
    const server = await startWebServer(...bank('example'));
    const client = await fetchFrom(server, 'bank32.com', '--ca', path('modelCA_cert.pem'));
    expect([client.code, client.output]).toEqual([1, '']);
    expect(client.errors).toMatch(refusedLine('Hostname mismatch'));
    expect(client.errors).toMatch(/^foxtls tls-client: .*www\.example\.org/m);
    const trusting = await fetchFrom(server, 'bank32.com', '--ca', path('modelCA_cert.pem'), '--insecure-no-host-check');
    expect([trusting.code, trusting.output]).toEqual([0, expect.stringMatching(/^SSL connection is successful\n/)]);
  });

  it('tell of an expired certificate, and of a missing root', async () => {
    const server = await startWebServer(...bank('expired'));
    const expired = await fetchFrom(server, 'bank32.com', '--ca-path', path('cert'), '--verify-callback', 'abort');
    expect([expired.code, expired.output.split('\n').slice(4)]).toEqual([
      1,
      ['subject= /C=US/O=Bank32 Inc./CN=bank32.com', 'Verification failed: certificate has expired.', ''],
    ]);
    mkdirSync(path('empty'), { recursive: true });
    const missing = await fetchFrom(server, 'bank32.com', '--ca-path', path('empty'), '--verify-callback', 'abort');
    expect(missing.output).toBe(
      'subject= /O=Model CA/CN=Model Intermediate\nVerification failed: unable to get local issuer certificate.\n',
    );
    expect(missing.errors).toMatch(refusedLine('unable to get local issuer certificate'));
  });

  it('write objects with --json', async () => {
    const server = await startWebServer('--json');
    const client = await fetchFrom(server, 'localhost', '--json', '--verify-callback', 'print');
    const events = client.output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { readonly event: string });
    expect(events.map(({ event }) => event)).toEqual(['certificate', 'certificate', 'connected', 'reply']);
    expect(events[2]).toMatchObject({ version: 'TLSv1.3', cipher: 'TLS_AES_128_GCM_SHA256', authorized: true });
    await server.process.prints(/"event":"request","text":"GET \/ HTTP\/1\.1/);
  });

  it('are stopped by a signal, with close_notify for who is there', async () => {
    const server = await startWebServer();
    const there = startPeer('openssl', ['s_client', '-connect', `127.0.0.1:${server.port}`, '-msg']);
    await server.process.prints(/SSL connection established!/);
    server.process.signal('SIGTERM');
    expect(await server.process.exited()).toEqual({ code: 0, signal: null });
    await there.prints(/<<< TLS 1\.3, Alert \[length 0002\], warning close_notify/);
  });

  it('stop a client in the midst of a handshake, and with close_notify after it', async () => {
    const silent = await startBadServer(() => undefined);
    const waiting = foxtls('tls-client', 'bank32.com', '--connect-to', `127.0.0.1:${silent.port}`, '--verbose');
    await waiting.prints(/connected to/);
    waiting.signal('SIGINT');
    expect(await waiting.exited()).toEqual({ code: 0, signal: null });
    const port = await findFreePort();
    const words = ['-cert', path('bank32.pem'), '-key', path('bank32-key.pem'), '-cert_chain', path('bank32.pem'), '-msg'];
    const server = startPeer('openssl', ['s_server', '-accept', `127.0.0.1:${port}`, ...words]);
    await server.prints(/ACCEPT/);
    const client = foxtls('tls-client', 'bank32.com', '--connect-to', `127.0.0.1:${port}`, '--ca', path('modelCA_cert.pem'));
    await client.prints(/SSL connection is successful/);
    client.signal('SIGTERM');
    expect(await client.exited()).toEqual({ code: 0, signal: null });
    await server.prints(/<<< TLS 1\.3, Alert \[length 0002\], warning close_notify/);
  });

  it('run in a terminal, where ^C ends the server', async () => {
    const server = inTerminal('tls-server', '--port', '0');
    const [, port = ''] = await server.prints(/https:\/\/127\.0\.0\.1:(\d+)/);
    const client = inTerminal('tls-client', 'bank32.com', port, '--connect-to', '127.0.0.1', '--verify-callback', 'print');
    await client.prints(/SSL connection is successful\r\n.*\r\nHTTP\/1\.1 200 OK/);
    expect((await client.exited()).code).toBe(0);
    server.write('\x03');
    expect((await server.exited()).code).toBe(0);
    expect(server.output).toContain('SIGINT 2 handled');
  });
});

describeWithPeer('tls-server and openssl s_client', 'openssl', () => {
  it('agree, as in the book', async () => {
    const server = await startWebServer(...bank());
    const client = startPeer('openssl', [
      's_client',
      '-CAfile',
      path('modelCA_cert.pem'),
      '-connect',
      `127.0.0.1:${server.port}`,
    ]);
    await client.prints(
      /depth=2 .*CN = modelCA\.com\nverify return:1\ndepth=1 .*\nverify return:1\ndepth=0 .*CN = bank32\.com\nverify return:1/,
    );
    await client.prints(/Verify return code: 0 \(ok\)/);
    client.write('GET / HTTP/1.0\r\n\r\n');
    await client.prints(/<h1>Hello, world!<\/h1>/);
    expect((await client.exited()).code).toBe(0);
  });

  it('agree on TLS 1.2, with a client that says no more than hello', async () => {
    const server = await startWebServer(...bank());
    const client = startPeer('openssl', ['s_client', '-tls1_2', '-quiet', '-connect', `127.0.0.1:${server.port}`]);
    client.write('hello\n');
    await client.prints(/<h1>Hello, world!<\/h1>/);
    await server.process.prints(/Received: hello/);
  });
});

describeWithPeer('tls-client and openssl s_server', 'openssl', () => {
  it('agree', async () => {
    const port = await findFreePort();
    const words = [
      's_server',
      '-accept',
      `127.0.0.1:${port}`,
      '-www',
      '-tls1_2',
      '-cert',
      path('bank32.pem'),
      '-key',
      path('bank32-key.pem'),
    ];
    const server = startPeer('openssl', [...words, '-cert_chain', path('bank32.pem')]);
    await server.prints(/ACCEPT/);
    const client = await fetchFrom({ port: String(port) }, 'bank32.com', '--ca-path', path('cert'), '--verify-callback', 'print');
    expect(client.output).toMatch(
      /CN=bank32\.com\nVerification passed\.\nSSL connection is successful\nSSL connection using ECDHE-RSA-AES128-GCM-SHA256\n/,
    );
    expect(client.output).toContain('<HTML>');
  });
});

describeWithPeer('tls-server and curl', 'curl', () => {
  it('agree, on one connection for several requests and on one for each', async () => {
    const server = await startWebServer();
    const url = `https://localhost:${server.port}/`;
    const curl = await runPeer('curl', [
      '-sS',
      '--cacert',
      ownCa,
      url,
      url,
      '-o',
      path('1.html'),
      '-o',
      path('2.html'),
      '-w',
      '%{num_connects} ',
    ]);
    expect(curl.output).toBe('1 0 ');
    expect(readFileSync(path('2.html'), 'utf8')).toContain('Hello, world!');
    const old = await runPeer('curl', ['-sS', '--http1.0', '--cacert', ownCa, url, '--head']);
    expect(old.output).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*Connection: close\r\n\r\n$/);
    const elsewhere = await runPeer('curl', [
      '-sS',
      '--cacert',
      ownCa,
      '--connect-to',
      `bank32.com:443:127.0.0.1:${server.port}`,
      'https://bank32.com/',
    ]);
    expect(elsewhere.output).toContain('Hello, world!');
  });

  it('agree a hundred at once', async () => {
    const server = await startWebServer();
    const url = `https://localhost:${server.port}/[1-100]`;
    const words = [
      '-sS',
      '--parallel',
      '--parallel-immediate',
      '--parallel-max',
      '100',
      '--cacert',
      ownCa,
      '-o',
      '/dev/null',
      '-w',
      '%{http_code}\\n',
    ];
    const curl = await runPeer('curl', [...words, url], { timeout: 25_000 });
    expect(curl.end?.code).toBe(0);
    expect(curl.output.match(/200/g)).toHaveLength(100);
  });
});

describeWithPeer('tls-server and chromium', 'chromium', () => {
  it('agree on the page, once our CA is imported', async (context) => {
    peerOrSkip(context, 'certutil');
    const server = await startWebServer();
    await importAuthority(home, ownCa);
    const url = `https://localhost:${server.port}/`;
    const page = (await browse(home, '--dump-dom', url)).bytes.toString();
    expect(page).toContain('<h1>Hello, world!</h1>');
    expect(server.process.bytes.toString()).toMatch(/Received: GET \/ HTTP\/1\.1\n/);
    const artifacts = join(projectRoot, 'artifacts');
    mkdirSync(artifacts, { recursive: true });
    const shot = await browse(
      home,
      `--screenshot=${join(artifacts, 'tls-server.png')}`,
      '--window-size=900,400',
      '--hide-scrollbars',
      url,
    );
    expect(shot.output).toMatch(/bytes written to file/);
  }, 90_000);
});

/** A server over plain TCP that does to each client what a test says. */
async function startBadServer(treat: (socket: Socket) => void): Promise<{ readonly port: string }> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    treat(socket);
  });
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return { port: String((server.address() as AddressInfo).port) };
}

describe('tls-client', () => {
  it.each([
    ['speaks plain HTTP', (socket: Socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['speaks SMTP', (socket: Socket) => void socket.write('220 mail ESMTP\r\n')],
    ['hangs up', (socket: Socket) => void socket.once('data', () => socket.destroy())],
    ['resets', (socket: Socket) => void socket.once('data', () => socket.resetAndDestroy())],
    ['sends garbage', (socket: Socket) => void socket.write(Buffer.alloc(5000, 0x16))],
    ['says nothing', () => undefined],
  ])('says what is wrong with a server that %s', async (_title, treat) => {
    const server = await startBadServer(treat);
    const client = await fetchFrom(server, 'bank32.com', '--timeout', '1');
    expect([client.code, client.output]).toEqual([1, '']);
    expect(client.errors).toMatch(/^foxtls tls-client: .+\n$/);
    expect(client.errors).not.toMatch(/\n\s+at /);
  });

  it('says where nothing listens', async () => {
    const port = String(await findFreePort());
    const client = await fetchFrom({ port }, 'bank32.com');
    expect(client).toEqual({
      code: 1,
      output: '',
      errors: `foxtls tls-client: 127.0.0.1:${port}: nothing listens there (connection refused)\n`,
    });
  });

  it('prints no more of a reply than it may, and nothing that would steer a terminal', async () => {
    const port = await findFreePort();
    writeFileSync(path('long.txt'), `\x1b[31mred${'x'.repeat(5000)}`);
    const server = startPeer('openssl', ['s_server', '-accept', `127.0.0.1:${port}`, '-WWW', '-cert', path('bank32.pem'), '-key', path('bank32-key.pem'),
      '-cert_chain', path('bank32.pem')], { folder: files }); // biome-ignore format: one command line
    await server.prints(/ACCEPT/);
    const words = ['--ca', path('modelCA_cert.pem'), '--path', '/long.txt'];
    const client = await fetchFrom({ port: String(port) }, 'bank32.com', ...words, '--max-bytes', '1000');
    expect(client.code).toBe(1);
    expect(client.errors).toMatch(/more than 1000 bytes/);
    expect(client.output).toContain('.[31mredxxx');
    expect(client.output.length).toBeLessThan(1200);
  });

  it.each([
    [['a b'], 'HOST is a name or an IP address, not "a b"'],
    [['example.com', '70000'], 'PORT is a number from 0 to 65535, not "70000"'],
    [['example.com', '--verify-callback', 'maybe'], '--verify-callback is one of print, abort, allow, not "maybe"'],
    [['example.com', '--verify-calback', 'print'], 'there is no option --verify-calback, did you mean --verify-callback?'],
    [['example.com', '--path', 'index.html'], '--path begins with / and has no blanks: "index.html"'],
  ])('is misused by %j', async (words, problem) => {
    const client = foxtls('tls-client', ...words);
    expect(await client.exited()).toEqual({ code: 2, signal: null });
    expect(client.errors).toBe(`foxtls tls-client: ${problem} (foxtls tls-client --help)\n`);
  });
});

describe('tls-server', () => {
  it('serves others while clients misbehave', async () => {
    const server = await startWebServer('--verbose');
    const sockets = Array.from({ length: 30 }, (_, i) => {
      const socket = connect(Number(server.port), '127.0.0.1', () => {
        if (i % 3 === 0) socket.write(`GET / HTTP/1.1\r\n\r\n`);
        else if (i % 3 === 1) socket.resetAndDestroy();
      });
      socket.on('error', () => undefined);
      return socket;
    });
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
    });
    await server.process.prints(/a client failed: .*http/i);
    expect(await fetchFrom(server, 'localhost')).toMatchObject({ code: 0, output: expect.stringMatching(PAGE) });
    server.process.signal('SIGINT');
    for (const socket of sockets) socket.destroy();
    expect((await server.process.exited()).code).toBe(0);
    expect(server.process.errors).not.toMatch(/\n\s+at /);
  });

  it('gives up a request without end, and a client that breaks off', async () => {
    const server = await startWebServer();
    const client = startPeer('openssl', ['s_client', '-quiet', '-connect', `127.0.0.1:${server.port}`]);
    client.write(`GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}`);
    await client.prints(/431 Request Header Fields Too Large/);
    const rude = startPeer('openssl', ['s_client', '-quiet', '-connect', `127.0.0.1:${server.port}`]);
    rude.write('GET / HTTP/1.1\r\n');
    await pause(200);
    rude.signal('SIGKILL');
    await waitUntil(
      () => rude.end !== undefined,
      () => 'the client should be gone',
    );
    expect((await fetchFrom(server, 'localhost')).code).toBe(0);
  });
});
