/**
 * max_fragment_length between both of our ends: versions × lengths × (full, resumed), every record measured on the wire.
 */

import { beforeAll, describe, expect, it } from 'vitest';
import { type ClientOptions, defineClientConfig, defineServerConfig, type ServerOptions } from '../../src/connection/config.ts';
import { type Cut, createTestPki, exchangeSync, type TestPki } from '../../src/connection/pair.fixture.ts';
import { nodeProvider as provider } from '../../src/crypto/node/provider.ts';
import { createX509Verifier } from '../../src/pki/x509/verifier.ts';
import type { ClientSession } from '../../src/protocol/session/client-session.ts';
import { createSessionCache } from '../../src/protocol/session/session-cache.ts';
import { connectEnds, type Ends, expectAgreement } from './ends.ts';

let pki: TestPki;
beforeAll(async () => {
  pki = await createTestPki(provider, { kind: 'rsa', bits: 2048 });
});

const LENGTHS = [512, 1024, 2048, 4096] as const;
const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;
/** Nonce and tag of TLS 1.2; in TLS 1.3 a tag, for the type is inside of the limit. */
const EXPANSION = { 'TLSv1.2': 24, 'TLSv1.3': 16 } as const;

/** The content types and lengths of all records, in order. */
function measuring(): { readonly cut: Cut; readonly records: { type: number; length: number }[] } {
  const records: { type: number; length: number }[] = [];
  const cut: Cut = (bytes) => {
    for (let at = 0; at < bytes.length; ) {
      const length = ((bytes[at + 3] as number) << 8) | (bytes[at + 4] as number);
      records.push({ type: bytes[at] as number, length });
      at += 5 + length;
    }
    return [bytes];
  };
  return { cut, records };
}

function world(client: Partial<ClientOptions>, server: Partial<ServerOptions> = {}) {
  const verifier = () => createX509Verifier({ provider, trustAnchors: pki.anchors });
  const clientConfig = defineClientConfig({ provider, verifier: verifier(), credentials: [pki.client], ...client });
  const serverConfig = defineServerConfig({ provider, credentials: [pki.server], verifier: verifier(), ...server });
  return (session?: ClientSession, cut?: Cut): Ends => connectEnds(clientConfig, serverConfig, { session }, cut);
}

const data = Uint8Array.from({ length: 10_000 }, (_, i) => i);

function sendBothWays(ends: Ends, cut: Cut): void {
  ends.client.send(data);
  ends.server.send(data);
  exchangeSync(ends.client, ends.server, cut);
  expect([ends.clientSide.data, ends.serverSide.data]).toEqual([data, data]);
}

const sessionOf = ({ clientSide }: Ends) => (clientSide.of('session')[0] as { session: ClientSession }).session;

describe.each(VERSIONS)('max_fragment_length in %s', (version) => {
  it.each(LENGTHS)('keeps every record of both ends to %i bytes', (length) => {
    const { cut, records } = measuring();
    const clientCertificates = 'require' as const;
    const ends = world({ versions: [version], maxFragmentLength: length }, { clientCertificates })(undefined, cut);
    expectAgreement(ends);
    expect([ends.client.info?.maxFragmentLength, ends.server.info?.maxFragmentLength]).toEqual([length, length]);
    sendBothWays(ends, cut);
    const longest = Math.max(...records.slice(1).map((record) => record.length));
    expect(longest).toBe(length + EXPANSION[version]);
  });

  it('binds both ends’ messages in the handshake, too', () => {
    const { cut, records } = measuring();
    const handshake = () => records.filter(({ type }) => type === (version === 'TLSv1.2' ? 22 : 23));
    const connect = world({ versions: [version], maxFragmentLength: 512 }, { clientCertificates: 'require' });
    expectAgreement(connect(undefined, cut));
    // Each Certificate alone is longer than a record.
    expect(handshake().filter(({ length }) => length >= 512)).not.toHaveLength(0);
    expect(Math.max(...handshake().map(({ length }) => length))).toBeLessThanOrEqual(512 + EXPANSION[version]);
  });

  it.each([
    ['a ticket', {}],
    ['an id', { tickets: 0, sessionCache: createSessionCache() }],
  ])('holds in a connection resumed by %s', (what, options) => {
    if (version === 'TLSv1.3' && what === 'an id') return;
    const connect = world({ versions: [version], maxFragmentLength: 1024 }, options);
    const { cut, records } = measuring();
    const ends = connect(sessionOf(connect()), cut);
    expectAgreement(ends);
    expect(ends.client.info).toMatchObject({ resumed: true, maxFragmentLength: 1024 });
    sendBothWays(ends, cut);
    expect(Math.max(...records.map(({ length }) => length))).toBe(1024 + EXPANSION[version]);
  });

  it('gives way to record_size_limit', () => {
    const ends = world({ versions: [version], maxFragmentLength: 512, recordSizeLimit: 2000 })();
    expectAgreement(ends);
    expect([ends.client.info?.maxFragmentLength, ends.server.info?.maxFragmentLength]).toEqual([undefined, undefined]);
    ends.server.send(data);
    exchangeSync(ends.client, ends.server);
    expect(Math.max(...ends.clientSide.of('data').map((event) => event.data.length))).toBe(version === 'TLSv1.2' ? 2000 : 1999);
  });

  it('is a bound for setMaxSendFragment', () => {
    const ends = world({ versions: [version], maxFragmentLength: 512 })();
    ends.server.setMaxSendFragment(16384);
    ends.client.setMaxSendFragment(100);
    sendBothWays(ends, (bytes) => [bytes]);
    const longest = (side: Ends['clientSide']) => Math.max(...side.of('data').map((event) => event.data.length));
    expect(longest(ends.clientSide)).toBe(version === 'TLSv1.2' ? 512 : 511);
    expect(longest(ends.serverSide)).toBe(100);
  });

  it('is not there unless it is asked for', () => {
    const ends = world({ versions: [version] })();
    expect([ends.client.info?.maxFragmentLength, ends.server.info?.maxFragmentLength]).toEqual([undefined, undefined]);
  });
});

describe('a session of TLS 1.2 with max_fragment_length', () => {
  const ticketSealer = { seal: (bytes: Uint8Array) => bytes, open: (bytes: Uint8Array) => bytes };
  const connecting = (maxFragmentLength: ClientOptions['maxFragmentLength']) =>
    world({ versions: ['TLSv1.2'], maxFragmentLength }, { ticketSealer });

  it.each([
    ['with 512, then without', 512, undefined],
    ['with 512, then with 1024', 512, 1024],
    ['without, then with 512', undefined, 512],
  ] as const)('is not resumed when something else is asked for: %s', (_what, first, second) => {
    const ends = connecting(second)(sessionOf(connecting(first)()));
    expectAgreement(ends);
    expect(ends.client.info).toMatchObject({ resumed: false, maxFragmentLength: second });
  });

  it('is not resumed by a server that is asked for something else', () => {
    const session = sessionOf(connecting(512)());
    // The client forgot.
    const forged = { ...session, maxFragmentLength: { asked: 1024, agreed: true } } as ClientSession;
    const ends = connecting(1024)(forged);
    expectAgreement(ends);
    expect(ends.client.info).toMatchObject({ resumed: false, maxFragmentLength: 1024 });
  });
});

it('maxFragmentLength of another length is refused', () => {
  for (const maxFragmentLength of [0, 511, 8192, 16384, Number.NaN]) {
    const options = { maxFragmentLength: maxFragmentLength as 512 };
    expect(() => world(options)).toThrow(expect.objectContaining({ code: 'ERR_TLS_OPTION_RANGE' }));
  }
});
