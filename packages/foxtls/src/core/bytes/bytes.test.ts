import { describe, expect, it } from 'vitest';
import {
  concat,
  constantTimeEqual,
  copyOf,
  equal,
  fromHex,
  fromLatin1,
  fromUtf8,
  packed,
  plain,
  toHex,
  utf8,
  wipe,
} from './bytes.ts';

describe('concat', () => {
  it('joins parts into an array of their own', () => {
    const part = Uint8Array.of(1, 2);
    const whole = concat(part, new Uint8Array(0), Uint8Array.of(3));
    expect([...whole]).toEqual([1, 2, 3]);
    part[0] = 9;
    expect(whole[0]).toBe(1);
  });

  it('of one part is a copy, and of none is empty', () => {
    const part = Uint8Array.of(1);
    expect(concat(part)).not.toBe(part);
    expect(concat().length).toBe(0);
  });

  it('takes views for what they show', () => {
    expect([...concat(Uint8Array.of(1, 2, 3, 4).subarray(1, 3))]).toEqual([2, 3]);
  });
});

describe.each([
  ['equal', equal],
  ['constantTimeEqual', constantTimeEqual],
])('%s', (_name, compare) => {
  it('is true for the same bytes in different arrays', () => {
    expect(compare(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true);
    expect(compare(new Uint8Array(0), new Uint8Array(0))).toBe(true);
  });

  it('is false for a difference in any bit, and for another length', () => {
    const bytes = Uint8Array.of(0x00, 0xff, 0x80);
    for (let bit = 0; bit < 24; bit++) {
      const other = bytes.slice();
      other[bit >> 3] = (other[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(compare(bytes, other)).toBe(false);
    }
    expect(compare(bytes, bytes.subarray(0, 2))).toBe(false);
    expect(compare(bytes, concat(bytes, Uint8Array.of(0)))).toBe(false);
  });
});

describe('copyOf', () => {
  it('shares nothing with a Buffer, and is none', () => {
    const buffer = Buffer.from([1, 2, 3]);
    const copy = copyOf(buffer.subarray(1));
    buffer.fill(0);
    expect(copy).toEqual(Uint8Array.of(2, 3));
    expect(copy).not.toBeInstanceOf(Buffer);
  });
});

describe('wipe', () => {
  it('overwrites every secret with zeros, and passes over missing ones', () => {
    const [a, b] = [Uint8Array.of(1, 2), Uint8Array.of(3)];
    wipe(a, undefined, b);
    expect([...a, ...b]).toEqual([0, 0, 0]);
  });
});

describe('hexadecimal', () => {
  it('is read and written, with any separator', () => {
    expect(toHex(Uint8Array.of(0, 0xab, 0xff))).toBe('00abff');
    expect(toHex(Uint8Array.of(0, 0xab, 0xff), ':')).toBe('00:ab:ff');
    expect([...fromHex('00:AB\n ff')]).toEqual([0, 0xab, 0xff]);
    expect(fromHex('').length).toBe(0);
  });

  it.each(['0', '0g', '0x00', '00-11'])('is refused when it is not: %s', (text) => {
    expect(() => fromHex(text)).toThrow(RangeError);
  });
});

describe('text', () => {
  it('goes through UTF-8 and back, a byte order mark included', () => {
    const text = '\ufeffä😊';
    expect(fromUtf8(utf8(text))).toBe(text);
  });

  it('that is not UTF-8 is refused', () => {
    expect(() => fromUtf8(Uint8Array.of(0xc3, 0x28))).toThrow(TypeError);
  });

  it('of every byte is the character of that code', () => {
    const all = Uint8Array.from({ length: 256 }, (_, i) => i);
    const text = fromLatin1(all);
    expect(text.length).toBe(256);
    expect([...text].map((character) => character.charCodeAt(0))).toEqual([...all]);
  });
});

describe('packed', () => {
  it('copies parts into one piece of memory', () => {
    const part = Uint8Array.of(1, 2);
    const [first, second, third] = packed(part, new Uint8Array(0), Uint8Array.of(3));
    part[0] = 9;
    expect([[...first], [...second], [...third]]).toEqual([[1, 2], [], [3]]);
    expect([first.buffer.byteLength, second.buffer, third.buffer]).toEqual([3, first.buffer, first.buffer]);
  });
});

describe('plain', () => {
  it('makes no Buffer pass, whose slice would be a view, and copies nothing', () => {
    const buffer = Buffer.from([1, 2, 3, 4]).subarray(1, 3);
    const bytes = plain(buffer);
    expect(bytes.constructor).toBe(Uint8Array);
    bytes[0] = 9;
    expect([...buffer]).toEqual([9, 3]);
    expect(bytes.slice().buffer).not.toBe(bytes.buffer);
  });

  it('gives back a plain array itself', () => {
    const bytes = Uint8Array.of(1);
    expect(plain(bytes)).toBe(bytes);
  });
});
