import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../bytes/bytes.ts';
import { DecodeError, InternalError } from '../errors/errors.ts';
import { scriptedChooser, seededChooser } from './chooser.fixture.ts';
import {
  type Codec,
  decode,
  empty,
  encode,
  mapped,
  opaque,
  opaqueVector,
  prefixed,
  rest,
  struct,
  uint8,
  uint16,
  uint24,
  uint32,
  vector,
} from './codec.ts';
import { expectMutationsHarmless, expectRoundTrip, expectTruncationsRefused, type Subject } from './round-trip.fixture.ts';

const even: Codec<number> = mapped(
  uint8,
  (value, reader) => (value % 2 === 0 ? value / 2 : reader.fail('odd')),
  (half) => 2 * half,
);
const pair = struct({ first: uint8, second: opaqueVector(0, 0xff) });

/** The error of decoding; fails when there is none. */
function decodeError(codec: Codec<unknown>, hex: string): DecodeError {
  try {
    decode(codec, fromHex(hex), 'subject');
  } catch (error) {
    if (error instanceof DecodeError) return error;
    throw error;
  }
  return expect.fail(`${hex} was decoded`);
}

describe('a codec', () => {
  const written: readonly [name: string, codec: Codec<unknown>, value: unknown, hex: string][] = [
    ['uint8', uint8, 0xfe, 'fe'],
    ['uint16', uint16, 0xfedc, 'fedc'],
    ['uint24', uint24, 0xfedcba, 'fedcba'],
    ['uint32, above 2^31', uint32, 0xfedcba98, 'fedcba98'],
    ['opaque[3]', opaque(3), fromHex('010203'), '010203'],
    ['opaque<0..255>', opaqueVector(0, 255), fromHex('0102'), '020102'],
    ['opaque<0..256>', opaqueVector(0, 256), fromHex('0102'), '00020102'],
    ['opaque<0..2^24-1>', opaqueVector(0, 0xffffff), fromHex('0102'), '0000020102'],
    ['an empty vector', vector(uint16, 0, 0xffff), [], '0000'],
    ['uint16<2..254>', vector(uint16, 2, 254), [1, 2], '0400010002'],
    ['structures in a vector', vector(pair, 0, 255), [{ first: 1, second: fromHex('aa') }], '030101aa'],
    ['one structure behind its length', prefixed(2, pair), { first: 1, second: fromHex('aa') }, '00030101aa'],
    ['the rest', rest, fromHex('0102'), '0102'],
    ['nothing', empty, true, ''],
  ];
  it.each(written)('writes and reads %s', (_name, codec, value, hex) => {
    expect(toHex(encode(codec, value))).toBe(hex);
    expect(decode(codec, fromHex(hex), 'subject')).toEqual(value);
  });

  const refused: readonly [what: string, codec: Codec<unknown>, hex: string, path: string, problem: string][] = [
    ['an integer cut short', uint32, '010203', 'subject', '4 bytes expected, 3 left'],
    ['bytes left over', uint8, '0102', 'subject', '1 bytes too many'],
    ['a fixed length cut short', opaque(3), '0102', 'subject', '3 bytes expected, 2 left'],
    ['a vector below its minimum', opaqueVector(2, 255), '01aa', 'subject', 'length 1 outside <2..255>'],
    ['a vector above its maximum', opaqueVector(0, 2), '03aabbcc', 'subject', 'length 3 outside <0..2>'],
    ['a vector longer than its bytes', opaqueVector(0, 255), '05aa', 'subject', '5 bytes expected, 1 left'],
    ['items longer than their bytes', vector(uint8, 0, 255), '05aa', 'subject', 'length 5 is more than the 1 bytes left'],
    ['an empty list that must not be', vector(uint16, 2, 254), '00', 'subject', 'length 0 outside <2..254>'],
    ['half an item', vector(uint16, 2, 254), '03000102', 'subject[1]', '2 bytes expected, 1 left'],
    [
      'an item that reaches out of its vector',
      vector(pair, 0, 255),
      '03 0102aa bb',
      'subject[0].second',
      '2 bytes expected, 1 left',
    ],
    ['a structure that does not fill its length', prefixed(1, pair), '040101aabb', 'subject', '1 bytes too many'],
    [
      'a structure that leaves some of its length to the next field',
      struct({ inner: prefixed(1, pair), next: uint16 }),
      '040101aabbcc',
      'subject.inner',
      '1 bytes too many',
    ],
    ['what a mapping refuses', vector(even, 0, 255), '020205', 'subject[1]', 'odd'],
    [
      'a field deep inside',
      struct({ list: vector(struct({ inner: vector(pair, 0, 255) }), 0, 255) }),
      '04 03 0105aa',
      'subject.list[0].inner[0].second',
      '5 bytes expected, 1 left',
    ],
  ];
  it.each(refused)('refuses %s, and says where', (_what, codec, hex, path, problem) => {
    const error = decodeError(codec, hex);
    expect([error.path, error.message, error.alert]).toEqual([path, `${path}: ${problem}`, 'decode_error']);
  });

  const ours: readonly [what: string, codec: Codec<unknown>, value: unknown][] = [
    ['a number that is too large', uint8, 256],
    ['a negative number', uint16, -1],
    ['a fraction', uint16, 1.5],
    ['a fixed length that is another', opaque(3), fromHex('01')],
    ['too few bytes', opaqueVector(2, 255), fromHex('01')],
    ['too many bytes', opaqueVector(0, 2), fromHex('010203')],
    ['too few items', vector(uint16, 2, 254), []],
    ['too many items', vector(uint16, 2, 4), [1, 2, 3]],
    ['a structure too long for its length', prefixed(1, opaque(256)), new Uint8Array(256)],
  ];
  it.each(ours)('does not write %s: that is a bug of ours', (_what, codec, value) => {
    expect(() => encode(codec, value)).toThrow(InternalError);
  });

  it('gives views of its input, not copies', () => {
    const bytes = fromHex('020102');
    const value = decode(opaqueVector(0, 255), bytes, 'subject');
    bytes[1] = 9;
    expect([...value]).toEqual([9, 2]);
  });

  it('writes bytes that are many times what its buffer has', () => {
    expect(encode(opaqueVector(0, 0xffff), new Uint8Array(20_000)).length).toBe(20_002);
  });

  it('writes more than the buffer it began with', () => {
    const items = Array.from({ length: 1000 }, (_, i) => i);
    const bytes = encode(vector(uint16, 0, 0xffff), items);
    expect(bytes.length).toBe(2002);
    expect(decode(vector(uint16, 0, 0xffff), bytes, 'subject')).toEqual(items);
  });
});

describe('a listener', () => {
  it('is told of every field: its path, its place, its value', () => {
    const seen: [string, number, number, unknown][] = [];
    const codec = struct({ version: uint16, list: vector(pair, 0, 255) });
    decode(codec, fromHex('0303 07 0101aa 0202bbcc'), 'hello', (...field) => void seen.push(field));
    const [first, second] = [fromHex('aa'), fromHex('bbcc')];
    expect(seen).toEqual([
      ['hello.version', 0, 2, 0x0303],
      ['hello.list[0].first', 3, 4, 1],
      ['hello.list[0].second', 4, 6, first],
      ['hello.list[0]', 3, 6, { first: 1, second: first }],
      ['hello.list[1].first', 6, 7, 2],
      ['hello.list[1].second', 7, 10, second],
      ['hello.list[1]', 6, 10, { first: 2, second }],
      [
        'hello.list',
        2,
        10,
        [
          { first: 1, second: first },
          { first: 2, second },
        ],
      ],
    ]);
  });

  it('changes nothing of what is read', () => {
    const bytes = fromHex('0101aa');
    expect(decode(pair, bytes, 'pair', () => {})).toEqual(decode(pair, bytes, 'pair'));
  });
});

describe('an invented value', () => {
  it('is the same for the same choices', () => {
    expect(pair.invent(seededChooser(3))).toEqual(pair.invent(seededChooser(3)));
    expect(pair.invent(scriptedChooser([7, 2, 8, 9]))).toEqual({ first: 7, second: Uint8Array.of(8, 9) });
  });

  const bounded: readonly [name: string, codec: Codec<unknown>, min: number, max: number][] = [
    ['opaque<3..5>', opaqueVector(3, 5), 4, 6],
    ['uint16<2..6>', vector(uint16, 2, 6), 3, 7],
    ['uint16<8..10>', vector(uint16, 8, 10), 9, 11],
    ['structures<0..255>', vector(pair, 0, 255), 1, 256],
  ];
  it.each(bounded)('of %s keeps the bounds', (_name, codec, min, max) => {
    for (let seed = 0; seed < 200; seed++) {
      const { length } = encode(codec, codec.invent(seededChooser(seed)));
      expect(length).toBeGreaterThanOrEqual(min);
      expect(length).toBeLessThanOrEqual(max);
    }
  });
});

describe('the checks of round trips', () => {
  const seeds = [1, 2, 3, 4, 5, 6, 7, 8];
  const every = (check: (subject: Subject, seed: number) => void, codec: Codec<unknown>) => () => {
    for (const seed of seeds) check({ name: 'subject', codec }, seed);
  };
  const lossy: Codec<unknown> = mapped(
    uint8,
    (value) => value & 0xfe,
    (value) => value,
  );
  const careless: Codec<unknown> = {
    ...uint8,
    read(reader) {
      if (reader.remaining === 0) throw new RangeError('no byte');
      return reader.uint(1);
    },
  } as Codec<unknown>;
  const brittle: Codec<unknown> = mapped(
    uint8,
    (value) => {
      if (value > 0x7f) throw new TypeError('no');
      return value;
    },
    (value) => value,
  );

  it('can fail', () => {
    expect(every(expectTruncationsRefused, rest as Codec<unknown>)).toThrow('were enough');
    expect(every(expectTruncationsRefused, careless)).toThrow('not a TlsError');
    expect(every(expectMutationsHarmless, lossy)).toThrow();
    expect(every(expectMutationsHarmless, { ...brittle, invent: () => 1 })).toThrow('not a TlsError');
    expect(every(expectRoundTrip, { ...lossy, invent: () => 1 })).toThrow();
  });

  it('pass for what is right', () => {
    const codec = struct({ pairs: vector(pair, 0, 255), tail: uint16 }) as Codec<unknown>;
    for (const check of [expectRoundTrip, expectTruncationsRefused, expectMutationsHarmless])
      expect(every(check, codec)).not.toThrow();
  });
});
