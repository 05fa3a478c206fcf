/**
 * Citations and quotes in the comments of sources: `RFC 8446 §4.2.8`, and text in double quotation marks beside it.
 *
 * A quote belongs to the citation that it stands behind with a colon, else to the nearest of the same comment, the one before it when two
 * are as near. Text in backquotes is code,
 * and fewer than three words are a term: neither is a quote. `…` (or `[…]`) in a quote stands for words left out. The name of an
 * IANA registry, `IANA "…"`, is no quote.
 */

import { parseAst } from 'vitest/node';
import { testFinder } from './cited-tests.mjs';
import { contains, hasSection, normalise, sectionText } from './rfc-text.mjs';

/** @typedef {import('./rfc-text.mjs').Rfc} Rfc */
/** @typedef {{ readonly text: string, readonly line: number, readonly start: number, readonly end: number, readonly isComment: boolean }} Comment */
/** @typedef {{ readonly start: number, readonly end: number }} Span */
/** @typedef {{ readonly rfc: number, readonly section: string | undefined, readonly at: number }} Citation */
/** @typedef {{ readonly text: string, readonly at: number, readonly citation: Citation }} Quote */
/** @typedef {import('./cited-tests.mjs').CitedTest} CitedTest */
/**
 * @typedef {{ readonly line: number, readonly citations: readonly Citation[], readonly quotes: readonly Quote[],
 *   readonly test: CitedTest | undefined }} CitingComment
 */
/** @typedef {{ readonly file: string, readonly comments: readonly CitingComment[] }} CitingFile */

const CITATION = /RFC (\d+)((?:,? (?:and |or )?§[A-Z\d][\w.]*(?<!\.))*)/g;
const QUOTE = /(IANA )?"([^"]+)"|“([^”]+)”/g;
const BEHIND_COLON = /RFC \d+(?:[ ,]*(?:and |or )?§[A-Z\d][\w.]*)*: $/;
const FEWEST_WORDS = 3;

/**
 * @param {string} source TypeScript
 * @param {'comments' | 'comments and strings'} where strings too, because tests cite in their titles
 * @returns {CitingComment[]} the comments that cite something
 */
export function readCitations(source, where = 'comments') {
  const ast = parseAst(source, { lang: 'ts' });
  const literals = [...literalsOf(ast)].sort((a, b) => a.start - b.start);
  const comments = commentsOf(source, literals);
  const texts = where === 'comments' ? comments : [...comments, ...stringsOf(source, literals)];
  const findTest = where === 'comments' ? () => undefined : testFinder(source, ast);
  return texts.flatMap(({ text, line, start, end, isComment }) => {
    const plain = text.replace(/```.*?```|`[^`]*`/gs, (code) => ' '.repeat(code.length));
    const citations = citationsOf(plain);
    if (citations.length === 0) return [];
    const quotes = quotesOf(plain, citations);
    return [{ line, citations, quotes, test: quotes.length === 0 ? undefined : findTest(start, end, isComment) }];
  });
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
    const colon = BEHIND_COLON.exec(comment.slice(0, match.index));
    const behind = colon && citations.findLast(({ at }) => at === colon.index);
    const citation = behind ?? nearest(citations, match.index, match.index + match[0].length);
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
 * @param {readonly Span[]} literals
 * @returns {Comment[]}
 */
function commentsOf(source, literals) {
  /** @type {{ text: string, line: number, lastLine: number, start: number, end: number }[]} */
  const comments = [];
  for (const gap of gapsBetween(literals, source.length)) {
    for (const match of source.slice(gap.start, gap.end).matchAll(/\/\*.*?\*\/|\/\/[^\n]*/gs)) {
      const start = gap.start + match.index;
      const end = start + match[0].length;
      const line = source.slice(0, start).split('\n').length;
      const previous = comments.at(-1);
      if (match[0].startsWith('//') && previous !== undefined && previous.lastLine === line - 1) {
        Object.assign(previous, { text: `${previous.text}\n${match[0].slice(2)}`, lastLine: line, end });
      } else {
        const lastLine = match[0].startsWith('//') ? line : -1;
        comments.push({ text: withoutMarks(match[0]), line, lastLine, start, end });
      }
    }
  }
  return comments.map(({ text, ...place }) => ({ ...place, text: text.replace(/\s+/g, ' '), isComment: true }));
}

/**
 * @param {string} source
 * @param {readonly Span[]} literals
 * @returns {Comment[]}
 */
function stringsOf(source, literals) {
  return literals.map(({ start, end }) => ({
    text: source.slice(start, end).replace(/^['"]|['"]$/g, ''),
    line: source.slice(0, start).split('\n').length,
    start,
    end,
    isComment: false,
  }));
}

/** @param {string} comment */
function withoutMarks(comment) {
  return comment.startsWith('//') ? comment.slice(2) : comment.slice(2, -2).replace(/^\s*\*+ ?/gm, '');
}

/**
 * Where comments may stand: outside of strings, templates and regular expressions.
 *
 * @param {readonly Span[]} literals in their order
 * @param {number} length
 * @returns {Span[]}
 */
function gapsBetween(literals, length) {
  const starts = [0, ...literals.map(({ end }) => end)];
  const ends = [...literals.map(({ start }) => start), length];
  return starts.map((start, index) => ({ start, end: ends[index] ?? length }));
}

/**
 * @param {unknown} node
 * @returns {Generator<Span>}
 */
function* literalsOf(node) {
  if (typeof node !== 'object' || node === null) return;
  const { type, start, end } = /** @type {{ type?: unknown, start: number, end: number }} */ (node);
  if (type === 'Literal' || type === 'TemplateElement') yield { start, end };
  for (const child of Object.values(node)) yield* literalsOf(child);
}
