/**
 * gnutls-cli against our server: the core on a TCP socket.
 */

import { afterAll, beforeAll, expect, it } from 'vitest';
import { toHex } from '../packages/foxtls/src/core/bytes/bytes.ts';
import { AlertReceived, PeerIncompatible } from '../packages/foxtls/src/core/errors/errors.ts';
import { describeWithPeer } from '../packages/foxtls/test/peers.ts';
import { GROUP_NAMES, GROUPS, NAMED_GROUPS, NAMED_SUITES, SCHEMES, SUITES, serverConfig, trusting } from './harness/configs.ts';
import { listenEndpoints } from './harness/endpoint.ts';
import { GNUTLS_CIPHERS, GNUTLS_SIGNATURES, priority } from './harness/gnutls-priority.ts';
import { MEBIBYTE, payload, sha256 } from './harness/payload.ts';
import { startPeer } from './harness/peer-process.ts';
import { createInteropPki, type InteropPki, KEYS, type KeyName } from './harness/pki.ts';

let pki: InteropPki;
beforeAll(async () => {
  pki = await createInteropPki();
});
afterAll(() => pki?.remove());

/** gnutls-cli, which trusts our root and gives up when it cannot verify us. */
function startClient(port: number, ...options: string[]) {
  const trust = options.some((option) => option.startsWith('--x509cafile')) ? [] : ['--x509cafile', pki.caPath];
  const names = ['--sni-hostname', 'localhost', '--verify-hostname', 'localhost'];
  return startPeer('gnutls-cli', [...trust, ...names, '--port', String(port), ...options, '127.0.0.1']);
}

const HANDSHAKE_DONE = /- Handshake was completed/;

describeWithPeer('gnutls-cli and our server', 'gnutls-cli', () => {
  it.each(SUITES)('agree on %s', async (suite) => {
    const server = await listenEndpoints(serverConfig(pki));
    const client = startClient(server.port, '--priority', priority({ ciphers: [GNUTLS_CIPHERS[suite]] }));
    await client.prints(new RegExp(`Description: \\(TLS1\\.3.*\\(${GNUTLS_CIPHERS[suite]}\\)`));
    expect((await (await server.accepted()).connected()).suite.name).toBe(suite);
  });

  it.each(GROUPS)('agree on the group $name', async ({ name, gnutls }) => {
    const server = await listenEndpoints(serverConfig(pki, { groups: GROUP_NAMES }));
    const client = startClient(server.port, '--priority', priority({ groups: [gnutls] }));
    await client.prints(new RegExp(`Description: \\(TLS1\\.3.*\\(ECDHE-${gnutls}\\)`));
    expect((await (await server.accepted()).connected()).group?.name).toBe(name);
  });

  it.each(GROUPS)('agree on the group $name after a HelloRetryRequest', async ({ name, gnutls }) => {
    const shared = name === 'x25519' ? 'SECP256R1' : 'X25519';
    const server = await listenEndpoints(serverConfig(pki, { groups: [name] }));
    const client = startClient(server.port, '--single-key-share', '--priority', priority({ groups: [shared, gnutls] }));
    await client.prints(HANDSHAKE_DONE);
    expect((await (await server.accepted()).connected()).group?.name).toBe(name);
  });

  it.each(NAMED_SUITES)('agree on $suite', async ({ suite, gnutls }) => {
    const server = await listenEndpoints(serverConfig(pki, { cipherSuites: [suite] }));
    startClient(server.port, '--priority', priority({ ciphers: [gnutls] }));
    expect((await (await server.accepted()).connected()).suite.name).toBe(suite);
  });

  it.each(NAMED_GROUPS)('agree on the finite field group %s', async (group) => {
    const server = await listenEndpoints(serverConfig(pki, { groups: [group] }));
    startClient(server.port, '--priority', priority({ groups: [group.toUpperCase()] }));
    expect((await (await server.accepted()).connected()).group?.name).toBe(group);
  });

  it.each(SCHEMES)('verify our $scheme', async ({ key, scheme }) => {
    const server = await listenEndpoints(serverConfig(pki, { credentials: [pki.servers[key].credential] }));
    const signatures = [...new Set([GNUTLS_SIGNATURES[scheme], GNUTLS_SIGNATURES.ecdsa_secp256r1_sha256])];
    const client = startClient(server.port, '--priority', priority({ signatures }));
    await client.prints(HANDSHAKE_DONE);
    expect((await (await server.accepted()).connected()).signatureScheme?.name).toBe(scheme);
    expect(client.output).toMatch(/The certificate is trusted/);
  });

  it.each(Object.keys(KEYS) as KeyName[])('let us verify its client certificate (%s)', async (key) => {
    const config = serverConfig(pki, { verifier: trusting(pki.anchors), clientCertificates: 'require' });
    const server = await listenEndpoints(config);
    const { certPath, keyPath, credential } = pki.clients[key];
    const client = startClient(server.port, '--x509certfile', certPath, '--x509keyfile', keyPath);
    const endpoint = await server.accepted();
    const { peer } = await endpoint.connected();
    expect(peer.kind === 'verified' && peer.certificates[0]).toEqual(credential.chain[0]);
    endpoint.send('welcome\n');
    await client.prints(/welcome/);
  });

  it('end with certificate_required when its certificate is missing', async () => {
    const config = serverConfig(pki, { verifier: trusting(pki.anchors), clientCertificates: 'require' });
    const server = await listenEndpoints(config);
    const client = startClient(server.port);
    expect(await (await server.accepted()).failed()).toMatchObject({ alert: 'certificate_required' });
    await client.prints(/Received alert \[116\]/);
  });

  it('end with an alert of its own when our certificate is of a stranger', async () => {
    const server = await listenEndpoints(serverConfig(pki));
    const client = startClient(server.port, '--x509cafile', pki.strangerPath);
    const error = await (await server.accepted()).failed();
    expect(error).toBeInstanceOf(AlertReceived);
    await client.prints(/The certificate issuer is unknown/);
    expect((await client.exited()).code).toBe(1);
  });

  it('end with protocol_version when it speaks TLS 1.2 only', async () => {
    const server = await listenEndpoints(serverConfig(pki, { versions: ['TLSv1.3'] }));
    const client = startClient(server.port, '--priority', priority({ version: 'TLS1.2' }));
    const error = await (await server.accepted()).failed();
    expect(error).toBeInstanceOf(PeerIncompatible);
    expect(error).toMatchObject({ subject: 'version', alert: 'protocol_version' });
    await client.prints(/Received alert \[70\]/);
  });

  it('agree by ALPN', async () => {
    const server = await listenEndpoints(serverConfig(pki, { alpnProtocols: ['h2', 'http/1.1'] }));
    const client = startClient(server.port, '--alpn', 'http/1.1', '--alpn', 'fox/1');
    await client.prints(/Application protocol: http\/1\.1/);
    const info = await (await server.accepted()).connected();
    expect(info).toMatchObject({ alpnProtocol: 'http/1.1', serverName: 'localhost' });
  });

  it.each(SUITES)('resume a session by our ticket (%s)', async (suite) => {
    const server = await listenEndpoints(serverConfig(pki));
    const options = ['--resume', '--waitresumption', '--priority', priority({ ciphers: [GNUTLS_CIPHERS[suite]] })];
    const client = startClient(server.port, ...options);
    await client.prints(/This is a resumed session/);
    expect((await (await server.accepted(0)).connected()).resumed).toBe(false);
    expect(await (await server.accepted(1)).connected()).toMatchObject({ resumed: true, suite: { name: suite } });
  });

  it.each(['rekey1', 'rekey'])('go on after its KeyUpdate (%s)', async (command) => {
    const server = await listenEndpoints(serverConfig(pki));
    const client = startClient(server.port, '--inline-commands');
    const endpoint = await server.accepted();
    await endpoint.connected();
    await client.prints(/- Simple Client Mode/);
    for (let round = 0; round < 3; round++) {
      client.write(`^${command}^\n`);
      await client.prints(new RegExp(`(- Rekey was completed[\\s\\S]*){${round + 1}}`));
      client.write(`from the client ${round}\n`);
      await endpoint.receivedText(`from the client ${round}\n`);
      endpoint.send(`from the server ${round}\n`);
      await client.prints(new RegExp(`from the server ${round}\n`));
    }
  });

  it.each([false, true])('go on after our KeyUpdate (requestPeer: %s)', async (requestPeer) => {
    const server = await listenEndpoints(serverConfig(pki));
    const client = startClient(server.port);
    const endpoint = await server.accepted();
    await endpoint.connected();
    for (let round = 0; round < 3; round++) {
      endpoint.connection.updateKeys({ requestPeer });
      endpoint.send(`from the server ${round}\n`);
      await client.prints(new RegExp(`from the server ${round}\n`));
      client.write(`from the client ${round}\n`);
      await endpoint.receivedText(`from the client ${round}\n`);
    }
  });

  it.each([512, 2000, 4000])('keep each other to records of %i bytes (record_size_limit)', async (size) => {
    const server = await listenEndpoints(serverConfig(pki, { recordSizeLimit: size + 1 }));
    const client = startClient(server.port, '--recordsize', String(size), '-d', '5');
    const endpoint = await server.accepted();
    await endpoint.connected();
    const toClient = payload('small records', 20_000);
    endpoint.send(toClient);
    // One line fits a record, as gnutls-cli drops what does not.
    client.write(`${payload('small records back', size - 1)}\n`);
    await endpoint.received(size);
    // Ours has the content type too (RFC 8449 §4).
    expect(Math.max(...endpoint.of('data').map((event) => event.data.length))).toBe(size);
    await client.prints(new RegExp(toClient.toString().slice(-40).replace(/[+/]/g, '\\$&')));
    const lengths = [...client.output.matchAll(/Received Packet Application Data\(23\) with length: (\d+)/g)].map((match) =>
      Number(match[1]),
    );
    expect(Math.max(...lengths)).toBe(size + 1 + 16);
  });

  it('carry 1 MiB each way, unharmed', async () => {
    const server = await listenEndpoints(serverConfig(pki));
    const client = startClient(server.port, '--logfile', pki.path('gnutls-cli.log'));
    const endpoint = await server.accepted();
    await endpoint.connected();
    const [toClient, toServer] = [payload('to the client'), payload('to the server')];
    endpoint.send(toClient);
    client.write(toServer);
    expect(sha256(await endpoint.received(MEBIBYTE))).toBe(sha256(toServer));
    endpoint.connection.close();
    await client.exited();
    expect(sha256(client.bytes)).toBe(sha256(toClient));
  });

  it('end with its close_notify, then ours', async () => {
    const server = await listenEndpoints(serverConfig(pki));
    const client = startClient(server.port);
    const endpoint = await server.accepted();
    await endpoint.connected();
    client.endInput('last words\n');
    await endpoint.ended();
    expect(Buffer.from(endpoint.data).toString()).toBe('last words\n');
    endpoint.connection.close();
    expect((await client.exited()).code).toBe(0);
    expect(endpoint.error).toBeUndefined();
  });

  it('derive the same exported keying material', async () => {
    const server = await listenEndpoints(serverConfig(pki));
    const label = 'EXPERIMENTAL foxtls';
    const client = startClient(server.port, '--keymatexport', label, '--keymatexportsize', '42');
    const [, theirs] = await client.prints(/- Key material: ([0-9a-f]{84})\s/);
    const endpoint = await server.accepted();
    await endpoint.connected();
    expect(toHex(endpoint.connection.exportKeyingMaterial(42, label))).toBe(theirs);
  });
});
