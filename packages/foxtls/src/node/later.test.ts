import { describe, expect, it } from 'vitest';
import { Later } from './later.ts';

describe('Later', () => {
  it('resolves for who asked before, and for who asks afterwards', async () => {
    const later = new Later<number>();
    const before = later.promise;
    later.resolve(1);
    later.resolve(2);
    later.reject(new Error('too late'));
    expect([await before, await later.promise, later.promise === before]).toEqual([1, 1, true]);
    const unasked = new Later<number>();
    unasked.resolve(3);
    expect(await unasked.promise).toBe(3);
  });

  it('rejects, and nobody has to handle it', async () => {
    const later = new Later<number>();
    const asked = later.promise;
    later.reject(new Error('lost'));
    expect(later.isSettled).toBe(true);
    await new Promise((resolve) => setImmediate(resolve));
    await expect(asked).rejects.toThrow('lost');
    await expect(later.promise).rejects.toThrow('lost');
  });
});
