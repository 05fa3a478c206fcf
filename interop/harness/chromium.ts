/** Chromium as a person's browser: a home and a profile of its own, authorities where it looks for the user's. */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type PeerProcess, runPeer } from './peer-process.ts';

const QUIET_AND_ALONE = [
  '--headless',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const PATIENCE = 45_000;

/** Runs it to its end, with further words: `--dump-dom`, a URL. */
export function browse(home: string, ...words: string[]): Promise<PeerProcess> {
  // Root may not use the sandbox.
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const profile = `--user-data-dir=${join(home, 'profile')}`;
  const environment = { HOME: home, XDG_CONFIG_HOME: join(home, '.config') };
  return runPeer('chromium', [...QUIET_AND_ALONE, ...sandbox, profile, ...words], { environment, timeout: PATIENCE });
}

/** Imports an authority into the user's NSS database, where Chromium on Linux looks. Needs certutil. */
export async function importAuthority(home: string, path: string): Promise<void> {
  const database = join(home, '.pki/nssdb');
  mkdirSync(database, { recursive: true });
  for (const words of [
    ['-N', '--empty-password'],
    ['-A', '-n', 'foxtls', '-t', 'C,,', '-i', path],
  ]) {
    const certutil = await runPeer('certutil', ['-d', `sql:${database}`, ...words]);
    expect(certutil.end?.code, certutil.output).toBe(0);
  }
}
