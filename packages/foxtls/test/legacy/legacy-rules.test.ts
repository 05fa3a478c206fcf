/**
 * What `foxtls/legacy` must not change, and where its parts end: rules broken once each, with the alert that follows.
 */

import { beforeAll, describe, expect, it } from 'vitest';
import { type ClientOptions, defineClientConfig, defineServerConfig, type ServerOptions } from '../../src/connection/config.ts';
import { concat, utf8 } from '../../src/core/bytes/bytes.ts';
import { SIGNATURE_SCHEMES, TLS12_SIGNATURE_SCHEMES } from '../../src/core/registry/signature-schemes.ts';
import type { KeyExchangeGroup } from '../../src/crypto/key-exchange.ts';
import { nodeProvider } from '../../src/crypto/node/provider.ts';
import { portableProvider } from '../../src/crypto/portable/provider.ts';
import { legacy, legacyCipherSuites, legacySignatureSchemes, rsa_pkcs1_sha1 } from '../../src/legacy.ts';
import { trustWithoutVerification } from '../../src/pki/x509/verifier.ts';
import type { X509Credential } from '../../src/protocol/handshake/credential.ts';
import type { Tls12CipherSuiteParts } from '../../src/protocol/handshake/tls12/cipher-suites.ts';
import type { RawExtension } from '../../src/protocol/messages/extensions/block.ts';
import type { ClientSession } from '../../src/protocol/session/client-session.ts';
import { createSealer } from '../../src/protocol/session/sealer.ts';
import { connectEnds, connectEndsLater, type Ends, expectAgreement, startEnds } from '../matrix/ends.ts';
import { createLegacyWorld, type LegacyWorld, optionsFor, verifierOf } from '../matrix/legacy-world.ts';
import { before, changeMessages, type Message, replace, without } from './flight.ts';

const provider = nodeProvider;
let world: LegacyWorld;
beforeAll(() => {
  world = createLegacyWorld();
}, 60_000);

const suiteNamed = (name: string) => legacyCipherSuites.find((suite) => suite.name === name) as Tls12CipherSuiteParts;

interface Changes {
  readonly client?: Partial<ClientOptions>;
  readonly server?: Partial<ServerOptions>;
  readonly session?: ClientSession;
}

function connect(suite: string, { client = {}, server = {}, session }: Changes = {}): Ends {
  const options = optionsFor(world, suiteNamed(suite));
  const ends = [
    { ...options.client, ...client },
    { ...options.server, ...server },
  ] as const;
  return connectEnds(defineClientConfig(ends[0]), defineServerConfig(ends[1]), { session });
}

function sessionOf({ clientSide }: Ends): ClientSession {
  const [event] = clientSide.of('session');
  return event?.session ?? expect.fail('no session');
}

type Edit = (messages: readonly Message[]) => readonly Message[];

/** The server's first flight, changed on its way. */
function withServerFlight(suite: string, edit: Edit, changes: Changes = {}): Ends {
  const options = optionsFor(world, suiteNamed(suite));
  const ends = startEnds(
    defineClientConfig({ ...options.client, ...changes.client }),
    defineServerConfig({ ...options.server, ...changes.server }),
  );
  ends.server.receive(concat(...ends.client.takeOutput()));
  ends.client.receive(changeMessages(concat(...ends.server.takeOutput()), edit));
  ends.server.receive(concat(...ends.client.takeOutput()));
  return ends;
}

/** The client's second flight, changed on its way. */
function withClientFlight(suite: string, edit: Edit, changes: Changes = {}): Ends {
  const options = optionsFor(world, suiteNamed(suite));
  const ends = startEnds(
    defineClientConfig({ ...options.client, ...changes.client }),
    defineServerConfig({ ...options.server, ...changes.server }),
  );
  ends.server.receive(concat(...ends.client.takeOutput()));
  ends.client.receive(concat(...ends.server.takeOutput()));
  ends.server.receive(changeMessages(concat(...ends.client.takeOutput()), edit));
  ends.client.receive(concat(...ends.server.takeOutput()));
  return ends;
}

/** The first end says why, the other one gets the alert. */
function expectEnd({ clientSide, serverSide }: Ends, breaker: 'client' | 'server', reason: string, description: string): void {
  const [victim, other] = breaker === 'server' ? [clientSide, serverSide] : [serverSide, clientSide];
  expect(victim.error).toMatchObject({ reason });
  expect(other.error).toMatchObject({ code: 'ERR_TLS_ALERT_RECEIVED', description });
}

const ADH = 'TLS_DH_anon_WITH_AES_128_GCM_SHA256';
const AECDH = 'TLS_ECDH_anon_WITH_AES_128_CBC_SHA';
const RSA = 'TLS_RSA_WITH_AES_128_GCM_SHA256';
const ECDH = 'TLS_ECDH_ECDSA_WITH_AES_128_GCM_SHA256';
const DSS = 'TLS_DHE_DSS_WITH_AES_128_GCM_SHA256';

describe('anonymous suites', () => {
  it('are negotiated only by name, on both sides', () => {
    const named = [ADH];
    const server = { provider, legacy, credentials: [world.server.ec] };
    const client = { provider, legacy, verifier: verifierOf(world) };
    for (const [ours, theirs] of [
      [{}, { cipherSuites: [...named, 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'] }],
      [{ cipherSuites: [...named, 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'] }, {}],
    ] as const) {
      const ends = connectEnds(defineClientConfig({ ...client, ...ours }), defineServerConfig({ ...server, ...theirs }));
      expectAgreement(ends);
      expect(ends.client.info?.suite.name).not.toContain('anon');
      expect(ends.client.info?.peer.kind).toBe('verified');
    }
  });

  it('are not in what a config has unless they are named', () => {
    const config = defineClientConfig({ provider, legacy, verifier: verifierOf(world) });
    expect([...config.suites, ...config.tls12Suites].filter(({ name }) => /anon|NULL|RC4|3DES|TLS_RSA/.test(name))).toEqual([]);
  });

  it.each([ADH, AECDH])('%s is refused where clients have to have a certificate', (suite) => {
    const verifier = verifierOf(world);
    const ends = connect(suite, {
      server: { clientCertificates: 'require', verifier },
      client: { credentials: [world.client.ec] },
    });
    expect(ends.serverSide.error).toMatchObject({ code: 'ERR_TLS_PEER_INCOMPATIBLE', subject: 'suite' });
    expect(ends.clientSide.error).toMatchObject({ description: 'handshake_failure' });
  });

  it('have no session that is resumed under a suite with certificates', () => {
    const ticketSealer = createSealer(provider, new Uint8Array(32).fill(7), 'ticket');
    const full = connect(ADH, { server: { ticketSealer } });
    const session = sessionOf(full);
    const config = { client: { cipherSuites: [ADH, RSA] }, server: { cipherSuites: [ADH, RSA], ticketSealer } };
    expect(connect(ADH, { ...config, session }).client.info?.resumed).toBe(true);
    expect(connect(RSA, { server: { ticketSealer }, session }).client.info).toMatchObject({
      resumed: false,
      peer: { kind: 'verified' },
    });
    const forged = { ...session, suite: 0x009c } as ClientSession;
    expect(connect(ADH, { ...config, session: forged }).client.info?.resumed).toBe(false);
  });

  // RFC 5246 §7.4.4: "It is a fatal handshake_failure alert for an anonymous server to request client authentication."
  it('end when the server asks for a certificate', () => {
    const request = { type: 'certificate_request', body: Uint8Array.of(1, 1, 0, 2, 4, 1, 0, 0) } as const;
    expectEnd(
      withServerFlight(ADH, before('server_hello_done', request)),
      'server',
      'certificate_request_anonymous',
      'handshake_failure',
    );
  });

  it('end when the server leaves out its parameters, or shows a certificate', () => {
    expectEnd(withServerFlight(ADH, without('server_key_exchange')), 'server', 'message_unexpected', 'unexpected_message');
    const certificate = { type: 'certificate', body: Uint8Array.of(0, 0, 0) } as const;
    expectEnd(
      withServerFlight(ADH, before('server_key_exchange', certificate)),
      'server',
      'message_unexpected',
      'unexpected_message',
    );
  });

  it('end when something follows the parameters, as a signature would', () => {
    const ends = withServerFlight(
      ADH,
      replace('server_key_exchange', (body) => concat(body, Uint8Array.of(4, 1, 0, 0))),
    );
    expect(ends.clientSide.error).toMatchObject({ code: 'ERR_TLS_DECODE' });
    expect(ends.serverSide.error).toMatchObject({ description: 'decode_error' });
  });
});

describe('static RSA and static ECDH', () => {
  const params = { type: 'server_key_exchange', body: Uint8Array.of(3, 0, 23, 1, 4) } as const;

  it.each([RSA, ECDH])('%s ends when the server sends parameters', (suite) => {
    expectEnd(withServerFlight(suite, before('server_hello_done', params)), 'server', 'message_unexpected', 'unexpected_message');
  });

  it.each([RSA, ECDH])('%s ends when the server shows no certificate', (suite) => {
    expectEnd(withServerFlight(suite, without('certificate')), 'server', 'message_unexpected', 'unexpected_message');
  });

  it.each([
    [RSA, 'ec'],
    [ECDH, 'rsa'],
    [DSS, 'rsa'],
  ] as const)('%s ends with the certificate of a key of another kind', (suite, kind) => {
    const [leaf] = world.server[kind].chain as [Uint8Array];
    const size = (length: number) => Uint8Array.of(0, length >> 8, length);
    const body = concat(size(leaf.length + 3), size(leaf.length), leaf);
    const ends = withServerFlight(
      suite,
      replace('certificate', () => body),
    );
    expectEnd(ends, 'server', 'certificate_unfit_for_suite', 'illegal_parameter');
  });

  it.each([
    [RSA, 'rsa', 'keyEncipherment'],
    [ECDH, 'ec', 'keyAgreement'],
  ] as const)('%s ends with a certificate whose key is for signing (%s, no %s)', (suite, kind, bit) => {
    const ends = connect(suite, { server: { credentials: [world.signingOnly[kind]] } });
    expect(ends.clientSide.error?.message).toContain(bit);
    expectEnd(ends, 'server', 'certificate_unsuitable', 'bad_certificate');
  });

  it.each([
    ['not on the curve', (point: Uint8Array) => point.map((byte, i) => (i === point.length - 1 ? byte ^ 1 : byte))],
    ['the point at infinity', () => Uint8Array.of(0)],
    ['compressed', (point: Uint8Array) => concat(Uint8Array.of(2), point.subarray(1, 33))],
    ['of another curve', () => concat(Uint8Array.of(4), new Uint8Array(96).fill(7))],
  ])('an ECDH key answers no point that is %s (invalid curve attack)', async (_what, edit) => {
    const group = provider.groups.find(({ name }) => name === 'secp256r1') as KeyExchangeGroup;
    const bad: KeyExchangeGroup = {
      ...group,
      start: (random) => group.start(random),
      async respond(share, random) {
        const { share: ours, secret } = await group.respond(share, random);
        return { share: edit(ours), secret };
      },
    };
    const client = { provider: { ...provider, groups: [bad] }, groups: ['secp256r1'] };
    const options = optionsFor(world, suiteNamed(ECDH));
    const ends = connectEndsLater(defineClientConfig({ ...options.client, ...client }), defineServerConfig(options.server));
    expectEnd(await ends, 'client', 'key_share_invalid', 'illegal_parameter');
  });

  it('ECDH takes no client whose half would be in its certificate', () => {
    const ends = withClientFlight(
      ECDH,
      replace('client_key_exchange', () => new Uint8Array(0)),
    );
    expect(ends.serverSide.error).toMatchObject({ code: 'ERR_TLS_DECODE' });
    expect(ends.clientSide.error).toMatchObject({ description: 'decode_error' });
  });

  it('ECDH ends with a key on a curve that the client did not offer', () => {
    const ends = connect(ECDH, { client: { groups: ['x25519', 'secp384r1'] } });
    expect(ends.serverSide.error).toMatchObject({ code: 'ERR_TLS_PEER_INCOMPATIBLE' });
  });

  it('RSA works with a client that names no scheme that we could sign by', () => {
    const shapeClientHello = (list: readonly RawExtension[]) => list.filter(({ type }) => type !== 13);
    const ends = connect(RSA, { client: { shapeClientHello } });
    expectAgreement(ends);
    const signing = connect(DSS, { client: { shapeClientHello } });
    expect(signing.serverSide.error).toMatchObject({ code: 'ERR_TLS_PEER_INCOMPATIBLE' });
  });

  it('are not chosen for a credential that can only sign', () => {
    const { decrypter: _, ...signing } = world.server.rsa as X509Credential & { decrypter: unknown };
    const cipherSuites = [RSA, 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'];
    const ends = connect(RSA, { client: { cipherSuites }, server: { cipherSuites, credentials: [signing as X509Credential] } });
    expect(ends.client.info?.suite.name).toBe('TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256');
  });

  it('take no decrypter of another kind than the signer', () => {
    const mixed: X509Credential = { ...world.server.rsa, decrypter: world.server.ec.decrypter };
    expect(() => defineServerConfig({ provider, credentials: [mixed] })).toThrow(
      expect.objectContaining({ code: 'ERR_TLS_CREDENTIAL' }),
    );
  });

  it('RSA is not there with a provider that cannot encrypt to keys', () => {
    const verifier = verifierOf(world);
    const options = { provider: portableProvider, legacy, verifier, cipherSuites: [RSA] };
    expect(() => defineClientConfig(options)).toThrow(expect.objectContaining({ code: 'ERR_TLS_UNKNOWN_NAME' }));
  });
});

describe('SLOTH', () => {
  it('finds no signature scheme with MD5 here', () => {
    const names = legacySignatureSchemes.map(({ name, algorithm }) => `${name} ${'hash' in algorithm && algorithm.hash}`);
    expect(names.filter((name) => /md5/i.test(name))).toEqual([]);
  });

  it.each(Object.entries(TLS12_SIGNATURE_SCHEMES))('gets no server to sign by %s', (_name, id) => {
    const shapeClientHello = (list: readonly RawExtension[]) =>
      list.map(({ type, data }) => (type === 13 ? { type, data: Uint8Array.of(0, 2, id >> 8, id & 0xff) } : { type, data }));
    const cipherSuites = ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'];
    const ends = connect(RSA, { client: { cipherSuites, shapeClientHello }, server: { cipherSuites } });
    expect(ends.serverSide.error).toMatchObject({ code: 'ERR_TLS_PEER_INCOMPATIBLE' });
    expect(ends.clientSide.error).toMatchObject({ description: 'handshake_failure' });
  });

  it.each(['rsa_pkcs1_md5', 'rsa_pkcs1_sha1', 'dsa_sha1_RESERVED'] as const)(
    'gets no client to take a signature by %s that it did not offer',
    (name) => {
      const id = { ...SIGNATURE_SCHEMES, ...TLS12_SIGNATURE_SCHEMES }[name];
      const cipherSuites = ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'];
      // curve_type, named_curve, and a point of so many bytes stand before the scheme.
      const edit = (body: Uint8Array) => {
        const at = 4 + (body[3] as number);
        return body.map((byte, i) => (i === at ? id >> 8 : i === at + 1 ? id & 0xff : byte));
      };
      const ends = withServerFlight(RSA, replace('server_key_exchange', edit), {
        client: { cipherSuites },
        server: { cipherSuites },
      });
      expectEnd(ends, 'server', 'signature_scheme_not_offered', 'illegal_parameter');
    },
  );
});

describe('signature schemes of foxtls/legacy', () => {
  const cipherSuites = ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'];

  it('sign the handshakes of TLS 1.2 when both sides name them', () => {
    const signatureSchemes = ['rsa_pkcs1_sha1', 'ecdsa_sha1'];
    const verifier = trustWithoutVerification('the certificates are signed by ECDSA with SHA-256');
    const ends = connect(RSA, {
      client: { cipherSuites, signatureSchemes, verifier, credentials: [world.client.ec] },
      server: { cipherSuites, signatureSchemes, verifier, clientCertificates: 'require' },
    });
    expectAgreement(ends);
    expect(ends.client.info?.signatureScheme?.name).toBe(rsa_pkcs1_sha1.name);
    expect(ends.server.info?.peer).toMatchObject({ certificates: world.client.ec.chain });
  });

  it('are never offered without being named', () => {
    const config = defineClientConfig({ provider, legacy, verifier: verifierOf(world) });
    expect(config.signatureSchemes.filter(({ weakness }) => weakness !== undefined)).toEqual([]);
    expect(config.signingSchemes.filter(({ weakness }) => weakness !== undefined)).toEqual([]);
  });

  it('sign no handshake of TLS 1.3', () => {
    const signatureSchemes = ['rsa_pkcs1_sha1'];
    const options = { provider, legacy, signatureSchemes, versions: ['TLSv1.3'] } as const;
    const verifier = verifierOf(world);
    const ends = connectEnds(
      defineClientConfig({ ...options, verifier }),
      defineServerConfig({ ...options, credentials: [world.server.rsa] }),
    );
    expect(ends.serverSide.error).toMatchObject({ code: 'ERR_TLS_PEER_INCOMPATIBLE' });
  });

  it('have to be named for a key of DSA', () => {
    expect(() => defineServerConfig({ provider, legacy, credentials: [world.server.dsa] })).toThrow(
      expect.objectContaining({ code: 'ERR_TLS_CREDENTIAL' }),
    );
  });
});

describe('warnings', () => {
  it('say once for each config and thing what was negotiated, with whom, and what is wrong with it', () => {
    const told: Record<'client' | 'server', [string, string][]> = { client: [], server: [] };
    const options = optionsFor(world, suiteNamed('TLS_RSA_WITH_RC4_128_SHA'));
    const warn = (side: 'client' | 'server') => (message: string, name: string) => void told[side].push([name, message]);
    const client = defineClientConfig({ ...options.client, warn: warn('client') });
    const server = defineServerConfig({ ...options.server, warn: warn('server') });
    const session = sessionOf(connectEnds(client, server));
    connectEnds(client, server, { session });
    expect(told.client).toHaveLength(1);
    expect(told.client[0]).toEqual([
      'TLS_RSA_WITH_RC4_128_SHA',
      expect.stringMatching(/^TLS_RSA_WITH_RC4_128_SHA was negotiated with localhost: RC4 is broken.*forward secrecy/),
    ]);
    expect(told.server).toEqual([[told.client[0]?.[0], expect.stringContaining('was negotiated with a client')]]);
  });

  it('name the signature schemes of both sides', () => {
    const names: string[] = [];
    const warn = (_message: string, name: string) => void names.push(name);
    const signatureSchemes = ['rsa_pkcs1_sha1', 'ecdsa_sha1'];
    const cipherSuites = ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'];
    const verifier = trustWithoutVerification('only the warnings matter');
    connect(RSA, {
      client: { cipherSuites, signatureSchemes, verifier, credentials: [world.client.ec], warn },
      server: { cipherSuites, signatureSchemes, verifier, clientCertificates: 'require', warn },
    });
    expect(names.sort()).toEqual(['ecdsa_sha1', 'ecdsa_sha1', 'rsa_pkcs1_sha1', 'rsa_pkcs1_sha1']);
  });

  it('say nothing of what needs no foxtls/legacy', () => {
    const names: string[] = [];
    const warn = (_message: string, name: string) => void names.push(name);
    const cipherSuites = ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'];
    expectAgreement(connect(RSA, { client: { cipherSuites, warn }, server: { cipherSuites, warn } }));
    expect(names).toEqual([]);
  });
});

it('a null suite sends what everybody can read', () => {
  const options = optionsFor(world, suiteNamed('TLS_RSA_WITH_NULL_SHA'));
  const ends = connectEnds(defineClientConfig(options.client), defineServerConfig(options.server));
  ends.client.send(utf8('in the clear'));
  expect(new TextDecoder().decode(concat(...ends.client.takeOutput()))).toContain('in the clear');
});
