/**
 * Long conversations by number over bad links: data, KeyUpdates and connection IDs in any order, of both ends at once.
 */

import { beforeAll, describe, expect, it } from 'vitest';
import { fromUtf8, utf8 } from '../../src/core/bytes/bytes.ts';
import { rounds } from '../tiers.ts';
import { Laboratory, seededRandom } from './laboratory.ts';
import { Modes } from './modes.ts';

let modes: Modes;
beforeAll(async () => {
  modes = await Modes.create();
});

const GROUPS = 4;
const PER_GROUP = rounds(40, 1000);
const STEPS = 60;

function converse(seed: number): void {
  const random = seededRandom(seed * 104_729);
  const version = random() < 0.7 ? 'TLSv1.3' : 'TLSv1.2';
  const { client, server } = modes.setting('full', version);
  const made = { client: 0, server: 0 };
  const options = (whose: 'client' | 'server', byte: number) => ({
    connectionId: new Uint8Array(4).fill(byte),
    newConnectionId: () => Uint8Array.of(byte, 0, 0, ++made[whose] & 0xff),
  });
  const faults = { loss: random() * 0.2, duplication: random() * 0.3, reordering: random() * 0.5 };
  const lab = new Laboratory(seed, {}, client, server, { client: options('client', 0xcc), server: options('server', 0x55) });
  lab.start();
  lab.run(() => lab.areConnected);
  lab.faults = faults;
  const sent = { client: new Set<string>(), server: new Set<string>() };
  const say = (whose: 'client' | 'server', text: string) => {
    sent[whose].add(text);
    lab[whose].send(utf8(text));
  };
  let isAsked = { client: false, server: false };
  for (let step = 0; step < STEPS; step++) {
    const whose = random() < 0.5 ? 'client' : 'server';
    const end = lab[whose];
    const what = version === 'TLSv1.3' ? Math.floor(random() * 6) : 0;
    if (what === 1) end.updateKeys({ requestPeer: random() < 0.3 });
    else if (what === 2 && !isAsked[whose]) {
      end.requestConnectionIds(1 + Math.floor(random() * 4));
      isAsked = { ...isAsked, [whose]: true };
    } else if (what === 3) end.changeConnectionId();
    else say(whose, `${whose} ${step}`);
    lab.collect();
    if (random() < 0.7) lab.run(() => false, lab.now + random() * 400);
    expect([seed, step, lab.clientEvents.error, lab.serverEvents.error]).toEqual([seed, step, undefined, undefined]);
  }
  lab.faults = {};
  lab.run();
  expect([seed, lab.clientEvents.error, lab.serverEvents.error]).toEqual([seed, undefined, undefined]);
  say('client', 'last of the client');
  say('server', 'last of the server');
  lab.collect();
  lab.run();
  expect([seed, lab.clientEvents.error, lab.serverEvents.error]).toEqual([seed, undefined, undefined]);
  expect([lab.client.nextTimeout(), lab.server.nextTimeout()]).toEqual([undefined, undefined]);
  for (const [events, from] of [
    [lab.clientEvents, 'server'],
    [lab.serverEvents, 'client'],
  ] as const) {
    const received = events.of('data').map(({ data }) => fromUtf8(data));
    expect(new Set(received).size).toBe(received.length);
    expect(received.filter((text) => !sent[from].has(text))).toEqual([]);
    expect(received.at(-1)).toBe(`last of the ${from}`);
  }
}

describe('over a link that loses, doubles and delays', () => {
  it.each(Array.from({ length: GROUPS }, (_, group) => group * PER_GROUP))(
    `the ${PER_GROUP} conversations from number %i lose no more than what the link does`,
    (first) => {
      for (let seed = first; seed < first + PER_GROUP; seed++) converse(seed);
    },
  );
});
