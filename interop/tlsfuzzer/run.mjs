/**
 * Runs tlsfuzzer's scripts against servers of foxtls, and counts.
 *
 *     TLSFUZZER=FOLDER PYTHONPATH=... node interop/tlsfuzzer/run.mjs [--script GLOB] [--jobs N] [--logs FOLDER] [--write REVISION]
 *
 * FOLDER holds tlsfuzzer; PYTHONPATH names tlslite-ng and python-ecdsa, which it needs. Runs `dist/`. `cases/` says which script asks which server
 * with which arguments, and where foxtls does something else than the script expects, with the reason: exactly that has to happen then, for a
 * conversation that passes in spite of it fails the run. Prints what failed and the counts; the exit code is 1 when something failed.
 * `--write` puts the counts into docs/tlsfuzzer.md, with the revision that FOLDER is of.
 */

import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { toRegExp } from '../bogo/another-alert.mjs';
import { argumentsOf, lastWordsOf, readCases, titleOf } from './cases.mjs';
import { formatReport } from './report.mjs';
import { startServer } from './servers.mjs';

const { values: options } = parseArgs({
  options: {
    script: { type: 'string', default: '*' },
    jobs: { type: 'string', default: '2' },
    logs: { type: 'string' },
    write: { type: 'string' },
  },
});
const folder = process.env['TLSFUZZER'];
if (folder === undefined) {
  console.error('TLSFUZZER is not set: it names the folder of tlsfuzzer, with scripts/ and tests/');
  process.exit(2);
}
if (options.logs !== undefined) mkdirSync(options.logs, { recursive: true });

/** How long a script may take. */
const TIMEOUT = 600_000;

/** @param {import('./cases.mjs').Case} asked @param {number} port @returns {Promise<{ code: number | null, output: string }>} */
function runScript(asked, port) {
  const parts = [join('scripts', asked.script), ...argumentsOf(asked, port)];
  const child = spawn('python3', parts, { cwd: folder, timeout: TIMEOUT, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, output })));
}

/** What a script counts at its end: "PASS: 3". @param {string} output @param {string} word */
const countOf = (output, word) => Number(new RegExp(`^${word}: (\\d+)$`, 'm').exec(output)?.[1] ?? 0);

/** The names of conversations that a script lists under a heading at its end. @param {string} output */
const failuresOf = (output) => output.slice(output.search(/^(?:FAILED|XPASSED):/m)).trim();

/** @type {import('./report.mjs').Counts} */
const counts = { passed: 0, otherwise: 0, failed: 0 };

/** @param {import('./cases.mjs').Case} asked */
async function runCase(asked) {
  const server = await startServer(asked.server, join(/** @type {string} */ (folder), 'tests'));
  const { code, output } = await runScript(asked, server.port);
  server.close();
  if (options.logs !== undefined)
    writeFileSync(
      join(
        options.logs,
        `${titleOf(asked)
          .replace(/[^\w.-]+/g, '_')
          .slice(0, 120)}.log`,
      ),
      output,
    );
  const [passed, otherwise] = [countOf(output, 'PASS'), countOf(output, 'XFAIL')];
  const unexpected = countOf(output, 'FAIL') + countOf(output, 'XPASS');
  const words = lastWordsOf(asked);
  const endsAsExpected = code === (words.length === 0 ? 0 : 1) && words.every((error) => output.includes(error));
  // A script that did not come to its end has counted nothing.
  const failed = endsAsExpected && passed + otherwise > 0 ? unexpected : Math.max(unexpected, 1);
  counts.passed += passed;
  counts.otherwise += otherwise;
  counts.failed += failed;
  console.log(`${failed === 0 ? 'ok' : 'FAILED'} ${titleOf(asked)}: ${passed} passed, ${otherwise} otherwise, ${failed} failed`);
  if (failed > 0) console.log(unexpected > 0 ? failuresOf(output) : output.slice(-1000));
}

const { cases, leftOut } = readCases();
const waiting = cases.filter(({ script }) => toRegExp(options.script).test(script));
const all = waiting.length;
async function runOneAfterAnother() {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await runCase(next);
}
await Promise.all(Array.from({ length: Number(options.jobs) }, runOneAfterAnother));
console.log(`${all} runs: passed ${counts.passed}, otherwise ${counts.otherwise}, failed ${counts.failed}`);
if (options.write !== undefined) {
  const date = new Date().toISOString().slice(0, 10);
  const report = formatReport({ cases, leftOut, counts, revision: options.write, date });
  writeFileSync(new URL('../../docs/tlsfuzzer.md', import.meta.url), report);
}
process.exitCode = counts.failed > 0 ? 1 : 0;
