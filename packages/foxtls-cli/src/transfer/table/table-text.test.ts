import { describe, expect, it } from 'vitest';
import { formatColumns, formatRows } from './table-text.ts';

describe('formatRows', () => {
  it('has a column for each run, and the average', () => {
    const rows = [
      { title: '128 MB', values: [0.18, 0.25, 0.21] },
      { title: '1 GB', values: [10, 11, 12.5] },
    ];
    expect(formatRows('foxtls', rows)).toEqual([
      'foxtls  time 1  time 2  time 3  average',
      '128 MB    0.18    0.25    0.21     0.21',
      '1 GB     10.00   11.00   12.50    11.17',
    ]);
  });
});

describe('formatColumns', () => {
  it('leaves no blanks at the end', () => {
    expect(
      formatColumns([
        ['a', 'bb'],
        ['ccc', ''],
      ]),
    ).toEqual(['a    bb', 'ccc']);
  });
});
