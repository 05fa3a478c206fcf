/**
 * TLS 1.2 with openssl, both directions: suites, keys, groups, both kinds of resumption, client certificates, ALPN, data.
 */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { toHex } from '../packages/foxtls/src/core/bytes/bytes.ts';
import type { ClientSession } from '../packages/foxtls/src/protocol/session/client-session.ts';
import { createSessionCache } from '../packages/foxtls/src/protocol/session/session-cache.ts';
import { describeWithPeer } from '../packages/foxtls/test/peers.ts';
import { clientConfig, GROUP_NAMES, GROUPS, serverConfig, trusting } from './harness/configs.ts';
import { connectEndpoint, type Endpoint, listenEndpoints } from './harness/endpoint.ts';
import { MEBIBYTE, payload, sha256 } from './harness/payload.ts';
import { startPeer } from './harness/peer-process.ts';
import { createInteropPki, type InteropPki, type KeyName } from './harness/pki.ts';
import { findFreePort } from './harness/ports.ts';
import { waitUntil } from './harness/wait.ts';

/** IANA's name, OpenSSL's, and the key that it takes. */
const SUITES: readonly (readonly [suite: string, openssl: string, key: KeyName])[] = [
  ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 'ECDHE-ECDSA-AES128-GCM-SHA256', 'p256'],
  ['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', 'ECDHE-ECDSA-AES256-GCM-SHA384', 'p384'],
  ['TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256', 'ECDHE-ECDSA-CHACHA20-POLY1305', 'ed25519'],
  ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'ECDHE-RSA-AES128-GCM-SHA256', 'rsa'],
  ['TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384', 'ECDHE-RSA-AES256-GCM-SHA384', 'rsa'],
  ['TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256', 'ECDHE-RSA-CHACHA20-POLY1305', 'rsa'],
  ['TLS_ECDHE_ECDSA_WITH_AES_128_CCM', 'ECDHE-ECDSA-AES128-CCM', 'p256'],
  ['TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8', 'ECDHE-ECDSA-AES128-CCM8', 'p256'],
];
/** OpenSSL holds CCM with eight bytes of tag for weaker than its default demands. */
const cipherList = (openssl: string) => `${openssl}:@SECLEVEL=0`;

/** In TLS 1.3, OpenSSL has them from 3.2 on. */
const BRAINPOOL = ['brainpoolP256r1', 'brainpoolP384r1', 'brainpoolP512r1'].map((name) => ({ name, openssl: name }));

/** The curve of the server's certificate has to be there too. */
const withP256 = (group: string) => [...new Set([group, 'P-256'])].join(':');

let pki: InteropPki;
beforeAll(async () => {
  pki = await createInteropPki();
});
afterAll(() => pki?.remove());

async function startServer(key: KeyName, ...options: string[]) {
  const { certPath, keyPath } = pki.servers[key];
  const port = await findFreePort();
  const identity = ['-tls1_2', '-accept', String(port), '-cert', certPath, '-key', keyPath, '-naccept', '9'];
  const process = startPeer('openssl', ['s_server', ...identity, ...options], { folder: pki.folder });
  await process.prints(/ACCEPT/);
  return { process, port };
}

function startClient(port: number, ...options: string[]) {
  const trust = ['-CAfile', pki.caPath, '-verify_return_error', '-verify_hostname', 'localhost'];
  const target = ['-connect', `127.0.0.1:${port}`, '-servername', 'localhost', '-tls1_2'];
  return startPeer('openssl', ['s_client', ...target, ...trust, ...options], { folder: pki.folder });
}

async function sessionOf(client: Endpoint): Promise<ClientSession> {
  await client.until('a session', () => client.of('session').length > 0);
  return (client.of('session')[0] as { session: ClientSession }).session;
}

describeWithPeer('our client and openssl s_server over TLS 1.2', 'openssl', () => {
  it.each(SUITES)('agree on %s', async (suite, openssl, key) => {
    const server = await startServer(key, '-cipher', cipherList(openssl));
    const client = await connectEndpoint(server.port, clientConfig(pki, { cipherSuites: [suite, 'TLS_AES_128_GCM_SHA256'] }));
    const info = await client.connected();
    expect(info).toMatchObject({ version: 'TLSv1.2', suite: { name: suite }, extendedMasterSecret: true });
    expect(info.peer.kind).toBe('verified');
    client.send('out\n');
    await server.process.prints(/out\n/);
    server.process.write('back\n');
    await client.receivedText('back\n');
  });

  it.each([...GROUPS, ...BRAINPOOL])('agree on the group $name', async ({ name, openssl }) => {
    const server = await startServer('p256', '-groups', withP256(openssl));
    const client = await connectEndpoint(server.port, clientConfig(pki, { groups: [name, ...GROUP_NAMES] }));
    expect((await client.connected()).group?.name).toBe(name);
  });

  it.each(['RSA+SHA256', 'RSA+SHA512', 'RSA-PSS+SHA256'])('let us verify its %s', async (sigalgs) => {
    const server = await startServer('rsa', '-sigalgs', sigalgs);
    const client = await connectEndpoint(server.port, clientConfig(pki));
    const [algorithm = '', hash = ''] = sigalgs.toLowerCase().split('+');
    const { signatureScheme } = await client.connected();
    expect(signatureScheme?.name).toMatch(new RegExp(`${algorithm === 'rsa' ? 'pkcs1' : 'pss'}.*_${hash}`));
  });

  it.each([
    ['a ticket', []],
    ['its id', ['-no_ticket']],
  ] as const)('resume a session by %s, again and again', async (what, options) => {
    const server = await startServer('p256', ...options);
    const first = await connectEndpoint(server.port, clientConfig(pki));
    const session = await sessionOf(first);
    expect(session).toMatchObject({ version: 'TLSv1.2', ticket: what === 'a ticket' ? expect.anything() : undefined });
    first.connection.close();
    await first.ended();
    for (let i = 0; i < 2; i++) {
      const next = await connectEndpoint(server.port, clientConfig(pki), { session });
      expect((await next.connected()).resumed).toBe(true);
      next.send(`again ${i}\n`);
      await server.process.prints(new RegExp(`again ${i}\n`));
      next.connection.close();
      await next.ended();
    }
  });

  it.each(['p256', 'rsa', 'ed25519'] as const)('show it our certificate: %s', async (key) => {
    const server = await startServer('p256', '-Verify', '1', '-CAfile', pki.caPath, '-verify_return_error');
    const config = clientConfig(pki, { credentials: [pki.clients[key].credential] });
    const client = await connectEndpoint(server.port, config);
    expect((await client.connected()).localCertificates).toHaveLength(1);
    client.send('shown\n');
    await server.process.prints(/shown\n/);
  });

  it('agree on an application protocol', async () => {
    const server = await startServer('p256', '-alpn', 'http/1.1');
    const client = await connectEndpoint(server.port, clientConfig(pki, { alpnProtocols: ['h2', 'http/1.1'] }));
    expect((await client.connected()).alpnProtocol).toBe('http/1.1');
  });

  it('refuse its renegotiation, and go on', async () => {
    const server = await startServer('p256');
    const client = await connectEndpoint(server.port, clientConfig(pki));
    await client.connected();
    server.process.write('r\n');
    await waitUntil(
      () => /SSL_do_handshake|no renegotiation|ERROR/i.test(server.process.output),
      () => server.process.output,
    );
  });

  it('export the same keying material', async () => {
    const server = await startServer('p256', '-keymatexport', 'EXPORTER-Interop', '-keymatexportlen', '24');
    const client = await connectEndpoint(server.port, clientConfig(pki));
    await client.connected();
    const ours = toHex(client.connection.exportKeyingMaterial(24, 'EXPORTER-Interop')).toUpperCase();
    await server.process.prints(new RegExp(`Keying material: ${ours}`));
  });
});

describeWithPeer('openssl s_client and our server over TLS 1.2', 'openssl', () => {
  it.each(SUITES)('agree on %s', async (suite, openssl, key) => {
    const { credential } = pki.servers[key];
    const server = await listenEndpoints(serverConfig(pki, { credentials: [credential], cipherSuites: [suite] }));
    const client = startClient(server.port, '-cipher', cipherList(openssl));
    await client.prints(new RegExp(`New, TLSv1.2, Cipher is ${openssl}`));
    const endpoint = await server.accepted();
    expect(await endpoint.connected()).toMatchObject({ version: 'TLSv1.2', suite: { name: suite }, extendedMasterSecret: true });
    client.write('out\n');
    await endpoint.receivedText('out\n');
    endpoint.send('back\n');
    await client.prints(/back\n/);
  });

  it.each([...GROUPS, ...BRAINPOOL])('agree on the group $name', async ({ name, openssl }) => {
    const server = await listenEndpoints(serverConfig(pki, { groups: [name] }));
    startClient(server.port, '-groups', withP256(openssl));
    const { group } = await (await server.accepted()).connected();
    expect(group?.name).toBe(name);
  });

  it.each([
    ['a ticket', []],
    ['its id', ['-no_ticket']],
  ] as const)('resume a session by %s', async (what, options) => {
    const server = await listenEndpoints(serverConfig(pki, { sessionCache: createSessionCache() }));
    const file = join(pki.folder, `session-${what.replace(' ', '-')}.pem`);
    const first = startClient(server.port, '-sess_out', file, ...options);
    await first.prints(/New, TLSv1.2/);
    first.write('Q\n');
    await first.exited();
    await waitUntil(
      () => existsSync(file) && readFileSync(file, 'utf8').includes('-----END'),
      () => `a session in ${file}`,
    );
    const again = startClient(server.port, '-sess_in', file, ...options);
    await again.prints(/Reused, TLSv1.2/);
    const endpoint = await server.accepted(1);
    expect((await endpoint.connected()).resumed).toBe(true);
    again.write('resumed\n');
    await endpoint.receivedText('resumed\n');
  });

  it.each(['p256', 'rsa', 'ed25519'] as const)('show us its certificate: %s', async (key) => {
    const { certPath, keyPath } = pki.clients[key];
    const config = serverConfig(pki, { clientCertificates: 'require', verifier: trusting(pki.anchors) });
    const server = await listenEndpoints(config);
    startClient(server.port, '-cert', certPath, '-key', keyPath);
    const { peer } = await (await server.accepted()).connected();
    expect(peer.kind === 'verified' && peer.certificates[0]).toEqual(pki.clients[key].credential.chain[0]);
  });

  it('get handshake_failure without a certificate', async () => {
    const config = serverConfig(pki, { clientCertificates: 'require', verifier: trusting(pki.anchors) });
    const server = await listenEndpoints(config);
    const client = startClient(server.port);
    await client.prints(/sslv3 alert handshake failure/);
    expect(await (await server.accepted()).failed()).toMatchObject({ reason: 'certificate_missing' });
  });

  it('agree on an application protocol', async () => {
    const server = await listenEndpoints(serverConfig(pki, { alpnProtocols: ['http/1.1'] }));
    const client = startClient(server.port, '-alpn', 'h2,http/1.1');
    await client.prints(/ALPN protocol: http\/1.1/);
    expect((await (await server.accepted()).connected()).alpnProtocol).toBe('http/1.1');
  });

  it('are refused a renegotiation', async () => {
    const server = await listenEndpoints(serverConfig(pki));
    const client = startClient(server.port);
    await client.prints(/Verify return code: 0/);
    client.write('R\n');
    await client.prints(/no renegotiation/);
  });

  it('are refused when they fell back without need', async () => {
    const server = await listenEndpoints(serverConfig(pki));
    const client = startClient(server.port, '-fallback_scsv');
    await client.prints(/inappropriate fallback/);
    expect(await (await server.accepted()).failed()).toMatchObject({ reason: 'fallback_inappropriate' });
  });

  it('carry a mebibyte each way', async () => {
    const server = await listenEndpoints(serverConfig(pki));
    const client = startClient(server.port, '-quiet');
    const endpoint = await server.accepted();
    await endpoint.connected();
    const data = payload('TLS 1.2');
    client.write(data);
    expect(sha256(await endpoint.received(MEBIBYTE))).toBe(sha256(data));
    endpoint.send(data);
    await waitUntil(
      () => client.bytes.length >= MEBIBYTE,
      () => `${client.bytes.length} bytes`,
    );
  });
});
