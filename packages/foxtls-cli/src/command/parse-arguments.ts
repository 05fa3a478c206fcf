/**
 * The arguments of one command, read by its table of options.
 *
 * `node:util` parseArgs splits; what it finds is checked here, so that every complaint is ours: one line that names the nearest option.
 */

import { parseArgs } from 'node:util';
import type { Command, Invocation, OptionSpec, OptionTable } from './command.ts';
import { UsageError } from './failure.ts';
import { nearestWord } from './nearest.ts';

/** What every command takes. `-h` is help unless the command has another use for the letter. */
const COMMON_OPTIONS = {
  help: { type: 'boolean', short: 'h', help: 'show this help' },
  verbose: { type: 'boolean', help: 'say more, and show where an error came from' },
} as const satisfies OptionTable;

/** All options of a command, the common ones last. */
export function optionsOf(command: Command): OptionTable {
  const letters = new Set(Object.values(command.options).map(({ short }) => short));
  const common = Object.entries(COMMON_OPTIONS).map(([name, { ...spec }]): [string, OptionSpec] => {
    if (!('short' in spec) || !letters.has(spec.short)) return [name, spec];
    const { short, ...without } = spec;
    return [name, without];
  });
  return { ...command.options, ...Object.fromEntries(common) };
}

/** Throws `UsageError` for what the command does not take. With `--help` nothing but the options' names is checked. */
export function parseArguments(command: Command, args: readonly string[]): Invocation<OptionTable> {
  const table = optionsOf(command);
  const { tokens } = parseArgs({
    args: command.singleDash ? doubled(args, table) : [...args],
    options: Object.fromEntries(
      Object.entries(table).map(([name, { type, short }]) => [name, short ? { type, short } : { type }]),
    ),
    strict: false,
    tokens: true,
    allowPositionals: true,
  });
  const options: Record<string, string | boolean | string[]> = {};
  const operands: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') operands.push(token.value);
    if (token.kind !== 'option') continue;
    const spec = Object.hasOwn(table, token.name) ? table[token.name] : undefined;
    const rawName = command.singleDash ? asTyped(token.rawName, args) : token.rawName;
    if (spec === undefined) throw unknownOption(rawName, table);
    addOption(options, token.name, spec, token.value, rawName);
  }
  if (options['help'] !== true) checkOperands(command, operands);
  return { options, operands };
}

/** `-connect` as `--connect`; what is the value of an option stays as it is. */
function doubled(args: readonly string[], table: OptionTable): string[] {
  let isValue = false;
  let isOver = false;
  return args.map((word) => {
    if (isValue || isOver || !word.startsWith('-') || word === '-') {
      isValue = false;
      return word;
    }
    isOver = word === '--';
    const name = word.replace(/^--?/, '');
    isValue = Object.hasOwn(table, name) && table[name]?.type === 'string';
    const isLetter = name.length === 1 && Object.values(table).some(({ short }) => short === name);
    return isOver || isLetter ? word : `--${name}`;
  });
}

/** For complaints: the dashes as they were typed. */
function asTyped(rawName: string, args: readonly string[]): string {
  const single = rawName.replace(/^--/, '-');
  return args.some((word) => word === single || word.startsWith(`${single}=`)) ? single : rawName;
}

function addOption(
  options: Record<string, string | boolean | string[]>,
  name: string,
  spec: OptionSpec,
  value: string | undefined,
  rawName: string,
): void {
  if (spec.type === 'boolean') {
    if (value !== undefined) throw new UsageError(`${rawName} takes no value`);
    options[name] = true;
    return;
  }
  const expected = spec.choices?.join(', ') ?? spec.value ?? 'a value';
  if (value === undefined || /^--\w/.test(value)) throw new UsageError(`${rawName} needs ${expected}`);
  if (spec.choices !== undefined && !spec.choices.includes(value)) {
    throw new UsageError(`${rawName} is one of ${expected}, not ${JSON.stringify(value)}`);
  }
  const before = options[name];
  if (spec.multiple) options[name] = [...(Array.isArray(before) ? before : []), value];
  else if (before !== undefined) throw new UsageError(`${rawName} is given twice`);
  else options[name] = value;
}

function unknownOption(rawName: string, table: OptionTable): UsageError {
  const [, dashes = '', name = ''] = /^(--?)(.*)$/s.exec(rawName) ?? [];
  const near = name.length > 1 ? nearestWord(name, Object.keys(table)) : undefined;
  return new UsageError(`there is no option ${rawName}${near === undefined ? '' : `, did you mean ${dashes}${near}?`}`);
}

function checkOperands(command: Command, operands: readonly string[]): void {
  const { minOperands = 0, maxOperands } = command;
  if (operands.length < minOperands) throw new UsageError(`${command.operands} is missing`);
  if (operands.length > maxOperands) {
    const extra = JSON.stringify(operands[maxOperands]);
    throw new UsageError(maxOperands === 0 ? `it takes options only, not ${extra}` : `${extra} is one too many`);
  }
}
