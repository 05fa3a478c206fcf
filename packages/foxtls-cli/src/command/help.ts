/** Help pages, made from the data of the commands. */

import { type Command, type CommandGroup, commandsOf } from './command.ts';
import { optionsOf } from './parse-arguments.ts';
import type { Style } from './style.ts';

const WIDTH = 96;

/** The page of a group: its commands by what one wants to do. `path` is what is typed before: `foxtls cert`. */
export function formatGroupHelp(group: CommandGroup, path: string, style: Style): string {
  const width = Math.max(...commandsOf(group).map(({ name }) => name.length)) + 2;
  const sections = group.sections.flatMap(({ title, commands }) => [
    '',
    style.bold(`${title}:`),
    ...commands.map(({ name, summary }) => `  ${style.cyan(name)}${' '.repeat(width - name.length)}${summary}`),
  ]);
  return [
    `${style.bold(path)}: ${group.summary}`,
    '',
    `usage: ${path} COMMAND [options]`,
    ...sections,
    '',
    `${path} COMMAND --help shows the options of a command, with examples.`,
    '',
  ].join('\n');
}

/** The page of a command. */
export function formatCommandHelp(command: Command, path: string, style: Style): string {
  const operands = command.operands === '' ? '' : ` ${command.operands}`;
  const options = Object.entries(optionsOf(command)).map(([name, { short, value, choices, help }]) => {
    const argument = value ?? (choices === undefined ? '' : choices.join('|'));
    return {
      left: `${short === undefined ? '    ' : `-${short}, `}${command.singleDash ? '-' : '--'}${name}${argument && ` ${argument}`}`,
      help,
    };
  });
  const width = Math.min(34, Math.max(...options.map(({ left }) => left.length)) + 2);
  const lines = options.flatMap(({ left, help }) => {
    const [first = '', ...rest] = wrap(help, WIDTH - width - 2);
    const shown = style.cyan(left);
    const head =
      left.length < width
        ? [`  ${shown}${' '.repeat(width - left.length)}${first}`]
        : [`  ${shown}`, `  ${''.padEnd(width)}${first}`];
    return [...head, ...rest.map((line) => `  ${''.padEnd(width)}${line}`)];
  });
  return [
    `${style.bold(path)}: ${command.summary}`,
    '',
    `usage: ${path} [options]${operands}`,
    '',
    ...lines,
    ...(command.notes ?? []).flatMap((note) => ['', ...wrap(note, WIDTH)]),
    '',
    style.bold('examples:'),
    ...command.examples.flatMap(({ purpose, line }) => [`  ${purpose}:`, `    ${style.green(line)}`]),
    '',
  ].join('\n');
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
