import { describe, expect, it } from 'vitest';
import { type CommandGroup, defineCommand } from '../command/command.ts';
import { candidatesFor } from './candidates.ts';

const examples = [
  { purpose: 'one', line: 'fox dig hole' },
  { purpose: 'two', line: 'fox dig --deep hole' },
] as const;
const dig = defineCommand({
  name: 'dig',
  summary: 'dig holes',
  operands: '[FILE]',
  maxOperands: 1,
  options: {
    deep: { type: 'boolean', short: 'd', help: 'deeper' },
    tool: { type: 'string', short: 't', choices: ['paw', 'spade'], help: 'with what' },
    map: { type: 'string', value: 'FILE', help: 'where' },
    friend: { type: 'string', multiple: true, value: 'NAME', help: 'who helps' },
  },
  examples,
  async run() {},
});
const root: CommandGroup = {
  kind: 'group',
  name: 'fox',
  summary: 'what foxes do',
  sections: [
    { title: 'work', commands: [dig] },
    { title: 'rest', commands: [{ kind: 'group', name: 'den', summary: 'at home', sections: [{ title: '', commands: [dig] }] }] },
  ],
};
const words = (...typed: string[]) => candidatesFor(root, typed).words.map(({ word }) => word);

describe('completion', () => {
  it('knows the commands, on every level', () => {
    expect(candidatesFor(root, ['d'])).toEqual({
      words: [
        { word: 'dig', help: 'dig holes' },
        { word: 'den', help: 'at home' },
      ],
      files: false,
    });
    expect(words('')).toEqual(['dig', 'den', '--help']);
    expect(words('den', '')).toEqual(['dig', '--help']);
    expect(words('nothing', '')).toEqual([]);
  });

  it('knows the options that are not given yet', () => {
    expect(words('dig', '--')).toEqual(['--deep', '--tool', '--map', '--friend', '--help', '--verbose']);
    expect(words('dig', '--deep', '--friend', 'badger', '--')).toEqual(['--tool', '--map', '--friend', '--help', '--verbose']);
    expect(words('dig', '--t')).toEqual(['--tool']);
    expect(words('dig', '')).toEqual([]);
  });

  it('knows the values of options, and where files fit', () => {
    expect(words('dig', '--tool', '')).toEqual(['paw', 'spade']);
    expect(words('dig', '-t', 's')).toEqual(['spade']);
    expect(candidatesFor(root, ['dig', '--map', ''])).toEqual({ words: [], files: true });
    expect(candidatesFor(root, ['dig', '--friend', ''])).toEqual({ words: [], files: false });
    expect(candidatesFor(root, ['den', 'dig', 'x'])).toEqual({ words: [], files: true });
  });
});
