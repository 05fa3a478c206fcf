import { describe, expect, it } from 'vitest';
import { createStyle, takesColour } from './style.ts';

describe('a style', () => {
  it('paints, or leaves all as it is', () => {
    expect(createStyle(true).red('stop')).toBe('\x1b[31mstop\x1b[39m');
    expect(createStyle(true).bold('')).toBe('');
    expect(createStyle(false).red('stop')).toBe('stop');
  });

  it.each([
    [{}, true, true],
    [{}, false, false],
    [{ NO_COLOR: '1' }, true, false],
    [{ NO_COLOR: '' }, true, true],
    [{ TERM: 'dumb' }, true, false],
    [{ FORCE_COLOR: '1' }, false, true],
    [{ FORCE_COLOR: '0' }, true, false],
    [{ FORCE_COLOR: '1', NO_COLOR: '1' }, true, false],
  ])('with %o on a terminal (%s): %s', (environment, isTerminal, expected) => {
    expect(takesColour(environment, isTerminal)).toBe(expected);
  });
});
