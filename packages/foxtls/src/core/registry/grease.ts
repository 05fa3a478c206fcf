/**
 * GREASE: numbers reserved to be meaningless, so that nobody refuses what it does not know (RFC 8701 §2).
 *
 * A peer may send them wherever a list may grow; they must be ignored like any unknown number, and never be chosen.
 */

/** Reserved as cipher suites, extensions, named groups, signature algorithms and versions; two bytes each, `0x?a?a`. */
export const GREASE_VALUES = [
  0x0a0a, 0x1a1a, 0x2a2a, 0x3a3a, 0x4a4a, 0x5a5a, 0x6a6a, 0x7a7a, 0x8a8a, 0x9a9a, 0xaaaa, 0xbaba, 0xcaca, 0xdada, 0xeaea, 0xfafa,
] as const;

/** Reserved as PskKeyExchangeModes: `0x0b + 0x1f * n`. */
export const GREASE_PSK_KEY_EXCHANGE_MODES = [0x0b, 0x2a, 0x49, 0x68, 0x87, 0xa6, 0xc5, 0xe4] as const;

/** Whether a two-byte number is reserved as GREASE. */
export function isGrease(code: number): boolean {
  return (code & 0x0f0f) === 0x0a0a && code >>> 8 === (code & 0xff);
}
