/**
 * Channel bindings as others compute them: GnuTLS prints all three, node:tls has the Finished messages.
 */

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { ChannelBindingType } from '../packages/foxtls/src/connection/connection.ts';
import { toHex } from '../packages/foxtls/src/core/bytes/bytes.ts';
import { credentialOf } from '../packages/foxtls/src/pki/x509/credential.ts';
import type { ClientSession } from '../packages/foxtls/src/protocol/session/client-session.ts';
import { describeWithPeer } from '../packages/foxtls/test/peers.ts';
import { clientConfig, serverConfig } from './harness/configs.ts';
import { connectEndpoint, type Endpoint, listenEndpoints } from './harness/endpoint.ts';
import { priority } from './harness/gnutls-priority.ts';
import { type PeerProcess, startPeer } from './harness/peer-process.ts';
import { createInteropPki, type InteropPki, type KeyName } from './harness/pki.ts';
import { findFreePort } from './harness/ports.ts';

let pki: InteropPki;
beforeAll(async () => {
  pki = await createInteropPki();
});
afterAll(() => pki?.remove());

/** The last that was printed: gnutls-cli that resumes prints those of both connections. */
function printed(peer: PeerProcess, type: ChannelBindingType): string | undefined {
  return [...peer.output.matchAll(new RegExp(`'${type}': ([0-9a-f]+)`, 'g'))].at(-1)?.[1];
}

function expectPrinted(peer: PeerProcess, { connection }: Endpoint, types: readonly ChannelBindingType[]): void {
  for (const type of types) expect(printed(peer, type), type).toBe(toHex(connection.exportChannelBinding(type)));
}

const ALL: readonly ChannelBindingType[] = ['tls-unique', 'tls-server-end-point', 'tls-exporter'];
const OF = { 'TLS1.2': ALL, 'TLS1.3': ALL.slice(1) } as const;

describeWithPeer('the channel bindings of GnuTLS', 'gnutls-cli', () => {
  const leafOf = (key: KeyName) => {
    const { credential, created } = pki.servers[key];
    return credentialOf({ chain: credential.chain, key: created.key });
  };

  it.each([
    ['TLS1.2', 'p256'],
    ['TLS1.2', 'rsa'],
    ['TLS1.3', 'p256'],
  ] as const)('are those of our server: %s, %s', async (version, key) => {
    const server = await listenEndpoints(serverConfig(pki, { credentials: [leafOf(key)] }));
    const names = ['--sni-hostname', 'localhost', '--verify-hostname', 'localhost', '--x509cafile', pki.caPath];
    const options = ['--verbose', '--priority', priority({ version }), '--port', String(server.port)];
    const client = startPeer('gnutls-cli', [...names, ...options, '127.0.0.1']);
    const endpoint = await server.accepted();
    await endpoint.connected();
    await client.prints(/- Handshake was completed/);
    expectPrinted(client, endpoint, OF[version]);
  });

  it('are those of our server in a resumed connection of TLS 1.2', async () => {
    const server = await listenEndpoints(serverConfig(pki, { credentials: [leafOf('p256')] }));
    const names = ['--sni-hostname', 'localhost', '--verify-hostname', 'localhost', '--x509cafile', pki.caPath];
    const options = ['--verbose', '--resume', '--priority', priority({ version: 'TLS1.2' }), '--port', String(server.port)];
    const client = startPeer('gnutls-cli', [...names, ...options, '127.0.0.1']);
    const again = await server.accepted(1);
    expect((await again.connected()).resumed).toBe(true);
    await client.prints(/Resume Handshake was completed/);
    expectPrinted(client, again, ALL);
  });

  it.each([
    ['TLS1.2', 'p256'],
    ['TLS1.2', 'p384'],
    ['TLS1.3', 'rsa'],
  ] as const)('are those of our client: %s, %s', async (version, key) => {
    const { certPath, keyPath } = pki.servers[key];
    const port = await findFreePort();
    const identity = ['--x509certfile', certPath, '--x509keyfile', keyPath, '--port', String(port)];
    const options = ['--echo', '--disable-client-cert', '--priority', priority({ version })];
    const server = startPeer('gnutls-serv', [...options, ...identity], { folder: pki.folder });
    const client = await connectEndpoint(port, clientConfig(pki));
    await client.connected();
    await server.prints(/'tls-exporter'/);
    expectPrinted(server, client, OF[version]);
  });
});

describe('tls-unique and the Finished messages of node:tls', () => {
  /** node:tls as a server of TLS 1.2. */
  async function listen() {
    const { cert, key } = pki.servers.p256;
    const sockets: tls.TLSSocket[] = [];
    const server = tls.createServer({ cert, key, maxVersion: 'TLSv1.2' }, (socket) => {
      socket.on('error', () => undefined);
      sockets.push(socket);
    });
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return { port: (server.address() as AddressInfo).port, sockets };
  }

  it('are the same: the client’s first, resumed the server’s', async () => {
    const { port, sockets } = await listen();
    const first = await connectEndpoint(port, clientConfig(pki));
    await first.connected();
    await first.until('a session', () => first.of('session').length > 0);
    expect(first.connection.exportChannelBinding('tls-unique')).toEqual(new Uint8Array(sockets[0]?.getPeerFinished() ?? []));

    const { session } = first.of('session')[0] as { session: ClientSession };
    const second = await connectEndpoint(port, clientConfig(pki), { session });
    expect((await second.connected()).resumed).toBe(true);
    second.send('that its handshake is over, too');
    await second.until('the other end', () => sockets[1] !== undefined);
    expect(second.connection.exportChannelBinding('tls-unique')).toEqual(new Uint8Array(sockets[1]?.getFinished() ?? []));
  });
});
