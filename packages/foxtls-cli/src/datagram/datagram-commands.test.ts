import { describe, expect, it } from 'vitest';
import type { CommandGroup } from '../command/command.ts';
import { parseArguments } from '../command/parse-arguments.ts';
import { runCommandLine } from '../command/run.ts';
import { fakeTerminal } from '../command/terminal.fixture.ts';
import { dtlsClientCommand } from './dtls-client-command.ts';
import { dtlsServerCommand } from './dtls-server-command.ts';
import { udpClientCommand } from './udp-client-command.ts';
import { udpServerCommand } from './udp-server-command.ts';

const commands = [udpServerCommand, udpClientCommand, dtlsServerCommand, dtlsClientCommand];
const root: CommandGroup = { kind: 'group', name: 'foxtls', summary: '', sections: [{ title: '', commands }] };

async function run(...args: string[]) {
  const terminal = fakeTerminal();
  const code = await runCommandLine(root, args, terminal);
  return { code, output: terminal.output(), complaints: terminal.complaints };
}

describe.each(commands.map((command) => ({ name: command.name, command })))('foxtls $name', ({ name, command }) => {
  it('explains itself within the width of a terminal, with two examples', async () => {
    const { code, output } = await run(name, '--help');
    expect(code).toBe(0);
    const [head, tail] = output.split('examples:\n');
    expect(head?.split('\n').filter((line) => line.length > 100)).toEqual([]);
    expect(tail?.match(/^ {4}\S/gm)).toHaveLength(2);
  });

  it('has examples that its own options allow', () => {
    for (const { line } of command.examples) {
      const words = line.split(' ');
      const own = words.slice(words.indexOf('foxtls') + 2);
      expect(() => parseArguments(command, own), line).not.toThrow();
    }
  });

  it('refuses an option that it does not have, in one line', async () => {
    const { code, output, complaints } = await run(name, '--portt', '1');
    expect([code, output, complaints]).toEqual([
      2,
      '',
      [`foxtls ${name}: there is no option --portt, did you mean --port? (foxtls ${name} --help)`],
    ]);
  });

  it('refuses a port that there is not', async () => {
    const { code, complaints } = await run(
      name,
      '--port',
      '65536',
      ...(name.startsWith('dtls') ? ['--psk', '--psk-key', 'pass:00'] : []),
    );
    expect([code, complaints]).toEqual([2, [expect.stringContaining('--port is a number from 0 to 65535, not "65536"')]]);
  });
});

describe('contradictions', () => {
  it.each([
    [['dtls-server', '--workers', '2', '--nonblocking'], 'two ways'],
    [['dtls-server', '--workers', '0'], 'from 1 to 64'],
    [['dtls-server', '--cert', 'x.pem'], '--cert and --key go together'],
    [['dtls-server', '--psk', '--ca', 'x.pem'], '--ca says nothing beside --psk'],
    [['dtls-server', '--psk', '--psk-key', 'pass:xyz'], 'hexadecimal digits'],
    [['dtls-server', '--psk-identity', 'me'], 'need --psk'],
    [['dtls-server', '--psk', '--require-certificate'], 'nobody has a certificate'],
    [['dtls-client', '--psk', '--insecure-no-verify'], 'the key itself shows'],
    [['dtls-client', '--timeout', '0'], '--timeout is a number of seconds'],
    [['udp-client', 'localhost', '--host', 'localhost'], 'name the server once'],
    [['udp-server', '--host', '127.0.0.1', '--any'], '--host says it all'],
    [['udp-server', '--host', 'localhost'], 'an IP address'],
  ])('are refused: %j', async (args, message) => {
    const { code, complaints } = await run(...args);
    expect([code, complaints]).toEqual([2, [expect.stringContaining(message)]]);
  });
});
