/**
 * The targets of fuzz/targets, one after another (docs: CONTRIBUTING.md).
 *
 *     node fuzz/run.mjs [--coverage] [TARGET] [SECONDS] [--seed N] [--executions N] [--corpus FOLDER]
 *
 * With --coverage by jazzer.js (coverage.mjs), which keeps what it finds on the way in FOLDER. Prints of each target the executions, how many a second, how many inputs were accepted and refused, and the slowest. A defect is printed
 * with its seed and bytes, which are kept in a file, and makes the exit code 1.
 */

import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { allTargets } from './all-targets.mjs';
import { findJazzer, fuzzWithCoverage } from './coverage.mjs';
import { Defect, fuzzTarget } from './fuzz-target.mjs';

const USAGE = 'npm run fuzz -- [--coverage] [TARGET] [SECONDS] [--seed N] [--executions N] [--corpus FOLDER]';
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: String(1 + (Date.now() % (2 ** 31 - 1))) },
    executions: { type: 'string' },
    coverage: { type: 'boolean', default: false },
    corpus: { type: 'string' },
  },
});
const [wanted, seconds = values.executions === undefined ? '10' : 'Infinity'] = positionals;
const seed = Number(values.seed);
const limits = { seed, seconds: Number(seconds), executions: Number(values.executions ?? 'Infinity') };

const all = await allTargets();
const targets = all.filter(({ name }) => wanted === undefined || name === wanted);
if (targets.length === 0 || Number.isNaN(limits.seconds + limits.executions + seed)) {
  console.error(`usage: ${USAGE}\ntargets: ${all.map(({ name }) => name).join(' ')}`);
  process.exit(2);
}
const jazzer = values.coverage ? findJazzer() : {};
if (jazzer.missing !== undefined) {
  console.error(jazzer.missing);
  process.exit(2);
}

console.log(`seed ${seed}`);
for (const target of targets) {
  if (values.coverage) await runWithCoverage(target);
  else runAtRandom(target);
}

function runAtRandom(target) {
  try {
    console.log(describe(target, fuzzTarget(target, limits)));
  } catch (error) {
    if (!(error instanceof Defect)) throw error;
    reportDefect(target, error);
  }
}

async function runWithCoverage(target) {
  const started = performance.now();
  const run = await fuzzWithCoverage(target, { ...limits, cli: jazzer.cli, corpus: values.corpus });
  const rate = (run.executions / ((performance.now() - started) / 1000)).toFixed(0);
  const reached = `${run.edges} edges, ${run.features} features, ${run.inputs} inputs kept in ${run.found}`;
  console.log(`${target.name}: ${run.executions} executions, ${rate}/s, ${reached}, ${run.memory} MB`);
  if (run.failure === undefined) return;
  console.error(`${target.name}: DEFECT with seed ${seed}\n${run.failure.output.slice(-8000)}\nkept in ${run.failure.folder}`);
  process.exitCode = 1;
}

function describe({ name }, { executions, accepted, refused, seconds: took, slowest }) {
  const rate = (executions / took).toFixed(0);
  const slow = `${slowest.milliseconds.toFixed(1)} ms (${slowest.length} bytes)`;
  return `${name}: ${executions} executions, ${rate}/s, ${accepted} accepted, ${refused} refused, slowest ${slow}`;
}

function reportDefect({ name }, { bytes, message, cause }) {
  const hex = Buffer.from(bytes).toString('hex');
  const file = join(mkdtempSync(join(tmpdir(), 'foxtls-fuzz-')), `${name}.hex`);
  writeFileSync(file, `${hex}\n`);
  console.error(`${name}: DEFECT with seed ${seed}: ${message}\n${cause?.stack ?? ''}\n${hex}\nkept in ${file}`);
  process.exitCode = 1;
}
