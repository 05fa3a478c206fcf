import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);

/** The examples, and what a reader sees when they run. */
const EXAMPLES: Readonly<Record<string, RegExp>> = {
  'messages.mjs': /^CN=Alice wrote: Dear Bob\n$/,
  'passwords.mjs': /^-----BEGIN ENCRYPTED PRIVATE KEY-----\nmy server is for localhost\nERR_TLS_PASSWORD_WRONG\n$/,
  'request.mjs': /^CN=www\.example\.com for www\.example\.com, example\.com; an authority: false\n$/,
  'validate.mjs':
    /^valid: CN=www\.example\.com ◂ CN=Office ◂ CN=Root\n[\s\S]*\ninvalid: .*expired[\s\S]*\ninvalid: .*name constraints/,
};

it.each(Object.entries(EXAMPLES))('examples/pki/%s runs and prints what it promises', async (name, output) => {
  const { stdout, stderr } = await run(process.execPath, [`examples/pki/${name}`]);
  expect(stderr).toBe('');
  expect(stdout).toMatch(output);
});
