import { beforeAll, describe, expect, it } from 'vitest';
import { byteByByte, type Cut, whole } from '../../src/connection/pair.fixture.ts';
import { ALERTS } from '../../src/core/registry/alerts.ts';
import { AUTHENTICATION } from './authentication.ts';
import type { Case } from './case.ts';
import { CERTIFICATE_TYPES } from './certificate-types.ts';
import { CLIENT_HELLOS } from './client-hellos.ts';
import { EARLY_DATA } from './early-data.ts';
import { adding, extension } from './edits.ts';
import { EXTENSIONS } from './extensions.ts';
import { GREASE } from './grease.ts';
import { KEY_SHARES } from './key-shares.ts';
import { MESSAGE_FORMS } from './message-forms.ts';
import { expectConversation, expectFault, expectSilence, isLast, isWrongHello } from './outcome.ts';
import { POST_HANDSHAKE } from './post-handshake.ts';
import { PRE_SHARED_KEYS, PSK_SITUATIONS } from './pre-shared-keys.ts';
import { expectRuleToName } from './quoted-rules.ts';
import { RECORD_SIZES } from './record-sizes.ts';
import { RECORDS } from './records.ts';
import { SECOND_CLIENT_HELLOS } from './second-client-hellos.ts';
import { SERVER_HELLOS } from './server-hellos.ts';
import { TOLERATED } from './tolerated.ts';
import { carry, createPeer, createVictim, createWorld, type World } from './world.ts';

const SECTIONS: Readonly<Record<string, readonly Case[]>> = {
  'the hellos of a server': SERVER_HELLOS,
  'the hellos of a client': CLIENT_HELLOS,
  'the second hello of a client': SECOND_CLIENT_HELLOS,
  extensions: EXTENSIONS,
  'key shares': KEY_SHARES,
  'the form of messages': MESSAGE_FORMS,
  'reserved values': GREASE,
  'early data': EARLY_DATA,
  authentication: AUTHENTICATION,
  'certificates, raw keys and staples': CERTIFICATE_TYPES,
  records: RECORDS,
  'the sizes of records': RECORD_SIZES,
  'pre-shared keys and tickets': PRE_SHARED_KEYS,
  'after the handshake': POST_HANDSHAKE,
};

/** The largest record and its header: all that a connection without pending operations has to hold. */
const ONE_RECORD = 5 + 16384 + 256;

let world: World;
beforeAll(async () => {
  world = await createWorld();
});

describe('the test peer', () => {
  const situations: readonly Pick<Case, 'victim' | 'situation' | 'options'>[] = [
    { victim: 'client' },
    { victim: 'client', situation: { retry: { group: 0x17 } } },
    { victim: 'client', situation: { retry: { cookie: Uint8Array.of(1, 2, 3) } } },
    { victim: 'client', situation: { session: true } },
    { victim: 'client', situation: { session: true, retry: { group: 0x17 } } },
    { victim: 'client', situation: { requestsCertificate: true }, options: { alpnProtocols: ['h2'], recordSizeLimit: 1000 } },
    { victim: 'client', options: { grease: true, alpnProtocols: ['h2'] }, situation: { retry: { group: 0x17 } } },
    { victim: 'server' },
    { victim: 'server', situation: { keyShareGroups: ['secp384r1'] }, options: { groups: ['x25519'] } },
    { victim: 'server', options: { cookies: true } },
    { victim: 'server', situation: { session: true } },
    { victim: 'server', situation: { session: true }, options: { cookies: true } },
    { victim: 'server', options: { grease: true, clientCertificates: 'require' } },
    { victim: 'server', situation: { keyShareGroups: ['ffdhe3072'] }, options: { groups: ['ffdhe3072'] } },
    { victim: 'server', situation: { alpnProtocols: ['h2'] }, options: { clientCertificates: 'require', alpnProtocols: ['h2'] } },
  ];
  const withPsks: typeof situations = Object.values(PSK_SITUATIONS).flatMap((situation) => [
    { victim: 'client' as const, ...situation },
    { victim: 'server' as const, ...situation },
  ]);
  for (const situation of [...situations, ...withPsks]) {
    it(`keeps every rule against a ${JSON.stringify(situation)}`, () => {
      const victim = createVictim(world, situation);
      const { peer, run } = createPeer(world, situation);
      victim.connection.start();
      run();
      carry(victim, peer);
      expect(peer.connected).toBe(true);
      expect(victim.connection.info?.resumed).toBe(situation.situation?.session === true);
      expectConversation(victim.connection, victim.recorder, peer);
    });
  }
});

for (const [section, cases] of Object.entries(SECTIONS)) {
  describe(`misbehaviour in ${section}`, () => {
    for (const misbehaviour of cases) {
      const { victim, name, rfc, alert } = misbehaviour;
      // RFC 8446 §6.2: "it SHOULD send an appropriate fatal alert and MUST close the connection without sending or receiving any additional data"
      it(`${victim === 'client' ? 'a server that' : 'a client that'} ${name} gets ${alert} (${rfc})`, () => {
        expectRuleToName(rfc, alert);
        for (const cut of [whole, byteByByte]) expectAlertAndError(misbehaviour, cut);
      });
    }
  });
}

describe('a ClientHello that breaks a rule in an extension', () => {
  const listed = [
    ['record_size_limit', extension('record_size_limit', 0, 63)],
    ['max_fragment_length', extension('max_fragment_length', 5)],
    ['heartbeat', extension('heartbeat', 3)],
  ] as const;
  it.each(listed)('is answered by the alert and nothing before it: %s', (_name, wrong) => {
    const setting = { victim: 'server', options: { heartbeat: 'peer_allowed_to_send' } } as const;
    const victim = createVictim(world, setting);
    const { peer, run } = createPeer(world, setting);
    peer.changeExtensions('client_hello', adding(wrong));
    victim.connection.start();
    run();
    carry(victim, peer);
    expect(peer.receivedMessages).toEqual([]);
    expect(peer.alerts).toEqual([{ level: 2, description: 'illegal_parameter' }]);
  });
});

describe('what a peer may do', () => {
  for (const tolerated of TOLERATED) {
    const { victim: role, name, rfc, info = {} } = tolerated;
    it(`a ${role} bears a ${role === 'client' ? 'server' : 'client'} that ${name} (${rfc})`, () => {
      const victim = createVictim(world, tolerated);
      const { peer, run } = createPeer(world, tolerated);
      tolerated.break(peer);
      victim.connection.start();
      run();
      carry(victim, peer);
      expectConversation(victim.connection, victim.recorder, peer);
      expect(victim.connection.info).toMatchObject(info);
    });
  }
});

describe('the tables of misbehaviour', () => {
  it('have no two cases of one name for one victim', () => {
    const names = [...Object.values(SECTIONS), TOLERATED].flatMap((cases) =>
      cases.map(({ victim, name }) => `${victim}: ${name}`),
    );
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
    expect(names.length).toBeGreaterThan(100);
  });
});

function expectAlertAndError(misbehaviour: Case, cut: Cut): void {
  const victim = createVictim(world, misbehaviour);
  const { peer, run } = createPeer(world, misbehaviour);
  misbehaviour.break(peer, world);
  victim.connection.start();
  run();
  const held = carry(victim, peer, cut);
  if (misbehaviour.ends === true) {
    victim.connection.receiveEnd();
    carry(victim, peer, cut);
  }

  const { connection, transport, recorder } = victim;
  expectFault(connection, recorder, peer, misbehaviour);
  // What is wrong with a hello is said in place of an answer: at once, and in the clear.
  if (misbehaviour.situation === undefined && isWrongHello(misbehaviour, (edits) => misbehaviour.break(edits, world))) {
    expect(peer.receivedMessages).toEqual([]);
  }
  // There is no alert of TLS 1.3 but these.
  expect(peer.alerts.filter((alert) => !isLast(alert))).toEqual([]);
  // The chunk that came last may be held as well.
  if (cut === byteByByte) expect(held).toBeLessThanOrEqual(ONE_RECORD);
  expect(transport.pendingInput).toBe(0);
  expectSilence(connection, recorder, peer);
  // Nor is anything held.
  expect(transport.pendingInput).toBe(0);
  expect(transport.next()).toBeUndefined();
}

it('every alert that the cases expect has a number', () => {
  const alerts = Object.values(SECTIONS).flatMap((cases) => cases.map(({ alert }) => alert));
  expect(alerts.filter((alert) => alert !== 'none' && !(alert in ALERTS))).toEqual([]);
});
