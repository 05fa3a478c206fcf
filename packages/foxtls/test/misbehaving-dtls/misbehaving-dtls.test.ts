import { beforeAll, describe, expect, it } from 'vitest';
import { defineClientConfig, defineServerConfig } from '../../src/connection/config.ts';
import { createDtlsClient, createDtlsServer } from '../../src/connection/create-dtls.ts';
import { createTestPki, Recorder, type TestPki } from '../../src/connection/pair.fixture.ts';
import { fromUtf8, utf8 } from '../../src/core/bytes/bytes.ts';
import { nodeProvider as provider } from '../../src/crypto/node/provider.ts';
import { createX509Verifier } from '../../src/pki/x509/verifier.ts';
import { clientHandshake } from '../../src/protocol/handshake/client.ts';
import { serverHandshake } from '../../src/protocol/handshake/server.ts';
import { createSealer } from '../../src/protocol/session/sealer.ts';
import { expectRuleToName } from '../misbehaving/quoted-rules.ts';
import type { DatagramCase } from './case.ts';
import { FRAGMENTS } from './fragments.ts';
import { MESSAGES } from './messages.ts';
import { DatagramPeer } from './peer.ts';
import { RECORDS } from './records.ts';

const SECTIONS: Readonly<Record<string, readonly DatagramCase[]>> = { records: RECORDS, fragments: FRAGMENTS, ...MESSAGES };
const SERVER_NAME = 'localhost';
const ADDRESS = utf8('here');

let pki: TestPki;
beforeAll(async () => {
  pki = await createTestPki(provider);
});

type Setting = Omit<DatagramCase, 'name' | 'rfc' | 'expected' | 'break'>;

function configs({ version }: Setting, options: DatagramCase['config'] = {}) {
  const verifier = createX509Verifier({ provider, trustAnchors: pki.anchors });
  const cookieSealer = createSealer(provider, new Uint8Array(32).fill(4), 'cookie');
  const common = { provider, versions: [version], verifier, ...options };
  return {
    client: () => defineClientConfig(common),
    server: () => defineServerConfig({ ...common, tickets: 0, credentials: [pki.server], cookieSealer }),
  };
}

function open(setting: Setting) {
  const { victim: role, config, victimConfig, peerConfig, ids = {} } = setting;
  const recorder = new Recorder();
  const ours = configs(setting, { ...config, ...victimConfig });
  const theirs = configs(setting, { ...config, ...peerConfig });
  const options = {
    onEvent: recorder.onEvent,
    serverName: SERVER_NAME,
    peerAddress: ADDRESS,
    connectionId: ids.victim,
    newConnectionId: () => new Uint8Array(ids.victim?.length ?? 0).fill(0xaa),
    clock: () => 0,
  };
  const victim = role === 'client' ? createDtlsClient(ours.client(), options) : createDtlsServer(ours.server(), options);
  const peer = new DatagramPeer();
  const context = { peerAddress: ADDRESS, connectionId: ids.peer };
  const run = () =>
    role === 'client'
      ? peer.run((with_) => serverHandshake(with_, theirs.server()), context)
      : peer.run((with_) => clientHandshake(with_, theirs.client(), { serverName: SERVER_NAME, session: undefined }), context);
  return { victim, peer, recorder, run };
}

type Opened = ReturnType<typeof open>;

function carry({ victim, peer }: Opened): void {
  for (;;) {
    const toPeer = victim.takeOutput();
    for (const datagram of toPeer) peer.receive(datagram);
    const toVictim = peer.takeOutput();
    if (toPeer.length + toVictim.length === 0) return;
    for (const datagram of toVictim) victim.receive(datagram.slice());
  }
}

function begin(opened: Opened): void {
  opened.victim.start();
  opened.run();
  carry(opened);
}

function expectConversation(opened: Opened): void {
  const { victim, peer, recorder } = opened;
  expect([recorder.error, victim.state, peer.connected]).toEqual([undefined, 'connected', true]);
  peer.sendData('from the peer');
  victim.send(utf8('from the victim'));
  carry(opened);
  expect(fromUtf8(recorder.data)).toBe('from the peer');
  expect(fromUtf8(peer.receivedData)).toBe('from the victim');
}

const discarded = ({ victim }: Opened) =>
  Object.fromEntries(Object.entries(victim.stats.discarded).filter(([, count]) => count > 0));

function expectEnd(opened: Opened, { error, alert }: Extract<DatagramCase['expected'], { readonly error: object }>): void {
  const { victim, peer, recorder } = opened;
  expect(recorder.of('error').map((event) => event.error)).toMatchObject([error]);
  expect(victim.state).toBe('closed');
  expect(peer.alerts.filter(({ level }) => level === 2)).toEqual(alert === 'none' ? [] : [{ level: 2, description: alert }]);
  expect(recorder.error?.alert ?? 'none').toBe(alert);
  const events = recorder.events.length;
  peer.sendData('after the fault');
  for (const datagram of [...peer.takeOutput(), new Uint8Array(3000)]) victim.receive(datagram);
  expect(recorder.events.slice(events)).toEqual([]);
  expect([victim.takeOutput(), victim.nextTimeout()]).toEqual([[], undefined]);
}

describe('the test peer of DTLS', () => {
  for (const version of ['TLSv1.3', 'TLSv1.2'] as const) {
    for (const victim of ['client', 'server'] as const) {
      for (const ids of [undefined, { victim: Uint8Array.of(1, 2), peer: Uint8Array.of(3) }]) {
        it(`keeps every rule of ${version} against a ${victim}${ids === undefined ? '' : ' with connection IDs'}`, () => {
          const opened = open({ version, victim, ...(ids && { ids }) });
          begin(opened);
          expectConversation(opened);
          expect(discarded(opened)).toEqual({});
          expect(opened.peer.alerts).toEqual([]);
        });
      }
    }
  }
});

for (const [section, cases] of Object.entries(SECTIONS)) {
  describe(`misbehaviour in ${section}`, () => {
    for (const misbehaviour of cases) {
      const { name, rfc, victim, version, expected } = misbehaviour;
      const who = `${version === 'TLSv1.3' ? 'DTLS 1.3' : 'DTLS 1.2'}: a ${victim === 'client' ? 'server' : 'client'}`;
      const comes =
        'dropped' in expected ? `is counted: ${expected.dropped}` : 'borne' in expected ? 'is borne' : `gets ${expected.alert}`;
      it(`${who} that ${name} ${comes} (${rfc})`, () => {
        const opened = open(misbehaviour);
        misbehaviour.break(opened.peer, misbehaviour);
        begin(opened);
        if ('error' in expected) {
          expectRuleToName(rfc, expected.alert);
          expectEnd(opened, expected);
          return;
        }
        const warnings =
          'borne' in expected && expected.warning !== undefined ? [{ level: 1, description: expected.warning }] : [];
        expect(discarded(opened)).toEqual('dropped' in expected ? { [expected.dropped]: 1 } : {});
        expectConversation(opened);
        expect(opened.peer.alerts).toEqual(warnings);
      });
    }
  });
}

describe('the table of misbehaviour', () => {
  it('has no case twice, and enough of them', () => {
    const names = Object.values(SECTIONS).flatMap((cases) =>
      cases.map(({ victim, version, name }) => `${version} ${victim} ${name}`),
    );
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
    expect(names.length).toBeGreaterThan(150);
  });
});
