/**
 * Heartbeats with GnuTLS, both directions, asked for by either end. (OpenSSL gave them up with version 3.)
 */

import { afterAll, beforeAll, expect, it } from 'vitest';
import { utf8 } from '../packages/foxtls/src/core/bytes/bytes.ts';
import { describeWithPeer } from '../packages/foxtls/test/peers.ts';
import { clientConfig, serverConfig } from './harness/configs.ts';
import { connectEndpoint, type Endpoint, listenEndpoints } from './harness/endpoint.ts';
import { priority } from './harness/gnutls-priority.ts';
import { startPeer } from './harness/peer-process.ts';
import { createInteropPki, type InteropPki } from './harness/pki.ts';
import { findFreePort } from './harness/ports.ts';

let pki: InteropPki;
beforeAll(async () => {
  pki = await createInteropPki();
});
afterAll(() => pki?.remove());

const heartbeat = 'peer_allowed_to_send' as const;
const VERSIONS = ['TLS1.2', 'TLS1.3'] as const;

/** They answer ours, more than once. */
async function expectAnswers(endpoint: Endpoint): Promise<void> {
  for (const payload of [utf8('are you there'), new Uint8Array(5000).fill(7)]) {
    const before = endpoint.of('heartbeat').length;
    endpoint.connection.sendHeartbeat(payload);
    await endpoint.until('an answer', () => endpoint.of('heartbeat').length > before);
    expect(endpoint.of('heartbeat')[before]?.payload).toEqual(payload);
  }
}

describeWithPeer('heartbeats of gnutls-serv and our client', 'gnutls-serv', () => {
  async function startServer(version: string, ...options: string[]) {
    const { certPath, keyPath } = pki.servers.p256;
    const port = await findFreePort();
    const identity = ['--x509certfile', certPath, '--x509keyfile', keyPath, '--port', String(port)];
    const common = ['--debug', '5', '--echo', '--disable-client-cert', '--priority', priority({ version })];
    const server = startPeer('gnutls-serv', [...common, ...identity, ...options], { folder: pki.folder });
    await server.prints(/listening on IPv4.*done/);
    return { server, port };
  }

  it.each(VERSIONS)('are answered both ways: %s', async (version) => {
    const { server, port } = await startServer(version, '--heartbeat');
    const client = await connectEndpoint(port, clientConfig(pki, { heartbeat }));
    expect((await client.connected()).heartbeatMode).toBe('peer_allowed_to_send');
    await expectAnswers(client);
    // At this word the server asks us, and goes on when we have answered.
    client.send('**HEARTBEAT**\n');
    await server.prints(/\*\*HEARTBEAT\*\*[\s\S]*Preparing Packet HeartBeat[\s\S]*Decrypted Packet\[\d+\] HeartBeat/);
    client.send('there and back\n');
    await client.receivedText('there and back\n');
  });

  it.each(VERSIONS)('are not there unless it speaks them: %s', async (version) => {
    const { port } = await startServer(version);
    const client = await connectEndpoint(port, clientConfig(pki, { heartbeat }));
    expect((await client.connected()).heartbeatMode).toBeUndefined();
    client.send('there and back\n');
    await client.receivedText('there and back\n');
  });
});

describeWithPeer('heartbeats of gnutls-cli and our server', 'gnutls-cli', () => {
  it.each(VERSIONS)('are answered: %s', async (version) => {
    const server = await listenEndpoints(serverConfig(pki, { heartbeat }));
    const names = ['--sni-hostname', 'localhost', '--verify-hostname', 'localhost', '--x509cafile', pki.caPath];
    const options = ['--heartbeat', '--priority', priority({ version }), '--port', String(server.port)];
    const client = startPeer('gnutls-cli', [...names, ...options, '127.0.0.1']);
    const endpoint = await server.accepted();
    expect((await endpoint.connected()).heartbeatMode).toBe('peer_allowed_to_send');
    await client.prints(/- Handshake was completed/);
    client.write('out\n');
    await endpoint.receivedText('out\n');
    await expectAnswers(endpoint);
    endpoint.send('back\n');
    await client.prints(/back\n/);
  });
});
