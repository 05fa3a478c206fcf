import { beforeAll, describe, expect, it } from 'vitest';
import { type ClientOptions, defineClientConfig, defineServerConfig, type ServerOptions } from '../../src/connection/config.ts';
import { createTestPki, exchangeSync, type TestPki, VALID } from '../../src/connection/pair.fixture.ts';
import { concat, EMPTY } from '../../src/core/bytes/bytes.ts';
import { ApiMisuse } from '../../src/core/errors/errors.ts';
import { decode } from '../../src/core/wire/codec.ts';
import { nodeProvider as provider } from '../../src/crypto/node/provider.ts';
import type { PeerVerifier, VerifyRequest } from '../../src/crypto/peer-verifier.ts';
import { portableProvider } from '../../src/crypto/portable/provider.ts';
import type { KeyGenerationRequest, PrivateKey } from '../../src/crypto/signature.ts';
import { type CreatedCertificate, createCertificate, createCertificateAuthority } from '../../src/pki/x509/create-certificate.ts';
import { authorityNames, credentialOf, rawPublicKeyCredential } from '../../src/pki/x509/credential.ts';
import { createRawPublicKeyVerifier, verifyByKind } from '../../src/pki/x509/raw-public-key-verifier.ts';
import { createX509Verifier, reportOnly, trustWithoutVerification } from '../../src/pki/x509/verifier.ts';
import type { Credential, X509Credential } from '../../src/protocol/handshake/credential.ts';
import { EncryptedExtensions, HEADER_SIZE, ServerHello } from '../../src/protocol/messages/messages.ts';
import { createSealer } from '../../src/protocol/session/sealer.ts';
import { asynchronousVerifier, later } from './asynchronous.ts';
import {
  connectEnds,
  connectEndsLater,
  cutNumber,
  type Ends,
  type EndsOptions,
  expectAgreement,
  expectData,
  startEnds,
} from './ends.ts';

const P256: KeyGenerationRequest = { kind: 'ec', curve: 'secp256r1' };
const KINDS: readonly KeyGenerationRequest[] = [P256, { kind: 'ed25519' }, { kind: 'ed448' }, { kind: 'rsa', bits: 2048 }];

let pki: TestPki;
let serverKey: PrivateKey;
let clientKey: PrivateKey;
beforeAll(async () => {
  pki = await createTestPki(provider);
  serverKey = await provider.keys.generateKey(P256);
  clientKey = await provider.keys.generateKey({ kind: 'ed25519' });
});

const pinning = (...keys: PrivateKey[]) =>
  createRawPublicKeyVerifier({ provider, trustedKeys: keys.map(({ publicKey }) => publicKey.spki) });
const x509 = () => createX509Verifier({ provider, trustAnchors: pki.anchors });
const either = (...keys: PrivateKey[]) => verifyByKind({ x509: x509(), rawPublicKey: pinning(...keys) });

const RAW = ['raw-public-key'] as const;
const BOTH = ['raw-public-key', 'x509'] as const;

function connect(client: Partial<ClientOptions>, server: Partial<ServerOptions>, options: EndsOptions = {}, cut = 0): Ends {
  const clientConfig = defineClientConfig({ provider, verifier: x509(), ...client });
  const serverConfig = defineServerConfig({ provider, credentials: [pki.server], verifier: x509(), ...server });
  return connectEnds(clientConfig, serverConfig, options, cutNumber(cut));
}

/** The credential that the server chose. */
const shown = ({ client }: Ends) => {
  const peer = client.info?.peer;
  return peer !== undefined && 'certificates' in peer ? (peer.rawPublicKey ?? peer.certificates[0]) : undefined;
};

describe('raw public keys', () => {
  it.each(KINDS)('prove a server ($kind)', async (kind) => {
    const key = await provider.keys.generateKey(kind);
    const server = { credentials: [rawPublicKeyCredential(key)] };
    for (let cut = 0; cut < 4; cut++) {
      const ends = connect({ verifier: pinning(key), serverCertificateTypes: RAW }, server, {}, cut);
      expectAgreement(ends);
      const { spki } = key.publicKey;
      expect(ends.client.info?.peer).toEqual({ kind: 'verified', certificates: [], path: [], rawPublicKey: spki });
      expect(ends.server.info).toMatchObject({ localCertificates: [], localRawPublicKey: spki, peer: { kind: 'anonymous' } });
      expectData(ends);
    }
  });

  it('prove both ends', () => {
    const client = {
      verifier: pinning(serverKey),
      serverCertificateTypes: RAW,
      credentials: [rawPublicKeyCredential(clientKey)],
    };
    const server = {
      credentials: [rawPublicKeyCredential(serverKey)],
      clientCertificates: 'require',
      clientCertificateTypes: RAW,
      verifier: pinning(clientKey),
    } as const;
    const ends = connect(client, server);
    expectAgreement(ends);
    expect(ends.server.info?.peer).toMatchObject({ kind: 'verified', rawPublicKey: clientKey.publicKey.spki });
    expect(ends.client.info?.localRawPublicKey).toEqual(clientKey.publicKey.spki);
    expectData(ends);
  });

  it('of a client go with a certificate of the server', () => {
    const client = { credentials: [rawPublicKeyCredential(clientKey)] };
    const server = { clientCertificates: 'require', clientCertificateTypes: BOTH, verifier: either(clientKey) } as const;
    const ends = connect(client, server);
    expectAgreement(ends);
    expect(shown(ends)).toEqual(pki.server.chain[0]);
    expect(ends.server.info?.peer).toMatchObject({ kind: 'verified', rawPublicKey: clientKey.publicKey.spki });
  });

  it('of a server go with a certificate of the client', () => {
    const client = { verifier: pinning(serverKey), serverCertificateTypes: RAW, credentials: [pki.client] };
    const server = { credentials: [rawPublicKeyCredential(serverKey)], clientCertificates: 'require' } as const;
    const ends = connect(client, server);
    expectAgreement(ends);
    expect(ends.server.info?.peer).toMatchObject({ kind: 'verified', certificates: pki.client.chain });
  });

  it('are shown or not as the client prefers, of a server that has both', () => {
    const server = { credentials: [pki.server, rawPublicKeyCredential(serverKey)] };
    const show = (types: ClientOptions['serverCertificateTypes']) =>
      shown(connect({ verifier: either(serverKey), serverCertificateTypes: types }, server));
    expect(show(undefined)).toEqual(pki.server.chain[0]);
    expect(show(['x509', 'raw-public-key'])).toEqual(pki.server.chain[0]);
    expect(show(['raw-public-key', 'x509'])).toEqual(serverKey.publicKey.spki);
    expect(show(RAW)).toEqual(serverKey.publicKey.spki);
  });

  it('give way to a certificate where the server knows nothing of them', () => {
    const ends = connect({ verifier: either(serverKey), serverCertificateTypes: BOTH }, {});
    expectAgreement(ends);
    expect(shown(ends)).toEqual(pki.server.chain[0]);
  });

  it('are shown by a client that has both, as the server prefers', () => {
    const client = { credentials: [pki.client, rawPublicKeyCredential(clientKey)] };
    const show = (types: ServerOptions['clientCertificateTypes']) => {
      const server = { clientCertificates: 'require', clientCertificateTypes: types, verifier: either(clientKey) } as const;
      const ends = connect(client, server);
      expectAgreement(ends);
      return ends.client.info?.localRawPublicKey ?? ends.client.info?.localCertificates[0];
    };
    expect(show(undefined)).toEqual(pki.client.chain[0]);
    expect(show(['x509', 'raw-public-key'])).toEqual(pki.client.chain[0]);
    expect(show(BOTH)).toEqual(clientKey.publicKey.spki);
    expect(show(RAW)).toEqual(clientKey.publicKey.spki);
  });

  it('are not asked of a client that has none, if they are not required', () => {
    const server = { clientCertificates: 'request', clientCertificateTypes: RAW, verifier: pinning(clientKey) } as const;
    const ends = connect({ credentials: [pki.client] }, server);
    expectAgreement(ends);
    expect(ends.server.info?.peer).toEqual({ kind: 'anonymous' });
    expect(ends.client.info?.localCertificates).toEqual([]);
  });

  it('are refused when they are not trusted', () => {
    const server = { credentials: [rawPublicKeyCredential(serverKey)] };
    const ends = connect({ verifier: pinning(clientKey), serverCertificateTypes: RAW }, server);
    expect(ends.clientSide.error).toMatchObject({ reason: 'key_untrusted', alert: 'certificate_unknown' });
    expect(ends.serverSide.error).toMatchObject({ description: 'certificate_unknown' });
  });

  it('that are not trusted are reported, where the client goes on', () => {
    const server = { credentials: [rawPublicKeyCredential(serverKey)] };
    for (const verifier of [reportOnly(pinning(clientKey)), trustWithoutVerification('a test')]) {
      const ends = connect({ verifier, serverCertificateTypes: RAW }, server);
      expectAgreement(ends);
      expect(ends.client.info?.peer).toMatchObject({ kind: 'unverified', rawPublicKey: serverKey.publicKey.spki });
    }
  });

  it('end in unsupported_certificate when only one side has them', () => {
    const onlyClient = connect({ verifier: pinning(serverKey), serverCertificateTypes: RAW }, {});
    expect(onlyClient.serverSide.error).toMatchObject({ subject: 'certificate_type', alert: 'unsupported_certificate' });
    expect(onlyClient.clientSide.error).toMatchObject({ description: 'unsupported_certificate' });
    const onlyServer = connect({}, { credentials: [rawPublicKeyCredential(serverKey)] });
    expect(onlyServer.serverSide.error).toMatchObject({ subject: 'certificate_type' });
  });

  it('are remembered by sessions and tickets', () => {
    const client = {
      verifier: pinning(serverKey),
      serverCertificateTypes: RAW,
      credentials: [rawPublicKeyCredential(clientKey)],
    };
    const server = {
      credentials: [rawPublicKeyCredential(serverKey)],
      clientCertificates: 'require',
      clientCertificateTypes: RAW,
      verifier: pinning(clientKey),
      ticketSealer: createSealer(provider, new Uint8Array(32), 'ticket'),
    } as const;
    const session = connect(client, server).clientSide.of('session')[0]?.session;
    const resumed = connect(client, server, { session });
    expectAgreement(resumed);
    expect(resumed.client.info).toMatchObject({
      resumed: true,
      peer: { kind: 'verified', rawPublicKey: serverKey.publicKey.spki },
    });
    expect(resumed.server.info?.peer).toMatchObject({
      kind: 'verified',
      certificates: [],
      rawPublicKey: clientKey.publicKey.spki,
    });
    expectData(resumed);
    // A config that would not take the keys does not take the session either.
    const stricter = { ...server, clientCertificateTypes: ['x509'], verifier: either(clientKey) } as const;
    const refused = connect({ ...client, credentials: [...client.credentials, pki.client] }, stricter, { session });
    expect(refused.server.info).toMatchObject({ resumed: false, peer: { certificates: pki.client.chain } });
    const withCertificate = { ...server, credentials: [pki.server], clientCertificates: 'none' } as const;
    expect(connect({}, withCertificate, { session }).client.info?.resumed).toBe(false);
  });

  it('wait for a verifier and a signer that answer later', async () => {
    const signer = {
      type: serverKey.type,
      sign: async (...request: Parameters<PrivateKey['sign']>) => {
        await later();
        return serverKey.sign(...request);
      },
    };
    const verifier = asynchronousVerifier(pinning(serverKey));
    const clientConfig = defineClientConfig({ provider, verifier, serverCertificateTypes: RAW });
    const credential = { ...rawPublicKeyCredential(serverKey), signer };
    const ends = await connectEndsLater(clientConfig, defineServerConfig({ provider, credentials: [credential] }));
    expectAgreement(ends);
    expectData(ends);
  });

  it('are configured with kinds that exist, each once', () => {
    const verifier = x509();
    for (const types of [[], ['x509', 'x509'], ['pgp']]) {
      const serverCertificateTypes = types as ClientOptions['serverCertificateTypes'];
      expect(() => defineClientConfig({ provider, verifier, serverCertificateTypes })).toThrow(ApiMisuse);
    }
    expect(() =>
      defineServerConfig({ provider, credentials: [{ ...rawPublicKeyCredential(serverKey), spki: new Uint8Array(0) }] }),
    ).toThrow(ApiMisuse);
  });
});

describe('of several credentials', () => {
  /** The place of the one that the server showed. */
  const numberOf = (credentials: readonly X509Credential[], { server }: Ends) =>
    credentials.findIndex(({ chain }) => chain === server.info?.localCertificates);
  const made = async (issuer: CreatedCertificate, key: KeyGenerationRequest, ...dnsNames: string[]): Promise<X509Credential> => {
    const created = await createCertificate({ provider, issuer, key, dnsNames, ...VALID });
    return credentialOf({ chain: [created.certificate], key: created.key });
  };

  it('the server shows the one for the name, and the first for another name', async () => {
    const credentials = [
      await made(pki.root, P256, 'a.test'),
      await made(pki.root, P256, 'b.test'),
      await made(pki.root, P256, '*.c.test'),
    ];
    const choice = (serverName: string) => {
      const ends = connect({ verifier: trustWithoutVerification('a test of names') }, { credentials }, { serverName });
      return numberOf(credentials, ends);
    };
    expect(['b.test', 'B.TEST', 'a.test', 'x.c.test', 'c.test', 'elsewhere.test', '127.0.0.1'].map(choice)).toEqual([
      1, 1, 0, 2, 0, 0, 0,
    ]);
  });

  it.each(['TLSv1.3', 'TLSv1.2'] as const)('a name is acknowledged by a server that could choose by it (%s)', async (version) => {
    const answer = version === 'TLSv1.3' ? EncryptedExtensions : ServerHello;
    const acknowledges = (server: Partial<ServerOptions>) => {
      const serverConfig = defineServerConfig({ provider, credentials: [pki.server], versions: [version], ...server });
      const ends = startEnds(defineClientConfig({ provider, verifier: x509() }), serverConfig);
      ends.server.enableTrace();
      exchangeSync(ends.client, ends.server);
      expectAgreement(ends);
      const messages = ends.serverSide.of('message').map(({ message }) => message);
      const bytes = messages.find((message) => message.direction === 'sent' && message.bytes[0] === answer.type)?.bytes;
      const hello = decode<{ readonly extensions: { readonly values: object } }>(
        answer.codec,
        bytes?.subarray(HEADER_SIZE) ?? EMPTY,
        answer.name,
      );
      return 'server_name' in hello.extensions.values;
    };
    const other = await made(pki.root, P256, 'localhost');
    const sameConfig = defineServerConfig({ provider, credentials: [pki.server], versions: [version] });
    expect(acknowledges({})).toBe(false);
    expect(acknowledges({ selectConfig: () => undefined })).toBe(false);
    expect(acknowledges({ selectConfig: () => sameConfig })).toBe(true);
    expect(acknowledges({ credentials: [other, pki.server] })).toBe(true);
  });

  it('the server shows one that the client has a scheme for', async () => {
    const credentials = [await made(pki.root, { kind: 'ed25519' }, 'localhost'), await made(pki.root, P256, 'localhost')];
    const choice = (signatureSchemes: string[]) =>
      connect({ signatureSchemes }, { credentials }).client.info?.signatureScheme?.name;
    expect(choice(['ecdsa_secp256r1_sha256'])).toBe('ecdsa_secp256r1_sha256');
    expect(choice(['ecdsa_secp256r1_sha256', 'ed25519'])).toBe('ed25519');
  });

  it('the server shows one whose chain the client accepts by signature_algorithms_cert', async () => {
    const ed25519Root = await createCertificateAuthority({
      provider,
      subject: { commonName: 'Ed25519 Root' },
      key: { kind: 'ed25519' },
      ...VALID,
    });
    const credentials = [await made(pki.root, P256, 'localhost'), await made(ed25519Root, P256, 'localhost')];
    const verifier = createX509Verifier({ provider, trustAnchors: [...pki.anchors, ed25519Root.certificate] });
    const choice = (...certificateSignatureSchemes: string[]) => {
      const ends = connect({ verifier, certificateSignatureSchemes }, { credentials });
      return numberOf(credentials, ends);
    };
    expect(choice('ed25519')).toBe(1);
    expect(choice('ecdsa_secp256r1_sha256')).toBe(0);
    // It cannot be helped: "the server SHOULD continue the handshake".
    expect(choice('rsa_pkcs1_sha256')).toBe(0);
  });

  it('the server shows one of an authority that the client names', async () => {
    const other = await createCertificateAuthority({ provider, subject: { commonName: 'Other Root' }, ...VALID });
    const credentials = [await made(pki.root, P256, 'localhost'), await made(other, P256, 'localhost')];
    const verifier = createX509Verifier({ provider, trustAnchors: [other.certificate] });
    const blind = connect({ verifier }, { credentials });
    expect(blind.clientSide.error).toMatchObject({ reason: 'issuer_unknown' });
    for (const certificateAuthorities of ['verifier', authorityNames([other.certificate])] as const) {
      const ends = connect({ verifier, certificateAuthorities }, { credentials });
      expectAgreement(ends);
      expect(shown(ends)).toEqual(credentials[1]?.chain[0]);
    }
  });

  it('the client shows one of an authority that the server names, else its first', async () => {
    const other = await createCertificateAuthority({ provider, subject: { commonName: 'Other Root' }, ...VALID });
    const ofClient = async (issuer: CreatedCertificate) => {
      const subject = { commonName: 'client' };
      const created = await createCertificate({ provider, issuer, subject, purposes: ['clientAuth'], ...VALID });
      return credentialOf({ chain: [created.certificate], key: created.key });
    };
    const credentials = [await ofClient(pki.root), await ofClient(other)];
    const verifier = createX509Verifier({ provider, trustAnchors: [pki.root.certificate, other.certificate] });
    const choice = (certificateAuthorities: ServerOptions['certificateAuthorities']) => {
      const ends = connect({ credentials }, { clientCertificates: 'require', verifier, certificateAuthorities });
      expectAgreement(ends);
      return credentials.findIndex(({ chain }) => chain === ends.client.info?.localCertificates);
    };
    expect(choice(authorityNames([other.certificate]))).toBe(1);
    expect(choice(authorityNames([pki.root.certificate]))).toBe(0);
    expect(choice('verifier')).toBe(0);
    expect(choice(undefined)).toBe(0);
  });

  it('the client shows one whose chain the server accepts by signature_algorithms_cert', async () => {
    const ed25519Root = await createCertificateAuthority({
      provider,
      subject: { commonName: 'Ed25519 Root' },
      key: { kind: 'ed25519' },
      ...VALID,
    });
    const ofClient = async (issuer: CreatedCertificate) => {
      const subject = { commonName: 'client' };
      const created = await createCertificate({ provider, issuer, key: P256, subject, purposes: ['clientAuth'], ...VALID });
      return credentialOf({ chain: [created.certificate], key: created.key });
    };
    const credentials = [await ofClient(pki.root), await ofClient(ed25519Root)];
    const verifier = createX509Verifier({ provider, trustAnchors: [...pki.anchors, ed25519Root.certificate] });
    const choice = (...certificateSignatureSchemes: string[]) => {
      const ends = connect({ credentials }, { clientCertificates: 'require', verifier, certificateSignatureSchemes });
      expectAgreement(ends);
      return credentials.findIndex(({ chain }) => chain === ends.client.info?.localCertificates);
    };
    expect(choice('ed25519')).toBe(1);
    expect(choice('ecdsa_secp256r1_sha256')).toBe(0);
  });

  it('the names of authorities have to fit their list', () => {
    const verifier = x509();
    const large = Array.from({ length: 7 }, () => new Uint8Array(10_000));
    expect(() => defineClientConfig({ provider, verifier, certificateAuthorities: large })).toThrow(ApiMisuse);
    expect(() => defineClientConfig({ provider, verifier, certificateAuthorities: [new Uint8Array(0)] })).toThrow(ApiMisuse);
    expect(defineClientConfig({ provider, verifier, certificateAuthorities: [] }).certificateAuthorities).toBeUndefined();
  });
});

describe('signature schemes', () => {
  it('agree on Ed448', async () => {
    const ed448 = await createTestPki(provider, { kind: 'ed448' });
    const verifier = createX509Verifier({ provider, trustAnchors: ed448.anchors });
    const server = { credentials: [ed448.server], clientCertificates: 'require', verifier } as const;
    const ends = connect({ verifier, credentials: [ed448.client] }, server);
    expectAgreement(ends);
    expect(ends.client.info?.signatureScheme?.name).toBe('ed448');
  });

  it('are not offered where the provider cannot verify them, and cannot be asked for', async () => {
    const ed448 = await createTestPki(provider, { kind: 'ed448' });
    const verifier = createX509Verifier({ provider: portableProvider, trustAnchors: ed448.anchors });
    const clientConfig = defineClientConfig({ provider: portableProvider, verifier });
    const ends = connectEnds(clientConfig, defineServerConfig({ provider, credentials: [ed448.server] }));
    expect(ends.serverSide.error).toMatchObject({ subject: 'signature_scheme', alert: 'handshake_failure' });
    expect(() => defineClientConfig({ provider: portableProvider, verifier, signatureSchemes: ['ed448'] })).toThrow(/ed448/);
  });

  it('are signed by a signer that can do more than the provider', async () => {
    const ed448 = await createTestPki(provider, { kind: 'ed448' });
    const verifier = createX509Verifier({ provider, trustAnchors: ed448.anchors });
    const serverConfig = defineServerConfig({ provider: portableProvider, credentials: [ed448.server] });
    const ends = connectEnds(defineClientConfig({ provider, verifier, groups: ['x25519'] }), serverConfig);
    expectAgreement(ends);
    expect(ends.server.info?.signatureScheme?.name).toBe('ed448');
  });
});

const OCSP_RESPONSE = Uint8Array.of(0x30, 3, 0x0a, 1, 6);
const TIMESTAMPS = Uint8Array.of(0, 7, 0, 2, 1, 2, 0, 1, 3);

/** A verifier that keeps what it is asked. */
function watching(verifier: PeerVerifier): PeerVerifier & { readonly requests: VerifyRequest[] } {
  const requests: VerifyRequest[] = [];
  return {
    ...verifier,
    requests,
    verify: (request) => {
      requests.push(request);
      return verifier.verify(request);
    },
  };
}

describe('OCSP responses and certificate timestamps', () => {
  const stapled = (): X509Credential => ({
    ...pki.server,
    ocspResponse: OCSP_RESPONSE,
    signedCertificateTimestamps: TIMESTAMPS,
  });

  it('come to the verifier and to the client that asks for them', () => {
    for (let cut = 0; cut < 4; cut++) {
      const verifier = watching(x509());
      const ends = connect({ verifier, requestOcsp: true, requestSct: true }, { credentials: [stapled()] }, {}, cut);
      expectAgreement(ends);
      const staples = { ocspResponse: OCSP_RESPONSE, signedCertificateTimestamps: TIMESTAMPS };
      expect(verifier.requests[0]?.presented).toMatchObject({ kind: 'x509', ...staples });
      expect(ends.client.info).toMatchObject(staples);
      expect(ends.server.info).toMatchObject({ ocspResponse: undefined, signedCertificateTimestamps: undefined });
      expectData(ends);
    }
  });

  it.each([
    [{ requestOcsp: true }, OCSP_RESPONSE, undefined],
    [{ requestSct: true }, undefined, TIMESTAMPS],
    [{}, undefined, undefined],
  ])('come only when they are asked for: %j', (options, ocspResponse, signedCertificateTimestamps) => {
    const ends = connect(options, { credentials: [stapled()] });
    expectAgreement(ends);
    expect(ends.client.info?.ocspResponse).toEqual(ocspResponse);
    expect(ends.client.info?.signedCertificateTimestamps).toEqual(signedCertificateTimestamps);
  });

  it('are left out by a server that has none', () => {
    const ends = connect({ requestOcsp: true, requestSct: true }, {});
    expectAgreement(ends);
    expect(ends.client.info).toMatchObject({ ocspResponse: undefined, signedCertificateTimestamps: undefined });
  });

  it('are fetched when a client asks for them, and may be missing', async () => {
    let fetched = 0;
    const answers = [OCSP_RESPONSE, undefined];
    const ocspResponse = async () => {
      await later();
      return answers[fetched++];
    };
    const serverConfig = defineServerConfig({ provider, credentials: [{ ...pki.server, ocspResponse }] });
    for (const expected of answers) {
      const ends = await connectEndsLater(defineClientConfig({ provider, verifier: x509(), requestOcsp: true }), serverConfig);
      expectAgreement(ends);
      expect(ends.client.info?.ocspResponse).toEqual(expected);
    }
    const unasked = await connectEndsLater(defineClientConfig({ provider, verifier: x509() }), serverConfig);
    expectAgreement(unasked);
    expect(fetched).toBe(2);
  });

  it('that cannot be fetched end the handshake', () => {
    const ocspResponse = () => {
      throw new Error('the responder is down');
    };
    const ends = connect({ requestOcsp: true }, { credentials: [{ ...pki.server, ocspResponse }] });
    expect(ends.serverSide.error).toMatchObject({
      alert: 'internal_error',
      message: expect.stringContaining('responder is down'),
    });
    expect(ends.clientSide.error).toMatchObject({ description: 'internal_error' });
  });

  it('come from a client that is asked for them', () => {
    const credential: Credential = { ...pki.client, ocspResponse: () => OCSP_RESPONSE, signedCertificateTimestamps: TIMESTAMPS };
    const server = { clientCertificates: 'require', requestOcsp: true, requestSct: true } as const;
    const ends = connect({ credentials: [credential] }, server);
    expectAgreement(ends);
    expect(ends.server.info).toMatchObject({ ocspResponse: OCSP_RESPONSE, signedCertificateTimestamps: TIMESTAMPS });
    const unasked = connect({ credentials: [credential] }, { clientCertificates: 'require' });
    expectAgreement(unasked);
    expect(unasked.server.info?.ocspResponse).toBeUndefined();
  });

  it('do not come again when a session is resumed', () => {
    const server = { credentials: [stapled()], ticketSealer: createSealer(provider, new Uint8Array(32), 'ticket') };
    const client = { requestOcsp: true, requestSct: true };
    const session = connect(client, server).clientSide.of('session')[0]?.session;
    const resumed = connect(client, server, { session });
    expectAgreement(resumed);
    expect(resumed.client.info).toMatchObject({ resumed: true, ocspResponse: undefined });
  });

  it('stand in the first entry of a chain', () => {
    const chain = [...pki.server.chain, pki.root.certificate];
    const ends = connect({ requestOcsp: true }, { credentials: [{ ...stapled(), chain }] });
    expectAgreement(ends);
    expect(ends.client.info).toMatchObject({ ocspResponse: OCSP_RESPONSE, peer: { certificates: chain } });
  });

  it('are refused in a config when they are no list of timestamps', () => {
    const bad = [new Uint8Array(0), Uint8Array.of(0, 0), Uint8Array.of(0, 2, 0, 0), concat(TIMESTAMPS, Uint8Array.of(0))];
    for (const signedCertificateTimestamps of bad) {
      expect(() => defineServerConfig({ provider, credentials: [{ ...pki.server, signedCertificateTimestamps }] })).toThrow(
        ApiMisuse,
      );
    }
  });
});
