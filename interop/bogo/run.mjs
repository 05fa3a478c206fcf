/**
 * Runs BoringSSL's test runner (`ssl/test/runner`) against foxtls, and counts.
 *
 *     BOGO_RUNNER=/path/to/runner node interop/bogo/run.mjs [--test 'GLOB;GLOB'] [--include-disabled] [--workers N] [--json FILE]
 *     BOGO_RUNNER=/path/to/runner node interop/bogo/run.mjs --write REVISION
 *
 * The binary is made elsewhere: `go test -c` in ssl/test/runner of BoringSSL. Runs `dist/`. Prints what failed, what is not implemented by
 * reason, and the counts; the exit code is 1 when a test failed. `--write` puts the counts into docs/conformance.md, with the revision of
 * BoringSSL that the runner is of. Where foxtls refuses by another alert than BoringSSL (another-alert.mjs), the runner reports a failure: it counts
 * as passed if it is the one that config.json has, and as failed if it is not, or if the runner is content.
 */

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { isAsListed, listedFor } from './another-alert.mjs';
import { formatReport } from './report.mjs';

const { values: options } = parseArgs({
  options: {
    test: { type: 'string' },
    'include-disabled': { type: 'boolean', default: false },
    workers: { type: 'string', default: '8' },
    json: { type: 'string' },
    write: { type: 'string' },
  },
});
const runner = process.env['BOGO_RUNNER'];
if (runner === undefined) {
  console.error('BOGO_RUNNER is not set: it names the binary that `go test -c` makes of ssl/test/runner in BoringSSL');
  process.exit(2);
}
/** @param {string} name */
const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'foxtls-bogo-'));
const results = options.json ?? join(folder, 'results.json');

/**
 * What became of each test, by name.
 *
 * @param {string[]} flags @param {NodeJS.ProcessEnv} env
 */
async function runAll(flags, env) {
  const common = ['-pipe', '-allow-unimplemented', '-shim-path', here('relay.pl'), '-json-output', results];
  const all = [...common, '-num-workers', options.workers, ...flags];
  const child = spawn(/** @type {string} */ (runner), all, { cwd: folder, env, stdio: ['ignore', 'pipe', 'inherit'] });
  child.stdout.resume();
  await new Promise((resolve) => child.on('close', resolve));
  /** @type {Record<string, { actual: 'PASS' | 'FAIL' | 'SKIP', error?: string }>} */
  const tests = JSON.parse(readFileSync(results, 'utf8')).tests;
  return tests;
}

async function runWithShim() {
  const socket = join(folder, 'shim');
  const shim = spawn(process.execPath, [here('shim.mjs'), socket], { stdio: ['ignore', 'pipe', 'inherit'] });
  let missing = '';
  shim.stdout.setEncoding('utf8').on('data', (text) => (missing += text));
  await new Promise((resolve) => shim.stdout.once('data', resolve));
  const flags = ['-shim-config', here('config.json')];
  if (options.test !== undefined) flags.push('-test', options.test);
  if (options['include-disabled']) flags.push('-include-disabled');
  const tests = await runAll(flags, { ...process.env, FOXTLS_BOGO_SOCKET: socket });
  shim.kill();
  return { tests, missing: Array.from(missing.matchAll(/^unimplemented (.*)$/gm), ([, reason]) => reason) };
}

/** The names of all tests that there are. */
async function listTests() {
  const { FOXTLS_BOGO_SOCKET: _, ...env } = process.env;
  return Object.keys(await runAll([], env));
}

const { AnotherAlert: another, DisabledTests: disabled } = JSON.parse(readFileSync(here('config.json'), 'utf8'));
const { tests, missing } = await runWithShim();
const counts = { passed: 0, another: 0, failed: 0, unimplemented: 0 };
for (const [name, { actual, error = 'passes, and config.json has another alert for it' }] of Object.entries(tests)) {
  const listed = listedFor(another, name);
  if (actual === 'SKIP') counts.unimplemented++;
  else if (listed !== undefined && isAsListed(listed, error)) counts.another++;
  else if (listed === undefined && actual === 'PASS') counts.passed++;
  else {
    counts.failed++;
    console.log(`FAILED (${name})\n${error}`);
  }
}
for (const reason of new Set(missing)) {
  console.log(`not implemented: ${missing.filter((other) => other === reason).length} ${reason}`);
}
console.log(
  `passed ${counts.passed}, and ${counts.another} with another alert, failed ${counts.failed}, not implemented ${counts.unimplemented}`,
);
if (options.write !== undefined) {
  const date = new Date().toISOString().slice(0, 10);
  const report = formatReport({ names: await listTests(), disabled, another, counts, revision: options.write, date });
  writeFileSync(here('../../docs/conformance.md'), report);
}
rmSync(folder, { recursive: true });
process.exitCode = counts.failed > 0 ? 1 : 0;
