import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rounds } from '../../../test/tiers.ts';
import { concat, toHex, utf8 } from '../../core/bytes/bytes.ts';
import { LimitExceeded } from '../../core/errors/errors.ts';
import { HandshakeInput } from './handshake-input.ts';

const LIMIT = 1000;

function message(type: number, body: Uint8Array): Uint8Array {
  return concat(Uint8Array.of(type, body.length >> 16, (body.length >> 8) & 0xff, body.length & 0xff), body);
}

function takeAll(input: HandshakeInput): string[] {
  const messages: string[] = [];
  for (let next = input.next(); next !== undefined; next = input.next()) {
    expect(toHex(next.bytes.subarray(4))).toBe(toHex(next.body));
    messages.push(`${next.type} ${toHex(next.bytes)}`);
  }
  return messages;
}

describe('handshake messages', () => {
  it('are the same however records cut them', () => {
    const someMessage = fc.tuple(fc.nat(255), fc.uint8Array({ maxLength: 50 })).map(([type, body]) => ({ type, body }));
    const streams = fc.record({
      messages: fc.array(someMessage, { maxLength: 6 }),
      cuts: fc.array(fc.nat(400), { maxLength: 20 }),
      takesAtOnce: fc.boolean(),
    });
    const property = fc.property(streams, ({ messages, cuts, takesAtOnce }) => {
      const whole = messages.map(({ type, body }) => message(type, new Uint8Array(body)));
      const stream = concat(...whole);
      const places = [0, ...cuts.map((cut) => cut % (stream.length + 1)), stream.length].sort((a, b) => a - b);
      const input = new HandshakeInput(LIMIT);
      const taken: string[] = [];
      for (const [i, place] of places.slice(1).entries()) {
        input.push(stream.slice(places[i], place));
        if (takesAtOnce) taken.push(...takeAll(input));
      }
      taken.push(...takeAll(input));
      expect(taken).toEqual(whole.map((bytes) => `${bytes[0]} ${toHex(bytes)}`));
      expect(input.pending).toBe(false);
    });
    fc.assert(property, { seed: 8446, numRuns: rounds(300, 20_000) });
  });

  it('that are not whole are pending', () => {
    const input = new HandshakeInput(LIMIT);
    expect(input.pending).toBe(false);
    input.push(message(1, utf8('hello')).subarray(0, 3));
    expect([input.next(), input.pending]).toEqual([undefined, true]);
    input.push(message(1, utf8('hello')).subarray(3));
    expect(input.pending).toBe(true);
    expect(takeAll(input)).toHaveLength(1);
    expect(input.pending).toBe(false);
  });

  it('without a body are whole with their header', () => {
    const input = new HandshakeInput(LIMIT);
    input.push(concat(message(5, new Uint8Array(0)), message(5, new Uint8Array(0))));
    expect(takeAll(input)).toEqual(['5 05000000', '5 05000000']);
  });

  it('that announce too much are refused with their header', () => {
    const largest = new HandshakeInput(LIMIT);
    largest.push(Uint8Array.of(11, 0, LIMIT >> 8, LIMIT & 0xff));
    expect(largest.next()).toBeUndefined();
    const larger = new HandshakeInput(LIMIT);
    larger.push(Uint8Array.of(11, 0, (LIMIT + 1) >> 8, (LIMIT + 1) & 0xff));
    expect(() => larger.next()).toThrow(LimitExceeded);
    const largestOfAll = new HandshakeInput(LIMIT);
    largestOfAll.push(Uint8Array.of(11, 0xff, 0xff, 0xff));
    expect(() => largestOfAll.next()).toThrow(LimitExceeded);
  });

  it('are forgotten when the connection is over', () => {
    const input = new HandshakeInput(LIMIT);
    input.push(concat(message(11, utf8('first')), message(11, utf8('second')), Uint8Array.of(11)));
    input.next();
    input.clear();
    expect([input.next(), input.pending]).toEqual([undefined, false]);
  });

  it('of a thousand fragments are joined in time', () => {
    const input = new HandshakeInput(LIMIT);
    const whole = message(11, new Uint8Array(LIMIT).fill(7));
    for (const byte of whole) {
      expect(input.next()).toBeUndefined();
      input.push(Uint8Array.of(byte));
    }
    expect(takeAll(input)).toEqual([`11 ${toHex(whole)}`]);
  });
});
