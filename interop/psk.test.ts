/**
 * External pre-shared keys with openssl and GnuTLS, both roles: the core on a TCP socket.
 *
 * Both know plain external keys (no importer); openssl takes those of its command line for SHA-256.
 */

import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  type ClientOptions,
  defineClientConfig,
  defineServerConfig,
  type ServerOptions,
} from '../packages/foxtls/src/connection/config.ts';
import type { ConnectionInfo } from '../packages/foxtls/src/connection/connection.ts';
import { equal, toHex, utf8 } from '../packages/foxtls/src/core/bytes/bytes.ts';
import { nodeProvider as provider } from '../packages/foxtls/src/crypto/node/provider.ts';
import { createX509Verifier } from '../packages/foxtls/src/pki/x509/verifier.ts';
import type { PreSharedKey } from '../packages/foxtls/src/protocol/session/pre-shared-key.ts';
import { describeWithPeer } from '../packages/foxtls/test/peers.ts';
import { connectEndpoint, listenEndpoints } from './harness/endpoint.ts';
import { startPeer } from './harness/peer-process.ts';
import { createInteropPki, type InteropPki } from './harness/pki.ts';
import { findFreePort } from './harness/ports.ts';

let pki: InteropPki;
beforeAll(async () => {
  pki = await createInteropPki();
});
afterAll(() => pki?.remove());

const sensor: PreSharedKey = { identity: utf8('sensor-17'), key: new Uint8Array(32).fill(0x5a) };
const HEX = toHex(sensor.key);
const stranger: PreSharedKey = { identity: utf8('stranger'), key: new Uint8Array(32).fill(1) };
/** The hashes, each with a suite. */
const HASHES = [
  { hash: 'sha256', suite: 'TLS_AES_128_GCM_SHA256', gnutls: 'AES-128-GCM' },
  { hash: 'sha384', suite: 'TLS_AES_256_GCM_SHA384', gnutls: 'AES-256-GCM' },
] as const;

function clientConfig(options: Partial<ClientOptions> = {}) {
  const verifier = createX509Verifier({ provider, trustAnchors: pki.anchors });
  return defineClientConfig({ provider, verifier, preSharedKeys: [sensor], ...options });
}

/** Without certificates. */
function serverConfig(options: Partial<ServerOptions> = {}) {
  return defineServerConfig({
    provider,
    lookUpPreSharedKey: (identity) => (equal(identity, sensor.identity) ? sensor : undefined),
    ...options,
  });
}

function expectPsk(info: ConnectionInfo): void {
  expect(info).toMatchObject({ resumed: false, signatureScheme: undefined, peer: { kind: 'psk', identity: sensor.identity } });
}

const opensslClient = (port: number, ...options: string[]) =>
  startPeer('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, '-tls1_3', '-servername', 'localhost', ...options]);

async function opensslServer(...options: string[]) {
  const process = startPeer('openssl', ['s_server', '-accept', '127.0.0.1:0', '-tls1_3', ...options]);
  return { process, port: Number((await process.prints(/ACCEPT 127\.0\.0\.1:(\d+)/))[1]) };
}

describeWithPeer('a PSK between openssl s_client and our server', 'openssl', () => {
  it('connects without certificates', async () => {
    const server = await listenEndpoints(serverConfig());
    const client = opensslClient(server.port, '-psk', HEX, '-psk_identity', 'sensor-17');
    const endpoint = await server.accepted();
    const info = await endpoint.connected();
    expectPsk(info);
    expect(info).toMatchObject({ group: { name: 'x25519' }, suite: { name: 'TLS_AES_128_GCM_SHA256' } });
    endpoint.send('welcome\n');
    await client.prints(/welcome/);
    client.write('to the server\n');
    await endpoint.receivedText('to the server\n');
    expect(client.output).toMatch(/Reused, TLSv1\.3/);
    expect(client.output).toMatch(/no peer certificate available/);
  });

  it('connects after a HelloRetryRequest', async () => {
    const server = await listenEndpoints(serverConfig({ groups: ['secp384r1'] }));
    opensslClient(server.port, '-psk', HEX, '-psk_identity', 'sensor-17', '-groups', 'X25519:P-384');
    const info = await (await server.accepted()).connected();
    expectPsk(info);
    expect(info.group?.name).toBe('secp384r1');
  });

  it('connects without a key exchange', async () => {
    const server = await listenEndpoints(serverConfig({ pskKeyExchangeModes: ['psk_ke'] }));
    const client = opensslClient(server.port, '-psk', HEX, '-psk_identity', 'sensor-17', '-allow_no_dhe_kex');
    const endpoint = await server.accepted();
    const info = await endpoint.connected();
    expectPsk(info);
    expect(info.group).toBeUndefined();
    endpoint.send('welcome\n');
    await client.prints(/welcome/);
  });

  it('is left for a certificate when we do not know it', async () => {
    const credentials = [pki.servers.p256.credential];
    const server = await listenEndpoints(serverConfig({ credentials, lookUpPreSharedKey: () => undefined }));
    const client = opensslClient(server.port, '-psk', HEX, '-psk_identity', 'sensor-17', '-CAfile', pki.caPath);
    await client.prints(/Verify return code: 0 \(ok\)/);
    expect((await (await server.accepted()).connected()).peer.kind).toBe('anonymous');
  });

  it('ends with unknown_psk_identity when we know nothing else', async () => {
    const server = await listenEndpoints(serverConfig());
    const client = opensslClient(server.port, '-psk', HEX, '-psk_identity', 'another');
    expect(await (await server.accepted()).failed()).toMatchObject({ alert: 'unknown_psk_identity' });
    await client.prints(/SSL alert number 115/);
  });

  it('ends with decrypt_error when its key is another', async () => {
    const server = await listenEndpoints(serverConfig());
    const client = opensslClient(server.port, '-psk', '00'.repeat(32), '-psk_identity', 'sensor-17');
    expect(await (await server.accepted()).failed()).toMatchObject({ reason: 'psk_binder_invalid' });
    await client.prints(/SSL alert number 51/);
  });
});

describeWithPeer('a PSK between our client and openssl s_server', 'openssl', () => {
  it('connects without certificates', async () => {
    const server = await opensslServer('-nocert', '-psk', HEX, '-psk_identity', 'sensor-17');
    const client = await connectEndpoint(server.port, clientConfig());
    expectPsk(await client.connected());
    client.send('to the server\n');
    await server.process.prints(/to the server/);
    server.process.write('to the client\n');
    await client.receivedText('to the client\n');
  });

  it('connects when ours is the second of several', async () => {
    const server = await opensslServer('-nocert', '-psk', HEX, '-psk_identity', 'sensor-17');
    const client = await connectEndpoint(server.port, clientConfig({ preSharedKeys: [{ ...sensor, imported: {} }, sensor] }));
    expectPsk(await client.connected());
  });

  it('connects without a key exchange', async () => {
    const server = await opensslServer('-nocert', '-psk', HEX, '-psk_identity', 'sensor-17', '-allow_no_dhe_kex');
    const client = await connectEndpoint(server.port, clientConfig({ pskKeyExchangeModes: ['psk_ke'] }));
    const info = await client.connected();
    expectPsk(info);
    expect(info.group).toBeUndefined();
  });

  it('resumes the session that followed', async () => {
    const server = await opensslServer('-nocert', '-psk', HEX, '-psk_identity', 'sensor-17');
    const first = await connectEndpoint(server.port, clientConfig());
    await first.until('a session', () => first.of('session').length > 0);
    const session = first.of('session')[0]?.session;
    first.connection.close();
    const second = await connectEndpoint(server.port, clientConfig(), { session });
    expect(await second.connected()).toMatchObject({ resumed: true, peer: { kind: 'psk', identity: sensor.identity } });
  });

  it('ends when the keys differ', async () => {
    const server = await opensslServer('-nocert', '-psk', '00'.repeat(32), '-psk_identity', 'sensor-17');
    const client = await connectEndpoint(server.port, clientConfig());
    // openssl 3.0 says illegal_parameter; RFC 8446 §6.2 has decrypt_error for it.
    expect(await client.failed()).toMatchObject({ description: expect.stringMatching(/^(illegal_parameter|decrypt_error)$/) });
  });
});

const PRIORITY = 'NORMAL:-VERS-ALL:+VERS-TLS1.3:+ECDHE-PSK:+DHE-PSK:+PSK';

describeWithPeer('a PSK between gnutls-cli and our server', 'gnutls-cli', () => {
  const gnutlsClient = (port: number, priority: string, ...options: string[]) =>
    startPeer('gnutls-cli', [
      ...['--pskusername', 'sensor-17', '--pskkey', HEX, '--priority', priority, '--port', String(port)],
      ...options,
      '127.0.0.1',
    ]);

  it('connects without certificates', async () => {
    const server = await listenEndpoints(serverConfig());
    const client = gnutlsClient(server.port, PRIORITY);
    const endpoint = await server.accepted();
    expectPsk(await endpoint.connected());
    await client.prints(/- Handshake was completed/);
    expect(client.output).toMatch(/- PSK authentication/);
    endpoint.send('welcome\n');
    await client.prints(/welcome/);
  });

  it('connects without a key exchange', async () => {
    const server = await listenEndpoints(serverConfig({ pskKeyExchangeModes: ['psk_ke', 'psk_dhe_ke'] }));
    const client = gnutlsClient(server.port, 'NORMAL:-VERS-ALL:+VERS-TLS1.3:-KX-ALL:+PSK');
    const info = await (await server.accepted()).connected();
    expectPsk(info);
    expect(info.group).toBeUndefined();
    await client.prints(/- Handshake was completed/);
  });

  it('connects with a key of GnuTLS that is for SHA-256, whatever suite we like best', async () => {
    const server = await listenEndpoints(serverConfig({ cipherSuites: ['TLS_AES_256_GCM_SHA384', 'TLS_AES_128_GCM_SHA256'] }));
    gnutlsClient(server.port, PRIORITY);
    const info = await (await server.accepted()).connected();
    expectPsk(info);
    expect(info.suite.name).toBe('TLS_AES_128_GCM_SHA256');
  });
});

describeWithPeer('a PSK between our client and gnutls-serv', 'gnutls-serv', () => {
  async function gnutlsServer(priority: string) {
    const passwords = pki.path('psk.txt');
    writeFileSync(passwords, `sensor-17:${HEX}\n`);
    const port = await findFreePort();
    const process = startPeer('gnutls-serv', [
      '--echo',
      '--pskpasswd',
      passwords,
      '--priority',
      priority,
      '--port',
      String(port),
    ]);
    await process.prints(/listening on IPv4.*done/);
    return { process, port };
  }

  it('connects without certificates', async () => {
    const server = await gnutlsServer(PRIORITY);
    const client = await connectEndpoint(server.port, clientConfig());
    expectPsk(await client.connected());
    client.send('an echo\n');
    await client.receivedText('an echo\n');
  });

  it('ends at the first name that GnuTLS does not know: it makes up a key for it, and finds the binder wrong', async () => {
    const server = await gnutlsServer(PRIORITY);
    const client = await connectEndpoint(server.port, clientConfig({ preSharedKeys: [stranger, sensor] }));
    expect(await client.failed()).toMatchObject({ name: 'AlertReceived' });
  });

  it.each(HASHES)('connects with $suite only if the key is for $hash', async ({ hash, gnutls }) => {
    const server = await gnutlsServer(`${PRIORITY}:-CIPHER-ALL:+${gnutls}`);
    const client = await connectEndpoint(server.port, clientConfig({ preSharedKeys: [{ ...sensor, hash }] }));
    if (hash === 'sha256') expectPsk(await client.connected());
    else expect(await client.failed()).toMatchObject({ name: 'AlertReceived' });
  });

  it('connects without a key exchange', async () => {
    const server = await gnutlsServer('NORMAL:-VERS-ALL:+VERS-TLS1.3:-KX-ALL:+PSK');
    const client = await connectEndpoint(server.port, clientConfig({ pskKeyExchangeModes: ['psk_ke'] }));
    const info = await client.connected();
    expectPsk(info);
    expect(info.group).toBeUndefined();
  });
});
