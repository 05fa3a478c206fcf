import { describe, expect, it } from 'vitest';
import { type CommandGroup, defineCommand } from './command.ts';
import { CommandFailure } from './failure.ts';
import { runCommandLine } from './run.ts';
import { fakeTerminal } from './terminal.fixture.ts';

const examples = [
  { purpose: 'one', line: 'fox dig hole' },
  { purpose: 'two', line: 'fox dig --deep hole' },
] as const;

const dig = defineCommand({
  name: 'dig',
  summary: 'dig holes',
  operands: 'HOLE...',
  minOperands: 1,
  maxOperands: 2,
  options: {
    deep: { type: 'boolean', short: 'd', help: 'deeper' },
    tool: { type: 'string', short: 't', choices: ['paw', 'spade'], help: 'with what' },
    friend: { type: 'string', short: 'f', multiple: true, value: 'NAME', help: 'who helps; may be repeated' },
    depth: { type: 'string', value: 'METRES', help: 'how deep' },
  },
  examples,
  async run({ options, operands }, terminal) {
    terminal.write(`${JSON.stringify({ ...options, operands })}\n`);
    return options.deep ? 3 : undefined;
  },
});
const fall = defineCommand({
  name: 'fall',
  summary: 'fail',
  operands: '',
  maxOperands: 0,
  options: { human: { type: 'boolean', short: 'h', help: 'takes the letter of help' } },
  examples,
  async run() {
    throw new CommandFailure('the hole\n is too deep');
  },
});
const swim = defineCommand({
  name: 'swim',
  summary: 'names of options have one dash',
  operands: '[WHERE]',
  maxOperands: 1,
  singleDash: true,
  options: {
    connect: { type: 'string', value: 'HOST', help: 'where' },
    quiet: { type: 'boolean', help: 'without a splash' },
    tls1_2: { type: 'boolean', help: 'as it was' },
    4: { type: 'boolean', help: 'with four legs' },
    alpn: { type: 'string', short: 'a', help: 'has a letter, too' },
  },
  examples,
  async run({ options, operands }, terminal) {
    terminal.write(JSON.stringify({ ...options, operands }));
  },
});
const root: CommandGroup = {
  kind: 'group',
  name: 'fox',
  summary: 'what foxes do',
  sections: [
    { title: 'work', commands: [dig] },
    {
      title: 'accidents',
      commands: [{ kind: 'group', name: 'trip', summary: 'fail', sections: [{ title: 'all', commands: [fall] }] }],
    },
    { title: 'water', commands: [swim] },
  ],
};

async function run(...args: string[]) {
  const terminal = fakeTerminal();
  const code = await runCommandLine(root, args, terminal);
  return { code, output: terminal.output(), complaints: terminal.complaints };
}

describe('a command line', () => {
  it('reaches its command with options and operands', async () => {
    const { code, output } = await run('dig', '-t', 'paw', 'a', '--friend=vixen', '-f', 'cub', '--depth', '-5', '--', '--b');
    expect(JSON.parse(output)).toEqual({ tool: 'paw', friend: ['vixen', 'cub'], depth: '-5', operands: ['a', '--b'] });
    expect(code).toBe(0);
  });

  it('takes a value that begins as PEM does', async () => {
    const { output } = await run('dig', '--depth', '-----BEGIN CERTIFICATE-----', 'a');
    expect(JSON.parse(output)).toEqual({ depth: '-----BEGIN CERTIFICATE-----', operands: ['a'] });
  });

  it('ends with the exit code of the command', async () => {
    expect((await run('dig', '--deep', 'a')).code).toBe(3);
  });

  it.each([
    [['dig', '--dep', 'a'], 'fox dig: there is no option --dep, did you mean --deep? (fox dig --help)'],
    [['dig', '-x', 'a'], 'fox dig: there is no option -x (fox dig --help)'],
    [['dig'], 'fox dig: HOLE... is missing (fox dig --help)'],
    [['dig', 'a', 'b', 'c'], 'fox dig: "c" is one too many (fox dig --help)'],
    [['dig', '--tool', 'teeth', 'a'], 'fox dig: --tool is one of paw, spade, not "teeth" (fox dig --help)'],
    [['dig', 'a', '--depth'], 'fox dig: --depth needs METRES (fox dig --help)'],
    [['dig', '--depth', '--deep', 'a'], 'fox dig: --depth needs METRES (fox dig --help)'],
    [['dig', '--deep=yes', 'a'], 'fox dig: --deep takes no value (fox dig --help)'],
    [['dig', '--depth', '1', '--depth', '2', 'a'], 'fox dig: --depth is given twice (fox dig --help)'],
    [['dog', 'a'], 'fox: there is no command "dog", did you mean dig? (fox --help)'],
    [[], 'fox: say which command (fox --help)'],
    [['trip', 'fall', 'down'], 'fox trip fall: it takes options only, not "down" (fox trip fall --help)'],
    [['dig', '--constructor', 'a'], 'fox dig: there is no option --constructor (fox dig --help)'],
  ])('that is wrong ends with 2 and one line: %j', async (args, complaint) => {
    expect(await run(...args)).toEqual({ code: 2, output: '', complaints: [complaint] });
  });

  it('that fails ends with 1 and one line, and a stack only when it is asked for', async () => {
    expect(await run('trip', 'fall')).toEqual({ code: 1, output: '', complaints: ['fox trip fall: the hole is too deep'] });
    const { complaints } = await run('trip', 'fall', '--verbose');
    expect(complaints[1]).toMatch(/at .*run\.test\.ts/);
  });

  it('shows help instead of running', async () => {
    const { code, output } = await run('dig', '--help');
    expect(code).toBe(0);
    expect(output).toBe(
      [
        'fox dig: dig holes',
        '',
        'usage: fox dig [options] HOLE...',
        '',
        '  -d, --deep            deeper',
        '  -t, --tool paw|spade  with what',
        '  -f, --friend NAME     who helps; may be repeated',
        '      --depth METRES    how deep',
        '  -h, --help            show this help',
        '      --verbose         say more, and show where an error came from',
        '',
        'examples:',
        '  one:',
        '    fox dig hole',
        '  two:',
        '    fox dig --deep hole',
        '',
      ].join('\n'),
    );
    expect((await run('trip', 'fall', '--help')).output).toContain('      --help ');
    expect((await run('--help')).output).toContain('work:\n  dig   dig holes\n\naccidents:\n  trip  fail\n');
  });
});

describe('the way to help', () => {
  it('goes through `help`, too', async () => {
    const direct = await run('dig', '--help');
    expect(await run('help', 'dig')).toEqual(direct);
    expect((await run('help')).output).toEqual((await run('--help')).output);
    expect((await run('help', 'trip', 'fall')).output).toContain('fox trip fall: fail');
    const wrong = await run('help', 'dg');
    expect(wrong).toEqual({ code: 2, output: '', complaints: ['fox: there is no command "dg", did you mean dig? (fox --help)'] });
  });

  it('has a version where there is one', async () => {
    const terminal = fakeTerminal();
    expect(await runCommandLine({ ...root, version: '1.2.3' }, ['--version'], terminal)).toBe(0);
    expect(terminal.output()).toMatch(/^fox 1\.2\.3 \(Node /);
    expect((await run('--version')).complaints).toEqual(['fox: there is no option --version before a command (fox --help)']);
  });
});

describe('a command whose options have one dash', () => {
  it('takes them with one or two', async () => {
    const { output } = await run('swim', '-connect', 'pond', '--quiet', '-tls1_2', '-4', 'east');
    expect(JSON.parse(output)).toEqual({ connect: 'pond', quiet: true, tls1_2: true, 4: true, operands: ['east'] });
  });

  it('leaves values, letters and what follows two dashes as they are', async () => {
    expect(JSON.parse((await run('swim', '-connect', '-quiet', '-a', 'h2')).output)).toEqual({
      connect: '-quiet',
      alpn: 'h2',
      operands: [],
    });
    expect(JSON.parse((await run('swim', '-connect=pond', '--', '-quiet')).output)).toEqual({
      connect: 'pond',
      operands: ['-quiet'],
    });
    expect(JSON.parse((await run('swim', '-')).output)).toEqual({ operands: ['-'] });
  });

  it.each([
    [['-conect', 'pond'], 'there is no option -conect, did you mean -connect?'],
    [['--conect', 'pond'], 'there is no option --conect, did you mean --connect?'],
    [['-x'], 'there is no option -x'],
    [['-connect'], '-connect needs HOST'],
    [['-quiet=1'], '-quiet takes no value'],
  ])('names the nearest as it was typed: %j', async (args, problem) => {
    expect(await run('swim', ...args)).toMatchObject({ code: 2, complaints: [`fox swim: ${problem} (fox swim --help)`] });
  });

  it('shows them so', async () => {
    expect((await run('swim', '-help')).output).toMatch(/^ {2} {4}-connect HOST +where$/m);
  });
});
