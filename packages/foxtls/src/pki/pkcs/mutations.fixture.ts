/** Random damage for hostile-input tests: octets changed, cut out, put in, cut off. */

import fc from 'fast-check';
import { concat, copyOf } from '../../core/bytes/bytes.ts';

/** A function that damages what it is given, in a copy. Places are fractions, so that one serves inputs of every size. */
export function mutations(): fc.Arbitrary<(original: Uint8Array) => Uint8Array> {
  const place = fc.double({ min: 0, max: 0.999, noNaN: true });
  const octets = fc.uint8Array({ minLength: 1, maxLength: 4 });
  const one = fc.oneof(
    fc.tuple(place, octets).map(([at, bytes]) => (input: Uint8Array) => {
      const changed = copyOf(input);
      changed.set(bytes.subarray(0, input.length - indexOf(at, input)), indexOf(at, input));
      return changed;
    }),
    fc.tuple(place, fc.integer({ min: 1, max: 64 })).map(([at, size]) => (input: Uint8Array) => {
      const start = indexOf(at, input);
      return concat(input.subarray(0, start), input.subarray(start + size));
    }),
    fc.tuple(place, octets).map(([at, bytes]) => (input: Uint8Array) => {
      return concat(input.subarray(0, indexOf(at, input)), bytes, input.subarray(indexOf(at, input)));
    }),
    place.map((at) => (input: Uint8Array) => input.slice(0, indexOf(at, input))),
  );
  return fc
    .array(one, { minLength: 1, maxLength: 3 })
    .map((steps) => (original: Uint8Array) => steps.reduce((input, step) => step(input), original));
}

function indexOf(place: number, input: Uint8Array): number {
  return Math.floor(place * input.length);
}
