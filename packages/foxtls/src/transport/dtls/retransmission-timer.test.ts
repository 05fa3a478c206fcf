import { describe, expect, it } from 'vitest';
import { RetransmissionTimer } from './retransmission-timer.ts';

describe('RetransmissionTimer', () => {
  const timer = () => new RetransmissionTimer({ initial: 1000, maximum: 60_000, minimum: 100 });

  it('does not run before it is started', () => {
    const idle = timer();
    expect([idle.deadline, idle.expire(1e9), idle.timeouts]).toEqual([undefined, false, 0]);
  });

  it('doubles up to the maximum', () => {
    const lossy = timer();
    lossy.start(0);
    const deadlines: number[] = [];
    for (let i = 0; i < 8; i++) {
      const at = lossy.deadline ?? 0;
      deadlines.push(at);
      expect([lossy.expire(at - 1), lossy.expire(at)]).toEqual([false, true]);
    }
    expect(deadlines).toEqual([1000, 3000, 7000, 15_000, 31_000, 63_000, 123_000, 183_000]);
    expect(lossy.timeouts).toBe(8);
  });

  it('begins with the same duration each time when it is fixed', () => {
    const fixed = new RetransmissionTimer({ initial: 400, maximum: 60_000, minimum: 100, isFixed: true });
    fixed.start(0);
    fixed.answered(10);
    fixed.start(1000);
    expect([fixed.deadline, fixed.expire(1400), fixed.deadline]).toEqual([1400, true, 2200]);
    fixed.answered(1500);
    expect(fixed.duration).toBe(400);
  });

  it('is one and a half of a round trip that was measured', () => {
    const measured = timer();
    measured.start(0);
    measured.answered(300);
    measured.start(1000);
    expect(measured.deadline).toBe(1450);
  });

  it('is not shorter than the minimum, nor longer than the maximum', () => {
    const measured = timer();
    measured.start(0);
    measured.answered(1);
    expect(measured.duration).toBe(100);
    measured.start(0);
    measured.answered(1e6);
    expect(measured.duration).toBe(60_000);
  });

  it('learns nothing from a flight that was sent twice', () => {
    const lossy = timer();
    lossy.start(0);
    lossy.expire(1000);
    lossy.answered(1010);
    expect(lossy.duration).toBe(2000);
    lossy.start(2000);
    lossy.restart(2100);
    lossy.answered(2110);
    expect(lossy.duration).toBe(2000);
  });

  it('waits from its start as if another initial value had been there, doubled as often', () => {
    const lossy = timer();
    lossy.start(0);
    lossy.setInitial(400);
    expect(lossy.deadline).toBe(400);
    lossy.expire(400);
    expect(lossy.deadline).toBe(1200);
    lossy.setInitial(1000);
    expect(lossy.deadline).toBe(2400);
    lossy.setInitial(100);
    expect([lossy.deadline, lossy.expire(600), lossy.duration]).toEqual([600, true, 400]);
  });

  it('takes another initial value in place of what was measured, until it measures again', () => {
    const measured = timer();
    measured.start(0);
    measured.answered(300);
    measured.setInitial(2000);
    expect([measured.deadline, measured.duration]).toEqual([undefined, 2000]);
    measured.start(1000);
    measured.answered(1200);
    expect(measured.duration).toBe(300);
  });

  it('stops', () => {
    const stopped = timer();
    stopped.start(0);
    stopped.stop();
    expect([stopped.deadline, stopped.expire(5000)]).toEqual([undefined, false]);
  });
});
