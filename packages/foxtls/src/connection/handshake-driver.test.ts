import { describe, expect, it } from 'vitest';
import type { Established } from '../protocol/handshake/established.ts';
import { type HandshakeFlow, ReceiveRequest } from '../protocol/handshake/receive.ts';
import type { RawMessage } from '../protocol/messages/messages.ts';
import { HandshakeDriver, type HandshakeHooks } from './handshake-driver.ts';

const ESTABLISHED = { version: 'TLSv1.3' } as Established;
const MESSAGE: RawMessage = { type: 1, body: new Uint8Array(0), bytes: new Uint8Array(4), sequence: 0 };

const hooks: HandshakeHooks<string[]> = {
  onDone: (owner, established) => void owner.push(`done ${established.version}`),
  guarded(owner, work) {
    owner.push('(');
    try {
      work();
    } catch (error) {
      owner.push((error as Error).message);
    }
    owner.push(')');
  },
  afterResume: (owner) => void owner.push('resumed'),
};

/** A driver that begins the flow, and what its owner and the flow note. */
function drive(makeFlow: (log: string[], driver: HandshakeDriver<string[]>) => HandshakeFlow<Established>) {
  const log: string[] = [];
  const driver = new HandshakeDriver(log, hooks);
  driver.begin(makeFlow(log, driver));
  return { driver, log };
}

/** A flow that waits for a promise, and notes its end. */
const waiting = (promise: PromiseLike<unknown>) =>
  drive(function* (log) {
    try {
      log.push(String(yield promise));
      return ESTABLISHED;
    } finally {
      log.push('ended');
    }
  });

describe('the driver of handshakes', () => {
  it('gives a flow the message that it asks for, tells when it is over, and forgets it', () => {
    const { driver, log } = drive(function* (notes) {
      notes.push('begun');
      notes.push(`type ${((yield new ReceiveRequest([])) as RawMessage).type}`);
      return ESTABLISHED;
    });
    expect([driver.hasFlow, log]).toEqual([true, []]);
    driver.advance();
    expect([driver.mayRead, log]).toEqual([true, ['begun']]);
    driver.advance(MESSAGE);
    expect(log).toEqual(['begun', 'type 1', 'done TLSv1.3']);
    expect([driver.hasFlow, driver.mayRead]).toEqual([false, true]);
    driver.advance(MESSAGE);
    expect(log).toHaveLength(3);
  });

  it('lets nothing be read while a flow waits, and goes on inside guarded when the promise is settled', async () => {
    const { driver, log } = waiting(Promise.resolve('value'));
    driver.advance();
    expect([driver.isWaiting, driver.mayRead, log]).toEqual([true, false, []]);
    await Promise.resolve();
    expect(log).toEqual(['(', 'value', 'ended', 'done TLSv1.3', 'resumed', ')']);
    expect([driver.isWaiting, driver.mayRead]).toEqual([false, true]);
  });

  it('throws the rejection of a promise into the flow, and what the flow throws to the owner', async () => {
    const { driver, log } = waiting(Promise.reject(new Error('no')));
    driver.advance();
    await Promise.resolve();
    expect(log).toEqual(['(', 'ended', 'no', ')']);
  });

  it.each(['drop', 'abort'] as const)('ends a flow that waits by %s, and drops its result', async (way) => {
    const { driver, log } = waiting(Promise.resolve('late'));
    driver.advance();
    driver[way]('why');
    expect([driver.hasFlow, driver.isWaiting, log]).toEqual([false, false, ['ended']]);
    await Promise.resolve();
    expect(log).toEqual(['ended']);
  });

  it('tells whoever works for a handshake why its connection ended', () => {
    const { driver } = waiting(Promise.resolve());
    const { signal } = driver;
    driver.advance();
    driver.abort('why');
    expect([signal.aborted, signal.reason]).toEqual([true, 'why']);
  });

  it('gives the next handshake a signal of its own', () => {
    const { driver } = drive(function* () {
      yield new ReceiveRequest([]);
      return ESTABLISHED;
    });
    const { signal } = driver;
    driver.advance();
    driver.advance(MESSAGE);
    expect(driver.signal).not.toBe(signal);
  });

  it.each(['drop', 'abort'] as const)('ends a flow that calls for its own %s when it comes back', (way) => {
    const { driver, log } = drive(function* (notes, running) {
      try {
        running[way]('why');
        running.advance(MESSAGE);
        notes.push(`may read: ${running.mayRead}`);
        yield new ReceiveRequest([]);
        return ESTABLISHED;
      } finally {
        notes.push('ended');
      }
    });
    driver.advance();
    expect(log).toEqual(['may read: false', 'ended']);
    expect(driver.hasFlow).toBe(false);
  });
});
