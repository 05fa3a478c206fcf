import { describe, expect, it } from 'vitest';
import { concat, toHex } from '../../core/bytes/bytes.ts';
import { fragmentAt, fragmentMessage } from './message-fragments.ts';

const body = Uint8Array.from({ length: 100 }, (_, i) => i);
const message = concat(Uint8Array.of(11, 0, 0, 100), body);

describe('fragmentAt', () => {
  it.each([
    [0, 100, '0b 00 00 64 01 02 00 00 00 00 00 64', 0, 100],
    [0, 40, '0b 00 00 64 01 02 00 00 00 00 00 28', 0, 40],
    [60, 30, '0b 00 00 64 01 02 00 00 3c 00 00 1e', 60, 90],
    [60, 50, '0b 00 00 64 01 02 00 00 3c 00 00 28', 60, 100],
    [100, 50, '0b 00 00 64 01 02 00 00 64 00 00 00', 100, 100],
  ])('writes what begins at %i and has at most %i bytes', (offset, size, header, from, to) => {
    const fragment = fragmentAt(message, 0x0102, offset, size);
    expect(toHex(fragment.subarray(0, 12), ' ')).toBe(header);
    expect(fragment.subarray(12)).toEqual(body.subarray(from, to));
  });

  it('writes offsets and lengths of 24 bits', () => {
    const large = concat(Uint8Array.of(11, 0x02, 0x03, 0x04), new Uint8Array(0x020304));
    expect(toHex(fragmentAt(large, 0xffff, 0x010203, 0xffff).subarray(0, 12), ' ')).toBe('0b 02 03 04 ff ff 01 02 03 00 ff ff');
  });
});

describe('fragmentMessage', () => {
  it('writes a message without body as one fragment', () => {
    expect(fragmentMessage(Uint8Array.of(20, 0, 0, 0), 0, 10).map(({ length }) => length)).toEqual([12]);
  });

  it('cuts a message into contiguous ranges that keep its length and number', () => {
    const fragments = fragmentMessage(message, 7, 40);
    expect(fragments.map((fragment) => toHex(fragment.subarray(0, 12), ' '))).toEqual([
      '0b 00 00 64 00 07 00 00 00 00 00 28',
      '0b 00 00 64 00 07 00 00 28 00 00 28',
      '0b 00 00 64 00 07 00 00 50 00 00 14',
    ]);
  });
});
