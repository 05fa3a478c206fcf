import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);

it('every fuzz target accepts its corpus, and blames changed inputs for what is wrong with them', async () => {
  const { stdout, stderr } = await run(process.execPath, ['fuzz/run.mjs', '--executions', '300', '--seed', '8446']);
  expect(stderr).toBe('');
  const [first, ...reports] = stdout.trim().split('\n');
  expect(first).toBe('seed 8446');
  const sources = readdirSync('fuzz/targets').map((file) => readFileSync(`fuzz/targets/${file}`, 'utf8'));
  const named = sources.join('').match(/\bname: /g) ?? [];
  expect(reports.length).toBeGreaterThanOrEqual(named.length);
  for (const report of reports)
    expect(report).toMatch(/^\S+: 300 executions, \d+\/s, [1-9]\d* accepted, [1-9]\d* refused, slowest /);
}, 180_000);

it('a target that is not there is named as such', async () => {
  await expect(run(process.execPath, ['fuzz/run.mjs', 'nothing'])).rejects.toMatchObject({ code: 2 });
});

it('--coverage says what to do where jazzer.js is not to be found', async () => {
  const env = { ...process.env, NODE_PATH: '' };
  await expect(run(process.execPath, ['fuzz/run.mjs', 'acceptor', '--coverage'], { env })).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining('fuzz/README.md'),
  });
});
