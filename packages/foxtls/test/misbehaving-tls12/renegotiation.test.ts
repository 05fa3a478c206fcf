import { beforeAll, describe, expect, it } from 'vitest';
import { defineClientConfig, defineServerConfig } from '../../src/connection/config.ts';
import { createTlsClient, createTlsServer } from '../../src/connection/create.ts';
import { byteByByte, type Cut, createTestPki, Recorder, type TestPki, whole } from '../../src/connection/pair.fixture.ts';
import { concat, utf8 } from '../../src/core/bytes/bytes.ts';
import { CONTENT_TYPES } from '../../src/core/registry/content-types.ts';
import { HANDSHAKE_TYPES } from '../../src/core/registry/handshake-types.ts';
import { createX509Verifier } from '../../src/pki/x509/verifier.ts';
import type { HeartbeatMode } from '../../src/protocol/negotiate/heartbeat.ts';
import { adding, extension } from '../misbehaving/edits.ts';
import { carryBytes, expectFault, expectSilence } from '../misbehaving/outcome.ts';
import { expectRuleToName } from '../misbehaving/quoted-rules.ts';
import { createWorld, type World } from '../misbehaving/world.ts';
import { message } from './case.ts';
import { Tls12Peer } from './peer.ts';
import { RENEGOTIATIONS, type RenegotiationCase } from './renegotiation.ts';
import { clientScript, serverScript } from './scripts.ts';

let world: World;
let stranger: TestPki;
beforeAll(async () => {
  world = await createWorld();
  stranger = await createTestPki(world.provider);
});

type Setting = Pick<RenegotiationCase, 'victim' | 'policy' | 'credential' | 'clientCertificates' | 'limits'> & {
  readonly heartbeat?: HeartbeatMode;
  readonly recordSizeLimit?: number;
};

/** A victim and the test peer, connected by a right handshake. */
function connect(setting: Setting, cut: Cut = whole, prepare?: (peer: Tls12Peer) => void) {
  const { victim: role, policy, credential, clientCertificates, limits, heartbeat, recordSizeLimit } = setting;
  const { provider, pki, credentials } = world;
  // The stranger is trusted too: its certificate is not refused for being unknown.
  const trustAnchors = [...pki.anchors, ...stranger.anchors];
  const verifier = createX509Verifier({ provider, trustAnchors });
  const common = {
    provider,
    verifier,
    versions: ['TLSv1.2'] as const,
    renegotiation: policy ?? ('accept' as const),
    limits,
    heartbeat,
    recordSizeLimit,
  };
  const recorder = new Recorder();
  const victim =
    role === 'client'
      ? createTlsClient(defineClientConfig({ ...common, credentials: [pki.client] }), {
          serverName: 'localhost',
          onEvent: recorder.onEvent,
        })
      : createTlsServer(defineServerConfig({ ...common, credentials: [pki.server], clientCertificates }), {
          onEvent: recorder.onEvent,
        });
  const peer = new Tls12Peer();
  const link = { victim, peer, recorder, cut };
  const mine = role === 'client' ? credentials.server : credentials.client;
  const other = role === 'client' ? stranger.server : stranger.client;
  const script = (own = mine) =>
    role === 'client' ? serverScript(peer, { credential: own }) : clientScript(peer, { credential: own });
  prepare?.(peer);
  victim.start();
  peer.run(script());
  carry(link);
  expect([recorder.error, victim.state, peer.connected]).toEqual([undefined, 'connected', true]);
  peer.connected = false;
  const again = () => peer.run(script(credential === undefined ? mine : other));
  return { ...link, again };
}

type Connected = ReturnType<typeof connect>;

function carry({ victim, peer, cut }: Pick<Connected, 'victim' | 'peer' | 'cut'>): void {
  carryBytes(victim, peer, cut);
}

/** Who begins sends its first message; the peer is ready to go on. */
function begin(connected: Connected, begins: 'peer' | 'victim'): void {
  const { victim, peer, again } = connected;
  if (begins === 'victim') {
    victim.renegotiate();
    // The test peer does not answer a HelloRequest by itself.
    if (victim.role === 'server') {
      carry(connected);
      expect(peer.receivedTypes.at(-1)).toBe(HANDSHAKE_TYPES.hello_request);
    }
  } else if (victim.role === 'client') {
    peer.sendHandshake(message('hello_request'));
  }
  again();
}

describe('the test peer of TLS 1.2 in a renegotiation', () => {
  it.each([
    ['client', 'peer', undefined],
    ['client', 'victim', undefined],
    ['server', 'peer', undefined],
    ['server', 'victim', undefined],
    ['server', 'victim', 'request'],
  ] as const)('keeps every rule against a %s when the %s begins', (victim, begins, clientCertificates) => {
    for (const cut of [whole, byteByByte]) {
      const connected = connect({ victim, ...(clientCertificates && { clientCertificates }) }, cut);
      const { recorder, peer } = connected;
      const before = connected.victim.info;
      for (let i = 1; i <= 2; i++) {
        begin(connected, begins);
        carry(connected);
        expect([recorder.error, peer.connected, recorder.of('renegotiated').length]).toEqual([undefined, true, i]);
        expect(connected.victim.info?.clientFinished).toEqual(peer.finished.client);
        expect(connected.victim.info?.clientFinished).not.toEqual(before?.clientFinished);
      }
      peer.sendData('from the peer');
      connected.victim.send(utf8('from the victim'));
      carry(connected);
      expect(new TextDecoder().decode(recorder.data)).toBe('from the peer');
      expect(new TextDecoder().decode(peer.receivedData)).toBe('from the victim');
    }
  });

  it.each(['client', 'server'] as const)('may send data to a %s until its change_cipher_spec', (role) => {
    const connected = connect({ victim: role });
    const { peer, recorder } = connected;
    const places =
      role === 'client' ? (['server_hello', 'server_hello_done'] as const) : (['client_hello', 'client_key_exchange'] as const);
    for (const place of places) peer.after(place, () => peer.sendData(`${place} `));
    peer.before('change_cipher_spec', () => peer.sendData('the last'));
    begin(connected, 'peer');
    carry(connected);
    expect([recorder.error, peer.connected]).toEqual([undefined, true]);
    expect(new TextDecoder().decode(recorder.data)).toBe(`${places.join(' ')} the last`);
    expect(recorder.of('renegotiated')).toHaveLength(1);
  });

  /** RFC 5246 §6.2.1 */
  it.each(['client', 'server'] as const)('may send data to a %s in the midst of its messages', (role) => {
    const connected = connect({ victim: role });
    const { peer, recorder } = connected;
    const places =
      role === 'client' ? (['server_hello', 'server_hello_done'] as const) : (['client_hello', 'client_key_exchange'] as const);
    for (const place of places) {
      peer.changeRecords(place, (record) => [
        { ...record, content: record.content.subarray(0, 3) },
        { type: CONTENT_TYPES.application_data, content: utf8(`${place} `) },
        { ...record, content: record.content.subarray(3) },
      ]);
    }
    begin(connected, 'peer');
    carry(connected);
    expect([recorder.error, peer.connected]).toEqual([undefined, true]);
    expect(new TextDecoder().decode(recorder.data)).toBe(`${places.join(' ')} `);
    expect(recorder.of('renegotiated')).toHaveLength(1);
  });

  it.each(['client', 'server'] as const)('gets no data of a %s from its hello to its Finished', (role) => {
    const connected = connect({ victim: role });
    const { peer, recorder, victim } = connected;
    const firsts = role === 'client' ? (['server_hello', 'change_cipher_spec'] as const) : (['client_key_exchange'] as const);
    for (const place of firsts) peer.after(place, () => victim.send(utf8(`${place} `)));
    let early = 'not asked';
    peer.whenConnected(() => {
      early = new TextDecoder().decode(peer.receivedData);
    });
    begin(connected, role === 'client' ? 'victim' : 'peer');
    if (role === 'client') victim.send(utf8('client_hello '));
    carry(connected);
    expect([recorder.error, early]).toEqual([undefined, '']);
    expect(new TextDecoder().decode(peer.receivedData)).toBe(
      role === 'client' ? `client_hello ${firsts.join(' ')} ` : `${firsts[0]} `,
    );
  });

  it('may send a heartbeat to a server until its change_cipher_spec, which is not answered', () => {
    const speaks = (peer: Tls12Peer) => peer.changeExtensions('client_hello', adding(extension('heartbeat', 1)));
    const connected = connect({ victim: 'server', heartbeat: 'peer_allowed_to_send' }, whole, speaks);
    const { peer, recorder } = connected;
    const request = concat(Uint8Array.of(1, 0, 4), utf8('beat'), new Uint8Array(16));
    peer.before('change_cipher_spec', () => peer.sendRecord({ type: CONTENT_TYPES.heartbeat, content: request }));
    begin(connected, 'peer');
    // The test peer would take the answer for a message of the handshake.
    carry(connected);
    expect([recorder.error, peer.connected, recorder.of('renegotiated').length]).toEqual([undefined, true, 1]);
  });

  /** "This admits the possibility that the extension might not be negotiated when a connection is renegotiated or resumed." (RFC 8449 §4) */
  it('may leave record_size_limit out: from the next keys on, records of a server and to it are long again', () => {
    let asks = true;
    const asking = (peer: Tls12Peer) =>
      peer.changeExtensions('client_hello', (list) => (asks ? [...list, extension('record_size_limit', 0, 100)] : list));
    const connected = connect({ victim: 'server', recordSizeLimit: 200 }, whole, asking);
    const { peer, recorder } = connected;
    asks = false;
    peer.before('change_cipher_spec', () => peer.sendData('x'.repeat(200)));
    begin(connected, 'peer');
    carry(connected);
    peer.sendData('y'.repeat(1000));
    carry(connected);
    expect(recorder.error).toBeUndefined();
    expect(recorder.data).toHaveLength(1200);
  });

  it('may offer TLS 1.3 too, and gets TLS 1.2 without the mark of a downgrade', () => {
    const connected = connect({ victim: 'server' });
    const { peer, recorder, victim } = connected;
    peer.changeExtensions('client_hello', (list) => [{ type: 43, data: Uint8Array.of(4, 3, 4, 3, 3) }, ...list]);
    begin(connected, 'peer');
    carry(connected);
    expect([recorder.error, peer.connected, victim.info?.version]).toEqual([undefined, true, 'TLSv1.2']);
  });

  it('may refuse by a warning, whoever asks', () => {
    for (const role of ['client', 'server'] as const) {
      const connected = connect({ victim: role });
      const { victim, peer, recorder } = connected;
      victim.renegotiate();
      victim.send(utf8('goes on'));
      peer.run((function* () {})());
      peer.sendAlert(1, 'no_renegotiation_RESERVED');
      carry(connected);
      expect(recorder.of('renegotiationRefused')).toHaveLength(1);
      expect([recorder.error, victim.state, victim.renegotiating]).toEqual([undefined, 'connected', false]);
      expect(new TextDecoder().decode(peer.receivedData)).toBe('goes on');
    }
  });
});

describe('misbehaviour in a renegotiation of TLS 1.2', () => {
  for (const misbehaviour of RENEGOTIATIONS) {
    const { victim, name, rfc, alert } = misbehaviour;
    it(`${victim === 'client' ? 'a server that' : 'a client that'} ${name} gets ${alert} (${rfc})`, () => {
      expectRuleToName(rfc, alert);
      for (const cut of [whole, byteByByte]) expectAlertAndError(misbehaviour, cut);
    });
  }

  it('has no two cases of one name for one victim', () => {
    const names = RENEGOTIATIONS.map(({ victim, name }) => `${victim}: ${name}`);
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
    expect(names.length).toBeGreaterThan(55);
  });
});

function expectAlertAndError(misbehaviour: RenegotiationCase, cut: Cut): void {
  const connected = connect(misbehaviour, cut);
  const { victim, recorder, peer } = connected;
  const before = victim.info;
  misbehaviour.break(peer);
  const { begins = 'peer' } = misbehaviour;
  if (begins !== 'nobody') begin(connected, begins);
  carry(connected);
  expectFault(victim, recorder, peer, misbehaviour);
  expect([victim.renegotiating, recorder.of('renegotiated')]).toEqual([false, []]);
  expect(victim.info).toBe(before);
  expectSilence(victim, recorder, peer);
}

describe('insecure renegotiation (CVE-2009-3555)', () => {
  /** Somebody in between has a connection of his own, and lets a client's first handshake run inside it, as a renegotiation. */
  it.each(['accept', 'refuse'] as const)('puts no stranger’s data before a client’s: the server’s policy is %s', (policy) => {
    const attack = connect({ victim: 'server', ...(policy === 'refuse' && { policy }) });
    const { peer: attacker, recorder: server } = attack;
    attacker.sendData('GET /pay HTTP/1.1\r\nX-Ignore: ');
    const { provider } = world;
    const verifier = createX509Verifier({ provider, trustAnchors: world.pki.anchors });
    const client = new Recorder();
    const innocent = createTlsClient(defineClientConfig({ provider, verifier, versions: ['TLSv1.2'] }), {
      serverName: 'localhost',
      onEvent: client.onEvent,
    });
    innocent.start();
    attacker.run((function* () {})());
    attacker.sendHandshake(concat(...innocent.takeOutput()).slice(5));
    carry(attack);
    expect(server.of('renegotiated')).toHaveLength(0);
    if (policy === 'accept') {
      expect(server.error).toMatchObject({ reason: 'renegotiation_info_invalid', alert: 'handshake_failure' });
      expect(attacker.alerts).toEqual([{ level: 2, description: 'handshake_failure' }]);
    } else {
      expect(server.error).toBeUndefined();
      expect(attacker.alerts).toEqual([{ level: 1, description: 'no_renegotiation_RESERVED' }]);
    }
    expect(innocent.state).toBe('handshaking');
  });

  it('is noticed by the client too: a first handshake that the server holds for a renegotiation ends', () => {
    const recorder = new Recorder();
    const verifier = createX509Verifier({ provider: world.provider, trustAnchors: world.pki.anchors });
    const client = createTlsClient(defineClientConfig({ provider: world.provider, verifier, versions: ['TLSv1.2'] }), {
      serverName: 'localhost',
      onEvent: recorder.onEvent,
    });
    const server = new Tls12Peer();
    server.finished = { client: new Uint8Array(12).fill(1), server: new Uint8Array(12).fill(2) };
    client.start();
    server.run(serverScript(server, { credential: world.credentials.server }));
    carry({ victim: client, peer: server, cut: whole });
    expect(recorder.error).toMatchObject({ reason: 'renegotiation_info_invalid', alert: 'handshake_failure' });
  });
});

describe('triple handshake', () => {
  it('begins with two connections of one secret, which extended_master_secret does not let be: without it there is no renegotiation', () => {
    for (const role of ['client', 'server'] as const) {
      const { provider, pki } = world;
      const verifier = createX509Verifier({ provider, trustAnchors: pki.anchors });
      const common = { provider, verifier, versions: ['TLSv1.2'] as const, renegotiation: 'accept' as const };
      const recorder = new Recorder();
      const victim =
        role === 'client'
          ? createTlsClient(
              // A client that does not even offer it.
              defineClientConfig({ ...common, shapeClientHello: (list) => list.filter(({ type }) => type !== 23) }),
              { serverName: 'localhost', onEvent: recorder.onEvent },
            )
          : createTlsServer(defineServerConfig({ ...common, credentials: [pki.server] }), { onEvent: recorder.onEvent });
      const other =
        role === 'client'
          ? createTlsServer(defineServerConfig({ ...common, credentials: [pki.server] }), { onEvent: () => {} })
          : createTlsClient(
              defineClientConfig({ ...common, shapeClientHello: (list) => list.filter(({ type }) => type !== 23) }),
              { serverName: 'localhost', onEvent: () => {} },
            );
      for (const end of [other, victim]) end.start();
      for (let i = 0; i < 4; i++) {
        for (const bytes of other.takeOutput()) victim.receive(bytes.slice());
        for (const bytes of victim.takeOutput()) other.receive(bytes.slice());
      }
      expect(victim.info?.extendedMasterSecret).toBe(false);
      expect(() => victim.renegotiate()).toThrow(expect.objectContaining({ code: 'ERR_TLS_RENEGOTIATION_INSECURE' }));
    }
  });

  it('ends with a server whose certificate changes: the client answers nothing to it, its own certificate least of all', () => {
    const connected = connect({ victim: 'client', credential: 'stranger' });
    const { peer, victim, recorder } = connected;
    const seen = peer.receivedTypes.length;
    begin(connected, 'peer');
    carry(connected);
    expect(recorder.error).toMatchObject({ reason: 'certificate_changed' });
    expect(peer.receivedTypes.slice(seen)).toEqual([HANDSHAKE_TYPES.client_hello]);
    expect(victim.info?.peer).toMatchObject({ certificates: world.credentials.server.chain });
  });
});
