/**
 * tlsfuzzer's scripts against servers of foxtls (`tlsfuzzer/`): a sample of them, all in the long tier; and that each has its case, or a reason to be
 * left out, and each difference a reason.
 */

import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, type TestContext } from 'vitest';
import { isLongTier } from '../packages/foxtls/test/tiers.ts';
import { readCases } from './tlsfuzzer/cases.mjs';

const { cases, leftOut } = readCases();

function folderOrSkip(context: TestContext): string {
  const folder = process.env['TLSFUZZER'];
  return folder ?? context.skip('TLSFUZZER does not name a folder of tlsfuzzer');
}

it('has a reason for each difference, and for each script that is not run', () => {
  const reasons = [...leftOut, ...cases.flatMap(({ otherwise = [] }) => otherwise)].map(({ reason }) => reason);
  const kinds = /RFC \d+ §|^(?:not there yet|stricter here|another choice|tlsfuzzer): ./;
  expect(reasons.filter((reason) => !kinds.test(reason))).toEqual([]);
});

it('knows every script', (context) => {
  const scripts = readdirSync(join(folderOrSkip(context), 'scripts')).filter((name) => /^test-.*\.py$/.test(name));
  expect([...new Set([...cases, ...leftOut].map(({ script }) => script))].sort()).toEqual(scripts.sort());
});

it('passes tlsfuzzer', { timeout: 1_800_000 }, (context) => {
  folderOrSkip(context);
  const run = fileURLToPath(new URL('tlsfuzzer/run.mjs', import.meta.url));
  const some = isLongTier ? [] : ['--script', '*conversation*'];
  const { status, stdout, stderr } = spawnSync(process.execPath, [run, ...some], { encoding: 'utf8' });
  expect(stdout.match(/^FAILED .*$/gm) ?? [], stderr).toEqual([]);
  expect(stdout).toMatch(/^\d+ runs: passed [1-9]\d*, otherwise \d+, failed 0$/m);
  expect(status).toBe(0);
});
