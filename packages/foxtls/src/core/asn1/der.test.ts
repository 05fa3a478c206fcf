import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../bytes/bytes.ts';
import { DecodeError } from '../errors/errors.ts';
import { readElement, writeElement } from './der.ts';
import { any, decodeDer, encodeDer, explicit, implicit, optional, sequence, sequenceOf, setOf, withDefault } from './schema.ts';
import { generalizedTime, time, utcTime } from './time.ts';
import {
  bitString,
  boolean,
  integer,
  namedBits,
  nullValue,
  objectIdentifier,
  octetAlignedBitString,
  octetString,
  smallInteger,
  unsignedInteger,
} from './types.ts';

/** The error of reading `hex` as `type`, as path and message. */
function errorOf(read: () => unknown): { path: string; message: string } {
  try {
    read();
  } catch (error) {
    if (error instanceof DecodeError) return { path: error.path, message: error.message };
    throw error;
  }
  throw new Error('nothing was thrown');
}

const point = sequence({
  xValue: integer,
  isSigned: withDefault(boolean, false),
  yValue: optional(explicit(0, integer)),
  tagList: optional(implicit(1, sequenceOf(sequence({ tagName: objectIdentifier }), 1))),
});

describe('malformed DER', () => {
  const cases: readonly [title: string, hex: string, path: string, problem: string][] = [
    ['no bytes at all', '', 'point', 'the input ends inside the element'],
    ['a tag without a length', '30', 'point', 'the input ends inside the element'],
    ['a length that is cut off', '3082 01', 'point', 'the input ends inside the element'],
    ['contents that are cut off', '3003 0201', 'point', 'the length is 3, but 2 bytes are left'],
    ['bytes after the end', '3003 020101 00', 'point', '1 bytes follow the last expected element'],
    ['an indefinite length', '3080 020101 0000', 'point', 'the length is indefinite, which DER forbids'],
    ['a short length in the long form', '308103 020101', 'point', 'the length is not in its shortest form'],
    ['a long length with a leading zero', '30820003 020101', 'point', 'the length is not in its shortest form'],
    ['a length of 128 in two octets', '30820080', 'point', 'the length is not in its shortest form'],
    ['a length of five octets', '308500000000 03', 'point', 'a length of 5 octets is too long'],
    ['a length of 4 GiB', '3084ffffffff 020101', 'point', 'the length is 4294967295, but 3 bytes are left'],
    ['a tag number above 30', '3f2103 020101', 'point', 'tag numbers above 30 are not supported'],
    ['another type', '3103 020101', 'point', 'SEQUENCE is expected, SET is there'],
    ['a missing field', '3000', 'point', 'x_value is missing'],
    ['a field of another type', '3003 040101', 'point.x_value', 'INTEGER is expected, OCTET STRING is there'],
    ['a field beyond its parent', '3003 020501', 'point.x_value', 'the length is 5, but 1 bytes are left'],
    ['an INTEGER without octets', '3002 0200', 'point.x_value', 'an INTEGER has at least one octet'],
    ['an INTEGER with a leading 00', '3004 02020001', 'point.x_value', 'the INTEGER is not in its shortest form'],
    ['an INTEGER with a leading ff', '3004 0202ff80', 'point.x_value', 'the INTEGER is not in its shortest form'],
    ['a BOOLEAN that is 01', '3006 020101 010101', 'point.is_signed', 'a BOOLEAN is one octet, 00 or ff'],
    ['a BOOLEAN of two octets', '3007 020101 0102ffff', 'point.is_signed', 'a BOOLEAN is one octet, 00 or ff'],
    ['an encoded default', '3006 020101 010100', 'point.is_signed', 'the default value is encoded, which DER forbids'],
    ['an empty explicit tag', '3005 020101 a000', 'point.y_value[0]', 'the input ends inside the element'],
    [
      'two values in an explicit tag',
      '300b 020101 a006 020101020101',
      'point.y_value',
      '3 bytes follow the last expected element',
    ],
    ['a primitive explicit tag', '3005 020101 8000', 'point', '2 bytes follow the last expected element'],
    ['a repeated field', '3006 020101 020101', 'point', '3 bytes follow the last expected element'],
    ['fields in the wrong order', '300b 020101 a003 020101 0101ff', 'point', '3 bytes follow'],
    ['too few items', '3005 020101 a100', 'point.tag_list', '0 items are too few, at least 1 is expected'],
    ['an empty OBJECT IDENTIFIER', '3009 020101 a104 3002 0600', 'point.tag_list[0].tag_name', 'the OBJECT IDENTIFIER is empty'],
    ['an OBJECT IDENTIFIER cut off', '300a 020101 a105 3003 060188', 'point.tag_list[0].tag_name', 'the OBJECT IDENTIFIER is'],
  ];
  it.each(cases)('is refused: %s', (_title, hex, path, problem) => {
    const error = errorOf(() => decodeDer(point, fromHex(hex), 'point'));
    expect(error.path).toBe(path);
    expect(error.message).toContain(problem);
  });

  const primitives: readonly [title: string, read: () => unknown, problem: string][] = [
    ['a NULL with contents', () => decodeDer(nullValue, fromHex('050100'), 'x'), 'a NULL has no contents'],
    ['a BIT STRING without its first octet', () => decodeDer(bitString, fromHex('0300'), 'x'), 'number of unused bits'],
    ['a BIT STRING with 8 unused bits', () => decodeDer(bitString, fromHex('03020800'), 'x'), 'number of unused bits'],
    [
      'an empty BIT STRING with unused bits',
      () => decodeDer(bitString, fromHex('030101'), 'x'),
      'unused bits of a BIT STRING are zero',
    ],
    ['unused bits that are set', () => decodeDer(bitString, fromHex('03020101'), 'x'), 'unused bits of a BIT STRING are zero'],
    ['bits where octets are expected', () => decodeDer(octetAlignedBitString, fromHex('03020102'), 'x'), 'whole octets'],
    ['named bits with trailing zeros', () => decodeDer(namedBits(['a']), fromHex('03020040'), 'x'), 'ends with'],
    ['a negative unsigned INTEGER', () => decodeDer(unsignedInteger, fromHex('0201ff'), 'x'), 'the INTEGER is negative'],
    ['a small INTEGER of 2^31', () => decodeDer(smallInteger, fromHex('02050080000000'), 'x'), 'out of range'],
    [
      'a constructed OCTET STRING',
      () => decodeDer(octetString, fromHex('2403040101'), 'x'),
      'OCTET STRING is expected, 0x24 is there',
    ],
    ['an arc that begins with 80', () => decodeDer(objectIdentifier, fromHex('06022a80'), 'x'), 'OBJECT IDENTIFIER'],
    ['an arc with a leading 80', () => decodeDer(objectIdentifier, fromHex('06032a8001'), 'x'), 'OBJECT IDENTIFIER'],
    ['a SET OF out of order', () => decodeDer(setOf(integer), fromHex('3106020102020101'), 'x'), 'SET OF are not in order'],
  ];
  it.each(primitives)('is refused: %s', (_title, read, problem) => {
    expect(errorOf(read).message).toContain(problem);
  });

  it('is refused when it nests deeper than the limit, with the path down to there', () => {
    const nest = (levels: number): Uint8Array => (levels === 0 ? writeElement(0x05) : writeElement(0x30, nest(levels - 1)));
    const dive = (bytes: Uint8Array, maxDepth?: number) => {
      let element = readElement(bytes, 'x', maxDepth === undefined ? {} : { maxDepth });
      while (element.tag === 0x30) element = element.children().next('in');
      return element;
    };
    expect(dive(nest(31)).tag).toBe(0x05);
    expect(errorOf(() => dive(nest(32))).message).toContain('elements nest deeper than 32 levels');
    expect(errorOf(() => dive(nest(2), 2)).path).toBe('x.in.in');
  });

  it('is refused when it is larger than the limit', () => {
    expect(errorOf(() => readElement(new Uint8Array(11), 'x', { maxSize: 10 })).message).toBe(
      'x: 11 bytes are more than the limit of 10',
    );
  });
});

describe('a declaration', () => {
  it('writes what it reads', () => {
    const bytes = fromHex('3016 0201ff 0101ff a003 020180 a109 3007 06052b81040022'.replaceAll(' ', ''));
    const value = decodeDer(point, bytes, 'point');
    expect(value).toEqual({ xValue: -1n, isSigned: true, yValue: -128n, tagList: [{ tagName: '1.3.132.0.34' }] });
    expect(toHex(encodeDer(point, value))).toBe(toHex(bytes));
  });

  it('leaves absent and default fields out when writing, and puts them in when reading', () => {
    const bytes = encodeDer(point, { xValue: 5n, isSigned: false });
    expect(toHex(bytes)).toBe('3003020105');
    expect(decodeDer(point, bytes, 'point')).toEqual({ xValue: 5n, isSigned: false, yValue: undefined, tagList: undefined });
  });

  it('reads an encoded default where that is tolerated', () => {
    const tolerant = sequence({ flag: withDefault(boolean, false, { encodedDefaultTolerated: true }) });
    expect(decodeDer(tolerant, fromHex('3003010100'), 'x')).toEqual({ flag: false });
  });

  it('sorts a SET OF when writing', () => {
    expect(toHex(encodeDer(setOf(any), [fromHex('020102'), fromHex('0400'), fromHex('020101')]))).toBe('31080201010201020400');
  });
});

describe('primitive values', () => {
  const integers: readonly [bigint, string][] = [
    [0n, '020100'],
    [127n, '02017f'],
    [128n, '02020080'],
    [256n, '02020100'],
    [-1n, '0201ff'],
    [-128n, '020180'],
    [-129n, '0202ff7f'],
    [2n ** 64n, '0209010000000000000000'],
  ];
  it.each(integers)('INTEGER %s has one encoding', (value, hex) => {
    expect(toHex(encodeDer(integer, value))).toBe(hex);
    expect(decodeDer(integer, fromHex(hex), 'x')).toBe(value);
  });

  it('a small INTEGER goes up to 2147483647', () => {
    for (const value of [0, 1, 127, 128, 255, 256, 65535, 0x7fffffff]) {
      expect(decodeDer(smallInteger, encodeDer(smallInteger, value), 'x')).toBe(value);
    }
    expect(errorOf(() => decodeDer(smallInteger, fromHex('0201ff'), 'x')).message).toContain('out of range');
  });

  it('an INTEGER of a megabyte is read in a moment', () => {
    const bytes = encodeDer(octetString, new Uint8Array(1 << 20).fill(0x55));
    bytes[0] = 0x02;
    expect(decodeDer(integer, bytes, 'x') > 0n).toBe(true);
  });

  it('an unsigned INTEGER is its magnitude, whatever zeros it came with', () => {
    expect(toHex(encodeDer(unsignedInteger, fromHex('000080')))).toBe('02020080');
    expect(toHex(encodeDer(unsignedInteger, fromHex('0000')))).toBe('020100');
    expect(toHex(decodeDer(unsignedInteger, fromHex('02020080'), 'x'))).toBe('80');
  });

  const oids: readonly [string, string][] = [
    ['0.9.2342', '0603099226'],
    ['1.2.840.113549.1.1.11', '06092a864886f70d01010b'],
    ['2.5.29.17', '0603551d11'],
    ['2.999.3', '0603883703'],
    ['2.25.329800735698586629295641978511506172918', '06146983f09da7ebcfdee0c7a1a7b2c0948cc8f9d776'],
  ];
  it.each(oids)('OBJECT IDENTIFIER %s has one encoding', (dotted, hex) => {
    expect(toHex(encodeDer(objectIdentifier, dotted))).toBe(hex);
    expect(decodeDer(objectIdentifier, fromHex(hex), 'x')).toBe(dotted);
  });

  it.each(['', '1', '3.1', '1.40', '1.2.', '1.02', '1.-2', 'a.b'])('%j is no OBJECT IDENTIFIER', (text) => {
    expect(() => encodeDer(objectIdentifier, text)).toThrow('is not an object identifier');
  });

  it('named bits drop trailing zeros and bits without a name', () => {
    const usage = namedBits(['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight']);
    expect(toHex(encodeDer(usage, new Set(['zero', 'two'] as const)))).toBe('030205a0');
    expect(toHex(encodeDer(usage, new Set(['eight'] as const)))).toBe('0303070080');
    expect(toHex(encodeDer(usage, new Set([])))).toBe('030100');
    expect([...decodeDer(usage, fromHex('0303070080'), 'x')]).toEqual(['eight']);
    expect([...decodeDer(namedBits(['zero']), fromHex('030205a0'), 'x')]).toEqual(['zero']);
  });

  it('lengths of every size are written in their shortest form and read again', () => {
    for (const [size, head] of [
      [127, '047f'],
      [128, '048180'],
      [256, '04820100'],
      [65536, '0483010000'],
    ] as const) {
      const bytes = encodeDer(octetString, new Uint8Array(size));
      expect(toHex(bytes.subarray(0, bytes.length - size))).toBe(head);
      expect(decodeDer(octetString, bytes, 'x').length).toBe(size);
    }
  });
});

describe('times', () => {
  const ascii = (tag: number, text: string) => writeElement(tag, new TextEncoder().encode(text));

  it('are UTCTime through 2049 and GeneralizedTime from 2050 on', () => {
    const text = (iso: string) => new TextDecoder().decode(encodeDer(time, new Date(iso)).subarray(2));
    expect(text('1949-12-31T23:59:59Z')).toBe('19491231235959Z');
    expect(text('1950-01-01T00:00:00Z')).toBe('500101000000Z');
    expect(text('2049-12-31T23:59:59.999Z')).toBe('491231235959Z');
    expect(text('2050-01-01T00:00:00Z')).toBe('20500101000000Z');
    expect(text('9999-12-31T23:59:59Z')).toBe('99991231235959Z');
  });

  it('read two-digit years from 50 on as 19YY', () => {
    expect(decodeDer(time, ascii(0x17, '500101000000Z'), 't').toISOString()).toBe('1950-01-01T00:00:00.000Z');
    expect(decodeDer(time, ascii(0x17, '491231235959Z'), 't').toISOString()).toBe('2049-12-31T23:59:59.000Z');
    expect(decodeDer(time, ascii(0x18, '00010101000000Z'), 't').getUTCFullYear()).toBe(1);
  });

  it.each([
    [0x17, '2601010000Z'],
    [0x17, '260101000000'],
    [0x17, '260101000000+0000'],
    [0x17, '260101000000-0700'],
    [0x17, '2601010000 0Z'],
    [0x17, '260001000000Z'],
    [0x17, '260229000000Z'],
    [0x17, '260132000000Z'],
    [0x17, '260101240000Z'],
    [0x17, '260101006000Z'],
    [0x17, '260101000060Z'],
    [0x18, '20260101000000.5Z'],
    [0x18, '260101000000Z'],
    [0x18, '2026010100Z'],
  ])('are refused in any other form: %i %s', (tag, text) => {
    expect(errorOf(() => decodeDer(time, ascii(tag, text), 'validity.not_before')).path).toBe('validity.not_before');
  });

  it('are refused when writing what the calendar or the form cannot hold', () => {
    expect(() => encodeDer(generalizedTime, new Date(Number.NaN))).toThrow('a date from the years 0 to 9999 is expected');
    expect(() => encodeDer(utcTime, new Date('+010000-01-01T00:00:00Z'))).toThrow('a date from the years 0 to 9999 is expected');
  });
});
