import { describe, expect, it } from 'vitest';
import { ApiMisuse } from '../../core/errors/errors.ts';
import { type PaddingPolicy, paddingPolicy } from './record-padding.ts';

const ROOM = 20000;

describe('a padding policy', () => {
  it('of none is none', () => {
    expect(paddingPolicy('none')).toBeUndefined();
  });

  it('of a multiple fills content up to the next one, and at least to the first', () => {
    const policy = paddingPolicy({ toMultipleOf: 100 }) as PaddingPolicy;
    const sizes = [0, 1, 99, 100, 101, 250].map((length) => length + policy(length, ROOM));
    expect(sizes).toEqual([100, 100, 100, 100, 200, 300]);
  });

  it('stays in the room that there is', () => {
    expect(paddingPolicy({ toMultipleOf: 100 })?.(10, 30)).toBe(30);
    expect(paddingPolicy(() => 100)?.(10, 30)).toBe(30);
    expect(paddingPolicy({ toMultipleOf: 100 })?.(10, 0)).toBe(0);
  });

  it('may be a function of the length', () => {
    expect(paddingPolicy((length) => length * 2)?.(10, ROOM)).toBe(20);
  });

  it.each([0, -1, 1.5, 16385, Number.NaN])('refuses the multiple %s', (toMultipleOf) => {
    expect(() => paddingPolicy({ toMultipleOf })).toThrow(ApiMisuse);
  });

  it.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses the answer %s of the application', (answer) => {
    const policy = paddingPolicy(() => answer) as PaddingPolicy;
    expect(() => policy(10, ROOM)).toThrow(expect.objectContaining({ code: 'ERR_TLS_OPTION_RANGE' }));
  });
});
