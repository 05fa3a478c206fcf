/**
 * TLS 1.1 and TLS 1.0 between both of our ends: every suite that they have, with a key that fits; full, resumed by id and by ticket, with and
 * without a client certificate; and what is chosen of several versions.
 */

import { beforeAll, describe, expect, it } from 'vitest';
import { type ClientOptions, defineClientConfig, defineServerConfig, type ServerOptions } from '../../src/connection/config.ts';
import { byteByByte, exchangeSync } from '../../src/connection/pair.fixture.ts';
import { concat, toHex } from '../../src/core/bytes/bytes.ts';
import { ApiMisuse } from '../../src/core/errors/errors.ts';
import type { VersionName } from '../../src/core/registry/protocol-versions.ts';
import { keys as nodeKeys } from '../../src/crypto/node/keys.ts';
import { nodeProvider as provider } from '../../src/crypto/node/provider.ts';
import { aes128Cbc, aes256Cbc } from '../../src/crypto/portable/cipher.ts';
import { keysWithMd5Sha1 } from '../../src/crypto/portable/old-keys.ts';
import { portableProvider } from '../../src/crypto-portable.ts';
import { legacy, legacyCipherSuites } from '../../src/legacy.ts';
import { TLS12_CIPHER_SUITES } from '../../src/protocol/handshake/tls12/cipher-suites.ts';
import { isAnonymous } from '../../src/protocol/negotiate/tls12-cipher-suites.ts';
import type { ClientSession } from '../../src/protocol/session/client-session.ts';
import { createSessionCache } from '../../src/protocol/session/session-cache.ts';
import { connectEnds, cutNumber, type Ends, expectAgreement, expectData, startEnds } from './ends.ts';
import { createLegacyWorld, type KeyName, type LegacyWorld, optionsFor, verifierOf } from './legacy-world.ts';

let world: LegacyWorld;
beforeAll(() => {
  world = createLegacyWorld();
}, 60_000);

const suites = [...TLS12_CIPHER_SUITES, ...legacyCipherSuites].filter(({ cipher }) => cipher.beforeTls12);
const suiteOf = (name: string) => suites.find((suite) => suite.name === name) as (typeof suites)[0];
const OLD = ['TLSv1.1', 'TLSv1'] as const satisfies readonly VersionName[];

function sessionOf(ends: Ends): ClientSession {
  const [event] = ends.clientSide.of('session');
  if (event === undefined) throw new Error(`no session: ${ends.clientSide.error} ${ends.serverSide.error}`);
  return event.session;
}

const CBC = 'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA';
const GCM = 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256';
const ALL = [CBC, GCM, 'TLS_AES_128_GCM_SHA256'];

function ends(client: Partial<ClientOptions>, server: Partial<ServerOptions>, session?: ClientSession): Ends {
  const common = { provider, legacy, cipherSuites: ALL };
  return connectEnds(
    defineClientConfig({ ...common, verifier: verifierOf(world), ...client }),
    defineServerConfig({ ...common, credentials: [world.server.rsa], ...server }),
    { session },
  );
}

const versionOf = ({ client, server }: Ends) => [client.info?.version, server.info?.version];

it('a client of old versions alone sends no signature_algorithms; one that has TLS 1.2 does', () => {
  const types = (versions: readonly VersionName[]) => {
    const seen: number[] = [];
    const shapeClientHello: ClientOptions['shapeClientHello'] = (extensions) => {
      seen.push(...extensions.map(({ type }) => type));
      return extensions;
    };
    ends({ versions, shapeClientHello }, { versions: ['TLSv1.2', 'TLSv1.1', 'TLSv1'] });
    return seen;
  };
  const SIGNATURE_ALGORITHMS = 13;
  expect(types(['TLSv1.1', 'TLSv1'])).not.toContain(SIGNATURE_ALGORITHMS);
  expect(types(['TLSv1.2', 'TLSv1.1'])).toContain(SIGNATURE_ALGORITHMS);
});

it('a client that says nothing of groups gets P-256', () => {
  const shapeClientHello: ClientOptions['shapeClientHello'] = (extensions) => extensions.filter(({ type }) => type !== 10);
  const connected = ends({ versions: ['TLSv1.1'], shapeClientHello }, { versions: ['TLSv1.1'] });
  expect(connected.server.info?.group?.name).toBe('secp256r1');
  expect(connected.client.info?.group?.name).toBe('secp256r1');
});

describe.each(OLD)('%s', (version) => {
  it.each(['client', 'server'] as const)(
    'renegotiates when the %s begins, in full and by the session, and stays what it is',
    (role) => {
      const accepting = { renegotiation: 'accept' } as const;
      const both = { ...accepting, versions: ['TLSv1.2', version] as const };
      const made = ends({ ...both, credentials: [world.client.rsa] }, { ...accepting, versions: [version] });
      const asking = defineServerConfig({
        ...{ provider, legacy, cipherSuites: ALL, credentials: [world.server.rsa] },
        ...{ versions: ['TLSv1.2', version], clientCertificates: 'require', verifier: verifierOf(world) },
      });
      const before = toHex(made.client.info?.clientFinished as Uint8Array);
      for (const resume of [false, true]) {
        made[role].renegotiate({ resume, ...(role === 'server' && { config: asking }) });
        exchangeSync(made.client, made.server);
        expect([made.clientSide.error, made.serverSide.error]).toEqual([undefined, undefined]);
        expect(versionOf(made)).toEqual([version, version]);
        expect(made.client.info?.resumed).toBe(resume && role === 'client');
        expect(made.server.info?.peer.kind).toBe(role === 'server' ? 'verified' : 'anonymous');
        expectData(made);
      }
      expect(toHex(made.client.info?.clientFinished as Uint8Array)).not.toBe(before);
      expect(made.server.info?.clientFinished).toEqual(made.client.info?.clientFinished);
      expect(made.clientSide.of('renegotiated')).toHaveLength(2);
    },
  );

  it.each(suites.map((suite, i) => [suite.name, suite, i] as const))('full and resumed: %s', (name, suite, i) => {
    const options = optionsFor(world, suite);
    const cut = cutNumber(i);
    const client = defineClientConfig({ ...options.client, versions: [version] });
    for (const resumption of [{}, { tickets: 0, sessionCache: createSessionCache() }]) {
      const server = defineServerConfig({ ...options.server, versions: [version], ...resumption });
      const full = connectEnds(client, server, {}, cut);
      expectAgreement(full);
      expect(full.client.info).toMatchObject({ version, suite: { name }, resumed: false, extendedMasterSecret: true });
      expectData(full, cut);
      const resumed = connectEnds(client, server, { session: sessionOf(full) }, cut);
      expectAgreement(resumed);
      expect(resumed.client.info).toMatchObject({ version, suite: { name }, resumed: true });
      expectData(resumed, cut);
    }
  });

  it.each(suites.filter(({ cipher }) => cipher.resolve(provider)?.isBlockCipher).map((suite) => [suite.name, suite] as const))(
    'MAC-then-encrypt: %s',
    (name, suite) => {
      const options = optionsFor(world, suite);
      const shapeClientHello = (list: readonly { readonly type: number }[]) => list.filter(({ type }) => type !== 22) as never;
      const common = { versions: [version], insecureMacThenEncrypt: true };
      const client = defineClientConfig({ ...options.client, ...common, shapeClientHello });
      const pair = connectEnds(client, defineServerConfig({ ...options.server, ...common }));
      expectAgreement(pair);
      expect(pair.client.info).toMatchObject({ version, suite: { name } });
      expectData(pair);
    },
  );

  const asking = suites.filter((suite) => !isAnonymous(suite) && !suite.keyExchange.usesPreSharedKey);
  it.each(asking.map((suite, i) => [suite.name, suite, i] as const))('a client certificate: %s', (name, suite, i) => {
    const options = optionsFor(world, suite);
    const kind = (['rsa', 'ec', 'dsa'] as const satisfies KeyName[])[i % 3] as KeyName;
    const client = defineClientConfig({ ...options.client, versions: [version], credentials: [world.client[kind]] });
    const asks = { clientCertificates: 'require', verifier: verifierOf(world) } as const;
    const full = connectEnds(client, defineServerConfig({ ...options.server, versions: [version], ...asks }));
    expectAgreement(full);
    expect(full.client.info).toMatchObject({ version, suite: { name }, localCertificates: world.client[kind].chain });
    expect(full.server.info?.peer).toMatchObject({ kind: 'verified', certificates: world.client[kind].chain });
  });

  it('names what signed: no message says it', () => {
    const byRsa = ends({ versions: [version] }, { versions: [version] });
    expect(byRsa.client.info?.signatureScheme).toEqual({ id: 0xff01, name: 'rsa_pkcs1_md5_sha1' });
    expect(byRsa.server.info?.signatureScheme?.name).toBe('rsa_pkcs1_md5_sha1');
    const cipherSuites = ['TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA'];
    const common = { versions: [version], cipherSuites };
    const byEc = ends(common, { ...common, credentials: [world.server.ec] });
    expect(byEc.client.info?.signatureScheme?.name).toBe('ecdsa_sha1');
  });

  it('is spoken only with a warning', () => {
    const told: string[] = [];
    ends({ versions: [version] }, { versions: [version], warn: (_, name) => told.push(name) });
    expect(told).toContain(version);
  });

  it('is spoken by the portable provider, whose keys are given MD5', () => {
    const portable = { ...portableProvider, keys: keysWithMd5Sha1, ciphers: [aes128Cbc, aes256Cbc] };
    const cipherSuites = [...ALL, 'TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA'];
    const common = { versions: [version], cipherSuites };
    for (const key of ['rsa', 'ec'] as const) {
      const pair = ends({ ...common, provider: portable }, { ...common, credentials: [world.server[key]] });
      expectAgreement(pair);
      expectData(pair);
    }
  });

  it('gives the same channel bindings and keying material to both ends', () => {
    const { client, server } = ends({ versions: [version] }, { versions: [version] });
    expect(client.exportKeyingMaterial(24, 'EXPORTER-Test')).toEqual(server.exportKeyingMaterial(24, 'EXPORTER-Test'));
    expect(client.exportChannelBinding('tls-unique')).toEqual(server.exportChannelBinding('tls-unique'));
  });

  it('carries a record of that version alone', () => {
    const pair = ends({ versions: [version] }, { versions: [version] });
    pair.client.send(new Uint8Array(100));
    const number = version === 'TLSv1' ? 1 : 2;
    for (const record of recordsOf(pair.client.takeOutput())) expect([...record.slice(1, 3)]).toEqual([3, number]);
  });

  it('is renegotiated in the same version', () => {
    const renegotiation = 'accept';
    const pair = ends({ versions: ['TLSv1.2', version], renegotiation }, { versions: [version], renegotiation });
    pair.client.renegotiate();
    exchangeSync(pair.client, pair.server, byteByByte);
    expect(pair.clientSide.of('keylog')).toHaveLength(2);
    expect(versionOf(pair)).toEqual([version, version]);
    expectData(pair);
  });
});

describe('of several versions', () => {
  it.each<[VersionName | undefined, readonly VersionName[], readonly VersionName[]]>([
    ['TLSv1.3', ['TLSv1.3', 'TLSv1.2', 'TLSv1.1', 'TLSv1'], ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']],
    ['TLSv1.2', ['TLSv1.2', 'TLSv1.1', 'TLSv1'], ['TLSv1.3', 'TLSv1.2', 'TLSv1.1', 'TLSv1']],
    ['TLSv1.1', ['TLSv1.1', 'TLSv1'], ['TLSv1.3', 'TLSv1.2', 'TLSv1.1', 'TLSv1']],
    ['TLSv1', ['TLSv1'], ['TLSv1.3', 'TLSv1.2', 'TLSv1.1', 'TLSv1']],
    ['TLSv1.1', ['TLSv1.3', 'TLSv1.2', 'TLSv1.1', 'TLSv1'], ['TLSv1.1', 'TLSv1']],
    ['TLSv1', ['TLSv1.2', 'TLSv1.1', 'TLSv1'], ['TLSv1']],
    ['TLSv1.1', ['TLSv1.3', 'TLSv1.1'], ['TLSv1.1', 'TLSv1']],
    [undefined, ['TLSv1.3', 'TLSv1.2'], ['TLSv1.1', 'TLSv1']],
    [undefined, ['TLSv1.1'], ['TLSv1.3', 'TLSv1.2']],
    [undefined, ['TLSv1'], ['TLSv1.1']],
  ])('%s is spoken by %s with %s', (expected, client, server) => {
    const pair = ends({ versions: client }, { versions: server });
    expect(versionOf(pair)).toEqual([expected, expected]);
    if (expected !== undefined) return expectData(pair);
    expect(pair.serverSide.error).toMatchObject({ code: 'ERR_TLS_PEER_INCOMPATIBLE', subject: 'version' });
    expect(pair.clientSide.error).toMatchObject({ description: 'protocol_version' });
  });

  it('an old one gets no suite that it does not have', () => {
    const pair = ends({ versions: ['TLSv1.2', 'TLSv1.1'], cipherSuites: [GCM, CBC] }, { versions: ['TLSv1.1'] });
    expect(pair.client.info?.suite.name).toBe(CBC);
    const refused = ends(
      { versions: ['TLSv1.2', 'TLSv1.1'], cipherSuites: [GCM, CBC] },
      { versions: ['TLSv1.1'], cipherSuites: ['TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA', GCM] },
    );
    expect(refused.serverSide.error).toMatchObject({ code: 'ERR_TLS_PEER_INCOMPATIBLE', subject: 'suite' });
  });

  it('a key that signs by none of their schemes is not used in them', () => {
    const key = nodeKeys.generateKey({ kind: 'ed25519' });
    const ed25519 = { kind: 'raw-public-key', spki: key.publicKey.spki, signer: key } as const;
    const common = { versions: ['TLSv1.2', 'TLSv1.1'] as const, cipherSuites: ['TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA'] };
    const server = { ...common, versions: ['TLSv1.1'] as const, credentials: [ed25519] };
    const pair = ends({ ...common, serverCertificateTypes: ['raw-public-key'] }, server);
    expect(pair.serverSide.error).toMatchObject({ code: 'ERR_TLS_PEER_INCOMPATIBLE', subject: 'suite' });
  });

  it('a session is gone on with in its own alone', () => {
    const both: readonly VersionName[] = ['TLSv1.2', 'TLSv1.1'];
    const sessionCache = createSessionCache();
    for (const resumption of [{}, { tickets: 0, sessionCache }]) {
      const common = { provider, legacy, cipherSuites: ALL };
      const server = defineServerConfig({ ...common, versions: both, credentials: [world.server.rsa], ...resumption });
      const connect = (versions: readonly VersionName[], session?: ClientSession) =>
        connectEnds(defineClientConfig({ ...common, verifier: verifierOf(world), versions }), server, { session });
      const session = sessionOf(connect(['TLSv1.1']));
      expect(session).toMatchObject({ version: 'TLSv1.1', masterSecret: expect.any(Uint8Array) });
      expect(connect(['TLSv1.1'], session).client.info).toMatchObject({ version: 'TLSv1.1', resumed: true });
      expect(connect(both, session).client.info).toMatchObject({ version: 'TLSv1.2', resumed: false });
      expect(connect(['TLSv1.2'], session).client.info).toMatchObject({ version: 'TLSv1.2', resumed: false });
    }
  });

  it.each<[ending: string, client: readonly VersionName[], server: readonly VersionName[]]>([
    ['444f574e47524401', ['TLSv1.2'], ['TLSv1.3', 'TLSv1.2', 'TLSv1.1']],
    ['444f574e47524400', ['TLSv1.1'], ['TLSv1.3', 'TLSv1.1']],
    ['444f574e47524400', ['TLSv1.1'], ['TLSv1.2', 'TLSv1.1']],
    ['444f574e47524400', ['TLSv1'], ['TLSv1.2', 'TLSv1']],
  ])('the server’s random ends in %s for %s with %s', (ending, client, server) => {
    const common = { provider, legacy, cipherSuites: ALL };
    const pair = connectEnds(
      defineClientConfig({ ...common, verifier: verifierOf(world), versions: client }),
      defineServerConfig({ ...common, credentials: [world.server.rsa], versions: server }),
      {},
    );
    expect(pair.client.state).toBe('connected');
    expect(endingOf(client, server)).toBe(ending);
  });
});

/** The end of the random of the ServerHello. */
function endingOf(client: readonly VersionName[], server: readonly VersionName[]): string {
  const common = { provider, legacy, cipherSuites: ALL };
  const clientConfig = defineClientConfig({ ...common, verifier: verifierOf(world), versions: client });
  const serverConfig = defineServerConfig({ ...common, credentials: [world.server.rsa], versions: server });
  const { client: one, server: other } = startEnds(clientConfig, serverConfig);
  for (const piece of one.takeOutput()) other.receive(piece);
  // Record header, handshake header, version, random.
  return toHex(concat(...other.takeOutput()).subarray(5 + 4 + 2 + 24, 5 + 4 + 2 + 32));
}

describe('application data', () => {
  /** What the client writes for 100 bytes, by the sizes of its records. */
  function sizes(version: VersionName, suite: string, data = new Uint8Array(100)): number[] {
    const options = optionsFor(world, suiteOf(suite));
    const common = { versions: [version] };
    const pair = connectEnds(
      defineClientConfig({ ...options.client, ...common }),
      defineServerConfig({ ...options.server, ...common }),
    );
    pair.client.send(data);
    const output = pair.client.takeOutput();
    for (const piece of output) pair.server.receive(piece);
    expect(pair.serverSide.data).toEqual(data);
    return recordsOf(output).map(({ length }) => length - 5);
  }

  it('of TLS 1.0 in CBC mode begins with a record of one byte', () => {
    // encrypt_then_mac: whole blocks, and 20 bytes of MAC.
    expect(sizes('TLSv1', CBC)).toEqual([16 + 20, 112 + 20]);
    expect(sizes('TLSv1', CBC, new Uint8Array(1))).toEqual([16 + 20]);
    expect(sizes('TLSv1', CBC, new Uint8Array(16385))).toEqual([16 + 20, 16400 + 20]);
    expect(sizes('TLSv1', CBC, new Uint8Array(16386))).toEqual([16 + 20, 16400 + 20, 16 + 20]);
    expect(sizes('TLSv1', 'TLS_RSA_WITH_3DES_EDE_CBC_SHA')).toEqual([8 + 20, 104 + 20]);
  });

  it('of other versions and ciphers stays whole', () => {
    expect(sizes('TLSv1.1', CBC)).toEqual([16 + 112 + 20]);
    expect(sizes('TLSv1', 'TLS_RSA_WITH_RC4_128_SHA')).toEqual([100 + 20]);
  });
});

describe('a config', () => {
  const define = (options: Partial<ClientOptions>) => () =>
    defineClientConfig({ provider, verifier: verifierOf(world), ...options });
  const misuse = (text: RegExp) =>
    expect.objectContaining({ code: 'ERR_TLS_UNKNOWN_NAME', message: expect.stringMatching(text) });

  it('has an old version only with foxtls/legacy', () => {
    expect(define({ versions: ['TLSv1.1'], cipherSuites: ALL })).toThrowError(misuse(/foxtls\/legacy/));
    expect(define({ versions: ['TLSv1.1'], cipherSuites: ALL })).toThrowError(ApiMisuse);
    expect(define({ versions: ['TLSv1'], cipherSuites: ALL, legacy: { ...legacy, versions: [] } })).toThrowError(misuse(/TLSv1/));
  });

  it('has none that it does not name', () => {
    expect(define({ legacy, cipherSuites: ALL })().versions).toEqual(['TLSv1.3', 'TLSv1.2']);
  });

  it('has one only with a suite of it', () => {
    expect(define({ legacy, versions: ['TLSv1.2', 'TLSv1.1'] })).toThrowError(misuse(/TLSv1\.1 has none of the cipher suites/));
    expect(define({ legacy, versions: ['TLSv1'], cipherSuites: [GCM] })).toThrowError(misuse(/cipher suite/));
  });

  it('has none of which its provider lacks a part', () => {
    const hashes = provider.hashes.filter(({ name }) => name !== 'sha1');
    const options = { legacy, versions: ['TLSv1'] as const, cipherSuites: ['TLS_RSA_WITH_RC4_128_MD5'] };
    expect(define({ ...options, provider: { ...provider, hashes } })).toThrowError(misuse(/parts that TLSv1 needs/));
  });
});

/** The records of an output, whole. */
function recordsOf(output: readonly Uint8Array[]): Uint8Array[] {
  const bytes = concat(...output);
  const records: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 5 + (((bytes[at + 3] as number) << 8) | (bytes[at + 4] as number));
    records.push(bytes.subarray(at, end));
    at = end;
  }
  return records;
}
