/**
 * TLS 1.2 between both of our ends: suites × keys × (full, resumed by ticket and by id, client certificates …), input cut anyhow.
 */

import { beforeAll, describe, expect, it } from 'vitest';
import {
  type ClientConfig,
  type ClientOptions,
  defineClientConfig,
  defineServerConfig,
  type ServerConfig,
  type ServerOptions,
} from '../../src/connection/config.ts';
import { createTestPki, exchangeSync, type TestPki } from '../../src/connection/pair.fixture.ts';
import { fromHex, utf8 } from '../../src/core/bytes/bytes.ts';
import { ApiMisuse, LimitExceeded } from '../../src/core/errors/errors.ts';
import { CONTENT_TYPES } from '../../src/core/registry/content-types.ts';
import type { Aead } from '../../src/crypto/aead.ts';
import { nodeProvider } from '../../src/crypto/node/provider.ts';
import { portableProvider } from '../../src/crypto/portable/provider.ts';
import type { KeyGenerationRequest, PrivateKey } from '../../src/crypto/signature.ts';
import { createRawPublicKeyVerifier } from '../../src/pki/x509/raw-public-key-verifier.ts';
import { createX509Verifier } from '../../src/pki/x509/verifier.ts';
import type { Tls12CipherSuite } from '../../src/protocol/negotiate/tls12-cipher-suites.ts';
import { aeadRecordCipher } from '../../src/protocol/record/tls12-aead-protection.ts';
import type { ClientSession } from '../../src/protocol/session/client-session.ts';
import { createSealer } from '../../src/protocol/session/sealer.ts';
import { createSessionCache } from '../../src/protocol/session/session-cache.ts';
import { createSessionStore } from '../../src/protocol/session/session-store.ts';
import { createTicketStore } from '../../src/protocol/session/ticket-store.ts';
import { asynchronous, asynchronousCredential, asynchronousSealer, asynchronousVerifier } from './asynchronous.ts';
import { connectEnds, connectEndsLater, cutNumber, type Ends, expectAgreement, expectData, outputOf } from './ends.ts';

const provider = nodeProvider;

const KEYS: Readonly<Record<string, { readonly request: KeyGenerationRequest; readonly kind: 'ECDSA' | 'RSA' }>> = {
  'ECDSA P-256': { request: { kind: 'ec', curve: 'secp256r1' }, kind: 'ECDSA' },
  'ECDSA P-384': { request: { kind: 'ec', curve: 'secp384r1' }, kind: 'ECDSA' },
  Ed25519: { request: { kind: 'ed25519' }, kind: 'ECDSA' },
  RSA: { request: { kind: 'rsa', bits: 2048 }, kind: 'RSA' },
};

const CIPHERS = ['AES_128_GCM_SHA256', 'AES_256_GCM_SHA384', 'CHACHA20_POLY1305_SHA256'];
const CBC = ['AES_128_CBC_SHA', 'AES_256_CBC_SHA', 'AES_128_CBC_SHA256', 'AES_256_CBC_SHA384'];
const suitesOf = (kind: 'ECDSA' | 'RSA') => [
  ...[...CIPHERS, ...CBC].map((cipher) => `TLS_ECDHE_${kind}_WITH_${cipher}`),
  ...(kind === 'ECDSA' ? ['TLS_ECDHE_ECDSA_WITH_AES_128_CCM', 'TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8'] : []),
];
const GROUPS = ['x25519', 'secp256r1', 'secp384r1', 'secp521r1', 'x448'];

interface Mode {
  readonly client?: (pki: TestPki) => Partial<ClientOptions>;
  readonly server?: (pki: TestPki) => Partial<ServerOptions>;
  readonly resumes?: boolean;
  readonly expect?: (ends: Ends, pki: TestPki) => void;
}

const verifierOf = (pki: TestPki) => createX509Verifier({ provider, trustAnchors: pki.anchors });
const withClientCertificate: Mode = {
  client: (pki) => ({ credentials: [pki.client] }),
  server: (pki) => ({ clientCertificates: 'require', verifier: verifierOf(pki) }),
  expect: ({ server }, pki) => expect(server.info?.peer).toMatchObject({ kind: 'verified', certificates: pki.client.chain }),
};
const byId: Mode = { server: () => ({ tickets: 0, sessionCache: createSessionCache() }) };
const resumes = { resumes: true } as const;

const MODES: Readonly<Record<string, Mode>> = {
  'a full handshake': {
    expect: ({ client, clientSide }) => {
      expect(client.info).toMatchObject({ peer: { kind: 'verified' }, extendedMasterSecret: true });
      expect(clientSide.of('session')).toHaveLength(1);
    },
  },
  'a handshake resumed by a ticket': { ...resumes },
  'a handshake resumed by an id': { ...byId, ...resumes },
  'a handshake with a client certificate': withClientCertificate,
  'a handshake with a client certificate, resumed by a ticket': { ...withClientCertificate, ...resumes },
  'a handshake with a client certificate, resumed by an id': {
    ...withClientCertificate,
    ...resumes,
    server: (pki) => ({ ...withClientCertificate.server?.(pki), ...byId.server?.(pki) }),
  },
  'a handshake that asks in vain for a client certificate': {
    server: (pki) => ({ clientCertificates: 'request', verifier: verifierOf(pki) }),
    expect: ({ server }) => expect(server.info?.peer).toEqual({ kind: 'anonymous' }),
  },
  'a handshake with ALPN and small records': {
    client: () => ({ alpnProtocols: ['h2', 'http/1.1'], recordSizeLimit: 300 }),
    server: () => ({ alpnProtocols: ['http/1.1'], recordSizeLimit: 64 }),
    expect: ({ client }) => expect(client.info?.alpnProtocol).toBe('http/1.1'),
  },
  'a handshake with reserved values in any order': {
    client: () => ({ grease: true, permuteExtensions: true, alpnProtocols: ['h2'] }),
    server: () => ({ grease: true, alpnProtocols: ['h2'] }),
  },
};

const pkis = new Map<string, TestPki>();
beforeAll(async () => {
  for (const [name, { request }] of Object.entries(KEYS)) pkis.set(name, await createTestPki(provider, request));
});
const p256 = () => pkis.get('ECDSA P-256') as TestPki;

/** Both versions at the client, or at the server: the other end decides. */
const VERSIONS = [
  { client: ['TLSv1.2'], server: ['TLSv1.3', 'TLSv1.2'] },
  { client: ['TLSv1.3', 'TLSv1.2'], server: ['TLSv1.2'] },
  { client: ['TLSv1.2'], server: ['TLSv1.2'] },
] as const;

for (const [modeName, mode] of Object.entries(MODES)) {
  describe(modeName, () => {
    for (const [keyName, { kind }] of Object.entries(KEYS)) {
      it(`works with ${keyName} and every suite and group`, () => {
        const suites = suitesOf(kind);
        for (let i = 0; i < Math.max(suites.length, GROUPS.length); i++) {
          expectCell(mode, keyName, suites[i % suites.length] as string, GROUPS[i % GROUPS.length] as string, i);
        }
      });
    }
  });
}

function expectCell(mode: Mode, keyName: string, suite: string, group: string, i: number): void {
  const pki = pkis.get(keyName) as TestPki;
  const versions = VERSIONS[i % VERSIONS.length] as (typeof VERSIONS)[number];
  const cipherSuites = [suite, 'TLS_AES_128_GCM_SHA256'];
  // The curve of the certificate has to be there as well.
  const groups = [...new Set([group, 'secp256r1', 'secp384r1'])];
  const common = { provider, cipherSuites, groups };
  const client = defineClientConfig({ ...common, versions: versions.client, verifier: verifierOf(pki), ...mode.client?.(pki) });
  const server = defineServerConfig({
    ...common,
    versions: versions.server,
    credentials: [pki.server],
    ...mode.server?.(pki),
  });
  const cut = cutNumber(i);
  const session = mode.resumes === true ? sessionOf(connectEnds(client, server)) : undefined;
  const ends = connectEnds(client, server, { session }, cut);
  expectAgreement(ends);
  const resumed = mode.resumes === true;
  expect(ends.client.info).toMatchObject({ version: 'TLSv1.2', suite: { name: suite }, resumed });
  expect(ends.client.info?.group?.name).toBe(resumed ? undefined : group);
  mode.expect?.(ends, pki);
  expectData(ends, cut);
  ends.client.close();
  ends.server.close();
  exchangeSync(ends.client, ends.server, cut);
  expect([ends.client.state, ends.server.state]).toEqual(['closed', 'closed']);
  expect([ends.clientSide.error, ends.serverSide.error]).toEqual([undefined, undefined]);
}

function sessionOf(ends: Ends): ClientSession {
  const [event] = ends.clientSide.of('session');
  if (event === undefined) throw new Error(`no session: ${ends.clientSide.error} ${ends.serverSide.error}`);
  return event.session;
}

function world(clientOptions: Partial<ClientOptions> = {}, serverOptions: Partial<ServerOptions> = {}) {
  const client = defineClientConfig({ provider, verifier: verifierOf(p256()), versions: ['TLSv1.2'], ...clientOptions });
  const server = defineServerConfig({ provider, credentials: [p256().server], ...serverOptions });
  return { client, server, connect: (session?: ClientSession) => connectEnds(client, server, { session }) };
}

describe('a session of TLS 1.2', () => {
  it('is resumed many times with the same ticket', () => {
    const { connect } = world();
    const session = sessionOf(connect());
    for (let i = 0; i < 3; i++) expect(connect(session).client.info?.resumed).toBe(true);
  });

  it('goes back into the store that it came from', () => {
    const { connect } = world({ sessionStore: createSessionStore() }, { tickets: 0, sessionCache: createSessionCache() });
    expect([connect(), connect(), connect()].map(({ client }) => client.info?.resumed)).toEqual([false, true, true]);
  });

  it('lives on under another ticket where a ticket is good for one resumption', () => {
    const { connect } = world({}, { ticketStore: createTicketStore() });
    const first = sessionOf(connect());
    const second = connect(first);
    expect(second.client.info?.resumed).toBe(true);
    expect(connect(first).client.info?.resumed).toBe(false);
    expect(connect(sessionOf(second)).client.info?.resumed).toBe(true);
  });

  it('does not live longer by another ticket', () => {
    const clock = { now: 1_700_000_000_000 };
    const now = () => clock.now;
    const { connect } = world(
      { now },
      { now, ticketLifetime: 100, ticketSealer: createSealer(provider, new Uint8Array(32), 'ticket') },
    );
    const first = sessionOf(connect());
    clock.now += 60_000;
    const second = sessionOf(connect(first));
    expect(second.lifetime).toBe(40);
    clock.now += 41_000;
    expect(connect({ ...second, lifetime: 1000 }).client.info?.resumed).toBe(false);
  });

  it.each([
    ['another name', (session: ClientSession) => ({ ...session, serverName: 'other.test' })],
    ['a suite that is not offered', (session: ClientSession) => ({ ...session, suite: 0xc02f })],
    ['no extended_master_secret', (session: ClientSession) => ({ ...session, extendedMasterSecret: false })],
    ['a lifetime that is over', (session: ClientSession) => ({ ...session, lifetime: 0 })],
  ])('is not offered with %s', (_what, change) => {
    const { connect } = world({ cipherSuites: ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'] });
    const ends = connect(change(sessionOf(connect())) as ClientSession);
    expectAgreement(ends);
    expect(ends.client.info?.resumed).toBe(false);
  });

  it('is not resumed by a server that does not know it, nor by one that asks for more', () => {
    const { client, server, connect } = world();
    const session = sessionOf(connect());
    const stranger = defineServerConfig({ provider, credentials: [p256().server] });
    expect(connectEnds(client, stranger, { session }).client.info?.resumed).toBe(false);
    const strict = { ...server, clientCertificates: 'require', verifier: verifierOf(p256()) } as const;
    expect(connectEnds(client, strict, { session }).serverSide.error).toMatchObject({ reason: 'certificate_missing' });
  });

  it('and one of TLS 1.3 are not taken for each other', () => {
    const both = world({ versions: ['TLSv1.3', 'TLSv1.2'] });
    const modern = sessionOf(both.connect());
    expect(modern.version).toBe('TLSv1.3');
    const only12 = { ...both.server, versions: ['TLSv1.2'] } as const;
    const fallen = connectEnds(both.client, only12, { session: modern });
    expect(fallen.client.info).toMatchObject({ version: 'TLSv1.2', resumed: false });
    const old = sessionOf(fallen);
    expect(connectEnds(both.client, only12, { session: old }).client.info).toMatchObject({ version: 'TLSv1.2', resumed: true });
    const risen = both.connect(old);
    expectAgreement(risen);
    expect(risen.client.info).toMatchObject({ version: 'TLSv1.3', resumed: false });
  });
});

describe('TLS 1.2 without extended_master_secret', () => {
  const EXTENDED_MASTER_SECRET = 23;
  const old = () => world({ shapeClientHello: (list) => list.filter(({ type }) => type !== EXTENDED_MASTER_SECRET) });

  it('works, but gives no session and no keying material', () => {
    const ends = old().connect();
    expect([ends.clientSide.error, ends.serverSide.error]).toEqual([undefined, undefined]);
    expect(ends.client.info?.extendedMasterSecret).toBe(false);
    expectData(ends);
    expect(ends.clientSide.of('session')).toEqual([]);
    for (const end of [ends.client, ends.server]) expect(() => end.exportKeyingMaterial(32, 'EXPORTER-x')).toThrow(ApiMisuse);
  });
});

describe('a key of TLS 1.2 that may seal five records', () => {
  const RECORDS = 5;
  const few = (suite: Tls12CipherSuite): Tls12CipherSuite => {
    const aead = nodeProvider.aeads.find(({ name }) => name === 'aes-128-gcm') as Aead;
    const cipher = aeadRecordCipher(aead, { explicitNonce: true, recordLimit: RECORDS, openFailureLimit: 1 });
    return { ...suite, cipher: { isBlockCipher: false, create: () => cipher } };
  };
  const limit = <C extends ClientConfig | ServerConfig>(config: C): C => ({
    ...config,
    tls12Suites: config.tls12Suites.map(few),
  });
  const suite = { cipherSuites: ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'] };

  it.each(['client', 'server'] as const)('ends the connection before it seals more: at the %s', (name) => {
    const { client, server } = world(suite, suite);
    const ends = connectEnds(name === 'client' ? limit(client) : client, name === 'server' ? limit(server) : server);
    expectAgreement(ends);
    const sender = ends[name];
    const side = name === 'client' ? ends.clientSide : ends.serverSide;
    // Finished was one, and the alert will be one.
    for (let i = 0; i < RECORDS - 2; i++) sender.send(utf8('sent'));
    expect(side.error).toBeUndefined();
    sender.send(utf8('not sent'));
    expect(side.error).toBeInstanceOf(LimitExceeded);
    expect(side.error).toMatchObject({ limit: 'recordsUnderOneKey', alert: 'internal_error' });
    expect(sender.state).toBe('closed');
    expect(() => sender.send(utf8('nor this'))).toThrow(ApiMisuse);
    const records = contentTypes(outputOf(sender));
    expect(records).toEqual([...Array(RECORDS - 2).fill(CONTENT_TYPES.application_data), CONTENT_TYPES.alert]);
  });

  it('sends of what is too long for it what fits, and no more', () => {
    const { client, server } = world(suite, suite);
    const ends = connectEnds(limit(client), server);
    ends.client.send(new Uint8Array(RECORDS * 2 ** 14));
    exchangeSync(ends.client, ends.server);
    expect(ends.clientSide.error).toMatchObject({ limit: 'recordsUnderOneKey' });
    expect(ends.serverSide.data).toHaveLength((RECORDS - 2) * 2 ** 14);
    expect(ends.serverSide.error).toMatchObject({ description: 'internal_error' });
  });
});

/** The types of the records in these bytes. */
function contentTypes(bytes: Uint8Array): number[] {
  const types: number[] = [];
  for (let at = 0; at < bytes.length; at += 5 + 256 * (bytes[at + 3] as number) + (bytes[at + 4] as number)) {
    types.push(bytes[at] as number);
  }
  return types;
}

describe('what comes beside a certificate in TLS 1.2', () => {
  const timestamps = fromHex('0004 0002 0102');

  it('is stapled when it is asked for', () => {
    const credential = { ...p256().server, ocspResponse: () => utf8('response'), signedCertificateTimestamps: timestamps };
    const asked = world({ requestOcsp: true, requestSct: true }, { credentials: [credential] }).connect();
    expect(asked.client.info).toMatchObject({ ocspResponse: utf8('response'), signedCertificateTimestamps: timestamps });
    const silent = world({}, { credentials: [credential] }).connect();
    expect(silent.client.info?.ocspResponse).toBeUndefined();
    expect(silent.client.info?.signedCertificateTimestamps).toBeUndefined();
  });

  it('may be a bare key in its place, of both ends', () => {
    const { server, client } = p256();
    const spkiOf = ({ signer }: TestPki['server']) => (signer as PrivateKey).publicKey.spki;
    const raw = (of: TestPki['server']) => ({ kind: 'raw-public-key', spki: spkiOf(of), signer: of.signer }) as const;
    const verifier = createRawPublicKeyVerifier({ provider, trustedKeys: [spkiOf(server), spkiOf(client)] });
    const ends = world(
      { verifier, serverCertificateTypes: ['raw-public-key'], credentials: [raw(client)] },
      { verifier, credentials: [raw(server)], clientCertificates: 'require', clientCertificateTypes: ['raw-public-key'] },
    ).connect();
    expectAgreement(ends);
    expect(ends.client.info?.peer).toMatchObject({ kind: 'verified', rawPublicKey: spkiOf(server) });
    expect(ends.server.info?.peer).toMatchObject({ kind: 'verified', rawPublicKey: spkiOf(client) });
  });
});

describe('TLS 1.2 over other providers', () => {
  it('works between the portable one and that of Node', () => {
    const verifier = createX509Verifier({ provider: portableProvider, trustAnchors: p256().anchors });
    const ends = world({ provider: portableProvider, verifier }).connect();
    expectAgreement(ends);
    expectData(ends);
    expectAgreement(world({}, { provider: portableProvider }).connect());
  });

  it.each([
    ['a full handshake', false],
    ['a resumed one', true],
  ])('works when everything answers later: %s', async (_what, resumed) => {
    const slow = asynchronous(provider);
    const verifier = asynchronousVerifier(createX509Verifier({ provider: slow, trustAnchors: p256().anchors }));
    const client = defineClientConfig({
      provider: slow,
      groups: ['x25519', 'secp256r1'],
      versions: ['TLSv1.2'],
      verifier,
      credentials: [asynchronousCredential(p256().client)],
    });
    const server = defineServerConfig({
      provider: slow,
      groups: ['x25519', 'secp256r1'],
      credentials: [asynchronousCredential(p256().server)],
      clientCertificates: 'require',
      verifier,
      ticketSealer: asynchronousSealer(createSealer(provider, new Uint8Array(32).fill(3), 'ticket')),
    });
    const session = resumed ? sessionOf(await connectEndsLater(client, server)) : undefined;
    const ends = await connectEndsLater(client, server, { session }, cutNumber(2));
    expectAgreement(ends);
    expect(ends.client.info).toMatchObject({ version: 'TLSv1.2', resumed });
    expectData(ends);
  });
});

describe('versions', () => {
  it('are the newest that both have', () => {
    const versionOf = (client: Partial<ClientOptions>, server: Partial<ServerOptions>) =>
      world(client, server).connect().client.info?.version;
    expect(versionOf({ versions: ['TLSv1.2', 'TLSv1.3'] }, {})).toBe('TLSv1.3');
    expect(versionOf({ versions: ['TLSv1.3', 'TLSv1.2'] }, { versions: ['TLSv1.2'] })).toBe('TLSv1.2');
  });

  it('are those that a suite is named of', () => {
    expect(world({ versions: undefined, cipherSuites: ['TLS_AES_128_GCM_SHA256'] }).client.versions).toEqual(['TLSv1.3']);
    expect(() => world({ versions: ['TLSv1.2'], cipherSuites: ['TLS_AES_128_GCM_SHA256'] })).toThrow(ApiMisuse);
  });

  it('without any in common end with protocol_version', () => {
    const ends = world({ versions: ['TLSv1.2'] }, { versions: ['TLSv1.3'] }).connect();
    expect(ends.serverSide.error).toMatchObject({ subject: 'version', ours: ['TLSv1.3'], theirs: ['TLSv1.2'] });
    expect(ends.clientSide.error).toMatchObject({ description: 'protocol_version' });
  });

  it('of TLS 1.2 have no KeyUpdate', () => {
    expect(() => world().connect().client.updateKeys()).toThrow(expect.objectContaining({ code: 'ERR_TLS_NO_KEY_UPDATE' }));
  });
});
