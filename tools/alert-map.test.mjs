/** The map of alerts, on a small RFC that takes the place of one that is mapped. */

import { describe, expect, it } from 'vitest';
import { mapAlerts } from './alert-map.mjs';
import { readCitations } from './citations.mjs';
import { parseRfc } from './rfc-text.mjs';

const RFCS = new Map([
  [
    5246,
    parseRfc(`
1.  Rules

   It MAY wait. A server that sees two hellos MUST send a fatal
   "unexpected_message" alert. If there is none, it MUST abort the handshake.

   decode_error
      A message was too long. This is always fatal.

   The "decode_error" alert is described in Section 1.
`),
  ],
]);
const HELLOS = 'RFC 5246 §1: “two hellos MUST send a fatal "unexpected_message" alert”';
const NONE = "// RFC 5246 §1: 'If there is none, it MUST abort the handshake'".replaceAll("'", '"');
const LENGTH = 'RFC 5246 §1: “decode_error A message was too long”';
const untested = (/** @type {readonly string[]} */ ...quotes) =>
  quotes.map((quote) => ({ rfc: 5246, section: '1', quote, why: 'there is a reason' }));
const ALL = ['two hellos MUST send', 'it MUST abort the handshake', 'A message was too long'];

/**
 * @param {string} source
 * @param {readonly string[]} without quotes of the rules that have a reason
 */
function map(source, ...without) {
  const files = [{ file: 'packages/foxtls/test/a.test.ts', comments: readCitations(source, 'comments and strings') }];
  return mapAlerts(RFCS, files, untested(...without));
}

describe('the map of alerts', () => {
  it('has each sentence that names an alert or a refusal, and what an alert means as one', () => {
    const { text, problems } = map('', ...ALL);
    expect(problems).toEqual([]);
    expect(text).toContain('3 rules: 0 with a test (0 quotes in tests), 3 without');
    expect(text).toContain('"unexpected\\_message" alert. | unexpected_message | none: there is a reason |');
    expect(text).toContain('| 1 | decode\\_error A message was too long. This is always fatal. | decode_error |');
  });

  it('finds the row of a table, directly or by way of constants', () => {
    const rows = [
      `const A = [{ name: 'is directly there', victim: 'server', rfc: '${HELLOS}' }];`,
      `const RULES = { server: '${NONE.slice(3)}' }; const B = { name: 'is there by name', rfc: RULES[victim] };`,
      `const common = { rfc: '${LENGTH}' }; const C = [{ ...common, name: \`is number \${i}\` }];`,
    ];
    const { text, problems } = map(rows.join('\n'));
    expect(problems).toEqual([]);
    for (const title of ['a: a client that is directly there', 'a: a peer that is there by name', 'a: a peer that is number …']) {
      expect(text).toContain(title);
    }
  });

  it('finds the test under a comment, the test around it, and the row that something else makes', () => {
    const tests = [
      `${NONE}\nit('aborts', () => {});`,
      `it('complains', () => { // RFC 5246 §1: "two hellos MUST send a fatal 'unexpected_message' alert"\n x });`,
      `const row = late('is long', '${LENGTH}', 1);`,
    ];
    const { text, problems } = map(tests.join('\n'));
    expect(problems).toEqual([expect.stringContaining('a.test.ts:3: quotes a rule of unexpected_message, and does not name it')]);
    for (const title of ['a: aborts', 'a: complains', 'a: is long']) expect(text).toContain(title);
  });

  it('complains of a rule without test or reason, of one with both, and of a reason for no rule', () => {
    const source = `const A = [{ name: 'is there', rfc: '${HELLOS}' }];`;
    expect(map(source, ...ALL.slice(0, 2), 'no such words').problems.map((problem) => problem.split(':')[0])).toEqual([
      'tested, and yet in tools/untested-rules.mjs',
      'no test quotes it',
      'tools/untested-rules.mjs',
    ]);
  });

  it('complains of a row that quotes less than the alert', () => {
    const { problems } = map(
      `const A = [{ name: 'is there', rfc: 'RFC 5246 §1: “A server that sees two hellos”' }];`,
      ...ALL.slice(1),
    );
    expect(problems).toEqual([expect.stringContaining('quotes a rule of unexpected_message, and does not name it')]);
  });
});
