/** What the benchmarks that compare implementations take: `[--rounds 5] [--only TEXT] [--quick] [--write]`. */

import { parseArgs } from 'node:util';

/** @returns {{ rounds: number, only: string, quick: boolean, write: boolean }} `only`: lines whose title has that text */
export function readArguments() {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '5' },
      only: { type: 'string', default: '' },
      quick: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
    },
  });
  return { ...values, rounds: Number(values.rounds) };
}
