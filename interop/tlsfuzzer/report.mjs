/** docs/tlsfuzzer.md, out of the cases and of how many conversations each of them was. */

/**
 * @typedef {{ passed: number, otherwise: number, failed: number }} Counts
 *
 * @param {{
 *   cases: readonly import('./cases.mjs').Case[],
 *   leftOut: readonly import('./cases.mjs').LeftOut[],
 *   counts: Counts,
 *   revision: string,
 *   date: string,
 * }} run
 */
export function formatReport({ cases, leftOut, counts, revision, date }) {
  const scripts = new Set(cases.map(({ script }) => script));
  return `# tlsfuzzer

[tlsfuzzer](https://github.com/tlsfuzzer/tlsfuzzer) is a client that keeps to the rules and breaks them, message by message, and knows which alert a server has to answer with. Its scripts
speak with servers of \`foxtls/tls\` (\`interop/tlsfuzzer\`); nothing of it is in this repository.

| | |
|---|---|
| scripts | ${scripts.size + leftOut.length} |
| of them run | ${scripts.size}, ${cases.length} times in all |
| conversations | ${counts.passed + counts.otherwise + counts.failed} |
| as expected | ${counts.passed} |
| otherwise, by the reasons below | ${counts.otherwise} |
| failed | ${counts.failed} |

tlsfuzzer ${revision}, ${date}, written by \`node interop/tlsfuzzer/run.mjs --write REVISION\`.

## Otherwise

Here foxtls does something else than the script expects, and exactly what \`interop/tlsfuzzer/cases\` says.

${table(reasonsOf(cases), ['reason', 'conversations', 'scripts'])}

## Not run

${table(
  [...grouped(leftOut)].map(([reason, names]) => [reason, names.join(', ')]),
  ['reason', 'scripts'],
)}
`;
}

/** @param {readonly import('./cases.mjs').Case[]} cases */
function reasonsOf(cases) {
  const listed = cases.flatMap(({ script, otherwise = [] }) => otherwise.map((one) => ({ script, ...one })));
  const reasons = [...new Set(listed.map(({ reason }) => reason))].map((reason) => {
    const those = listed.filter((one) => one.reason === reason);
    return {
      reason,
      tests: those.flatMap(({ tests }) => tests).length,
      names: new Set(those.map(({ script }) => shortName(script))),
    };
  });
  return reasons
    .sort((one, other) => other.tests - one.tests)
    .map(({ reason, tests, names }) => [reason, `${tests}`, [...names].join(', ')]);
}

/** @param {readonly import('./cases.mjs').LeftOut[]} leftOut */
function grouped(leftOut) {
  const byReason = /** @type {Map<string, string[]>} */ (new Map());
  for (const { script, reason } of leftOut) byReason.set(reason, [...(byReason.get(reason) ?? []), shortName(script)]);
  return byReason;
}

/** @param {string} script */
const shortName = (script) => script.replace(/^test-|\.py$/g, '');

/** @param {readonly (readonly string[])[]} rows @param {readonly string[]} head */
function table(rows, head) {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
