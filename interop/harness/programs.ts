/**
 * The `foxtls` command as people run it: as a process, in a pseudo-terminal, with a home of its own so that nothing of the user's is touched.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import { type PeerProcess, startPeer } from './peer-process.ts';

/** The command as it is installed. */
export const FOXTLS = fileURLToPath(new URL('../../packages/foxtls-cli/bin/foxtls.js', import.meta.url));

export interface Programs {
  /** A folder that is empty at first, gone after the tests of the file. */
  readonly home: string;
  /** Starts `foxtls ARGUMENTS`; ended when the test is over. */
  foxtls(...programArguments: string[]): PeerProcess;
  /** The same in a pseudo-terminal, where what is typed is echoed and ^C is a signal. Needs `script` (Linux). */
  inTerminal(...programArguments: string[]): PeerProcess;
}

/** To be called once, where the tests of a file are described. `environment` is added to that of this process. */
export function foxtlsPrograms(environment: Readonly<Record<string, string>> = {}): Programs {
  const home = mkdtempSync(join(tmpdir(), 'foxtls-home-'));
  afterAll(() => rmSync(home, { recursive: true, force: true }));
  const options = { environment: { HOME: home, ...environment } };
  return {
    home,
    foxtls: (...programArguments) => startPeer(process.execPath, [FOXTLS, ...programArguments], options),
    inTerminal: (...programArguments) =>
      startPeer('script', ['--quiet', '--return', '--command', shellLine(programArguments), '/dev/null'], {
        // `exec`, for a shell that stays would end by ^C, and not by what foxtls makes of it.
        environment: { ...options.environment, SHELL: '/bin/sh' },
      }),
  };
}

/** A line for a shell that becomes `foxtls ARGUMENTS`. */
export function shellLine(programArguments: readonly string[]): string {
  const words = [process.execPath, FOXTLS, ...programArguments].map((word) => `'${word.replaceAll("'", `'\\''`)}'`);
  return `exec ${words.join(' ')}`;
}
