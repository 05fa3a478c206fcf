/** What the shells make of `foxtls completion`, in the shells themselves. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { peerOrSkip } from '../packages/foxtls/test/peers.ts';
import { FOXTLS, foxtlsPrograms } from './harness/programs.ts';
import { startScreen } from './harness/screen.ts';

const folder = mkdtempSync(join(tmpdir(), 'foxtls-bin-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
symlinkSync(FOXTLS, join(folder, 'foxtls'));
// Whatever the terminal of the tests is told.
const environment = { NO_COLOR: '', PATH: `${folder}:${process.env['PATH']}` };
const { foxtls, inTerminal } = foxtlsPrograms(environment);

/** What bash would offer at the end of these words. */
function inBash(...words: string[]): string[] {
  const script = `eval "$(foxtls completion bash)"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _foxtls; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const output = execFileSync('bash', ['-c', script, 'bash', 'foxtls', ...words], {
    encoding: 'utf8',
    env: { ...process.env, ...environment },
  });
  return output.split('\n').filter((line) => line !== '');
}

describe('foxtls', () => {
  it('says its version', async () => {
    const program = foxtls('--version');
    expect((await program.exited()).code).toBe(0);
    expect(program.output).toMatch(/^foxtls \d+\.\d+\.\d+ \(Node \d+\.\d+\.\d+\)\n$/);
  });

  it('has a page of help that is coloured on a terminal only', async () => {
    const plain = foxtls('help', 'cert', 'show');
    expect((await plain.exited()).code).toBe(0);
    expect(plain.output).toContain('foxtls cert show: ');
    expect(plain.output).not.toContain('\x1b');
    const coloured = inTerminal('--help');
    await coloured.exited();
    expect(coloured.output).toContain('\x1b[36mcert\x1b[39m');
  });
});

describe('foxtls completion', () => {
  it('completes commands, options and their values in bash', () => {
    expect(inBash('dtls-')).toEqual(['dtls-server', 'dtls-client']);
    expect(inBash('cert', 'self')).toEqual(['self-signed']);
    expect(inBash('dtls-server', '--wor')).toEqual(['--workers']);
    expect(inBash('dtls-client', '--dtls', '1')).toEqual(['1.2', '1.3']);
    expect(inBash('dtls-client', '--cert', '')).toEqual([]);
  });

  for (const [shell, command, lines] of [
    ['zsh', 'zsh -f', ['autoload -U compinit; compinit -u', 'eval "$(foxtls completion zsh)"']],
    ['fish', 'fish --private --no-config', ['foxtls completion fish | source']],
  ] as const) {
    it(`completes by the tab key in ${shell}`, async (context) => {
      peerOrSkip(context, shell);
      peerOrSkip(context, 'tmux');
      const screen = startScreen({ command, environment: { ...environment, HOME: folder }, columns: 120 });
      for (const line of lines) {
        screen.type(line);
        screen.press('Enter');
      }
      screen.type('echo ready');
      screen.press('Enter');
      await screen.shows(/^ready$/m);
      screen.type('foxtls dtls-ser');
      screen.press('Tab');
      await screen.shows(/foxtls dtls-server/);
      screen.type('--requ');
      screen.press('Tab');
      expect(await screen.shows(/--require-certificate/)).not.toBeNull();
    });
  }

  it('knows the shells that there are', async () => {
    const program = foxtls('completion', 'csh');
    expect((await program.exited()).code).toBe(2);
    expect(program.errors).toBe('foxtls completion: there are scripts for bash, zsh, fish (foxtls completion --help)\n');
  });
});
