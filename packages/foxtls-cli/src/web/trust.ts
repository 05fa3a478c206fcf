/**
 * Whom a client of the web trusts: a file, folders in which OpenSSL's names are looked up one by one, or else the roots of this system; for the hosts of
 * our own server certificate also our own CA.
 */

import { statSync } from 'node:fs';
import { isIP } from 'node:net';
import { parsePem } from 'foxtls/asn1';
import type { PeerVerifier } from 'foxtls/crypto';
import { nodeProvider } from 'foxtls/crypto/node';
import { findInTrustFolder, loadTrustStore } from 'foxtls/node';
import { type CertificateVisitor, createX509Verifier, type Name } from 'foxtls/x509';
import type { OptionTable, OptionValues } from '../command/command.ts';
import { UsageError } from '../command/failure.ts';
import { SERVER_NAMES } from '../demo-pki.ts';

export const TRUST_OPTIONS = {
  ca: { type: 'string', short: 'A', value: 'FILE', help: "whom to trust, in place of this system's roots" },
  'ca-path': {
    type: 'string',
    multiple: true,
    value: 'FOLDER',
    help: 'the same as a folder with hashed names (4a6481c9.0), in which issuers are looked up when they are needed',
  },
} as const satisfies OptionTable;

export interface Trust {
  readonly certificates: readonly Uint8Array[];
  readonly folders: readonly string[];
  /** Of a chain, at most. */
  readonly maxIntermediates?: number | undefined;
}

/** Reads what the options name. `ownCa` is that of the programs of this user, PEM. */
export function loadTrust(options: OptionValues<typeof TRUST_OPTIONS>, host: string, ownCa: string): Trust {
  const { ca, 'ca-path': folders = [] } = options;
  for (const folder of folders) {
    if (!statSync(folder).isDirectory()) throw new UsageError(`--ca-path is a folder, and ${folder} is none: --ca takes files`);
  }
  // --ca of a folder is what people mean.
  if (ca !== undefined && statSync(ca).isDirectory()) return { certificates: [], folders: [ca, ...folders] };
  if (ca !== undefined) return { certificates: loadTrustStore({ files: [ca] }).certificates, folders };
  if (folders.length > 0) return { certificates: [], folders };
  const own = isOwnName(host) ? parsePem(ownCa).map(({ data }) => data) : [];
  return { certificates: [...own, ...systemRoots()], folders };
}

/** Whether our own CA speaks for a host: for no host of the world. */
function isOwnName(host: string): boolean {
  return SERVER_NAMES.includes(host.toLowerCase()) || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** Those of the system, or else those that Node brings. */
function systemRoots(): readonly Uint8Array[] {
  try {
    return loadTrustStore({ system: true, extra: true }).certificates;
  } catch (error) {
    if ((error as { code?: string }).code !== 'ERR_TLS_TRUST_STORE') throw error;
    return loadTrustStore({ bundled: true }).certificates;
  }
}

/** A verifier for this trust; a new one for each chain that a hook is to see. */
export function verifierOf({ certificates, folders, maxIntermediates }: Trust, onCertificate?: CertificateVisitor): PeerVerifier {
  return createX509Verifier({
    provider: nodeProvider,
    trustAnchors: certificates,
    onUnreadableAnchor: () => {},
    ...(maxIntermediates !== undefined && { maxIntermediates }),
    ...(folders.length > 0 && { findTrustAnchors: (name: Name) => folders.flatMap((folder) => findInTrustFolder(folder, name)) }),
    ...(onCertificate !== undefined && { onCertificate }),
  });
}
