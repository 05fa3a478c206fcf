/**
 * TLS 1.1 and TLS 1.0 with openssl and GnuTLS, both directions: suites, keys, both kinds of resumption, client certificates, bindings, data.
 */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ClientOptions, ServerOptions } from '../packages/foxtls/src/connection/config.ts';
import { toHex } from '../packages/foxtls/src/core/bytes/bytes.ts';
import { nodeProvider as provider } from '../packages/foxtls/src/crypto/node/provider.ts';
import type { PrivateKey } from '../packages/foxtls/src/crypto/signature.ts';
import { legacy } from '../packages/foxtls/src/legacy.ts';
import type { ClientSession } from '../packages/foxtls/src/protocol/session/client-session.ts';
import { createSessionCache } from '../packages/foxtls/src/protocol/session/session-cache.ts';
import { describeWithPeer } from '../packages/foxtls/test/peers.ts';
import { clientConfig, serverConfig, trusting } from './harness/configs.ts';
import { connectEndpoint, type Endpoint, listenEndpoints } from './harness/endpoint.ts';
import { MEBIBYTE, payload, sha256 } from './harness/payload.ts';
import { startPeer } from './harness/peer-process.ts';
import { createInteropPki, type InteropPki, type KeyName } from './harness/pki.ts';
import { findFreePort } from './harness/ports.ts';
import { waitUntil } from './harness/wait.ts';

const VERSIONS = [
  { version: 'TLSv1.1', openssl: '-tls1_1', gnutls: 'TLS1.1' },
  { version: 'TLSv1', openssl: '-tls1', gnutls: 'TLS1.0' },
] as const;

/** IANA's name, OpenSSL's, GnuTLS's key exchange and cipher, and the key that it takes. */
const SUITES: readonly (readonly [suite: string, openssl: string, gnutls: readonly string[], key: KeyName])[] = [
  ['TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA', 'ECDHE-ECDSA-AES128-SHA', ['ECDHE-ECDSA', 'AES-128-CBC'], 'p256'],
  ['TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA', 'ECDHE-ECDSA-AES256-SHA', ['ECDHE-ECDSA', 'AES-256-CBC'], 'p384'],
  ['TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA', 'ECDHE-RSA-AES128-SHA', ['ECDHE-RSA', 'AES-128-CBC'], 'rsa'],
  ['TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA', 'ECDHE-RSA-AES256-SHA', ['ECDHE-RSA', 'AES-256-CBC'], 'rsa'],
  ['TLS_DHE_RSA_WITH_AES_128_CBC_SHA', 'DHE-RSA-AES128-SHA', ['DHE-RSA', 'AES-128-CBC'], 'rsa'],
];
const CIPHER_SUITES = SUITES.map(([suite]) => suite);
const SECLEVEL_0 = ['-cipher', 'ALL:@SECLEVEL=0'];
const cases = VERSIONS.flatMap((version) => SUITES.map((suite) => [version.version, ...suite, version] as const));

let pki: InteropPki;
beforeAll(async () => {
  pki = await createInteropPki();
});
afterAll(() => pki?.remove());

type Version = (typeof VERSIONS)[number];
const common = ({ version }: Version) => ({ legacy, versions: [version], cipherSuites: CIPHER_SUITES });
const ourClient = (version: Version, options: Partial<ClientOptions> = {}) =>
  clientConfig(pki, { ...common(version), ...options });
const ourServer = (version: Version, options: Partial<ServerOptions> = {}) =>
  serverConfig(pki, { ...common(version), ...options });

async function sessionOf(client: Endpoint): Promise<ClientSession> {
  await client.until('a session', () => client.of('session').length > 0);
  return (client.of('session')[0] as { session: ClientSession }).session;
}

describeWithPeer('our client and openssl s_server over old versions', 'openssl', () => {
  async function startServer({ openssl }: Version, key: KeyName, ...options: string[]) {
    const { certPath, keyPath } = pki.servers[key];
    const port = await findFreePort();
    const identity = [openssl, '-accept', String(port), '-cert', certPath, '-key', keyPath, '-naccept', '9'];
    const ciphers = options.includes('-cipher') ? [] : SECLEVEL_0;
    const process = startPeer('openssl', ['s_server', ...identity, ...ciphers, ...options], { folder: pki.folder });
    await process.prints(/ACCEPT/);
    return { process, port };
  }

  it.each(cases)('agree on %s with %s', async (name, suite, openssl, _gnutls, key, version) => {
    const server = await startServer(version, key, '-cipher', `${openssl}:@SECLEVEL=0`);
    const client = await connectEndpoint(server.port, ourClient(version));
    const info = await client.connected();
    expect(info).toMatchObject({ version: name, suite: { name: suite }, extendedMasterSecret: true, peer: { kind: 'verified' } });
    expect(info.signatureScheme?.name).toBe(key === 'rsa' ? 'rsa_pkcs1_md5_sha1' : 'ecdsa_sha1');
    client.send('out\n');
    await server.process.prints(/out\n/);
    server.process.write('back\n');
    await client.receivedText('back\n');
  });

  it.each(
    VERSIONS.flatMap((version) => [
      [version.version, 'a ticket', [], version] as const,
      [version.version, 'its id', ['-no_ticket'], version] as const,
    ]),
  )('resume a session of %s by %s', async (name, what, options, version) => {
    const server = await startServer(version, 'p256', ...options);
    const first = await connectEndpoint(server.port, ourClient(version));
    const session = await sessionOf(first);
    expect(session).toMatchObject({ version: name, ticket: what === 'a ticket' ? expect.anything() : undefined });
    first.connection.close();
    await first.ended();
    const next = await connectEndpoint(server.port, ourClient(version), { session });
    expect(await next.connected()).toMatchObject({ version: name, resumed: true });
    next.send('again\n');
    await server.process.prints(/again\n/);
  });

  it.each(VERSIONS.flatMap((version) => (['p256', 'rsa'] as const).map((key) => [version.version, key, version] as const)))(
    'show it our certificate over %s: %s',
    async (_name, key, version) => {
      const server = await startServer(version, 'p256', '-Verify', '1', '-CAfile', pki.caPath, '-verify_return_error');
      const config = ourClient(version, { credentials: [pki.clients[key].credential] });
      const client = await connectEndpoint(server.port, config);
      expect((await client.connected()).localCertificates).toHaveLength(1);
      client.send('shown\n');
      await server.process.prints(/shown\n/);
    },
  );

  it.each(VERSIONS)('export the same keying material over $version', async (version) => {
    const server = await startServer(version, 'p256', '-keymatexport', 'EXPORTER-Interop', '-keymatexportlen', '24');
    const client = await connectEndpoint(server.port, ourClient(version));
    await client.connected();
    const ours = toHex(client.connection.exportKeyingMaterial(24, 'EXPORTER-Interop')).toUpperCase();
    await server.process.prints(new RegExp(`Keying material: ${ours}`));
  });

  it.each(VERSIONS)('do without encrypt_then_mac over $version when we allow it', async (version) => {
    const server = await startServer(version, 'rsa', '-no_etm');
    const client = await connectEndpoint(server.port, ourClient(version, { insecureMacThenEncrypt: true }));
    await client.connected();
    client.send('out\n');
    await server.process.prints(/out\n/);
    server.process.write('back\n');
    await client.receivedText('back\n');
  });

  it.each(VERSIONS)(
    'agree on $version by RSA key transport, whose secret begins with the version that we offered',
    async (version) => {
      const server = await startServer(version, 'rsa', '-cipher', 'AES128-SHA:@SECLEVEL=0');
      const cipherSuites = ['TLS_RSA_WITH_AES_128_CBC_SHA'];
      const client = await connectEndpoint(
        server.port,
        ourClient(version, { versions: ['TLSv1.2', version.version], cipherSuites }),
      );
      expect(await client.connected()).toMatchObject({ version: version.version, suite: { name: cipherSuites[0] } });
      client.send('out\n');
      await server.process.prints(/out\n/);
    },
  );

  it('choose the newest of both', async () => {
    const [tls11, tls10] = VERSIONS;
    const versions = ['TLSv1.3', 'TLSv1.2', 'TLSv1.1', 'TLSv1'] as const;
    const cipherSuites = [...CIPHER_SUITES, 'TLS_AES_128_GCM_SHA256'];
    for (const version of [tls11, tls10]) {
      const server = await startServer(version, 'p256');
      const client = await connectEndpoint(server.port, ourClient(version, { versions, cipherSuites }));
      expect((await client.connected()).version).toBe(version.version);
    }
  });
});

describeWithPeer('openssl s_client and our server over old versions', 'openssl', () => {
  function startClient({ openssl }: { readonly openssl: string }, port: number, ...options: string[]) {
    const trust = ['-CAfile', pki.caPath, '-verify_return_error', '-verify_hostname', 'localhost'];
    const target = ['-connect', `127.0.0.1:${port}`, '-servername', 'localhost', openssl];
    const ciphers = options.includes('-cipher') ? [] : SECLEVEL_0;
    return startPeer('openssl', ['s_client', ...target, ...trust, ...ciphers, ...options], { folder: pki.folder });
  }

  it.each(cases)('agree on %s with %s', async (name, suite, openssl, _gnutls, key, version) => {
    const { credential } = pki.servers[key];
    const server = await listenEndpoints(ourServer(version, { credentials: [credential] }));
    const client = startClient(version, server.port, '-cipher', `${openssl}:@SECLEVEL=0`);
    const endpoint = await server.accepted();
    expect(await endpoint.connected()).toMatchObject({ version: name, suite: { name: suite }, extendedMasterSecret: true });
    client.write('out\n');
    await endpoint.receivedText('out\n');
    endpoint.send('back\n');
    await client.prints(/back\n/);
    expect(client.output).toMatch(new RegExp(`Protocol *: ${name.replace('.', '\\.')}\n`));
  });

  it.each(
    VERSIONS.flatMap((version) => [
      [version.version, 'a ticket', [], version] as const,
      [version.version, 'its id', ['-no_ticket'], version] as const,
    ]),
  )('resume a session of %s by %s', async (name, what, options, version) => {
    const server = await listenEndpoints(ourServer(version, { sessionCache: createSessionCache() }));
    const file = join(pki.folder, `session-${name}-${what.replace(' ', '-')}.pem`);
    const first = startClient(version, server.port, '-sess_out', file, ...options);
    await (await server.accepted()).connected();
    await first.prints(/Verify return code: 0/);
    first.write('Q\n');
    await first.exited();
    await waitUntil(
      () => existsSync(file) && readFileSync(file, 'utf8').includes('-----END'),
      () => `a session in ${file}`,
    );
    const again = startClient(version, server.port, '-sess_in', file, ...options);
    const endpoint = await server.accepted(1);
    expect(await endpoint.connected()).toMatchObject({ version: name, resumed: true });
    again.write('resumed\n');
    await endpoint.receivedText('resumed\n');
  });

  it.each(VERSIONS.flatMap((version) => (['p256', 'rsa'] as const).map((key) => [version.version, key, version] as const)))(
    'show us its certificate over %s: %s',
    async (_name, key, version) => {
      const { certPath, keyPath } = pki.clients[key];
      const config = ourServer(version, { clientCertificates: 'require', verifier: trusting(pki.anchors) });
      const server = await listenEndpoints(config);
      startClient(version, server.port, '-cert', certPath, '-key', keyPath);
      const { peer } = await (await server.accepted()).connected();
      expect(peer.kind === 'verified' && peer.certificates[0]).toEqual(pki.clients[key].credential.chain[0]);
    },
  );

  it.each(VERSIONS)(
    'agree on $version by RSA key transport, whose secret begins with the version that it offered',
    async (version) => {
      const { credential } = pki.servers.rsa;
      const pkcs8 = (credential.signer as PrivateKey).exportPkcs8();
      const decrypter = await provider.keyEncryption?.importDecrypter(pkcs8);
      const credentials = [{ ...credential, decrypter }];
      const server = await listenEndpoints(ourServer(version, { credentials, cipherSuites: ['TLS_RSA_WITH_AES_128_CBC_SHA'] }));
      const newest = { ...version, openssl: '-no_tls1_3' };
      const client = startClient(newest, server.port, '-cipher', 'AES128-SHA:@SECLEVEL=0');
      const endpoint = await server.accepted();
      expect(await endpoint.connected()).toMatchObject({ version: version.version });
      client.write('out\n');
      await endpoint.receivedText('out\n');
    },
  );

  it.each(VERSIONS)('are refused when they fell back to $version without need', async (version) => {
    const server = await listenEndpoints(ourServer(version, { versions: ['TLSv1.2', version.version] }));
    const client = startClient(version, server.port, '-fallback_scsv');
    await client.prints(/inappropriate fallback/);
    expect(await (await server.accepted()).failed()).toMatchObject({ reason: 'fallback_inappropriate' });
  });

  it.each(VERSIONS)('carry a mebibyte each way over $version', async (version) => {
    const server = await listenEndpoints(ourServer(version));
    const client = startClient(version, server.port, '-quiet');
    const endpoint = await server.accepted();
    await endpoint.connected();
    const data = payload(version.version);
    client.write(data);
    expect(sha256(await endpoint.received(MEBIBYTE))).toBe(sha256(data));
    endpoint.send(data);
    await waitUntil(
      () => client.bytes.length >= MEBIBYTE,
      () => `${client.bytes.length} bytes`,
    );
  });
});

/** Everything that GnuTLS has for a version, with one key exchange and one cipher. */
const priority = ({ gnutls }: Version, [exchange, cipher]: readonly string[]) =>
  `NORMAL:-VERS-ALL:+VERS-${gnutls}:-KX-ALL:+${exchange}:-CIPHER-ALL:+${cipher}:+SHA1:+SIGN-RSA-SHA1:%VERIFY_ALLOW_SIGN_WITH_SHA1`;

describeWithPeer('our client and gnutls-serv over old versions', 'gnutls-serv', () => {
  async function startServer(key: KeyName, ...options: string[]) {
    const { certPath, keyPath } = pki.servers[key];
    const port = await findFreePort();
    const clients = options.includes('--require-client-cert') ? [] : ['--disable-client-cert'];
    const identity = ['--x509certfile', certPath, '--x509keyfile', keyPath, '--port', String(port)];
    const process = startPeer('gnutls-serv', ['--echo', ...identity, ...clients, ...options], { folder: pki.folder });
    await process.prints(/listening on IPv4.*done/);
    return { process, port };
  }

  it.each(cases)('agree on %s with %s', async (name, suite, _openssl, gnutls, key, version) => {
    const server = await startServer(key, '--priority', priority(version, gnutls));
    const client = await connectEndpoint(server.port, ourClient(version));
    expect(await client.connected()).toMatchObject({ version: name, suite: { name: suite }, extendedMasterSecret: true });
    client.send('there and back\n');
    await client.receivedText('there and back\n');
  });

  it.each(
    VERSIONS.flatMap((version) => [
      [version.version, 'a ticket', [], version] as const,
      [version.version, 'its id', ['--noticket'], version] as const,
    ]),
  )('resume a session of %s by %s', async (name, what, options, version) => {
    const server = await startServer('rsa', '--priority', priority(version, ['ECDHE-RSA', 'AES-128-CBC']), ...options);
    const first = await connectEndpoint(server.port, ourClient(version));
    const session = await sessionOf(first);
    expect(session.ticket === undefined).toBe(what === 'its id');
    first.connection.close();
    const second = await connectEndpoint(server.port, ourClient(version), { session });
    expect(await second.connected()).toMatchObject({ version: name, resumed: true });
    second.send('resumed\n');
    await second.receivedText('resumed\n');
  });

  it.each(VERSIONS.flatMap((version) => (['p256', 'rsa'] as const).map((key) => [version.version, key, version] as const)))(
    'show it our certificate over %s: %s',
    async (_name, key, version) => {
      const clients = ['--require-client-cert', '--verify-client-cert', '--x509cafile', pki.caPath];
      const server = await startServer('rsa', '--priority', priority(version, ['ECDHE-RSA', 'AES-128-CBC']), ...clients);
      const client = await connectEndpoint(server.port, ourClient(version, { credentials: [pki.clients[key].credential] }));
      expect((await client.connected()).localCertificates).toHaveLength(1);
      client.send('shown\n');
      await client.receivedText('shown\n');
    },
  );
});

describeWithPeer('gnutls-cli and our server over old versions', 'gnutls-cli', () => {
  function startClient(port: number, ...options: string[]) {
    const target = ['--port', String(port), '--x509cafile', pki.caPath, '--sni-hostname', 'localhost'];
    return startPeer('gnutls-cli', [...target, '--verify-hostname', 'localhost', ...options, '127.0.0.1'], {
      folder: pki.folder,
    });
  }

  it.each(cases)('agree on %s with %s', async (name, suite, _openssl, gnutls, key, version) => {
    const server = await listenEndpoints(ourServer(version, { credentials: [pki.servers[key].credential] }));
    const client = startClient(server.port, '--priority', priority(version, gnutls));
    const endpoint = await server.accepted();
    expect(await endpoint.connected()).toMatchObject({ version: name, suite: { name: suite }, extendedMasterSecret: true });
    await client.prints(/Handshake was completed/);
    client.write('out\n');
    await endpoint.receivedText('out\n');
    endpoint.send('back\n');
    await client.prints(/back\n/);
  });

  it.each(VERSIONS.flatMap((version) => (['p256', 'rsa'] as const).map((key) => [version.version, key, version] as const)))(
    'show us its certificate over %s: %s',
    async (_name, key, version) => {
      const { certPath, keyPath } = pki.clients[key];
      const credentials = [pki.servers.rsa.credential];
      const asks = { clientCertificates: 'require', verifier: trusting(pki.anchors), credentials } as const;
      const server = await listenEndpoints(ourServer(version, asks));
      const only = priority(version, ['ECDHE-RSA', 'AES-128-CBC']);
      startClient(server.port, '--priority', only, '--x509certfile', certPath, '--x509keyfile', keyPath);
      const { peer } = await (await server.accepted()).connected();
      expect(peer.kind === 'verified' && peer.certificates[0]).toEqual(pki.clients[key].credential.chain[0]);
    },
  );

  it.each(
    VERSIONS.flatMap((version) => [
      [version.version, 'a ticket', [], version] as const,
      [version.version, 'its id', ['--noticket'], version] as const,
    ]),
  )('resume a session of %s by %s', async (name, _what, options, version) => {
    const credentials = [pki.servers.rsa.credential];
    const server = await listenEndpoints(ourServer(version, { credentials, sessionCache: createSessionCache() }));
    const only = priority(version, ['ECDHE-RSA', 'AES-128-CBC']);
    const client = startClient(server.port, '--resume', '--priority', only, ...options);
    await (await server.accepted()).connected();
    expect(await (await server.accepted(1)).connected()).toMatchObject({ version: name, resumed: true });
    await client.prints(/This is a resumed session/);
  });
});
