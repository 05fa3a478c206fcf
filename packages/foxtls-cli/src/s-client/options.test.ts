import { describe, expect, it } from 'vitest';
import { runCommandLine } from '../command/run.ts';
import { fakeTerminal } from '../command/terminal.fixture.ts';
import { sClientCommand } from './s-client-command.ts';

const root = { kind: 'group', name: 'foxtls', summary: '', sections: [{ title: '', commands: [sClientCommand] }] } as const;

describe('the options of s-client', () => {
  it.each([
    [['-conect', 'localhost:1'], 'there is no option -conect, did you mean -connect?'],
    [['-tls1_2', '-tls1_3'], '-tls1_2 and -tls1_3 contradict each other'],
    [['-no_tls1_2', '-tls1_3'], '-tls1_3 says it all: leave -no_tls1_2 and -no_tls1_3 out'],
    [['localhost:1', '-connect', 'localhost:2'], 'name the server once: as HOST:PORT, with -connect, or with -host'],
    [['-connect', 'localhost:2', '-port', '3'], '-port goes with -host: -connect has a port of its own'],
    [['-connect', 'localhost:0'], 'no server listens on port 0'],
    [['-starttls', 'gopher'], '-starttls is one of smtp, imap, pop3, ftp, xmpp, postgres, mysql, not "gopher"'],
    [['-dtls', '-msg'], '-msg is not there over datagrams'],
    [['--key', 'key.pem'], '-key needs -cert'],
    [['-tls1_1', '-no_tls1_1'], '-tls1_1 and -no_tls1_1 contradict each other'],
    [['-verify', 'yes'], '-verify is a number from 0 to 100, not "yes"'],
    [['-4', '-6'], '-4 and -6 contradict each other'],
    [['-servername', 'a', '-noservername'], '-servername and -noservername contradict each other'],
    [['-keymatexportlen', '4'], '-keymatexportlen needs -keymatexport'],
  ])('contradict themselves: %j', async (words, problem) => {
    const terminal = fakeTerminal();
    expect(await runCommandLine(root, ['s-client', ...words], terminal)).toBe(2);
    expect(terminal.complaints).toEqual([`foxtls s-client: ${problem} (foxtls s-client --help)`]);
  });
});
