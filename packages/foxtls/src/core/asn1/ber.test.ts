import { assert, property, uint8Array } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rounds } from '../../../test/tiers.ts';
import { concat, equal, fromHex, toHex } from '../bytes/bytes.ts';
import { DecodeError } from '../errors/errors.ts';
import { normalizeBer, octetStringInPieces, setInAnyOrder } from './ber.ts';
import { writeElement } from './der.ts';
import { decodeDer, encodeDer } from './schema.ts';
import { smallInteger } from './types.ts';

const normalized = (hex: string) => toHex(normalizeBer(fromHex(hex), 'ber'));

describe('normalizeBer', () => {
  it.each([
    ['a definite element', '3003020105', '3003020105'],
    ['an indefinite length', '3080 020105 0000', '3003020105'],
    ['indefinite lengths inside each other', '3080 3080 0500 0000 3080 0000 0000', '300630020500 3000'],
    ['an indefinite length inside a definite one', '3007 3080 020105 0000', '3005 3003 020105'],
    ['a length that is longer than needed', '308400000004 02810105', '3003020105'],
    ['an OCTET STRING in pieces', '2480 04020102 040103 0000', '0403010203'],
    ['pieces in pieces', '2480 2480 0401aa 0000 2403 0401bb 0000', '0402aabb'],
    ['an empty OCTET STRING in no pieces', '2480 0000', '0400'],
    ['a UTF8String in pieces of its own kind, and of OCTET STRING', '2c06 0c0141 040142', '0c024142'],
    ['pieces behind a tag that says nothing of the type', 'a080 0402aabb 0401cc 0000', 'a0070402aabb0401cc'],
  ])('takes %s', (_title, ber, der) => {
    expect(normalized(ber)).toBe(der.replaceAll(' ', ''));
  });

  it('writes long lengths in their shortest form', () => {
    for (const size of [127, 128, 255, 256, 65_535, 65_536, 200_000]) {
      const ber = concat(fromHex('3080 2480'), writeElement(0x04, new Uint8Array(size)), fromHex('0000 0000'));
      expect(equal(normalizeBer(ber, 'ber'), writeElement(0x30, writeElement(0x04, new Uint8Array(size))))).toBe(true);
    }
  });

  it('copies DER, byte for byte', () => {
    const der = fromHex('3012 0101ff 3100 a003020101 800100 0303070080'.replaceAll(' ', ''));
    const copy = normalizeBer(der, 'ber');
    expect(copy).toEqual(der);
    expect(copy.buffer).not.toBe(der.buffer);
  });

  it.each([
    ['nothing', '', 'the input ends inside the element'],
    ['an element that is cut off', '3003 0201', 'the length is 3, but 2 bytes are left'],
    ['an indefinite length without its end', '3080 020105', 'the input ends inside the element'],
    ['half an end of contents', '3080 00', 'the input ends inside the element'],
    ['an end of contents with contents', '3080 0001', 'the end of contents has contents'],
    ['an end of contents where the length is definite', '3002 0000', 'the end of contents stands where an element is expected'],
    ['bytes after it', '0500 00', '1 bytes follow'],
    ['an indefinite primitive element', '0480 0000', 'the length of a primitive element is indefinite'],
    ['a string with a piece that is none', '2403 020101', 'a piece that is no string'],
    ['a child that is larger than its parent', '3003 040201 02', 'the length is 2, but 1 bytes are left'],
    ['a child in an indefinite element that is larger than the definite one around', '3006 3080 0403 0000', 'bytes are left'],
    ['a length of nine octets', '3089 010000000000000000', 'too long'],
    ['a length beyond memory', '3088 ffffffffffffffff', 'bytes are left'],
    ['a tag of two octets', '1f8101 00', 'tag numbers above 30'],
    ['a BIT STRING in pieces', '2304 03020001', 'BIT STRING in pieces'],
  ])('refuses %s', (_title, hex, problem) => {
    const read = () => normalizeBer(fromHex(hex), 'ber');
    expect(read).toThrow(DecodeError);
    expect(read).toThrow(problem);
  });

  it('refuses what nests too deep, of constructed elements and of pieces', () => {
    const nested = (tag: string, depth: number) => `${`${tag}80`.repeat(depth)}${'0000'.repeat(depth)}`;
    expect(normalized(nested('30', 32))).toMatch(/^30/);
    expect(() => normalized(nested('30', 33))).toThrow('deeper than 32');
    expect(() => normalized(nested('24', 100_000))).toThrow('deeper than 32');
    expect(() => normalizeBer(fromHex(nested('30', 3)), 'ber', { maxDepth: 2 })).toThrow('deeper than 2');
  });

  it('refuses what is larger than the limit', () => {
    expect(() => normalizeBer(new Uint8Array(11), 'ber', { maxSize: 10 })).toThrow('11 bytes are more than the limit of 10');
  });

  // Quadratic time would pass the time limit of a test.
  it('takes linear time for a megabyte of empty elements', () => {
    const many = concat(
      fromHex('3080'),
      new Uint8Array(1 << 20).map((_, i) => (i % 2 === 0 ? 0x30 : 0)),
      fromHex('0000'),
    );
    expect(normalizeBer(many, 'ber').length).toBe((1 << 20) + 5);
  });

  it('throws nothing but DecodeError whatever it reads, and leaves alone what it made', () => {
    assert(
      property(uint8Array({ maxLength: 64 }), (bytes) => {
        let der: Uint8Array;
        try {
          der = normalizeBer(bytes, 'ber');
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
          return;
        }
        expect(normalizeBer(der, 'ber')).toEqual(der);
      }),
      { numRuns: rounds(2000, 1_000_000), seed: 1 },
    );
  });
});

describe('octetStringInPieces', () => {
  it('reads a whole string and one in pieces, and writes a whole one', () => {
    const type = octetStringInPieces(0);
    expect(decodeDer(type, fromHex('8002aabb'), 's')).toEqual(fromHex('aabb'));
    expect(decodeDer(type, fromHex('a0060401aa0401bb'), 's')).toEqual(fromHex('aabb'));
    expect(toHex(encodeDer(type, fromHex('aabb')))).toBe('8002aabb');
    const million = new Uint8Array(3_000_000).map((_, i) => [0x04, 0x01, 0xaa][i % 3] as number);
    expect(decodeDer(type, writeElement(0xa0, million), 's').length).toBe(1_000_000);
    expect(() => decodeDer(type, fromHex('a003020101'), 's')).toThrow('s[0]: a piece of an OCTET STRING is expected');
  });
});

describe('setInAnyOrder', () => {
  it('reads items in any order, and writes them in that of DER', () => {
    const type = setInAnyOrder(smallInteger);
    expect(decodeDer(type, fromHex('3106020102020101'), 's')).toEqual([2, 1]);
    expect(toHex(encodeDer(type, [2, 1]))).toBe('3106020101020102');
    expect(() => decodeDer(type, fromHex('31020500'), 's')).toThrow('s[0]: INTEGER is expected');
    // More items than a function takes arguments.
    expect(encodeDer(type, new Array<number>(200_000).fill(1)).length).toBe(600_005);
  });
});
