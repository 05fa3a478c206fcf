import { describe, expect, it } from 'vitest';
import { commandOf, EchoLines } from './echo-lines.ts';

function run(...parts: (string | Uint8Array)[]) {
  const lines = new EchoLines();
  const steps = parts.map((part) => lines.receive(Buffer.from(part as string)));
  return {
    echo: Buffer.concat(steps.map(({ echo }) => echo)).toString('latin1'),
    lines: steps.flatMap((step) => step.lines),
    command: steps.find(({ command }) => command !== undefined)?.command,
    rest: lines.end(),
  };
}

describe('the lines of an echo server', () => {
  it('go back as they come, and are shown when they are complete', () => {
    expect(run('he', 'llo\r\nwor', 'ld\n!')).toEqual({
      echo: 'hello\r\nworld\n!',
      lines: ['hello', 'world'],
      command: undefined,
      rest: '!',
    });
  });

  it.each(['quit', 'break'] as const)('stop at %s, of which nothing is echoed, nor of what is behind it', (command) => {
    expect(run(`one\n${command}\ntwo\n`)).toEqual({ echo: 'one\n', lines: ['one'], command, rest: undefined });
    expect(run(`one\n`, command)).toEqual({ echo: 'one\n', lines: ['one'], command, rest: undefined });
    expect(run(`${command}\r\n`).command).toBe(command);
  });

  it.each(['quitter\n', 'do not quit\n', 'Quit\n', ' quit\n'])('take %j for no command', (line) => {
    expect(run(line)).toMatchObject({ echo: line, command: undefined });
  });

  it('take no command that begins within a line', () => {
    expect(run('do not ', 'quit\n')).toMatchObject({ echo: 'do not quit\n', lines: ['do not quit'], command: undefined });
  });

  it('carry any bytes, and hold no more than a line of them', () => {
    expect(run(Uint8Array.of(0, 0xff, 0x80)).echo).toBe('\0\xff\x80');
    const long = run('x'.repeat(5000), 'x'.repeat(5000));
    expect([long.echo.length, long.lines.length, long.rest]).toEqual([10_000, 2, undefined]);
  });

  it('are commands by themselves for the client, too', () => {
    expect([commandOf(Buffer.from('quit\n')), commandOf(Buffer.from('break')), commandOf(Buffer.from('x'))]).toEqual([
      'quit',
      'break',
      undefined,
    ]);
  });
});
