/**
 * Channel bindings between both of our ends: the same at both, in full handshakes and resumed ones, and none where none may be.
 */

import { beforeAll, describe, expect, it } from 'vitest';
import { type ClientOptions, defineClientConfig, defineServerConfig, type ServerOptions } from '../../src/connection/config.ts';
import type { ChannelBindingType } from '../../src/connection/connection.ts';
import { createTestPki, exchangeSync, type TestPki } from '../../src/connection/pair.fixture.ts';
import { nodeProvider as provider } from '../../src/crypto/node/provider.ts';
import type { KeyGenerationRequest } from '../../src/crypto/signature.ts';
import { credentialOf } from '../../src/pki/x509/credential.ts';
import { createRawPublicKeyVerifier } from '../../src/pki/x509/raw-public-key-verifier.ts';
import { createX509Verifier, trustWithoutVerification } from '../../src/pki/x509/verifier.ts';
import type { ClientSession } from '../../src/protocol/session/client-session.ts';
import { createSessionCache } from '../../src/protocol/session/session-cache.ts';
import { connectEnds, type Ends, startEnds } from './ends.ts';

const KEYS = {
  P256: { kind: 'ec', curve: 'secp256r1' },
  P384: { kind: 'ec', curve: 'secp384r1' },
  Ed25519: { kind: 'ed25519' },
} as const satisfies Record<string, KeyGenerationRequest>;

const pkis = new Map<string, TestPki>();
beforeAll(async () => {
  for (const [name, request] of Object.entries(KEYS)) pkis.set(name, await createTestPki(provider, request));
});

function world(key: keyof typeof KEYS = 'P256', client: Partial<ClientOptions> = {}, server: Partial<ServerOptions> = {}) {
  const pki = pkis.get(key) as TestPki;
  const { chain, signer } = pki.server;
  const credentials = [credentialOf({ chain, key: signer })];
  const clientConfig = defineClientConfig({
    provider,
    verifier: createX509Verifier({ provider, trustAnchors: pki.anchors }),
    ...client,
  });
  const serverConfig = defineServerConfig({ provider, credentials, ...server });
  const connect = (session?: ClientSession) => connectEnds(clientConfig, serverConfig, { session });
  return { connect, start: () => startEnds(clientConfig, serverConfig), certificate: chain[0] as Uint8Array };
}

function bindingOf({ client, server }: Ends, type: ChannelBindingType): Uint8Array {
  const binding = client.exportChannelBinding(type);
  expect(server.exportChannelBinding(type)).toEqual(binding);
  return binding;
}

function expectNone({ client, server }: Ends, type: ChannelBindingType, code = 'ERR_TLS_NO_CHANNEL_BINDING'): void {
  for (const end of [client, server]) expect(() => end.exportChannelBinding(type)).toThrow(expect.objectContaining({ code }));
}

function sessionOf({ clientSide }: Ends): ClientSession {
  return (clientSide.of('session')[0] as { session: ClientSession }).session;
}

const tls12 = { versions: ['TLSv1.2'] } as const;
const tls13 = { versions: ['TLSv1.3'] } as const;
const byId = { tickets: 0, sessionCache: createSessionCache() };

describe('tls-unique', () => {
  it('is the Finished of the client in a full handshake, and another for each connection', () => {
    const { connect } = world('P256', tls12);
    const [first, second] = [connect(), connect()];
    const binding = bindingOf(first, 'tls-unique');
    expect(binding).toHaveLength(12);
    expect(binding).toEqual(first.client.info?.clientFinished);
    expect(bindingOf(second, 'tls-unique')).not.toEqual(binding);
  });

  it.each([
    ['a ticket', {}],
    ['an id', byId],
  ])('is the Finished of the server in a handshake resumed by %s', (_what, options) => {
    const { connect } = world('P256', tls12, options);
    const ends = connect(sessionOf(connect()));
    expect(ends.client.info?.resumed).toBe(true);
    expect(bindingOf(ends, 'tls-unique')).toEqual(ends.client.info?.serverFinished);
  });

  it('cannot be changed by whoever got it', () => {
    const ends = world('P256', tls12).connect();
    const binding = ends.client.exportChannelBinding('tls-unique');
    const before = binding.slice();
    binding.fill(0);
    expect(ends.client.exportChannelBinding('tls-unique')).toEqual(before);
  });

  it('is not there in TLS 1.3', () => {
    expectNone(world('P256', tls13).connect(), 'tls-unique');
  });

  it('is not there without extended_master_secret, nor is tls-exporter', () => {
    const shapeClientHello: ClientOptions['shapeClientHello'] = (list) => list.filter(({ type }) => type !== 23);
    const ends = world('P256', { ...tls12, shapeClientHello }).connect();
    expect(ends.client.info?.extendedMasterSecret).toBe(false);
    for (const type of ['tls-unique', 'tls-exporter'] as const) expectNone(ends, type, 'ERR_TLS_NO_EXTENDED_MASTER_SECRET');
  });
});

describe.each([
  ['TLS 1.2', tls12],
  ['TLS 1.3', tls13],
])('tls-server-end-point in %s', (_version, versions) => {
  const digest = (name: 'sha256' | 'sha384', data: Uint8Array) =>
    provider.hashes.find((hash) => hash.name === name)?.digest(data);

  it.each([
    ['P256', 'sha256'],
    ['P384', 'sha384'],
  ] as const)('is the hash of the certificate by the hash of its signature: %s', (key, hash) => {
    const { connect, certificate } = world(key, versions);
    expect(bindingOf(connect(), 'tls-server-end-point')).toEqual(digest(hash, certificate));
  });

  it.each([
    ['a ticket', {}],
    ['an id, in TLS 1.2', byId],
  ])('is that of the handshake that began a session resumed by %s', (what, options) => {
    if (what !== 'a ticket' && versions === tls13) return;
    const { connect, certificate } = world('P256', versions, options);
    let session = sessionOf(connect());
    for (let i = 0; i < 2; i++) {
      const ends = connect(session);
      expect(ends.client.info?.resumed).toBe(true);
      expect(bindingOf(ends, 'tls-server-end-point')).toEqual(digest('sha256', certificate));
      // A new ticket, where there is one, stands for the same certificate.
      session = ends.clientSide.of('session')[0]?.session ?? session;
    }
  });

  it('is there of a server that is not verified, too', () => {
    const verifier = trustWithoutVerification('a test');
    const { connect, certificate } = world('P256', { ...versions, verifier });
    expect(bindingOf(connect(), 'tls-server-end-point')).toEqual(digest('sha256', certificate));
  });

  it('is not defined for a certificate signed by Ed25519', () => {
    expectNone(world('Ed25519', versions).connect(), 'tls-server-end-point');
  });

  it('is not there of a server that shows a bare key', () => {
    const { signer } = (pkis.get('P256') as TestPki).server;
    const spki = (signer as unknown as { publicKey: { spki: Uint8Array } }).publicKey.spki;
    const verifier = createRawPublicKeyVerifier({ provider, trustedKeys: [spki] });
    const client = { ...versions, verifier, serverCertificateTypes: ['raw-public-key'] } as const;
    const credentials = [{ kind: 'raw-public-key', spki, signer } as const];
    expectNone(world('P256', client, { credentials }).connect(), 'tls-server-end-point');
  });

  it('is not there at a server whose credential does not say by which hash', () => {
    const { server } = pkis.get('P256') as TestPki;
    const ends = world('P256', versions, { credentials: [server] }).connect();
    const code = 'ERR_TLS_NO_CHANNEL_BINDING';
    expect(() => ends.server.exportChannelBinding('tls-server-end-point')).toThrow(expect.objectContaining({ code }));
    expect(ends.client.exportChannelBinding('tls-server-end-point')).toHaveLength(32);
  });
});

describe('a channel binding of a connection that may be renegotiated', () => {
  const accepting = { renegotiation: 'accept' } as const;

  it('is not tls-exporter, where the peer may begin, but tls-unique', () => {
    const ends = world('P256', { ...tls12, ...accepting }, accepting).connect();
    expectNone(ends, 'tls-exporter');
    expect(bindingOf(ends, 'tls-unique')).toHaveLength(12);
  });

  it('is tls-exporter in TLS 1.3, which has no renegotiation', () => {
    expect(bindingOf(world('P256', { ...tls13, ...accepting }, accepting).connect(), 'tls-exporter')).toHaveLength(32);
  });

  it('is of the latest handshake: tls-unique changes, tls-exporter is gone, tls-server-end-point stays', () => {
    const ends = world('P256', tls12, accepting).connect();
    const [unique, endPoint] = [bindingOf(ends, 'tls-unique'), bindingOf(ends, 'tls-server-end-point')];
    expect(ends.client.exportChannelBinding()).toHaveLength(32);
    ends.client.renegotiate();
    exchangeSync(ends.client, ends.server);
    expect(ends.clientSide.of('renegotiated')).toHaveLength(1);
    expect(bindingOf(ends, 'tls-unique')).toEqual(ends.client.info?.clientFinished);
    expect(bindingOf(ends, 'tls-unique')).not.toEqual(unique);
    expect(bindingOf(ends, 'tls-server-end-point')).toEqual(endPoint);
    expectNone(ends, 'tls-exporter');
  });
});

describe('a channel binding', () => {
  it('is tls-exporter unless another is named', () => {
    const ends = world().connect();
    expect(ends.client.exportChannelBinding()).toEqual(bindingOf(ends, 'tls-exporter'));
  });

  it.each(['tls-exporter', 'tls-unique', 'tls-server-end-point'] as const)('%s is not there before the connection', (type) => {
    expectNone(world().start(), type, 'ERR_TLS_NOT_CONNECTED');
  });

  it('of a type that does not exist is refused', () => {
    expectNone(world().connect(), 'tls-unique-for-telnet' as ChannelBindingType, 'ERR_TLS_UNKNOWN_NAME');
  });
});
