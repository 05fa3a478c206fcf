/**
 * wolfSSL's example client and server, beside what matrix.test.ts tries: application protocols, groups, data, and what has to fail.
 */

import { afterAll, beforeAll, expect, it } from 'vitest';
import { AlertReceived } from '../packages/foxtls/src/core/errors/errors.ts';
import { describeWithPeer, findPeer } from '../packages/foxtls/test/peers.ts';
import { clientConfig, serverConfig, trusting } from './harness/configs.ts';
import { connectEndpoint, listenEndpoints } from './harness/endpoint.ts';
import { payload, sha256 } from './harness/payload.ts';
import { startPeer } from './harness/peer-process.ts';
import { createInteropPki, type InteropPki } from './harness/pki.ts';
import { findFreePort } from './harness/ports.ts';
import { buildWolfSsl, type WolfSsl } from './harness/wolfssl.ts';

let pki: InteropPki;
let wolfSsl: WolfSsl;
beforeAll(async () => {
  pki = await createInteropPki();
  if (findPeer('wolfssl') !== undefined) wolfSsl = buildWolfSsl(pki);
});
afterAll(() => pki?.remove());

/** The options, and what our side calls the version. */
const VERSIONS = [
  ['3', 'TLSv1.2'],
  ['4', 'TLSv1.3'],
] as const;

async function startServer(...options: string[]) {
  const { certPath, keyPath } = pki.servers.p256;
  const port = await findFreePort();
  const parameters = ['-oL', wolfSsl.server, '-p', String(port), '-V', '-d', '-c', certPath, '-k', keyPath, ...options];
  return { port, process: startPeer('stdbuf', parameters, { folder: wolfSsl.home }) };
}

function startClient(port: number, ...options: string[]) {
  const trust = options.includes('-A') ? [] : ['-A', pki.caPath];
  const target = ['-h', 'localhost', '-p', String(port), '-S', 'localhost', '-m', '-C', ...trust];
  return startPeer(wolfSsl.client, [...target, ...options], { folder: wolfSsl.home });
}

describeWithPeer('our client and the server of wolfSSL', 'wolfssl', () => {
  it.each(VERSIONS)('agree on an application protocol (%s: %s)', async (option, version) => {
    const server = await startServer('-v', option, '-L', 'C:http/1.1');
    const config = clientConfig(pki, { versions: [version], alpnProtocols: ['h2', 'http/1.1'] });
    const client = await connectEndpoint(server.port, config);
    expect(await client.connected()).toMatchObject({ version, alpnProtocol: 'http/1.1' });
  });

  it.each(VERSIONS)('carry the same data there and back (%s: %s)', async (option, version) => {
    const server = await startServer('-v', option, '-e');
    const client = await connectEndpoint(server.port, clientConfig(pki, { versions: [version] }));
    await client.connected();
    const data = payload(`wolfSSL ${version}`, 100_000);
    client.send(data);
    expect(sha256(await client.received(data.length))).toBe(sha256(data));
  });

  it.each(VERSIONS)('end when its certificate is of a stranger (%s: %s)', async (option, version) => {
    const server = await startServer('-v', option);
    const config = clientConfig(pki, { versions: [version], verifier: trusting(pki.strangerAnchors) });
    const client = await connectEndpoint(server.port, config);
    expect(await client.failed()).toMatchObject({ alert: 'unknown_ca' });
    await server.process.prints(/SSL_accept/);
  });
});

describeWithPeer('the client of wolfSSL and our server', 'wolfssl', () => {
  it.each(VERSIONS)('agree on an application protocol (%s: %s)', async (option, version) => {
    const server = await listenEndpoints(serverConfig(pki, { versions: [version], alpnProtocols: ['http/1.1'] }));
    startClient(server.port, '-v', option, '-x', '-L', 'F:http/1.1');
    expect(await (await server.accepted()).connected()).toMatchObject({ version, alpnProtocol: 'http/1.1' });
  });

  it.each([
    ['-t', 'x25519'],
    ['-8', 'x448'],
    ['-Y', 'secp256r1'],
    ['-y', 'ffdhe2048'],
  ])('agree on the group that %s stands for: %s', async (option, group) => {
    const server = await listenEndpoints(serverConfig(pki, { versions: ['TLSv1.3'], groups: [group] }));
    startClient(server.port, '-v', '4', '-x', option);
    expect((await (await server.accepted()).connected()).group?.name).toBe(group);
  });

  it.each(VERSIONS)('end with an alert of its own when our certificate is of a stranger (%s: %s)', async (option, version) => {
    const server = await listenEndpoints(serverConfig(pki, { versions: [version] }));
    startClient(server.port, '-v', option, '-x', '-A', pki.strangerPath);
    expect(await (await server.accepted()).failed()).toBeInstanceOf(AlertReceived);
  });
});
