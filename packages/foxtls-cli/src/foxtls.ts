/** The `foxtls` command. */

import { readFileSync } from 'node:fs';
import { runCommandLine } from './command/run.ts';
import { processTerminal } from './command/terminal.ts';
import { rootGroup } from './root-group.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { readonly version: string };

process.exitCode = await runCommandLine({ ...rootGroup, version }, process.argv.slice(2), processTerminal());
