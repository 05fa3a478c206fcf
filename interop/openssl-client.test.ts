/**
 * openssl s_client against our server: the core on a TCP socket.
 */

import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { toHex } from '../packages/foxtls/src/core/bytes/bytes.ts';
import { AlertReceived, CertificateInvalid, PeerIncompatible } from '../packages/foxtls/src/core/errors/errors.ts';
import { nodeProvider as provider } from '../packages/foxtls/src/crypto/node/provider.ts';
import { createSealer, SEALER_KEY_SIZE } from '../packages/foxtls/src/protocol/session/sealer.ts';
import { describeWithPeer } from '../packages/foxtls/test/peers.ts';
import { GROUP_NAMES, GROUPS, NAMED_GROUPS, NAMED_SUITES, SCHEMES, SUITES, serverConfig, trusting } from './harness/configs.ts';
import { listenEndpoints } from './harness/endpoint.ts';
import { messagesOf, recordLengths } from './harness/openssl-messages.ts';
import { MEBIBYTE, payload, sha256 } from './harness/payload.ts';
import { type PeerProcess, startPeer } from './harness/peer-process.ts';
import { createInteropPki, type InteropPki, KEYS, type KeyName } from './harness/pki.ts';
import { waitUntil } from './harness/wait.ts';

/** The header of a record of type change_cipher_spec, in what -msg prints. */
const CHANGE_CIPHER_SPEC = /RecordHeader \[length 0005\]\s+14 03 03 00 01/g;

let pki: InteropPki;
beforeAll(async () => {
  pki = await createInteropPki();
});
afterAll(() => pki?.remove());

/** s_client, which trusts our root and gives up when it cannot verify us. */
function startClient(port: number, ...options: string[]) {
  const trust = options.includes('-CAfile') ? [] : ['-CAfile', pki.caPath];
  const target = ['-connect', `127.0.0.1:${port}`, '-servername', 'localhost', '-verify_hostname', 'localhost'];
  return startPeer('openssl', ['s_client', ...target, '-verify_return_error', '-x509_strict', ...trust, ...options]);
}

/** Waits until a client has written its session, then ends it. */
async function keepSession(client: PeerProcess, file: string): Promise<void> {
  await waitUntil(
    () => existsSync(file) && readFileSync(file, 'utf8').includes('-----END'),
    () => `a session in ${file}`,
  );
  client.write('Q\n');
  await client.exited();
}

describeWithPeer('openssl s_client and our server', 'openssl', () => {
  it.each(SUITES)('agree on %s', async (suite) => {
    const server = await listenEndpoints(serverConfig(pki));
    const client = startClient(server.port, '-ciphersuites', suite);
    await client.prints(new RegExp(`New, TLSv1.3, Cipher is ${suite}`));
    const { suite: ours } = await (await server.accepted()).connected();
    expect(ours.name).toBe(suite);
  });

  it.each(GROUPS)('agree on the group $name', async ({ name, openssl }) => {
    const server = await listenEndpoints(serverConfig(pki, { groups: GROUP_NAMES }));
    const client = startClient(server.port, '-groups', openssl);
    await client.prints(/Verify return code: 0 \(ok\)/);
    const { group } = await (await server.accepted()).connected();
    expect(group?.name).toBe(name);
    expect(client.output).toMatch(/Server Temp Key: \w+/);
  });

  it.each(GROUPS)('agree on the group $name after a HelloRetryRequest', async ({ name, openssl }) => {
    const shared = name === 'x25519' ? 'P-256' : 'X25519';
    const server = await listenEndpoints(serverConfig(pki, { groups: [name] }));
    const client = startClient(server.port, '-msg', '-groups', `${shared}:${openssl}`);
    await client.prints(/Verify return code: 0 \(ok\)/);
    expect((await (await server.accepted()).connected()).group?.name).toBe(name);
    expect(messagesOf(client.output, '>>>').filter((message) => message === 'ClientHello')).toHaveLength(2);
    expect(messagesOf(client.output, '<<<').filter((message) => message === 'ServerHello')).toHaveLength(2);
  });

  it('agree after a HelloRetryRequest with a cookie', async () => {
    const cookieSealer = createSealer(provider, provider.random(SEALER_KEY_SIZE), 'cookie');
    const server = await listenEndpoints(serverConfig(pki, { cookieSealer, requireCookie: true }));
    const client = startClient(server.port, '-msg');
    await client.prints(/Verify return code: 0 \(ok\)/);
    await (await server.accepted()).connected();
    expect(messagesOf(client.output, '>>>').filter((message) => message === 'ClientHello')).toHaveLength(2);
  });

  it.each(NAMED_SUITES)('agree on $suite', async ({ suite }) => {
    const server = await listenEndpoints(serverConfig(pki, { cipherSuites: [suite] }));
    startClient(server.port, '-ciphersuites', suite);
    expect((await (await server.accepted()).connected()).suite.name).toBe(suite);
  });

  it.each(NAMED_GROUPS)('agree on the finite field group %s', async (group) => {
    const server = await listenEndpoints(serverConfig(pki, { groups: [group] }));
    startClient(server.port, '-groups', group);
    expect((await (await server.accepted()).connected()).group?.name).toBe(group);
  });

  it.each(NAMED_GROUPS)('agree on the finite field group %s after a HelloRetryRequest', async (group) => {
    const server = await listenEndpoints(serverConfig(pki, { groups: [group] }));
    const client = startClient(server.port, '-msg', '-groups', `X25519:${group}`);
    expect((await (await server.accepted()).connected()).group?.name).toBe(group);
    await client.prints(/Verify return code: 0 \(ok\)/);
    expect(messagesOf(client.output, '>>>').filter((message) => message === 'ClientHello')).toHaveLength(2);
  });

  it.each(SCHEMES)('verify our $scheme', async ({ key, scheme, openssl }) => {
    const server = await listenEndpoints(serverConfig(pki, { credentials: [pki.servers[key].credential] }));
    // Our chains are signed with ECDSA, whatever the leaf's key is.
    const offered = [...new Set([openssl, 'ECDSA+SHA256'])].join(':');
    const client = startClient(server.port, '-sigalgs', offered);
    await client.prints(/Verify return code: 0 \(ok\)/);
    expect((await (await server.accepted()).connected()).signatureScheme?.name).toBe(scheme);
    const type = { p256: 'ECDSA', p384: 'ECDSA', rsa: 'RSA-PSS', ed25519: 'ed25519' }[key];
    expect(client.output).toContain(`Peer signature type: ${type}\n`);
  });

  it('build the path over our intermediate certificate', async () => {
    const server = await listenEndpoints(serverConfig(pki, { credentials: [pki.chained.credential] }));
    const client = startClient(server.port, '-showcerts');
    await client.prints(/Verify return code: 0 \(ok\)/);
    expect(client.output).toMatch(/depth=1 CN = Interop Intermediate/);
    expect(client.output).toMatch(/depth=2 CN = Interop Root/);
  });

  it('join our handshake messages from small records', async () => {
    const config = serverConfig(pki, { credentials: [pki.chained.credential], maxSendFragment: 64 });
    const server = await listenEndpoints(config);
    const client = startClient(server.port, '-msg', '-max_send_frag', '512');
    await client.prints(/Verify return code: 0 \(ok\)/);
    await (await server.accepted()).connected();
    expect(Math.max(...recordLengths(client.output, '<<<'))).toBe(64 + 17);
  });

  it('choose among our credentials by the schemes that it offers', async () => {
    const { rsa, p256 } = pki.servers;
    const server = await listenEndpoints(serverConfig(pki, { credentials: [rsa.credential, p256.credential] }));
    const client = startClient(server.port, '-sigalgs', 'ECDSA+SHA256');
    await client.prints(/Verify return code: 0 \(ok\)/);
    expect(client.output).toContain('Peer signature type: ECDSA\n');
  });

  it.each(Object.keys(KEYS) as KeyName[])('let us verify its client certificate (%s)', async (key) => {
    const verifier = trusting(pki.anchors);
    const server = await listenEndpoints(serverConfig(pki, { verifier, clientCertificates: 'require' }));
    const { certPath, keyPath, credential } = pki.clients[key];
    const client = startClient(server.port, '-cert', certPath, '-key', keyPath);
    const endpoint = await server.accepted();
    const { peer } = await endpoint.connected();
    expect(peer.kind === 'verified' && peer.certificates[0]).toEqual(credential.chain[0]);
    endpoint.send('welcome\n');
    await client.prints(/welcome/);
  });

  it('let it in without a certificate when one is only requested', async () => {
    const server = await listenEndpoints(serverConfig(pki, { verifier: trusting(pki.anchors), clientCertificates: 'request' }));
    const client = startClient(server.port);
    const endpoint = await server.accepted();
    expect((await endpoint.connected()).peer.kind).toBe('anonymous');
    endpoint.send('welcome\n');
    await client.prints(/welcome/);
  });

  it('end with certificate_required when its certificate is missing', async () => {
    const server = await listenEndpoints(serverConfig(pki, { verifier: trusting(pki.anchors), clientCertificates: 'require' }));
    const client = startClient(server.port);
    const error = await (await server.accepted()).failed();
    expect(error).toMatchObject({ alert: 'certificate_required' });
    await client.prints(/tlsv13 alert certificate required.*SSL alert number 116/);
  });

  it('end with unknown_ca when its certificate is of a stranger', async () => {
    const verifier = trusting(pki.strangerAnchors);
    const server = await listenEndpoints(serverConfig(pki, { verifier, clientCertificates: 'request' }));
    const { certPath, keyPath } = pki.clients.p256;
    const client = startClient(server.port, '-cert', certPath, '-key', keyPath);
    const error = await (await server.accepted()).failed();
    expect(error).toBeInstanceOf(CertificateInvalid);
    expect(error).toMatchObject({ alert: 'unknown_ca' });
    await client.prints(/tlsv1 alert unknown ca.*SSL alert number 48/);
  });

  it('end with its unknown_ca when our certificate is of a stranger', async () => {
    const server = await listenEndpoints(serverConfig(pki));
    const client = startClient(server.port, '-msg', '-CAfile', pki.strangerPath);
    const error = await (await server.accepted()).failed();
    expect(error).toBeInstanceOf(AlertReceived);
    expect(error).toMatchObject({ description: 'unknown_ca' });
    expect((await client.exited()).code).toBe(1);
    expect(client.output).toMatch(/Alert.*fatal unknown_ca/);
  });

  it('end with protocol_version when it speaks TLS 1.2 only, and our error says what to do', async () => {
    const server = await listenEndpoints(serverConfig(pki, { versions: ['TLSv1.3'] }));
    const client = startClient(server.port, '-tls1_2');
    const error = await (await server.accepted()).failed();
    expect(error).toBeInstanceOf(PeerIncompatible);
    expect(error).toMatchObject({ subject: 'version', alert: 'protocol_version' });
    expect(error.message).toMatch(/TLSv1\.2/);
    await client.prints(/alert protocol version.*SSL alert number 70/);
  });

  it('end with handshake_failure when no suite is common', async () => {
    const server = await listenEndpoints(serverConfig(pki, { cipherSuites: ['TLS_AES_128_GCM_SHA256'] }));
    const client = startClient(server.port, '-ciphersuites', 'TLS_AES_256_GCM_SHA384');
    expect(await (await server.accepted()).failed()).toMatchObject({ subject: 'suite', alert: 'handshake_failure' });
    await client.prints(/handshake failure.*SSL alert number 40/);
  });

  it('agree by ALPN on the first of ours that it offers', async () => {
    const server = await listenEndpoints(serverConfig(pki, { alpnProtocols: ['h2', 'http/1.1'] }));
    const client = startClient(server.port, '-alpn', 'fox/1,http/1.1,h2');
    await client.prints(/ALPN protocol: h2\n/);
    expect((await (await server.accepted()).connected()).alpnProtocol).toBe('h2');
  });

  it('end with no_application_protocol when ALPN has nothing in common', async () => {
    const server = await listenEndpoints(serverConfig(pki, { alpnProtocols: ['h2'] }));
    const client = startClient(server.port, '-alpn', 'fox/1');
    expect(await (await server.accepted()).failed()).toMatchObject({ alert: 'no_application_protocol' });
    await client.prints(/SSL alert number 120/);
  });

  it('choose the virtual host by its SNI', async () => {
    const other = serverConfig(pki, { credentials: [pki.servers.ed25519.credential] });
    const config = serverConfig(pki, { selectConfig: ({ serverName }) => (serverName === 'localhost' ? other : undefined) });
    const server = await listenEndpoints(config);
    const client = startClient(server.port);
    await client.prints(/Peer signature type: ed25519/);
    expect((await (await server.accepted()).connected()).serverName).toBe('localhost');
  });

  it.each(SUITES)('resume a session by our ticket (%s)', async (suite) => {
    const server = await listenEndpoints(serverConfig(pki, { cipherSuites: [suite] }));
    const file = pki.path(`session-${suite}.pem`);
    const first = startClient(server.port, '-sess_out', file);
    const before = await server.accepted();
    await keepSession(first, file);
    const second = startClient(server.port, '-sess_in', file);
    await second.prints(new RegExp(`Reused, TLSv1.3, Cipher is ${suite}`));
    expect((await before.connected()).resumed).toBe(false);
    const after = await (await server.accepted(1)).connected();
    expect(after).toMatchObject({ resumed: true, group: { name: 'x25519' }, signatureScheme: undefined });
  });

  it('resume a session after a HelloRetryRequest, with who the client was', async () => {
    const options = { verifier: trusting(pki.anchors), clientCertificates: 'require', groups: ['secp384r1'] } as const;
    const server = await listenEndpoints(serverConfig(pki, options));
    const file = pki.path('session-retry.pem');
    const { certPath, keyPath, credential } = pki.clients.p256;
    const first = startClient(server.port, '-groups', 'X25519:P-384', '-cert', certPath, '-key', keyPath, '-sess_out', file);
    await keepSession(first, file);
    const second = startClient(server.port, '-groups', 'X25519:P-384', '-sess_in', file);
    await second.prints(/Reused, TLSv1.3/);
    const { resumed, peer } = await (await server.accepted(1)).connected();
    expect(resumed).toBe(true);
    expect(peer.kind === 'verified' && peer.certificates[0]).toEqual(credential.chain[0]);
  });

  it('go through a full handshake when the ticket is not ours', async () => {
    const file = pki.path('session-foreign.pem');
    const issuer = await listenEndpoints(serverConfig(pki));
    const first = startClient(issuer.port, '-sess_out', file);
    await keepSession(first, file);
    const server = await listenEndpoints(serverConfig(pki));
    const second = startClient(server.port, '-sess_in', file);
    await second.prints(/New, TLSv1.3/);
    expect((await (await server.accepted()).connected()).resumed).toBe(false);
  });

  it.each(['k', 'K'])('go on after its KeyUpdate (%s)', async (command) => {
    const server = await listenEndpoints(serverConfig(pki));
    const client = startClient(server.port, '-msg');
    const endpoint = await server.accepted();
    await endpoint.connected();
    await client.prints(/Verify return code: 0 \(ok\)/);
    for (let round = 0; round < 3; round++) {
      client.write(`${command}\n`);
      await client.prints(new RegExp(`(KEYUPDATE[\\s\\S]*){${round + 1}}`));
      client.write(`from the client ${round}\n`);
      await endpoint.receivedText(`from the client ${round}\n`);
      endpoint.send(`from the server ${round}\n`);
      await client.prints(new RegExp(`from the server ${round}\n`));
    }
    client.write('Q\n');
    await client.exited();
    const answers = messagesOf(client.output, '<<<').filter((message) => message === 'KeyUpdate');
    expect(answers).toHaveLength(command === 'K' ? 3 : 0);
  });

  it.each([false, true])('go on after our KeyUpdate (requestPeer: %s)', async (requestPeer) => {
    const server = await listenEndpoints(serverConfig(pki));
    const client = startClient(server.port, '-msg');
    const endpoint = await server.accepted();
    await endpoint.connected();
    for (let round = 0; round < 3; round++) {
      endpoint.connection.updateKeys({ requestPeer });
      endpoint.send(`from the server ${round}\n`);
      await client.prints(new RegExp(`from the server ${round}\n`));
      client.write(`from the client ${round}\n`);
      await endpoint.receivedText(`from the client ${round}\n`);
    }
    client.write('Q\n');
    await client.exited();
    const answers = messagesOf(client.output, '>>>').filter((message) => message === 'KeyUpdate');
    expect(answers).toHaveLength(requestPeer ? 3 : 0);
  });

  it('show us its close_notify, after which our close ends the connection', async () => {
    const server = await listenEndpoints(serverConfig(pki));
    const client = startClient(server.port);
    const endpoint = await server.accepted();
    await endpoint.connected();
    client.write('last words\n');
    await endpoint.receivedText('last words\n');
    client.write('Q\n');
    await endpoint.ended();
    expect(endpoint.connection.state).toBe('connected');
    endpoint.connection.close();
    expect(endpoint.connection.state).toBe('closed');
    expect((await client.exited()).code).toBe(0);
    expect(endpoint.error).toBeUndefined();
  });

  it('take our close_notify for the end', async () => {
    const server = await listenEndpoints(serverConfig(pki));
    const client = startClient(server.port, '-msg');
    const endpoint = await server.accepted();
    await endpoint.connected();
    endpoint.send('last words\n');
    endpoint.connection.close();
    await client.prints(/last words\n[\s\S]*warning close_notify/);
    expect((await client.exited()).code).toBe(0);
    expect(client.output).not.toMatch(/unexpected eof/);
  });

  it('carry 1 MiB each way, unharmed', async () => {
    const server = await listenEndpoints(serverConfig(pki));
    const client = startClient(server.port, '-quiet', '-nocommands');
    const endpoint = await server.accepted();
    await endpoint.connected();
    const [toClient, toServer] = [payload('to the client'), payload('to the server')];
    endpoint.send(toClient);
    client.write(toServer);
    expect(sha256(await endpoint.received(MEBIBYTE))).toBe(sha256(toServer));
    endpoint.connection.close();
    await client.exited();
    expect(client.bytes.length).toBe(MEBIBYTE);
    expect(sha256(client.bytes)).toBe(sha256(toClient));
  });

  it.each([
    { option: '-max_send_frag', size: 512 },
    { option: '-split_send_frag', size: 777 },
  ])('carry 1 MiB in records of $option $size', async ({ option, size }) => {
    const server = await listenEndpoints(serverConfig(pki));
    const client = startClient(server.port, '-quiet', '-nocommands', option, String(size));
    const endpoint = await server.accepted();
    await endpoint.connected();
    const data = payload('in small records');
    client.write(data);
    expect(sha256(await endpoint.received(MEBIBYTE))).toBe(sha256(data));
    const sizes = endpoint.of('data').map((event) => event.data.length);
    expect(Math.max(...sizes)).toBe(size);
  });

  it('open records that it padded', async () => {
    const server = await listenEndpoints(serverConfig(pki));
    const client = startClient(server.port, '-quiet', '-record_padding', '4096');
    const endpoint = await server.accepted();
    await endpoint.connected();
    client.write('padded\n');
    await endpoint.receivedText('padded\n');
    expect(Buffer.from(endpoint.data).toString()).toBe('padded\n');
  });

  it('carry our records of at most maxSendFragment', async () => {
    const server = await listenEndpoints(serverConfig(pki, { maxSendFragment: 600 }));
    const client = startClient(server.port, '-msg');
    const endpoint = await server.accepted();
    await endpoint.connected();
    endpoint.send(payload('small records', 10_000));
    endpoint.send('\nover\n');
    await client.prints(/over\n/);
    const encrypted = recordLengths(client.output, '<<<');
    // One byte of content type and 16 of tag.
    expect(Math.max(...encrypted)).toBe(600 + 17);
  });

  it('speak without middlebox compatibility', async () => {
    const server = await listenEndpoints(serverConfig(pki));
    const client = startClient(server.port, '-no_middlebox', '-msg');
    await client.prints(/Verify return code: 0 \(ok\)/);
    await (await server.accepted()).connected();
    expect(client.output).not.toMatch(CHANGE_CIPHER_SPEC);
  });

  it('speak with middlebox compatibility', async () => {
    const server = await listenEndpoints(serverConfig(pki));
    const client = startClient(server.port, '-msg');
    await client.prints(/Verify return code: 0 \(ok\)/);
    expect(client.output.match(CHANGE_CIPHER_SPEC)).toHaveLength(2);
  });

  it('speak when it announces extensions that we do not know', async () => {
    const server = await listenEndpoints(serverConfig(pki));
    const client = startClient(
      server.port,
      '-status',
      '-enable_pha',
      '-maxfraglen',
      '1024',
      '-use_srtp',
      'SRTP_AES128_CM_SHA1_80',
    );
    await client.prints(/Verify return code: 0 \(ok\)/);
    expect(client.output).toContain('OCSP response: no response sent');
  });

  it('derive the same exported keying material', async () => {
    const server = await listenEndpoints(serverConfig(pki));
    const label = 'EXPERIMENTAL foxtls';
    const client = startClient(server.port, '-keymatexport', label, '-keymatexportlen', '42');
    const [, theirs] = await client.prints(/Keying material: ([0-9A-F]{84})\s/);
    const endpoint = await server.accepted();
    await endpoint.connected();
    expect(toHex(endpoint.connection.exportKeyingMaterial(42, label)).toUpperCase()).toBe(theirs);
  });

  it('write the same key log', async () => {
    const server = await listenEndpoints(serverConfig(pki), { keyLog: true });
    const file = pki.path('keylog-client.txt');
    const client = startClient(server.port, '-keylogfile', file);
    await client.prints(/Verify return code: 0 \(ok\)/);
    client.write('Q\n');
    await client.exited();
    const ours = (await server.accepted()).of('keylog').map(({ line }) => line);
    const theirs = readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    expect(ours.sort()).toEqual(theirs.sort());
    expect(ours).toHaveLength(5);
  });
});
