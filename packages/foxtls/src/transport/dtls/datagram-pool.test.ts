import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat } from '../../core/bytes/bytes.ts';
import { DatagramPool } from './datagram-pool.ts';
import { fragmentMessage } from './message-fragments.ts';

const CLIENT_HELLO = 1;

/** A message of TLS whose body counts up from a number. */
function message(length: number, first = 0, type = CLIENT_HELLO): Uint8Array {
  const body = Uint8Array.from({ length }, (_, i) => first + i);
  return concat(Uint8Array.of(type, length >> 16, length >> 8, length), body);
}

/** Its fragments, of at most so many bytes. */
const fragments = (whole: Uint8Array, size: number, sequence = 0) => fragmentMessage(whole, sequence, size);
/** It in one piece. */
const inOne = (whole: Uint8Array, sequence = 0) => concat(...fragments(whole, whole.length, sequence));

const HELLO = message(1700);
const [FIRST, SECOND] = fragments(HELLO, 1000) as [Uint8Array, Uint8Array];
const create = (maxBytes = 100_000, maxClientHello?: number) => new DatagramPool({ maxBytes, maxClientHello });

describe('the pool of ClientHellos in fragments', () => {
  it('gives a ClientHello back in one piece with its last fragment, and forgets it', () => {
    const pool = create();
    expect(pool.push('a', FIRST)).toBeUndefined();
    expect([pool.size, pool.bytes > 1000]).toEqual([1, true]);
    expect(pool.push('a', SECOND)).toEqual(inOne(HELLO));
    expect([pool.size, pool.bytes, pool.stats]).toEqual([0, 0, { evicted: 0, replaced: 0, refused: 0 }]);
  });

  it('gives back at once what comes in one piece, and what comes in pieces in one record', () => {
    const pool = create();
    expect(pool.push('a', inOne(HELLO))).toEqual(inOne(HELLO));
    expect(pool.push('a', concat(FIRST, SECOND))).toEqual(inOne(HELLO));
    expect([pool.size, pool.bytes]).toEqual([0, 0]);
  });

  it('takes fragments in any order, twice, and overlapping', () => {
    const pieces = fc.shuffledSubarray([...fragments(HELLO, 300), ...fragments(HELLO, 127)], { minLength: 6 });
    fc.assert(
      fc.property(pieces, (some) => {
        const pool = create();
        const outcomes = [...some, ...fragments(HELLO, 127)].map((piece) => pool.push('a', piece));
        const wholes = outcomes.filter((outcome) => outcome !== undefined);
        expect(wholes.length).toBeGreaterThan(0);
        for (const whole of wholes) expect(whole).toEqual(inOne(HELLO));
        expect(pool.stats).toEqual({ evicted: 0, replaced: 0, refused: 0 });
      }),
    );
  });

  it('keeps addresses apart', () => {
    const other = message(1700, 5);
    const [otherFirst, otherSecond] = fragments(other, 1000) as [Uint8Array, Uint8Array];
    const pool = create();
    pool.push('a', FIRST);
    pool.push('b', otherFirst);
    expect(pool.push('b', otherSecond)).toEqual(inOne(other));
    expect(pool.push('a', SECOND)).toEqual(inOne(HELLO));
  });

  it('takes the ClientHello that answers a cookie, too, and with it forgets the first', () => {
    const answer = message(1700, 9);
    const [first, second] = fragments(answer, 1000, 1) as [Uint8Array, Uint8Array];
    const pool = create();
    pool.push('a', FIRST);
    pool.push('a', first);
    expect(pool.size).toBe(1);
    expect(pool.push('a', second)).toEqual(inOne(answer, 1));
    expect([pool.size, pool.stats.replaced]).toEqual([0, 1]);
  });

  it.each([
    ['of another length', fragments(message(1701), 1000)],
    ['of the same length, with other bytes', fragments(message(1700, 7), 1000)],
  ])('begins anew with a ClientHello %s from the same address', (_what, [first, second]) => {
    const pool = create();
    pool.push('a', FIRST);
    expect(pool.push('a', first as Uint8Array)).toBeUndefined();
    expect([pool.size, pool.stats.replaced]).toEqual([1, 1]);
    expect(pool.push('a', second as Uint8Array)).toBeDefined();
  });

  it('does not keep the memory that it is given', () => {
    const pool = create();
    const mine = FIRST.slice();
    pool.push('a', mine);
    mine.fill(0);
    expect(pool.push('a', SECOND)).toEqual(inOne(HELLO));
  });

  const changed = (at: number, ...bytes: number[]) => {
    const fragment = FIRST.slice();
    fragment.set(bytes, at);
    return fragment;
  };
  it.each([
    ['another message', fragments(message(1700, 0, 2), 1000)[0] as Uint8Array],
    ['a ClientHello that is too large', fragments(message(2001), 1000)[0] as Uint8Array],
    ['a third message', fragments(HELLO, 1000, 2)[0] as Uint8Array],
    ['a fragment longer than its record', changed(9, 0, 0x10, 0)],
    ['a fragment shorter than its record, and what is none after it', changed(9, 0, 0, 5)],
    ['a fragment that ends after its message', changed(6, 0, 4, 0)],
    ['a fragment of nothing', changed(9, 0, 0, 0).subarray(0, 12)],
    ['half a header', FIRST.subarray(0, 11)],
  ])('refuses %s', (_what, content) => {
    const pool = create(100_000, 2000);
    expect(pool.push('a', content)).toBeUndefined();
    expect(pool.stats.refused).toBe(1);
  });

  it('refuses pieces of which there are too many', () => {
    const pool = create();
    for (const [i, piece] of fragments(message(1000), 1).entries()) if (i % 2 === 0) pool.push('a', piece);
    expect([pool.size, pool.stats.refused > 400, pool.bytes < 20_000]).toEqual([1, true, true]);
  });

  it('forgets an address when it is told to', () => {
    const pool = create();
    pool.push('a', FIRST);
    pool.drop('a');
    pool.drop('nobody');
    expect([pool.size, pool.bytes, pool.push('a', SECOND)]).toEqual([0, 0, undefined]);
  });
});

describe('a flood of the pool', () => {
  it('pushes out who came first, and never takes more than there is', () => {
    const pool = create(20_000);
    pool.push('honest', FIRST);
    let waiting = 0;
    for (let i = 0; pool.stats.evicted === 0; i++, waiting++) {
      pool.push(`stranger ${i}`, FIRST);
      expect(pool.bytes).toBeLessThanOrEqual(20_000);
    }
    expect([pool.size, waiting]).toEqual([waiting, 13]);
    expect(pool.push('stranger 0', SECOND)).toEqual(inOne(HELLO));
    expect(pool.push('honest', SECOND)).toBeUndefined();
  });

  it('of single bytes that claim to be more takes as many strangers as their memory has room for', () => {
    const pool = create(100_000);
    const tiny = fragments(message(16_000), 1)[0] as Uint8Array;
    for (let i = 0; i < 10_000; i++) pool.push(`192.0.2.1:${10_000 + i}`, tiny);
    expect(pool.bytes).toBeLessThanOrEqual(100_000);
    expect([pool.size > 150, pool.size < 250]).toEqual([true, true]);
    expect(pool.size + pool.stats.evicted).toBe(10_000);
  });

  it('of one address has one entry, and pushes out nobody', () => {
    const pool = create(20_000);
    pool.push('honest', FIRST);
    for (let i = 0; i < 1000; i++) pool.push('stranger', fragments(message(1700, i), 1000)[i % 2] as Uint8Array);
    expect([pool.size <= 2, pool.stats.evicted]).toEqual([true, 0]);
    expect(pool.push('honest', SECOND)).toEqual(inOne(HELLO));
  });

  it('of anything at all leaves the count of bytes right', () => {
    const step = fc.record({
      address: fc.constantFrom('a', 'b', 'c', 'd'),
      first: fc.constantFrom(0, 1),
      size: fc.constantFrom(1, 100, 700, 1700),
      pick: fc.nat(),
      sequence: fc.constantFrom(0, 1),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const pool = create(4000);
        for (const { address, first, size, pick, sequence } of steps) {
          const pieces = fragments(message(1700, first), size, sequence);
          pool.push(address, pieces[pick % pieces.length] as Uint8Array);
          expect(pool.bytes).toBeLessThanOrEqual(4000);
          expect(pool.bytes > 0).toBe(pool.size > 0);
        }
        for (const address of ['a', 'b', 'c', 'd']) pool.drop(address);
        expect([pool.size, pool.bytes]).toEqual([0, 0]);
      }),
    );
  });
});
