/**
 * NSS, the TLS of Firefox: its tstclnt against our server, its selfserv against our client; the core on a TCP socket.
 */

import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { equal, toHex, utf8 } from '../packages/foxtls/src/core/bytes/bytes.ts';
import { AlertReceived, PeerIncompatible } from '../packages/foxtls/src/core/errors/errors.ts';
import type { ClientSession } from '../packages/foxtls/src/protocol/session/client-session.ts';
import type { PreSharedKey } from '../packages/foxtls/src/protocol/session/pre-shared-key.ts';
import { createSessionCache } from '../packages/foxtls/src/protocol/session/session-cache.ts';
import { describeWithPeer, findPeer } from '../packages/foxtls/test/peers.ts';
import { clientConfig, SUITES, serverConfig, trusting } from './harness/configs.ts';
import { connectEndpoint, type Endpoint, listenEndpoints } from './harness/endpoint.ts';
import { createNssDatabase, createStrangerDatabase, NSS_KEYS, NSS_LEAF, NSS_ROOT } from './harness/nss-database.ts';
import { MEBIBYTE, payload, sha256 } from './harness/payload.ts';
import { type PeerProcess, startPeer } from './harness/peer-process.ts';
import { createInteropPki, type InteropPki } from './harness/pki.ts';
import { findFreePort } from './harness/ports.ts';

let pki: InteropPki;
/** The databases, by the leaf that is in them. */
const databases = new Map<string, string>();
beforeAll(async () => {
  pki = await createInteropPki();
  const hasTools = (['openssl', 'certutil', 'pk12util'] as const).every((name) => findPeer(name) !== undefined);
  if (!hasTools) return;
  for (const key of NSS_KEYS) {
    databases.set(`server-${key}`, createNssDatabase(pki, `server-${key}`, pki.servers[key]));
    databases.set(`client-${key}`, createNssDatabase(pki, `client-${key}`, pki.clients[key]));
  }
  databases.set('chained', createNssDatabase(pki, 'chained', pki.chained));
  databases.set('none', createNssDatabase(pki, 'none'));
  databases.set('stranger', createStrangerDatabase(pki, 'stranger'));
});
afterAll(() => pki?.remove());

/** How NSS names the suites in its options and in its output. */
const NSS_SUITES = {
  TLS_AES_128_GCM_SHA256: { option: ':1301', printed: '128-bit AES-GCM' },
  TLS_AES_256_GCM_SHA384: { option: ':1302', printed: '256-bit AES-GCM' },
  TLS_CHACHA20_POLY1305_SHA256: { option: ':1303', printed: '256-bit CHACHA20POLY1305' },
} as const;

/** Of TLS 1.2: a list of one for its option `-c`. It has no encrypt_then_mac: CBC is MAC-then-encrypt. */
const TLS12_SUITES = [
  { suite: 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', option: ':C02B', key: 'p256' },
  { suite: 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', option: ':C02C', key: 'p256' },
  { suite: 'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256', option: ':CCA9', key: 'p256' },
  { suite: 'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA', option: ':C009', key: 'p256' },
  { suite: 'TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA', option: ':C00A', key: 'p256' },
  { suite: 'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256', option: ':C023', key: 'p256' },
  { suite: 'TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384', option: ':C024', key: 'p256' },
  { suite: 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', option: ':C02F', key: 'rsa' },
  { suite: 'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256', option: ':CCA8', key: 'rsa' },
  { suite: 'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA', option: ':C013', key: 'rsa' },
] as const;
const TLS12_ONLY = 'tls1.2:tls1.2';

/** IANA's names of the groups, NSS's, and the size of key that NSS reports. */
const NSS_GROUPS = [
  { name: 'x25519', nss: 'x25519', bits: 255, other: { name: 'secp256r1', nss: 'P256' } },
  { name: 'secp256r1', nss: 'P256', bits: 256, other: { name: 'x25519', nss: 'x25519' } },
  { name: 'secp384r1', nss: 'P384', bits: 384, other: { name: 'x25519', nss: 'x25519' } },
  { name: 'secp521r1', nss: 'P521', bits: 521, other: { name: 'x25519', nss: 'x25519' } },
  { name: 'ffdhe2048', nss: 'FF2048', bits: 2048, other: { name: 'x25519', nss: 'x25519' } },
] as const;

const SIGNATURES = [
  { key: 'p256', scheme: 'ecdsa_secp256r1_sha256' },
  { key: 'p384', scheme: 'ecdsa_secp384r1_sha384' },
  { key: 'rsa', scheme: 'rsa_pss_rsae_sha256' },
  { key: 'rsa', scheme: 'rsa_pss_rsae_sha384' },
  { key: 'rsa', scheme: 'rsa_pss_rsae_sha512' },
] as const;

const LABEL = 'EXPERIMENTAL foxtls';
const sensor: PreSharedKey = { identity: utf8('sensor-17'), key: new Uint8Array(32).fill(0x5a) };
const PSK_OPTION = `0x${toHex(sensor.key)}:sensor-17`;

function databaseOf(name: string): string {
  const database = databases.get(name);
  if (database === undefined) throw new Error(`no database ${name}: openssl, certutil and pk12util make it`);
  return database;
}

/** The bytes that NSS prints for an exporter, in hex. */
async function exportedBy(peer: PeerProcess): Promise<string> {
  const [, lines] = await peer.prints(/Keying Material:\n((?:\s+(?:[0-9a-f]{2}:?)+\n){3})/);
  return (lines ?? '').replace(/[^0-9a-f]/g, '');
}

interface ClientSetting {
  /** Which database: with which leaf, or `stranger`. */
  readonly database?: string;
  readonly versions?: string;
}

/** tstclnt, which trusts our root; it answers a request for a certificate when the options name one. */
function startClient(
  port: number,
  options: readonly string[] = [],
  { database = 'none', versions = 'tls1.3:tls1.3' }: ClientSetting = {},
) {
  const target = ['-4', '-h', '127.0.0.1', '-a', 'localhost', '-p', String(port)];
  return startPeer('tstclnt', [...target, '-d', databaseOf(database), '-V', versions, '-v', ...options]);
}

const REQUEST = 'GET /still-here HTTP/1.0\r\n\r\n';

async function answerOnce(endpoint: Endpoint): Promise<void> {
  await endpoint.receivedText(REQUEST);
  endpoint.send('welcome\n');
  endpoint.connection.close();
}

describeWithPeer('NSS tstclnt and our server', 'tstclnt', () => {
  it.each(SUITES)('agree on %s', async (suite) => {
    const server = await listenEndpoints(serverConfig(pki));
    const client = startClient(server.port, ['-c', NSS_SUITES[suite].option]);
    await client.prints(new RegExp(`SSL version 3\\.4 using ${NSS_SUITES[suite].printed}`));
    expect((await (await server.accepted()).connected()).suite.name).toBe(suite);
  });

  it.each(NSS_GROUPS)('agree on the group $name', async ({ name, nss, bits }) => {
    const server = await listenEndpoints(serverConfig(pki, { groups: NSS_GROUPS.map((group) => group.name) }));
    const client = startClient(server.port, ['-I', nss]);
    await client.prints(new RegExp(`Key Exchange: ${bits}-bit TLS 1\\.3`));
    expect((await (await server.accepted()).connected()).group?.name).toBe(name);
  });

  it.each(NSS_GROUPS)('agree on the group $name after a HelloRetryRequest', async ({ name, nss, bits, other }) => {
    const server = await listenEndpoints(serverConfig(pki, { groups: [name] }));
    const client = startClient(server.port, ['-I', `${other.nss},${nss}`]);
    await client.prints(new RegExp(`Key Exchange: ${bits}-bit TLS 1\\.3`));
    expect((await (await server.accepted()).connected()).group?.name).toBe(name);
  });

  it.each(SIGNATURES)('verify our $scheme', async ({ key, scheme }) => {
    const server = await listenEndpoints(serverConfig(pki, { credentials: [pki.servers[key].credential] }));
    // What signs our certificate too (RFC 8446 §4.2.3).
    const client = startClient(server.port, ['-J', `${scheme},ecdsa_secp256r1_sha256`]);
    await client.prints(new RegExp(`Signature Scheme: ${scheme}`));
    const endpoint = await server.accepted();
    expect((await endpoint.connected()).signatureScheme?.name).toBe(scheme);
    endpoint.send('welcome\n');
    await client.prints(/welcome/);
  });

  it('verify our chain over an intermediate', async () => {
    const server = await listenEndpoints(serverConfig(pki, { credentials: [pki.chained.credential] }));
    const client = startClient(server.port);
    const endpoint = await server.accepted();
    await endpoint.connected();
    endpoint.send('welcome\n');
    await client.prints(/welcome/);
  });

  it.each(NSS_KEYS)('let us verify its client certificate (%s)', async (key) => {
    const config = serverConfig(pki, { verifier: trusting(pki.anchors), clientCertificates: 'require' });
    const server = await listenEndpoints(config);
    const client = startClient(server.port, ['-n', NSS_LEAF], { database: `client-${key}` });
    const endpoint = await server.accepted();
    const { peer } = await endpoint.connected();
    expect(peer.kind === 'verified' && peer.certificates[0]).toEqual(pki.clients[key].credential.chain[0]);
    endpoint.send('welcome\n');
    await client.prints(/welcome/);
  });

  it('end with certificate_required when its certificate is missing', async () => {
    const config = serverConfig(pki, { verifier: trusting(pki.anchors), clientCertificates: 'require' });
    const server = await listenEndpoints(config);
    const client = startClient(server.port);
    expect(await (await server.accepted()).failed()).toMatchObject({ alert: 'certificate_required' });
    await client.prints(/CERTIFICATE_REQUIRED/);
  });

  it('end with an alert of its own when our certificate is of a stranger', async () => {
    const server = await listenEndpoints(serverConfig(pki));
    const client = startClient(server.port, [], { database: 'stranger' });
    const error = await (await server.accepted()).failed();
    expect(error).toBeInstanceOf(AlertReceived);
    expect(error).toMatchObject({ description: 'unknown_ca' });
    await client.prints(/SEC_ERROR_UNKNOWN_ISSUER/);
    expect((await client.exited()).code).not.toBe(0);
  });

  it.each(TLS12_SUITES)('agree on $suite over TLS 1.2', async ({ suite, option, key }) => {
    const { credential } = pki.servers[key];
    const options = { credentials: [credential], cipherSuites: [suite], insecureMacThenEncrypt: true };
    const server = await listenEndpoints(serverConfig(pki, options));
    const client = startClient(server.port, ['-c', option], { versions: TLS12_ONLY });
    const endpoint = await server.accepted();
    expect(await endpoint.connected()).toMatchObject({ version: 'TLSv1.2', suite: { name: suite }, extendedMasterSecret: true });
    endpoint.send('welcome\n');
    await client.prints(/welcome/);
    client.write('thanks\n');
    await endpoint.receivedText('thanks\n');
    await client.prints(/SSL version 3\.3/);
  });

  it.each([
    // With `-u` it asks for tickets, and takes no id; without a ticket it has only the id.
    { what: 'a ticket', options: ['-u'], config: {} },
    { what: 'its id', options: [], config: { tickets: 0, sessionCache: createSessionCache() } },
  ])('resume a session of TLS 1.2 by $what', async ({ options, config }) => {
    const server = await listenEndpoints(serverConfig(pki, config), { onAccept: answerOnce });
    const request = pki.path('request');
    writeFileSync(request, REQUEST);
    const client = startClient(server.port, ['-L', '2', '-A', request, ...options], { versions: TLS12_ONLY });
    expect(await (await server.accepted(0)).connected()).toMatchObject({ version: 'TLSv1.2', resumed: false });
    expect(await (await server.accepted(1)).connected()).toMatchObject({ version: 'TLSv1.2', resumed: true });
    await client.prints(/1 cache hits/);
    expect((await client.exited()).code).toBe(0);
  });

  it.each(NSS_KEYS)('let us verify its client certificate over TLS 1.2 (%s)', async (key) => {
    const config = serverConfig(pki, { verifier: trusting(pki.anchors), clientCertificates: 'require' });
    const server = await listenEndpoints(config);
    const client = startClient(server.port, ['-n', NSS_LEAF], { database: `client-${key}`, versions: TLS12_ONLY });
    const endpoint = await server.accepted();
    const { peer } = await endpoint.connected();
    expect(peer.kind === 'verified' && peer.certificates[0]).toEqual(pki.clients[key].credential.chain[0]);
    endpoint.send('welcome\n');
    await client.prints(/welcome/);
  });

  it('end with handshake_failure over TLS 1.2 when its certificate is missing', async () => {
    const config = serverConfig(pki, { verifier: trusting(pki.anchors), clientCertificates: 'require' });
    const server = await listenEndpoints(config);
    const client = startClient(server.port, [], { versions: TLS12_ONLY });
    expect(await (await server.accepted()).failed()).toMatchObject({ reason: 'certificate_missing' });
    await client.prints(/SSL_ERROR_HANDSHAKE_FAILURE_ALERT/);
  });

  it('end with protocol_version when it speaks TLS 1.2 only', async () => {
    const server = await listenEndpoints(serverConfig(pki, { versions: ['TLSv1.3'] }));
    const client = startClient(server.port, [], { versions: 'tls1.2:tls1.2' });
    const error = await (await server.accepted()).failed();
    expect(error).toBeInstanceOf(PeerIncompatible);
    expect(error).toMatchObject({ subject: 'version', alert: 'protocol_version' });
    await client.prints(/SSL_ERROR_PROTOCOL_VERSION_ALERT/);
  });

  it.each(SUITES)('resume a session by our ticket (%s)', async (suite) => {
    // We choose the suite, as its `-c` and `-L` together make it crash (an invalid free).
    const server = await listenEndpoints(serverConfig(pki, { cipherSuites: [suite] }), { onAccept: answerOnce });
    // A file, as it reads standard input for its first connection only.
    const request = pki.path('request');
    writeFileSync(request, REQUEST);
    const client = startClient(server.port, ['-L', '2', '-A', request]);
    expect((await (await server.accepted(0)).connected()).resumed).toBe(false);
    expect(await (await server.accepted(1)).connected()).toMatchObject({ resumed: true, suite: { name: suite } });
    await client.prints(/1 cache hits/);
    expect((await client.exited()).code).toBe(0);
  });

  it.each([false, true])('go on after our KeyUpdate (requestPeer: %s)', async (requestPeer) => {
    const server = await listenEndpoints(serverConfig(pki));
    const client = startClient(server.port);
    const endpoint = await server.accepted();
    await endpoint.connected();
    for (let round = 0; round < 3; round++) {
      endpoint.connection.updateKeys({ requestPeer });
      endpoint.send(`from the server ${round}\n`);
      await client.prints(new RegExp(`from the server ${round}\n`));
      client.write(`from the client ${round}\n`);
      await endpoint.receivedText(`from the client ${round}\n`);
    }
  });

  it.each([
    { what: 'middlebox mode', options: ['-e'] },
    { what: 'GREASE for ECH', options: ['-i', '100'] },
    { what: 'requests for OCSP, SCTs and delegated credentials', options: ['-T', '-U', '-B'] },
    {
      what: 'the announcement of post-handshake authentication',
      options: ['-E', '-n', NSS_LEAF],
      setting: { database: 'client-p256' },
    },
    { what: 'TLS 1.0 to 1.3', setting: { versions: 'tls1.0:tls1.3' } },
  ])('agree with $what', async ({ options = [], setting = {} }) => {
    const server = await listenEndpoints(serverConfig(pki));
    const client = startClient(server.port, options, setting);
    const endpoint = await server.accepted();
    await endpoint.connected();
    endpoint.send('welcome\n');
    await client.prints(/welcome/);
    client.write('thanks\n');
    await endpoint.receivedText('thanks\n');
    await client.prints(/SSL version 3\.4/);
  });

  // One ticket: after a PSK of this kind it fails at a second one, and says `error 0: Success`.
  it('agree on a PSK', async () => {
    const lookUpPreSharedKey = (identity: Uint8Array) => (equal(identity, sensor.identity) ? sensor : undefined);
    const server = await listenEndpoints(serverConfig(pki, { lookUpPreSharedKey }));
    const client = startClient(server.port, ['-z', PSK_OPTION]);
    const endpoint = await server.accepted();
    expect((await endpoint.connected()).peer).toMatchObject({ kind: 'psk', identity: sensor.identity });
    endpoint.send('welcome\n');
    await client.prints(/welcome/);
  });

  it('carry 1 MiB each way, unharmed', async () => {
    const server = await listenEndpoints(serverConfig(pki));
    const client = startClient(server.port);
    const endpoint = await server.accepted();
    await endpoint.connected();
    const [toClient, toServer] = [payload('to the client'), payload('to the server')];
    endpoint.send(toClient);
    client.write(toServer);
    expect(sha256(await endpoint.received(MEBIBYTE))).toBe(sha256(toServer));
    client.endInput();
    endpoint.connection.close();
    await client.exited();
    expect(sha256(client.bytes)).toBe(sha256(toClient));
  });

  it('derive the same exported keying material', async () => {
    const server = await listenEndpoints(serverConfig(pki));
    const client = startClient(server.port, ['-Q', '-x', `${LABEL}:42`]);
    const endpoint = await server.accepted();
    await endpoint.connected();
    expect(toHex(endpoint.connection.exportKeyingMaterial(42, LABEL))).toBe(await exportedBy(client));
  });
});

interface Server {
  readonly process: PeerProcess;
  readonly port: number;
}

/** selfserv with that leaf: it answers a request with a page that has the request in it, and closes. */
async function startServer(leaf: string, options: readonly string[] = [], versions = 'tls1.3:tls1.3'): Promise<Server> {
  const port = await findFreePort();
  const identity = [leaf.endsWith('rsa') ? '-n' : '-e', NSS_LEAF, '-d', databaseOf(leaf), '-p', String(port)];
  const process = startPeer('selfserv', [...identity, '-V', versions, '-v', ...options]);
  await process.prints(/About to call accept/);
  return { process, port };
}

describeWithPeer('our client and NSS selfserv', 'selfserv', () => {
  it.each(SUITES)('agree on %s', async (suite) => {
    const server = await startServer('server-p256', ['-c', NSS_SUITES[suite].option]);
    const client = await connectEndpoint(server.port, clientConfig(pki));
    expect((await client.connected()).suite.name).toBe(suite);
    client.send(REQUEST);
    await server.process.prints(new RegExp(`SSL version 3\\.4 using ${NSS_SUITES[suite].printed}`));
  });

  it.each(NSS_GROUPS)('agree on the group $name', async ({ name, bits }) => {
    const server = await startServer('server-p256', ['-I', NSS_GROUPS.map(({ nss }) => nss).join()]);
    const client = await connectEndpoint(server.port, clientConfig(pki, { groups: [name] }));
    expect((await client.connected()).group?.name).toBe(name);
    client.send(REQUEST);
    await server.process.prints(new RegExp(`Key Exchange: ${bits}-bit TLS 1\\.3`));
  });

  it.each(NSS_GROUPS)('agree on the group $name after its HelloRetryRequest', async ({ name, nss, bits, other }) => {
    const server = await startServer('server-p256', ['-I', nss]);
    const config = clientConfig(pki, { groups: [other.name, name], keyShareGroups: [other.name] });
    const client = await connectEndpoint(server.port, config);
    expect((await client.connected()).group?.name).toBe(name);
    client.send(REQUEST);
    await server.process.prints(new RegExp(`Key Exchange: ${bits}-bit TLS 1\\.3`));
  });

  it.each(SIGNATURES)('let us verify its $scheme', async ({ key, scheme }) => {
    const server = await startServer(`server-${key}`, ['-J', scheme]);
    const client = await connectEndpoint(server.port, clientConfig(pki));
    expect(await client.connected()).toMatchObject({ signatureScheme: { name: scheme }, peer: { kind: 'verified' } });
  });

  it('let us verify its chain over an intermediate', async () => {
    const server = await startServer('chained');
    const client = await connectEndpoint(server.port, clientConfig(pki));
    const { peer } = await client.connected();
    expect(peer.kind === 'verified' && peer.certificates.slice(0, 2)).toEqual([...pki.chained.credential.chain]);
  });

  it.each(NSS_KEYS)('agree on our client certificate (%s)', async (key) => {
    const server = await startServer('server-p256', ['-r', '-r']);
    const client = await connectEndpoint(server.port, clientConfig(pki, { credentials: [pki.clients[key].credential] }));
    expect((await client.connected()).localCertificates).toEqual([...pki.clients[key].credential.chain]);
    client.send(REQUEST);
    await client.receivedText('GET /still-here');
    await server.process.prints(new RegExp(`CN=client-${key}`));
  });

  it('end with its certificate_required when our certificate is missing', async () => {
    const server = await startServer('server-p256', ['-r', '-r']);
    const client = await connectEndpoint(server.port, clientConfig(pki));
    const error = await client.failed();
    expect(error).toBeInstanceOf(AlertReceived);
    expect(error).toMatchObject({ description: 'certificate_required' });
  });

  it('end with our unknown_ca when its certificate is of a stranger', async () => {
    const server = await startServer('server-p256');
    const client = await connectEndpoint(server.port, clientConfig(pki, { verifier: trusting(pki.strangerAnchors) }));
    expect(await client.failed()).toMatchObject({ reason: 'self_signed_in_chain', alert: 'unknown_ca' });
    await server.process.prints(/SSL_ERROR_UNKNOWN_CA_ALERT|does not recognize/);
  });

  it.each(TLS12_SUITES)('agree on $suite over TLS 1.2', async ({ suite, option, key }) => {
    const server = await startServer(`server-${key}`, ['-c', option], TLS12_ONLY);
    const config = clientConfig(pki, { cipherSuites: [suite, 'TLS_AES_128_GCM_SHA256'], insecureMacThenEncrypt: true });
    const client = await connectEndpoint(server.port, config);
    const info = await client.connected();
    expect(info).toMatchObject({ version: 'TLSv1.2', suite: { name: suite }, extendedMasterSecret: true });
    expect(info.peer.kind).toBe('verified');
    client.send(REQUEST);
    await client.receivedText('GET /still-here');
    await server.process.prints(/SSL version 3\.3/);
  });

  it.each([
    { what: 'its ticket', options: ['-u'] },
    { what: 'its id', options: [] },
  ])('resume a session of TLS 1.2 by $what', async ({ what, options }) => {
    const server = await startServer('server-p256', options, TLS12_ONLY);
    const first = await connectEndpoint(server.port, clientConfig(pki));
    await first.until('a session', () => first.of('session').length > 0);
    first.send(REQUEST);
    await first.receivedText('GET /still-here');
    const { session } = first.of('session')[0] as { session: ClientSession };
    expect(session.ticket === undefined).toBe(what === 'its id');
    const second = await connectEndpoint(server.port, clientConfig(pki), { session });
    expect(await second.connected()).toMatchObject({ version: 'TLSv1.2', resumed: true, peer: { kind: 'verified' } });
    second.send(REQUEST);
    await second.receivedText('GET /still-here');
    await server.process.prints(/1 cache hits/);
  });

  it('agree by a full handshake over TLS 1.2 when it does not know the id', async () => {
    const first = await connectEndpoint((await startServer('server-p256', [], TLS12_ONLY)).port, clientConfig(pki));
    await first.until('a session', () => first.of('session').length > 0);
    const stranger = await startServer('server-p256', [], TLS12_ONLY);
    const second = await connectEndpoint(stranger.port, clientConfig(pki), { session: first.of('session')[0]?.session });
    expect(await second.connected()).toMatchObject({ version: 'TLSv1.2', resumed: false, peer: { kind: 'verified' } });
  });

  it.each(NSS_KEYS)('agree on our client certificate over TLS 1.2 (%s)', async (key) => {
    const server = await startServer('server-p256', ['-r', '-r'], TLS12_ONLY);
    const client = await connectEndpoint(server.port, clientConfig(pki, { credentials: [pki.clients[key].credential] }));
    expect((await client.connected()).localCertificates).toEqual([...pki.clients[key].credential.chain]);
    client.send(REQUEST);
    await client.receivedText('GET /still-here');
    await server.process.prints(new RegExp(`CN=client-${key}`));
  });

  it('agree by ALPN over TLS 1.2', async () => {
    const server = await startServer('server-p256', ['-Q'], TLS12_ONLY);
    const client = await connectEndpoint(server.port, clientConfig(pki, { alpnProtocols: ['h2', 'http/1.1'] }));
    expect(await client.connected()).toMatchObject({ version: 'TLSv1.2', alpnProtocol: 'http/1.1' });
  });

  it('end with its alert when it speaks TLS 1.2 only', async () => {
    const server = await startServer('server-p256', [], 'tls1.2:tls1.2');
    const client = await connectEndpoint(server.port, clientConfig(pki, { versions: ['TLSv1.3'] }));
    const error = await client.failed();
    expect(error).toMatchObject({ description: 'protocol_version' });
    expect(error.message).toContain('versions');
  });

  it('agree by ALPN', async () => {
    const server = await startServer('server-p256', ['-Q']);
    const client = await connectEndpoint(server.port, clientConfig(pki, { alpnProtocols: ['h2', 'http/1.1'] }));
    expect((await client.connected()).alpnProtocol).toBe('http/1.1');
  });

  it('end with its no_application_protocol when ours are others', async () => {
    const server = await startServer('server-p256', ['-Q']);
    const client = await connectEndpoint(server.port, clientConfig(pki, { alpnProtocols: ['fox/1'] }));
    expect(await client.failed()).toMatchObject({ description: 'no_application_protocol' });
  });

  it.each([
    ...SUITES.map((suite) => ({ suite, what: suite, options: [] })),
    { suite: SUITES[0], what: 'early data allowed', options: ['-Z'] },
  ])('resume a session by its ticket ($what)', async ({ suite, options }) => {
    const server = await startServer('server-p256', ['-u', '-c', NSS_SUITES[suite].option, ...options]);
    const first = await connectEndpoint(server.port, clientConfig(pki));
    await first.until('a ticket', () => first.of('session').length > 0);
    first.send(REQUEST);
    await first.receivedText('GET /still-here');
    const second = await connectEndpoint(server.port, clientConfig(pki), { session: first.of('session')[0]?.session });
    expect(await second.connected()).toMatchObject({ resumed: true, suite: { name: suite } });
    second.send(REQUEST);
    await second.receivedText('GET /still-here');
    await server.process.prints(/1 cache hits/);
  });

  it.each([false, true])('go on after our KeyUpdate (requestPeer: %s)', async (requestPeer) => {
    const server = await startServer('server-p256');
    const client = await connectEndpoint(server.port, clientConfig(pki));
    await client.connected();
    // It reads until the end of the request.
    for (const part of ['GET /', 'still-', 'here HTTP/1.0\r\n\r\n']) {
      client.connection.updateKeys({ requestPeer });
      client.send(part);
    }
    await client.receivedText('GET /still-here HTTP/1.0');
  });

  it('bring the OCSP response that its authority signed', async () => {
    const server = await startServer('server-rsa', ['-T', 'good', '-A', NSS_ROOT]);
    const client = await connectEndpoint(server.port, clientConfig(pki, { requestOcsp: true }));
    // OCSPResponse ::= SEQUENCE { responseStatus ENUMERATED { successful(0) … } … } (RFC 6960 §4.2.1).
    const response = (await client.connected()).ocspResponse ?? new Uint8Array();
    expect(toHex(response)).toMatch(/^3082....0a0100/);
  });

  // It cannot echo: a request of more than 10 KiB is too long for it.
  it('carry 1 MiB to us', async () => {
    const server = await startServer('server-p256', ['-g', '64']);
    const client = await connectEndpoint(server.port, clientConfig(pki));
    await client.connected();
    client.send(REQUEST);
    await client.ended();
    expect(client.data.length).toBeGreaterThan(MEBIBYTE);
  });

  it('end with our close_notify, then its own', async () => {
    const server = await startServer('server-p256');
    const client = await connectEndpoint(server.port, clientConfig(pki));
    await client.connected();
    client.send(REQUEST);
    client.connection.close();
    await client.ended();
    expect(Buffer.from(client.data).toString()).toContain('GET /still-here');
    expect(client.connection.state).toBe('closed');
  });

  it('derive the same exported keying material', async () => {
    const server = await startServer('server-p256', ['-x', `${LABEL}:42`]);
    const client = await connectEndpoint(server.port, clientConfig(pki));
    await client.connected();
    client.send(REQUEST);
    expect(toHex(client.connection.exportKeyingMaterial(42, LABEL))).toBe(await exportedBy(server.process));
  });
});
