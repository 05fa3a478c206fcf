/** What can stand at the end of an unfinished command line: made from the data of the commands, as the help is. */

import { type Command, type CommandGroup, commandsOf, type OptionSpec } from '../command/command.ts';
import { optionsOf } from '../command/parse-arguments.ts';

export interface Candidates {
  readonly words: readonly { readonly word: string; readonly help: string }[];
  /** Whether names of files fit, too. */
  readonly files: boolean;
}

const NOTHING: Candidates = { words: [], files: false };

/** Values of options that are names of files or folders, as the help calls them. */
const PATHS = ['FILE', 'FOLDER', 'PATH', 'DIR'];

/** `typed`: the words after `foxtls`, the last of which is being typed (and may be empty). */
export function candidatesFor(root: CommandGroup, typed: readonly string[]): Candidates {
  const last = typed.at(-1) ?? '';
  let entry: Command | CommandGroup = root;
  let depth = 0;
  while (entry.kind === 'group' && depth < typed.length - 1) {
    const name = typed[depth++];
    const next: Command | CommandGroup | undefined = commandsOf(entry).find((command) => command.name === name);
    if (next === undefined) return NOTHING;
    entry = next;
  }
  const { words, files } = entry.kind === 'group' ? inGroup(entry) : inCommand(entry, typed.slice(depth, -1), last);
  return { words: words.filter(({ word }) => word.startsWith(last)), files };
}

function inGroup(group: CommandGroup): Candidates {
  const commands = commandsOf(group).map(({ name, summary }) => ({ word: name, help: summary }));
  return { words: [...commands, { word: '--help', help: 'show what there is' }], files: false };
}

function inCommand(command: Command, before: readonly string[], last: string): Candidates {
  const options = Object.entries(optionsOf(command));
  const expecting = optionOf(before.at(-1), options);
  if (expecting !== undefined && expecting.type === 'string') return valuesOf(expecting);
  const takesFiles = command.maxOperands > 0 && /FILE|FOLDER|PATH|DIR/.test(command.operands);
  if (!last.startsWith('-')) return { words: [], files: takesFiles };
  const given = new Set(before);
  const left = options.filter(([name, spec]) => spec.multiple || !given.has(`--${name}`));
  return { words: left.map(([name, { help }]) => ({ word: `--${name}`, help })), files: false };
}

function optionOf(word: string | undefined, options: readonly [string, OptionSpec][]): OptionSpec | undefined {
  if (word?.startsWith('-') !== true) return undefined;
  return options.find(([name, { short }]) => word === `--${name}` || (short !== undefined && word === `-${short}`))?.[1];
}

function valuesOf({ choices, value = '' }: OptionSpec): Candidates {
  if (choices !== undefined) return { words: choices.map((word) => ({ word, help: '' })), files: false };
  return { words: [], files: PATHS.includes(value) };
}
