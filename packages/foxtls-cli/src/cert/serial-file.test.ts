import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { nextSerialNumber, parseSerialNumber } from './serial-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'foxtls-serial-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const hex = (octets: Uint8Array) => Buffer.from(octets).toString('hex');

describe('a serial file', () => {
  it.each([
    ['01', '02'],
    ['FF', '0100'],
    ['7f', '0080'],
    ['1000', '1001'],
    ['0', '01'],
  ])('counts from %s to %s', (last, next) => {
    const path = join(folder, `${last}.srl`);
    writeFileSync(path, `${last}\n`);
    expect(hex(nextSerialNumber(path))).toBe(next);
    expect(readFileSync(path, 'utf8')).toBe(`${next.replace(/^00/, '').toUpperCase()}\n`);
  });

  it('is made with a random number, and counted up from there', () => {
    const path = join(folder, 'new.srl');
    const first = BigInt(`0x${hex(nextSerialNumber(path))}`);
    expect(first).toBeGreaterThan(1n << 125n);
    expect(BigInt(`0x${hex(nextSerialNumber(path))}`)).toBe(first + 1n);
    expect(existsSync(`${path}.lock`)).toBe(false);
  });

  it('is left alone while another program counts', () => {
    const path = join(folder, 'held.srl');
    writeFileSync(`${path}.lock`, '');
    expect(() => nextSerialNumber(path)).toThrow(/being counted up by another program/);
    expect(existsSync(path)).toBe(false);
  });

  it('says what is wrong with it', () => {
    const path = join(folder, 'bad.srl');
    writeFileSync(path, 'twelve\n');
    expect(() => nextSerialNumber(path)).toThrow(/bad\.srl: a serial number is at most 40 hexadecimal digits, not "twelve"/);
    expect(() => parseSerialNumber('f'.repeat(41), '--serial')).toThrow('--serial');
    expect(hex(parseSerialNumber('0x4D:2F', '--serial'))).toBe('4d2f');
  });
});
