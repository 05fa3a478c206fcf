/**
 * A server that takes no early data, and clients that send some (RFC 8446 §4.2.10): honest ones, played by the scriptable peer.
 */

import { beforeAll, describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/connection/limits.ts';
import { byteByByte, type Cut, whole } from '../../src/connection/pair.fixture.ts';
import { utf8 } from '../../src/core/bytes/bytes.ts';
import { CONTENT_TYPES } from '../../src/core/registry/content-types.ts';
import type { Case } from '../misbehaving/case.ts';
import { adding, extension, filled } from '../misbehaving/edits.ts';
import type { Peer } from '../misbehaving/peer.ts';
import { carry, createPeer, createVictim, createWorld, type Victim, type World } from '../misbehaving/world.ts';
import { randomly } from './ends.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
});

type Played = Pick<Case, 'situation' | 'options'>;

/** A handshake in which the client sends records of those lengths, encrypted under a key that the server does not have. */
function play(played: Played, lengths: readonly number[], cut: Cut = whole): { victim: Victim; peer: Peer } {
  const roles = { victim: 'server', ...played } as const;
  const victim = createVictim(world, roles);
  const { peer, run } = createPeer(world, roles);
  peer.changeExtensions('client_hello', adding(extension('early_data')));
  peer.after('client_hello', () => {
    // "… the record is placed immediately after the first ClientHello." (RFC 8446 §D.4)
    peer.sendChangeCipherSpec();
    for (const length of lengths) {
      peer.sendRecord({ type: CONTENT_TYPES.application_data, content: filled(length, 0x5a), inTheClear: true });
    }
  });
  victim.connection.start();
  run();
  carry(victim, peer, cut);
  return { victim, peer };
}

function expectConnection({ victim, peer }: ReturnType<typeof play>): void {
  expect(victim.recorder.error).toBeUndefined();
  expect([peer.connected, victim.connection.state]).toEqual([true, 'connected']);
  peer.sendData('after the handshake');
  victim.connection.send(utf8('answered'));
  carry(victim, peer);
  // Nothing of the early data reached the application.
  expect(new TextDecoder().decode(victim.recorder.data)).toBe('after the handshake');
  expect(new TextDecoder().decode(peer.receivedData)).toBe('answered');
}

const HANDSHAKES: Readonly<Record<string, Played>> = {
  'a full handshake': {},
  'a handshake resumed by a ticket': { situation: { session: true } },
  'a handshake with a client certificate': { options: { clientCertificates: 'require' } },
  'a handshake after HelloRetryRequest': { situation: { keyShareGroups: ['secp384r1'] }, options: { groups: ['x25519'] } },
  'a handshake after a cookie': { options: { cookies: true } },
  'a resumption after HelloRetryRequest': {
    situation: { session: true, keyShareGroups: ['secp384r1'] },
    options: { groups: ['x25519'] },
  },
};

for (const [name, played] of Object.entries(HANDSHAKES)) {
  describe(`early data in ${name}`, () => {
    it.each([
      ['no record', []],
      ['one record', [200]],
      ['records of all sizes', [0, 1, 16, 17, 1000, 16000]],
      ['as much as is dropped', [16640, LIMITS.maxEarlyDataSkipped - 16640 - 2 * 5]],
    ])('of %s is dropped, however it is cut', (_, lengths) => {
      for (const cut of [whole, byteByByte, randomly(lengths.length)]) expectConnection(play(played, lengths, cut));
    });
  });
}

describe('after early data was dropped', () => {
  it.each(Object.entries(HANDSHAKES))('in %s, a record that does not open ends the connection', (_, played) => {
    const { victim, peer } = play(played, [100]);
    peer.sendRecord({ type: CONTENT_TYPES.application_data, content: filled(100, 0x5a), inTheClear: true });
    carry(victim, peer);
    expect(victim.recorder.error).toMatchObject({ reason: 'bad_record_mac', alert: 'bad_record_mac' });
  });
});

describe('the limit of early data', () => {
  it('is the config’s: with 0, none is dropped', () => {
    const limits = { maxEarlyDataSkipped: 0 };
    expectConnection(play({ options: { limits } }, []));
    expect(play({ options: { limits } }, [0]).victim.recorder.error).toMatchObject({
      limit: 'maxEarlyDataSkipped',
      alert: 'unexpected_message',
    });
  });
});
