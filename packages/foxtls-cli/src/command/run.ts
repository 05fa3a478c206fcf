/**
 * From the command line to the exit code: finds the command, parses, runs, and says what went wrong.
 *
 * Exit codes: 0 done, 1 failed, 2 misused. A stack trace is shown with `--verbose` only.
 */

import { type Command, type CommandGroup, commandsOf } from './command.ts';
import { describeFailure, UsageError } from './failure.ts';
import { formatCommandHelp, formatGroupHelp } from './help.ts';
import { nearestWord } from './nearest.ts';
import { parseArguments } from './parse-arguments.ts';
import type { Terminal } from './terminal.ts';

export async function runCommandLine(root: CommandGroup, args: readonly string[], terminal: Terminal): Promise<number> {
  const found = findCommand(root, args);
  const { path, rest } = found;
  try {
    if (found.entry.kind === 'group') return runGroup(found.entry, path, rest, terminal);
    const invocation = parseArguments(found.entry, rest);
    if (invocation.options['help'] === true) {
      terminal.write(formatCommandHelp(found.entry, path));
      return 0;
    }
    return (await found.entry.run(invocation, terminal)) ?? 0;
  } catch (error) {
    const advice = error instanceof UsageError ? ` (${path} --help)` : '';
    terminal.complain(`${path}: ${describeFailure(error)}${advice}`);
    if (args.includes('--verbose') && error instanceof Error) terminal.complain(error.stack ?? '');
    return error instanceof UsageError ? 2 : 1;
  }
}

interface Found {
  readonly entry: Command | CommandGroup;
  /** What was typed to reach it. */
  readonly path: string;
  readonly rest: readonly string[];
}

function findCommand(root: CommandGroup, args: readonly string[]): Found {
  let entry: Command | CommandGroup = root;
  let path = root.name;
  let depth = 0;
  while (entry.kind === 'group') {
    const name = args[depth];
    const next: Command | CommandGroup | undefined = commandsOf(entry).find((command) => command.name === name);
    if (next === undefined) break;
    entry = next;
    path += ` ${next.name}`;
    depth++;
  }
  return { entry, path, rest: args.slice(depth) };
}

function runGroup(group: CommandGroup, path: string, rest: readonly string[], terminal: Terminal): number {
  const [word] = rest;
  if (word === '--help' || word === '-h') {
    terminal.write(formatGroupHelp(group, path));
    return 0;
  }
  if (word === undefined) throw new UsageError('say which command');
  const names = commandsOf(group).map(({ name }) => name);
  const near = nearestWord(word, names);
  throw new UsageError(`there is no command ${JSON.stringify(word)}${near === undefined ? '' : `, did you mean ${near}?`}`);
}
