/**
 * docs/rfc-map.md: the MUSTs of an RFC, and where the sources quote them or cite their section.
 *
 * The map shows only the words around each MUST: the text itself is not ours to copy.
 */

import { contains, normalise, unwrap } from './rfc-text.mjs';
import { isTest, shortName } from './source-names.mjs';

/** @typedef {import('./rfc-text.mjs').Rfc} Rfc */
/** @typedef {import('./citations.mjs').CitingFile} CitingFile */
/** @typedef {{ readonly section: string, readonly sentence: string }} Requirement */

const WORDS_AROUND = 7;
const SECTION_ONLY = '§';

/**
 * @param {number} number
 * @param {ReadonlyMap<number, Rfc>} rfcs
 * @param {readonly CitingFile[]} files
 */
export function formatRfcMap(number, rfcs, files) {
  const rfc = rfcs.get(number);
  if (rfc === undefined) throw new Error(`the text of RFC ${number} is not at hand`);
  const requirements = mustsOf(rfc);
  const code = files.filter(({ file }) => !isTest(file));
  const tests = files.filter(({ file }) => isTest(file));
  const rows = requirements.map((requirement) => ({
    ...requirement,
    code: mentions(number, requirement, code),
    test: mentions(number, requirement, tests),
  }));
  const count = (/** @type {'code' | 'test'} */ column) => {
    const quoted = rows.filter((row) => row[column] !== '' && row[column] !== SECTION_ONLY).length;
    return `${quoted} quoted, ${rows.filter((row) => row[column] === SECTION_ONLY).length} more in a section that is cited`;
  };
  return `${[
    `# The MUSTs of RFC ${number}`,
    '',
    'Written by `node tools/check-citations.mjs --write`; not to be edited. A file is named when a comment in it (in a test: or a title)',
    `quotes the sentence; “${SECTION_ONLY}” means that its section is cited somewhere, which says less.`,
    '',
    `${rows.length} requirements. In code: ${count('code')}. In tests: ${count('test')}.`,
    '',
    '| § | requirement | code | test |',
    '|---|---|---|---|',
    ...rows.map((row) => `| ${row.section} | ${cell(excerpt(row.sentence))} | ${row.code} | ${row.test} |`),
  ].join('\n')}\n`;
}

/**
 * @param {Rfc} rfc
 * @returns {Requirement[]}
 */
function mustsOf(rfc) {
  return rfc.sections.flatMap(({ number, text }) =>
    text
      .split(/\n\s*\n/)
      .flatMap((paragraph) => unwrap(paragraph).split(/(?<=[.;:]) (?=[A-Z"(-])/))
      .filter((sentence) => /\bMUST\b/.test(sentence) && !sentence.includes('"MUST NOT", "REQUIRED"'))
      .map((sentence) => ({ section: number, sentence })),
  );
}

/**
 * The files that quote a requirement; without any, whether its section is cited.
 *
 * @param {number} rfc
 * @param {Requirement} requirement
 * @param {readonly CitingFile[]} files
 */
function mentions(rfc, { section, sentence }, files) {
  const quoting = files.filter(({ comments }) =>
    comments.some(({ quotes }) => quotes.some((quote) => quote.citation.rfc === rfc && overlaps(sentence, quote.text))),
  );
  if (quoting.length > 0) return quoting.map(({ file }) => shortName(file)).join(', ');
  const isCited = files.some(({ comments }) =>
    comments.some(({ citations }) => citations.some((citation) => citation.rfc === rfc && citation.section === section)),
  );
  return isCited ? SECTION_ONLY : '';
}

/**
 * @param {string} sentence
 * @param {string} quote normalised
 */
function overlaps(sentence, quote) {
  const whole = normalise(sentence);
  return quote.includes('MUST') && (contains(whole, quote) || contains(quote, whole));
}

/** @param {string} sentence */
function excerpt(sentence) {
  const words = sentence.split(' ');
  const must = words.findIndex((word) => /\bMUST\b/.test(word));
  const from = Math.max(0, must - WORDS_AROUND);
  const to = Math.min(words.length, must + WORDS_AROUND + 1);
  return `${from > 0 ? '… ' : ''}${words.slice(from, to).join(' ')}${to < words.length ? ' …' : ''}`;
}

/** @param {string} text */
function cell(text) {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('*', '\\*').replaceAll('_', '\\_');
}
