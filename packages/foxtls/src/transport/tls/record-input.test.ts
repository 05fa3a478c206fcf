import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rounds } from '../../../test/tiers.ts';
import { concat, fromHex, toHex, utf8 } from '../../core/bytes/bytes.ts';
import { PeerMisbehaved } from '../../core/errors/errors.ts';
import { RecordInput } from './record-input.ts';

function record(type: number, fragment: Uint8Array): Uint8Array {
  return concat(Uint8Array.of(type, 3, 3, fragment.length >> 8, fragment.length & 0xff), fragment);
}

/** Records as text: type, header, fragment. */
function takeAll(input: RecordInput): string[] {
  const records: string[] = [];
  for (let next = input.next(); next !== undefined; next = input.next()) {
    records.push(`${next.type} ${toHex(next.header)} ${toHex(next.fragment)}`);
  }
  return records;
}

/** A byte stream cut in pieces: `cuts` are positions, in any order, and may repeat. */
function cutAt(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return places.slice(1).map((place, i) => bytes.slice(places[i], place));
}

const someRecord = fc
  .tuple(fc.integer({ min: 20, max: 23 }), fc.uint8Array({ maxLength: 40 }))
  .map(([type, fragment]) => ({ type, fragment: new Uint8Array(fragment) }));

describe('records', () => {
  it('are the same however the stream is cut, and whenever they are taken', () => {
    const streams = fc.record({
      records: fc.array(someRecord, { maxLength: 8 }),
      cuts: fc.array(fc.nat(1000), { maxLength: 30 }),
      takesAtOnce: fc.boolean(),
    });
    const property = fc.property(streams, ({ records, cuts, takesAtOnce }) => {
      const stream = concat(...records.map(({ type, fragment }) => record(type, fragment)));
      const input = new RecordInput();
      const taken: string[] = [];
      for (const piece of cutAt(stream, cuts)) {
        input.push(piece);
        if (takesAtOnce) taken.push(...takeAll(input));
      }
      taken.push(...takeAll(input));
      const expected = records.map(({ type, fragment }) => {
        const header = record(type, fragment).subarray(0, 5);
        return `${type} ${toHex(header)} ${toHex(fragment)}`;
      });
      expect(taken).toEqual(expected);
      expect(input.available).toBe(0);
    });
    fc.assert(property, { seed: 8446, numRuns: rounds(300, 20_000) });
  });

  it('are the same with one cut at each place, and byte by byte', () => {
    const stream = concat(record(22, utf8('hello')), record(20, Uint8Array.of(1)), record(23, utf8('world')));
    const whole = new RecordInput();
    whole.push(stream);
    const expected = takeAll(whole);
    expect(expected).toHaveLength(3);
    const cuttings = [...Array.from(stream, (_, at) => [at]), Array.from(stream, (_, at) => at)];
    for (const cuts of cuttings) {
      const input = new RecordInput();
      const taken: string[] = [];
      for (const piece of cutAt(stream, cuts)) {
        input.push(piece);
        taken.push(...takeAll(input));
      }
      expect(taken).toEqual(expected);
    }
  });

  it('in one chunk are views of it, and those that straddle chunks are not', () => {
    const chunk = concat(record(22, utf8('one')), record(22, utf8('two')).subarray(0, 6));
    const input = new RecordInput();
    input.push(chunk);
    expect(input.next()?.fragment.buffer).toBe(chunk.buffer);
    expect(input.next()).toBeUndefined();
    input.push(utf8('wo'));
    const second = input.next();
    expect(toHex(second?.fragment ?? new Uint8Array(0))).toBe(toHex(utf8('two')));
    expect(second?.fragment.buffer).not.toBe(chunk.buffer);
  });

  it('in segments of one byte cost no more than a few times their size', () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    const inputs = Array.from({ length: 20 }, () => new RecordInput());
    const whole = record(
      23,
      new Uint8Array(16_000).map((_, at) => at),
    );
    collectGarbage();
    const before = process.memoryUsage();
    for (const input of inputs) {
      for (const byte of whole.subarray(0, -1)) {
        input.push(Uint8Array.of(byte));
        if (input.next() !== undefined) throw new Error('a record that is not whole');
      }
    }
    collectGarbage();
    const after = process.memoryUsage();
    const size = inputs.length * whole.length;
    expect(after.heapUsed + after.external - before.heapUsed - before.external).toBeLessThan(4 * size);
    for (const input of inputs) {
      input.push(whole.subarray(-1));
      expect(toHex(input.next()?.fragment ?? new Uint8Array(0))).toBe(toHex(whole.subarray(5)));
    }
  });

  it('that wait are counted, until they are forgotten', () => {
    const input = new RecordInput();
    input.push(fromHex('1603030005'));
    input.push(fromHex('0102'));
    expect([input.next(), input.available]).toEqual([undefined, 7]);
    input.clear();
    expect([input.next(), input.available]).toEqual([undefined, 0]);
    input.push(record(21, fromHex('0100')));
    expect(takeAll(input)).toHaveLength(1);
  });
});

describe('a header', () => {
  /** The reason for which a stream is refused; undefined when it is not. */
  function refusal(...pieces: Uint8Array[]): string | undefined {
    const input = new RecordInput();
    try {
      for (const piece of pieces) {
        input.push(piece);
        takeAll(input);
      }
      return undefined;
    } catch (error) {
      if (error instanceof PeerMisbehaved) return error.reason;
      throw error;
    }
  }

  it.each([0, 19, 24, 0x80, 0xff])('of the unknown type %i is refused with its first byte', (type) => {
    expect(refusal(Uint8Array.of(type))).toBe('record_type_unexpected');
    expect(refusal(Uint8Array.of(type, 3, 3, 0, 0))).toBe('record_type_unexpected');
  });

  const lengths: readonly [type: number, length: number, reason: string | undefined][] = [
    [22, 2 ** 14, undefined],
    [22, 2 ** 14 + 1, 'record_overflow'],
    [21, 2 ** 14 + 1, 'record_overflow'],
    [23, 2 ** 14 + 256, undefined],
    [23, 2 ** 14 + 257, 'record_overflow'],
    [23, 0xffff, 'record_overflow'],
  ];
  it.each(lengths)('of type %i that announces %i bytes: %s', (type, length, reason) => {
    expect(refusal(Uint8Array.of(type, 3, 3, length >> 8, length & 0xff))).toBe(reason);
  });

  it.each(['GET / HTTP/1.1\r\n', 'POST /', 'HTTP/1.1 400 Bad Request\r\n', 'PRI * HTTP/2.0'])(
    'that is HTTP is called by name: %s',
    (text) => {
      expect(refusal(utf8(text))).toBe('not_tls');
      expect(refusal(...Array.from(utf8(text), (byte) => Uint8Array.of(byte)))).toBe('not_tls');
    },
  );

  it('in capitals that is no HTTP is refused as a type', () => {
    expect(refusal(utf8('SSH-2.0-x'))).toBe('record_type_unexpected');
  });
});
