/**
 * Our client, the core on a TCP socket, against openssl s_server.
 */

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import type { TlsConnection, TlsEvent } from '../packages/foxtls/src/connection/connection.ts';
import { createTlsClient } from '../packages/foxtls/src/connection/create.ts';
import { toHex } from '../packages/foxtls/src/core/bytes/bytes.ts';
import { AlertReceived, CertificateInvalid } from '../packages/foxtls/src/core/errors/errors.ts';
import { describeWithPeer } from '../packages/foxtls/test/peers.ts';
import { clientConfig, GROUP_NAMES, GROUPS, NAMED_GROUPS, NAMED_SUITES, SCHEMES, SUITES, trusting } from './harness/configs.ts';
import { connectEndpoint, connectSocket } from './harness/endpoint.ts';
import { messagesOf, recordLengths } from './harness/openssl-messages.ts';
import { MEBIBYTE, payload, sha256 } from './harness/payload.ts';
import { type PeerProcess, startPeer } from './harness/peer-process.ts';
import { createInteropPki, type InteropPki, KEYS, type KeyName } from './harness/pki.ts';
import { findFreePort } from './harness/ports.ts';
import { waitUntil } from './harness/wait.ts';

let pki: InteropPki;
beforeAll(async () => {
  pki = await createInteropPki();
});
afterAll(() => pki?.remove());

interface Server {
  readonly process: PeerProcess;
  readonly port: number;
}

/** s_server with the certificate of that kind of key, on a port that it says itself (which `-quiet` would silence). */
async function startServer(key: KeyName, ...options: string[]): Promise<Server> {
  const { certPath, keyPath } = pki.servers[key];
  const port = options.includes('-quiet') ? await findFreePort() : 0;
  const identity = ['-cert', certPath, '-key', keyPath, '-accept', `127.0.0.1:${port}`];
  const process = startPeer('openssl', ['s_server', ...identity, ...options], { folder: pki.folder });
  return { process, port: port || Number((await process.prints(/ACCEPT 127\.0\.0\.1:(\d+)/))[1]) };
}

/** Lets a client receive a HelloRetryRequest, and gives it a new connection from the same port; again when another program took it. */
async function retryFromSamePort(port: number, open: () => TlsConnection) {
  for (let attempt = 1; ; attempt++) {
    const first = await connectSocket(port);
    const client = open();
    client.start();
    for (const bytes of client.takeOutput()) first.write(bytes);
    const [retry] = (await once(first, 'data')) as [Buffer];
    const { localPort } = first;
    // Without FIN: a port that closed in order would wait for minutes.
    first.resetAndDestroy();
    await once(first, 'close');
    client.receive(retry);
    try {
      const socket = await connectSocket(port, localPort);
      onTestFinished(() => void socket.destroy());
      return { client, socket };
    } catch (error) {
      if (attempt === 5) throw error;
    }
  }
}

describeWithPeer('our client and openssl s_server', 'openssl', () => {
  it.each(SUITES)('agree on %s', async (suite) => {
    const server = await startServer('p256', '-ciphersuites', suite);
    const client = await connectEndpoint(server.port, clientConfig(pki));
    expect((await client.connected()).suite.name).toBe(suite);
    await server.process.prints(new RegExp(`CIPHER is ${suite}`));
  });

  it.each(SUITES)('agree on our only suite %s', async (suite) => {
    const server = await startServer('p256');
    const client = await connectEndpoint(server.port, clientConfig(pki, { cipherSuites: [suite] }));
    expect((await client.connected()).suite.name).toBe(suite);
  });

  it.each(GROUPS)('agree on the group $name', async ({ name }) => {
    const server = await startServer('p256');
    const client = await connectEndpoint(server.port, clientConfig(pki, { groups: [name] }));
    expect((await client.connected()).group?.name).toBe(name);
  });

  it.each(GROUPS)('agree on the group $name after its HelloRetryRequest', async ({ name, openssl }) => {
    const shared = name === 'x25519' ? 'secp256r1' : 'x25519';
    const server = await startServer('p256', '-msg', '-groups', openssl);
    const client = await connectEndpoint(server.port, clientConfig(pki, { groups: GROUP_NAMES, keyShareGroups: [shared] }));
    expect((await client.connected()).group?.name).toBe(name);
    client.send('over\n');
    await server.process.prints(/over\n/);
    expect(messagesOf(server.process.output, '<<<').filter((message) => message === 'ClientHello')).toHaveLength(2);
  });

  it('agree on the second of two key shares', async () => {
    const server = await startServer('p256', '-msg', '-groups', 'P-256');
    const client = await connectEndpoint(server.port, clientConfig(pki, { keyShareGroups: ['x25519', 'secp256r1'] }));
    expect((await client.connected()).group?.name).toBe('secp256r1');
    expect(messagesOf(server.process.output, '<<<').filter((message) => message === 'ClientHello')).toHaveLength(1);
  });

  // s_server -stateless forgets a connection after its HelloRetryRequest and hangs up: its own client fails with it. As it has no
  // memory of the first ClientHello, the second may come over a new connection; from the same port, which the cookie holds.
  it('agree after a HelloRetryRequest with a cookie', async () => {
    const server = await startServer('p256', '-stateless');
    const events: TlsEvent['type'][] = [];
    const config = clientConfig(pki, { middleboxCompatibility: false });
    const { client, socket } = await retryFromSamePort(server.port, () =>
      createTlsClient(config, { serverName: 'localhost', onEvent: ({ type }) => events.push(type) }),
    );
    socket.on('data', (bytes: Buffer) => client.receive(bytes));
    for (const bytes of client.takeOutput()) socket.write(bytes);
    await waitUntil(
      () => events.includes('connected') || events.includes('error'),
      () => events.join(' '),
    );
    expect(events).toContain('connected');
    for (const bytes of client.takeOutput()) socket.write(bytes);
    await server.process.prints(/CIPHER is TLS_AES_128_GCM_SHA256/);
  });

  it.each(NAMED_SUITES)('agree on $suite', async ({ suite }) => {
    const server = await startServer('p256', '-ciphersuites', suite);
    const client = await connectEndpoint(server.port, clientConfig(pki, { cipherSuites: [suite] }));
    expect((await client.connected()).suite.name).toBe(suite);
  });

  it.each(NAMED_GROUPS)('agree on the finite field group %s', async (group) => {
    const server = await startServer('p256', '-groups', group);
    const client = await connectEndpoint(server.port, clientConfig(pki, { groups: [group] }));
    expect((await client.connected()).group?.name).toBe(group);
  });

  it.each(NAMED_GROUPS)('agree on the finite field group %s after its HelloRetryRequest', async (group) => {
    const server = await startServer('p256', '-msg', '-groups', group);
    const groups = ['x25519', group] as const;
    const client = await connectEndpoint(server.port, clientConfig(pki, { groups, keyShareGroups: ['x25519'] }));
    expect((await client.connected()).group?.name).toBe(group);
    client.send('over\n');
    await server.process.prints(/over\n/);
    expect(messagesOf(server.process.output, '<<<').filter((message) => message === 'ClientHello')).toHaveLength(2);
  });

  it.each(SCHEMES)('let us verify its $scheme', async ({ key, scheme }) => {
    const server = await startServer(key);
    const signatureSchemes = [...new Set([scheme, 'ecdsa_secp256r1_sha256'])];
    const client = await connectEndpoint(server.port, clientConfig(pki, { signatureSchemes }));
    const info = await client.connected();
    expect(info.signatureScheme?.name).toBe(scheme);
    expect(info.peer).toMatchObject({ kind: 'verified', certificates: [expect.anything()] });
  });

  it('let us build the path over its intermediate certificate', async () => {
    const { certPath, keyPath, intermediatePath, credential } = pki.chained;
    const server = await startServer('p256', '-cert', certPath, '-key', keyPath, '-cert_chain', intermediatePath);
    const client = await connectEndpoint(server.port, clientConfig(pki));
    const { peer } = await client.connected();
    expect(peer).toMatchObject({ kind: 'verified', certificates: credential.chain, path: [...credential.chain, ...pki.anchors] });
  });

  it('end with our unknown_ca when it does not send its intermediate certificate', async () => {
    const { certPath, keyPath } = pki.chained;
    const server = await startServer('p256', '-cert', certPath, '-key', keyPath);
    const client = await connectEndpoint(server.port, clientConfig(pki));
    expect(await client.failed()).toMatchObject({ reason: 'issuer_unknown', alert: 'unknown_ca' });
  });

  it('join its handshake messages from small records, as it does ours', async () => {
    const server = await startServer(
      'rsa',
      '-max_send_frag',
      '512',
      '-Verify',
      '2',
      '-verify_return_error',
      '-x509_strict',
      '-CAfile',
      pki.caPath,
    );
    const config = clientConfig(pki, { maxSendFragment: 64, credentials: [pki.clients.rsa.credential] });
    const client = await connectEndpoint(server.port, config);
    await client.connected();
    client.send('over\n');
    await server.process.prints(/over\n/);
  });

  it.each(Object.keys(KEYS) as KeyName[])('agree on our client certificate (%s)', async (key) => {
    const server = await startServer('p256', '-Verify', '2', '-verify_return_error', '-x509_strict', '-CAfile', pki.caPath);
    const client = await connectEndpoint(server.port, clientConfig(pki, { credentials: [pki.clients[key].credential] }));
    expect((await client.connected()).localCertificates).toEqual([...pki.clients[key].credential.chain]);
    client.send('over\n');
    await server.process.prints(/over\n/);
    expect(server.process.output).toContain(`CN = client-${key}`);
  });

  it('agree to go without a client certificate that is only requested', async () => {
    const server = await startServer('p256', '-verify', '2', '-verify_return_error', '-CAfile', pki.caPath);
    const client = await connectEndpoint(server.port, clientConfig(pki));
    await client.connected();
    client.send('over\n');
    await server.process.prints(/over\n/);
  });

  it('end with its certificate_required when our certificate is missing', async () => {
    const server = await startServer('p256', '-Verify', '2', '-CAfile', pki.caPath);
    const client = await connectEndpoint(server.port, clientConfig(pki));
    const error = await client.failed();
    expect(error).toBeInstanceOf(AlertReceived);
    expect(error).toMatchObject({ description: 'certificate_required' });
  });

  it('end with its unknown_ca when our certificate is of a stranger', async () => {
    const server = await startServer('p256', '-Verify', '2', '-verify_return_error', '-CAfile', pki.strangerPath);
    const client = await connectEndpoint(server.port, clientConfig(pki, { credentials: [pki.clients.p256.credential] }));
    expect(await client.failed()).toMatchObject({ description: 'unknown_ca' });
  });

  it('end with our unknown_ca when its certificate is of a stranger', async () => {
    const server = await startServer('p256', '-msg');
    const client = await connectEndpoint(server.port, clientConfig(pki, { verifier: trusting(pki.strangerAnchors) }));
    const error = await client.failed();
    expect(error).toBeInstanceOf(CertificateInvalid);
    expect(error).toMatchObject({ reason: 'issuer_unknown', alert: 'unknown_ca' });
    await server.process.prints(/alert unknown ca.*SSL alert number 48/);
  });

  it('end with our bad_certificate when its certificate is for another name', async () => {
    const server = await startServer('p256', '-msg');
    const client = await connectEndpoint(server.port, clientConfig(pki), { serverName: 'fox.example' });
    expect(await client.failed()).toMatchObject({ reason: 'name_mismatch', alert: 'bad_certificate' });
    await server.process.prints(/alert bad certificate.*SSL alert number 42/);
  });

  it('verify its IP address', async () => {
    const server = await startServer('p256');
    const client = await connectEndpoint(server.port, clientConfig(pki), { serverName: '127.0.0.1' });
    expect((await client.connected()).peer.kind).toBe('verified');
  });

  it('end with its protocol_version when it speaks TLS 1.2 only, and our error says what to do', async () => {
    const server = await startServer('p256', '-tls1_2');
    const client = await connectEndpoint(server.port, clientConfig(pki, { versions: ['TLSv1.3'] }));
    const error = await client.failed();
    expect(error).toBeInstanceOf(AlertReceived);
    expect(error).toMatchObject({ description: 'protocol_version' });
    expect(error.message).toContain('versions');
  });

  it('end with our protocol_version when it takes TLS 1.2 from an offer that seems to have it', async () => {
    const server = await startServer('p256', '-tls1_2', '-cipher', 'ALL');
    // Without supported_versions a TLS 1.3 ClientHello is one of TLS 1.2: an old server answers with a TLS 1.2 ServerHello.
    const SUPPORTED_VERSIONS = 43;
    const config = clientConfig(pki, {
      versions: ['TLSv1.3'],
      shapeClientHello: (extensions) => extensions.filter(({ type }) => type !== SUPPORTED_VERSIONS),
    });
    const client = await connectEndpoint(server.port, config);
    const error = await client.failed();
    // It has no suite of ours; the point is that nobody hangs and that the error is typed.
    expect(error).toBeInstanceOf(AlertReceived);
    expect(error).toMatchObject({ description: 'handshake_failure' });
  });

  it('end with its handshake_failure when no suite is common', async () => {
    const server = await startServer('p256', '-ciphersuites', 'TLS_AES_256_GCM_SHA384');
    const client = await connectEndpoint(server.port, clientConfig(pki, { cipherSuites: ['TLS_AES_128_GCM_SHA256'] }));
    expect(await client.failed()).toMatchObject({ description: 'handshake_failure' });
  });

  it('agree by ALPN on what it prefers', async () => {
    const server = await startServer('p256', '-alpn', 'h2,http/1.1');
    const client = await connectEndpoint(server.port, clientConfig(pki, { alpnProtocols: ['http/1.1', 'h2'] }));
    expect((await client.connected()).alpnProtocol).toBe('h2');
    await server.process.prints(/ALPN protocols selected: h2/);
  });

  it('agree by our SNI on its second certificate', async () => {
    const { certPath, keyPath } = pki.servers.rsa;
    const server = await startServer('p256', '-servername', 'localhost', '-cert2', certPath, '-key2', keyPath);
    const client = await connectEndpoint(server.port, clientConfig(pki));
    expect((await client.connected()).signatureScheme?.name).toBe('rsa_pss_rsae_sha256');
    await server.process.prints(/Hostname in TLS extension: "localhost"/);
  });

  it.each(SUITES)('resume a session by its ticket (%s)', async (suite) => {
    const server = await startServer('p256', '-ciphersuites', suite);
    const first = await connectEndpoint(server.port, clientConfig(pki));
    await first.until('two tickets', () => first.of('session').length === 2);
    first.connection.close();
    const session = first.of('session')[0]?.session;
    const second = await connectEndpoint(server.port, clientConfig(pki), { session });
    expect(await second.connected()).toMatchObject({ resumed: true, suite: { name: suite }, peer: { kind: 'verified' } });
    await server.process.prints(/Reused session-id|Reused, TLSv1\.3/);
  });

  it.each([
    ['-no_ticket', 'stateful tickets'],
    ['-early_data', 'tickets that allow early data'],
  ])('resume a session by its %s (%s)', async (...[option]) => {
    const server = await startServer('p256', option);
    const first = await connectEndpoint(server.port, clientConfig(pki));
    await first.until('a ticket', () => first.of('session').length > 0);
    first.connection.close();
    const second = await connectEndpoint(server.port, clientConfig(pki), { session: first.of('session')[0]?.session });
    expect(await second.connected()).toMatchObject({ resumed: true });
    second.send('over\n');
    await server.process.prints(/over\n/);
  });

  it('resume a session after its HelloRetryRequest', async () => {
    const server = await startServer('p256', '-groups', 'P-384');
    const first = await connectEndpoint(server.port, clientConfig(pki));
    await first.until('two tickets', () => first.of('session').length === 2);
    first.connection.close();
    const second = await connectEndpoint(server.port, clientConfig(pki), { session: first.of('session')[1]?.session });
    expect(await second.connected()).toMatchObject({ resumed: true, group: { name: 'secp384r1' } });
  });

  it.each(['k', 'K'])('go on after its KeyUpdate (%s)', async (command) => {
    const server = await startServer('p256', '-msg');
    const client = await connectEndpoint(server.port, clientConfig(pki));
    await client.connected();
    for (let round = 0; round < 3; round++) {
      server.process.write(`${command}\n`);
      // Written apart: s_server takes one line of input for one command or one piece of data.
      await server.process.prints(new RegExp(`(>>> TLS 1.3, Handshake \\[length 0005\\], KeyUpdate[\\s\\S]*){${round + 1}}`));
      server.process.write(`from the server ${round}\n`);
      await client.receivedText(`from the server ${round}\n`);
      client.send(`from the client ${round}\n`);
      await server.process.prints(new RegExp(`from the client ${round}\n`));
    }
    server.process.write('Q\n');
    await server.process.exited();
    const answers = messagesOf(server.process.output, '<<<').filter((message) => message === 'KeyUpdate');
    expect(answers).toHaveLength(command === 'K' ? 3 : 0);
  });

  it.each([false, true])('go on after our KeyUpdate (requestPeer: %s)', async (requestPeer) => {
    const server = await startServer('p256', '-msg');
    const client = await connectEndpoint(server.port, clientConfig(pki));
    await client.connected();
    for (let round = 0; round < 3; round++) {
      client.connection.updateKeys({ requestPeer });
      client.send(`from the client ${round}\n`);
      await server.process.prints(new RegExp(`from the client ${round}\n`));
      server.process.write(`from the server ${round}\n`);
      await client.receivedText(`from the server ${round}\n`);
    }
    server.process.write('Q\n');
    await server.process.exited();
    const answers = messagesOf(server.process.output, '>>>').filter((message) => message === 'KeyUpdate');
    expect(answers).toHaveLength(requestPeer ? 3 : 0);
  });

  it('end with its close_notify, then ours', async () => {
    const server = await startServer('p256', '-www');
    const client = await connectEndpoint(server.port, clientConfig(pki));
    await client.connected();
    client.send('GET / HTTP/1.0\r\n\r\n');
    await client.ended();
    expect(Buffer.from(client.data).toString()).toContain('New, TLSv1.3, Cipher is TLS_AES_128_GCM_SHA256');
    expect(client.connection.state).toBe('connected');
    client.connection.close();
    expect(client.connection.state).toBe('closed');
    expect(client.error).toBeUndefined();
  });

  it('end with our close_notify, then its own', async () => {
    const server = await startServer('p256', '-msg');
    const client = await connectEndpoint(server.port, clientConfig(pki));
    await client.connected();
    client.send('last words\n');
    client.connection.close();
    await client.ended();
    expect(client.connection.state).toBe('closed');
    await server.process.prints(/last words\n[\s\S]*<<< TLS 1\.3, Alert [^\n]*close_notify/);
    expect(server.process.output).not.toMatch(/unexpected eof/);
  });

  it('carry 1 MiB each way, unharmed', async () => {
    const server = await startServer('p256', '-quiet');
    const client = await connectEndpoint(server.port, clientConfig(pki));
    await client.connected();
    const [toClient, toServer] = [payload('to the client'), payload('to the server')];
    client.send(toServer);
    server.process.write(toClient);
    expect(sha256(await client.received(MEBIBYTE))).toBe(sha256(toClient));
    await client.until('1 MiB at the server', () => server.process.bytes.length >= MEBIBYTE);
    expect(sha256(server.process.bytes)).toBe(sha256(toServer));
  });

  it('carry 1 MiB in records of -max_send_frag 512', async () => {
    const server = await startServer('p256', '-quiet', '-max_send_frag', '512');
    const client = await connectEndpoint(server.port, clientConfig(pki));
    await client.connected();
    const data = payload('in small records');
    server.process.write(data);
    expect(sha256(await client.received(MEBIBYTE))).toBe(sha256(data));
    expect(Math.max(...client.of('data').map((event) => event.data.length))).toBe(512);
  });

  it('carry our records of at most maxSendFragment', async () => {
    const server = await startServer('p256', '-msg');
    const client = await connectEndpoint(server.port, clientConfig(pki, { maxSendFragment: 600 }));
    await client.connected();
    client.send(payload('small records', 10_000));
    client.send('\nover\n');
    await server.process.prints(/over\n/);
    server.process.write('Q\n');
    await server.process.exited();
    // One byte of content type and 16 of tag.
    expect(Math.max(...recordLengths(server.process.output, '<<<'))).toBe(600 + 17);
  });

  it.each([true, false])('speak with middlebox compatibility: %s', async (middleboxCompatibility) => {
    const server = await startServer('p256', '-msg');
    const client = await connectEndpoint(server.port, clientConfig(pki, { middleboxCompatibility }));
    await client.connected();
    client.send('over\n');
    await server.process.prints(/over\n/);
    server.process.write('Q\n');
    await server.process.exited();
    const { output } = server.process;
    expect(output.match(/<<< .*RecordHeader \[length 0005\]\s+14 03 03 00 01/g) ?? []).toHaveLength(
      middleboxCompatibility ? 1 : 0,
    );
    // It sends its own whether or not we ask for it, which a client has to ignore (RFC 8446 §5).
    expect(output.match(/>>> .*RecordHeader \[length 0005\]\s+14 03 03 00 01/g)).toHaveLength(1);
  });

  it('ask for no post-handshake authentication that the server could use', async () => {
    const server = await startServer('p256', '-verify', '2', '-CAfile', pki.caPath);
    const client = await connectEndpoint(server.port, clientConfig(pki));
    await client.connected();
    // s_server's command for a CertificateRequest: it refuses by itself, as we did not offer post_handshake_auth.
    server.process.write('c\n');
    await server.process.prints(/extension not received/);
    server.process.write('still here\n');
    await client.receivedText('still here\n');
  });

  it('derive the same exported keying material', async () => {
    const label = 'EXPERIMENTAL foxtls';
    const server = await startServer('p256', '-keymatexport', label, '-keymatexportlen', '42');
    const client = await connectEndpoint(server.port, clientConfig(pki));
    await client.connected();
    const [, theirs] = await server.process.prints(/Keying material: ([0-9A-F]{84})\s/);
    expect(toHex(client.connection.exportKeyingMaterial(42, label)).toUpperCase()).toBe(theirs);
  });

  it('write the same key log', async () => {
    const file = pki.path('keylog-server.txt');
    const server = await startServer('p256', '-keylogfile', file);
    const client = await connectEndpoint(server.port, clientConfig(pki), { keyLog: true });
    await client.connected();
    client.send('over\n');
    await server.process.prints(/over\n/);
    server.process.write('Q\n');
    await server.process.exited();
    const ours = client.of('keylog').map(({ line }) => line);
    const theirs = readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    expect(ours.sort()).toEqual(theirs.sort());
    expect(ours).toHaveLength(5);
  });

  // Its commands q and Q close the socket without close_notify.
  it('fail with a truncation when it hangs up', async () => {
    const server = await startServer('p256');
    const client = await connectEndpoint(server.port, clientConfig(pki));
    await client.connected();
    server.process.write('q\n');
    expect(await client.failed()).toMatchObject({ code: 'ERR_TLS_CONNECTION_LOST', reason: 'truncated' });
  });
});
