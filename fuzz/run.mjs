/**
 * The targets of fuzz/targets, one after another (docs: CONTRIBUTING.md).
 *
 *     node fuzz/run.mjs [TARGET] [SECONDS] [--seed N] [--executions N]
 *
 * Prints of each target the executions, how many a second, how many inputs were accepted and refused, and the slowest. A defect is printed
 * with its seed and bytes, which are kept in a file, and makes the exit code 1.
 */

import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Defect, fuzzTarget } from './fuzz-target.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string', default: String(Date.now() % 2 ** 31) }, executions: { type: 'string' } },
});
const [wanted, seconds = values.executions === undefined ? '10' : 'Infinity'] = positionals;
const seed = Number(values.seed);
const limits = { seed, seconds: Number(seconds), executions: Number(values.executions ?? 'Infinity') };

const files = readdirSync(new URL('targets/', import.meta.url)).filter((file) => file.endsWith('.mjs'));
const modules = await Promise.all(files.sort().map((file) => import(new URL(`targets/${file}`, import.meta.url))));
const all = modules.flatMap(({ targets }) => targets);
const targets = all.filter(({ name }) => wanted === undefined || name === wanted);
if (targets.length === 0 || Number.isNaN(limits.seconds + limits.executions + seed)) {
  console.error(
    `usage: npm run fuzz -- [TARGET] [SECONDS] [--seed N] [--executions N]\ntargets: ${all.map(({ name }) => name).join(' ')}`,
  );
  process.exit(2);
}

console.log(`seed ${seed}`);
for (const target of targets) {
  try {
    console.log(describe(target, fuzzTarget(target, limits)));
  } catch (error) {
    if (!(error instanceof Defect)) throw error;
    reportDefect(target, error);
  }
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
