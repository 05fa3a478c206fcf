/**
 * The targets of fuzz/targets, one after another (fuzz/README.md).
 *
 *     node fuzz/run.mjs [TARGET] [SECONDS] [--seed N] [--executions N] [--coverage [--corpus FOLDER] [--keep]] [--list]
 *
 * Prints of each target the executions, how many a second, how many inputs were accepted and refused, the slowest, and the memory that the
 * process took at most; with --coverage (coverage.mjs) what was reached. A defect is printed with its seed and bytes, which are kept in a
 * file, and makes the exit code 1.
 */

import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { allTargets } from './all-targets.mjs';
import { findJazzer, fuzzWithCoverage, keepSome } from './coverage.mjs';
import { Defect, fuzzTarget } from './fuzz-target.mjs';

const USAGE = 'npm run fuzz -- [TARGET] [SECONDS] [--seed N] [--executions N] [--coverage [--corpus FOLDER] [--keep]] [--list]';
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: String(1 + (Date.now() % (2 ** 31 - 1))) },
    executions: { type: 'string' },
    coverage: { type: 'boolean', default: false },
    corpus: { type: 'string' },
    keep: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
  },
});
const [wanted, seconds = values.executions === undefined ? '10' : 'Infinity'] = positionals;
const seed = Number(values.seed);
const limits = { seed, seconds: Number(seconds), executions: Number(values.executions ?? 'Infinity') };

const all = await allTargets();
const names = all.map(({ name }) => name);
const targets = all.filter(({ name }) => wanted === undefined || name === wanted);
if (targets.length === 0 || Number.isNaN(limits.seconds + limits.executions + seed)) {
  console.error(`usage: ${USAGE}\ntargets: ${names.join(' ')}`);
  process.exit(2);
}
const jazzer = values.coverage ? findJazzer() : {};
if (jazzer.missing !== undefined) {
  console.error(jazzer.missing);
  process.exit(2);
}

if (values.list) console.log(names.join('\n'));
else await runAll();

async function runAll() {
  console.log(`seed ${seed}`);
  for (const target of targets) {
    if (values.coverage) await runWithCoverage(target);
    else runAtRandom(target);
  }
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
  const { cli } = jazzer;
  const started = performance.now();
  const run = await fuzzWithCoverage(target, { ...limits, cli, corpus: values.corpus });
  const rate = (run.executions / ((performance.now() - started) / 1000)).toFixed(0);
  const reached = `${run.edges} edges, ${run.features} features, ${run.inputs} inputs in ${run.found}`;
  console.log(`${target.name}: ${run.executions} executions, ${rate}/s, ${reached}, ${run.memory} MB`);
  if (run.failure !== undefined) {
    const { output, folder } = run.failure;
    console.error(`${target.name}: DEFECT with seed ${seed}\n${output.slice(-8000)}\nkept in ${folder}`);
    process.exitCode = 1;
  } else if (values.keep) {
    const { count, bytes } = await keepSome(target, { cli, found: run.found });
    console.log(`${target.name}: ${count} inputs of ${bytes} bytes in fuzz/corpus`);
  }
}

function describe({ name }, { executions, accepted, refused, seconds: took, slowest }) {
  const rate = (executions / took).toFixed(0);
  const slow = `${slowest.milliseconds.toFixed(1)} ms (${slowest.length} bytes)`;
  const memory = `${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB`;
  return `${name}: ${executions} executions, ${rate}/s, ${accepted} accepted, ${refused} refused, slowest ${slow}, ${memory}`;
}

function reportDefect({ name }, { bytes, message, cause }) {
  const hex = Buffer.from(bytes).toString('hex');
  const file = join(mkdtempSync(join(tmpdir(), 'foxtls-fuzz-')), `${name}.hex`);
  writeFileSync(file, `${hex}\n`);
  console.error(`${name}: DEFECT with seed ${seed}: ${message}\n${cause?.stack ?? ''}\n${hex}\nkept in ${file}`);
  process.exitCode = 1;
}
