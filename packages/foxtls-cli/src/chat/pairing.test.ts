import { describe, expect, it } from 'vitest';
import { AddressPairing, TokenPairing } from './pairing.ts';

describe('two connections are paired by arrival and address', () => {
  it('whichever comes first', () => {
    const pairing = new AddressPairing<string>();
    expect(pairing.add('tls', 'a', 'a1', 0)).toBeUndefined();
    expect(pairing.add('plain', 'b', 'b2', 0)).toBeUndefined();
    expect(pairing.add('tls', 'b', 'b1', 0)).toEqual({ tls: 'b1', plain: 'b2' });
    expect(pairing.add('plain', 'a', 'a2', 0)).toEqual({ tls: 'a1', plain: 'a2' });
    expect(pairing.size).toBe(0);
  });

  it('in the order in which they came', () => {
    const pairing = new AddressPairing<string>();
    pairing.add('tls', 'a', '1', 0);
    pairing.add('tls', 'a', '2', 0);
    expect(pairing.add('plain', 'a', 'first', 0)).toEqual({ tls: '1', plain: 'first' });
    expect(pairing.add('plain', 'a', 'second', 0)).toEqual({ tls: '2', plain: 'second' });
  });

  it('unless one has gone', () => {
    const pairing = new AddressPairing<string>();
    pairing.add('tls', 'a', 'gone', 0);
    pairing.remove('tls', 'a', 'gone');
    expect(pairing.add('plain', 'a', 'p', 0)).toBeUndefined();
    expect(pairing.add('tls', 'a', 't', 0)).toEqual({ tls: 't', plain: 'p' });
  });

  it('for ten seconds', () => {
    const pairing = new AddressPairing<string>();
    pairing.add('tls', 'a', 'early', 0);
    pairing.add('plain', 'b', 'late', 9000);
    expect(pairing.expire(10_001)).toEqual(['early']);
    expect(pairing.size).toBe(1);
    expect(pairing.expire(19_001)).toEqual(['late']);
    expect(pairing.size).toBe(0);
  });

  it('and only so many wait', () => {
    const pairing = new AddressPairing<number>();
    const answers = Array.from({ length: 33 }, (_, i) => pairing.add('tls', 'greedy', i, 0));
    expect(answers.filter((answer) => answer === 'refused')).toHaveLength(1);
    expect(pairing.add('tls', 'other', 99, 0)).toBeUndefined();
    const crowd = Array.from({ length: 600 }, (_, i) => pairing.add('tls', `host ${i}`, i, 0));
    expect(crowd.filter((answer) => answer === undefined)).toHaveLength(512 - 33);
  });
});

describe('two connections are paired by a token', () => {
  it('that is good once', () => {
    const pairing = new TokenPairing<string>();
    const found: string[] = [];
    const token = pairing.issue((connection) => found.push(connection));
    expect(token).toMatch(/^[0-9a-f]{32}$/);
    expect(pairing.redeem(token, 'mine')).toBe(true);
    expect(pairing.redeem(token, 'again')).toBe(false);
    expect(found).toEqual(['mine']);
    expect(pairing.size).toBe(0);
  });

  it.each(['', 'GET / HTTP/1.1', 'f'.repeat(32), 'F'.repeat(32)])('and not by %j', (guess) => {
    const pairing = new TokenPairing<string>();
    pairing.issue(() => expect.fail('found'));
    expect(pairing.redeem(guess, 'x')).toBe(false);
  });

  it('nor by one that only begins like it, or was withdrawn', () => {
    const pairing = new TokenPairing<string>();
    const token = pairing.issue(() => expect.fail('found'));
    const near = token.slice(0, -1) + (token.endsWith('0') ? '1' : '0');
    expect(pairing.redeem(near, 'x')).toBe(false);
    pairing.withdraw(token);
    expect(pairing.redeem(token, 'x')).toBe(false);
  });
});
