import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { CommandGroup } from '../command/command.ts';
import { runCommandLine } from '../command/run.ts';
import { fakeTerminal } from '../command/terminal.fixture.ts';
import { clientCommand } from './client-command.ts';
import { serverCommand } from './server-command.ts';
import { parseAlpn } from './shared-options.ts';

const home = mkdtempSync(join(tmpdir(), 'foxtls-home-'));
beforeAll(() => {
  vi.stubEnv('HOME', home);
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true, force: true });
});

const root: CommandGroup = {
  kind: 'group',
  name: 'foxtls',
  summary: '',
  sections: [{ title: '', commands: [clientCommand, serverCommand] }],
};

async function run(line: string) {
  const terminal = fakeTerminal({ now: new Date() });
  const code = await runCommandLine(root, line.split(' '), terminal);
  return { code, output: terminal.output(), complaints: terminal.complaints };
}

describe('options that cannot be, of', () => {
  it.each([
    ['client -0', 'early data (-0) is not there yet'],
    ['server -0', 'early data (-0) is not there yet'],
    ['client -Q', 'authentication after the handshake (-Q) is not there yet'],
    ['server -Q', 'authentication after the handshake (-Q) is not there yet'],
    ['client -v 0', 'SSL 3.0 is broken, and foxtls does not speak it: choose TLS 1.0 (-v 1) or newer'],
    ['server -v 5', '-v is one of 1.3, 1.2, 1.1, 1.0, 0, 1, 2, 3, 4, d, not "5"'],
    ['client --resum', 'there is no option --resum, did you mean --resume?'],
    ['client -p', '-p needs PORT'],
    ['client -p 70000', '--port is a number from 0 to 65535, not "70000"'],
    ['client -b none', '--connections is a number from 1 to 1000000, not "none"'],
    ['server -C 0', '--connections is at least 1'],
    ['client -W 2', '-W 2 is status_request_v2, which TLS 1.3 has done away with: -W 1 is there'],
    ['client -F 5', '-F 5 is of wolfSSL alone: 1 to 4 are those of RFC 6066'],
    ['client -n', '-n is about TLS 1.2 and before, as TLS 1.3 always has it: add -v 3'],
    ['client -i -v 4', 'TLS 1.3 has no renegotiation (-i): add -v 3'],
    ['client -i', '-i is of TLS 1.2: add -v 3'],
    ['client -I -v 3', '-I is of TLS 1.3: leave -v 3 out'],
    ['server -J -v 3', '-J is of TLS 1.3: leave -v 3 out'],
    ['client -d -o', '-d heeds no certificate, and --crl, --ocsp and --staple are about certificates: leave one side out'],
    ['client -m -d', '-m and -d are opposites: choose one'],
    ['client -s -d', 'with --psk the key itself shows who the server is: leave --insecure-no-verify out'],
    ['client -s -c x -k y', '--cert says nothing beside --psk: leave one of them out'],
    ['client -c x', '--cert and --key go together'],
    ['client -x -c x -k y', '-x shows no certificate and --cert does: choose one'],
    ['client -l ROT13', '--ciphers names none that is known: foxtls client -e lists them, with --legacy the old ones too'],
    ['client -l ROT13 -u', '--ciphers names none that is known: foxtls client -e lists them, with --legacy the old ones too'],
    ['server -l ROT13', '--ciphers names none that is known: foxtls client -e lists them, with --legacy the old ones too'],
    ['client -M imap', '-M is one of smtp, not "imap"'],
    ['client -M smtp -u', '--starttls says QUIT when TLS is there, over TCP: leave -u, -g, -b, -B and -r out'],
    ['client -u -v 1', 'there is no DTLS beside TLS 1.0: -v 2 is DTLS 1.0, 3 is 1.2, 4 is 1.3'],
    ['server -L C:h2', 'a server has to refuse a client that knows none of its protocols (RFC 7301): F: or no letter, not C:'],
    ['client -L ,', '--alpn is a list such as h2,http/1.1, not ","'],
    ['server -i -C 3', '--loop and --connections say how long to serve in different ways: choose one'],
    ['server -e -g', '--get and --echo are different replies: choose one'],
    ['server -I', '-I is about --psk: add it, or leave -I out'],
    [
      'client --insecure-wolfssl-psk -v d',
      '--insecure-wolfssl-psk has a key for TLS 1.3 and another for the rest: choose with -v',
    ],
    ['client one two', '"two" is one too many'],
    ['server localhost', 'it takes options only, not "localhost"'],
    ['client --timeout soon', '--timeout is a number of seconds above 0, not "soon"'],
  ])('foxtls %s', async (line, complaint) => {
    const [name] = line.split(' ');
    expect(await run(line)).toEqual({
      code: 2,
      output: '',
      complaints: [`foxtls ${name}: ${complaint} (foxtls ${name} --help)`],
    });
  });
});

describe('what is listed by', () => {
  it('-V are the versions, and by -e the suites', async () => {
    expect(await run('client -V')).toEqual({ code: 0, output: '1:2:3:4:d(downgrade):\n', complaints: [] });
    expect((await run('client -e')).output).toMatch(/^TLS13-AES128-GCM-SHA256:.*:ECDHE-RSA-AES256-GCM-SHA384:.*\n$/);
  });
});

describe('a list of protocols', () => {
  it('is comma-separated, behind a letter or not', () => {
    expect(parseAlpn('h2,http/1.1')).toEqual({ protocols: ['h2', 'http/1.1'], isDemanded: false });
    expect(parseAlpn('C:h2')).toEqual({ protocols: ['h2'], isDemanded: false });
    expect(parseAlpn('F:h2')).toEqual({ protocols: ['h2'], isDemanded: true });
    expect(() => parseAlpn('F:')).toThrow('--alpn is a list');
  });
});
