import { expect, it } from 'vitest';
import { Pace } from './pace.ts';

it('lets a burst pass, and then twenty lines a second', () => {
  let now = 1000;
  const pace = new Pace(() => now);
  expect(Array.from({ length: 40 }, () => pace.take())).toEqual(Array(40).fill(0));
  expect([pace.take(), pace.take()]).toEqual([50, 100]);
  now += 100;
  expect(pace.take()).toBe(50);
  now += 60_000;
  expect(Array.from({ length: 41 }, () => pace.take()).at(-1)).toBe(50);
});
