/**
 * max_fragment_length with OpenSSL and GnuTLS, both directions, both versions, and in resumed sessions.
 */

import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ClientSession } from '../packages/foxtls/src/protocol/session/client-session.ts';
import { describeWithPeer } from '../packages/foxtls/test/peers.ts';
import { clientConfig, serverConfig } from './harness/configs.ts';
import { connectEndpoint, type Endpoint, listenEndpoints } from './harness/endpoint.ts';
import { priority } from './harness/gnutls-priority.ts';
import { type PeerProcess, startPeer } from './harness/peer-process.ts';
import { createInteropPki, type InteropPki } from './harness/pki.ts';
import { findFreePort } from './harness/ports.ts';

let pki: InteropPki;
beforeAll(async () => {
  pki = await createInteropPki();
});
afterAll(() => pki?.remove());

const VERSIONS = [
  ['TLSv1.2', '-tls1_2', 'TLS1.2'],
  ['TLSv1.3', '-tls1_3', 'TLS1.3'],
] as const;
/** Longer than any fragment that is asked for, in lines that the programs can take. */
const TEXT = `${'0123456789'.repeat(300)}\n`;

/** The contents of the records that carried data. */
function recordLengths(endpoint: Endpoint): number[] {
  return endpoint.of('data').map(({ data }) => data.length);
}

async function sessionOf(client: Endpoint): Promise<ClientSession> {
  await client.until('a session', () => client.of('session').length > 0);
  return (client.of('session')[0] as { session: ClientSession }).session;
}

/** Data both ways: what they send is in short records, and they take ours, or they would answer record_overflow. */
async function expectShortRecords(endpoint: Endpoint, peer: PeerProcess, length: number): Promise<void> {
  peer.write(TEXT);
  await endpoint.receivedText(TEXT);
  expect(Math.max(...recordLengths(endpoint))).toBeLessThanOrEqual(length);
  endpoint.send(TEXT);
  await peer.prints(new RegExp(`${TEXT.slice(-1000)}`));
}

describeWithPeer('max_fragment_length of openssl', 'openssl', () => {
  it.each(VERSIONS)('is agreed on by our client and s_server, and in a resumed session: %s', async (version, option) => {
    const { certPath, keyPath } = pki.servers.rsa;
    const port = await findFreePort();
    const identity = ['-accept', String(port), '-cert', certPath, '-key', keyPath, '-naccept', '2'];
    const server = startPeer('openssl', ['s_server', option, ...identity]);
    await server.prints(/ACCEPT/);
    const config = clientConfig(pki, { versions: [version], maxFragmentLength: 512 });
    const first = await connectEndpoint(port, config);
    expect(await first.connected()).toMatchObject({ version, maxFragmentLength: 512, resumed: false });
    await expectShortRecords(first, server, 512);
    const session = await sessionOf(first);
    first.connection.close();
    const second = await connectEndpoint(port, config, { session });
    expect(await second.connected()).toMatchObject({ version, maxFragmentLength: 512, resumed: true });
    await expectShortRecords(second, server, 512);
  });

  it.each(VERSIONS)('is agreed on by s_client and our server: %s', async (version, option) => {
    const server = await listenEndpoints(serverConfig(pki, { credentials: [pki.servers.rsa.credential] }));
    const target = ['-connect', `127.0.0.1:${server.port}`, '-servername', 'localhost', '-CAfile', pki.caPath];
    const client = startPeer('openssl', ['s_client', option, ...target, '-maxfraglen', '1024', '-verify_return_error']);
    const endpoint = await server.accepted();
    expect(await endpoint.connected()).toMatchObject({ version, maxFragmentLength: 1024 });
    await expectShortRecords(endpoint, client, 1024);
  });

  it.each(VERSIONS)('holds when s_client resumes with our server: %s', async (version, option) => {
    const server = await listenEndpoints(serverConfig(pki));
    const target = ['-connect', `127.0.0.1:${server.port}`, '-servername', 'localhost', '-CAfile', pki.caPath];
    const options = [option, ...target, '-maxfraglen', '1024', '-verify_return_error'];
    const first = startPeer('openssl', ['s_client', ...options, '-sess_out', pki.path(`${version}.session`)]);
    await (await server.accepted()).connected();
    server.endpoints[0]?.send('and the ticket\n');
    await first.prints(/and the ticket/);
    await first.stop();
    const again = startPeer('openssl', ['s_client', ...options, '-sess_in', pki.path(`${version}.session`)]);
    const endpoint = await server.accepted(1);
    expect(await endpoint.connected()).toMatchObject({ version, maxFragmentLength: 1024, resumed: true });
    await expectShortRecords(endpoint, again, 1024);
  });
});

describeWithPeer('max_fragment_length of GnuTLS', 'gnutls-serv', () => {
  it.each(VERSIONS)('is agreed on by our client and gnutls-serv, and in a resumed session: %s', async (ours, _, version) => {
    const { certPath, keyPath } = pki.servers.rsa;
    const port = await findFreePort();
    const identity = ['--x509certfile', certPath, '--x509keyfile', keyPath, '--port', String(port)];
    const options = ['--echo', '--disable-client-cert', '--priority', priority({ version })];
    const server = startPeer('gnutls-serv', [...options, ...identity], { folder: pki.folder });
    await server.prints(/listening on IPv4.*done/);
    const config = clientConfig(pki, { maxFragmentLength: 512 });
    let session: ClientSession | undefined;
    for (const resumed of [false, true]) {
      const client = await connectEndpoint(port, config, { session });
      expect(await client.connected()).toMatchObject({ version: ours, maxFragmentLength: 512, resumed });
      // GnuTLS 3.7.9 agrees in TLS 1.2, but goes on sending records of any size: openssl s_client ends that by record_overflow, as we do.
      const text = ours === 'TLSv1.2' ? 'short\n' : TEXT;
      client.send(text);
      await client.receivedText(text);
      expect(Math.max(...recordLengths(client))).toBeLessThanOrEqual(512);
      session ??= await sessionOf(client);
      client.connection.close();
    }
  });

  it.each(VERSIONS)('gives way to its record_size_limit: our server and gnutls-cli: %s', async (ours, _, version) => {
    const server = await listenEndpoints(serverConfig(pki));
    const names = ['--sni-hostname', 'localhost', '--verify-hostname', 'localhost', '--x509cafile', pki.caPath];
    const options = ['--recordsize', '512', '--priority', priority({ version }), '--port', String(server.port)];
    const client = startPeer('gnutls-cli', [...names, ...options, '127.0.0.1']);
    const endpoint = await server.accepted();
    expect(await endpoint.connected()).toMatchObject({ version: ours, maxFragmentLength: undefined });
    await client.prints(/- Handshake was completed/);
    endpoint.send(TEXT);
    await client.prints(new RegExp(TEXT.slice(-400)));
  });
});
