import { describe, expect, it } from 'vitest';
import { fromHex, toHex, utf8 } from '../bytes/bytes.ts';
import { TAG, writeElement } from './der.ts';
import { decodeDer, encodeDer } from './schema.ts';
import { directoryString, ia5String, printableString, utf8String } from './strings.ts';

describe('character strings', () => {
  const readable: readonly [title: string, tag: number, hex: string, text: string][] = [
    ['UTF8String', TAG.UTF8_STRING, 'c3a4f09f988a', 'ä😊'],
    ['PrintableString', TAG.PRINTABLE_STRING, '412062', 'A b'],
    ['PrintableString with an asterisk, as found in use', TAG.PRINTABLE_STRING, '2a2e61', '*.a'],
    ['TeletexString as ISO 8859-1', TAG.TELETEX_STRING, 'e4', 'ä'],
    ['BMPString', TAG.BMP_STRING, '00e40041', 'äA'],
    ['UniversalString', TAG.UNIVERSAL_STRING, '0001f60a', '😊'],
  ];
  it.each(readable)('are read: %s', (_title, tag, hex, text) => {
    expect(decodeDer(directoryString, writeElement(tag, fromHex(hex)), 's')).toBe(text);
  });

  const refused: readonly [title: string, tag: number, hex: string, problem: string][] = [
    ['bytes that are not UTF-8', TAG.UTF8_STRING, 'c328', 'the string is not UTF-8'],
    ['an overlong UTF-8 form', TAG.UTF8_STRING, 'c080', 'the string is not UTF-8'],
    ['a PrintableString outside ASCII', TAG.PRINTABLE_STRING, 'e4', 'a character outside ASCII'],
    ['a BMPString of an odd length', TAG.BMP_STRING, '004100', 'not a whole number of 2-octet characters'],
    ['a BMPString with a surrogate', TAG.BMP_STRING, 'd83dde0a', 'a number that is no character'],
    ['a UniversalString beyond Unicode', TAG.UNIVERSAL_STRING, '00110000', 'a number that is no character'],
    ['a type that is no DirectoryString', TAG.IA5_STRING, '41', 'IA5 STRING is there'],
  ];
  it.each(refused)('are refused: %s', (_title, tag, hex, problem) => {
    expect(() => decodeDer(directoryString, writeElement(tag, fromHex(hex)), 's')).toThrow(problem);
  });

  it('are written as PrintableString when the alphabet allows it, else as UTF8String', () => {
    expect(toHex(encodeDer(directoryString, 'Example (1), Inc.'))).toBe(`1311${toHex(utf8('Example (1), Inc.'))}`);
    expect(toHex(encodeDer(directoryString, 'a@b'))).toBe('0c03614062');
  });

  it('are not written outside their alphabet', () => {
    expect(() => encodeDer(printableString, 'a*b')).toThrow('cannot be a PrintableString');
    expect(() => encodeDer(ia5String, 'ä')).toThrow('cannot be a IA5String');
    expect(toHex(encodeDer(utf8String, 'ä'))).toBe('0c02c3a4');
  });
});
