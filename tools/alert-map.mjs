/**
 * docs/alerts.md: every sentence of the RFCs that names an alert, or says that a peer has to be refused, and the tests that assert it.
 *
 * A test names the rule that it asserts by quoting the sentence: in the `rfc` of a row of a table, in a title, or in a comment above one
 * of them. What has no test stands in untested-rules.mjs, with the reason. A rule with neither, or with both, is a problem.
 *
 * Only the words around each rule are shown: the text itself is not ours to copy.
 */

import { contains, normalise, unwrap } from './rfc-text.mjs';
import { isTest, shortName } from './source-names.mjs';
import { UNTESTED_RULES } from './untested-rules.mjs';

/** @typedef {import('./rfc-text.mjs').Rfc} Rfc */
/** @typedef {import('./citations.mjs').CitingFile} CitingFile */
/** @typedef {{ readonly rfc: number, readonly section: string, readonly sentence: string, readonly alerts: readonly string[] }} Rule */
/** @typedef {{ readonly rfc: number, readonly section: string, readonly quote: string, readonly why: string }} UntestedRule */
/** @typedef {{ readonly file: string, readonly line: number, readonly titles: readonly string[], readonly names: string }} Test */

/** What speaks of the connection itself, in the order of the protocol's history. Of certificates alone: none. */
const RFCS = [
  4279, 5246, 5288, 5746, 5764, 6066, 6347, 6520, 6655, 7250, 7301, 7366, 7465, 7507, 7568, 7627, 7905, 7919, 8422, 8446, 8449,
  8701, 8996, 9146, 9147, 9149, 9155,
];
/** Sections that are about documents, not about peers. */
const ABOUT_DOCUMENTS =
  /^(IANA|References|Changes from|Major Differences|Differences|Contributors|Table of Contents|Acknowledg)/i;

const ALERTS = [
  'close_notify unexpected_message bad_record_mac decryption_failed record_overflow decompression_failure handshake_failure',
  'no_certificate bad_certificate unsupported_certificate certificate_revoked certificate_expired certificate_unknown',
  'illegal_parameter unknown_ca access_denied decode_error decrypt_error too_many_cids_requested export_restriction protocol_version',
  'insufficient_security internal_error inappropriate_fallback user_canceled no_renegotiation missing_extension',
  'unsupported_extension certificate_unobtainable unrecognized_name bad_certificate_status_response bad_certificate_hash_value',
  'unknown_psk_identity certificate_required no_application_protocol',
].flatMap((line) => line.split(' '));
const ALERT = new RegExp(`(?<![.\\w])(${ALERTS.join('|')})(?!\\w)|handshake failure(?= alert)`, 'g');
const REFUSAL =
  /\b(MUST|SHOULD|SHALL|must|should)\b.*\b(abort|terminate|terminating|rejected|reject|refuse|fatal)\b|\b(is|as) a fatal error|handshake failure alert/;
/** Of words, of other places, of other programs, and for the sake of explanation. */
const NO_RULE =
  /^(enum|struct)\b|\.{5}|^[-+|]|AlertDescription;|^\d+ \w+_|is described in Section|shorthand|^\(?(Note|For example|However|SSLv3)\b/;
const DEFINITION = new RegExp(`^(${ALERTS.join('|')})(?::| (?=[A-Z]))`);
const WORDS_BEFORE = 12;
const WORDS_BEHIND = 4;
/** More tests than these are counted. */
const SHOWN = 3;

/**
 * @param {ReadonlyMap<number, Rfc>} rfcs
 * @param {readonly CitingFile[]} files
 * @param {readonly UntestedRule[]} untestedRules
 * @returns {{ readonly text: string, readonly problems: readonly string[] }}
 */
export function mapAlerts(rfcs, files, untestedRules = UNTESTED_RULES) {
  const rules = RFCS.flatMap((number) => rulesOf(number, rfcs.get(number)));
  const quotes = files.filter(({ file }) => isTest(file)).flatMap(quotesOf);
  const rows = rules.map((rule) => ({
    rule,
    tests: quotes.filter(({ quote }) => isOf(rule, quote)).map(({ test }) => test),
    untested: untestedRules.find((entry) => isOf(rule, { rfc: entry.rfc, section: entry.section, text: entry.quote })),
  }));
  return { text: format(rows), problems: [...rows.flatMap(problemsOf), ...strayReasons(rules, untestedRules)] };
}

/** @typedef {{ readonly rule: Rule, readonly tests: readonly Test[], readonly untested: UntestedRule | undefined }} Row */

/** @param {Row} row */
function problemsOf({ rule, tests, untested }) {
  const place = `RFC ${rule.rfc} §${rule.section}: ${excerpt(rule)}`;
  if (tests.length > 0 && untested !== undefined) return [`tested, and yet in tools/untested-rules.mjs: ${place}`];
  if (tests.length === 0 && untested === undefined) return [`no test quotes it: ${place}`];
  return tests
    .filter(({ names }) => !namesAlert(rule, names))
    .map(({ file, line }) => `${file}:${line}: quotes a rule of ${rule.alerts.join(', ')}, and does not name it: ${place}`);
}

/**
 * @param {Rule} rule
 * @param {string} text
 */
function namesAlert({ alerts }, text) {
  return alerts.length === 0 || alerts.some((alert) => text.replaceAll('handshake failure', 'handshake_failure').includes(alert));
}

/**
 * @param {readonly Rule[]} rules
 * @param {readonly UntestedRule[]} untestedRules
 */
function strayReasons(rules, untestedRules) {
  return untestedRules.flatMap(({ rfc, section, quote }) => {
    const count = rules.filter((rule) => isOf(rule, { rfc, section, text: quote })).length;
    return count === 1 ? [] : [`tools/untested-rules.mjs: ${count} rules of RFC ${rfc} §${section} read: ${quote}`];
  });
}

/**
 * @param {number} number
 * @param {Rfc | undefined} rfc
 * @returns {Rule[]}
 */
function rulesOf(number, rfc) {
  const sections = rfc?.sections.filter(({ title }) => !ABOUT_DOCUMENTS.test(title)) ?? [];
  return sections.flatMap(({ number: section, text }) =>
    text
      .split(/\n\s*\n/)
      .flatMap(sentencesOf)
      .filter(isRule)
      .map((sentence) => ({ rfc: number, section, sentence, alerts: alertsIn(sentence) })),
  );
}

/**
 * The sentences of a paragraph. What an alert means is one, however many it has.
 *
 * @param {string} paragraph
 */
function sentencesOf(paragraph) {
  const text = unwrap(paragraph);
  return DEFINITION.test(text) ? [text] : text.split(/(?<=[.;:][)"]?) (?=[A-Z"(-])/);
}

/** @param {string} sentence */
function isRule(sentence) {
  if (NO_RULE.test(sentence)) return false;
  return alertsIn(sentence).length > 0 || REFUSAL.test(sentence);
}

/** @param {string} sentence */
function alertsIn(sentence) {
  return [...new Set([...sentence.matchAll(ALERT)].map(([name]) => name.replaceAll(' ', '_')))];
}

/**
 * @param {Rule} rule
 * @param {{ readonly rfc: number, readonly section: string | undefined, readonly text: string }} quote
 */
function isOf(rule, quote) {
  if (quote.rfc !== rule.rfc || quote.section !== rule.section) return false;
  const whole = normalise(rule.sentence);
  return contains(whole, quote.text) || contains(normalise(quote.text), whole);
}

/** @param {CitingFile} file */
function quotesOf({ file, comments }) {
  return comments.flatMap(({ line, quotes, test }) =>
    (test === undefined ? [] : quotes).map(({ text, citation }) => ({
      quote: { rfc: citation.rfc, section: citation.section, text },
      test: { file, line, titles: test?.titles ?? [], names: test?.names ?? text },
    })),
  );
}

/** @param {readonly Row[]} rows */
function format(rows) {
  const tested = rows.filter(({ tests }) => tests.length > 0);
  const asserts = tested.reduce((total, { tests }) => total + tests.length, 0);
  return `${[
    '# Alerts, and the tests that assert them',
    '',
    'Written by `node tools/check-citations.mjs --write`; not to be edited. Each sentence of these RFCs that names an alert, or says that a',
    'peer has to be refused, with the tests that break the rule and expect exactly that. A test is here because it quotes the sentence;',
    '`npm run check:citations` compares the quotes with the RFCs, and fails when a rule has neither a test nor a reason for having none.',
    '',
    'The rows of `test/misbehaving` (TLS 1.3) and `test/misbehaving-tls12` that change what messages say are asked over datagrams too',
    '(`test/misbehaving-dtls/as-over-streams.test.ts`). What is wrong with a ClientHello is answered by the alert alone, before any ServerHello.',
    '',
    `${rows.length} rules: ${tested.length} with a test (${asserts} quotes in tests), ${rows.length - tested.length} without, each with its reason.`,
    ...RFCS.flatMap((rfc) =>
      formatRfc(
        rfc,
        rows.filter(({ rule }) => rule.rfc === rfc),
      ),
    ),
  ].join('\n')}\n`;
}

/**
 * @param {number} rfc
 * @param {readonly Row[]} rows
 */
function formatRfc(rfc, rows) {
  if (rows.length === 0) return [];
  const lines = rows.map(({ rule, tests, untested }) => {
    const test = untested === undefined ? testCell(tests) : `none: ${untested.why}`;
    return `| ${rule.section} | ${cell(excerpt(rule))} | ${rule.alerts.join(', ') || '–'} | ${cell(test)} |`;
  });
  return ['', `## RFC ${rfc}`, '', '| § | rule | alert | test |', '|---|---|---|---|', ...lines];
}

/** @param {readonly Test[]} tests */
function testCell(tests) {
  const named = tests.flatMap(({ file, titles }) => {
    const name = shortName(file)
      .replace(/^test\//, '')
      .replace(/(\.test)?\.ts$/, '');
    return titles.length === 0 ? [name] : titles.map((title) => `${name}: ${title}`);
  });
  const each = [...new Set(named)];
  const more = each.length > SHOWN ? ` · ${each.length - SHOWN} more` : '';
  return each.slice(0, SHOWN).join(' · ') + more;
}

/**
 * The words around what a rule says of alerts; the beginning of what an alert means.
 *
 * @param {Rule} rule
 */
function excerpt({ sentence, alerts }) {
  const named = sentence.search(alerts.length > 0 ? new RegExp(ALERT.source) : /abort|terminat|reject|refuse|fatal/);
  const words = sentence.split(' ');
  const at = DEFINITION.test(sentence) ? WORDS_BEFORE : sentence.slice(0, Math.max(0, named)).split(' ').length - 1;
  const from = Math.max(0, at - WORDS_BEFORE);
  const to = Math.min(words.length, at + WORDS_BEHIND + 1);
  return `${from > 0 ? '… ' : ''}${words.slice(from, to).join(' ')}${to < words.length ? ' …' : ''}`;
}

/** @param {string} text */
function cell(text) {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('*', '\\*').replaceAll('_', '\\_');
}
