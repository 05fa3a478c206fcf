import { describe, expect, it } from 'vitest';
import { WarmSessions } from './warm-sessions.ts';

/** As many as are kept in any case. */
const KEPT = 256;

function setUp(count: number) {
  const rested: number[] = [];
  const sessions = Array.from({ length: count }, (_, number) => ({ connection: { rest: () => void rested.push(number) } }));
  const warm = new WarmSessions<(typeof sessions)[number]>();
  sessions.forEach((session, number) => {
    warm.use(session, number);
  });
  return { warm, sessions, rested };
}

describe('WarmSessions', () => {
  it('waits for nothing while there are few', () => {
    const { warm, rested } = setUp(KEPT);
    expect(warm.next).toBeUndefined();
    warm.restIdle(1e6);
    expect(rested).toEqual([]);
  });

  it('lets the oldest rest, a second after it was used', () => {
    const { warm, rested } = setUp(KEPT + 2);
    expect(warm.next).toBe(1000);
    warm.restIdle(999);
    expect(rested).toEqual([]);
    warm.restIdle(5000);
    expect(rested).toEqual([0, 1]);
    expect(warm.next).toBeUndefined();
  });

  it('lets none rest that is in use, however many there are', () => {
    const { warm, sessions, rested } = setUp(2 * KEPT);
    for (const session of sessions) warm.use(session, 1500);
    warm.restIdle(2400);
    expect(rested).toEqual([]);
    expect(warm.next).toBe(2650);
  });

  it('forgets who is gone, and takes who comes back', () => {
    const { warm, sessions, rested } = setUp(KEPT + 1);
    warm.delete(sessions[5] as (typeof sessions)[number]);
    expect(warm.next).toBeUndefined();
    warm.use(sessions[5] as (typeof sessions)[number], 3000);
    warm.restIdle(3000);
    expect(rested).toEqual([0]);
  });
});
