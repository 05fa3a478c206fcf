/**
 * The openssl command line in a folder of its own: files are given and taken as bytes, and what it prints is the answer.
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface OpenSsl {
  /** Runs `openssl …`: what it printed, on both outputs. Throws, with that, when it fails. */
  run(...parameters: readonly string[]): string;
  /** The same for what has to fail: what it printed. Throws when it does not. */
  fails(...parameters: readonly string[]): string;
  /** Writes a file of the folder; its path, for parameters. */
  give(name: string, content: Uint8Array | string): string;
  /** Reads a file that openssl wrote. */
  take(name: string): Uint8Array;
  /** The path of a file in the folder, which may not be there yet. */
  path(name: string): string;
  remove(): void;
}

/** A new folder; `remove()` it in the end. */
export function openSslInFolder(): OpenSsl {
  const folder = mkdtempSync(join(tmpdir(), 'foxtls-openssl-'));
  const path = (name: string) => join(folder, name);
  const execute = (parameters: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync('openssl', parameters, {
      cwd: folder,
      encoding: 'utf8',
      timeout: 30_000,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return { isDone: status === 0, printed: `${stdout}${stderr}` };
  };
  return {
    run(...parameters) {
      const { isDone, printed } = execute(parameters);
      if (!isDone) throw new Error(`openssl ${parameters.join(' ')} failed:\n${printed}`);
      return printed;
    },
    fails(...parameters) {
      const { isDone, printed } = execute(parameters);
      if (isDone) throw new Error(`openssl ${parameters.join(' ')} did not fail:\n${printed}`);
      return printed;
    },
    give(name, content) {
      writeFileSync(path(name), content);
      return path(name);
    },
    take: (name) => new Uint8Array(readFileSync(path(name))),
    path,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
