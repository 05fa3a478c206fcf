/**
 * BoringSSL's runner against the shim of `bogo/`: some of its tests, all of them in the long tier; and that the list of those that are left
 * out has a reason for each.
 */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { isLongTier } from '../packages/foxtls/test/tiers.ts';
import { isAsListed, listedFor } from './bogo/another-alert.mjs';

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));

it('leaves no test out without a reason', () => {
  const { DisabledTests } = JSON.parse(readFileSync(here('bogo/config.json'), 'utf8')) as {
    DisabledTests: Record<string, string>;
  };
  const kinds = /^(?:later|BoringSSL's own|not there|stricter here|stricter in BoringSSL|another (?:choice|limit|alert)): ./;
  expect(Object.entries(DisabledTests).filter(([, reason]) => !kinds.test(reason))).toEqual([]);
});

it('says of each alert that is another which RFC has it', () => {
  const { AnotherAlert } = JSON.parse(readFileSync(here('bogo/config.json'), 'utf8')) as {
    AnotherAlert: Record<string, unknown>;
  };
  expect(Object.keys(AnotherAlert).filter((reason) => !/RFC \d+ §/.test(reason))).toEqual([]);
});

it('takes another alert for a refusal only where it is the one that is listed', () => {
  const listed = { tests: ['Duplicate*'], local: 'remote error: illegal parameter', error: ':extension_duplicate:' };
  const said = (kind: string, stderr: string, local: string) =>
    `${kind}\ngot:\n\tstderr:\n\t\t${stderr}\n\n\tlocal: ${JSON.stringify(local)}\n\tchild: "exit status 1"\n\tstdout: \n\nwant: …`;
  const stderr = ':extension_duplicate: PeerMisbehaved illegal_parameter';
  expect(isAsListed(listed, said('unexpected error', stderr, listed.local))).toBe(true);
  expect(isAsListed(listed, said('unexpected failure', stderr, listed.local))).toBe(false);
  expect(isAsListed(listed, said('unexpected error', stderr, 'remote error: internal error'))).toBe(false);
  expect(isAsListed(listed, said('unexpected error', ':malformed:', listed.local))).toBe(false);
  expect(isAsListed(listed, 'unexpected success\nwant: …')).toBe(false);
  expect(listedFor({ why: listed }, 'DuplicateExtension')).toBe(listed);
  expect(listedFor({ why: listed }, 'AnotherDuplicate')).toBeUndefined();
});

it("passes BoringSSL's tests", { timeout: 900_000 }, (context) => {
  if (process.env['BOGO_RUNNER'] === undefined) context.skip("BOGO_RUNNER does not name BoringSSL's runner");
  const some = isLongTier ? [] : ['--test', '*-TLS13*;*-TLS12*'];
  const { status, stdout } = spawnSync(process.execPath, [here('bogo/run.mjs'), ...some], { encoding: 'utf8' });
  expect(stdout.match(/^FAILED .*$/gm) ?? []).toEqual([]);
  expect(stdout).toMatch(/^passed \d{3,}, and \d+ with another alert, failed 0, not implemented 0$/m);
  expect(status).toBe(0);
});
