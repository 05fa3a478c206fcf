/**
 * Our client, the core on a TCP socket, against gnutls-serv.
 */

import { afterAll, beforeAll, expect, it } from 'vitest';
import { toHex } from '../packages/foxtls/src/core/bytes/bytes.ts';
import { AlertReceived } from '../packages/foxtls/src/core/errors/errors.ts';
import { describeWithPeer } from '../packages/foxtls/test/peers.ts';
import { clientConfig, GROUP_NAMES, GROUPS, NAMED_GROUPS, NAMED_SUITES, SCHEMES, SUITES, trusting } from './harness/configs.ts';
import { connectEndpoint } from './harness/endpoint.ts';
import { GNUTLS_CIPHERS, GNUTLS_SIGNATURES, priority } from './harness/gnutls-priority.ts';
import { MEBIBYTE, payload, sha256 } from './harness/payload.ts';
import { type PeerProcess, startPeer } from './harness/peer-process.ts';
import { createInteropPki, type InteropPki, KEYS, type KeyName } from './harness/pki.ts';
import { findFreePort } from './harness/ports.ts';

let pki: InteropPki;
beforeAll(async () => {
  pki = await createInteropPki();
});
afterAll(() => pki?.remove());

interface Server {
  readonly process: PeerProcess;
  readonly port: number;
}

/** gnutls-serv as an echo server with the certificate of that kind of key; no client certificates unless the options ask. */
async function startServer(key: KeyName, ...options: string[]): Promise<Server> {
  const { certPath, keyPath } = pki.servers[key];
  const port = await findFreePort();
  const clients =
    options.includes('--require-client-cert') || options.includes('--verify-client-cert') ? [] : ['--disable-client-cert'];
  const identity = ['--x509certfile', certPath, '--x509keyfile', keyPath, '--port', String(port)];
  const process = startPeer('gnutls-serv', ['--echo', ...identity, ...clients, ...options], { folder: pki.folder });
  await process.prints(/listening on IPv4.*done/);
  return { process, port };
}

describeWithPeer('our client and gnutls-serv', 'gnutls-serv', () => {
  it.each(SUITES)('agree on %s', async (suite) => {
    const server = await startServer('p256', '--priority', priority({ ciphers: [GNUTLS_CIPHERS[suite]] }));
    const client = await connectEndpoint(server.port, clientConfig(pki));
    expect((await client.connected()).suite.name).toBe(suite);
    await server.process.prints(new RegExp(`Description: \\(TLS1\\.3.*\\(${GNUTLS_CIPHERS[suite]}\\)`));
  });

  it.each(GROUPS)('agree on the group $name', async ({ name }) => {
    const server = await startServer('p256');
    const client = await connectEndpoint(server.port, clientConfig(pki, { groups: [name] }));
    expect((await client.connected()).group?.name).toBe(name);
  });

  it.each(GROUPS)('agree on the group $name after its HelloRetryRequest', async ({ name, gnutls }) => {
    const shared = name === 'x25519' ? 'secp256r1' : 'x25519';
    const server = await startServer('p256', '-d', '4', '--priority', priority({ groups: [gnutls] }));
    const client = await connectEndpoint(server.port, clientConfig(pki, { groups: GROUP_NAMES, keyShareGroups: [shared] }));
    expect((await client.connected()).group?.name).toBe(name);
    await server.process.prints(/HELLO RETRY REQUEST/);
  });

  it.each(NAMED_SUITES)('agree on $suite', async ({ suite, gnutls }) => {
    const server = await startServer('p256', '--priority', priority({ ciphers: [gnutls] }));
    const client = await connectEndpoint(server.port, clientConfig(pki, { cipherSuites: [suite] }));
    expect((await client.connected()).suite.name).toBe(suite);
  });

  it.each(NAMED_GROUPS)('agree on the finite field group %s', async (group) => {
    const server = await startServer('p256', '--priority', priority({ groups: [group.toUpperCase()] }));
    const client = await connectEndpoint(server.port, clientConfig(pki, { groups: [group] }));
    expect((await client.connected()).group?.name).toBe(group);
  });

  it.each(SCHEMES)('let us verify its $scheme', async ({ key, scheme }) => {
    const server = await startServer(key, '--priority', priority({ signatures: [GNUTLS_SIGNATURES[scheme]] }));
    const client = await connectEndpoint(server.port, clientConfig(pki));
    expect(await client.connected()).toMatchObject({ signatureScheme: { name: scheme }, peer: { kind: 'verified' } });
  });

  it.each(Object.keys(KEYS) as KeyName[])('agree on our client certificate (%s)', async (key) => {
    const server = await startServer('p256', '--require-client-cert', '--verify-client-cert', '--x509cafile', pki.caPath);
    const client = await connectEndpoint(server.port, clientConfig(pki, { credentials: [pki.clients[key].credential] }));
    expect((await client.connected()).localCertificates).toEqual([...pki.clients[key].credential.chain]);
    client.send('still here\n');
    await client.receivedText('still here\n');
    expect(server.process.output).toContain(`CN=client-${key}`);
  });

  it('end with its certificate_required when our certificate is missing', async () => {
    const server = await startServer('p256', '--require-client-cert', '--x509cafile', pki.caPath);
    const client = await connectEndpoint(server.port, clientConfig(pki));
    const error = await client.failed();
    expect(error).toBeInstanceOf(AlertReceived);
    expect(error).toMatchObject({ description: 'certificate_required' });
  });

  it('end with our unknown_ca when its certificate is of a stranger', async () => {
    const server = await startServer('p256', '-d', '5');
    const client = await connectEndpoint(server.port, clientConfig(pki, { verifier: trusting(pki.strangerAnchors) }));
    expect(await client.failed()).toMatchObject({ reason: 'issuer_unknown', alert: 'unknown_ca' });
    await server.process.prints(/Alert\[2\|48\]/);
  });

  // It does not look at our supported_versions, takes the hello for one of TLS 1.2, and finds no suite in it.
  it('end with its handshake_failure when it speaks TLS 1.2 only, and our error says what to do', async () => {
    const server = await startServer('p256', '--priority', priority({ version: 'TLS1.2' }));
    const client = await connectEndpoint(server.port, clientConfig(pki, { versions: ['TLSv1.3'] }));
    const error = await client.failed();
    expect(error).toMatchObject({ description: 'handshake_failure' });
    expect(error.message).toContain('versions');
  });

  it('agree by ALPN', async () => {
    const server = await startServer('p256', '--alpn', 'http/1.1');
    const client = await connectEndpoint(server.port, clientConfig(pki, { alpnProtocols: ['h2', 'http/1.1'] }));
    expect((await client.connected()).alpnProtocol).toBe('http/1.1');
  });

  it.each(SUITES)('resume a session by its ticket (%s)', async (suite) => {
    const server = await startServer('p256', '--priority', priority({ ciphers: [GNUTLS_CIPHERS[suite]] }));
    const first = await connectEndpoint(server.port, clientConfig(pki));
    await first.until('a ticket', () => first.of('session').length > 0);
    first.connection.close();
    const second = await connectEndpoint(server.port, clientConfig(pki), { session: first.of('session')[0]?.session });
    expect(await second.connected()).toMatchObject({ resumed: true, suite: { name: suite } });
    second.send('still here\n');
    await second.receivedText('still here\n');
    await server.process.prints(/This is a resumed session/);
  });

  it.each([false, true])('go on after our KeyUpdate (requestPeer: %s)', async (requestPeer) => {
    const server = await startServer('p256');
    const client = await connectEndpoint(server.port, clientConfig(pki));
    await client.connected();
    for (let round = 0; round < 3; round++) {
      client.connection.updateKeys({ requestPeer });
      client.send(`round ${round}\n`);
      await client.receivedText(`round ${round}\n`);
    }
  });

  // In TLS 1.3 its rehandshake is a KeyUpdate that asks for ours.
  it('go on after its KeyUpdate', async () => {
    const server = await startServer('p256', '-d', '4');
    const client = await connectEndpoint(server.port, clientConfig(pki));
    await client.connected();
    client.send('**REHANDSHAKE**\n');
    await server.process.prints(/KEY_UPDATE was queued/);
    // This echo comes after its KeyUpdate; our answer goes before our next data.
    client.send('still here\n');
    await client.receivedText('still here\n');
    client.send('answered\n');
    await client.receivedText('answered\n');
    await server.process.prints(/KEY_UPDATE \(24\) was received/);
  });

  it.each([512, 2000, 16384])('keep each other to records of %i bytes (record_size_limit)', async (size) => {
    const server = await startServer('p256', '--recordsize', String(size), '-d', '5');
    const client = await connectEndpoint(server.port, clientConfig(pki, { recordSizeLimit: size + 1 }));
    await client.connected();
    const data = Buffer.from(`${payload('small records', 40_000)}\n`);
    client.send(data);
    expect(sha256(await client.received(data.length))).toBe(sha256(data));
    expect(Math.max(...client.of('data').map((event) => event.data.length))).toBe(size);
    const lengths = [...server.process.output.matchAll(/Received Packet Application Data\(23\) with length: (\d+)/g)];
    expect(Math.max(...lengths.map((match) => Number(match[1])))).toBe(size + 1 + 16);
  });

  it('carry 1 MiB each way, unharmed', async () => {
    const server = await startServer('p256');
    const client = await connectEndpoint(server.port, clientConfig(pki));
    await client.connected();
    // It echoes when it has seen the end of a line.
    const data = Buffer.from(
      payload('there and back')
        .toString()
        .replace(/.{1023}/g, '$&\n'),
    );
    client.send(data);
    client.send('\n');
    expect(sha256((await client.received(data.length)).subarray(0, data.length))).toBe(sha256(data));
    expect(data.length).toBeGreaterThan(MEBIBYTE);
  });

  it('end with our close_notify', async () => {
    const server = await startServer('p256');
    const client = await connectEndpoint(server.port, clientConfig(pki));
    await client.connected();
    client.send('last words\n');
    client.connection.close();
    await client.ended();
    expect(Buffer.from(client.data).toString()).toBe('last words\n');
    expect(client.connection.state).toBe('closed');
  });

  it('derive the same exported keying material', async () => {
    const label = 'EXPERIMENTAL foxtls';
    const server = await startServer('p256', '--keymatexport', label, '--keymatexportsize', '42');
    const client = await connectEndpoint(server.port, clientConfig(pki));
    await client.connected();
    const [, theirs] = await server.process.prints(/- Key material: ([0-9a-f]{84})\s/);
    expect(toHex(client.connection.exportKeyingMaterial(42, label))).toBe(theirs);
  });
});
