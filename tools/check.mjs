/**
 * `npm run check`: everything that is to be right before a commit is shared, one step after the other, all of them even when one fails.
 *
 * types · lint and format · architecture · citations · build · package
 */

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** @type {readonly (readonly [name: string, command: string, ...args: string[]])[]} */
const STEPS = [
  ['types', 'npm', 'run', '--silent', 'types'],
  ['lint', 'npm', 'run', '--silent', 'lint'],
  ['architecture', 'npx', 'vitest', 'run', 'packages/foxtls/test/architecture.test.ts'],
  ['citations', 'node', 'tools/check-citations.mjs'],
  ['build', 'npm', 'run', '--silent', 'build'],
  ['package', 'node', 'tools/check-pack.mjs'],
];

const failed = STEPS.filter(([name, command, ...args]) => {
  console.log(`\n== ${name}`);
  const result = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
  });
  return result.status !== 0;
}).map(([name]) => name);

console.log(failed.length === 0 ? `\ncheck: ${STEPS.length} steps right` : `\ncheck: failed: ${failed.join(', ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;
