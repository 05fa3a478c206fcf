/**
 * A terminal with a screen, for programs that draw: a window of tmux, typed into and looked at.
 *
 * Every screen has a tmux server of its own, which ends with the test that started it.
 */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { waitUntil } from './wait.ts';

export interface ScreenOptions {
  /** For a shell, see `shellLine`. */
  readonly command: string;
  readonly columns?: number;
  readonly rows?: number;
  readonly environment?: Readonly<Record<string, string>>;
}

export interface Screen {
  /** What it shows now: a line for each row, without the blanks at their ends. */
  text(): string;
  /** As it is typed. */
  type(text: string): void;
  /** As a terminal pastes: marked as such where the program asked for that. */
  paste(text: string): void;
  /** Keys by tmux's names: `Enter`, `Up`, `C-c`, `BSpace`. */
  press(...keys: string[]): void;
  resize(columns: number, rows: number): void;
  /** Waits until the screen matches; gives the match. */
  shows(pattern: RegExp, timeout?: number): Promise<RegExpExecArray>;
  /** Waits until the program has ended. Gives its exit code. */
  ended(timeout?: number): Promise<number>;
}

/** Milliseconds between looks: each is a process. */
const LOOK = 50;

/** Starts a program in a window. Needs tmux. */
export function startScreen({ command, columns = 80, rows = 24, environment = {} }: ScreenOptions): Screen {
  const folder = mkdtempSync(join(tmpdir(), 'foxtls-screen-'));
  const tmux = (...words: string[]) =>
    execFileSync('tmux', ['-S', join(folder, 'socket'), '-f', '/dev/null', ...words], {
      encoding: 'utf8',
      env: { ...process.env, TMUX: '', LC_ALL: 'C.UTF-8', SHELL: '/bin/sh', ...environment },
    });
  const size = (name: string, value: number) => [name, String(value)];
  const codeFile = join(folder, 'code');
  // The shell stays when the program has ended, so that the last screen can be read, and tells how. (tmux's own `pane_dead` does not always come.)
  const line = `trap : INT; (${command}); echo $? > '${codeFile}'; exec sleep 86400`;
  tmux('start-server', ';', 'set-option', '-g', 'status', 'off', ';', 'set-option', '-g', 'escape-time', '0', ';',
    'new-session', '-d', ...size('-x', columns), ...size('-y', rows), line); // biome-ignore format: one command line
  onTestFinished(() => {
    try {
      tmux('kill-server');
    } catch {
      // It has ended.
    }
    rmSync(folder, { recursive: true, force: true });
  });
  const text = () =>
    tmux('capture-pane', '-p')
      .replace(/[ \t]+$/gm, '')
      .trimEnd();
  // Empty, and made if need be, as long as the program runs.
  const exitCode = () => readFileSync(codeFile, { encoding: 'utf8', flag: 'a+' }).trim();
  return {
    text,
    // A semicolon at the end would end tmux's command.
    type: (characters) => void tmux('send-keys', '-l', '--', characters.replace(/;$/, '\\;')),
    paste: (characters) => void tmux('set-buffer', characters, ';', 'paste-buffer', '-p', '-r'),
    press: (...keys) => void tmux('send-keys', ...keys),
    resize: (width, height) => void tmux('resize-window', ...size('-x', width), ...size('-y', height)),
    async shows(pattern, timeout) {
      let match: RegExpExecArray | null = null;
      await waitUntil(
        () => {
          match = pattern.exec(text());
          return match !== null;
        },
        () => `the screen should show ${pattern}; it shows:\n${text()}`,
        timeout,
        LOOK,
      );
      return match as unknown as RegExpExecArray;
    },
    async ended(timeout) {
      await waitUntil(
        () => exitCode() !== '',
        () => `the program should end; the screen shows:\n${text()}`,
        timeout,
        LOOK,
      );
      return Number(exitCode());
    },
  };
}
