/**
 * The key exchanges of TLS 1.2 that have to be named, between both of our ends: DHE with groups and parameters of all kinds, pre-shared keys
 * alone and with ECDHE and DHE; every suite of theirs, full and resumed.
 */

import { beforeAll, describe, expect, it } from 'vitest';
import { type ClientOptions, defineClientConfig, defineServerConfig, type ServerOptions } from '../../src/connection/config.ts';
import { createTestPki, type TestPki } from '../../src/connection/pair.fixture.ts';
import { concat, toHex, utf8 } from '../../src/core/bytes/bytes.ts';
import { ApiMisuse } from '../../src/core/errors/errors.ts';
import { EXTENSION_TYPES } from '../../src/core/registry/extension-types.ts';
import { FFDHE2048, FFDHE3072 } from '../../src/crypto/finite-field.ts';
import { nodeProvider } from '../../src/crypto/node/provider.ts';
import { createX509Verifier } from '../../src/pki/x509/verifier.ts';
import { TLS12_CIPHER_SUITES } from '../../src/protocol/handshake/tls12/cipher-suites.ts';
import { type RawMessage, readMessage, ServerHello } from '../../src/protocol/messages/messages.ts';
import type { ClientSession } from '../../src/protocol/session/client-session.ts';
import { createSessionCache } from '../../src/protocol/session/session-cache.ts';
import { HandshakeInput } from '../../src/transport/tls/handshake-input.ts';
import { RECORD_HEADER_SIZE } from '../../src/transport/tls/record-input.ts';
import { connectEnds, connectEndsLater, cutNumber, type Ends, expectAgreement, expectData, startEnds } from './ends.ts';

const provider = nodeProvider;
const key = utf8('sixteen bytes or more of a secret');
const identity = utf8('sensor-17');
const lookUpPreSharedKey: ServerOptions['lookUpPreSharedKey'] = (name) =>
  toHex(name) === toHex(identity) ? { key: key.slice() } : undefined;

let rsa: TestPki;
let p256: TestPki;
beforeAll(async () => {
  rsa = await createTestPki(provider, { kind: 'rsa', bits: 2048 });
  p256 = await createTestPki(provider, { kind: 'ec', curve: 'secp256r1' });
});

const verifierOf = (pki: TestPki) => createX509Verifier({ provider, trustAnchors: pki.anchors });

function dheEnds(client: Partial<ClientOptions> = {}, server: Partial<ServerOptions> = {}): Ends {
  const common = { provider, cipherSuites: ['TLS_DHE_RSA_WITH_AES_128_GCM_SHA256'] };
  return connectEnds(
    defineClientConfig({ ...common, verifier: verifierOf(rsa), ...client }),
    defineServerConfig({ ...common, credentials: [rsa.server], ...server }),
  );
}

/** The server has no certificate, unless the options say more. */
function pskEnds(client: Partial<ClientOptions> = {}, server: Partial<ServerOptions> = {}): Ends {
  const common = { provider, cipherSuites: ['TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256'] };
  return connectEnds(
    defineClientConfig({ ...common, verifier: verifierOf(p256), preSharedKeys: [{ identity, key }], ...client }),
    defineServerConfig({ ...common, lookUpPreSharedKey, ...server }),
  );
}

const named = (exchanges: readonly string[]) =>
  TLS12_CIPHER_SUITES.filter(({ keyExchange }) => exchanges.includes(keyExchange.name)).map(({ name }) => name);

const WAYS: Readonly<Record<string, Partial<ServerOptions>>> = {
  ticket: {},
  id: { tickets: 0, sessionCache: createSessionCache() },
};

for (const [way, resumption] of Object.entries(WAYS)) {
  describe(`full, and resumed by ${way}`, () => {
    it.each(named(['DHE']))('%s', (suite) => {
      const client = defineClientConfig({ provider, verifier: verifierOf(rsa), cipherSuites: [suite] });
      const server = defineServerConfig({ provider, credentials: [rsa.server], cipherSuites: [suite], ...resumption });
      expectFullAndResumed(client, server, suite, { kind: 'verified' });
    });

    it.each(named(['PSK', 'ECDHE_PSK', 'DHE_PSK']))('%s', (suite) => {
      const preSharedKeys = [{ identity, key }];
      const client = defineClientConfig({ provider, verifier: verifierOf(p256), cipherSuites: [suite], preSharedKeys });
      const server = defineServerConfig({ provider, lookUpPreSharedKey, cipherSuites: [suite], ...resumption });
      const ends = expectFullAndResumed(client, server, suite, { kind: 'psk', identity });
      expect(ends.server.info?.peer).toEqual({ kind: 'psk', identity });
    });
  });
}

function expectFullAndResumed(
  client: ReturnType<typeof defineClientConfig>,
  server: ReturnType<typeof defineServerConfig>,
  suite: string,
  peer: object,
): Ends {
  const cut = cutNumber(suite.length);
  const full = connectEnds(client, server, {}, cut);
  expectAgreement(full);
  expect(full.client.info).toMatchObject({ version: 'TLSv1.2', suite: { name: suite }, resumed: false, peer });
  expectData(full, cut);
  const [event] = full.clientSide.of('session');
  const resumed = connectEnds(client, server, { session: (event as { session: ClientSession }).session }, cut);
  expectAgreement(resumed);
  expect(resumed.client.info).toMatchObject({ suite: { name: suite }, resumed: true, peer });
  expectData(resumed, cut);
  return full;
}

describe('DHE', () => {
  it('takes ffdhe2048 for a client that lists no finite field group', () => {
    expect(dheEnds().client.info?.group?.name).toBe('ffdhe2048');
  });

  it('takes our first group that the client lists', () => {
    const groups = ['x25519', 'secp256r1', 'ffdhe4096', 'ffdhe3072'];
    const ends = dheEnds({ groups }, { groups: ['secp256r1', 'ffdhe2048', 'ffdhe3072'] });
    expect([ends.client.info?.group?.name, ends.server.info?.group?.name]).toEqual(['ffdhe3072', 'ffdhe3072']);
  });

  it.each(['ffdhe4096', 'ffdhe6144', 'ffdhe8192'])('takes %s where both name it', (group) => {
    const ends = dheEnds({ groups: ['x25519', group] }, { groups: ['x25519', group] });
    expectAgreement(ends);
    expect([ends.client.info?.group?.name, ends.server.info?.group?.name]).toEqual([group, group]);
  });

  it('is not spoken with a client that lists only groups that we do not have', () => {
    const ends = dheEnds({ groups: ['x25519', 'ffdhe3072'] }, { groups: ['x25519', 'ffdhe2048'] });
    expect(ends.serverSide.error).toMatchObject({ code: 'ERR_TLS_PEER_INCOMPATIBLE', subject: 'finite_field_group' });
    expect(ends.clientSide.error).toMatchObject({ code: 'ERR_TLS_ALERT_RECEIVED', description: 'insufficient_security' });
  });

  it('takes the server’s own parameters, for which there is no name', () => {
    // A safe prime of 2048 bits: group 14 of RFC 3526.
    const ends = dheEnds({}, { diffieHellmanParameters: { prime: MODP_2048, generator: Uint8Array.of(2) } });
    expectAgreement(ends);
    expect([ends.client.info?.group, ends.server.info?.group]).toEqual([undefined, undefined]);
    expectData(ends);
  });

  it('takes the server’s own parameters by their name if a client lists it', () => {
    const ends = dheEnds({ groups: ['x25519', 'ffdhe3072'] }, { diffieHellmanParameters: FFDHE3072 });
    expect(ends.client.info?.group?.name).toBe('ffdhe3072');
    const other = dheEnds({ groups: ['x25519', 'ffdhe3072'] }, { diffieHellmanParameters: FFDHE2048 });
    // The curve that both have is of no use to DHE (RFC 7919 §4).
    expect(other.serverSide.error).toMatchObject({ subject: 'finite_field_group', alert: 'insufficient_security' });
  });

  // RFC 7919 §3: "it MAY decide to terminate the connection with a fatal insufficient_security(71) alert"
  // RFC 7919 §3.1: "MUST reject any group with |dh_p| < 768 bits"
  it('ends with insufficient_security for a prime that is too short for the client', () => {
    const ends = dheEnds({ minDiffieHellmanBits: 3072 }, { diffieHellmanParameters: FFDHE2048 });
    expect(ends.clientSide.error).toMatchObject({ reason: 'dh_prime_too_short', alert: 'insufficient_security' });
    expect(ends.serverSide.error).toMatchObject({ description: 'insufficient_security' });
  });

  it('refuses parameters that cannot be used, when the config is made', () => {
    const options = { provider, credentials: [rsa.server] };
    const even = { prime: MODP_2048.with(-1, 0xfe), generator: Uint8Array.of(2) };
    for (const diffieHellmanParameters of [
      { prime: Uint8Array.of(23), generator: Uint8Array.of(5) },
      { prime: MODP_2048, generator: Uint8Array.of(1) },
      even,
    ]) {
      const define = () => defineServerConfig({ ...options, diffieHellmanParameters });
      expect(define).toThrowError(ApiMisuse);
      expect(define).toThrowError(expect.objectContaining({ code: 'ERR_TLS_OPTION_RANGE' }));
    }
    expect(() => defineClientConfig({ provider, verifier: verifierOf(rsa), minDiffieHellmanBits: 512 })).toThrowError(
      expect.objectContaining({ code: 'ERR_TLS_OPTION_RANGE' }),
    );
  });
});

describe('a pre-shared key in TLS 1.2', () => {
  it('is chosen by the hint of the server', () => {
    const hints: (string | undefined)[] = [];
    const choosePreSharedKey: ClientOptions['choosePreSharedKey'] = (hint) => {
      hints.push(hint && new TextDecoder().decode(hint));
      return { identity, key };
    };
    for (const cipherSuites of [['TLS_PSK_WITH_AES_128_GCM_SHA256'], ['TLS_DHE_PSK_WITH_AES_128_GCM_SHA256']]) {
      const client = { preSharedKeys: [], choosePreSharedKey, cipherSuites };
      expectAgreement(pskEnds(client, { cipherSuites }));
      expectAgreement(pskEnds(client, { cipherSuites, pskIdentityHint: utf8('plant 4') }));
    }
    expect(hints).toEqual([undefined, 'plant 4', undefined, 'plant 4']);
  });

  // RFC 4279 §2: "If the server does not recognize the PSK identity, it MAY respond with an 'unknown_psk_identity' alert message."
  it('ends with unknown_psk_identity for an identity that the server does not know', () => {
    const ends = pskEnds({ preSharedKeys: [{ identity: utf8('nobody'), key }] });
    expect(ends.serverSide.error).toMatchObject({ reason: 'psk_identity_unknown', alert: 'unknown_psk_identity' });
    expect(ends.clientSide.error).toMatchObject({ description: 'unknown_psk_identity' });
  });

  it('ends with bad_record_mac for another key: the Finished of the client cannot be read', () => {
    const ends = pskEnds({ preSharedKeys: [{ identity, key: utf8('another key of sixteen bytes') }] });
    expect(ends.serverSide.error).toMatchObject({ reason: 'bad_record_mac', alert: 'bad_record_mac' });
  });

  it('ends with handshake_failure at a client that has no key for the hint of the server', () => {
    const ends = pskEnds({ preSharedKeys: [], choosePreSharedKey: () => undefined });
    expect(ends.clientSide.error).toMatchObject({ code: 'ERR_TLS_PEER_INCOMPATIBLE', alert: 'handshake_failure' });
  });

  it('is not offered by a client without keys, nor with one that is to be imported, which is for TLS 1.3', () => {
    const cipherSuites = ['TLS_PSK_WITH_AES_128_GCM_SHA256', 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'];
    for (const preSharedKeys of [[], [{ identity, key, imported: {} }]]) {
      const ends = pskEnds({ cipherSuites, preSharedKeys }, { cipherSuites, credentials: [p256.server] });
      expect(ends.client.info?.suite.name).toBe('TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256');
    }
    expect(pskEnds({ preSharedKeys: [] }).clientSide.error).toMatchObject({ code: 'ERR_TLS_PSK' });
  });

  it('is not agreed on by a server without keys: the suites with certificates are', () => {
    const cipherSuites = ['TLS_PSK_WITH_AES_128_GCM_SHA256', 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'];
    const ends = pskEnds({ cipherSuites }, { cipherSuites, lookUpPreSharedKey: undefined, credentials: [p256.server] });
    expect(ends.client.info?.suite.name).toBe('TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256');
    const byKey = pskEnds({ cipherSuites }, { cipherSuites, credentials: [p256.server] });
    expect(byKey.client.info?.suite.name).toBe('TLS_PSK_WITH_AES_128_GCM_SHA256');
  });

  it('is asked for no certificate, and needs none where clients have to show one', () => {
    const ends = pskEnds({}, { credentials: [p256.server], clientCertificates: 'require', verifier: verifierOf(p256) });
    expectAgreement(ends);
    expect(ends.server.info?.peer.kind).toBe('psk');
  });

  it('may have no name at all (RFC 4279 §2)', () => {
    const nameless = { identity: new Uint8Array(0), key };
    const ends = pskEnds(
      { preSharedKeys: [], choosePreSharedKey: () => nameless },
      { lookUpPreSharedKey: () => ({ key: key.slice() }) },
    );
    expect([ends.clientSide.error, ends.serverSide.error]).toEqual([undefined, undefined]);
    expect(ends.server.info?.peer).toEqual({ kind: 'psk', identity: new Uint8Array(0) });
  });

  it('may have a name that no session can carry: then there is none', () => {
    const long = { identity: new Uint8Array(65500).fill(1), key };
    const ends = pskEnds(
      { preSharedKeys: [], choosePreSharedKey: () => long },
      { lookUpPreSharedKey: () => ({ key: key.slice() }) },
    );
    expect([ends.clientSide.error, ends.serverSide.error]).toEqual([undefined, undefined]);
    expect(ends.clientSide.of('session')).toEqual([]);
  });

  it('waits for a key that takes its time', async () => {
    const common = { provider, cipherSuites: ['TLS_PSK_WITH_AES_128_GCM_SHA256'] };
    const later = async () => ({ key: key.slice() });
    const client = defineClientConfig({ ...common, verifier: verifierOf(p256), preSharedKeys: async () => [{ identity, key }] });
    const ends = await connectEndsLater(client, defineServerConfig({ ...common, lookUpPreSharedKey: later }));
    expectAgreement(ends);
  });
});

describe('suites in CBC mode', () => {
  const cipherSuites = ['TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256'];
  const withoutEncryptThenMac: Partial<ClientOptions> = {
    shapeClientHello: (extensions) => extensions.filter(({ type }) => type !== 22),
  };
  const cbcEnds = (client: Partial<ClientOptions>, server: Partial<ServerOptions>) =>
    connectEnds(
      defineClientConfig({ provider, verifier: verifierOf(p256), cipherSuites, ...client }),
      defineServerConfig({ provider, credentials: [p256.server], cipherSuites, ...server }),
    );

  it('are not agreed on with a client that does not know encrypt_then_mac', () => {
    const ends = cbcEnds(withoutEncryptThenMac, {});
    expect(ends.serverSide.error).toMatchObject({ code: 'ERR_TLS_PEER_INCOMPATIBLE', subject: 'suite' });
  });

  it('are left by a client whose server does not know it', () => {
    const ends = cbcEnds(withoutEncryptThenMac, { insecureMacThenEncrypt: true });
    expect(ends.clientSide.error).toMatchObject({ reason: 'encrypt_then_mac_missing', alert: 'handshake_failure' });
  });

  it('do without it when both sides allow that in so many words', () => {
    const insecureMacThenEncrypt = true;
    const ends = cbcEnds({ ...withoutEncryptThenMac, insecureMacThenEncrypt }, { insecureMacThenEncrypt });
    expectAgreement(ends);
    expectData(ends);
  });
});

/** The prime of group 14 (RFC 3526 §3). */
const MODP_2048 = Uint8Array.from(
  (
    'FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD' +
    'EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED' +
    'EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F' +
    '83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B' +
    'E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA0510' +
    '15728E5A8AACAA68FFFFFFFFFFFFFFFF'
  ).match(/../g) as string[],
  (byte) => Number.parseInt(byte, 16),
);

describe('ec_point_formats of a server', () => {
  // "… when negotiating an ECC cipher suite." (RFC 8422 §5.2)
  it.each([
    ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', true],
    ['TLS_DHE_RSA_WITH_AES_128_GCM_SHA256', false],
  ] as const)('answers the client with %s: %s', (suite, answers) => {
    const common = { provider, versions: ['TLSv1.2'] as const };
    const offered = ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'TLS_DHE_RSA_WITH_AES_128_GCM_SHA256'];
    const { client, server } = startEnds(
      defineClientConfig({ ...common, verifier: verifierOf(rsa), cipherSuites: offered }),
      defineServerConfig({ ...common, cipherSuites: [suite], credentials: [rsa.server] }),
    );
    server.receive(concat(...client.takeOutput()));
    const flight = new HandshakeInput(65536);
    flight.push(concat(...server.takeOutput()).subarray(RECORD_HEADER_SIZE));
    const hello = readMessage(ServerHello, flight.next() as RawMessage);
    expect(hello.extensions.list.some(({ type }) => type === EXTENSION_TYPES.ec_point_formats)).toBe(answers);
  });
});
