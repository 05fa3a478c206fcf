/**
 * RFC texts as data: sections by number, and text without line breaks, so that quotes can be looked for.
 *
 * ```
 * 4.2.8.  Key Share          Appendix B.  Protocol Data Structures          B.3.1.  Key Exchange Messages
 * ```
 * Headings begin at the left margin; the table of contents is indented, so it is not taken for them.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** @typedef {{ readonly number: string, readonly title: string, readonly text: string }} Section */
/** @typedef {{ readonly sections: readonly Section[], readonly all: string }} Rfc */

const HEADING = /^(?:Appendix )?((?:[A-Z]|\d+)(?:\.\d+)*)\.?(?::| {1,3})\s*(\S.*)$/;

/**
 * @param {string} folder
 * @returns {ReadonlyMap<number, Rfc> | undefined} undefined when the folder is missing
 */
export function readRfcs(folder) {
  if (!existsSync(folder)) return undefined;
  const files = readdirSync(folder).filter((name) => /^rfc\d+\.txt$/.test(name));
  return new Map(files.map((name) => [Number(name.slice(3, -4)), parseRfc(readFileSync(join(folder, name), 'utf8'))]));
}

/**
 * @param {string} text
 * @returns {Rfc}
 */
export function parseRfc(text) {
  const lines = withoutPageBreaks(text).split('\n');
  /** @type {{ number: string, title: string, lines: string[] }[]} */
  const sections = [{ number: '', title: '', lines: [] }];
  for (const line of lines) {
    const [, number, title] = HEADING.exec(line) ?? [];
    if (number !== undefined && title !== undefined) sections.push({ number, title, lines: [] });
    else sections.at(-1)?.lines.push(line);
  }
  return {
    sections: sections.map(({ number, title, lines: body }) => ({ number, title, text: body.join('\n') })),
    all: normalise(lines.join('\n')),
  };
}

/**
 * Text on one line. A word that the RFC breaks after a hyphen is joined.
 *
 * @param {string} text
 */
export function unwrap(text) {
  return text
    .replace(/\s+/g, ' ')
    .replace(/(?<=\w)- (?=\w)/g, '-')
    .trim();
}

/**
 * Text on one line, without quotation marks (a quote within a quote has others): what is compared when a quote is looked for.
 *
 * @param {string} text
 */
export function normalise(text) {
  return unwrap(text.replace(/[“”"‘’']/g, ''));
}

/**
 * Whether a quote stands in a text, word for word.
 *
 * @param {string} haystack normalised
 * @param {string} quote with `…` for words left out
 */
export function contains(haystack, quote) {
  let from = 0;
  return normalise(quote)
    .split(/\s*\[?(?:…|\.\.\.)\]?\s*/)
    .every((part) => {
      const found = haystack.indexOf(part, from);
      from = found + part.length;
      return found !== -1;
    });
}

/**
 * Whether a section stands in an RFC, also as the parent of one that does.
 *
 * @param {Rfc} rfc
 * @param {string} number as in `4.2.8`, `B.3.1`, `A`
 */
export function hasSection(rfc, number) {
  return rfc.sections.some((section) => isWithin(section.number, number));
}

/**
 * The text of a section and of those within it, normalised.
 *
 * @param {Rfc} rfc
 * @param {string} number
 */
export function sectionText(rfc, number) {
  const within = rfc.sections.filter((section) => isWithin(section.number, number));
  return normalise(within.map((section) => `${section.title}\n${section.text}`).join('\n'));
}

/**
 * @param {string} number
 * @param {string} parent
 */
function isWithin(number, parent) {
  return number === parent || number.startsWith(`${parent}.`);
}

/**
 * A page break is a footer line, a form feed, and a header line that begins with the RFC's number.
 *
 * @param {string} text
 */
function withoutPageBreaks(text) {
  return text.replaceAll('\r', '').replace(/\n+[^\n]*\[Page [^\n]*\n\f\n?(RFC [^\n]*\n)?\n*/g, '\n\n');
}
