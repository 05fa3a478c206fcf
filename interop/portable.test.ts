/**
 * The portable provider, without node:crypto, against openssl in both directions: its suites, groups and kinds of keys.
 */

import { afterAll, beforeAll, expect, it } from 'vitest';
import { portableProvider as provider } from '../packages/foxtls/src/crypto/portable/provider.ts';
import { synchronousGroups } from '../packages/foxtls/src/crypto/providers.fixture.ts';
import { createX509Verifier } from '../packages/foxtls/src/pki/x509/verifier.ts';
import type { X509Credential } from '../packages/foxtls/src/protocol/handshake/credential.ts';
import { describeWithPeer } from '../packages/foxtls/test/peers.ts';
import { clientConfig, SUITES, serverConfig } from './harness/configs.ts';
import { connectEndpoint, listenEndpoints } from './harness/endpoint.ts';
import { payload, sha256 } from './harness/payload.ts';
import { startPeer } from './harness/peer-process.ts';
import { createInteropPki, type InteropPki, KEYS, type KeyName } from './harness/pki.ts';

let pki: InteropPki;
beforeAll(async () => {
  pki = await createInteropPki();
});
afterAll(() => pki?.remove());

/** OpenSSL has ML-KEM from 3.5 on. */
const GROUP_NAMES = synchronousGroups(provider).map(({ name }) => name);
/** It verifies RSA, and does not sign with it. */
const SIGNING_KEYS = (Object.keys(KEYS) as KeyName[]).filter((name) => name !== 'rsa');
const SIZE = 100_000;

/** A server's credential whose key the portable provider imported. */
async function portableCredential(name: KeyName): Promise<X509Credential> {
  const { certificate, key } = pki.servers[name].created;
  return { kind: 'x509', chain: [certificate], signer: await provider.keys.importPrivateKey(key.exportPkcs8()) };
}

async function serve(name: KeyName, options: { readonly cipherSuites?: readonly string[]; readonly groups?: readonly string[] }) {
  const server = await listenEndpoints(
    serverConfig(pki, { provider, credentials: [await portableCredential(name)], ...options }),
  );
  const trust = ['-CAfile', pki.caPath, '-verify_return_error', '-verify_hostname', 'localhost', '-servername', 'localhost'];
  const client = startPeer('openssl', ['s_client', '-quiet', '-nocommands', '-connect', `127.0.0.1:${server.port}`, ...trust]);
  return { client, endpoint: await server.accepted() };
}

async function startServer(name: KeyName) {
  const { certPath, keyPath } = pki.servers[name];
  const server = startPeer('openssl', ['s_server', '-rev', '-cert', certPath, '-key', keyPath, '-accept', '127.0.0.1:0']);
  return Number((await server.prints(/ACCEPT 127\.0\.0\.1:(\d+)/))[1]);
}

function portableClient(options: { readonly cipherSuites?: readonly string[]; readonly groups?: readonly string[] }) {
  return clientConfig(pki, { provider, verifier: createX509Verifier({ provider, trustAnchors: pki.anchors }), ...options });
}

describeWithPeer('the portable provider and openssl', 'openssl', () => {
  it.each(SUITES)('serve 100 kB each way over %s', async (suite) => {
    const { client, endpoint } = await serve('p256', { cipherSuites: [suite] });
    expect((await endpoint.connected()).suite.name).toBe(suite);
    const [toClient, toServer] = [payload('to the client', SIZE), payload('to the server', SIZE)];
    endpoint.send(toClient);
    client.write(toServer);
    expect(sha256(await endpoint.received(SIZE))).toBe(sha256(toServer));
    endpoint.connection.close();
    await client.exited();
    expect(sha256(client.bytes)).toBe(sha256(toClient));
  });

  it.each(GROUP_NAMES)('serve over the group %s', async (group) => {
    const { endpoint } = await serve('p256', { groups: [group] });
    expect((await endpoint.connected()).group?.name).toBe(group);
  });

  it.each(SIGNING_KEYS)('serve with a key of the kind %s', async (name) => {
    const { client, endpoint } = await serve(name, {});
    await endpoint.connected();
    endpoint.send('signed and verified\n');
    await client.prints(/signed and verified/);
  });

  it.each(SUITES)('connect over %s', async (suite) => {
    const client = await connectEndpoint(await startServer('p256'), portableClient({ cipherSuites: [suite] }));
    expect((await client.connected()).suite.name).toBe(suite);
    client.send('fox\n');
    await client.receivedText('xof\n');
  });

  it.each(GROUP_NAMES)('connect over the group %s', async (group) => {
    const client = await connectEndpoint(await startServer('p256'), portableClient({ groups: [group] }));
    expect((await client.connected()).group?.name).toBe(group);
  });

  it.each(Object.keys(KEYS) as KeyName[])('connect to a server with a key of the kind %s', async (name) => {
    const client = await connectEndpoint(await startServer(name), portableClient({}));
    expect((await client.connected()).peer.kind).toBe('verified');
  });

  it('connect again by a ticket', async () => {
    const port = await startServer('p256');
    const first = await connectEndpoint(port, portableClient({}));
    await first.until('a ticket', () => first.of('session').length > 0);
    first.connection.close();
    const second = await connectEndpoint(port, portableClient({}), { session: first.of('session')[0]?.session });
    expect((await second.connected()).resumed).toBe(true);
  });
});
