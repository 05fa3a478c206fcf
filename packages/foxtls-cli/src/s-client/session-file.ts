/** Sessions in files, as `-sess_out` writes and `-sess_in` reads them: PEM around bytes that are as secret as keys. */

import { readFileSync } from 'node:fs';
import { formatPem, parsePem } from 'foxtls/asn1';
import { CommandFailure } from '../command/failure.ts';
import { writeOutputs } from '../command/files.ts';
import type { Terminal } from '../command/terminal.ts';

const LABEL = 'FOXTLS SESSION PARAMETERS';

export function writeSessionFile(path: string, session: Uint8Array, terminal: Terminal): void {
  writeOutputs([{ path, data: formatPem(LABEL, new Uint8Array(session)), isSecret: true, force: true }], terminal);
}

export function readSessionFile(path: string): Uint8Array {
  const blocks = parsePem(readFileSync(path));
  const found = blocks.find(({ label }) => label === LABEL);
  if (found !== undefined) return found.data;
  const isOpenSsl = blocks.some(({ label }) => label === 'SSL SESSION PARAMETERS');
  throw new CommandFailure(
    isOpenSsl
      ? `${path} has a session of openssl, which only openssl can resume`
      : `${path} has no session: -sess_out writes one`,
  );
}
