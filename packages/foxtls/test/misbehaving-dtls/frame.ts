/**
 * A victim and its peer over datagrams, and what has to come of a broken rule: one error, one alert, and then silence.
 */

import { expect } from 'vitest';
import { defineClientConfig, defineServerConfig } from '../../src/connection/config.ts';
import { createDtlsClient, createDtlsServer } from '../../src/connection/create-dtls.ts';
import { Recorder, type TestPki } from '../../src/connection/pair.fixture.ts';
import { fromUtf8, utf8 } from '../../src/core/bytes/bytes.ts';
import { nodeProvider as provider } from '../../src/crypto/node/provider.ts';
import { createX509Verifier } from '../../src/pki/x509/verifier.ts';
import { clientHandshake } from '../../src/protocol/handshake/client.ts';
import { serverHandshake } from '../../src/protocol/handshake/server.ts';
import { createSealer } from '../../src/protocol/session/sealer.ts';
import { isLast, lastAlerts } from '../misbehaving/outcome.ts';
import type { DatagramCase } from './case.ts';
import { DatagramPeer } from './peer.ts';

const SERVER_NAME = 'localhost';
const ADDRESS = utf8('here');

/** A case, before anything in it is broken. */
export type Setting = Omit<DatagramCase, 'name' | 'rfc' | 'expected' | 'break'>;
export type Opened = ReturnType<typeof open>;

function configs(pki: TestPki, { version }: Setting, options: DatagramCase['config'] = {}) {
  const verifier = createX509Verifier({ provider, trustAnchors: pki.anchors });
  const cookieSealer = createSealer(provider, new Uint8Array(32).fill(4), 'cookie');
  const common = { provider, versions: [version], verifier };
  return {
    client: () => defineClientConfig({ ...common, credentials: [pki.client], ...options }),
    server: () => defineServerConfig({ ...common, tickets: 0, credentials: [pki.server], cookieSealer, ...options }),
  };
}

export function open(pki: TestPki, setting: Setting) {
  const { victim: role, config, victimConfig, peerConfig, ids = {} } = setting;
  const recorder = new Recorder();
  const ours = configs(pki, setting, { ...config, ...victimConfig });
  const theirs = configs(pki, setting, { ...config, ...peerConfig });
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

function carry({ victim, peer }: Opened): void {
  for (;;) {
    const toPeer = victim.takeOutput();
    for (const datagram of toPeer) peer.receive(datagram);
    const toVictim = peer.takeOutput();
    if (toPeer.length + toVictim.length === 0) return;
    for (const datagram of toVictim) victim.receive(datagram.slice());
  }
}

export function begin(opened: Opened): void {
  opened.victim.start();
  opened.run();
  carry(opened);
}

export function expectConversation(opened: Opened): void {
  const { victim, peer, recorder } = opened;
  expect([recorder.error, victim.state, peer.connected]).toEqual([undefined, 'connected', true]);
  peer.sendData('from the peer');
  victim.send(utf8('from the victim'));
  carry(opened);
  expect(fromUtf8(recorder.data)).toBe('from the peer');
  expect(fromUtf8(peer.receivedData)).toBe('from the victim');
}

/** What was dropped, by reasons. */
export const discarded = ({ victim }: Opened) =>
  Object.fromEntries(Object.entries(victim.stats.discarded).filter(([, count]) => count > 0));

export function expectEnd(opened: Opened, { error, alert }: Extract<DatagramCase['expected'], { readonly error: object }>): void {
  const { victim, peer, recorder } = opened;
  expect(recorder.of('error').map((event) => event.error)).toMatchObject([error]);
  expect(victim.state).toBe('closed');
  expect(peer.alerts.filter(isLast)).toEqual(lastAlerts(alert));
  expect(recorder.error?.alert ?? 'none').toBe(alert);
  const events = recorder.events.length;
  peer.sendData('after the fault');
  for (const datagram of [...peer.takeOutput(), new Uint8Array(3000)]) victim.receive(datagram);
  expect(recorder.events.slice(events)).toEqual([]);
  expect([victim.takeOutput(), victim.nextTimeout()]).toEqual([[], undefined]);
}
