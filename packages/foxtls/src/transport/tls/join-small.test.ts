import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat } from '../../core/bytes/bytes.ts';
import { joinSmall } from './join-small.ts';

const piece = (length: number, fill = length) => new Uint8Array(length).fill(fill);

describe('joinSmall', () => {
  it('makes one piece of a flight', () => {
    expect(joinSmall([piece(5), piece(90), piece(6), piece(5), piece(900), piece(16)])).toHaveLength(1);
  });

  it('leaves long pieces as they are, the same arrays', () => {
    const [first, second] = [piece(16385), piece(16385, 7)];
    const joined = joinSmall([piece(5), first, piece(16), piece(5), second, piece(16)]);
    expect(joined.map(({ length }) => length)).toEqual([5, 16385, 21, 16385, 16]);
    expect(joined[1]).toBe(first);
    expect(joined[3]).toBe(second);
  });

  it('keeps every byte in its place', () => {
    const lengths = fc.array(fc.oneof(fc.nat(64), fc.integer({ min: 2040, max: 2056 })), { maxLength: 20 });
    fc.assert(
      fc.property(lengths, (list) => {
        const pieces = list.map((length, i) => piece(length, i + 1));
        expect(concat(...joinSmall(pieces))).toEqual(concat(...pieces));
      }),
    );
  });
});
