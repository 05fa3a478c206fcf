import { expect, it } from 'vitest';
import { MtuSearch } from './mtu-search.ts';

/** The sizes that are tried on a path that takes so much. */
function tried(search: MtuSearch, path: number): number[] {
  const sizes: number[] = [];
  for (let { size } = search; size !== undefined; { size } = search) {
    sizes.push(size);
    if (size <= path) search.arrived();
    else search.lost();
  }
  return sizes;
}

it('is over at once where the largest arrives', () => {
  expect(tried(new MtuSearch(1200, 1472), 1500)).toEqual([1472]);
});

it('comes near to what the path takes, from below', () => {
  for (let path = 1200; path < 9000; path += 13) {
    const sizes = tried(new MtuSearch(1200, 9000), path);
    const best = Math.max(1200, ...sizes.filter((size) => size <= path));
    expect([path - best < 16, best <= path, sizes.length < 12]).toEqual([true, true, true]);
  }
});

it('has nothing to do where there is nothing larger', () => {
  expect(new MtuSearch(1200, 1200).size).toBeUndefined();
});
