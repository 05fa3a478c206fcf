/** How much of the disk each implementation takes once it is installed: its own files, and those of what it needs beyond the system. */

import { execFile } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { ImplementationName } from './implementations.ts';

export interface InstalledSize {
  readonly bytes: number;
  /** Of what. */
  readonly parts: string;
}

const PACKAGES = {
  OpenSSL: ['openssl', 'libssl3*', 'libssl-dev'],
  wolfSSL: ['libwolfssl[0-9]*', 'libwolfssl-dev'],
} as const;

/** Undefined where nobody says. */
export async function installedSize(name: ImplementationName): Promise<InstalledSize | undefined> {
  if (name === 'foxtls') return sizeOfFoxtls();
  if (name === 'node:tls') return { bytes: statSync(process.execPath).size, parts: 'the node program, all of it' };
  return sizeOfPackages(PACKAGES[name]);
}

/** The JavaScript, without maps and types, and the packages that it depends on. */
function sizeOfFoxtls(): InstalledSize {
  const dist = dirname(fileURLToPath(import.meta.resolve('foxtls')));
  const own = sizeOfFiles(dist, (path) => path.endsWith('.js'));
  let folder = dist;
  while (!existsSync(join(folder, 'node_modules/@noble')) && dirname(folder) !== folder) folder = dirname(folder);
  const noble = ['ciphers', 'curves', 'hashes']
    .map((name) => join(folder, 'node_modules/@noble', name))
    .filter((path) => existsSync(path));
  const needed = noble.reduce((sum, path) => sum + sizeOfFiles(path, (file) => file.endsWith('.js')), 0);
  return { bytes: own + needed, parts: 'JavaScript of foxtls and @noble, without Node' };
}

function sizeOfFiles(folder: string, counts: (path: string) => boolean): number {
  return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sum + sizeOfFiles(path, counts);
    return sum + (entry.isFile() && counts(path) ? statSync(path).size : 0);
  }, 0);
}

async function sizeOfPackages(patterns: readonly string[]): Promise<InstalledSize | undefined> {
  const format = ['-W', '-f', '$' + '{Package} $' + '{Installed-Size}\n'];
  try {
    const { stdout } = await promisify(execFile)('dpkg-query', [...format, ...patterns]);
    const found = stdout
      .trim()
      .split('\n')
      .map((line) => line.split(' '))
      .filter(([, size]) => Number(size) > 0);
    const bytes = found.reduce((sum, [, size]) => sum + Number(size) * 1024, 0);
    return { bytes, parts: found.map(([name]) => name).join(', ') };
  } catch {
    // Not every system has Debian's packages.
    return undefined;
  }
}
