/**
 * Test tiers: `npm test` is to stay short; what takes minutes runs in `npm run test:long` (or with `FOXTLS_LONG=1`).
 */

import type { Skippable } from './folders.ts';

export const isLongTier: boolean = process.env['FOXTLS_LONG'] === '1';

/** The number of rounds for this tier: few in the short one, many in the long one. */
export function rounds(short: number, long: number): number {
  return isLongTier ? long : short;
}

/** Skips the running test in the short tier. */
export function longTierOrSkip(context: Skippable): void {
  if (!isLongTier) context.skip('only in the long tier: npm run test:long');
}
