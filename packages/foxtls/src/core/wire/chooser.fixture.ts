/**
 * Invented values that can be invented again: a chooser from a seed (mulberry32; not for anything secret).
 */

import type { Chooser } from './codec.ts';

export function seededChooser(seed: number): Chooser {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** One after another: the next of `below` each time it is asked. For small and exact inventions. */
export function scriptedChooser(choices: readonly number[]): Chooser {
  const left = [...choices];
  return (below) => Math.min(left.shift() ?? 0, below - 1);
}
