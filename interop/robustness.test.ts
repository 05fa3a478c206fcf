/**
 * What peers make of our reserved values, permuted extensions and padding, and what we make of early data that we do not take.
 */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { CommonOptions } from '../packages/foxtls/src/connection/config.ts';
import { describeWithPeer } from '../packages/foxtls/test/peers.ts';
import { clientConfig, serverConfig, trusting } from './harness/configs.ts';
import { connectEndpoint, listenEndpoints } from './harness/endpoint.ts';
import { payload, sha256 } from './harness/payload.ts';
import { type PeerProcess, startPeer } from './harness/peer-process.ts';
import { createInteropPki, type InteropPki } from './harness/pki.ts';
import { findFreePort } from './harness/ports.ts';
import { waitUntil } from './harness/wait.ts';

let pki: InteropPki;
beforeAll(async () => {
  pki = await createInteropPki();
});
afterAll(() => pki?.remove());

const DISGUISED: Partial<CommonOptions> = { grease: true, alpnProtocols: ['h2'], recordPadding: { toMultipleOf: 1000 } };
const clientOptions = { ...DISGUISED, permuteExtensions: true, groups: ['x25519', 'secp256r1'] };

describeWithPeer('openssl and what means nothing', 'openssl', () => {
  const identity = () => ['-cert', pki.servers.p256.certPath, '-key', pki.servers.p256.keyPath];

  async function startServer(...options: string[]): Promise<{ process: PeerProcess; port: number }> {
    const process = startPeer('openssl', ['s_server', ...identity(), '-accept', '127.0.0.1:0', ...options], {
      folder: pki.folder,
    });
    return { process, port: Number((await process.prints(/ACCEPT 127\.0\.0\.1:(\d+)/))[1]) };
  }

  it.each([
    ['in a full handshake', []],
    ['after its HelloRetryRequest', ['-groups', 'P-256']],
    ['with our certificate', ['-Verify', '1']],
  ])('s_server agrees with our client %s', async (_, options) => {
    const server = await startServer('-alpn', 'h2', ...options);
    const credentials = [pki.clients.p256.credential];
    for (let i = 0; i < 3; i++) {
      const client = await connectEndpoint(server.port, clientConfig(pki, { ...clientOptions, credentials }));
      expect((await client.connected()).alpnProtocol).toBe('h2');
      client.send(`message ${i}\n`);
      await server.process.prints(new RegExp(`message ${i}\\n`));
      client.connection.close();
      client.destroy();
    }
  });

  it('s_client agrees with our server, and gives its certificate', async () => {
    const options = { ...DISGUISED, clientCertificates: 'require', verifier: trusting(pki.anchors) } as const;
    const server = await listenEndpoints(serverConfig(pki, options));
    const { certPath, keyPath } = pki.clients.p256;
    const connecting = ['s_client', '-connect', `127.0.0.1:${server.port}`, '-CAfile', pki.caPath, '-alpn', 'h2'];
    const client = startPeer('openssl', [...connecting, '-cert', certPath, '-key', keyPath]);
    const endpoint = await server.accepted();
    expect((await endpoint.connected()).peer.kind).toBe('verified');
    await client.prints(/Post-Handshake New Session Ticket arrived/);
    endpoint.send('padded\n');
    await client.prints(/padded/);
  });

  /** A session that allows early data, of a server of openssl: whoever offers it to another server sends early data in vain. */
  async function foreignSession(): Promise<string> {
    const file = join(pki.folder, 'early-session.pem');
    const server = await startServer('-max_early_data', '16384');
    const connecting = ['s_client', '-connect', `127.0.0.1:${server.port}`, '-servername', 'localhost', '-sess_out', file];
    const client = startPeer('openssl', connecting);
    // s_server looks for early data first, and sends its tickets when data has come.
    await client.prints(/Early data was not sent/);
    client.write('hello\n');
    const isWritten = () => existsSync(file) && readFileSync(file, 'utf8').includes('-----END');
    await waitUntil(isWritten, () => `a session in ${file}`);
    return file;
  }

  it.each([
    ['without a HelloRetryRequest', {}, 100],
    ['without a HelloRetryRequest, as much as it may', {}, 16384],
    ['with a HelloRetryRequest', { groups: ['secp384r1'] }, 100],
    ['with a HelloRetryRequest, as much as it may', { groups: ['secp384r1'] }, 16384],
  ])('s_client sends early data in vain %s', async (_, options, length) => {
    const session = await foreignSession();
    const early = join(pki.folder, 'early-data');
    writeFileSync(early, payload('early', length));
    const server = await listenEndpoints(serverConfig(pki, options));
    const connecting = ['s_client', '-connect', `127.0.0.1:${server.port}`, '-CAfile', pki.caPath, '-servername', 'localhost'];
    const client = startPeer('openssl', [...connecting, '-sess_in', session, '-early_data', early, '-msg']);
    await client.prints(/Early data was rejected/);
    const endpoint = await server.accepted();
    expect((await endpoint.connected()).resumed).toBe(false);
    endpoint.send('after the handshake\n');
    await client.prints(/after the handshake/);
    client.endInput('and back\n');
    await endpoint.receivedText('and back');
    expect(Buffer.from(endpoint.data).toString()).toBe('and back\n');
  });
});

describeWithPeer('GnuTLS and what means nothing', 'gnutls-serv', () => {
  it('gnutls-serv agrees with our client', async () => {
    const { certPath, keyPath } = pki.servers.p256;
    const port = await findFreePort();
    const options = [
      '--echo',
      '--x509certfile',
      certPath,
      '--x509keyfile',
      keyPath,
      '--port',
      String(port),
      '--disable-client-cert',
    ];
    const process = startPeer('gnutls-serv', options, { folder: pki.folder });
    await process.prints(/listening on IPv4.*done/);
    const client = await connectEndpoint(port, clientConfig(pki, { ...clientOptions, alpnProtocols: [] }));
    await client.connected();
    const data = payload('grease', 50_000);
    client.send(Buffer.concat([data, Buffer.from('\n')]));
    expect(sha256((await client.received(data.length)).subarray(0, data.length))).toBe(sha256(data));
  });
});
