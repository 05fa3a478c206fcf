import { describe, expect, it } from 'vitest';
import { ApiMisuse } from '../errors/errors.ts';
import { type Eventually, type Flow, isThenable, run, runAsync, runSync, settle } from './flow.ts';

/** Adds what it waits for. */
function* sum(...values: readonly Eventually<number>[]): Flow<number> {
  let total = 0;
  for (const value of values) total += yield* settle(value);
  return total;
}

/** Says what was thrown into it. */
function* catching(value: Eventually<number>): Flow<string> {
  try {
    return `value ${yield* settle(value)}`;
  } catch (error) {
    return `caught ${(error as Error).message}`;
  }
}

describe('settle', () => {
  it('does not suspend for a value that is there', () => {
    const flow = sum(1, 2, 3);
    expect(flow.next()).toEqual({ done: true, value: 6 });
  });

  it('suspends for a promise, and goes on with what it settled to', () => {
    const promise = Promise.resolve(2);
    const flow = sum(1, promise, 3);
    expect(flow.next()).toEqual({ done: false, value: promise });
    expect(flow.next(20)).toEqual({ done: true, value: 24 });
  });

  it('suspends for anything with a then', () => {
    // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
    const thenable = { then: () => undefined } as unknown as PromiseLike<number>;
    expect(sum(thenable).next()).toEqual({ done: false, value: thenable });
  });
});

describe('a thenable', () => {
  it('is an object or a function with a method called then', () => {
    // biome-ignore-start lint/suspicious/noThenProperty: thenables are what is tested
    expect([Promise.resolve(), { then() {} }, Object.assign(() => {}, { then() {} })].map(isThenable)).toEqual([
      true,
      true,
      true,
    ]);
    expect([undefined, null, 1, 'then', {}, { then: 1 }, () => {}].some(isThenable)).toBe(false);
    // biome-ignore-end lint/suspicious/noThenProperty: thenables are what is tested
  });
});

describe('runSync', () => {
  it('returns the result of a flow that never waits', () => {
    expect(runSync(sum(1, 2))).toBe(3);
  });

  it('refuses a flow that waits, and ends it', () => {
    let cleaned = false;
    function* waiting(): Flow<number> {
      try {
        return yield* settle<number>(Promise.resolve(1));
      } finally {
        cleaned = true;
      }
    }
    expect(() => runSync(waiting())).toThrow(ApiMisuse);
    expect(cleaned).toBe(true);
  });

  it('does not leave the rejection of the promise it drops unhandled', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    try {
      expect(() => runSync(sum(Promise.reject(new Error('late'))))).toThrow(ApiMisuse);
      await new Promise((resolve) => setTimeout(resolve, 5));
    } finally {
      process.off('unhandledRejection', note);
    }
    expect(unhandled).toEqual([]);
  });

  it('throws what the flow throws', () => {
    function* failing(): Flow<number> {
      if (Math.PI > 3) throw new RangeError('no');
      return yield* settle(1);
    }
    expect(() => runSync(failing())).toThrow(RangeError);
  });
});

describe('run', () => {
  it('returns a value directly when the flow never waited', () => {
    expect(run(sum(1, 2))).toBe(3);
  });

  it('returns a promise when it had to wait', async () => {
    const result = run(sum(1, Promise.resolve(2), 3, Promise.resolve(4)));
    expect(isThenable(result)).toBe(true);
    expect(await result).toBe(10);
  });

  it('throws rejections into the flow, which may catch them', async () => {
    expect(await run(catching(Promise.reject(new Error('lost'))))).toBe('caught lost');
    expect(await run(catching(Promise.resolve(1)))).toBe('value 1');
  });

  it('rejects with what the flow does not catch', async () => {
    await expect(Promise.resolve(run(sum(Promise.reject(new RangeError('lost')))))).rejects.toThrow(RangeError);
  });

  it('throws at once what a flow throws before it waits', () => {
    function* failing(): Flow<number> {
      yield* settle(1);
      throw new RangeError('no');
    }
    expect(() => run(failing())).toThrow(RangeError);
  });
});

describe('runAsync', () => {
  it('always returns a promise', async () => {
    const result = runAsync(sum(1, 2));
    expect(result).toBeInstanceOf(Promise);
    expect(await result).toBe(3);
  });

  it('rejects with what a flow throws before it waits', async () => {
    function* failing(): Flow<number> {
      yield* settle(1);
      throw new RangeError('no');
    }
    await expect(runAsync(failing())).rejects.toThrow(RangeError);
  });
});
