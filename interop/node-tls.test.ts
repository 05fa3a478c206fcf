/**
 * Node's own node:tls (OpenSSL inside) against our core, both directions. Its face against ours: packages/foxtls/src/node/*.test.ts.
 */

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import tls, { type ConnectionOptions, type TLSSocket, type TlsOptions } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { toHex } from '../packages/foxtls/src/core/bytes/bytes.ts';
import { clientConfig, GROUP_NAMES, GROUPS, SCHEMES, SUITES, serverConfig, trusting } from './harness/configs.ts';
import { connectEndpoint, type Listener, listenEndpoints } from './harness/endpoint.ts';
import { MEBIBYTE, payload, sha256 } from './harness/payload.ts';
import { createInteropPki, type InteropPki, KEYS, type KeyName } from './harness/pki.ts';
import { waitUntil } from './harness/wait.ts';

let pki: InteropPki;
beforeAll(async () => {
  pki = await createInteropPki();
});
afterAll(() => pki?.remove());

/** Everything that a socket of node:tls said, and its error instead of an uncaught one. */
class Theirs {
  readonly socket: TLSSocket;
  readonly chunks: Buffer[] = [];
  readonly sessions: Buffer[] = [];
  error: NodeJS.ErrnoException | undefined;

  constructor(socket: TLSSocket) {
    this.socket = socket;
    socket.on('data', (chunk) => this.chunks.push(chunk));
    socket.on('session', (session) => this.sessions.push(session));
    socket.on('error', (error) => {
      this.error = error;
    });
    onTestFinished(() => void socket.destroy());
  }

  get data(): Buffer {
    return Buffer.concat(this.chunks);
  }

  async received(length: number): Promise<Buffer> {
    await waitUntil(
      () => this.data.length >= length,
      () => `${length} bytes at node:tls, there are ${this.data.length} ${this.error ?? ''}`,
    );
    return this.data;
  }

  async failed(): Promise<NodeJS.ErrnoException> {
    await waitUntil(
      () => this.error !== undefined,
      () => 'an error of node:tls',
    );
    return this.error as NodeJS.ErrnoException;
  }
}

/** node:tls as a client that verifies us. */
function connectTheirs(server: Listener, options: ConnectionOptions = {}): Theirs {
  return new Theirs(tls.connect({ host: '127.0.0.1', port: server.port, servername: 'localhost', ca: pki.ca, ...options }));
}

/** node:tls as a server. */
async function listenTheirs(options: TlsOptions = {}) {
  const { cert, key } = pki.servers.p256;
  const server = tls.createServer({ cert, key, ...options });
  const sockets: Theirs[] = [];
  const errors: NodeJS.ErrnoException[] = [];
  server.on('secureConnection', (socket) => sockets.push(new Theirs(socket)));
  server.on('tlsClientError', (error) => errors.push(error));
  onTestFinished(() => void server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = async (index = 0): Promise<Theirs> => {
    await waitUntil(
      () => sockets[index] !== undefined,
      () => `connection ${index} at node:tls`,
    );
    return sockets[index] as Theirs;
  };
  return { port: (server.address() as AddressInfo).port, accepted, errors };
}

describe(`node:tls client (Node ${process.version}) and our server`, () => {
  it.each(SUITES)('agree on %s', async (suite) => {
    const server = await listenEndpoints(serverConfig(pki));
    const { socket } = connectTheirs(server, { ciphers: suite });
    expect((await (await server.accepted()).connected()).suite.name).toBe(suite);
    expect(socket.getCipher()).toMatchObject({ name: suite, version: 'TLSv1.3' });
  });

  it.each(GROUPS)('agree on the group $name', async ({ name, openssl }) => {
    const server = await listenEndpoints(serverConfig(pki, { groups: GROUP_NAMES }));
    connectTheirs(server, { ecdhCurve: openssl });
    expect((await (await server.accepted()).connected()).group?.name).toBe(name);
  });

  it('agree after a HelloRetryRequest', async () => {
    const server = await listenEndpoints(serverConfig(pki, { groups: ['secp384r1'] }));
    connectTheirs(server, { ecdhCurve: 'X25519:P-384' });
    expect((await (await server.accepted()).connected()).group?.name).toBe('secp384r1');
  });

  it.each(SCHEMES)('verify our $scheme', async ({ key, scheme, openssl }) => {
    const server = await listenEndpoints(serverConfig(pki, { credentials: [pki.servers[key].credential] }));
    const client = connectTheirs(server, { sigalgs: [...new Set([openssl, 'ECDSA+SHA256'])].join(':') });
    const endpoint = await server.accepted();
    expect((await endpoint.connected()).signatureScheme?.name).toBe(scheme);
    expect(client.socket.authorized).toBe(true);
  });

  it.each(Object.keys(KEYS) as KeyName[])('agree on its client certificate (%s)', async (name) => {
    const config = serverConfig(pki, { verifier: trusting(pki.anchors), clientCertificates: 'require' });
    const server = await listenEndpoints(config);
    const { cert, key, credential } = pki.clients[name];
    connectTheirs(server, { cert, key });
    const { peer } = await (await server.accepted()).connected();
    expect(peer.kind === 'verified' && peer.certificates[0]).toEqual(credential.chain[0]);
  });

  it('end with certificate_required when its certificate is missing', async () => {
    const config = serverConfig(pki, { verifier: trusting(pki.anchors), clientCertificates: 'require' });
    const client = connectTheirs(await listenEndpoints(config));
    expect((await client.failed()).code).toBe('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED');
  });

  it('end with an error of its own when our certificate is of a stranger', async () => {
    const client = connectTheirs(await listenEndpoints(serverConfig(pki)), { ca: [] });
    expect((await client.failed()).code).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
  });

  it('end with protocol_version when it speaks TLS 1.2 only', async () => {
    const server = await listenEndpoints(serverConfig(pki, { versions: ['TLSv1.3'] }));
    const client = connectTheirs(server, { maxVersion: 'TLSv1.2' });
    expect(await (await server.accepted()).failed()).toMatchObject({ alert: 'protocol_version', subject: 'version' });
    expect((await client.failed()).code).toBe('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION');
  });

  it('agree by ALPN and SNI', async () => {
    const server = await listenEndpoints(serverConfig(pki, { alpnProtocols: ['h2', 'http/1.1'] }));
    const { socket } = connectTheirs(server, { ALPNProtocols: ['http/1.1', 'h2'] });
    const info = await (await server.accepted()).connected();
    expect(info).toMatchObject({ alpnProtocol: 'h2', serverName: 'localhost' });
    expect(socket.alpnProtocol).toBe('h2');
  });

  it.each(SUITES)('resume a session by our ticket (%s)', async (ciphers) => {
    const server = await listenEndpoints(serverConfig(pki));
    const first = connectTheirs(server, { ciphers });
    await waitUntil(
      () => first.sessions.length === 2,
      () => 'two tickets',
    );
    first.socket.end();
    const { socket } = connectTheirs(server, { ciphers, session: first.sessions[0] });
    expect(await (await server.accepted(1)).connected()).toMatchObject({ resumed: true });
    expect(socket.isSessionReused()).toBe(true);
  });

  it.each([false, true])('carry 1 MiB each way, over our KeyUpdates (requestPeer: %s)', async (requestPeer) => {
    const server = await listenEndpoints(serverConfig(pki));
    const client = connectTheirs(server);
    const endpoint = await server.accepted();
    await endpoint.connected();
    const [toClient, toServer] = [payload('to the client'), payload('to the server')];
    client.socket.write(toServer);
    for (let offset = 0; offset < MEBIBYTE; offset += MEBIBYTE / 8) {
      endpoint.send(toClient.subarray(offset, offset + MEBIBYTE / 8));
      endpoint.connection.updateKeys({ requestPeer });
    }
    expect(sha256(await client.received(MEBIBYTE))).toBe(sha256(toClient));
    expect(sha256(await endpoint.received(MEBIBYTE))).toBe(sha256(toServer));
  });

  it('close one direction after the other', async () => {
    const server = await listenEndpoints(serverConfig(pki));
    const client = connectTheirs(server, { allowHalfOpen: true } as ConnectionOptions); // @types/node does not know it here.
    const endpoint = await server.accepted();
    await endpoint.connected();
    client.socket.end('last words');
    await endpoint.ended();
    endpoint.send('still here');
    expect((await client.received(10)).toString()).toBe('still here');
    endpoint.connection.close();
    await once(client.socket, 'close');
    expect(endpoint.error).toBeUndefined();
    expect(client.error).toBeUndefined();
  });

  it.each(['EXPERIMENTAL foxtls', ''])('derive the same exported keying material by the label "%s"', async (label) => {
    const server = await listenEndpoints(serverConfig(pki));
    const { socket } = connectTheirs(server);
    const endpoint = await server.accepted();
    await endpoint.connected();
    for (const context of [Buffer.alloc(0), Buffer.from('context')]) {
      const ours = endpoint.connection.exportKeyingMaterial(48, label, context);
      expect(toHex(ours)).toBe(socket.exportKeyingMaterial(48, label, context).toString('hex'));
    }
  });
});

describe(`our client and node:tls server (Node ${process.version})`, () => {
  it.each(SUITES)('agree on %s', async (suite) => {
    const server = await listenTheirs({ ciphers: suite });
    const client = await connectEndpoint(server.port, clientConfig(pki));
    expect((await client.connected()).suite.name).toBe(suite);
  });

  it.each(GROUPS)('agree on the group $name', async ({ name, openssl }) => {
    const server = await listenTheirs({ ecdhCurve: openssl });
    // All but x25519 come after a HelloRetryRequest.
    const client = await connectEndpoint(server.port, clientConfig(pki, { groups: GROUP_NAMES }));
    expect((await client.connected()).group?.name).toBe(name);
  });

  it.each(SCHEMES)('let us verify its $scheme', async ({ key: name, scheme, openssl }) => {
    const { cert, key } = pki.servers[name];
    const server = await listenTheirs({ cert, key, sigalgs: openssl });
    const client = await connectEndpoint(server.port, clientConfig(pki));
    expect(await client.connected()).toMatchObject({ signatureScheme: { name: scheme }, peer: { kind: 'verified' } });
  });

  it.each(Object.keys(KEYS) as KeyName[])('agree on our client certificate (%s)', async (name) => {
    const server = await listenTheirs({ ca: pki.ca, requestCert: true });
    await connectEndpoint(server.port, clientConfig(pki, { credentials: [pki.clients[name].credential] }));
    const { socket } = await server.accepted();
    expect(socket.authorized).toBe(true);
    expect(socket.getPeerCertificate().subject.CN).toBe(`client-${name}`);
  });

  it('end with its certificate_required when our certificate is missing', async () => {
    const server = await listenTheirs({ ca: pki.ca, requestCert: true });
    const client = await connectEndpoint(server.port, clientConfig(pki));
    expect(await client.failed()).toMatchObject({ description: 'certificate_required' });
  });

  it('end with our unknown_ca when its certificate is of a stranger', async () => {
    const server = await listenTheirs();
    const client = await connectEndpoint(server.port, clientConfig(pki, { verifier: trusting(pki.strangerAnchors) }));
    expect(await client.failed()).toMatchObject({ alert: 'unknown_ca' });
    await waitUntil(
      () => server.errors.length > 0,
      () => 'tlsClientError',
    );
    expect(server.errors[0]?.code).toBe('ERR_SSL_TLSV1_ALERT_UNKNOWN_CA');
  });

  it('end with its protocol_version when it speaks TLS 1.2 only', async () => {
    const server = await listenTheirs({ maxVersion: 'TLSv1.2' });
    const client = await connectEndpoint(server.port, clientConfig(pki, { versions: ['TLSv1.3'] }));
    expect(await client.failed()).toMatchObject({ description: 'protocol_version' });
  });

  it('agree by ALPN and SNI', async () => {
    const server = await listenTheirs({ ALPNProtocols: ['h2', 'http/1.1'] });
    const client = await connectEndpoint(server.port, clientConfig(pki, { alpnProtocols: ['http/1.1', 'h2'] }));
    expect((await client.connected()).alpnProtocol).toBe('h2');
    expect((await server.accepted()).socket).toMatchObject({ servername: 'localhost', alpnProtocol: 'h2' });
  });

  it.each(SUITES)('resume a session by its ticket (%s)', async (ciphers) => {
    const server = await listenTheirs({ ciphers });
    const first = await connectEndpoint(server.port, clientConfig(pki));
    await first.until('two tickets', () => first.of('session').length === 2);
    first.connection.close();
    const second = await connectEndpoint(server.port, clientConfig(pki), { session: first.of('session')[0]?.session });
    expect(await second.connected()).toMatchObject({ resumed: true, peer: { kind: 'verified' } });
    expect((await server.accepted(1)).socket.isSessionReused()).toBe(true);
  });

  it('carry 1 MiB each way, over our KeyUpdates', async () => {
    const server = await listenTheirs();
    const client = await connectEndpoint(server.port, clientConfig(pki));
    await client.connected();
    const theirs = await server.accepted();
    const [toClient, toServer] = [payload('to the client'), payload('to the server')];
    theirs.socket.write(toClient);
    for (let offset = 0; offset < MEBIBYTE; offset += MEBIBYTE / 8) {
      client.send(toServer.subarray(offset, offset + MEBIBYTE / 8));
      client.connection.updateKeys({ requestPeer: true });
    }
    expect(sha256(await theirs.received(MEBIBYTE))).toBe(sha256(toServer));
    expect(sha256(await client.received(MEBIBYTE))).toBe(sha256(toClient));
  });

  it('close one direction after the other', async () => {
    const server = await listenTheirs({ allowHalfOpen: true });
    const client = await connectEndpoint(server.port, clientConfig(pki));
    await client.connected();
    const theirs = await server.accepted();
    client.send('last words');
    client.connection.close();
    await once(theirs.socket, 'end');
    theirs.socket.end('still here');
    await client.ended();
    expect(Buffer.from(client.data).toString()).toBe('still here');
    expect(client.error).toBeUndefined();
  });
});
