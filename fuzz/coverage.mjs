/**
 * Runs a target with jazzer.js (libFuzzer), which keeps an input that reaches what no other reached, and changes that one further.
 *
 * `@jazzer.js/core` is no dependency of this workspace: its binary asks for a newer C library (glibc 2.38) than many systems have that
 * foxtls is tested on. It is taken from where Node finds it: `NODE_PATH`, or a node_modules above.
 */

import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { keptInputs } from './all-targets.mjs';

/** MB of memory, and seconds of one execution, at which libFuzzer gives up on its own. */
const LIMITS = ['-rss_limit_mb=2048', '-timeout=20'];
/** Bytes, and inputs, that fuzz/corpus keeps for a target at most. */
const [KEPT, MOST] = [4096, 64];
const MODULE = fileURLToPath(new URL('coverage-target.mjs', import.meta.url));
const INCLUDES = ['packages/foxtls/dist', 'foxtls-sources-'].flatMap((part) => ['--includes', part]);

/** Where jazzer.js is: `{ cli }`; or a sentence that says what to do: `{ missing }`. */
export function findJazzer() {
  const require = createRequire(import.meta.url);
  try {
    const core = require.resolve('@jazzer.js/core');
    require(core);
    return { cli: join(dirname(core), 'cli.js') };
  } catch (error) {
    const [reason] = error.message.split('\n');
    return {
      missing: `--coverage needs @jazzer.js/core 4 where Node finds it, on a system with glibc 2.38 or newer: see fuzz/README.md (${reason})`,
    };
  }
}

/**
 * What was counted, and what failed. `corpus`: a folder for what is found on the way, with which later runs begin; else one among the
 * system's temporary files.
 */
export async function fuzzWithCoverage(target, { cli, seconds, executions, seed, corpus }) {
  const folder = mkdtempSync(join(tmpdir(), `foxtls-fuzz-${target.name}-`));
  const [found, seeds] = [corpus === undefined ? join(folder, 'corpus') : join(corpus, target.name), join(folder, 'seeds')];
  mkdirSync(found, { recursive: true });
  mkdirSync(seeds);
  for (const [index, bytes] of [...target.corpus(), ...keptInputs(target)].entries())
    writeFileSync(join(seeds, `${index}`), bytes);
  const limits = [];
  if (Number.isFinite(seconds)) limits.push(`-max_total_time=${seconds}`);
  if (Number.isFinite(executions)) limits.push(`-runs=${executions}`);
  const options = ['-use_value_profile=1', '-print_final_stats=1', `-seed=${seed}`, `-artifact_prefix=${folder}/`];
  const { output, code } = await jazzer(cli, target, [found, seeds], [...options, ...LIMITS, ...limits]);
  return { ...counted(output), found, failure: code === 0 ? undefined : { folder, output } };
}

/**
 * Puts into fuzz/corpus what together reaches what all of `found` does, as much as there is room for: of many some of each size, the
 * smallest first. The number of files and bytes.
 */
export async function keepSome(target, { cli, found }) {
  const merged = mkdtempSync(join(tmpdir(), `foxtls-fuzz-${target.name}-`));
  const { output, code } = await jazzer(cli, target, [merged, found], ['-merge=1', ...LIMITS]);
  if (code !== 0 || readdirSync(merged).length === 0)
    throw new Error(`the corpus of ${target.name} cannot be merged: ${output.slice(-2000)}`);
  const folder = fileURLToPath(new URL(`corpus/${target.name}/`, import.meta.url));
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const files = readdirSync(merged)
    .map((name) => ({ name, size: statSync(join(merged, name)).size }))
    .filter(({ size }) => size > 0)
    .sort((one, other) => one.size - other.size);
  const every = Math.max(1, files.length / MOST);
  let [bytes, count] = [0, 0];
  for (const { name, size } of files.filter((_, index) => Math.floor(index / every) > Math.floor((index - 1) / every))) {
    if (bytes + size > KEPT) break;
    copyFileSync(join(merged, name), join(folder, name.slice(0, 12)));
    bytes += size;
    count++;
  }
  rmSync(merged, { recursive: true });
  return { count, bytes };
}

async function jazzer(cli, target, folders, options) {
  const child = spawn(process.execPath, [cli, MODULE, ...folders, '--sync', ...INCLUDES, '--', ...options], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, FOXTLS_FUZZ_TARGET: target.name },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output += chunk;
    });
  const code = await new Promise((resolve) => child.on('close', resolve));
  return { output, code };
}

/** Of libFuzzer's last words. */
function counted(output) {
  const stat = (name) => Number(new RegExp(`stat::${name}:\\s+(\\d+)`).exec(output)?.[1] ?? Number.NaN);
  const states = [...output.matchAll(/cov: (\d+) ft: (\d+) corp: (\d+)/g)];
  const [, edges, features, inputs] = (states.at(-1) ?? []).map(Number);
  return { executions: stat('number_of_executed_units'), memory: stat('peak_rss_mb'), edges, features, inputs };
}
