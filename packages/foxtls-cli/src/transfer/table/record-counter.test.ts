import { describe, expect, it } from 'vitest';
import { recordLengths } from './record-counter.ts';

describe('recordLengths', () => {
  it.each([1, 2, 3, 7, 1000])('finds the headers in pieces of %d bytes', (size) => {
    const record = (type: number, length: number) => [
      type,
      3,
      3,
      length >> 8,
      length & 255,
      ...new Array<number>(length).fill(23),
    ];
    const stream = Uint8Array.from([
      ...record(22, 163),
      ...record(20, 1),
      ...record(23, 300),
      ...record(23, 0),
      ...record(21, 26),
    ]);
    const seen: [number, number][] = [];
    const count = recordLengths((type, length) => seen.push([type, length]));
    for (let at = 0; at < stream.length; at += size) count(stream.subarray(at, at + size));
    expect(seen).toEqual([
      [22, 163],
      [20, 1],
      [23, 300],
      [23, 0],
      [21, 26],
    ]);
  });
});
