/** Whom to trust, as options: files, folders with hashed names, the system's roots, Node's own. */

import { statSync } from 'node:fs';
import { loadTrustStore, type TrustStore } from 'foxtls/node';
import type { OptionTable, OptionValues } from '../command/command.ts';
import { CommandFailure } from '../command/failure.ts';
import type { Terminal } from '../command/terminal.ts';

export const TRUST_OPTIONS = {
  ca: {
    type: 'string',
    multiple: true,
    value: 'PATH',
    help: 'trusted certificates: a file, or a folder with hashed names; may be repeated',
  },
  system: { type: 'boolean', help: "trust the system's roots (SSL_CERT_FILE, SSL_CERT_DIR, or where they usually are)" },
  bundled: { type: 'boolean', help: 'trust the roots that Node ships; the default when nothing is named' },
} as const satisfies OptionTable;

/** The anchors. What cannot be read in a bundle is left out, and told of on standard error. */
export function loadTrust(
  { ca = [], system = false, bundled }: OptionValues<typeof TRUST_OPTIONS>,
  terminal: Terminal,
): TrustStore {
  const isFolder = (path: string) => statSync(path).isDirectory();
  const store = loadTrustStore({
    files: ca.filter((path) => !isFolder(path)),
    folders: ca.filter(isFolder),
    system,
    bundled: bundled ?? (ca.length === 0 && !system),
    environment: terminal.environment,
  });
  for (const { place, error } of store.problems) terminal.complain(`left out: ${place}: ${error.message}`);
  if (store.certificates.length === 0)
    throw new CommandFailure(`no certificate to trust in ${ca.join(', ')}: run foxtls cert rehash on a folder first`);
  return store;
}
