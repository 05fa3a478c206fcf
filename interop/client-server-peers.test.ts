/**
 * `foxtls client` and `foxtls server` with programs of other make, in both directions: wolfSSL's examples, whose lines and letters they have, openssl
 * and GnuTLS.
 */

import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeWithPeer, findPeer } from '../packages/foxtls/test/peers.ts';
import { clientAndServer, type Ended, endOf, words } from './harness/client-server.ts';
import { findFreeUdpPort } from './harness/datagram-endpoint.ts';
import { type PeerProcess, startPeer } from './harness/peer-process.ts';
import { createInteropPki, type InteropPki } from './harness/pki.ts';
import { findFreePort } from './harness/ports.ts';
import { pause } from './harness/wait.ts';
import { buildWolfSsl, type WolfSsl } from './harness/wolfssl.ts';

const { home, foxtls, startServer, runClient } = clientAndServer();

let pki: InteropPki;
let wolfSsl: WolfSsl;
beforeAll(async () => {
  pki = await createInteropPki();
  if (findPeer('wolfssl') !== undefined) wolfSsl = buildWolfSsl(pki);
});
afterAll(() => pki?.remove());

const made = (name: string) => join(home, '.foxtls', name);
const REPLIED = 'I hear you fa shizzle!';

/** Our client with a server that may need some time until it listens, and says nothing when it does. */
async function reach(port: number, ...options: string[]): Promise<Ended> {
  for (let left = 30; ; left--) {
    const ended = await runClient(String(port), ...options);
    if (left === 0 || !ended.errors.includes('nothing listens there')) return ended;
    await pause(100);
  }
}

// ---- wolfSSL ----

/** Its server has our certificate, its client that of our client; each trusts our authority. */
async function startWolfServer(options: string): Promise<{ readonly port: number; readonly process: PeerProcess }> {
  const isDatagram = words(options).includes('-u');
  const port = await (isDatagram ? findFreeUdpPort() : findFreePort());
  const identity = ['-c', made('server.pem'), '-k', made('server-key.pem'), '-A', made('ca.pem')];
  const parameters = ['-oL', wolfSsl.server, '-p', String(port), '-V', ...identity, ...words(options)];
  const process = startPeer('stdbuf', parameters, { folder: wolfSsl.home });
  if (isDatagram) await pause(300);
  return { port, process };
}

function startWolfClient(port: string, options: string): PeerProcess {
  const identity = ['-c', made('client.pem'), '-k', made('client-key.pem'), '-A', made('ca.pem')];
  const target = ['-h', '127.0.0.1', '-p', port, '-C'];
  return startPeer(wolfSsl.client, [...target, ...identity, ...words(options)], { folder: wolfSsl.home });
}

/** wolfSSL's options, ours, and what ours has to print. */
const BOTH: readonly (readonly [title: string, theirs: string, ours: string, lines: readonly RegExp[]])[] = [
  ['TLS 1.3, with certificates of both', '-v 4', '-v 4', [/^SSL version is TLSv1\.3$/, /^SSL cipher suite is TLS_AES_/]],
  ['TLS 1.2', '-v 3', '-v 3', [/^SSL version is TLSv1\.2$/, /^SSL cipher suite is TLS_ECDHE_ECDSA_WITH_AES_/]],
  ['TLS 1.1', '-v 2', '-v 2', [/^SSL version is TLSv1\.1$/]],
  ['DTLS 1.2', '-u -v 3', '-u -v 3', [/^SSL version is DTLSv1\.2$/]],
  ['the newest that both have', '-v d', '-v d', [/^SSL version is TLSv1\.3$/]],
  [
    'a suite by its own name',
    '-v 3 -l ECDHE-ECDSA-AES128-CCM-8',
    '-v 3 -l ECDHE-ECDSA-AES128-CCM-8',
    [/^SSL cipher suite is TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8$/],
  ],
  ['application protocols', '-v 4 -L F:http/1.1', '-v 4 -L http/1.1', [/^(Received|Sent) ALPN protocol : http\/1\.1 \(8\)$/]],
  ['nonblocking sockets', '-v 4 -N', '-v 4 -N', [/^\.\.\. (client|server) would read block$/]],
  ['a key of wolfSSL, TLS 1.3', '-s -v 4', '--insecure-wolfssl-psk', [/^SSL version is TLSv1\.3$/]],
  ['a key of wolfSSL, TLS 1.2', '-s -v 3', '--insecure-wolfssl-psk -v 3', [/^SSL cipher suite is TLS_(EC)?DHE_PSK_/]],
  ['a key of wolfSSL, DTLS 1.2', '-s -u -v 3', '--insecure-wolfssl-psk -u -v 3', [/^SSL cipher suite is TLS_(EC)?DHE_PSK_/]],
];

describeWithPeer("foxtls client and wolfSSL's server", 'wolfssl', () => {
  it.each(BOTH)('%s', async (_title, theirs, ours, lines) => {
    const server = await startWolfServer(theirs);
    const client = await reach(server.port, ...words(ours));
    // It says half of it, and then the rest, to peers of TLS 1.0, for which it takes those of DTLS.
    const reply = theirs.includes('-u') ? 'I hear you ' : REPLIED;
    expect([client.code, client.lines.at(-1)], client.errors).toEqual([0, reply]);
    for (const line of lines) expect(client.lines).toContainEqual(expect.stringMatching(line));
    await server.process.prints(/^Client message: hello wolfssl!$/m);
    expect((await server.process.exited()).code).toBe(0);
  });

  it.each(['-v 4', '-v 3', '-u -v 3'])('resume: %s', async (version) => {
    const server = await startWolfServer(`-r ${version}`);
    const client = await reach(server.port, '-r', ...words(version));
    expect([client.code, client.errors]).toEqual([0, '']);
    expect(client.lines).toContain('reused session id');
    await server.process.prints(/^SSL reused session$/m);
  });

  it.each(['-v 4', '-v 3'])('end both ways: %s', async (version) => {
    const server = await startWolfServer(`-w ${version}`);
    const client = await reach(server.port, '-w', ...words(version));
    expect([client.code, client.lines.at(-1)]).toEqual([0, 'Bidirectional shutdown complete']);
    await server.process.prints(/^Bidirectional shutdown complete$/m);
  });

  it('measure what is echoed', async () => {
    const server = await startWolfServer('-v 4 -B 60000');
    const client = await reach(server.port, '-v', '4', '-B', '60000');
    expect([client.code, client.lines[0]]).toEqual([0, 'wolfSSL Client Benchmark 60000 bytes']);
    await server.process.prints(/^wolfSSL Server Benchmark 60000 bytes$/m);
  });

  it('average connections, resumed ones too', async () => {
    const server = await startWolfServer('-v 4 -i -x');
    const client = await reach(server.port, '-v', '4', '-b', '3', '-r');
    expect([client.code, client.lines.length], client.errors).toEqual([0, 2]);
  });

  it.each([
    ['-I', '-v 4', '-v 4'],
    ['-n', '-v 3', '-v 3'],
    ['-F 1', '-v 3', '-v 3'],
    ['-J', '-v 4', '-v 4'],
    ['-g', '-v 4 -g', '-v 4'],
    ['-S localhost', '-v 4 -S localhost', '-v 4'],
  ])('%s', async (option, theirs, ours) => {
    const server = await startWolfServer(theirs);
    const client = await reach(server.port, ...words(ours), ...words(option));
    expect([client.code, client.errors]).toEqual([0, '']);
    await server.process.prints(/^Client message: /m);
  });

  it('-x is refused by a server that wants a certificate', async () => {
    const server = await startWolfServer('-v 4');
    const client = await reach(server.port, '-v', '4', '-x');
    expect([client.code, client.errors]).toEqual([1, expect.stringMatching(/^foxtls client: .*\n$/)]);
    expect((await server.process.exited()).code).not.toBe(0);
  });
});

describeWithPeer("foxtls server and wolfSSL's client", 'wolfssl', () => {
  it.each(BOTH)('%s', async (_title, theirs, ours, lines) => {
    const server = await startServer(...words(ours));
    const client = startWolfClient(server.port, theirs);
    await client.prints(/^I hear you fa shizzle!$/m);
    expect((await client.exited()).code).toBe(0);
    const ended = await server.ended();
    expect([ended.code, ended.lines.at(-1)], ended.errors).toEqual([0, 'Client message: hello wolfssl!']);
    for (const line of lines) expect(ended.lines).toContainEqual(expect.stringMatching(line));
  });

  it.each(['-v 4', '-v 3', '-u -v 3'])('resume: %s', async (version) => {
    const server = await startServer('-r', ...words(version));
    const client = startWolfClient(server.port, `-r ${version}`);
    await client.prints(/^reused session id$/m);
    expect((await client.exited()).code).toBe(0);
    const ended = await server.ended();
    expect(ended.lines).toContain('reused session id');
    expect(ended.lines.at(-1)).toMatch(/^Client message: resuming wolfssl!/);
  });

  it('end both ways', async () => {
    const server = await startServer('-w', '-v', '4');
    const client = startWolfClient(server.port, '-w -v 4');
    await client.prints(/^Bidirectional shutdown complete$/m);
    expect((await server.ended()).lines.at(-1)).toBe('Bidirectional shutdown complete');
  });

  it('measure what is echoed', async () => {
    const server = await startServer('-B', '60000', '-v', '4');
    const client = startWolfClient(server.port, '-v 4 -B 60000');
    await client.prints(/^wolfSSL Client Benchmark 60000 bytes$/m);
    expect((await server.ended()).lines).toContain('wolfSSL Server Benchmark 60000 bytes');
  });

  it('average connections', async () => {
    const server = await startServer('-i', '-v', '4');
    const client = startWolfClient(server.port, '-v 4 -b 3');
    await client.prints(/wolfSSL_connect avg took: +\d/);
    server.process.signal('SIGTERM');
    expect((await server.ended()).code).toBe(0);
  });

  it.each([
    ['-U', '-v 4'],
    ['-J', '-v 4'],
    ['-g', '-v 4 -g'],
    ['', '-v 4 -I'],
    ['-v 3', '-v 3 -n'],
    ['', '-v 4 -J'],
    ['-v 3 -F 1', '-v 3 -F 1'],
    ['-S localhost', '-v 4 -S localhost'],
    ['-d', '-v 4 -x'],
  ])('ours with %j, theirs with %j', async (ours, theirs) => {
    const server = await startServer(...words(ours));
    const client = startWolfClient(server.port, theirs);
    expect((await client.exited()).code, client.output).toBe(0);
    expect(client.output).toContain(REPLIED);
    expect((await server.ended()).code).toBe(0);
  });

  it('-S refuses another name', async () => {
    const server = await startServer('-S', 'bank32.com');
    const client = startWolfClient(server.port, '-v 4 -S localhost');
    expect((await client.exited()).code).not.toBe(0);
    expect((await server.ended()).errors).toMatch(/^foxtls server: SSL_accept failed: .*no common server name.*\n$/);
  });
});

/** What a responder of ours says of the certificate of our server. */
async function staple(): Promise<string> {
  const [crl, response] = [join(home, 'nobody.crl'), join(home, 'good.ocsp')];
  const issuer = ['--ca', made('ca.pem'), '--ca-key', made('ca-key.pem')];
  await endOf(foxtls('cert', 'crl', ...issuer, '--out', crl, '--force'));
  const responder = foxtls('cert', 'ocsp', 'serve', ...issuer, '--crl', crl, '--port', '0');
  const [url] = await responder.prints(/http:\/\/127\.0\.0\.1:\d+\//);
  const ask = ['--issuer', made('ca.pem'), '--url', url, '--allow-private', '--no-nonce', '--out', response, '--force'];
  expect((await endOf(foxtls('cert', 'ocsp', 'ask', made('server.pem'), ...ask))).code).toBe(0);
  return response;
}

/** The same by openssl, which puts the signer's certificate in: without it, wolfSSL takes no response. */
async function stapleOfOpenSsl(): Promise<string> {
  const [index, response] = [join(home, 'index.txt'), join(home, 'openssl.ocsp')];
  const serial = new X509Certificate(readFileSync(made('server.pem'))).serialNumber;
  writeFileSync(index, `V\t491231235959Z\t\t${serial}\tunknown\t/CN=localhost\n`);
  const signer = ['-rsigner', made('ca.pem'), '-rkey', made('ca-key.pem'), '-CA', made('ca.pem'), '-issuer', made('ca.pem')];
  const options = ['-no_nonce', '-index', index, ...signer, '-cert', made('server.pem'), '-respout', response, '-ndays', '1'];
  expect((await startPeer('openssl', ['ocsp', ...options]).exited()).code).toBe(0);
  return response;
}

describeWithPeer('a stapled response', 'wolfssl', () => {
  it('of foxtls server is heeded by the client of wolfSSL', async () => {
    const response = await stapleOfOpenSsl();
    for (const version of ['-v 4', '-v 3']) {
      const server = await startServer('-W', response, ...words(version));
      const client = startWolfClient(server.port, `-W 1 ${version}`);
      await client.prints(/I hear you fa shizzle!/);
      expect((await server.ended()).code).toBe(0);
    }
  });

  it('of openssl s_server is heeded by foxtls client', async () => {
    const port = await findFreePort();
    const identity = ['-cert', made('server.pem'), '-key', made('server-key.pem'), '-status_file', await staple()];
    const server = startPeer('openssl', ['s_server', '-www', '-accept', String(port), ...identity]);
    await server.prints(/^ACCEPT/m);
    const client = await runClient(String(port), '-g', '-W', '1m');
    expect([client.code, client.lines[0]]).toEqual([0, 'revocation status of CN=localhost is good']);
  });
});

// ---- openssl ----

const OPENSSL = [
  ['-tls1_3', '-v 4', 'TLSv1.3'],
  ['-tls1_2', '-v 3', 'TLSv1.2'],
  ['-tls1_1 -cipher DEFAULT@SECLEVEL=0', '-v 2', 'TLSv1.1'],
  ['-tls1 -cipher DEFAULT@SECLEVEL=0', '-v 1', 'TLSv1'],
  ['-dtls1_2', '-u -v 3', 'DTLSv1.2'],
] as const;

describeWithPeer('openssl', 'openssl', () => {
  it.each(OPENSSL)('s_server %s and foxtls client %s', async (theirs, ours, version) => {
    const port = await (theirs.startsWith('-dtls') ? findFreeUdpPort() : findFreePort());
    const identity = ['-cert', made('server.pem'), '-key', made('server-key.pem'), '-CAfile', made('ca.pem'), '-Verify', '1'];
    const server = startPeer('openssl', ['s_server', '-accept', String(port), ...identity, ...words(theirs)]);
    await server.prints(/^ACCEPT/m);
    const client = foxtls('client', '-p', String(port), ...words(ours));
    await server.prints(/hello wolfssl!/);
    server.write('I hear you from OpenSSL\n');
    const ended = await endOf(client);
    expect([ended.code, ended.lines[0], ended.lines.at(-1)]).toEqual([0, `SSL version is ${version}`, 'I hear you from OpenSSL']);
    expect(server.output).toMatch(/depth=0 CN = ?foxtls demo client/);
  });

  it.each(OPENSSL)('s_client %s and foxtls server %s', async (theirs, ours, version) => {
    const server = await startServer(...words(ours));
    const identity = ['-cert', made('client.pem'), '-key', made('client-key.pem'), '-CAfile', made('ca.pem')];
    const client = startPeer('openssl', [
      ...['s_client', '-connect', `127.0.0.1:${server.port}`, '-servername', 'localhost', '-verify_return_error'],
      ...identity,
      ...words(theirs),
    ]);
    await client.prints(/Verify return code: 0/);
    client.write('hello wolfssl!\n');
    await client.prints(/I hear you fa shizzle!/);
    const ended = await server.ended();
    expect([ended.code, ended.lines[0], ended.lines.at(-1)]).toEqual([
      0,
      `SSL version is ${version}`,
      'Client message: hello wolfssl!',
    ]);
  });

  it('s_client resumes a session', async () => {
    const server = await startServer('-C', '2', '-d', '-v', '3');
    const session = join(home, 'session.pem');
    for (const option of ['-sess_out', '-sess_in']) {
      const client = startPeer('openssl', ['s_client', '-connect', `127.0.0.1:${server.port}`, '-tls1_2', option, session]);
      await client.prints(/Verify return code/);
      client.write('hello\n');
      await client.prints(/shizzle/);
      await client.exited();
      expect(existsSync(session)).toBe(true);
    }
    expect((await server.ended()).lines).toContain('reused session id');
  });

  it('s_server renegotiates with foxtls client -i', async () => {
    const port = await findFreePort();
    const identity = ['-cert', made('server.pem'), '-key', made('server-key.pem')];
    const server = startPeer('openssl', ['s_server', '-accept', String(port), ...identity, '-tls1_2', '-client_renegotiation']);
    await server.prints(/^ACCEPT/m);
    const client = foxtls('client', '-p', String(port), '-v', '3', '-i');
    await server.prints(/hello wolfssl!/);
    server.write('and again\n');
    expect((await endOf(client)).lines).toEqual(expect.arrayContaining(['RENEGOTIATION SUCCESSFUL', 'and again']));
  });
});

// ---- GnuTLS ----

const GNUTLS = [
  ['NORMAL:-VERS-ALL:+VERS-TLS1.3', '-v 4', 'TLSv1.3'],
  ['NORMAL:-VERS-ALL:+VERS-TLS1.2', '-v 3', 'TLSv1.2'],
  ['NORMAL:-VERS-ALL:+VERS-TLS1.1', '-v 2', 'TLSv1.1'],
  // Which does without encrypt_then_mac.
  ['NORMAL:-VERS-ALL:+VERS-TLS1.0:%COMPAT', '-v 1 --insecure-mac-then-encrypt', 'TLSv1'],
] as const;

describeWithPeer('gnutls-serv', 'gnutls-serv', () => {
  it.each(GNUTLS)('%s and foxtls client %s', async (priority, ours, version) => {
    const port = await findFreePort();
    const identity = [
      '--x509certfile',
      made('server.pem'),
      '--x509keyfile',
      made('server-key.pem'),
      '--x509cafile',
      made('ca.pem'),
    ];
    const server = startPeer('stdbuf', [
      ...['-oL', 'gnutls-serv', '--http', '--port', String(port), '--priority', priority, '--require-client-cert'],
      ...identity,
    ]);
    await server.prints(/listening on IPv4.*done/);
    const client = await runClient(String(port), '-g', ...words(ours));
    expect([client.code, client.lines[0]], client.errors).toEqual([0, `SSL version is ${version}`]);
    expect(client.lines).toContainEqual(expect.stringMatching(/HTTP\/1\.0 200 OK/));
  });
});

describeWithPeer('gnutls-cli', 'gnutls-cli', () => {
  it.each(GNUTLS)('%s and foxtls server %s', async (priority, ours, version) => {
    const server = await startServer(...words(ours));
    const identity = [
      '--x509certfile',
      made('client.pem'),
      '--x509keyfile',
      made('client-key.pem'),
      '--x509cafile',
      made('ca.pem'),
    ];
    const names = ['--sni-hostname', 'localhost', '--verify-hostname', 'localhost'];
    const client = startPeer('gnutls-cli', [...identity, ...names, '--priority', priority, '--port', server.port, '127.0.0.1']);
    await client.prints(/Handshake was completed/);
    client.write('hello wolfssl!\n');
    await client.prints(/I hear you fa shizzle!/);
    const ended = await server.ended();
    expect([ended.code, ended.lines[0], ended.lines.at(-1)]).toEqual([
      0,
      `SSL version is ${version}`,
      'Client message: hello wolfssl!',
    ]);
  });
});

describeWithPeer('curl', 'curl', () => {
  it('loads the page of foxtls server -g', async () => {
    const server = await startServer('-g', '-d');
    const url = `https://localhost:${server.port}/`;
    const curl = startPeer('curl', ['--silent', '--show-error', '--include', '--cacert', made('ca.pem'), url]);
    expect((await curl.exited()).code, curl.errors).toBe(0);
    expect(curl.output).toMatch(/^HTTP\/1\.1 200 OK\r\n.*<p>I hear you fa shizzle!<\/p>/s);
    expect((await server.ended()).lines.at(-1)).toMatch(/^Client message: GET \/ HTTP\/1\.1\.\.Host: localhost/);
  });
});

describe('the certificates that all of these were shown', () => {
  it('are those that foxtls has made', () => {
    for (const name of ['ca.pem', 'server.pem', 'client.pem']) expect(existsSync(made(name))).toBe(true);
  });
});
