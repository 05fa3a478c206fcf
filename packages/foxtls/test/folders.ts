/**
 * Where tests find what is not in this repository: test vectors and RFC texts, in `../shared` beside the project's root.
 *
 * A missing folder skips the tests that need it, with the reason; it fails them where the environment says `required`.
 */

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'vitest';

export const projectRoot = fileURLToPath(new URL('../../../', import.meta.url));

/** The part of vitest's test context that a skip needs. */
export interface Skippable {
  skip(note?: string): never;
}

/** A folder outside of the project. `setting` is an environment variable: `required`, or the folder itself. */
export interface SharedFolder {
  readonly what: string;
  readonly name: string;
  readonly setting: string;
}

/** The path of a file or folder in a shared folder, or undefined when it is missing. Throws when the setting is `required`. */
export function findShared(folder: SharedFolder, path: string): string | undefined {
  const found = resolve(sharedRoot(folder), path);
  if (existsSync(found)) return found;
  if (isRequired(folder)) throw new Error(`${missingReason(folder, path)}, but ${folder.setting}=required`);
  return undefined;
}

/** Why a test that needs `path` was skipped. */
export function missingReason(folder: SharedFolder, path: string): string {
  return `no ${folder.what} at ../shared/${folder.name}${path === '' ? '' : `/${path}`} (or in $${folder.setting}_DIR)`;
}

/** The path of a file or folder in a shared folder; skips the running test, with the reason, when it is missing. */
export function sharedOrSkip(context: Skippable, folder: SharedFolder, path: string): string {
  return findShared(folder, path) ?? context.skip(missingReason(folder, path));
}

/** A suite whose tests are made from a shared file; a single skipped test, with the reason, when it is missing. */
export function describeWithShared(title: string, folder: SharedFolder, path: string, define: (found: string) => void): void {
  describe(title, () => {
    const found = findShared(folder, path);
    if (found === undefined) it('reads its data', (context) => context.skip(missingReason(folder, path)));
    else define(found);
  });
}

function isRequired(folder: SharedFolder): boolean {
  return process.env[folder.setting] === 'required';
}

function sharedRoot(folder: SharedFolder): string {
  return process.env[`${folder.setting}_DIR`] ?? resolve(projectRoot, '..', 'shared', folder.name);
}
