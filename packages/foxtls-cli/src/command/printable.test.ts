import { expect, it } from 'vitest';
import { printable, printableLines } from './printable.ts';

it('control sequences and marks of direction become points', () => {
  expect(printable('a\x1b[2Jb\u009bc\x7fd\ne\u202ef')).toBe('a.[2Jb.c.d.e.f');
  expect(printable('Lučić 🦊 = \\')).toBe('Lučić 🦊 = \\');
});

it('lines stay lines', () => {
  expect(printableLines('a\n\tb\r\x1bc\u2066')).toBe('a\n\tb..c.');
});
