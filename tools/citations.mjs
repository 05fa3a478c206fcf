/**
 * Citations and quotes in the comments of sources: `RFC 8446 §4.2.8`, and text in double quotation marks beside it.
 *
 * A quote belongs to the nearest citation of the same comment, the one before it when two are as near. Text in backquotes is code,
 * and fewer than three words are a term: neither is a quote. `…` (or `[…]`) in a quote stands for words left out. The name of an
 * IANA registry, `IANA "…"`, is no quote.
 */

import { parseAst } from 'vitest/node';
import { contains, hasSection, normalise, sectionText } from './rfc-text.mjs';

/** @typedef {import('./rfc-text.mjs').Rfc} Rfc */
/** @typedef {{ readonly text: string, readonly line: number }} Comment */
/** @typedef {{ readonly rfc: number, readonly section: string | undefined, readonly at: number }} Citation */
/** @typedef {{ readonly text: string, readonly at: number, readonly citation: Citation }} Quote */
/** @typedef {{ readonly line: number, readonly citations: readonly Citation[], readonly quotes: readonly Quote[] }} CitingComment */

const CITATION = /RFC (\d+)((?:,? (?:and |or )?§[A-Z\d][\w.]*(?<!\.))*)/g;
const QUOTE = /(IANA )?"([^"]+)"|“([^”]+)”/g;
const FEWEST_WORDS = 3;

/**
 * @param {string} source TypeScript
 * @param {'comments' | 'comments and strings'} where strings too, because tests cite in their titles
 * @returns {CitingComment[]} the comments that cite something
 */
export function readCitations(source, where = 'comments') {
  const texts = where === 'comments' ? commentsOf(source) : [...commentsOf(source), ...stringsOf(source)];
  return texts
    .map(({ text, line }) => {
      const plain = text.replace(/```.*?```|`[^`]*`/gs, (code) => ' '.repeat(code.length));
      const citations = citationsOf(plain);
      return { line, citations, quotes: quotesOf(plain, citations) };
    })
    .filter(({ citations }) => citations.length > 0);
}

/**
 * What is wrong with the citations of a comment.
 *
 * @param {CitingComment} comment
 * @param {ReadonlyMap<number, Rfc>} rfcs
 * @returns {string[]}
 */
export function checkCitations(comment, rfcs) {
  const sections = comment.citations.flatMap(({ rfc, section }) => {
    const text = rfcs.get(rfc);
    return text === undefined || section === undefined || hasSection(text, section) ? [] : [`RFC ${rfc} has no §${section}`];
  });
  return [...sections, ...comment.quotes.flatMap((quote) => checkQuote(quote, rfcs))];
}

/**
 * @param {Quote} quote
 * @param {ReadonlyMap<number, Rfc>} rfcs
 */
function checkQuote({ text, citation: { rfc: number, section } }, rfcs) {
  const rfc = rfcs.get(number);
  if (rfc === undefined) return [`the text of RFC ${number} is not at hand, so it is not to be quoted: "${text}"`];
  const place = section === undefined ? `RFC ${number}` : `RFC ${number} §${section}`;
  if (section !== undefined && contains(sectionText(rfc, section), text)) return [];
  if (!contains(rfc.all, text)) return [`not in RFC ${number}: "${text}"`];
  return section === undefined ? [] : [`not in ${place}, but in RFC ${number} §${sectionWith(rfc, text)}: "${text}"`];
}

/**
 * @param {Rfc} rfc
 * @param {string} quote
 */
function sectionWith(rfc, quote) {
  return rfc.sections.find((section) => contains(normalise(section.text), quote))?.number ?? '?';
}

/**
 * @param {string} comment
 * @returns {Citation[]}
 */
function citationsOf(comment) {
  return [...comment.matchAll(CITATION)].flatMap((match) => {
    const rfc = Number(match[1]);
    const sections = [...(match[2] ?? '').matchAll(/§([\w.]+)/g)].map((section) => section[1]);
    return (sections.length === 0 ? [undefined] : sections).map((section) => ({ rfc, section, at: match.index }));
  });
}

/**
 * @param {string} comment
 * @param {readonly Citation[]} citations
 * @returns {Quote[]}
 */
function quotesOf(comment, citations) {
  return [...comment.matchAll(QUOTE)].flatMap((match) => {
    const text = normalise(match[2] ?? match[3] ?? '');
    const citation = nearest(citations, match.index, match.index + match[0].length);
    if (match[1] !== undefined || citation === undefined || text.split(' ').length < FEWEST_WORDS) return [];
    return [{ text, at: match.index, citation }];
  });
}

/**
 * @param {readonly Citation[]} citations
 * @param {number} start of the quote
 * @param {number} end of the quote
 */
function nearest(citations, start, end) {
  const distance = (/** @type {Citation} */ { at }) => (at < start ? start - at : at - end);
  return [...citations].sort((a, b) => distance(a) - distance(b))[0];
}

/**
 * The comments of a source, each as one text without its marks; line comments that follow one another are one comment.
 *
 * @param {string} source
 * @returns {Comment[]}
 */
function commentsOf(source) {
  /** @type {{ text: string, line: number, lastLine: number }[]} */
  const comments = [];
  for (const { start, end } of gapsBetweenLiterals(source)) {
    for (const match of source.slice(start, end).matchAll(/\/\*.*?\*\/|\/\/[^\n]*/gs)) {
      const line = source.slice(0, start + match.index).split('\n').length;
      const previous = comments.at(-1);
      if (match[0].startsWith('//') && previous !== undefined && previous.lastLine === line - 1) {
        previous.text += `\n${match[0].slice(2)}`;
        previous.lastLine = line;
      } else {
        const lastLine = match[0].startsWith('//') ? line : -1;
        comments.push({ text: withoutMarks(match[0]), line, lastLine });
      }
    }
  }
  return comments.map(({ text, line }) => ({ text: text.replace(/\s+/g, ' '), line }));
}

/**
 * @param {string} source
 * @returns {Comment[]}
 */
function stringsOf(source) {
  return [...literalsOf(parseAst(source, { lang: 'ts' }))].map(({ start, end }) => ({
    text: source.slice(start, end).replace(/^'|'$/g, ''),
    line: source.slice(0, start).split('\n').length,
  }));
}

/** @param {string} comment */
function withoutMarks(comment) {
  return comment.startsWith('//') ? comment.slice(2) : comment.slice(2, -2).replace(/^\s*\*+ ?/gm, '');
}

/**
 * Where comments may stand: outside of strings, templates and regular expressions.
 *
 * @param {string} source
 * @returns {{ start: number, end: number }[]}
 */
function gapsBetweenLiterals(source) {
  const literals = [...literalsOf(parseAst(source, { lang: 'ts' }))].sort((a, b) => a.start - b.start);
  const starts = [0, ...literals.map(({ end }) => end)];
  const ends = [...literals.map(({ start }) => start), source.length];
  return starts.map((start, index) => ({ start, end: ends[index] ?? source.length }));
}

/**
 * @param {unknown} node
 * @returns {Generator<{ start: number, end: number }>}
 */
function* literalsOf(node) {
  if (typeof node !== 'object' || node === null) return;
  const { type, start, end } = /** @type {{ type?: unknown, start: number, end: number }} */ (node);
  if (type === 'Literal' || type === 'TemplateElement') yield { start, end };
  for (const child of Object.values(node)) yield* literalsOf(child);
}
