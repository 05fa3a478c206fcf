import { beforeAll, describe, expect, it } from 'vitest';
import { defineClientConfig, defineServerConfig } from '../../src/connection/config.ts';
import { createTlsClient, createTlsServer } from '../../src/connection/create.ts';
import { byteByByte, type Cut, exchangeSync, Recorder, whole } from '../../src/connection/pair.fixture.ts';
import { createX509Verifier } from '../../src/pki/x509/verifier.ts';
import type { X509Credential } from '../../src/protocol/handshake/credential.ts';
import type { Tls12ClientSession } from '../../src/protocol/session/client-session.ts';
import { createSealer } from '../../src/protocol/session/sealer.ts';
import { createSessionCache } from '../../src/protocol/session/session-cache.ts';
import { adding, extension } from '../misbehaving/edits.ts';
import { carryBytes, expectConversation, expectFault, expectSilence, isWrongHello } from '../misbehaving/outcome.ts';
import { expectRuleToName } from '../misbehaving/quoted-rules.ts';
import { createWorld, type World } from '../misbehaving/world.ts';
import type { Tls12Case } from './case.ts';
import { BESIDE_CERTIFICATES, GREASE } from './grease.ts';
import { HEARTBEATS } from './heartbeats.ts';
import { CLIENT_HELLOS, SERVER_HELLOS } from './hellos.ts';
import { AUTHENTICATION, KEY_EXCHANGES } from './key-exchange.ts';
import { MESSAGE_FORMS } from './message-forms.ts';
import { ORDER } from './order.ts';
import { Tls12Peer } from './peer.ts';
import { RECORD_SIZES } from './record-sizes.ts';
import { CHANGE_CIPHER_SPECS, RECORDS } from './records.ts';
import { RESUMPTION } from './resumption.ts';
import { clientScript, serverScript } from './scripts.ts';
import { TOLERATED } from './tolerated.ts';

const SECTIONS: Readonly<Record<string, readonly Tls12Case[]>> = {
  'the ServerHello': SERVER_HELLOS,
  'the ClientHello': CLIENT_HELLOS,
  resumption: RESUMPTION,
  'the key exchange': KEY_EXCHANGES,
  authentication: AUTHENTICATION,
  'the form of messages': MESSAGE_FORMS,
  'the order of messages and records': ORDER,
  change_cipher_spec: CHANGE_CIPHER_SPECS,
  'records, and after the handshake': RECORDS,
  'the sizes of records': RECORD_SIZES,
  heartbeats: HEARTBEATS,
  'reserved values': GREASE,
  'what stands beside certificates': BESIDE_CERTIFICATES,
};

let world: World;
let sessions: Readonly<Record<'ticket' | 'id', Tls12ClientSession>>;
const sessionCache = createSessionCache();

beforeAll(async () => {
  world = await createWorld();
  sessions = { ticket: establish(undefined), id: establish(0) };
});

const verifier = () => createX509Verifier({ provider: world.provider, trustAnchors: world.pki.anchors });

function configs(options: NonNullable<Tls12Case['options']>, tickets?: number) {
  const { provider, pki } = world;
  const { clientCertificates, ...common } = options;
  const client = defineClientConfig({ provider, verifier: verifier(), credentials: [pki.client], ...common });
  const server = defineServerConfig({
    provider,
    credentials: [pki.server],
    verifier: verifier(),
    clientCertificates,
    tickets,
    sessionCache,
    ticketSealer: createSealer(provider, new Uint8Array(32).fill(7), 'ticket'),
    ...common,
  });
  return { client, server };
}

/** A session that the server victim knows, from a right handshake between our own ends. */
function establish(tickets: number | undefined): Tls12ClientSession {
  const recorder = new Recorder();
  const { client, server } = configs({}, tickets);
  const ours = createTlsClient({ ...client, versions: ['TLSv1.2'] }, { serverName: 'localhost', onEvent: recorder.onEvent });
  const theirs = createTlsServer(server, { onEvent: () => {} });
  theirs.start();
  ours.start();
  exchangeSync(ours, theirs);
  const [event] = recorder.of('session');
  if (event?.session.version !== 'TLSv1.2') throw new Error('no session came out of a right handshake');
  return event.session;
}

type Setting = Pick<Tls12Case, 'victim' | 'situation' | 'options'>;

function open({ victim: role, situation = {}, options = {} }: Setting) {
  const recorder = new Recorder();
  const { client, server } = configs(options);
  const session = situation.session && sessions[situation.session];
  // A client of both versions is not given the session: it is to be surprised by the server.
  const offered = options.versions?.includes('TLSv1.3') ? undefined : session;
  const victim =
    role === 'client'
      ? createTlsClient(client, { serverName: 'localhost', session: offered, onEvent: recorder.onEvent })
      : createTlsServer(server, { onEvent: recorder.onEvent });
  const peer = new Tls12Peer();
  const credential = credentialOf(role, situation.credential);
  const complete = { ...situation, credential, session };
  const run = () => peer.run(role === 'client' ? serverScript(peer, complete) : clientScript(peer, complete));
  return { victim, recorder, peer, run };
}

function credentialOf(victim: 'client' | 'server', name: NonNullable<Tls12Case['situation']>['credential']): X509Credential {
  const { credentials } = world;
  if (name === 'stranger') return victim === 'client' ? credentials.strangerServer : credentials.strangerClient;
  if (name === 'otherName') return credentials.otherName;
  if (name === 'encipherOnly') return credentials.encipherOnly;
  return victim === 'client' ? credentials.server : credentials.client;
}

function carry({ victim, peer }: ReturnType<typeof open>, cut: Cut = whole): void {
  carryBytes(victim, peer, cut);
}

describe('the test peer of TLS 1.2', () => {
  const settings: readonly Setting[] = [
    { victim: 'client' },
    { victim: 'client', options: { versions: ['TLSv1.2'] } },
    { victim: 'client', situation: { requestsCertificate: true } },
    { victim: 'client', situation: { session: 'ticket' }, options: { versions: ['TLSv1.2'] } },
    { victim: 'client', situation: { session: 'id' }, options: { versions: ['TLSv1.2'] } },
    { victim: 'server' },
    { victim: 'server', options: { clientCertificates: 'require' } },
    { victim: 'server', situation: { session: 'ticket' } },
    { victim: 'server', situation: { session: 'id' } },
  ];
  for (const setting of settings) {
    it(`keeps every rule against a ${JSON.stringify(setting)}`, () => {
      const opened = open(setting);
      const { victim, recorder, peer, run } = opened;
      victim.start();
      run();
      carry(opened);
      expect(peer.connected).toBe(true);
      expect(victim.info).toMatchObject({ version: 'TLSv1.2', resumed: setting.situation?.session !== undefined });
      expectConversation(victim, recorder, peer);
    });
  }

  // RFC 5746 §4.2: "MUST respond to such requests with a 'no_renegotiation' alert"
  // RFC 5246 §7.2.2: "no_renegotiation Sent by the client in response to a hello request or by the server in response to a client hello"
  // RFC 5246 §7.4.1.1: "the client may, if it wishes, respond with a no_renegotiation alert"
  it.each(['client', 'server'] as const)('is refused a renegotiation by a %s, which goes on', (role) => {
    const opened = open({ victim: role });
    const { victim, recorder, peer, run } = opened;
    victim.start();
    run();
    carry(opened);
    peer.sendHandshake(Uint8Array.of(role === 'client' ? 0 : 1, 0, 0, 0));
    peer.sendData('all the same');
    carry(opened);
    expect(peer.alerts).toEqual([{ level: 1, description: 'no_renegotiation_RESERVED' }]);
    expect(recorder.error).toBeUndefined();
    expect(new TextDecoder().decode(recorder.data)).toBe('all the same');
  });

  it('may ask to negotiate a client that is negotiating, which ignores it', () => {
    const opened = open({ victim: 'client' });
    const { victim, recorder, peer, run } = opened;
    peer.after('server_hello', () => peer.sendHandshake(Uint8Array.of(0, 0, 0, 0)));
    victim.start();
    run();
    carry(opened);
    expect([recorder.error, victim.state, peer.alerts]).toEqual([undefined, 'connected', []]);
  });

  it('may warn, of a name that it does not know, before it says which version it speaks', () => {
    const opened = open({ victim: 'client' });
    const { victim, recorder, peer, run } = opened;
    peer.before('server_hello', () => peer.sendAlert(1, 'unrecognized_name'));
    victim.start();
    run();
    carry(opened);
    expect([recorder.error, victim.state]).toEqual([undefined, 'connected']);
  });
});

/**
 * A request whose payload_length is more than its payload: OpenSSL 1.0.1 answered with as many bytes of its memory.
 */
describe.each(['client', 'server'] as const)('Heartbleed (CVE-2014-0160), tried on a %s', (role) => {
  const HEARTBEAT = 24;
  const SECRET = 0x53;
  const lying = (payloadLength: number, ...content: number[]) =>
    Uint8Array.of(1, payloadLength >> 8, payloadLength & 0xff, ...content);
  const secrets = (length: number) => new Array<number>(length).fill(SECRET);

  /** Connected, with heartbeats allowed. */
  function connect() {
    const opened = open({ victim: role, options: { versions: ['TLSv1.2'], heartbeat: 'peer_allowed_to_send' } });
    const place = role === 'client' ? 'server_hello' : 'client_hello';
    opened.peer.changeExtensions(place, adding(extension('heartbeat', 1)));
    opened.victim.start();
    opened.run();
    return opened;
  }

  function expectAlive(opened: ReturnType<typeof open>): void {
    const { victim, recorder, peer } = opened;
    peer.sendData('goes on');
    carry(opened);
    expect([recorder.error, victim.state, peer.alerts]).toEqual([undefined, 'connected', []]);
    expect(new TextDecoder().decode(recorder.data)).toBe('goes on');
  }

  it.each<[string, Uint8Array]>([
    ['as it was tried: three bytes that ask for 16 KiB', lying(0x4000)],
    ['all that payload_length can ask for', lying(0xffff, ...secrets(17))],
    ['one byte beyond the payload, which is padding', lying(5, 1, 2, 3, 4, ...secrets(16))],
    ['all of the padding', lying(20, 1, 2, 3, 4, ...secrets(16))],
    ['no padding at all', lying(4, 1, 2, 3, 4)],
    ['no payload_length', Uint8Array.of(1)],
  ])('answers nothing: %s', (_what, message) => {
    const opened = connect();
    carry(opened);
    opened.peer.sendRecord({ type: HEARTBEAT, content: message });
    carry(opened);
    expect(opened.peer.receivedHeartbeats).toEqual([]);
    expectAlive(opened);
  });

  it('answers an honest request with its payload, and with no byte of what lay behind it', () => {
    const opened = connect();
    carry(opened);
    opened.peer.sendData('SSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSS');
    opened.peer.sendRecord({ type: HEARTBEAT, content: lying(4, 1, 2, 3, 4, ...secrets(1000)) });
    carry(opened);
    const [answer, ...more] = opened.peer.receivedHeartbeats;
    expect(more).toEqual([]);
    expect(answer?.subarray(0, 7)).toEqual(Uint8Array.of(2, 0, 4, 1, 2, 3, 4));
    // Padding of our own: sixteen bytes at random are not all of theirs.
    expect(answer).toHaveLength(7 + 16);
    expect(answer?.subarray(7)).not.toEqual(Uint8Array.from(secrets(16)));
  });

  it('answers nothing before the handshake is over, and goes on with it', () => {
    const opened = open({ victim: role, options: { versions: ['TLSv1.2'], heartbeat: 'peer_allowed_to_send' } });
    const { peer, victim } = opened;
    peer.changeExtensions(role === 'client' ? 'server_hello' : 'client_hello', adding(extension('heartbeat', 1)));
    const place = role === 'client' ? 'server_hello_done' : 'client_key_exchange';
    for (const message of [lying(0x4000), lying(4, 1, 2, 3, 4, ...secrets(16))]) {
      peer.before(place, () => peer.sendRecord({ type: HEARTBEAT, content: message }));
    }
    victim.start();
    opened.run();
    carry(opened);
    expect(peer.receivedHeartbeats).toEqual([]);
    expectAlive(opened);
  });
});

describe('what a peer of TLS 1.2 may do', () => {
  for (const tolerated of TOLERATED) {
    const { victim: role, name, rfc, info = {} } = tolerated;
    it(`a ${role} bears a ${role === 'client' ? 'server' : 'client'} that ${name} (${rfc})`, () => {
      const opened = open(tolerated);
      const { victim, recorder, peer, run } = opened;
      tolerated.break(peer);
      victim.start();
      run();
      carry(opened);
      expectConversation(victim, recorder, peer);
      expect(victim.info).toMatchObject({ version: 'TLSv1.2', ...info });
    });
  }
});

for (const [section, list] of Object.entries(SECTIONS)) {
  describe(`misbehaviour over TLS 1.2 in ${section}`, () => {
    for (const misbehaviour of list) {
      const { victim, name, rfc, alert } = misbehaviour;
      // RFC 5246 §7.2.2: "it MUST send that alert at the fatal alert level"
      it(`${victim === 'client' ? 'a server that' : 'a client that'} ${name} gets ${alert} (${rfc})`, () => {
        expectRuleToName(rfc, alert);
        for (const cut of [whole, byteByByte]) expectAlertAndError(misbehaviour, cut);
      });
    }
  });
}

it('the table of misbehaviour over TLS 1.2 has no two cases of one name for one victim', () => {
  const names = [...Object.values(SECTIONS), TOLERATED].flatMap((list) => list.map(({ victim, name }) => `${victim}: ${name}`));
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  expect(names.length).toBeGreaterThan(110);
});

function expectAlertAndError(misbehaviour: Tls12Case, cut: Cut): void {
  const opened = open(misbehaviour);
  const { victim, recorder, peer, run } = opened;
  misbehaviour.break(peer);
  victim.start();
  run();
  carry(opened, cut);
  expectFault(victim, recorder, peer, misbehaviour);
  // What is wrong with a hello is said in place of an answer.
  if (misbehaviour.situation === undefined && isWrongHello(misbehaviour, misbehaviour.break))
    expect(peer.receivedMessages).toEqual([]);
  expectSilence(victim, recorder, peer);
}
