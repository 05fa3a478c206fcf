import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Deadlines } from './deadlines.ts';

describe('deadlines', () => {
  it('come up in their order, each once, as they were set last', () => {
    const steps = fc.array(fc.tuple(fc.nat(9), fc.option(fc.nat(20), { nil: undefined })), { maxLength: 60 });
    fc.assert(
      fc.property(steps, (changes) => {
        const items = Array.from({ length: 10 }, (_, name) => ({ name }));
        const deadlines = new Deadlines<{ name: number }>();
        const model = new Map<number, number>();
        for (const [name, at] of changes) {
          deadlines.set(items[name] as { name: number }, at);
          if (at === undefined) model.delete(name);
          else model.set(name, at);
          expect(deadlines.next).toBe(model.size === 0 ? undefined : Math.min(...model.values()));
        }
        const due: number[] = [];
        for (let item = deadlines.takeDue(10); item !== undefined; item = deadlines.takeDue(10)) due.push(item.name);
        const times = due.map((name) => model.get(name) as number);
        expect(times).toEqual([...times].sort((a, b) => a - b));
        expect(due.length).toBe([...model.values()].filter((at) => at <= 10).length);
        expect(deadlines.size).toBe(model.size - due.length);
      }),
    );
  });

  it('that were changed often are not all kept', () => {
    const deadlines = new Deadlines<object>();
    const item = {};
    for (let at = 100_000; at > 0; at--) deadlines.set(item, at);
    expect([deadlines.next, deadlines.size]).toEqual([1, 1]);
    expect(deadlines.takeDue(0)).toBeUndefined();
    expect(deadlines.takeDue(1)).toBe(item);
    expect(deadlines.takeDue(100_000)).toBeUndefined();
  });
});
