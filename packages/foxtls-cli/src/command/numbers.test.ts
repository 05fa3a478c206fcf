import { describe, expect, it } from 'vitest';
import { parseCount, parseSeconds } from './numbers.ts';

describe('numbers among the options', () => {
  it('are whole, between bounds', () => {
    expect(parseCount('12', '--count')).toBe(12);
    expect(parseCount('64', '--workers', { min: 1, max: 64 })).toBe(64);
    expect(() => parseCount('twelve', '--count')).toThrow('--count is a whole number, not "twelve"');
    expect(() => parseCount('-1', '--count')).toThrow('--count is a whole number, not "-1"');
    expect(() => parseCount('x', '--workers', { min: 1, max: 64 })).toThrow('--workers is a number from 1 to 64, not "x"');
    expect(() => parseCount('0', '--workers', { min: 1 })).toThrow('--workers is at least 1');
    expect(() => parseCount('65', '--workers', { max: 64 })).toThrow('--workers is at most 64');
    expect(() => parseCount('99999999', '--count')).toThrow('--count is at most 9999999');
  });

  it('are seconds', () => {
    expect(parseSeconds(undefined, '--timeout', 5)).toBe(5);
    expect(parseSeconds('0.25', '--timeout', 5)).toBe(0.25);
    for (const text of ['0', '-1', '1e3', '', 'soon'])
      expect(() => parseSeconds(text, '--timeout', 5)).toThrow(
        `--timeout is a number of seconds above 0, not ${JSON.stringify(text)}`,
      );
  });
});
