import { describe, expect, it } from 'vitest';
import { isReplayWindowSize, ReplayWindow } from './replay-window.ts';

describe('ReplayWindow', () => {
  it('takes each number once', () => {
    const window = new ReplayWindow();
    for (const sequence of [0, 1, 5, 3, 2, 4, 100]) {
      expect(window.isNew(sequence)).toBe(true);
      window.add(sequence);
      expect(window.isNew(sequence)).toBe(false);
    }
  });

  it('changes nothing when it is only asked', () => {
    const window = new ReplayWindow();
    expect([window.isNew(1000), window.isNew(1), window.isNew(1000), window.highest]).toEqual([true, true, true, -1]);
  });

  it.each([32, 64, 128, 1024])('knows the last %i numbers, and takes none before them', (size) => {
    const window = new ReplayWindow(size);
    window.add(5000);
    expect(window.isNew(5000 - size + 1)).toBe(true);
    expect(window.isNew(5000 - size)).toBe(false);
    window.add(5000 - size + 1);
    expect(window.isNew(5000 - size + 1)).toBe(false);
  });

  it('has 64 numbers unless told otherwise', () => {
    const window = new ReplayWindow();
    window.add(63);
    expect(window.isNew(0)).toBe(true);
    window.add(64);
    expect([window.isNew(0), window.isNew(1)]).toEqual([false, true]);
  });

  it('forgets a number that was received one window earlier, and does not take its place for received', () => {
    const window = new ReplayWindow(32);
    window.add(7);
    window.add(7 + 33);
    expect([window.isNew(7), window.isNew(7 + 32)]).toEqual([false, true]);
  });

  it('does not let an old number change it', () => {
    const window = new ReplayWindow(32);
    window.add(100);
    window.add(100 - 33);
    expect([window.highest, window.isNew(99)]).toEqual([100, true]);
  });

  it('counts to the end of 48 bits', () => {
    const last = 2 ** 48 - 1;
    const window = new ReplayWindow();
    window.add(last - 40);
    window.add(last);
    expect([last, last - 1, last - 40, last - 63, last - 64].map((sequence) => window.isNew(sequence))).toEqual([
      ...[false, true, false, true],
      false,
    ]);
    expect(window.highest).toBe(last);
  });

  it.each([32, 64, 256])('of %i says what a list of everything received says', (size) => {
    let seed = size;
    const random = (below: number) => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return (seed >>> 8) % below;
    };
    const window = new ReplayWindow(size);
    const received = new Set<number>();
    const wrong: string[] = [];
    let highest = -1;
    for (let round = 0; round < 20_000; round++) {
      const jump = random(50) === 0 ? random(3 * size) : random(4);
      const sequence = random(3) === 0 ? Math.max(0, highest - random(size + 20)) : Math.max(0, highest) + jump;
      const expected = sequence > highest - size && !received.has(sequence);
      if (window.isNew(sequence) !== expected) wrong.push(`${sequence} after ${highest}`);
      if (!expected || random(5) === 0) continue;
      window.add(sequence);
      received.add(sequence);
      highest = Math.max(highest, sequence);
    }
    expect([wrong, window.highest]).toEqual([[], highest]);
  });

  it.each([0, 16, 31, 33, 96, 2048, 64.5, Number.NaN])('has no size %d', (size) => {
    expect(isReplayWindowSize(size)).toBe(false);
    expect(() => new ReplayWindow(size)).toThrow('replay window');
  });
});
