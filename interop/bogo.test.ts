/**
 * BoringSSL's runner against the shim of `bogo/`: some of its tests, all of them in the long tier; and that the list of those that are left
 * out has a reason for each.
 */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { isLongTier } from '../packages/foxtls/test/tiers.ts';

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));

it('leaves no test out without a reason', () => {
  const { DisabledTests } = JSON.parse(readFileSync(here('bogo/config.json'), 'utf8')) as {
    DisabledTests: Record<string, string>;
  };
  const kinds = /^(?:later|BoringSSL's own|not there|stricter here|stricter in BoringSSL|another (?:choice|limit|alert)): ./;
  expect(Object.entries(DisabledTests).filter(([, reason]) => !kinds.test(reason))).toEqual([]);
});

it("passes BoringSSL's tests", { timeout: 900_000 }, (context) => {
  if (process.env['BOGO_RUNNER'] === undefined) context.skip("BOGO_RUNNER does not name BoringSSL's runner");
  const some = isLongTier ? [] : ['--test', '*-TLS13*;*-TLS12*'];
  const { status, stdout } = spawnSync(process.execPath, [here('bogo/run.mjs'), ...some], { encoding: 'utf8' });
  expect(stdout.match(/^FAILED .*$/gm) ?? []).toEqual([]);
  expect(stdout).toMatch(/^passed \d{3,}, failed 0, not implemented 0$/m);
  expect(status).toBe(0);
});
