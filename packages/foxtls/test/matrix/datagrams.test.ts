import { beforeAll, describe, expect, it } from 'vitest';
import { type ClientOptions, defineClientConfig, defineServerConfig, type ServerOptions } from '../../src/connection/config.ts';
import { createTestPki, type TestPki } from '../../src/connection/pair.fixture.ts';
import { fromHex, toHex, utf8 } from '../../src/core/bytes/bytes.ts';
import { ApiMisuse } from '../../src/core/errors/errors.ts';
import { runSync, settle } from '../../src/core/flow/flow.ts';
import { isGroupOf } from '../../src/core/registry/named-groups.ts';
import type { RecordNumberCipher } from '../../src/crypto/aead.ts';
import { nodeProvider } from '../../src/crypto/node/provider.ts';
import { synchronousGroups } from '../../src/crypto/providers.fixture.ts';
import type { PrivateKey } from '../../src/crypto/signature.ts';
import { rawPublicKeyCredential } from '../../src/pki/x509/credential.ts';
import { createRawPublicKeyVerifier } from '../../src/pki/x509/raw-public-key-verifier.ts';
import { createX509Verifier } from '../../src/pki/x509/verifier.ts';
import type { CipherSuite } from '../../src/protocol/negotiate/cipher-suites.ts';
import { TLS13_CIPHER_SUITES } from '../../src/protocol/negotiate/cipher-suites.ts';
import { Tls13Protection } from '../../src/protocol/record/tls13-protection.ts';
import { createSealer } from '../../src/protocol/session/sealer.ts';
import { createSessionCache } from '../../src/protocol/session/session-cache.ts';
import { readDatagramRecord, type UnifiedRecord } from '../../src/transport/dtls/datagram-record.ts';
import { recordSequence, unmaskedHeader } from '../../src/transport/dtls/record-number.ts';
import {
  carryDatagrams,
  connectDatagramEnds,
  type DatagramEnd,
  type DatagramEnds,
  type DatagramOptions,
  startServer,
} from './datagram-ends.ts';

const provider = nodeProvider;
const RECORD_HEADER = 13;
const FRAGMENT_HEADER = 12;
let pki: TestPki;
beforeAll(async () => {
  pki = await createTestPki(provider);
});

const verifier = () => createX509Verifier({ provider, trustAnchors: pki.anchors });

function connect(
  client: Partial<ClientOptions> = {},
  server: Partial<ServerOptions> = {},
  options: DatagramOptions = {},
): DatagramEnds {
  const ticketSealer = createSealer(provider, new Uint8Array(32).fill(2), 'ticket');
  return connectDatagramEnds(
    defineClientConfig({ provider, verifier: verifier(), ...client }),
    defineServerConfig({ provider, credentials: [pki.server], ticketSealer, ...server }),
    options,
  );
}

function exported({ connection }: DatagramEnd): string {
  return toHex(connection.exportKeyingMaterial(32, 'EXPORTER-x'));
}

function expectAgreement(ends: DatagramEnds): void {
  const { client, server } = ends;
  expect([client.error, server.error]).toEqual([undefined, undefined]);
  expect(client.info?.clientFinished).toEqual(server.info?.clientFinished);
  expect(client.info?.serverFinished).toEqual(server.info?.serverFinished);
  expect(client.keyLog).toEqual(server.keyLog);
  expect(client.keyLog).toHaveLength(5);
  expect(exported(client)).toBe(exported(server));
  client.connection.send(utf8('ping'));
  server.connection.send(utf8('pong'));
  carryDatagrams(ends);
  expect(new TextDecoder().decode(server.data)).toBe('ping');
  expect(new TextDecoder().decode(client.data)).toBe('pong');
  expect([client.discarded, server.discarded]).toEqual([0, 0]);
}

const CCM_8 = 'TLS_AES_128_CCM_8_SHA256';

describe('the flows over datagrams', () => {
  // "… TLS_AES_128_CCM_8_SHA256 MUST NOT be used in DTLS without additional safeguards against forgery." (RFC 9147 §4.5.3)
  for (const { name } of TLS13_CIPHER_SUITES.filter((suite) => suite.name !== CCM_8)) {
    for (const group of synchronousGroups(nodeProvider).filter(({ id }) => isGroupOf('TLSv1.3', id))) {
      it(`agree with ${name} and ${group.name}`, () => {
        const algorithms = { cipherSuites: [name], groups: [group.name] };
        const ends = connect(algorithms, algorithms);
        expectAgreement(ends);
        expect(ends.client.info).toMatchObject({ version: 'DTLSv1.3', suite: { name }, group: { id: group.id }, resumed: false });
      });
    }
  }

  it(`do not agree with ${CCM_8}`, () => {
    const common = { cipherSuites: [CCM_8, 'TLS_AES_256_GCM_SHA384'] };
    const ends = connect(common, common);
    expectAgreement(ends);
    expect(ends.client.info?.suite.name).toBe('TLS_AES_256_GCM_SHA384');
    expect(connect({ cipherSuites: [CCM_8] }).client.error).toMatchObject({ code: 'ERR_TLS_UNKNOWN_NAME' });
  });

  it('agree on no suite whose records cannot be numbered in secret', () => {
    const aeads = provider.aeads.map(({ createRecordNumberCipher, ...aead }) =>
      aead.name === 'aes-128-gcm' || createRecordNumberCipher === undefined ? aead : { ...aead, createRecordNumberCipher },
    );
    const ends = connect({ provider: { ...provider, aeads } });
    expectAgreement(ends);
    expect(ends.client.info?.suite.name).toBe('TLS_AES_256_GCM_SHA384');
  });

  it('resume no session of TLS', () => {
    const [session] = connect().client.sessions;
    expect(session?.protocol).toBe('DTLS');
    const ends = connect({}, {}, { session: session && { ...session, protocol: undefined } });
    expectAgreement(ends);
    expect(ends.client.info?.resumed).toBe(false);
  });

  it('agree after HelloRetryRequest', () => {
    const ends = connect({ groups: ['x25519', 'secp384r1'] }, { groups: ['secp384r1'] });
    expectAgreement(ends);
  });

  it('agree after HelloRetryRequest when the client then has its extensions in another order, as that of wolfSSL', () => {
    let hellos = 0;
    const shapeClientHello: ClientOptions['shapeClientHello'] = (list) => (hellos++ === 0 ? list : list.toReversed());
    const ends = connect({ groups: ['x25519', 'secp384r1'], shapeClientHello }, { groups: ['secp384r1'] });
    expectAgreement(ends);
    expect(hellos).toBe(2);
  });

  it('agree after a cookie', () => {
    const cookieSealer = createSealer(provider, new Uint8Array(32), 'cookie');
    expectAgreement(connect({}, { cookieSealer, requireCookie: true }));
  });

  it('agree about a client certificate, ALPN and small records', () => {
    const ends = connect(
      { credentials: [pki.client], alpnProtocols: ['coap'], recordSizeLimit: 100 },
      { clientCertificates: 'require', verifier: verifier(), alpnProtocols: ['coap'] },
    );
    expectAgreement(ends);
    expect(ends.server.info?.peer.kind).toBe('verified');
    expect(ends.server.info?.alpnProtocol).toBe('coap');
  });

  it('agree on raw public keys of both', () => {
    const [ours, theirs] = [
      runSync(settle(provider.keys.generateKey({ kind: 'ed25519' }))),
      runSync(settle(provider.keys.generateKey({ kind: 'ed448' }))),
    ];
    const pinning = (key: PrivateKey) => createRawPublicKeyVerifier({ provider, trustedKeys: [key.publicKey.spki] });
    const ends = connect(
      { credentials: [rawPublicKeyCredential(ours)], serverCertificateTypes: ['raw-public-key'], verifier: pinning(theirs) },
      {
        credentials: [rawPublicKeyCredential(theirs)],
        clientCertificates: 'require',
        clientCertificateTypes: ['raw-public-key'],
        verifier: pinning(ours),
      },
    );
    expectAgreement(ends);
    expect(ends.server.info?.peer).toMatchObject({ kind: 'verified', rawPublicKey: ours.publicKey.spki });
    expect(ends.client.info?.peer).toMatchObject({ kind: 'verified', rawPublicKey: theirs.publicKey.spki });
  });

  it('resume by a ticket', () => {
    const [session] = connect().client.sessions;
    const ends = connect({}, {}, { session });
    expectAgreement(ends);
    expect(ends.client.info?.resumed).toBe(true);
  });

  it('cut messages into fragments that fit the MTU', () => {
    for (const mtu of [256, 512, 1200, 1500]) {
      const ends = connect({}, {}, { mtu });
      expectAgreement(ends);
      expect(Math.max(...ends.sent.map(({ datagram }) => datagram.length))).toBeLessThanOrEqual(mtu);
      if (mtu === 256) expect(ends.sent.length).toBeGreaterThan(8);
    }
  });

  it('begin with a ClientHello of one datagram, if need be without a share', () => {
    for (const [mtu, shares] of [
      [1200, 1],
      [300, 0],
    ] as const) {
      const ends = connect(
        { groups: ['x25519', 'secp521r1'], keyShareGroups: ['secp521r1'] },
        { groups: ['x25519', 'secp521r1'] },
        { mtu },
      );
      expectAgreement(ends);
      const [first, second] = ends.sent;
      expect([first?.by, second?.by]).toEqual(['client', 'server']);
      expect(toHex(first?.datagram ?? new Uint8Array(0)).includes('003300020000')).toBe(shares === 0);
    }
  });

  it('derive their keys with labels that begin with dtls13', () => {
    const ends = connect();
    ends.client.connection.send(utf8('labelled'));
    const [datagram = new Uint8Array(0)] = ends.client.connection.takeOutput();
    const line = ends.client.keyLog.find((candidate) => candidate.startsWith('CLIENT_TRAFFIC_SECRET_0 ')) ?? '';
    const suite = defineClientConfig({ provider, verifier: verifier() }).suites.find(
      ({ id }) => id === ends.client.info?.suite.id,
    );
    const record = readDatagramRecord(datagram, 0, 0)?.record as UnifiedRecord;
    const secret = line.split(' ')[2] ?? '';
    const protectionOf = (prefix: 'dtls13' | 'tls13 ') => new Tls13Protection(suite as CipherSuite, prefix, fromHex(secret));
    const header = unmaskedHeader(record, protectionOf('dtls13').recordNumberCipher as RecordNumberCipher) ?? record.header;
    const sequence = recordSequence(record, header, 0);
    const opened = (prefix: 'dtls13' | 'tls13 ') => protectionOf(prefix).openAt(sequence, header, record.encrypted);
    expect(new TextDecoder().decode(opened('dtls13'))).toBe('labelled\x17');
    expect(opened('tls13 ')).toBeUndefined();
  });
});

describe('the datagrams on the wire', () => {
  it('begin with a DTLSPlaintext record of epoch 0, version 1.2 and a fragment header', () => {
    const [first] = connect().sent;
    const hello = first?.datagram ?? new Uint8Array(0);
    expect(toHex(hello.subarray(0, 11))).toBe('16feff0000000000000000');
    expect(toHex(hello.subarray(13, 14))).toBe('01');
    expect(hello.subarray(14, 17)).toEqual(hello.subarray(22, 25));
    expect(toHex(hello.subarray(17, 22))).toBe('0000000000');
  });

  it('reach a server of 1.3 with a session of 1.2, whose id it does not echo', () => {
    const versions = ['TLSv1.2'] as const;
    const [session] = connect({ versions }, { versions, tickets: 0, sessionCache: createSessionCache() }).client.sessions;
    const ends = connect({ versions: ['TLSv1.3', 'TLSv1.2'] }, { versions: ['TLSv1.3'] }, { session });
    expect([ends.client.error, ends.server.error]).toEqual([undefined, undefined]);
    expect(ends.client.info).toMatchObject({ version: 'DTLSv1.3', resumed: false });
  });

  it('hold no legacy_session_id and no change_cipher_spec', () => {
    const { sent } = connect();
    const hello = sent[0]?.datagram ?? new Uint8Array(0);
    // Record header, fragment header, legacy_version, random: then the length of legacy_session_id and that of legacy_cookie.
    expect(toHex(hello.subarray(13 + 12 + 34, 13 + 12 + 36))).toBe('0000');
    expect(sent.every(({ datagram }) => datagram[0] !== 20)).toBe(true);
  });

  it('carry epoch 2 in the handshake and epoch 3 after it in the unified header', () => {
    const ends = connect();
    const flight = ends.sent.filter(({ by }) => by === 'client')[1]?.datagram ?? new Uint8Array(0);
    expect(flight[0]).toBe(0b00101110);
    ends.client.connection.send(utf8('x'));
    const [data = new Uint8Array(0)] = ends.client.connection.takeOutput();
    expect(data[0]).toBe(0b00101111);
    expect(data).toHaveLength(5 + 1 + 1 + 16);
  });
});

describe('a datagram that cannot be used', () => {
  const GARBAGE: Readonly<Record<string, Uint8Array>> = {
    'is empty': new Uint8Array(0),
    'is no record': new Uint8Array(40).fill(0x80),
    'is a record of TLS': Uint8Array.of(22, 3, 3, 0, 2, 1, 0),
    'ends in its header': Uint8Array.of(22, 0xfe, 0xfd, 0),
    'ends before its length says': Uint8Array.of(0x2f, 0, 9, 0, 50, 1, 2, 3),
    'is not authentic': Uint8Array.of(0x2f, 0, 9, 0, 20, ...new Uint8Array(20)),
    'is shorter than a tag': Uint8Array.of(0x2f, 0, 9, 0, 1, 7),
    'has a connection ID': Uint8Array.of(0x3f, 1, 2, 3, 4, 5, 6, 7),
    'is of another epoch': Uint8Array.of(0x2d, 0, 9, 0, 1, 7),
    'is in the clear': Uint8Array.of(22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 1, 1),
    'is an alert in the clear': Uint8Array.of(21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 2, 40),
  };
  for (const [what, datagram] of Object.entries(GARBAGE)) {
    it(`because it ${what} is discarded, and the association goes on`, () => {
      const ends = connect();
      ends.server.connection.receive(datagram);
      expect(ends.server.error).toBeUndefined();
      expect(ends.server.discarded).toBe(1);
      ends.client.connection.send(utf8('still here'));
      carryDatagrams(ends);
      expect(new TextDecoder().decode(ends.server.data)).toBe('still here');
    });
  }

  it('because it is a replay is discarded', () => {
    const ends = connect();
    ends.client.connection.send(utf8('once'));
    const [datagram = new Uint8Array(0)] = ends.client.connection.takeOutput();
    ends.server.connection.receive(datagram.slice());
    ends.server.connection.receive(datagram.slice());
    expect(new TextDecoder().decode(ends.server.data)).toBe('once');
    expect(ends.server.discarded).toBe(1);
  });

  it('because it is too large is the caller to blame for', () => {
    const ends = connect({}, {}, { mtu: 300 });
    expect(() => ends.client.connection.send(new Uint8Array(279))).toThrow(ApiMisuse);
    ends.client.connection.send(new Uint8Array(278));
    expect(ends.client.connection.takeOutput().map(({ length }) => length)).toEqual([300]);
  });
});

// RFC 8446 §6.2: "it SHOULD send an appropriate fatal alert"
it.each(['TLSv1.3', 'TLSv1.2'] as const)(
  'the alert of a server that fails in its flight can be read, in DTLS as of %s',
  (version) => {
    const signer = {
      ...pki.server.signer,
      sign: () => {
        throw new Error('the HSM is on fire');
      },
    };
    const { client, server } = connect(
      { versions: [version] },
      { versions: [version], credentials: [{ ...pki.server, signer }] },
    );
    expect(server.error).toMatchObject({ name: 'CryptoFailure', alert: 'internal_error' });
    expect(client.error).toMatchObject({ name: 'AlertReceived', description: 'internal_error' });
    expect(client.discarded).toBe(0);
  },
);

describe('a DTLS server', () => {
  /** The record and the message of a first flight whose ClientHello was rewritten. */
  function answerTo(edit: (body: Uint8Array) => Uint8Array): DatagramEnd {
    const datagram = connect().sent[0]?.datagram ?? new Uint8Array(0);
    const body = edit(datagram.subarray(RECORD_HEADER + FRAGMENT_HEADER));
    const length = [body.length >> 8, body.length & 0xff];
    const message = [1, 0, ...length, 0, 0, 0, 0, 0, 0, ...length, ...body];
    const config = defineServerConfig({ provider, credentials: [pki.server] });
    const server = startServer(config);
    server.connection.receive(Uint8Array.of(...datagram.subarray(0, 11), message.length >> 8, message.length & 0xff, ...message));
    return server;
  }

  it('answers a ClientHello that is as it should be', () => {
    const server = answerTo((body) => body);
    expect(server.error).toBeUndefined();
    expect(server.connection.takeOutput().length).toBeGreaterThan(0);
  });

  it('does not echo legacy_session_id', () => {
    const server = answerTo((body) => Uint8Array.of(...body.subarray(0, 34), 2, 0xaa, 0xbb, ...body.subarray(35)));
    expect(server.error).toBeUndefined();
    const [answer = new Uint8Array(0)] = server.connection.takeOutput();
    const hello = answer.subarray(RECORD_HEADER + FRAGMENT_HEADER);
    expect(answer[RECORD_HEADER]).toBe(2);
    expect(hello[34]).toBe(0);
  });

  it('refuses a legacy_cookie with illegal_parameter', () => {
    const server = answerTo((body) => Uint8Array.of(...body.subarray(0, 35), 1, 7, ...body.subarray(36)));
    expect(server.error).toMatchObject({ reason: 'legacy_field_invalid', alert: 'illegal_parameter' });
    const [alert = new Uint8Array(0)] = server.connection.takeOutput();
    expect(toHex(alert.subarray(RECORD_HEADER))).toBe('022f');
  });
});
