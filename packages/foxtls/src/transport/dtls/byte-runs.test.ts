import { describe, expect, it } from 'vitest';
import { toHex } from '../../core/bytes/bytes.ts';
import { ByteRuns } from './byte-runs.ts';

const whole = Uint8Array.from({ length: 100 }, (_, i) => i);
const piece = (from: number, to: number) => whole.subarray(from, to);

function runs(length: number, ...pieces: readonly (readonly [from: number, to: number])[]): ByteRuns {
  const made = new ByteRuns(length);
  for (const [from, to] of pieces) expect(made.add(from, piece(from, to))).toBe(true);
  return made;
}

describe('ByteRuns', () => {
  it.each([
    ['in order', '0-40 40-80 80-100'],
    ['backwards', '80-100 40-80 0-40'],
    ['with the middle last', '0-40 80-100 40-80'],
    ['overlapping', '0-60 50-90 10-100'],
    ['over several that are there', '10-20 30-40 50-60 0-100'],
    ['up to the middle of one that is there', '50-100 0-70'],
    ['from the middle of one that is there to that of another', '0-30 60-100 20-70'],
    ['twice', '0-50 0-50 20-40 50-100'],
  ])('joins pieces that come %s', (_what, pieces) => {
    const joined = runs(100, ...pieces.split(' ').map((text) => text.split('-').map(Number) as [number, number]));
    expect([joined.isWhole, joined.hasHole, joined.size]).toEqual([true, false, 100]);
    expect(joined.takeAfter(0)).toEqual(whole);
  });

  it('knows a piece that contradicts what is there, wherever it overlaps', () => {
    const some = runs(100, [10, 20], [30, 40]);
    const changed = (from: number, to: number, at: number) =>
      some.contradicts(from, whole.map((byte, i) => (i === at ? byte ^ 1 : byte)).subarray(from, to));
    expect([some.contradicts(0, whole), changed(0, 50, 10), changed(15, 35, 30), changed(39, 100, 39)]).toEqual([
      false,
      true,
      true,
      true,
    ]);
    expect([changed(0, 50, 9), changed(20, 30, 25), changed(15, 35, 29)]).toEqual([false, false, false]);
  });

  it('takes memory for what came, and for the islands that it is in', () => {
    const none = new ByteRuns(2 ** 24 - 1).memory;
    const one = runs(100, [0, 40]).memory;
    const two = runs(100, [0, 20], [60, 80]).memory;
    expect([none, one > 40, two > one, one < 1000]).toEqual([0, true, true, true]);
  });

  it('is whole from the beginning when there is nothing to come', () => {
    const none = new ByteRuns(0);
    expect([none.isWhole, none.add(0, piece(0, 0)), toHex(none.takeAfter(2))]).toEqual([true, true, '0000']);
  });

  it('is not whole, and has a hole, when the beginning or the middle is missing', () => {
    const states = [runs(100), runs(100, [0, 99]), runs(100, [1, 100]), runs(100, [0, 50], [51, 100])];
    expect(states.map(({ isWhole }) => isWhole)).toEqual([false, false, false, false]);
    expect(states.map(({ hasHole }) => hasHole)).toEqual([false, false, true, true]);
    expect(states.map(({ size }) => size)).toEqual([0, 99, 99, 99]);
  });

  it('keeps the bytes that came first', () => {
    const joined = new ByteRuns(10);
    joined.add(2, Uint8Array.of(1, 1, 1));
    joined.add(7, Uint8Array.of(3));
    joined.add(0, new Uint8Array(10).fill(2));
    expect(toHex(joined.takeAfter(0))).toBe('02020101010202030202');
  });

  it('keeps a copy', () => {
    const source = Uint8Array.of(1, 2, 3);
    const joined = new ByteRuns(3);
    joined.add(0, source);
    source.fill(0);
    expect(toHex(joined.takeAfter(1))).toBe('00010203');
  });

  it('takes 64 islands, and what joins on to them, but no more', () => {
    const islands = new ByteRuns(1000);
    for (let i = 0; i < 64; i++) expect(islands.add(2 * i, Uint8Array.of(i))).toBe(true);
    expect(islands.add(200, Uint8Array.of(1))).toBe(false);
    expect(islands.add(127, Uint8Array.of(1))).toBe(true);
    expect(islands.add(1, Uint8Array.of(1))).toBe(true);
    expect(islands.add(200, Uint8Array.of(1))).toBe(true);
    expect(islands.size).toBe(64 + 3);
  });

  it('joins what a random link makes of it', () => {
    let seed = 5;
    const random = (below: number) => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return (seed >>> 8) % below;
    };
    for (let round = 0; round < 50; round++) {
      const joined = new ByteRuns(100);
      const there = new Set<number>();
      while (!joined.isWhole) {
        const from = random(100);
        const to = Math.min(100, from + random(30));
        joined.add(from, piece(from, to));
        for (let i = from; i < to; i++) there.add(i);
        if (joined.size !== there.size) throw new Error(`${joined.size} bytes where ${there.size} came`);
      }
      expect(there.size).toBe(100);
      expect(joined.takeAfter(0)).toEqual(whole);
    }
  });
});
