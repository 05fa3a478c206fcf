import { describe, expect, it } from 'vitest';
import { UsageError } from './failure.ts';
import { formatSize, parseSize } from './sizes.ts';

describe('parseSize', () => {
  it.each([
    ['0', 0],
    ['4096', 4096],
    ['128MB', 128_000_000],
    ['128 mb', 128_000_000],
    ['1.5kB', 1500],
    ['1GB', 1_000_000_000],
    ['64KiB', 65_536],
  ])('%s is %d', (text, bytes) => expect(parseSize(text, '--sizes')).toBe(bytes));

  it.each(['', 'MB', '-1', '1.5', '12XB', '1e6', '99999999TB', 'toString'])('refuses %j', (text) => {
    expect(() => parseSize(text, '--sizes')).toThrow(UsageError);
  });
});

describe('formatSize', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1 kB'],
    [1024, '1.02 kB'],
    [12_345, '12.3 kB'],
    [999_960, '1 MB'],
    [128_000_000, '128 MB'],
    [1e9, '1 GB'],
  ])('%d is %s', (bytes, text) => expect(formatSize(bytes)).toBe(text));
});
