import { describe, expect, it } from 'vitest';
import { parseHex, readParts } from './input.ts';

const BYTES = Uint8Array.from({ length: 40 }, (_, i) => (i * 37 + 22) & 0xff);
const hex = Buffer.from(BYTES).toString('hex');
const pairs = hex.match(/../g) ?? [];
const characters = (part: Uint8Array) =>
  Buffer.from(part)
    .toString('latin1')
    .replace(/[^ -~]/g, '.');

function dump(line: (offset: number, part: readonly string[], bytes: Uint8Array) => string): string {
  return [0, 16, 32].map((at) => line(at, pairs.slice(at, at + 16), BYTES.subarray(at, at + 16))).join('\n');
}
const offset = (at: number, width: number) => at.toString(16).padStart(width, '0');

describe('a hex dump', () => {
  it.each([
    ['digits alone', hex],
    ['digits in capitals, over lines', `${hex.slice(0, 30)}\r\n${hex.slice(30)}`.toUpperCase()],
    ['pairs', pairs.join(' ')],
    ['colons', pairs.join(':')],
    ['an array of C', pairs.map((pair) => `0x${pair}`).join(', ')],
    ['a string of C', pairs.map((pair) => `\\x${pair}`).join('')],
    [
      'xxd',
      dump(
        (at, part, bytes) =>
          `${offset(at, 8)}: ${part
            .join('')
            .replace(/(....)/g, '$1 ')
            .padEnd(40)} ${characters(bytes)}`,
      ),
    ],
    [
      'hexdump -C',
      `${dump((at, part, bytes) => `${offset(at, 8)}  ${part.slice(0, 8).join(' ')}  ${part.slice(8).join(' ').padEnd(23)}  |${characters(bytes)}|`)}\n00000028`,
    ],
    ['Wireshark', dump((at, part, bytes) => `${offset(at, 4)}   ${part.join(' ').padEnd(47)}   ${characters(bytes)}`)],
    ['od -Ax -tx1', `${dump((at, part) => `${offset(at, 6)} ${part.join(' ')}`)}\n000028`],
    ['tcpdump', dump((at, part) => `\t0x${offset(at, 4)}:  ${part.join('').replace(/(....)(?=.)/g, '$1 ')}`)],
    ['openssl -msg', dump((_at, part) => `    ${part.join(' ')}`)],
  ])('of this form is read: %s', (_name, text) => {
    expect(Buffer.from(parseHex(text) ?? []).toString('hex')).toBe(hex);
  });

  it.each(['', '1', 'xy', '12 3', 'hello'])('is not %j', (text) => {
    expect(parseHex(text)).toBeUndefined();
  });
});

describe('an input', () => {
  const known = () => true;
  it('is raw, base64 or PEM when it looks so', () => {
    expect(readParts(Uint8Array.of(22, 3, 1), false, known)).toEqual([{ name: undefined, bytes: Uint8Array.of(22, 3, 1) }]);
    const base64 = new Uint8Array(Buffer.from(Buffer.from(BYTES).toString('base64')));
    expect(readParts(base64, false, known)[0]?.bytes).toEqual(BYTES);
    expect(readParts(base64, false, () => false)[0]?.bytes).toEqual(base64);
    const pem = Buffer.from(`-----BEGIN A B-----\n${Buffer.from(base64)}\n-----END A B-----\n`);
    expect(readParts(Buffer.concat([pem, pem]), false, known)).toEqual(Array(2).fill({ name: 'A B', bytes: BYTES }));
  });

  it('that is empty, or no hex dump although it should be, is told of', () => {
    expect(() => readParts(Buffer.from(' \n'), false, known)).toThrow('the input is empty');
    expect(() => readParts(Buffer.from('123'), true, known)).toThrow('no hex dump');
  });
});
