/**
 * The flows of DTLS 1.2 and 1.0, without records: what differs from TLS in messages and in the transcript (RFC 6347 §4.2).
 */

import { beforeAll, describe, expect, it } from 'vitest';
import { type ClientOptions, defineClientConfig, defineServerConfig, type ServerOptions } from '../../src/connection/config.ts';
import { createTestPki, type TestPki } from '../../src/connection/pair.fixture.ts';
import { concat, equal, fromHex, toHex, utf8 } from '../../src/core/bytes/bytes.ts';
import { HANDSHAKE_TYPES } from '../../src/core/registry/handshake-types.ts';
import type { VersionName } from '../../src/core/registry/protocol-versions.ts';
import { nodeProvider as provider } from '../../src/crypto/node/provider.ts';
import { legacy } from '../../src/legacy.ts';
import { createX509Verifier } from '../../src/pki/x509/verifier.ts';
import { exportFrom } from '../../src/protocol/keys/exporter.ts';
import { prfOf } from '../../src/protocol/keys/prf.ts';
import { DatagramClientHello, readMessage } from '../../src/protocol/messages/messages.ts';
import type { ClientSession } from '../../src/protocol/session/client-session.ts';
import type { PreSharedKey } from '../../src/protocol/session/pre-shared-key.ts';
import { createSealer } from '../../src/protocol/session/sealer.ts';
import { createSessionCache } from '../../src/protocol/session/session-cache.ts';
import { connectEnds } from './ends.ts';
import { connectLoopbackEnds, type LoopbackEnds, type LoopbackOptions, type SentMessage } from './loopback-ends.ts';

let pki: TestPki;
beforeAll(async () => {
  pki = await createTestPki(provider);
});

const ticketSealer = createSealer(provider, new Uint8Array(32).fill(2), 'ticket');
const verifier = () => createX509Verifier({ provider, trustAnchors: pki.anchors });

function connect(
  client: Partial<ClientOptions> = {},
  server: Partial<ServerOptions> = {},
  options: LoopbackOptions = {},
): LoopbackEnds {
  const versions = ['TLSv1.2'] as const;
  return connectLoopbackEnds(
    defineClientConfig({ provider, verifier: verifier(), versions, ...client }),
    defineServerConfig({ provider, credentials: [pki.server], versions, ticketSealer, ...server }),
    options,
  );
}

function expectAgreement({ client, server }: LoopbackEnds): void {
  expect([client.error, server.error]).toEqual([undefined, undefined]);
  expect(client.established?.clientFinished).toEqual(server.established?.clientFinished);
  expect(client.established?.serverFinished).toEqual(server.established?.serverFinished);
  expect(client.keyLog).toEqual(server.keyLog);
}

/** Each message with its number. */
function sequenceOf({ sent }: LoopbackEnds): string[] {
  const names = new Map<number, string>(Object.entries(HANDSHAKE_TYPES).map(([name, type]) => [type, name]));
  return sent.map(({ by, type, sequence }) => `${by} ${sequence} ${names.get(type)}`);
}

/** As if each message had been sent as a single fragment (RFC 6347 §4.2.6), written out once more. */
function asFragment({ bytes, sequence }: SentMessage): Uint8Array {
  const length = toHex(bytes.subarray(1, 4));
  return concat(
    fromHex(`${toHex(bytes.subarray(0, 4))}${sequence.toString(16).padStart(4, '0')}000000${length}`),
    bytes.subarray(4),
  );
}

function masterSecretOf({ client }: LoopbackEnds): Uint8Array {
  return fromHex((client.keyLog[0] ?? '').split(' ')[2] ?? '');
}

/** verify_data of a Finished that stands behind these messages, with SHA-256. */
function verifyDataAfter(ends: LoopbackEnds, by: 'client' | 'server', messages: readonly SentMessage[]): string {
  const sha256 = provider.hashes.find(({ name }) => name === 'sha256');
  if (sha256 === undefined) throw new Error('no SHA-256');
  const hash = sha256.digest(concat(...messages.map(asFragment)));
  return toHex(prfOf(sha256)(masterSecretOf(ends), `${by} finished`, hash, 12));
}

const FULL = [
  'client 0 client_hello',
  'server 0 server_hello',
  'server 1 certificate',
  'server 2 server_key_exchange',
  'server 3 server_hello_done',
  'client 1 client_key_exchange',
  'client 2 finished',
  'server 4 new_session_ticket',
  'server 5 finished',
];

describe('the handshake of DTLS 1.2', () => {
  it('is that of TLS 1.2, with numbered messages', () => {
    const ends = connect();
    expectAgreement(ends);
    expect(sequenceOf(ends)).toEqual(FULL);
    expect(ends.client.established).toMatchObject({ version: 'TLSv1.2', resumed: false, extendedMasterSecret: true });
    expect(ends.client.transport.version).toBe('TLSv1.2');
  });

  it('has 0xfefd in both hellos', () => {
    const { sent } = connect();
    expect(sent.slice(0, 2).map(({ body }) => toHex(body.subarray(0, 2)))).toEqual(['fefd', 'fefd']);
  });

  it('proves by Finished the messages with their numbers, each as one fragment', () => {
    const ends = connect({ cipherSuites: ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'] });
    expectAgreement(ends);
    const { established } = ends.client;
    expect(toHex(established?.clientFinished ?? new Uint8Array())).toBe(verifyDataAfter(ends, 'client', ends.sent.slice(0, 6)));
    expect(toHex(established?.serverFinished ?? new Uint8Array())).toBe(verifyDataAfter(ends, 'server', ends.sent.slice(0, 8)));
  });

  it('proves a client by its certificate', () => {
    const ends = connect({ credentials: [pki.client] }, { clientCertificates: 'require', verifier: verifier() });
    expectAgreement(ends);
    expect(ends.server.established?.peer.kind).toBe('verified');
    expect(sequenceOf(ends)).toContain('client 3 certificate_verify');
  });

  it('goes on with a session by its ticket, and by its id', () => {
    const session = connect().client.established?.session?.session;
    const byTicket = connect({}, {}, { session });
    expectAgreement(byTicket);
    expect([byTicket.client.established?.resumed, byTicket.server.established?.resumed]).toEqual([true, true]);
    expect(sequenceOf(byTicket)).toEqual([
      'client 0 client_hello',
      'server 0 server_hello',
      'server 1 new_session_ticket',
      'server 2 finished',
      'client 1 finished',
    ]);
    const cached = { tickets: 0, sessionCache: createSessionCache() };
    const byId = connect({}, cached, { session: connect({}, cached).client.established?.session?.session });
    expectAgreement(byId);
    expect(byId.client.established?.resumed).toBe(true);
  });

  it('works with a pre-shared key', () => {
    const key: PreSharedKey = { identity: utf8('sensor-17'), key: new Uint8Array(32).fill(17) };
    const cipherSuites = ['TLS_PSK_WITH_AES_128_CCM_8'];
    const lookUpPreSharedKey = (identity: Uint8Array) => (equal(identity, key.identity) ? key : undefined);
    const ends = connect({ cipherSuites, preSharedKeys: [key] }, { cipherSuites, credentials: [], lookUpPreSharedKey });
    expectAgreement(ends);
    expect(ends.server.established?.peer).toEqual({ kind: 'psk', identity: key.identity });
  });

  it('exports the same keying material at both ends', () => {
    const { client, server } = connect();
    const [ours, theirs] = [client, server].map(
      ({ established }) => established && toHex(exportFrom(established, 'dtls13', 'EXTRACTOR-dtls_srtp', undefined, 60)),
    );
    expect(ours).toBe(theirs);
  });
});

describe('the handshake of DTLS 1.0', () => {
  const old = { legacy, versions: ['TLSv1.1'] as const, cipherSuites: ['TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA'] };

  it('has 0xfeff in both hellos, and numbered messages', () => {
    const ends = connect(old, old);
    expectAgreement(ends);
    expect(sequenceOf(ends)).toEqual(FULL);
    expect(ends.sent.slice(0, 2).map(({ body }) => toHex(body.subarray(0, 2)))).toEqual(['feff', 'feff']);
  });

  it('is what a newer client gets of an old server, and what an old client gets of a newer server', () => {
    const newer = { ...old, versions: ['TLSv1.2', 'TLSv1.1'] as const };
    for (const ends of [connect(newer, old), connect(old, newer)]) {
      expectAgreement(ends);
      expect(ends.client.established?.version).toBe('TLSv1.1');
    }
  });

  it('proves a client by its certificate', () => {
    const ends = connect({ ...old, credentials: [pki.client] }, { ...old, clientCertificates: 'require', verifier: verifier() });
    expectAgreement(ends);
    expect(ends.server.established?.peer.kind).toBe('verified');
  });
});

describe('the version over datagrams', () => {
  const all = { versions: ['TLSv1.3', 'TLSv1.2'] as const };

  it('is the newest that both have', () => {
    expect(connect(all, all).client.established?.version).toBe('TLSv1.3');
    expect(connect(all, {}).client.established?.version).toBe('TLSv1.2');
    expect(connect({}, all).client.established?.version).toBe('TLSv1.2');
  });

  it('has a name of DTLS in errors', () => {
    const { server } = connect({}, { versions: ['TLSv1.3'] });
    expect(server.error).toMatchObject({ alert: 'protocol_version' });
    expect(server.error?.message).toContain('DTLSv1.3');
    expect(server.error?.message).toContain('DTLSv1.2');
    expect(server.error?.message).not.toMatch(/(?<!D)TLSv/);
  });
});

describe('connection IDs', () => {
  const ours = { connectionId: utf8('to client') };
  const theirs = { connectionId: utf8('to server') };
  const none = { connectionId: new Uint8Array(0) };

  for (const version of ['TLSv1.3', 'TLSv1.2'] as const) {
    const idsOf = (options: LoopbackOptions) => {
      const ends = connect({ versions: [version] }, { versions: [version] }, options);
      expectAgreement(ends);
      return [ends.client.transport.connectionIds, ends.server.transport.connectionIds];
    };

    it(`are agreed on when both speak of them, ${version}`, () => {
      expect(idsOf({ client: ours, server: theirs })).toEqual([
        { receive: ours.connectionId, send: theirs.connectionId, checksRoutability: true },
        { receive: theirs.connectionId, send: ours.connectionId, checksRoutability: true },
      ]);
      expect(idsOf({ client: none, server: theirs })).toEqual([
        { receive: none.connectionId, send: theirs.connectionId, checksRoutability: true },
        { receive: theirs.connectionId, send: none.connectionId, checksRoutability: true },
      ]);
    });

    it(`are not when one does not, ${version}`, () => {
      expect(idsOf({ client: ours })).toEqual([undefined, undefined]);
      expect(idsOf({ server: theirs })).toEqual([undefined, undefined]);
      expect(idsOf({})).toEqual([undefined, undefined]);
    });

    it(`are agreed on anew behind a cookie, ${version}`, () => {
      const cookieSealer = createSealer(provider, new Uint8Array(32), 'cookie');
      const server = { versions: [version], cookieSealer, requireCookie: true };
      const ends = connect({ versions: [version] }, server, { client: ours, server: theirs });
      expectAgreement(ends);
      expect(ends.client.transport.connectionIds?.send).toEqual(theirs.connectionId);
      expect(ends.server.transport.connectionIds?.send).toEqual(ours.connectionId);
    });
  }
});

describe('a session', () => {
  const overTls = (session?: ClientSession, versions: readonly VersionName[] = ['TLSv1.2']) =>
    connectEnds(
      defineClientConfig({ provider, verifier: verifier(), versions }),
      defineServerConfig({ provider, credentials: [pki.server], versions, ticketSealer }),
      { session },
    );
  const sessionOf = (ends: LoopbackEnds) => ends.client.established?.session?.session as ClientSession;

  it('of DTLS is not offered in TLS, and one of TLS not in DTLS', () => {
    const [ofDtls, ofTls] = [sessionOf(connect()), overTls().clientSide.of('session')[0]?.session];
    expect([ofDtls.protocol, ofTls?.protocol]).toEqual(['DTLS', undefined]);
    expect(overTls(ofDtls).client.info?.resumed).toBe(false);
    expect(overTls(ofTls).client.info?.resumed).toBe(true);
    expect(connect({}, {}, { session: ofTls }).client.established?.resumed).toBe(false);
  });

  it.each(['TLSv1.3', 'TLSv1.2'] as const)(
    'of the other protocol is refused by a server, should it be offered, %s',
    (version) => {
      const versions = [version];
      const ofTls = overTls(undefined, versions).clientSide.of('session')[0]?.session as ClientSession;
      const ends = connect({ versions }, { versions }, { session: { ...ofTls, protocol: 'DTLS' } });
      expect([ends.server.error, ends.server.established?.resumed]).toEqual([undefined, false]);
      expect(readMessage(DatagramClientHello, ends.sent[0] as SentMessage).extensions.values).toMatchObject(
        version === 'TLSv1.3' ? { pre_shared_key: {} } : { session_ticket: ofTls.ticket },
      );
      if (version === 'TLSv1.2') {
        const disguised = overTls({ ...sessionOf(connect()), protocol: undefined });
        expect(disguised.client.info?.resumed).toBe(false);
      }
    },
  );
});

describe('suites over datagrams', () => {
  it('are not those with RC4', () => {
    const cipherSuites = ['TLS_ECDHE_ECDSA_WITH_RC4_128_SHA', 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'];
    const ends = connect({ legacy, cipherSuites }, { legacy, cipherSuites });
    expectAgreement(ends);
    expect(ends.client.established?.suite.name).toBe('TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256');
    expect(readMessage(DatagramClientHello, ends.sent[0] as SentMessage).cipherSuites).toEqual([0xc02b]);
    expect(connect({ legacy, cipherSuites: cipherSuites.slice(0, 1) }).client.error).toMatchObject({
      code: 'ERR_TLS_UNKNOWN_NAME',
    });
  });
});

describe('use_srtp', () => {
  it.each(['TLSv1.3', 'TLSv1.2'] as const)('leads both to the same profile, after a resumption, too, %s', (version) => {
    const versions = [version];
    const server = { versions, srtpProfiles: ['SRTP_AEAD_AES_256_GCM', 'SRTP_AEAD_AES_128_GCM'] as const };
    const client = { versions, srtpProfiles: ['SRTP_AES128_CM_HMAC_SHA1_80', 'SRTP_AEAD_AES_128_GCM'] as const };
    const profilesOf = (ends: LoopbackEnds) => {
      expectAgreement(ends);
      return [ends.client.established?.srtpProfile, ends.server.established?.srtpProfile];
    };
    const ends = connect(client, server);
    expect(profilesOf(ends)).toEqual([7, 7]);
    const session = ends.client.established?.session?.session;
    expect(profilesOf(connect(client, server, { session }))).toEqual([7, 7]);
    expect(profilesOf(connect(client, { versions }))).toEqual([undefined, undefined]);
    expect(profilesOf(connect({ versions }, server))).toEqual([undefined, undefined]);
    expect(profilesOf(connect(client, { ...server, srtpProfiles: ['SRTP_AEAD_AES_256_GCM'] }))).toEqual([undefined, undefined]);
  });

  it('is refused by a connection over a stream, and with a name that there is not', () => {
    const srtpProfiles = ['SRTP_AEAD_AES_128_GCM'] as const;
    const { clientSide } = connectEnds(
      defineClientConfig({ provider, verifier: verifier(), srtpProfiles }),
      defineServerConfig({ provider, credentials: [pki.server] }),
    );
    expect(clientSide.error).toMatchObject({ code: 'ERR_TLS_SRTP' });
    const unknown = ['SRTP_ROT13'] as unknown as typeof srtpProfiles;
    expect(() => defineServerConfig({ provider, credentials: [], srtpProfiles: unknown })).toThrow(
      expect.objectContaining({ code: 'ERR_TLS_UNKNOWN_NAME' }),
    );
  });
});
