/**
 * What a command is: data (name, options, help, examples) and one function. Parsing, help and completion are made from the data.
 *
 * Commands form a tree: a group has commands or groups, a command has options and operands.
 */

import type { Terminal } from './terminal.ts';

export interface OptionSpec {
  readonly type: 'string' | 'boolean';
  /** One letter, for `-o`. */
  readonly short?: string;
  /** May be given more than once; the values come as a list. */
  readonly multiple?: true;
  /** What the help calls the value: `FILE`. */
  readonly value?: string;
  /** The values that there are, when they are few. */
  readonly choices?: readonly string[];
  readonly help: string;
}

/** Options by their long names. */
export type OptionTable = { readonly [name: string]: OptionSpec };

type OptionValue<S extends OptionSpec> = S extends { readonly type: 'boolean' }
  ? boolean
  : S extends { readonly type: 'string' }
    ? S extends { readonly multiple: true }
      ? readonly string[]
      : string
    : boolean | string | readonly string[];

/** What was given: an option that was not is undefined. */
export type OptionValues<O extends OptionTable> = { readonly [K in keyof O]?: OptionValue<O[K]> | undefined };

export interface Invocation<O extends OptionTable> {
  readonly options: OptionValues<O>;
  readonly operands: readonly string[];
}

interface Described {
  readonly name: string;
  /** One line for the list of commands, without a full stop. */
  readonly summary: string;
}

export interface CommandSpec<O extends OptionTable> extends Described {
  /** As the usage line shows them: `[FILE...]`. Empty when there are none. */
  readonly operands: string;
  readonly minOperands?: number;
  readonly maxOperands: number;
  readonly options: O;
  /** Long names may have one dash, as those of openssl: `-connect HOST`. Letters for options are not to be had then. */
  readonly singleDash?: boolean;
  /** More to know, in paragraphs. */
  readonly notes?: readonly string[];
  /** Two command lines that work as they stand, with what they are for. */
  readonly examples: readonly [Example, Example];
  /** Resolves to the exit code; 0 when it resolves to nothing. */
  run(invocation: Invocation<O>, terminal: Terminal): Promise<number | undefined> | Promise<void>;
}

export interface Example {
  readonly purpose: string;
  readonly line: string;
}

/** A command whose types of options are forgotten. */
export interface Command extends CommandSpec<OptionTable> {
  readonly kind: 'command';
}

export interface CommandGroup extends Described {
  readonly kind: 'group';
  /** What `--version` says; the first group has one. */
  readonly version?: string;
  /** Under headings that say what one wants to do. */
  readonly sections: readonly { readonly title: string; readonly commands: readonly (Command | CommandGroup)[] }[];
}

export function defineCommand<const O extends OptionTable>(spec: CommandSpec<O>): Command {
  return { ...(spec as unknown as CommandSpec<OptionTable>), kind: 'command' };
}

/** All commands of a group, in order. */
export function commandsOf(group: CommandGroup): readonly (Command | CommandGroup)[] {
  return group.sections.flatMap(({ commands }) => commands);
}
