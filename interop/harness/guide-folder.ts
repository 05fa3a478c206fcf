/** Where a reader of a guide sits: an empty folder that is his home, with `foxtls` on the path, and packages that programs can import. */

import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll } from 'vitest';

export interface GuideFolder {
  readonly folder: string;
  /** To start programs with, beside that of this process. */
  readonly environment: Readonly<Record<string, string>>;
}

/** To be called once, where the tests of a guide are described; the folder is gone after them. */
export function guideFolder(): GuideFolder {
  const folder = mkdtempSync(join(tmpdir(), 'foxtls-guide-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  beforeAll(() => {
    const command = resolve('packages/foxtls-cli/bin/foxtls.js');
    mkdirSync(join(folder, 'bin'));
    chmodSync(command, 0o755);
    symlinkSync(command, join(folder, 'bin/foxtls'));
    symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  });
  return { folder, environment: { HOME: folder, PATH: `${join(folder, 'bin')}:${process.env['PATH']}` } };
}
