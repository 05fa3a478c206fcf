/**
 * Raw public keys, choices among credentials, OCSP responses and Ed448, with GnuTLS and openssl, both directions.
 */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClientOptions, ServerOptions } from '../packages/foxtls/src/connection/config.ts';
import { nodeProvider as provider } from '../packages/foxtls/src/crypto/node/provider.ts';
import type { PrivateKey } from '../packages/foxtls/src/crypto/signature.ts';
import { formatPrivateKeyPem } from '../packages/foxtls/src/pki/pkcs/private-key.ts';
import { formatPublicKeyPem } from '../packages/foxtls/src/pki/pkcs/public-key.ts';
import {
  type CreatedCertificate,
  createCertificate,
  createCertificateAuthority,
  formatCertificatePem,
} from '../packages/foxtls/src/pki/x509/create-certificate.ts';
import { credentialOf, rawPublicKeyCredential } from '../packages/foxtls/src/pki/x509/credential.ts';
import { createRawPublicKeyVerifier } from '../packages/foxtls/src/pki/x509/raw-public-key-verifier.ts';
import { describeWithPeer } from '../packages/foxtls/test/peers.ts';
import { clientConfig, serverConfig, trusting } from './harness/configs.ts';
import { connectEndpoint, listenEndpoints } from './harness/endpoint.ts';
import { startPeer } from './harness/peer-process.ts';
import { createInteropPki, type InteropPki } from './harness/pki.ts';
import { findFreePort } from './harness/ports.ts';
import { waitUntil } from './harness/wait.ts';

const VALID = { validFrom: new Date('2020-01-01'), validTo: new Date('2049-01-01') };
const P256 = { kind: 'ec', curve: 'secp256r1' } as const;
const RAW = ['raw-public-key'] as const;

let pki: InteropPki;
beforeAll(async () => {
  pki = await createInteropPki();
});
afterAll(() => pki?.remove());

interface RawKey {
  readonly key: PrivateKey;
  readonly publicPath: string;
  readonly keyPath: string;
}

async function makeRawKey(name: string): Promise<RawKey> {
  const key = await provider.keys.generateKey(P256);
  const [publicPath, keyPath] = [pki.path(`${name}.pub.pem`), pki.path(`${name}.pem`)];
  writeFileSync(publicPath, formatPublicKeyPem(key.publicKey.spki));
  writeFileSync(keyPath, formatPrivateKeyPem(key.exportPkcs8()), { mode: 0o600 });
  return { key, publicPath, keyPath };
}

const pinning = ({ key }: RawKey) => createRawPublicKeyVerifier({ provider, trustedKeys: [key.publicKey.spki] });
const showingTo = ({ publicPath, keyPath }: RawKey) => ['--rawpkfile', publicPath, '--rawpkkeyfile', keyPath];

async function makeCredential(issuer: CreatedCertificate, role: 'server' | 'client', ...dnsNames: string[]) {
  const common = { provider, issuer, key: P256, subject: { commonName: dnsNames[0] ?? 'client' }, ...VALID };
  const created =
    role === 'server'
      ? await createCertificate({ ...common, dnsNames })
      : await createCertificate({ ...common, purposes: ['clientAuth'] });
  return credentialOf({ chain: [created.certificate], key: created.key });
}

/** TLS 1.3 with these certificate types. */
const withTypes = (...types: string[]) =>
  `NORMAL:-VERS-ALL:+VERS-TLS1.3:-CTYPE-ALL${types.map((type) => `:+CTYPE-${type}`).join('')}`;

async function startGnutlsServer(...options: string[]) {
  const port = await findFreePort();
  const process = startPeer('gnutls-serv', ['--echo', '--port', String(port), ...options], { folder: pki.folder });
  await process.prints(/listening on IPv4.*done/);
  return { process, port };
}

const startGnutlsClient = (port: number, ...options: string[]) =>
  startPeer('gnutls-cli', ['--sni-hostname', 'localhost', '--port', String(port), ...options, '127.0.0.1']);

async function startOpensslServer(...options: string[]) {
  const port = await findFreePort();
  const { certPath, keyPath } = pki.servers.p256;
  const process = startPeer('openssl', ['s_server', '-accept', String(port), '-cert', certPath, '-key', keyPath, ...options]);
  await process.prints(/ACCEPT/);
  return { process, port };
}

const startOpensslClient = (port: number, ...options: string[]) =>
  startPeer('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, '-CAfile', pki.caPath, ...options]);

describeWithPeer('raw public keys: our client and gnutls-serv', 'gnutls-serv', () => {
  it('agree on that of the server', async () => {
    const raw = await makeRawKey('server');
    const server = await startGnutlsServer(...showingTo(raw), '--disable-client-cert', '--priority', withTypes('SRV-RAWPK'));
    const config = clientConfig(pki, { verifier: pinning(raw), serverCertificateTypes: RAW });
    const client = await connectEndpoint(server.port, config);
    expect((await client.connected()).peer).toMatchObject({ kind: 'verified', rawPublicKey: raw.key.publicKey.spki });
    client.send('hello\n');
    await client.receivedText('hello\n');
  });

  it('agree on both', async () => {
    const [raw, own] = [await makeRawKey('server'), await makeRawKey('client')];
    const types = withTypes('SRV-RAWPK', 'CLI-RAWPK');
    const server = await startGnutlsServer(...showingTo(raw), '--require-client-cert', '--priority', types);
    const credentials = [rawPublicKeyCredential(own.key)];
    const config = clientConfig(pki, { verifier: pinning(raw), serverCertificateTypes: RAW, credentials });
    const client = await connectEndpoint(server.port, config);
    expect((await client.connected()).localRawPublicKey).toEqual(own.key.publicKey.spki);
    client.send('hello\n');
    await client.receivedText('hello\n');
    await server.process.prints(/Raw/i);
  });

  it('are refused when they are not trusted', async () => {
    const [raw, other] = [await makeRawKey('server'), await makeRawKey('other')];
    const server = await startGnutlsServer(...showingTo(raw), '--disable-client-cert', '--priority', withTypes('SRV-RAWPK'));
    const config = clientConfig(pki, { verifier: pinning(other), serverCertificateTypes: RAW });
    const client = await connectEndpoint(server.port, config);
    expect(await client.failed()).toMatchObject({ reason: 'key_untrusted' });
  });
});

describeWithPeer('raw public keys: gnutls-cli and our server', 'gnutls-cli', () => {
  it('agree on that of the server', async () => {
    const raw = await makeRawKey('server');
    const server = await listenEndpoints(
      serverConfig(pki, { credentials: [pki.servers.p256.credential, rawPublicKeyCredential(raw.key)] }),
    );
    const client = startGnutlsClient(server.port, '--insecure', '--priority', withTypes('SRV-RAWPK', 'CLI-X509'));
    await client.prints(/- Handshake was completed/);
    const endpoint = await server.accepted();
    expect((await endpoint.connected()).localRawPublicKey).toEqual(raw.key.publicKey.spki);
    endpoint.send('welcome\n');
    await client.prints(/welcome/);
  });

  it('agree on both', async () => {
    const [raw, theirs] = [await makeRawKey('server'), await makeRawKey('client')];
    const options: Partial<ServerOptions> = {
      credentials: [rawPublicKeyCredential(raw.key)],
      clientCertificates: 'require',
      clientCertificateTypes: RAW,
      verifier: pinning(theirs),
    };
    const server = await listenEndpoints(serverConfig(pki, options));
    const types = withTypes('SRV-RAWPK', 'CLI-RAWPK');
    const client = startGnutlsClient(server.port, '--insecure', ...showingTo(theirs), '--priority', types);
    await client.prints(/- Handshake was completed/);
    const { peer } = await (await server.accepted()).connected();
    expect(peer).toMatchObject({ kind: 'verified', rawPublicKey: theirs.key.publicKey.spki });
  });

  it('go on with a certificate of ours where the client accepts both and we have no key', async () => {
    const server = await listenEndpoints(serverConfig(pki));
    const types = withTypes('SRV-RAWPK', 'SRV-X509', 'CLI-X509');
    const client = startGnutlsClient(
      server.port,
      '--x509cafile',
      pki.caPath,
      '--verify-hostname',
      'localhost',
      '--priority',
      types,
    );
    await client.prints(/The certificate is trusted/);
    expect((await (await server.accepted()).connected()).localCertificates).toEqual(pki.servers.p256.credential.chain);
  });
});

describe('OCSP responses', () => {
  /** OCSPResponse ::= SEQUENCE { responseStatus ENUMERATED { tryLater(3) } }: whole, and as small as can be (RFC 6960 §4.2.1). */
  const TRY_LATER = Uint8Array.of(0x30, 3, 0x0a, 1, 3);
  const responsePath = () => {
    writeFileSync(pki.path('ocsp.der'), TRY_LATER);
    return pki.path('ocsp.der');
  };
  const stapled = () => ({ credentials: [{ ...pki.servers.p256.credential, ocspResponse: () => TRY_LATER }] });

  describeWithPeer('with openssl', 'openssl', () => {
    it.each([true, false])('come to our client that asks (asking: %s)', async (requestOcsp) => {
      const server = await startOpensslServer('-status_file', responsePath());
      const client = await connectEndpoint(server.port, clientConfig(pki, { requestOcsp }));
      expect((await client.connected()).ocspResponse).toEqual(requestOcsp ? TRY_LATER : undefined);
    });

    it.each([
      [['-status'], /OCSP Response Status: trylater/],
      [[], /Verify return code: 0/],
    ])('come from our server to a client that asks: %j', async (options, printed) => {
      const server = await listenEndpoints(serverConfig(pki, stapled()));
      const client = startOpensslClient(server.port, ...options);
      await client.prints(printed);
      expect(client.output.includes('OCSP Response Status')).toBe(options.length > 0);
    });

    it('may be asked of a client, which has none', async () => {
      const asking = {
        clientCertificates: 'require',
        verifier: trusting(pki.anchors),
        requestOcsp: true,
        requestSct: true,
      } as const;
      const server = await listenEndpoints(serverConfig(pki, asking));
      const { certPath, keyPath } = pki.clients.p256;
      const client = startOpensslClient(server.port, '-cert', certPath, '-key', keyPath);
      const info = await (await server.accepted()).connected();
      expect(info).toMatchObject({ peer: { kind: 'verified' }, ocspResponse: undefined, signedCertificateTimestamps: undefined });
      await client.prints(/Verify return code: 0/);
    });

    it('are missing without harm', async () => {
      const server = await listenEndpoints(serverConfig(pki));
      const client = startOpensslClient(server.port, '-status');
      await client.prints(/OCSP response: no response sent/);
    });
  });

  describeWithPeer('with gnutls-serv', 'gnutls-serv', () => {
    it('come to our client', async () => {
      const { certPath, keyPath } = pki.servers.p256;
      const identity = ['--x509certfile', certPath, '--x509keyfile', keyPath, '--disable-client-cert'];
      const server = await startGnutlsServer(...identity, '--ocsp-response', responsePath(), '--ignore-ocsp-response-errors');
      const client = await connectEndpoint(server.port, clientConfig(pki, { requestOcsp: true }));
      expect((await client.connected()).ocspResponse).toEqual(TRY_LATER);
    });
  });

  describeWithPeer('with gnutls-cli', 'gnutls-cli', () => {
    it('may be asked of a client, which has none', async () => {
      const asking = {
        clientCertificates: 'require',
        verifier: trusting(pki.anchors),
        requestOcsp: true,
        requestSct: true,
      } as const;
      const server = await listenEndpoints(serverConfig(pki, asking));
      const { certPath, keyPath } = pki.clients.p256;
      startGnutlsClient(server.port, '--insecure', '--x509certfile', certPath, '--x509keyfile', keyPath);
      expect((await (await server.accepted()).connected()).peer.kind).toBe('verified');
    });

    it('come from our server', async () => {
      const server = await listenEndpoints(serverConfig(pki, stapled()));
      const saved = pki.path('saved.der');
      startGnutlsClient(server.port, '--insecure', '--save-ocsp', saved);
      await (await server.accepted()).connected();
      await waitUntil(
        () => existsSync(saved) && readFileSync(saved).length > 0,
        () => `a response in ${saved}`,
      );
      expect(Uint8Array.from(readFileSync(saved))).toEqual(TRY_LATER);
    });
  });
});

describeWithPeer('of several credentials, with openssl,', 'openssl', () => {
  it('our server shows the one for the name', async () => {
    const root = await createCertificateAuthority({ provider, subject: { commonName: 'Names' }, ...VALID });
    const credentials = [
      await makeCredential(root, 'server', 'a.test'),
      await makeCredential(root, 'server', 'b.test', '*.c.test'),
    ];
    const server = await listenEndpoints(serverConfig(pki, { credentials }));
    for (const [name, subject] of [
      ['b.test', 'b.test'],
      ['www.c.test', 'b.test'],
      ['a.test', 'a.test'],
      ['other.test', 'a.test'],
    ] as const) {
      const client = startOpensslClient(server.port, '-servername', name);
      await client.prints(new RegExp(`subject=CN = ${subject}`));
    }
  });

  it('our server shows the one of an authority that the client names', async () => {
    const [one, two] = await Promise.all(
      ['One', 'Two'].map((commonName) => createCertificateAuthority({ provider, subject: { commonName }, ...VALID })),
    );
    const issuers = [one as CreatedCertificate, two as CreatedCertificate];
    const credentials = [
      await makeCredential(issuers[0] as CreatedCertificate, 'server', 'localhost'),
      await makeCredential(issuers[1] as CreatedCertificate, 'server', 'localhost'),
    ];
    const server = await listenEndpoints(serverConfig(pki, { credentials }));
    for (const [i, name] of ['One', 'Two'].entries()) {
      const path = pki.path(`${name}.pem`);
      writeFileSync(path, formatCertificatePem((issuers[i] as CreatedCertificate).certificate));
      const client = startOpensslClient(server.port, '-requestCAfile', path);
      await client.prints(new RegExp(`issuer=CN = ${name}`));
    }
  });

  it('our server names its authorities to the client', async () => {
    const options: Partial<ServerOptions> = {
      clientCertificates: 'request',
      verifier: trusting(pki.anchors),
      certificateAuthorities: 'verifier',
    };
    const server = await listenEndpoints(serverConfig(pki, options));
    const client = startOpensslClient(server.port);
    await client.prints(/Acceptable client certificate CA names\nCN = Interop Root\n/);
  });

  it('our client shows the one of the authority that the server names', async () => {
    const stranger = await createCertificateAuthority({ provider, subject: { commonName: 'Elsewhere' }, ...VALID });
    const { credential } = pki.clients.p256;
    const credentials: ClientOptions['credentials'] = [
      await makeCredential(stranger, 'client'),
      credentialOf({ chain: credential.chain, key: credential.signer }),
    ];
    const server = await startOpensslServer('-Verify', '2', '-CAfile', pki.caPath, '-verify_return_error');
    const client = await connectEndpoint(server.port, clientConfig(pki, { credentials }));
    expect((await client.connected()).localCertificates).toEqual(credential.chain);
    client.send('over\n');
    await server.process.prints(/over\n/);
  });
});

describe('Ed448', () => {
  async function makeEd448() {
    const root = await createCertificateAuthority({
      provider,
      subject: { commonName: 'Ed448 Root' },
      key: { kind: 'ed448' },
      ...VALID,
    });
    const leaf = await createCertificate({ provider, issuer: root, key: { kind: 'ed448' }, dnsNames: ['localhost'], ...VALID });
    const [caPath, certPath, keyPath] = ['ca', 'cert', 'key'].map((name) => pki.path(`ed448-${name}.pem`)) as [
      string,
      string,
      string,
    ];
    writeFileSync(caPath, formatCertificatePem(root.certificate));
    writeFileSync(certPath, formatCertificatePem(leaf.certificate));
    writeFileSync(keyPath, formatPrivateKeyPem(leaf.key.exportPkcs8()), { mode: 0o600 });
    const credential = credentialOf({ chain: [leaf.certificate], key: leaf.key });
    return { credential, anchors: [root.certificate], caPath, certPath, keyPath };
  }

  describeWithPeer('with openssl', 'openssl', () => {
    it('proves our server', async () => {
      const { credential, caPath } = await makeEd448();
      const server = await listenEndpoints(serverConfig(pki, { credentials: [credential] }));
      const client = startOpensslClient(server.port, '-CAfile', caPath, '-servername', 'localhost');
      await client.prints(/Verify return code: 0 \(ok\)/);
      expect((await (await server.accepted()).connected()).signatureScheme?.name).toBe('ed448');
    });

    it('proves their server', async () => {
      const { anchors, certPath, keyPath } = await makeEd448();
      const server = await startOpensslServer('-cert', certPath, '-key', keyPath);
      const client = await connectEndpoint(server.port, clientConfig(pki, { verifier: trusting(anchors) }));
      expect((await client.connected()).signatureScheme?.name).toBe('ed448');
    });
  });

  describeWithPeer('with gnutls-serv', 'gnutls-serv', () => {
    it('proves their server', async () => {
      const { anchors, certPath, keyPath } = await makeEd448();
      const identity = ['--x509certfile', certPath, '--x509keyfile', keyPath, '--disable-client-cert'];
      const server = await startGnutlsServer(...identity);
      const client = await connectEndpoint(server.port, clientConfig(pki, { verifier: trusting(anchors) }));
      expect((await client.connected()).signatureScheme?.name).toBe('ed448');
    });
  });
});
