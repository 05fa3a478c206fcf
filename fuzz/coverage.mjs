/**
 * Runs a target with jazzer.js (libFuzzer), which keeps an input that reaches what no other reached, and changes that one further.
 *
 * `@jazzer.js/core` is no dependency of this workspace: its binary asks for a newer C library than many systems have that foxtls is tested
 * on (glibc 2.38). It is taken from where Node finds it: `NODE_PATH`, or a node_modules above.
 */

import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { keptInputs } from './all-targets.mjs';

/** Bytes of memory, in MB, and seconds of one execution, at which libFuzzer gives up on its own. */
const [MEMORY, PATIENCE] = [2048, 20];
const LIMITS = [`-rss_limit_mb=${MEMORY}`, `-timeout=${PATIENCE}`];

/** Where jazzer.js is, or a sentence that says what to do. */
export function findJazzer() {
  const require = createRequire(import.meta.url);
  try {
    const core = require.resolve('@jazzer.js/core');
    require(core);
    return { cli: join(dirname(core), 'cli.js') };
  } catch (error) {
    return {
      missing: `--coverage needs @jazzer.js/core 4 where Node finds it: npm install it outside of this workspace, on a system with glibc 2.38 or newer, and set NODE_PATH to its node_modules (${error.message.split('\n')[0]})`,
    };
  }
}

/**
 * What was counted, and whether something was found. `corpus`: a folder for what is found on the way, which later runs begin with; else one
 * that is thrown away with the system's temporary files.
 */
export async function fuzzWithCoverage(target, { cli, seconds, executions, seed, corpus }) {
  const folder = mkdtempSync(join(tmpdir(), `foxtls-fuzz-${target.name}-`));
  const [found, seeds] = [corpus === undefined ? join(folder, 'corpus') : join(corpus, target.name), join(folder, 'seeds')];
  mkdirSync(found, { recursive: true });
  mkdirSync(seeds);
  for (const [index, bytes] of [...target.corpus(), ...keptInputs(target)].entries())
    writeFileSync(join(seeds, `${index}`), bytes);
  const limits = [
    ...(Number.isFinite(seconds) ? [`-max_total_time=${seconds}`] : []),
    ...(Number.isFinite(executions) ? [`-runs=${executions}`] : []),
  ];
  const options = [
    '-use_value_profile=1',
    '-print_final_stats=1',
    `-seed=${seed}`,
    `-artifact_prefix=${folder}/`,
    ...LIMITS,
    ...limits,
  ];
  const includes = ['packages/foxtls/dist', 'foxtls-sources-'].flatMap((part) => ['--includes', part]);
  const module = fileURLToPath(new URL('coverage-target.mjs', import.meta.url));
  const child = spawn(process.execPath, [cli, module, found, seeds, '--sync', ...includes, '--', ...options], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, FOXTLS_FUZZ_TARGET: target.name },
  });
  const { output, code } = await finished(child);
  return { ...counted(output), found, failure: code === 0 ? undefined : { folder, output } };
}

async function finished(child) {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const [code] = await new Promise((resolve) => child.on('close', (...result) => resolve(result)));
  return { output, code };
}

/** Of libFuzzer's last words. */
function counted(output) {
  const stat = (name) => Number(new RegExp(`stat::${name}:\\s+(\\d+)`).exec(output)?.[1] ?? Number.NaN);
  const states = [...output.matchAll(/cov: (\d+) ft: (\d+) corp: (\d+)/g)];
  const [, edges, features, inputs] = (states.at(-1) ?? []).map(Number);
  return { executions: stat('number_of_executed_units'), memory: stat('peak_rss_mb'), edges, features, inputs };
}
