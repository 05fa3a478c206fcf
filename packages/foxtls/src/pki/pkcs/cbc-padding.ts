/**
 * The padding of PKCS#5 and CMS under a block cipher (RFC 8018 §6.1.1, RFC 5652 §6.3).
 *
 * ```
 * PS = 01, if ||M|| mod 8 = 7 ;
 * PS = 02 02, if ||M|| mod 8 = 6 ;
 *        ...
 * PS = 08 08 08 08 08 08 08 08, if ||M|| mod 8 = 0.
 * ```
 */

import { concat } from '../../core/bytes/bytes.ts';

/** `message` with 1 to `blockSize` octets behind it. */
export function addPadding(message: Uint8Array, blockSize: number): Uint8Array {
  const count = blockSize - (message.length % blockSize);
  return concat(message, new Uint8Array(count).fill(count));
}

/** The message, a view; undefined when the padding is wrong. The time does not depend on where it is wrong. */
export function removePadding(padded: Uint8Array, blockSize: number): Uint8Array | undefined {
  const count = padded.at(-1) ?? 0;
  let difference = padded.length % blockSize;
  if (count === 0 || count > blockSize || count > padded.length) difference = 1;
  const last = padded.subarray(Math.max(0, padded.length - blockSize));
  for (let i = 0; i < last.length; i++) {
    const isPadding = i >= last.length - count ? 0xff : 0;
    difference |= ((last[i] as number) ^ count) & isPadding;
  }
  return difference === 0 ? padded.subarray(0, padded.length - count) : undefined;
}
