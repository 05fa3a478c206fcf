import { describe, expect, it } from 'vitest';
import { MAX_NAME, MAX_TEXT, NameRefused, nameKey, readName, readText } from './words.ts';

describe('a text of a chat', () => {
  it('loses what steers a terminal, and keeps the rest', () => {
    expect(readText('\x1b[31mred\x1b[0m\r\n')).toBe('[31mred[0m');
    expect(readText('a\u202eb\u0000c\u009bd')).toBe('abcd');
    expect(readText('漢字 👩‍💻 é')).toBe('漢字 👩‍💻 é');
    expect(readText(Buffer.from([0x61, 0xff, 0x62]))).toBe('a\ufffdb');
  });

  it('is cut between characters where it is too long', () => {
    expect(readText('x'.repeat(MAX_TEXT + 5))).toHaveLength(MAX_TEXT);
    expect([...readText('😀'.repeat(MAX_TEXT + 5))]).toHaveLength(MAX_TEXT);
  });
});

describe('a name of a chat', () => {
  it.each(['Luca', 'María', '漢字', 'x'.repeat(MAX_NAME)])('may be %s', (name) => {
    expect(readName(`${name}\n`)).toBe(name);
  });

  it('has nothing invisible in it', () => {
    expect(readName('L\u200bu\x1bca')).toBe('Luca');
  });

  it.each([
    ['', 'a name has at least one character'],
    ['\x1b\u200b', 'a name has at least one character'],
    ['x'.repeat(MAX_NAME + 1), 'a name has at most 24 characters (41 bytes)'],
    ['漢'.repeat(14), 'a name has at most 24 characters (41 bytes)'],
    ['Luca V', 'a name is one word'],
    ['@welcome', 'a name begins with none of @ # [, and has no backtick'],
    ['a`b', 'a name begins with none of @ # [, and has no backtick'],
    ['sErver', 'the programs themselves are called sErver'],
    ['private-Luca', 'the programs themselves are called private-Luca'],
  ])('is not %j', (name, why) => {
    expect(() => readName(name)).toThrow(new NameRefused(why));
  });

  it('is the same in capitals and in wide letters', () => {
    expect(nameKey('Ｌuca')).toBe(nameKey('LUCA'));
  });
});
