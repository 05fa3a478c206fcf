/**
 * The padding of CBC records, and the MAC in front of it (RFC 5246 §6.2.3.2), looked at in time that does not depend on what they are.
 *
 * ```
 * | content …           | MAC     | padding …      | padding_length |        of the plaintext of a record
 *     from 0 on           secret    0 to 255 times       last byte
 *                         place     padding_length
 * ```
 * "Each uint8 in the padding data vector MUST be filled with the padding length value. The receiver MUST check this padding and MUST use
 * the bad_record_mac alert to indicate padding errors." (RFC 5246 §6.2.3.2)
 *
 * Invariant: no branch, no index and no division depends on the content of `plaintext`, only on its length, which everybody sees. Truth
 * is a mask: -1 (all bits) or 0. All numbers stay within 31 bits, where the sign of a difference is what decides.
 */

const MAX_PADDING = 255;

/** How the plaintext ends. */
export interface PaddingCheck {
  /** -1 when the padding is right and leaves room for a MAC, else 0. */
  readonly good: number;
  /** padding_length when good; zero when not: "the implementation might assume a zero-length pad and then compute the MAC" (RFC 5246 §6.2.3.2). */
  readonly length: number;
}

/** Checks the padding of a plaintext of at least `macSize + 1` bytes. */
export function checkPadding(plaintext: Uint8Array, macSize: number): PaddingCheck {
  const last = plaintext.length - 1;
  const padding = plaintext[last] as number;
  const most = Math.min(MAX_PADDING, last);
  let wrong = 0;
  for (let i = 1; i <= most; i++) {
    wrong |= atMost(i, padding) & ((plaintext[last - i] as number) ^ padding);
  }
  const good = atMost(padding, last - macSize) & isZero(wrong);
  return { good, length: padding & good };
}

/** -1 when the `mac.length` bytes that end where the padding of `paddingLength` bytes begins are `mac`, else 0. */
export function macMatches(plaintext: Uint8Array, paddingLength: number, mac: Uint8Array): number {
  const rotated = rotateBack(...collect(plaintext, paddingLength, mac.length));
  let different = 0;
  for (let i = 0; i < mac.length; i++) different |= (rotated[i] as number) ^ (mac[i] as number);
  return isZero(different);
}

/**
 * The MAC, picked out of all the places where it can begin into a ring: rotated by some number of bytes, which is the second result.
 * Each byte of the ring is written as often, whichever place it is.
 */
function collect(plaintext: Uint8Array, paddingLength: number, size: number): [ring: Uint8Array, rotation: number] {
  const latest = plaintext.length - 1 - size;
  const start = latest - paddingLength;
  const ring = new Uint8Array(size);
  let rotation = 0;
  let slot = 0;
  for (let at = Math.max(0, latest - MAX_PADDING); at < plaintext.length - 1; at++) {
    const inside = atMost(start, at) & atMost(at + 1, start + size);
    ring[slot] = (ring[slot] as number) | ((plaintext[at] as number) & inside);
    rotation |= slot & isZero(at ^ start);
    slot = slot + 1 === size ? 0 : slot + 1;
  }
  return [ring, rotation];
}

/** `ring` turned so that the byte at `rotation` comes first, by one step for each bit of the number, taken or not. */
function rotateBack(ring: Uint8Array, rotation: number): Uint8Array {
  const size = ring.length;
  let from = ring;
  for (let step = 1, rest = rotation; step < size; step *= 2, rest >>= 1) {
    const taken = (rest << 31) >> 31;
    const to = new Uint8Array(size);
    for (let i = 0; i < size; i++) {
      const there = from[(i + step) % size] as number;
      const here = from[i] as number;
      to[i] = here ^ ((here ^ there) & taken);
    }
    from = to;
  }
  return from;
}

/** -1 when a <= b, else 0. */
function atMost(a: number, b: number): number {
  return ~((b - a) >> 31);
}

/** -1 for zero and 0 for any other number that is not negative. */
function isZero(value: number): number {
  return (value - 1) >> 31;
}
