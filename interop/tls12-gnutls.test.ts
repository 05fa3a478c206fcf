/**
 * TLS 1.2 with GnuTLS, both directions: suites, keys, resumption, client certificates, data.
 */

import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ClientSession } from '../packages/foxtls/src/protocol/session/client-session.ts';
import { createSessionCache } from '../packages/foxtls/src/protocol/session/session-cache.ts';
import { describeWithPeer } from '../packages/foxtls/test/peers.ts';
import { clientConfig, serverConfig, trusting } from './harness/configs.ts';
import { connectEndpoint, listenEndpoints } from './harness/endpoint.ts';
import { priority } from './harness/gnutls-priority.ts';
import { startPeer } from './harness/peer-process.ts';
import { createInteropPki, type InteropPki, type KeyName } from './harness/pki.ts';
import { findFreePort } from './harness/ports.ts';

/** IANA's name, GnuTLS's cipher, and the key that it takes. */
const SUITES: readonly (readonly [suite: string, cipher: string, key: KeyName])[] = [
  ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 'AES-128-GCM', 'p256'],
  ['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', 'AES-256-GCM', 'ed25519'],
  ['TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256', 'CHACHA20-POLY1305', 'p384'],
  ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'AES-128-GCM', 'rsa'],
  ['TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384', 'AES-256-GCM', 'rsa'],
  ['TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256', 'CHACHA20-POLY1305', 'rsa'],
  ['TLS_ECDHE_ECDSA_WITH_AES_128_CCM', 'AES-128-CCM', 'p256'],
  ['TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8', 'AES-128-CCM-8', 'p256'],
];
const version = 'TLS1.2';

let pki: InteropPki;
beforeAll(async () => {
  pki = await createInteropPki();
});
afterAll(() => pki?.remove());

describeWithPeer('our client and gnutls-serv over TLS 1.2', 'gnutls-serv', () => {
  async function startServer(key: KeyName, ...options: string[]) {
    const { certPath, keyPath } = pki.servers[key];
    const port = await findFreePort();
    const clients = options.includes('--require-client-cert') ? [] : ['--disable-client-cert'];
    const identity = ['--x509certfile', certPath, '--x509keyfile', keyPath, '--port', String(port)];
    const process = startPeer('gnutls-serv', ['--echo', ...identity, ...clients, ...options], { folder: pki.folder });
    await process.prints(/listening on IPv4.*done/);
    return { process, port };
  }

  it.each(SUITES)('agree on %s', async (suite, cipher, key) => {
    const server = await startServer(key, '--priority', priority({ version, ciphers: [cipher] }));
    const client = await connectEndpoint(server.port, clientConfig(pki, { cipherSuites: [suite, 'TLS_AES_128_GCM_SHA256'] }));
    expect(await client.connected()).toMatchObject({ version: 'TLSv1.2', suite: { name: suite }, extendedMasterSecret: true });
    client.send('there and back\n');
    await client.receivedText('there and back\n');
  });

  it.each([
    ['a ticket', []],
    ['its id', ['--noticket']],
  ] as const)('resume a session by %s', async (what, options) => {
    const server = await startServer('p256', '--priority', priority({ version }), ...options);
    const first = await connectEndpoint(server.port, clientConfig(pki));
    await first.until('a session', () => first.of('session').length > 0);
    const { session } = first.of('session')[0] as { session: ClientSession };
    expect(session.ticket === undefined).toBe(what === 'its id');
    first.connection.close();
    const second = await connectEndpoint(server.port, clientConfig(pki), { session });
    expect((await second.connected()).resumed).toBe(true);
    second.send('resumed\n');
    await second.receivedText('resumed\n');
  });

  it.each(['p256', 'rsa', 'ed25519'] as const)('show it our certificate: %s', async (key) => {
    const clients = ['--require-client-cert', '--verify-client-cert', '--x509cafile', pki.caPath];
    const server = await startServer('p256', '--priority', priority({ version }), ...clients);
    const client = await connectEndpoint(server.port, clientConfig(pki, { credentials: [pki.clients[key].credential] }));
    expect((await client.connected()).localCertificates).toHaveLength(1);
    client.send('shown\n');
    await client.receivedText('shown\n');
  });
});

describeWithPeer('gnutls-cli and our server over TLS 1.2', 'gnutls-cli', () => {
  function startClient(port: number, ...options: string[]) {
    const names = ['--sni-hostname', 'localhost', '--verify-hostname', 'localhost', '--x509cafile', pki.caPath];
    return startPeer('gnutls-cli', [...names, '--port', String(port), ...options, '127.0.0.1']);
  }

  it.each(SUITES)('agree on %s', async (suite, cipher, key) => {
    const { credential } = pki.servers[key];
    const server = await listenEndpoints(serverConfig(pki, { credentials: [credential], cipherSuites: [suite] }));
    const client = startClient(server.port, '--priority', priority({ version, ciphers: [cipher] }));
    const endpoint = await server.accepted();
    expect(await endpoint.connected()).toMatchObject({ version: 'TLSv1.2', suite: { name: suite }, extendedMasterSecret: true });
    await client.prints(/- Handshake was completed/);
    client.write('out\n');
    await endpoint.receivedText('out\n');
    endpoint.send('back\n');
    await client.prints(/back\n/);
  });

  it.each([
    ['a ticket', []],
    ['its id', ['--noticket']],
  ] as const)('resume a session by %s', async (_what, options) => {
    const server = await listenEndpoints(serverConfig(pki, { sessionCache: createSessionCache() }));
    const client = startClient(server.port, '--resume', '--priority', priority({ version }), ...options);
    await (await server.accepted()).connected();
    const again = await server.accepted(1);
    expect((await again.connected()).resumed).toBe(true);
    await client.prints(/This is a resumed session/);
  });

  it.each(['p256', 'rsa'] as const)('show us its certificate: %s', async (key) => {
    const { certPath, keyPath } = pki.clients[key];
    const config = serverConfig(pki, { clientCertificates: 'require', verifier: trusting(pki.anchors) });
    const server = await listenEndpoints(config);
    startClient(server.port, '--priority', priority({ version }), '--x509certfile', certPath, '--x509keyfile', keyPath);
    expect((await (await server.accepted()).connected()).peer.kind).toBe('verified');
  });
});
