/** The `foxtls` command. */

import { readFileSync } from 'node:fs';
import { describeFailure } from './command/failure.ts';
import { runCommandLine } from './command/run.ts';
import { processTerminal } from './command/terminal.ts';
import { rootGroup } from './root-group.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { readonly version: string };
const args = process.argv.slice(2);
const terminal = processTerminal();

// What nobody has caught is a mistake of ours, and still no reason to show a stack to somebody who did not ask for it.
process.on('uncaughtException', (error: unknown) => {
  terminal.complain(`foxtls: unexpected: ${describeFailure(error)} (with --verbose: where)`);
  if (args.includes('--verbose') && error instanceof Error) terminal.complain(error.stack ?? '');
  process.exit(1);
});

process.exitCode = await runCommandLine({ ...rootGroup, version }, args, terminal);
