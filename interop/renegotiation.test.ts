/**
 * Renegotiation of TLS 1.2 with openssl, GnuTLS and node:tls, both directions, whoever begins.
 */

import { once } from 'node:events';
import tls from 'node:tls';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { defineServerConfig } from '../packages/foxtls/src/connection/config.ts';
import type { ConnectionInfo } from '../packages/foxtls/src/connection/connection.ts';
import { nodeProvider as provider } from '../packages/foxtls/src/crypto/node/provider.ts';
import { createSessionCache } from '../packages/foxtls/src/protocol/session/session-cache.ts';
import { describeWithPeer } from '../packages/foxtls/test/peers.ts';
import { clientConfig, serverConfig, trusting } from './harness/configs.ts';
import { connectEndpoint, type Endpoint, listenEndpoints } from './harness/endpoint.ts';
import { priority } from './harness/gnutls-priority.ts';
import { type PeerProcess, startPeer } from './harness/peer-process.ts';
import { createInteropPki, type InteropPki } from './harness/pki.ts';
import { findFreePort } from './harness/ports.ts';

const accepting = { versions: ['TLSv1.3', 'TLSv1.2'], renegotiation: 'accept' } as const;

let pki: InteropPki;
beforeAll(async () => {
  pki = await createInteropPki();
});
afterAll(() => pki?.remove());

async function renegotiated(endpoint: Endpoint, times = 1) {
  await endpoint.until(`renegotiation ${times}`, () => endpoint.of('renegotiated').length >= times);
  return endpoint.of('renegotiated')[times - 1]?.info;
}

/** The end entity that the peer showed. */
function leafOf(info: ConnectionInfo | undefined): Uint8Array | undefined {
  return info?.peer.kind === 'verified' ? info.peer.certificates[0] : undefined;
}

async function refused(endpoint: Endpoint): Promise<void> {
  await endpoint.until('a refusal', () => endpoint.of('renegotiationRefused').length > 0);
}

/** Data goes both ways: what the process reads, and what it writes. */
async function expectText(endpoint: Endpoint, process: PeerProcess, text: string): Promise<void> {
  endpoint.send(`${text} out\n`);
  await process.prints(new RegExp(`${text} out\n`));
  process.write(`${text} back\n`);
  await endpoint.receivedText(`${text} back\n`);
}

/** A server's config that asks clients for a certificate. */
const asking = (clientCertificates: 'request' | 'require' = 'require') =>
  defineServerConfig({
    provider,
    credentials: [pki.servers.p256.credential],
    ...accepting,
    clientCertificates,
    verifier: trusting(pki.anchors),
  });

describeWithPeer('our client and openssl s_server renegotiate', 'openssl', () => {
  async function startServer(...options: string[]) {
    const { certPath, keyPath } = pki.servers.p256;
    const port = await findFreePort();
    const identity = ['-tls1_2', '-accept', String(port), '-cert', certPath, '-key', keyPath];
    const process = startPeer('openssl', ['s_server', ...identity, ...options], { folder: pki.folder });
    await process.prints(/ACCEPT/);
    return { process, port };
  }

  it.each([
    ['in full', false],
    ['by the session', true],
  ])('as we begin: %s', async (_how, resume) => {
    const server = await startServer('-client_renegotiation');
    const client = await connectEndpoint(server.port, clientConfig(pki));
    await client.connected();
    await expectText(client, server.process, 'before');
    for (let times = 1; times <= 3; times++) {
      client.connection.renegotiate({ resume });
      client.send(`meanwhile ${times}\n`);
      expect(await renegotiated(client, times)).toMatchObject({ version: 'TLSv1.2', resumed: resume });
      await server.process.prints(new RegExp(`meanwhile ${times}\n`));
      await expectText(client, server.process, `after ${times}`);
    }
  });

  it('as it begins, twice', async () => {
    const server = await startServer();
    const client = await connectEndpoint(server.port, clientConfig(pki, accepting));
    await client.connected();
    for (let times = 1; times <= 2; times++) {
      server.process.write('r\n');
      expect(await renegotiated(client, times)).toMatchObject({ resumed: false, peer: { kind: 'verified' } });
      await expectText(client, server.process, `after ${times}`);
    }
  });

  it('as it begins, for our certificate', async () => {
    const server = await startServer('-CAfile', pki.caPath);
    const config = clientConfig(pki, { ...accepting, credentials: [pki.clients.p256.credential] });
    const client = await connectEndpoint(server.port, config);
    expect((await client.connected()).localCertificates).toEqual([]);
    server.process.write('R\n');
    expect((await renegotiated(client))?.localCertificates).toHaveLength(1);
    await server.process.prints(/depth=0/);
    await expectText(client, server.process, 'shown');
  });

  it('not, as it was not told to: we are refused, and all goes on', async () => {
    const server = await startServer();
    const client = await connectEndpoint(server.port, clientConfig(pki));
    await client.connected();
    client.connection.renegotiate();
    await refused(client);
    await expectText(client, server.process, 'all the same');
  });
});

describeWithPeer('openssl s_client and our server renegotiate', 'openssl', () => {
  function startClient(port: number, ...options: string[]) {
    const trust = ['-CAfile', pki.caPath, '-verify_return_error', '-verify_hostname', 'localhost'];
    const target = ['-connect', `127.0.0.1:${port}`, '-servername', 'localhost', '-tls1_2'];
    return startPeer('openssl', ['s_client', ...target, ...trust, ...options], { folder: pki.folder });
  }

  async function connected(options: Parameters<typeof serverConfig>[1] = {}, ...clientOptions: string[]) {
    const server = await listenEndpoints(serverConfig(pki, { ...accepting, ...options }));
    const process = startClient(server.port, ...clientOptions);
    await process.prints(/Verify return code: 0/);
    const endpoint = await server.accepted();
    await endpoint.connected();
    return { process, endpoint };
  }

  it.each([
    ['with tickets', {}, []],
    ['with ids', { tickets: 0 }, []],
    ['without either', { tickets: 0 }, ['-no_ticket']],
  ])('as it begins, %s', async (what, options, clientOptions) => {
    const sessionCache = what === 'with ids' ? createSessionCache() : undefined;
    const { process, endpoint } = await connected({ ...options, sessionCache }, ...clientOptions);
    for (let times = 1; times <= 3; times++) {
      process.write('R\n');
      // Its `R` is SSL_renegotiate: a full handshake.
      expect(await renegotiated(endpoint, times)).toMatchObject({ version: 'TLSv1.2', resumed: false });
      await expectText(endpoint, process, `after ${times}`);
    }
  });

  it('as we begin: in full, or by its session, which it always offers then', async () => {
    const { process, endpoint } = await connected();
    endpoint.connection.renegotiate();
    expect(await renegotiated(endpoint, 1)).toMatchObject({ resumed: false });
    await expectText(endpoint, process, 'in full');
    endpoint.connection.renegotiate({ resume: true });
    expect(await renegotiated(endpoint, 2)).toMatchObject({ resumed: true });
    await expectText(endpoint, process, 'resumed');
  });

  it('as we begin, for its certificate, which stays', async () => {
    const { certPath, keyPath, credential } = pki.clients.p256;
    const { process, endpoint } = await connected({}, '-cert', certPath, '-key', keyPath);
    expect(endpoint.connection.info?.peer).toEqual({ kind: 'anonymous' });
    endpoint.connection.renegotiate({ config: asking() });
    expect(leafOf(await renegotiated(endpoint))).toEqual(credential.chain[0]);
    await expectText(endpoint, process, 'shown');
    endpoint.connection.renegotiate({ resume: true });
    const again = await renegotiated(endpoint, 2);
    expect([again?.resumed, leafOf(again)]).toEqual([true, credential.chain[0]]);
    await expectText(endpoint, process, 'shown again');
  });

  it('until it did so too often', async () => {
    const { process, endpoint } = await connected({ limits: { renegotiations: 1 } });
    process.write('R\n');
    await renegotiated(endpoint);
    process.write('R\n');
    expect(await endpoint.failed()).toMatchObject({ limit: 'renegotiations' });
    await process.prints(/unexpected message/);
  });

  it('not, when it was told to refuse', async () => {
    const { process, endpoint } = await connected({}, '-no_renegotiation');
    endpoint.connection.renegotiate();
    await refused(endpoint);
    await expectText(endpoint, process, 'all the same');
  });
});

describeWithPeer('our client and gnutls-serv renegotiate', 'gnutls-serv', () => {
  async function connected(...options: string[]) {
    const { certPath, keyPath } = pki.servers.p256;
    const port = await findFreePort();
    const identity = ['--x509certfile', certPath, '--x509keyfile', keyPath, '--port', String(port)];
    const versions = ['--priority', priority({ version: 'TLS1.2' })];
    const process = startPeer('gnutls-serv', ['--echo', ...identity, ...versions, ...options], { folder: pki.folder });
    await process.prints(/listening on IPv4.*done/);
    const config = clientConfig(pki, { ...accepting, credentials: [pki.clients.p256.credential] });
    const client = await connectEndpoint(port, config);
    await client.connected();
    return client;
  }

  // By a ticket it would fail: gnutls-serv 3.7.9 sends its Finished and cannot make the next ticket (internal_error).
  it.each([
    ['in full', false, []],
    ['by the id of the session', true, ['--noticket']],
  ])('as we begin: %s', async (_how, resume, options) => {
    const client = await connected('--disable-client-cert', ...options);
    for (let times = 1; times <= 2; times++) {
      client.connection.renegotiate({ resume });
      client.send(`meanwhile ${times}\n`);
      expect(await renegotiated(client, times)).toMatchObject({ resumed: resume });
      await client.receivedText(`meanwhile ${times}\n`);
    }
  });

  it('as it begins, with our certificate', async () => {
    // Its echo server asks for a handshake when it is sent this line.
    const client = await connected('--x509cafile', pki.caPath, '--require-client-cert');
    expect(client.connection.info?.localCertificates).toHaveLength(1);
    client.send('**REHANDSHAKE**\n');
    expect(await renegotiated(client)).toMatchObject({ resumed: false });
    client.send('there and back\n');
    await client.receivedText('there and back\n');
  });
});

describeWithPeer('gnutls-cli and our server renegotiate', 'gnutls-cli', () => {
  async function connected(...options: string[]) {
    const server = await listenEndpoints(serverConfig(pki, accepting));
    const target = ['--port', String(server.port), '--sni-hostname', 'localhost', '--verify-hostname', 'localhost', '127.0.0.1'];
    const trust = ['--x509cafile', pki.caPath, '--priority', priority({ version: 'TLS1.2' })];
    const process = startPeer('gnutls-cli', [...trust, ...options, ...target], { folder: pki.folder });
    const endpoint = await server.accepted();
    await endpoint.connected();
    return { process, endpoint };
  }

  it('as it begins', async () => {
    const { process, endpoint } = await connected('--rehandshake');
    expect(await renegotiated(endpoint)).toMatchObject({ version: 'TLSv1.2' });
    await process.prints(/Rehandshake was completed/i);
    await expectText(endpoint, process, 'after');
  });

  it('as we begin, for its certificate', async () => {
    const { certPath, keyPath, credential } = pki.clients.p256;
    const { process, endpoint } = await connected('--x509certfile', certPath, '--x509keyfile', keyPath);
    await process.prints(/Handshake was completed/);
    endpoint.connection.renegotiate({ config: asking() });
    expect(leafOf(await renegotiated(endpoint))).toEqual(credential.chain[0]);
    await expectText(endpoint, process, 'shown');
  });
});

describe(`node:tls (Node ${process.version}) and ours renegotiate`, () => {
  it('as its client begins', async () => {
    const server = await listenEndpoints(serverConfig(pki, accepting));
    const socket = tls.connect({
      host: '127.0.0.1',
      port: server.port,
      servername: 'localhost',
      ca: pki.ca,
      maxVersion: 'TLSv1.2',
    });
    const secured = once(socket, 'secureConnect');
    onTestFinished(() => void socket.destroy());
    const endpoint = await server.accepted();
    await secured;
    for (let times = 1; times <= 3; times++) {
      await new Promise<void>((resolve, reject) => socket.renegotiate({}, (error) => (error ? reject(error) : resolve())));
      expect(await renegotiated(endpoint, times)).toMatchObject({ version: 'TLSv1.2' });
      socket.write(`after ${times}\n`);
      await endpoint.receivedText(`after ${times}\n`);
      expect(socket.getPeerFinished()).toEqual(Buffer.from(endpoint.connection.info?.serverFinished ?? []));
    }
  });

  it('as we ask its client for a certificate', async () => {
    const { cert, key, credential } = pki.clients.p256;
    const server = await listenEndpoints(serverConfig(pki, accepting));
    const options = { host: '127.0.0.1', port: server.port, servername: 'localhost', ca: pki.ca, maxVersion: 'TLSv1.2' } as const;
    const socket = tls.connect({ ...options, cert, key });
    onTestFinished(() => void socket.destroy());
    const endpoint = await server.accepted();
    await endpoint.connected();
    endpoint.connection.renegotiate({ config: asking() });
    expect(leafOf(await renegotiated(endpoint))).toEqual(credential.chain[0]);
    socket.write('known\n');
    await endpoint.receivedText('known\n');
  });

  it('as its server asks us for a certificate', async () => {
    const { cert, key } = pki.servers.p256;
    const server = tls.createServer({ cert, key, ca: pki.ca, maxVersion: 'TLSv1.2' });
    onTestFinished(() => void server.close());
    const accepted = new Promise<tls.TLSSocket>((resolve) => server.once('secureConnection', resolve));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const client = await connectEndpoint(port, clientConfig(pki, { ...accepting, credentials: [pki.clients.p256.credential] }));
    await client.connected();
    const socket = await accepted;
    onTestFinished(() => void socket.destroy());
    const shown = new Promise<Buffer>((resolve) => {
      socket.renegotiate({ requestCert: true, rejectUnauthorized: true }, () => resolve(socket.getPeerCertificate().raw));
    });
    expect(await renegotiated(client)).toMatchObject({ resumed: false });
    expect(await shown).toEqual(Buffer.from(pki.clients.p256.credential.chain[0] as Uint8Array));
    socket.write('known\n');
    await client.receivedText('known\n');
  });

  it('as we begin with its server', async () => {
    const { cert, key } = pki.servers.p256;
    const server = tls.createServer({ cert, key, maxVersion: 'TLSv1.2' }, (socket) =>
      socket.pipe(socket).on('error', () => undefined),
    );
    onTestFinished(() => void server.close());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const client = await connectEndpoint(port, clientConfig(pki));
    await client.connected();
    for (let times = 1; times <= tls.CLIENT_RENEG_LIMIT - 1; times++) {
      client.connection.renegotiate({ resume: times === 2 });
      client.send(`after ${times}\n`);
      expect(await renegotiated(client, times)).toMatchObject({ resumed: times === 2 });
      await client.receivedText(`after ${times}\n`);
    }
  });
});
