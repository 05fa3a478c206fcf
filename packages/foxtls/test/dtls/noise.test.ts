/**
 * Datagrams that nobody should have sent: what was recorded, changed in every way, from both directions and of other connections, and what is
 * random. They come to live connections, which stay alive, say nothing of it, and keep little: a million in the long tier.
 */

import { beforeAll, describe, expect, it } from 'vitest';
import { concat, fromUtf8, utf8 } from '../../src/core/bytes/bytes.ts';
import { rounds } from '../tiers.ts';
import { Laboratory, seededRandom } from './laboratory.ts';
import { type ModeName, Modes, type Version } from './modes.ts';

let modes: Modes;
beforeAll(async () => {
  modes = await Modes.create();
});

const SETTINGS: readonly (readonly [Version, ModeName, boolean])[] = [
  ['TLSv1.3', 'full', false],
  ['TLSv1.3', 'mutual authentication', true],
  ['TLSv1.3', 'ticket', true],
  ['TLSv1.2', 'full', false],
  ['TLSv1.2', 'mutual authentication', true],
  ['TLSv1.2', 'session id', true],
  ['TLSv1.1', 'full', false],
];
const PER_SETTING = Math.ceil(rounds(14_000, 1_000_000) / SETTINGS.length);
/** After so many the connection proves that it lives. */
const BETWEEN = 500;

function connected(version: Version, mode: ModeName, hasIds: boolean, seed: number): Laboratory {
  const { client, server, session } = modes.setting(mode, version);
  const id = (byte: number) => (hasIds ? { connectionId: new Uint8Array(4).fill(byte) } : {});
  const lab = new Laboratory(seed, {}, client, server, {
    client: { session, ...id(0xcc) },
    server: { ...id(0x55), peerAddress: Uint8Array.of(1) },
  });
  lab.isRecording = true;
  lab.start();
  lab.run();
  expect(lab.areConnected).toBe(true);
  return lab;
}

type Random = () => number;
const below = (random: Random, limit: number) => Math.floor(random() * limit);

/** One of the recorded datagrams, or of what they are made of, changed. */
function changed(random: Random, recorded: readonly Uint8Array[]): Uint8Array {
  const pick = () => recorded[below(random, recorded.length)] as Uint8Array;
  const bytes = pick().slice();
  const flip = (at: number) => {
    bytes[at] = (bytes[at] as number) ^ (1 << below(random, 8));
  };
  switch (below(random, 9)) {
    case 0:
      return bytes;
    case 1:
      flip(below(random, bytes.length));
      return bytes;
    case 2:
      for (let i = 0; i < 4; i++) flip(below(random, Math.min(30, bytes.length)));
      return bytes;
    case 3:
      return bytes.subarray(0, below(random, bytes.length));
    case 4:
      return concat(bytes.subarray(0, below(random, bytes.length)), pick().subarray(below(random, 60)));
    case 5:
      // The epoch, of either kind of header.
      bytes[0] = ((bytes[0] as number) & 0xe0) === 0x20 ? ((bytes[0] as number) & 0xfc) | below(random, 4) : (bytes[0] as number);
      if (bytes.length > 4 && (bytes[0] as number) < 0x20) bytes[4] = below(random, 5);
      return bytes;
    case 6:
      bytes[0] = below(random, 256);
      return bytes;
    case 7:
      if (bytes.length > 12) bytes.set([below(random, 256), below(random, 256)], 11);
      return bytes;
    default: {
      const noise = new Uint8Array(below(random, 100)).map(() => below(random, 256));
      if (noise.length > 0 && random() < 0.5) noise[0] = [20, 21, 22, 23, 25, 26, 0x2c, 0x2f, 0x3f][below(random, 9)] as number;
      return noise;
    }
  }
}

/** Says something each way; nothing else came, and nothing came twice. */
function expectAlive(lab: Laboratory, round: number): void {
  const said = { client: lab.serverEvents.of('data').length, server: lab.clientEvents.of('data').length };
  lab.client.send(utf8(`c${round}`));
  lab.server.send(utf8(`s${round}`));
  lab.collect();
  lab.run();
  expect([lab.clientEvents.error, lab.serverEvents.error]).toEqual([undefined, undefined]);
  const heard = (events: Laboratory['clientEvents'], from: number) =>
    events
      .of('data')
      .slice(from)
      .map(({ data }) => fromUtf8(data));
  expect(heard(lab.serverEvents, said.client)).toEqual([`c${round}`]);
  expect(heard(lab.clientEvents, said.server)).toEqual([`s${round}`]);
}

const total = (counts: Readonly<Record<string, number>>) => Object.values(counts).reduce((sum, count) => sum + count, 0);

describe(`${PER_SETTING} datagrams of noise`, () => {
  it.each(SETTINGS)('leave connections of %s (%s, connection IDs: %s) alive and silent', (version, mode, hasIds) => {
    const random = seededRandom(PER_SETTING);
    const lab = connected(version, mode, hasIds, 1);
    const stranger = connected(version, mode, hasIds, 2);
    expectAlive(stranger, 0);
    expectAlive(lab, 0);
    const heardBefore = lab.clientEvents.of('data').length;
    const heap: number[] = [];
    let answers = 0;
    for (let sent = 0, round = 1; sent < PER_SETTING; sent += BETWEEN, round++) {
      const recorded = [...lab.recorded.slice(0, 12), ...lab.recorded.slice(-12), ...stranger.recorded].map(
        ({ datagram }) => datagram,
      );
      for (let i = 0; i < BETWEEN; i++) {
        const end = random() < 0.5 ? 'client' : 'server';
        lab[end].receive(changed(random, recorded));
        for (const datagram of lab[end].takeOutput()) {
          // No alert: in the clear they have 21, and under keys there is nothing to be said but what a retransmission asks for.
          expect(datagram[0]).not.toBe(21);
          answers++;
        }
      }
      expectAlive(lab, round);
      if (lab.recorded.length > 1000) lab.recorded.splice(100, lab.recorded.length - 200);
      if (round % 20 === 0) heap.push(process.memoryUsage().heapUsed);
    }
    expect(lab.clientEvents.of('data').length - heardBefore).toBe(Math.ceil(PER_SETTING / BETWEEN));
    // Replays of what is answered under keys: last flights, tickets. The window takes each once.
    expect(answers).toBeLessThan(PER_SETTING / 20);
    for (const { stats } of [lab.client, lab.server]) {
      expect(total(stats.discarded)).toBeGreaterThan(PER_SETTING / 4);
      for (const reason of ['malformed', 'undecryptable', 'replayed'] as const)
        expect(stats.discarded[reason]).toBeGreaterThan(0);
    }
    // A hundred bytes for each that was kept would be more.
    expect((heap.at(-1) ?? 0) - Math.min(...heap, Number.POSITIVE_INFINITY)).toBeLessThan(64_000_000);
  });
});
