/**
 * Reading what is named on a command line (`-` is standard input) and writing what a command made.
 *
 * Nothing is overwritten without `--force`; a file appears whole or not at all; files with secrets are readable by their owner only.
 */

import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CommandFailure, UsageError } from './failure.ts';
import type { Terminal } from './terminal.ts';

export interface Output {
  /** Where to; standard output when there is none, or `-`. */
  readonly path: string | undefined;
  readonly data: string | Uint8Array;
  /** Holds a private key. */
  readonly isSecret?: boolean;
  readonly force: boolean | undefined;
}

/** The bytes of a file, or of standard input. */
export async function readInput(path: string, terminal: Terminal): Promise<Uint8Array> {
  return path === '-' ? terminal.readInput() : new Uint8Array(readFileSync(path));
}

/** Writes all outputs, or none: what stands in the way is found before the first is written. */
export function writeOutputs(outputs: readonly Output[], terminal: Terminal): void {
  const paths = outputs.map(({ path }) => path).filter(isFile);
  const repeated = paths.find((path, i) => paths.indexOf(path) < i);
  if (repeated !== undefined) throw new UsageError(`${repeated} is named for two things: give each a file of its own`);
  for (const { path, force } of outputs) {
    if (isFile(path) && !force && existsSync(path)) {
      throw new CommandFailure(`${path} exists already: give another name, or --force to overwrite it`);
    }
  }
  for (const { path, data, isSecret = false } of outputs) {
    if (isFile(path)) writeWhole(path, data, isSecret);
    else terminal.write(data);
  }
}

function isFile(path: string | undefined): path is string {
  return path !== undefined && path !== '-';
}

/** Beside its place first, then renamed: nobody reads half of it, and a secret is never in a file that others may open. */
function writeWhole(path: string, data: string | Uint8Array, isSecret: boolean): void {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}`);
  try {
    writeFileSync(temporary, data, { mode: isSecret ? 0o600 : 0o644, flag: 'wx' });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw Object.assign(error as Error, { path });
  }
}
