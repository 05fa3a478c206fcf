import { describe, expect, it } from 'vitest';
import { cutClassic, formatPublic, readPublic, withoutRepetition } from './wire.ts';

describe('a public line on the plain connection', () => {
  it('is a name, a backtick and a text', () => {
    expect(formatPublic('Luca', 'Hi', 'classic')).toBe('Luca`Hi');
    expect(formatPublic('Luca', 'Hi', 'in-clear')).toBe('Luca`Hi\n');
    expect(readPublic('Luca`a`b')).toEqual({ name: 'Luca', text: 'a`b' });
    expect(readPublic('no separator')).toEqual({ name: '', text: 'no separator' });
  });

  it('fits into the buffers of the tutorial', () => {
    expect(formatPublic('Luca', 'x'.repeat(400), 'classic')).toHaveLength(255);
    expect(Buffer.byteLength(cutClassic('漢'.repeat(400)))).toBe(255);
    expect(Buffer.byteLength(cutClassic('é'.repeat(400)))).toBe(254);
  });

  it('comes once, even where the tutorial repeats it', () => {
    expect(withoutRepetition('Luca`HiLuca`Hi')).toBe('Luca`Hi');
    expect(withoutRepetition('Luca`ha'.repeat(9))).toBe('Luca`ha');
    expect(withoutRepetition('Luca`hahaha')).toBe('Luca`hahaha');
    expect(withoutRepetition('haha')).toBe('haha');
  });
});
