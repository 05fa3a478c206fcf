import { PassThrough, Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { readLines } from './lines.ts';

async function linesOf(...parts: (string | Uint8Array)[]): Promise<string[]> {
  const reader = readLines(Readable.from(parts.map((part) => Buffer.from(part))));
  const lines: string[] = [];
  for (let line = await reader.next(); line !== undefined; line = await reader.next())
    lines.push(Buffer.from(line).toString('latin1'));
  return lines;
}

describe('lines of a stream', () => {
  it('are without their ends, also in parts, and the last one needs none', async () => {
    expect(await linesOf('on', 'e\ntwo\r\n', '\nlast')).toEqual(['one', 'two', '', 'last']);
    expect(await linesOf('')).toEqual([]);
  });

  it('are bytes', async () => {
    expect(await linesOf(new Uint8Array([0, 0xff, 0x0a, 0x80]))).toEqual(['\0\xff', '\x80']);
  });

  it('come when they are there, and end when nobody wants more', async () => {
    const stream = new PassThrough();
    const reader = readLines(stream);
    stream.write('one\ntw');
    expect(String(await reader.next())).toBe('one');
    const second = reader.next();
    reader.close();
    expect(await second).toBeUndefined();
    expect(stream.destroyed).toBe(true);
  });

  it('wait in the stream when there are many', async () => {
    const stream = new PassThrough();
    const reader = readLines(stream);
    stream.write('x\n'.repeat(1000));
    await reader.next();
    expect(stream.isPaused()).toBe(true);
    for (let count = 1; count < 1000; count++) expect(await reader.next()).toBeDefined();
  });

  it('have a bound', async () => {
    await expect(linesOf(Buffer.alloc(70_000, 0x78))).rejects.toThrow('more than 65536 bytes');
  });
});
