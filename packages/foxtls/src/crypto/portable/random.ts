/**
 * Random bytes by the platform's Web Crypto, which every runtime of today has.
 */

import type { RandomSource } from '../key-exchange.ts';

/** `getRandomValues` fills no more than this at once (W3C Web Cryptography API, §10.1.1). */
const MOST_AT_ONCE = 65_536;

export const random: RandomSource = (length) => {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += MOST_AT_ONCE) globalThis.crypto.getRandomValues(bytes.subarray(at, at + MOST_AT_ONCE));
  return bytes;
};
