/**
 * Misbehaviour over TLS 1.1 and TLS 1.0, where it is other than over TLS 1.2: somebody between two of our ends changes what they send; and
 * hellos of old clients, which are right.
 */

import { beforeAll, describe, expect, it } from 'vitest';
import { type ClientOptions, defineClientConfig, defineServerConfig, type ServerOptions } from '../../src/connection/config.ts';
import { createTlsServer } from '../../src/connection/create.ts';
import { Recorder } from '../../src/connection/pair.fixture.ts';
import { concat } from '../../src/core/bytes/bytes.ts';
import type { VersionName } from '../../src/core/registry/protocol-versions.ts';
import { nodeProvider as provider } from '../../src/crypto/node/provider.ts';
import { legacy } from '../../src/legacy.ts';
import type { ClientSession } from '../../src/protocol/session/client-session.ts';
import { createSessionCache } from '../../src/protocol/session/session-cache.ts';
import { connectEnds, type Ends, startEnds } from '../matrix/ends.ts';
import { createLegacyWorld, type LegacyWorld, verifierOf } from '../matrix/legacy-world.ts';

let world: LegacyWorld;
beforeAll(() => {
  world = createLegacyWorld();
}, 60_000);

const CBC = 'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA';
const GCM = 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256';
const OLD = ['TLSv1.1', 'TLSv1'] as const satisfies readonly VersionName[];
const NUMBERS = { TLSv1: 0x0301, 'TLSv1.1': 0x0302, 'TLSv1.2': 0x0303 } as const;

interface Options {
  readonly client?: Partial<ClientOptions>;
  readonly server?: Partial<ServerOptions>;
  readonly session?: ClientSession;
}

function configs({ client, server }: Options) {
  const common = { provider, legacy, cipherSuites: [GCM, CBC, 'TLS_AES_128_GCM_SHA256'] };
  return [
    defineClientConfig({ ...common, verifier: verifierOf(world), ...client }),
    defineServerConfig({ ...common, credentials: [world.server.rsa], ...server }),
  ] as const;
}

/** Changes the n-th output of one side, which comes whole. Returns it as it is sent. */
type Edit = (bytes: Uint8Array, ends: Ends) => Uint8Array;
interface Meddling {
  readonly from: 'client' | 'server';
  /** Which of its flights: 0 has the hello. */
  readonly flight: number;
  readonly edit: Edit;
}

function connectWith(options: Options, { from, flight, edit }: Meddling): Ends {
  const ends = startEnds(...configs(options), { session: options.session });
  const flights = { client: 0, server: 0 };
  for (let moved = true; moved; ) {
    moved = false;
    for (const side of ['client', 'server'] as const) {
      const sent = concat(...ends[side].takeOutput());
      if (sent.length === 0) continue;
      moved = true;
      const changed = side === from && flights[side]++ === flight ? edit(sent, ends) : sent;
      ends[side === 'client' ? 'server' : 'client'].receive(changed);
    }
  }
  return ends;
}

function expectRefused({ clientSide, serverSide }: Ends, victim: 'client' | 'server', error: object, alert: string): void {
  const [ours, theirs] = victim === 'client' ? [clientSide, serverSide] : [serverSide, clientSide];
  expect(ours.error).toMatchObject({ ...error, alert });
  expect(theirs.error).toMatchObject({ code: 'ERR_TLS_ALERT_RECEIVED', description: alert });
  expect(ours.data).toHaveLength(0);
}

const put = (bytes: Uint8Array, at: number, ...values: readonly number[]) => {
  const changed = bytes.slice();
  changed.set(values, at);
  return changed;
};
const uint16 = (value: number) => [value >> 8, value & 0xff] as const;
const flip = (bytes: Uint8Array, at: number) => {
  const index = at < 0 ? bytes.length + at : at;
  return put(bytes, index, (bytes[index] as number) ^ 1);
};
/** Places in a first flight: behind the headers of record and message there are the version, and the random. */
const VERSION = 9;
const RANDOM_END = VERSION + 2 + 24;
const SESSION_ID = VERSION + 2 + 32;
const suiteAt = (bytes: Uint8Array) => SESSION_ID + 1 + (bytes[SESSION_ID] as number);
const DOWNGRD = [0x44, 0x4f, 0x57, 0x4e, 0x47, 0x52, 0x44] as const;

describe('a server that is made', () => {
  it.each<[answer: keyof typeof NUMBERS, spoken: VersionName, offered: readonly VersionName[]]>([
    ['TLSv1', 'TLSv1.1', ['TLSv1.2', 'TLSv1.1']],
    ['TLSv1.2', 'TLSv1.1', ['TLSv1.1']],
    ['TLSv1.1', 'TLSv1', ['TLSv1']],
    ['TLSv1.1', 'TLSv1', ['TLSv1.2', 'TLSv1']],
    ['TLSv1.1', 'TLSv1.2', ['TLSv1.3', 'TLSv1.2']],
  ])('to answer with %s, not %s, of the offer %s gets protocol_version (RFC 4346 §7.4.1.3)', (answer, spoken, offered) => {
    const edit: Edit = (bytes) => put(bytes, VERSION, ...uint16(NUMBERS[answer]));
    const options = { client: { versions: offered }, server: { versions: [spoken] } };
    const ends = connectWith(options, { from: 'server', flight: 0, edit });
    const error = { code: 'ERR_TLS_PEER_INCOMPATIBLE', subject: 'version' };
    expectRefused(ends, 'client', error, 'protocol_version');
  });

  it.each<[last: number, version: VersionName, offered: readonly VersionName[]]>([
    [0, 'TLSv1.1', ['TLSv1.2', 'TLSv1.1']],
    [0, 'TLSv1', ['TLSv1.2', 'TLSv1.1', 'TLSv1']],
    [0, 'TLSv1', ['TLSv1.3', 'TLSv1']],
    [1, 'TLSv1.1', ['TLSv1.3', 'TLSv1.2', 'TLSv1.1']],
  ])('to say, by DOWNGRD %i, that it has more than %s gets illegal_parameter of who offers %s (RFC 8446 §4.1.3)', (...row) => {
    const [last, version, offered] = row;
    const edit: Edit = (bytes) => put(bytes, RANDOM_END, ...DOWNGRD, last);
    const options = { client: { versions: offered }, server: { versions: [version] } };
    const ends = connectWith(options, { from: 'server', flight: 0, edit });
    expectRefused(ends, 'client', { reason: 'version_downgraded' }, 'illegal_parameter');
  });

  // RFC 5288 §4: "MUST check the TLS version and generate a fatal 'illegal_parameter' alert if they detect an incorrect version"
  // RFC 6655 §5: "MUST check the TLS version and generate a fatal 'illegal_parameter' alert if they detect an incorrect version"
  it.each(OLD)('to choose a suite with an AEAD in %s gets illegal_parameter (RFC 5288 §4)', (version) => {
    const edit: Edit = (bytes) => put(bytes, suiteAt(bytes), 0xc0, 0x2f);
    const options = { client: { versions: ['TLSv1.2', version] as const }, server: { versions: [version] } };
    const ends = connectWith(options, { from: 'server', flight: 0, edit });
    expectRefused(ends, 'client', { reason: 'suite_not_offered' }, 'illegal_parameter');
  });

  it('to go on with a session in another version gets illegal_parameter', () => {
    const resumption = { tickets: 0, sessionCache: createSessionCache() };
    const offered = { versions: ['TLSv1.2', 'TLSv1.1'] as const, cipherSuites: [CBC] };
    const full = connectEnds(...configs({ client: offered, server: { cipherSuites: [CBC], ...resumption } }));
    const [event] = full.clientSide.of('session');
    const { session } = event as { session: ClientSession };
    const { sessionId } = session as { sessionId: Uint8Array } & ClientSession;
    expect([session.version, sessionId.length]).toEqual(['TLSv1.2', 32]);
    const edit: Edit = (bytes) => put(bytes, SESSION_ID + 1, ...sessionId);
    const server = { versions: ['TLSv1.1'], cipherSuites: [CBC], tickets: 0, sessionCache: createSessionCache() } as const;
    const ends = connectWith({ client: offered, server, session }, { from: 'server', flight: 0, edit });
    expectRefused(ends, 'client', { reason: 'session_version_changed' }, 'illegal_parameter');
  });
});

describe.each(OLD)('over %s', (version) => {
  const server = { versions: [version] };
  const client = { versions: [version] };
  const asking = () => ({ ...server, clientCertificates: 'require' as const, verifier: verifierOf(world) });

  it('a wrong signature of ServerKeyExchange gets decrypt_error (RFC 4346 §7.4.3)', () => {
    // Behind it there is an empty ServerHelloDone.
    const ends = connectWith({ client, server }, { from: 'server', flight: 0, edit: (bytes) => flip(bytes, -5) });
    expectRefused(ends, 'client', { reason: 'signature_invalid' }, 'decrypt_error');
  });

  it('a wrong signature of CertificateVerify gets decrypt_error (RFC 4346 §7.4.8)', () => {
    const credentials = [world.client.rsa];
    const edit: Edit = (bytes) => flip(bytes, 5 + (((bytes[3] as number) << 8) | (bytes[4] as number)) - 1);
    const ends = connectWith({ client: { ...client, credentials }, server: asking() }, { from: 'client', flight: 1, edit });
    expectRefused(ends, 'server', { reason: 'signature_invalid' }, 'decrypt_error');
  });

  it.each(['client', 'server'] as const)('a record of TLS 1.2 from the %s gets protocol_version (RFC 4346 §6.2.1)', (from) => {
    const edit: Edit = (bytes) => put(bytes, 1, 3, 3);
    const ends = connectWith({ client, server }, { from, flight: 1, edit });
    expectRefused(ends, from === 'client' ? 'server' : 'client', { reason: 'record_version_wrong' }, 'protocol_version');
  });

  it.each([
    ['the padding', true, -1],
    ['the padding', false, -21],
    ['the content', true, -32],
    ['the MAC', false, -1],
  ] as const)('a change in %s of a record gets bad_record_mac (MAC-then-encrypt: %s)', (_what, macThenEncrypt, at) => {
    const shapeClientHello = (list: readonly { readonly type: number }[]) =>
      list.filter(({ type }) => type !== 22 || !macThenEncrypt) as never;
    const insecureMacThenEncrypt = true;
    const options = {
      client: { ...client, shapeClientHello, insecureMacThenEncrypt },
      server: { ...server, insecureMacThenEncrypt },
    };
    const ends = connectEnds(...configs(options));
    ends.client.send(Uint8Array.of(7));
    ends.server.receive(flip(concat(...ends.client.takeOutput()), at));
    for (const piece of ends.server.takeOutput()) ends.client.receive(piece);
    // "In order to defend against this attack, implementations MUST ensure that record processing time is essentially the same whether or
    // not the padding is correct." (RFC 4346 §6.2.3.2) Nor does the alert tell them apart.
    expectRefused(ends, 'server', { reason: 'bad_record_mac' }, 'bad_record_mac');
  });

  it('the clients of the time, which send no extensions, are served', () => {
    const { serverSide, sent } = answer(version, { cipherSuites: [0x002f] });
    expect(serverSide.error).toBeUndefined();
    expect([...sent.subarray(0, 3)]).toEqual([22, 3, NUMBERS[version] & 0xff]);
    // Neither does the ServerHello have any.
    const sessionId = sent[SESSION_ID] as number;
    expect(((sent[6] as number) << 16) | ((sent[7] as number) << 8) | (sent[8] as number)).toBe(2 + 32 + 1 + sessionId + 3);
    expect([...sent.subarray(VERSION, VERSION + 2)]).toEqual(uint16(NUMBERS[version]));
    expect([...sent.subarray(-4)]).toEqual([14, 0, 0, 0]);
  });

  it('a client that falls back to it without need gets inappropriate_fallback (RFC 7507 §3)', () => {
    const server = { versions: ['TLSv1.2', version] as const };
    const { serverSide, sent } = answer(version, { cipherSuites: [0x002f, 0x5600], server });
    expect(serverSide.error).toMatchObject({ reason: 'fallback_inappropriate' });
    expect([...sent.subarray(-2)]).toEqual([2, 86]);
  });

  it('a client that offers only suites of TLS 1.2 gets handshake_failure', () => {
    const { serverSide, sent } = answer(version, { cipherSuites: [0x009c, 0xc02f, 0x003c] });
    expect(serverSide.error).toMatchObject({ code: 'ERR_TLS_PEER_INCOMPATIBLE', subject: 'suite' });
    expect([...sent.subarray(-2)]).toEqual([2, 40]);
  });

  it('a client of SSL 3.0 gets protocol_version (RFC 7568 §3)', () => {
    const { serverSide, sent } = answer(version, { cipherSuites: [0x002f], clientVersion: 0x0300 });
    expect(serverSide.error).toMatchObject({ code: 'ERR_TLS_PEER_INCOMPATIBLE', subject: 'version' });
    expect([...sent.subarray(-2)]).toEqual([2, 70]);
  });
});

describe('a client of TLS 1.2 without signature_algorithms', () => {
  it('is taken to verify SHA-1 (RFC 5246 §7.4.1.4.1), by which we sign when we are told to', () => {
    const hello = { cipherSuites: [0xc013], clientVersion: 0x0303 };
    const refused = answer('TLSv1.2', hello);
    expect(refused.serverSide.error).toMatchObject({ code: 'ERR_TLS_PEER_INCOMPATIBLE', subject: 'suite' });
    const signatureSchemes = ['rsa_pkcs1_sha256', 'rsa_pkcs1_sha1'];
    const { serverSide, sent } = answer('TLSv1.2', { ...hello, server: { signatureSchemes } });
    expect(serverSide.error).toBeUndefined();
    // ServerHelloDone, and before it a signature of 2048 bits behind its scheme and length.
    expect([...sent.subarray(-4 - 256 - 4, -4 - 256)]).toEqual([2, 1, 1, 0]);
  });
});

interface Hello {
  readonly cipherSuites: readonly number[];
  readonly clientVersion?: number;
  readonly server?: Partial<ServerOptions>;
}

/** What a server of static RSA and CBC says to a ClientHello without extensions. */
function answer(version: keyof typeof NUMBERS, { cipherSuites, clientVersion = NUMBERS[version], server }: Hello) {
  const { rsa } = world.server;
  const config = defineServerConfig({
    provider,
    legacy,
    versions: [version],
    cipherSuites: ['TLS_RSA_WITH_AES_128_CBC_SHA', CBC, 'TLS_RSA_WITH_AES_128_GCM_SHA256'],
    credentials: [rsa],
    insecureMacThenEncrypt: true,
    ...server,
  });
  const serverSide = new Recorder();
  const connection = createTlsServer(config, { onEvent: serverSide.onEvent });
  connection.start();
  const suites = cipherSuites.flatMap(uint16);
  const body = [...uint16(clientVersion), ...new Uint8Array(32).fill(7), 0, ...uint16(suites.length), ...suites, 1, 0];
  connection.receive(Uint8Array.of(22, 3, 1, ...uint16(body.length + 4), 1, 0, ...uint16(body.length), ...body));
  return { serverSide, sent: concat(...connection.takeOutput()) };
}
