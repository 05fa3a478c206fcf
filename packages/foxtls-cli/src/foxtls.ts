/** The `foxtls` command. */

import { certGroup } from './cert/cert-group.ts';
import type { CommandGroup } from './command/command.ts';
import { runCommandLine } from './command/run.ts';
import { processTerminal } from './command/terminal.ts';

const root: CommandGroup = {
  kind: 'group',
  name: 'foxtls',
  summary: 'TLS for TypeScript, on the command line',
  sections: [{ title: 'certificates', commands: [certGroup] }],
};

process.exitCode = await runCommandLine(root, process.argv.slice(2), processTerminal());
