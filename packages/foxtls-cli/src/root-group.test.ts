/** What holds for every program: its help, its examples, what it says of options that it does not have. */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Command, type CommandGroup, commandsOf } from './command/command.ts';
import { parseArguments } from './command/parse-arguments.ts';
import { runCommandLine } from './command/run.ts';
import { fakeTerminal } from './command/terminal.fixture.ts';
import { rootGroup as root } from './root-group.ts';

const commands = leavesOf(root, 'foxtls');

describe('foxtls', () => {
  it.each(commands)('$path has two examples that its own options allow', ({ path, command }) => {
    for (const { line } of command.examples) {
      const words = ownWords(line, path);
      // An example may show what to do next with another program.
      if (words === undefined) continue;
      expect(() => parseArguments(command, words), line).not.toThrow();
    }
    expect(
      command.examples.some(({ line }) => ownWords(line, path) !== undefined),
      path,
    ).toBe(true);
  });

  it.each(commands)('$path explains itself within the width of a terminal', async ({ path }) => {
    const terminal = fakeTerminal();
    expect(await runCommandLine(root, [...path.split(' ').slice(1), '--help'], terminal)).toBe(0);
    const [head] = terminal.output().split('examples:');
    expect(head?.split('\n').filter((line) => line.length > 100)).toEqual([]);
  });

  it.each(commands)('$path refuses an option that it does not have', async ({ path }) => {
    const terminal = fakeTerminal();
    expect(await runCommandLine(root, [...path.split(' ').slice(1), '--nonsense'], terminal)).toBe(2);
    expect(terminal.complaints).toEqual([`${path}: there is no option --nonsense (${path} --help)`]);
  });

  it('has every program in the README', () => {
    const text = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');
    const [, section = ''] = /\n## The command\n(.*?)\n## /s.exec(text) ?? [];
    const missing = commandsOf(root)
      .map(({ name }) => name)
      .filter((name) => !section.includes(`\`${name}\``) && !section.includes(`foxtls ${name} `));
    expect(missing).toEqual([]);
  });

  it('groups its programs by what one wants to do', async () => {
    const terminal = fakeTerminal();
    expect(await runCommandLine(root, ['--help'], terminal)).toBe(0);
    for (const { title } of root.sections) expect(terminal.output()).toContain(`\n${title}:\n`);
    expect(
      terminal
        .output()
        .split('\n')
        .filter((line) => line.length > 100),
    ).toEqual([]);
  });
});

function leavesOf(group: CommandGroup, path: string): { path: string; command: Command }[] {
  return commandsOf(group).flatMap((entry) =>
    entry.kind === 'group' ? leavesOf(entry, `${path} ${entry.name}`) : [{ path: `${path} ${entry.name}`, command: entry }],
  );
}

/** The arguments behind `path` in a line of shell, up to where the shell goes on with something else. */
function ownWords(line: string, path: string): string[] | undefined {
  const at = `${line} `.indexOf(`${path} `);
  if (at < 0) return undefined;
  const words = line.slice(at + path.length).matchAll(/\s+(?:"([^"]*)"|([^\s"'|&>)]+))|\s*([|&>)])/g);
  const found: string[] = [];
  for (const [, quoted, plain, end] of words) {
    if (end !== undefined) break;
    found.push(quoted ?? plain ?? '');
  }
  return found;
}
