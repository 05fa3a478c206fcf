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
      terminal.write(formatCommandHelp(found.entry, path, terminal.style));
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

/** `foxtls help cert show` is `foxtls cert show --help`. */
function helpFor(group: CommandGroup, path: string, words: readonly string[], terminal: Terminal): number {
  const { entry, path: found, rest } = findCommand({ ...group, name: path }, words);
  if (rest.length > 0) throw noCommand(entry, rest[0] as string);
  const page =
    entry.kind === 'group' ? formatGroupHelp(entry, found, terminal.style) : formatCommandHelp(entry, found, terminal.style);
  terminal.write(page);
  return 0;
}

function runGroup(group: CommandGroup, path: string, rest: readonly string[], terminal: Terminal): number {
  const [word] = rest;
  if (word === '--help' || word === '-h' || word === 'help') return helpFor(group, path, rest.slice(1), terminal);
  if (word === '--version' && group.version !== undefined) {
    terminal.write(`${group.name} ${group.version} (Node ${process.versions.node})\n`);
    return 0;
  }
  if (word === undefined) throw new UsageError('say which command');
  if (word.startsWith('-')) throw new UsageError(`there is no option ${word} before a command`);
  throw noCommand(group, word);
}

function noCommand(entry: Command | CommandGroup, word: string): UsageError {
  const names = entry.kind === 'group' ? commandsOf(entry).map(({ name }) => name) : [];
  const near = nearestWord(word, names);
  return new UsageError(`there is no command ${JSON.stringify(word)}${near === undefined ? '' : `, did you mean ${near}?`}`);
}
