import { expect, it } from 'vitest';
import { nearestWord } from './nearest.ts';

const words = ['days', 'subject', 'self-signed', 'serial-file', 'serial', 'out', 'show'];

it.each([
  ['dyas', 'days'],
  ['subjekt', 'subject'],
  ['selfsigned', 'self-signed'],
  ['serial-fil', 'serial-file'],
  ['self', 'self-signed'],
  ['shwo', 'show'],
  ['aut', 'out'],
])('%s was meant to be %s', (given, expected) => {
  expect(nearestWord(given, words)).toBe(expected);
});

it.each(['xyz', 'password', '', 'o'])('nothing was meant by %j', (given) => {
  expect(nearestWord(given, words)).toBeUndefined();
});
