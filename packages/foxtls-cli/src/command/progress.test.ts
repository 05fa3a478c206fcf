import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { formatProgress, formatSeconds, type ProgressState, startProgress } from './progress.ts';
import { fakeTerminal } from './terminal.fixture.ts';

const state: ProgressState = {
  title: 'big.bin',
  total: 1e9,
  done: 38e7,
  rate: 92.4e6,
  elapsed: 4100,
  columns: 90,
};

describe('formatProgress', () => {
  it('says how much is done, how fast, and how long it will take', () => {
    expect(formatProgress(state)).toBe('big.bin [=========>                ]  38 %  380 MB of 1 GB  92.4 MB/s  7 s left');
  });

  it('is full at the end, and nothing is done at the beginning', () => {
    expect(formatProgress({ ...state, done: 1e9 })).toContain('[==========================] 100 %  1 GB of 1 GB');
    expect(formatProgress({ ...state, done: 0, rate: 0 })).toContain('>  '.padEnd(20));
    expect(formatProgress({ ...state, done: 0, rate: 0 })).toContain('0 %  0 B of 1 GB  0 B/s  waiting');
    expect(formatProgress({ ...state, done: 0, total: 0 })).toContain('100 %');
  });

  it('never takes the whole width, whatever that is', () => {
    for (const title of ['a', 'x'.repeat(300), '文件'.repeat(40), '🦊.txt']) {
      for (let columns = 1; columns <= 120; columns += 3) {
        const wide = (text: string) => [...text].reduce((sum, c) => sum + (/[文件🦊]/u.test(c) ? 2 : 1), 0);
        expect(wide(formatProgress({ ...state, title, columns })), `${title} in ${columns}`).toBeLessThan(columns);
      }
    }
  });

  it('turns a wheel where the end is not known', () => {
    expect(formatProgress({ ...state, total: undefined })).toBe('big.bin /  380 MB  92.4 MB/s  5 s');
    expect(formatProgress({ ...state, title: 'an RSA key', total: undefined, done: undefined, elapsed: 61_000 })).toBe(
      'an RSA key -  1 min 01 s',
    );
  });
});

describe('formatSeconds', () => {
  it.each([
    [0, '0 s'],
    [0.2, '1 s'],
    [59.5, '1 min 00 s'],
    [185, '3 min 05 s'],
    [7620, '2 h 07 min'],
  ])('%d is %s', (seconds, text) => expect(formatSeconds(seconds)).toBe(text));
});

describe('startProgress', () => {
  it('draws on a terminal, and takes away what it has drawn', () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const drawn: string[] = [];
    const terminal = { ...fakeTerminal(), statusLine: { columns: 80, draw: (text: string) => void drawn.push(text) } };
    const progress = startProgress({ title: 'big.bin', total: 100 }, terminal);
    vi.advanceTimersByTime(100);
    progress.advance(50);
    vi.advanceTimersByTime(100);
    progress.end();
    vi.advanceTimersByTime(1000);
    expect(drawn).toEqual([
      expect.stringMatching(/^big\.bin \[.* 0 % {2}0 B of 100 B {2}0 B\/s {2}waiting/),
      expect.stringMatching(/ 0 % {2}0 B of 100 B /),
      expect.stringMatching(/ 50 % {2}50 B of 100 B {2}250 B\/s {2}1 s left$/),
      '',
    ]);
  });

  it('draws nothing where there is none', () => {
    const terminal = fakeTerminal();
    const progress = startProgress({ title: 'big.bin' }, terminal);
    progress.advance(50);
    progress.end();
    expect([terminal.output(), terminal.complaints]).toEqual(['', []]);
  });
});
