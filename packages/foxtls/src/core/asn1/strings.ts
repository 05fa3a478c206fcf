/**
 * ASN.1 character strings as text (X.680 §41; RFC 5280 §4.1.2.4).
 *
 * ```
 * DirectoryString ::= CHOICE {
 *       teletexString           TeletexString (SIZE (1..MAX)),
 *       printableString         PrintableString (SIZE (1..MAX)),
 *       universalString         UniversalString (SIZE (1..MAX)),
 *       utf8String              UTF8String (SIZE (1..MAX)),
 *       bmpString               BMPString (SIZE (1..MAX)) }
 * ```
 * Written strings keep exactly to their alphabets. On reading, PrintableString may hold any ASCII: certificates in use have `*`, `&`,
 * `@` and `_` there, and refusing them protects nobody.
 */

import { fromLatin1, fromUtf8, utf8 } from '../bytes/bytes.ts';
import { ApiMisuse } from '../errors/errors.ts';
import { type DerElement, TAG, writeElement } from './der.ts';
import type { DerType } from './schema.ts';

/** `UTF8String`. */
export const utf8String: DerType<string> = {
  tags: [TAG.UTF8_STRING],
  read: readCharacters,
  write: (text) => writeElement(TAG.UTF8_STRING, utf8(text)),
};

const PRINTABLE = /^[A-Za-z0-9 '()+,./:=?-]*$/;

/** `PrintableString`. */
export const printableString: DerType<string> = asciiString(TAG.PRINTABLE_STRING, 'PrintableString', PRINTABLE);

// biome-ignore lint/suspicious/noControlCharactersInRegex: IA5String is all of ASCII, control characters included.
const ASCII = /^[\x00-\x7f]*$/;

/** `IA5String`: ASCII. */
export const ia5String: DerType<string> = asciiString(TAG.IA5_STRING, 'IA5String', ASCII);

/** `DirectoryString`: any of its alternatives on reading; PrintableString when the text allows it, else UTF8String, on writing. */
export const directoryString: DerType<string> = {
  tags: [TAG.PRINTABLE_STRING, TAG.UTF8_STRING, TAG.TELETEX_STRING, TAG.BMP_STRING, TAG.UNIVERSAL_STRING],
  read: readCharacters,
  write: (text) => (PRINTABLE.test(text) ? printableString : utf8String).write(text),
};

/** The tags that `readCharacters` knows. */
export const CHARACTER_STRING_TAGS: readonly number[] = [
  TAG.UTF8_STRING,
  TAG.PRINTABLE_STRING,
  TAG.IA5_STRING,
  TAG.NUMERIC_STRING,
  TAG.VISIBLE_STRING,
  TAG.TELETEX_STRING,
  TAG.BMP_STRING,
  TAG.UNIVERSAL_STRING,
];

/** Reads any character string. TeletexString is taken as ISO 8859-1, as everybody does (RFC 5280 Appendix B speaks of T.61). */
export function readCharacters(element: DerElement): string {
  const { content, tag } = element;
  switch (tag) {
    case TAG.UTF8_STRING:
      return readUtf8(element);
    case TAG.BMP_STRING:
      return readWide(element, 2);
    case TAG.UNIVERSAL_STRING:
      return readWide(element, 4);
    case TAG.TELETEX_STRING:
      return fromLatin1(content);
    default:
      if (content.some((byte) => byte >= 0x80)) element.fail('the string has a character outside ASCII');
      return fromLatin1(content);
  }
}

function asciiString(tag: number, name: string, alphabet: RegExp): DerType<string> {
  return {
    tags: [tag],
    read: readCharacters,
    write(text) {
      if (!alphabet.test(text)) throw new ApiMisuse('ERR_TLS_INVALID_ARGUMENT', `${JSON.stringify(text)} cannot be a ${name}`);
      return writeElement(tag, utf8(text));
    },
  };
}

function readUtf8(element: DerElement): string {
  try {
    return fromUtf8(element.content);
  } catch {
    return element.fail('the string is not UTF-8');
  }
}

/** BMPString is UCS-2, so surrogates are no characters in it; UniversalString is UCS-4. */
function readWide(element: DerElement, size: 2 | 4): string {
  const { content } = element;
  if (content.length % size !== 0) return element.fail(`the string is not a whole number of ${size}-octet characters`);
  let text = '';
  for (let at = 0; at < content.length; at += size) {
    let character = 0;
    for (let i = 0; i < size; i++) character = character * 256 + (content[at + i] as number);
    if (character > 0x10ffff || (character >= 0xd800 && character < 0xe000)) {
      return element.fail('the string has a number that is no character');
    }
    text += String.fromCodePoint(character);
  }
  return text;
}
