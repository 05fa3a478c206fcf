/** docs/conformance.md, out of the names of the tests, the globs that leave some of them out, and what became of the others. */

import { listedFor, toRegExp } from './another-alert.mjs';

/** What a reason can begin with, to leave a test out of those that apply. */
const KINDS = { later: 'not there yet', "BoringSSL's own": "BoringSSL's own" };

/**
 * @param {{
 *   names: readonly string[],
 *   disabled: Readonly<Record<string, string>>,
 *   another: Readonly<Record<string, import('./another-alert.mjs').Listed>>,
 *   counts: { passed: number, another: number, failed: number, unimplemented: number },
 *   revision: string,
 *   date: string,
 * }} run
 */
export function formatReport({ names, disabled, another, counts, revision, date }) {
  const globs = Object.entries(disabled).map(([glob, reason]) => ({ pattern: toRegExp(glob), reason }));
  /** @param {string} name */
  const isDisabled = (name) => globs.some(({ pattern }) => pattern.test(name));
  const reasons = names.flatMap((name) => globs.find(({ pattern }) => pattern.test(name))?.reason ?? []);
  /** @param {(reason: string) => boolean} accept */
  const tally = (accept) => sorted(reasons.filter(accept));
  /** @param {string} reason */
  const kindOf = (reason) => reason.slice(0, reason.indexOf(': '));
  const outside = Object.keys(KINDS).map((kind) => tally((reason) => kindOf(reason) === kind));
  const chosen = tally((reason) => !(kindOf(reason) in KINDS));
  const [later, own] = outside.map((rows) => sum(rows));
  const applicable = names.length - later - own;
  const run = counts.passed + counts.another + counts.failed;
  /** @param {string} name */
  const alertOf = (name) => Object.keys(another).find((reason) => another[reason] === listedFor(another, name));
  const alerts = sorted(names.filter((name) => !isDisabled(name)).flatMap((name) => alertOf(name) ?? []));
  return `# Conformance

BoringSSL's test runner (\`ssl/test/runner\`, called BoGo) is a stack of TLS and DTLS that breaks the rules on purpose, as client and as server. foxtls is held to it by
a shim over its public API (\`interop/bogo\`); nothing of BoringSSL is in this repository. Wherever a test
names an alert, ours is compared; where it names an error, ours has to be among those that \`config.json\` has for it. Datagrams, and the time that passes
between them, come over the stream from the runner: foxtls goes by its clock.

| tests | |
|---|---|
| in all | ${names.length} |
| about what is BoringSSL's own | ${own} |
| about what foxtls does not have yet | ${later} |
| **applicable** | **${applicable}** |
| left out, by the reasons below | ${sum(chosen)} |
| not implemented by the shim | ${counts.unimplemented} |
| **run** | **${run}** |
| passed | ${counts.passed} |
| passed, by another alert than BoringSSL's | ${counts.another} |
| failed | ${counts.failed} |

BoringSSL ${revision}, ${date}, written by \`node interop/bogo/run.mjs --write REVISION\`.

## Another alert

What these tests are about is refused, as BoringSSL refuses it; the alert is another, by what the RFC says. The runner is made to see exactly this one.

${table(alerts, 'reason')}

## Left out

Which tests these are, \`interop/bogo/config.json\` says.

${table(chosen, 'reason')}

## Not there yet

${table(outside[0], 'waits for')}

## BoringSSL's own

${table(outside[1], 'subject')}
`;
}

/** How often each is there, the most frequent first. @param {readonly string[]} reasons */
function sorted(reasons) {
  return [...new Set(reasons)]
    .map((reason) => /** @type {const} */ ([reason, reasons.filter((other) => other === reason).length]))
    .sort(([one, countOfOne], [other, countOfOther]) => countOfOther - countOfOne || one.localeCompare(other));
}

/** @param {readonly (readonly [string, number])[]} rows */
function sum(rows) {
  return rows.reduce((total, [, count]) => total + count, 0);
}

/** @param {readonly (readonly [string, number])[]} rows @param {string} heading */
function table(rows, heading) {
  const kinds = new RegExp(`^(?:${Object.keys(KINDS).join('|')}): `);
  return [
    `| ${heading} | tests |`,
    '|---|---|',
    ...rows.map(([reason, count]) => `| ${reason.replace(kinds, '')} | ${count} |`),
  ].join('\n');
}
