/**
 * `foxtls` as people run it: a process for each command, in a folder of its own, beside the openssl that judges.
 */

import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect } from 'vitest';
import { waitUntil } from './wait.ts';

const bin = fileURLToPath(new URL('../../packages/foxtls-cli/bin/foxtls.js', import.meta.url));

export interface Started {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

/** A folder, removed after the file's tests, and what is done in it. */
export function createWorkbench() {
  const folder = mkdtempSync(join(tmpdir(), 'foxtls-cert-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** A session of its own has no terminal, so nobody is there to be asked. */
  function run(command: string, args: readonly string[], input?: string | Uint8Array): SpawnSyncReturns<string> {
    const env = { ...process.env, CA_PASSWORD: 'vixen' };
    return spawnSync('setsid', ['--wait', command, ...args], {
      cwd: folder,
      env,
      input: input ?? '',
      encoding: 'utf8',
      timeout: 60_000,
    });
  }

  return {
    folder,
    bin,
    run,
    /** Runs `foxtls cert`; what it prints, if it is done well. */
    cert(...args: string[]): string {
      const { status, stdout, stderr } = run(bin, ['cert', ...args]);
      expect([status, stderr], args.join(' ')).toEqual([0, '']);
      return stdout;
    },
    /** The exit code and the one line of a command that fails. */
    failed(...args: string[]): string {
      const { status, stdout, stderr } = run(bin, ['cert', ...args]);
      expect(stdout).toBe('');
      return `${status} ${stderr.trimEnd()}`;
    },
    /** The exit code and the answer of a command that answers no. */
    refused(...args: string[]): string {
      const { status, stdout, stderr } = run(bin, ['cert', ...args]);
      expect(stderr).toBe('');
      return `${status} ${stdout.trimEnd()}`;
    },
    openssl(...args: string[]): string {
      const { status, stdout, stderr } = run('openssl', args);
      expect(status, `openssl ${args.join(' ')}: ${stderr}`).toBe(0);
      return stdout;
    },
    read: (name: string) => readFileSync(join(folder, name), 'utf8'),
    modeOf: (name: string) => statSync(join(folder, name)).mode & 0o777,
    start: (args: readonly string[]) => start(folder, args),
    inTerminal: (args: readonly string[], typed: readonly string[]) => inTerminal(bin, folder, args, typed),
  };
}

/** Runs `foxtls cert` beside a server of this process. */
function start(folder: string, args: readonly string[]): Promise<Started> & { output(): string; errorText(): string } {
  const child = spawn(bin, ['cert', ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], timeout: 30_000 });
  let output = '';
  let errors = '';
  child.stdout.on('data', (data) => {
    output += String(data);
  });
  child.stderr.on('data', (data) => {
    errors += String(data);
  });
  const ended = new Promise<Started>((done) => child.on('close', (code) => done({ code, output, errors })));
  return Object.assign(ended, { output: () => output, errorText: () => errors });
}

/** Runs `foxtls cert` in a pseudo-terminal of `script`, and types when it is asked. What the terminal shows. */
async function inTerminal(bin: string, folder: string, args: readonly string[], typed: readonly string[]): Promise<string> {
  const line = [bin, 'cert', ...args].map((word) => `'${word}'`).join(' ');
  const child = spawn('script', ['--quiet', '--return', '--command', line, '/dev/null'], {
    cwd: folder,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let shown = '';
  child.stdout.on('data', (data) => {
    shown += String(data);
  });
  const ended = new Promise<void>((done) => child.on('close', () => done()));
  for (const [i, text] of typed.entries()) {
    await waitUntil(
      () => (shown.match(/: (?=$|\r)/g) ?? []).length > i,
      () => shown,
    );
    child.stdin.write(text);
  }
  await ended;
  return shown;
}
