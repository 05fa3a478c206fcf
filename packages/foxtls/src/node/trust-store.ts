/**
 * Trust stores of Node: files, bundles, folders, Node's own list, the system's, and extra roots, as one list of anchors.
 *
 * Everything is read when the function is called, once; nothing is kept. A bad certificate spoils nothing: it is left out and reported.
 */

import { existsSync, readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import { toHex } from '../core/bytes/bytes.ts';
import { ApiMisuse } from '../core/errors/errors.ts';
import { type BundleProblem, type CertificateBundle, readCertificateBundle } from './certificate-bundle.ts';
import { sha1 } from './provider.ts';
import { readTrustFolder } from './trust-folder.ts';

/** Where anchors come from; what is not named is not asked. */
export interface TrustSources {
  /** Files: PEM bundles, with or without text between the blocks, or one certificate in DER. */
  readonly files?: readonly string[];
  /** Folders whose files are called by the hash of the subject, as `openssl rehash` and `rehashFolder` leave them: `4a6481c9.0`. */
  readonly folders?: readonly string[];
  /** The roots that Node ships: those of Mozilla. */
  readonly bundled?: boolean;
  /** Those of the system: SSL_CERT_FILE and SSL_CERT_DIR, or where distributions keep them. */
  readonly system?: boolean;
  /** Those of the file that NODE_EXTRA_CA_CERTS names. */
  readonly extra?: boolean;
  /** More, in PEM texts or as one certificate in DER each. */
  readonly certificates?: readonly (string | Uint8Array)[];
  /** What SSL_CERT_FILE and the others are looked up in; `process.env` unless set. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

export interface TrustStore {
  /** DER, each once, in the order of the sources. */
  readonly certificates: readonly Uint8Array[];
  /** What was left out. */
  readonly problems: readonly BundleProblem[];
}

/** The first of these that is there holds the system's roots: Debian, Fedora, RHEL, SUSE, Alpine and OpenBSD, FreeBSD. */
const SYSTEM_FILES: readonly string[] = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
  '/usr/local/etc/ssl/cert.pem',
];
const SYSTEM_FOLDERS: readonly string[] = ['/etc/ssl/certs', '/etc/pki/tls/certs'];

/**
 * Reads trust anchors, for `trustAnchors` of a verifier.
 *
 * Throws `ApiMisuse` (`ERR_TLS_TRUST_STORE`) for a file or folder that was named and cannot be read, or holds no certificate at all.
 *
 * ```ts
 * const { certificates, problems } = loadTrustStore({ system: true, files: ['company-ca.pem'] });
 * for (const { place, error } of problems) console.warn(`${place}: ${error.message}`);
 * const verifier = createX509Verifier({ provider, trustAnchors: certificates });
 * ```
 */
export function loadTrustStore(sources: TrustSources): TrustStore {
  const { environment = process.env } = sources;
  const { system, bundled, extra, certificates = [] } = sources;
  const bundles = [
    ...(bundled ? [readCertificateBundle(rootCertificates.join('\n'), 'the roots of Node')] : []),
    ...(system ? readSystemStore(environment) : []),
    ...(extra && environment['NODE_EXTRA_CA_CERTS'] ? [readBundleFile(environment['NODE_EXTRA_CA_CERTS'])] : []),
    ...(sources.files ?? []).map(readBundleFile),
    ...(sources.folders ?? []).map(readNamedFolder),
    ...certificates.map((data, i) => readCertificateBundle(data, `certificates[${i}]`)),
  ];
  return { certificates: withoutRepetitions(bundles), problems: bundles.flatMap(({ problems }) => problems) };
}

/** SSL_CERT_FILE and SSL_CERT_DIR, each if it is set, in place of the usual files and folders: as OpenSSL has it. */
function readSystemStore(environment: Readonly<Record<string, string | undefined>>): CertificateBundle[] {
  const { SSL_CERT_FILE: file, SSL_CERT_DIR: folders } = environment;
  if (file !== undefined && file !== '') return [readBundleFile(file), ...listOf(folders).map(readNamedFolder)];
  if (folders !== undefined && folders !== '') return listOf(folders).map(readNamedFolder);
  const usualFile = SYSTEM_FILES.find((path) => existsSync(path));
  if (usualFile !== undefined) return [readBundleFile(usualFile)];
  const usualFolder = SYSTEM_FOLDERS.find((path) => existsSync(path));
  if (usualFolder !== undefined) return [readNamedFolder(usualFolder)];
  throw noStore('no certificates of the system are where they usually are: set SSL_CERT_FILE or SSL_CERT_DIR');
}

function listOf(paths: string | undefined): readonly string[] {
  const separator = process.platform === 'win32' ? ';' : ':';
  return (paths ?? '').split(separator).filter((path) => path !== '');
}

function readBundleFile(path: string): CertificateBundle {
  const bundle = readCertificateBundle(read(path), path);
  if (bundle.certificates.length > 0) return bundle;
  const [problem] = bundle.problems;
  const why = problem === undefined ? 'it has no CERTIFICATE block and is not DER' : `${problem.place}: ${problem.error.message}`;
  throw noStore(`${path} holds no certificate that can be read: ${why}`, problem?.error);
}

function readNamedFolder(path: string): CertificateBundle {
  try {
    return readTrustFolder(path);
  } catch (error) {
    throw noStore(`the folder ${path} cannot be read: ${(error as Error).message}`, error);
  }
}

function read(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw noStore(`${path} cannot be read: ${(error as Error).message}`, error);
  }
}

function noStore(message: string, cause?: unknown): ApiMisuse {
  return new ApiMisuse('ERR_TLS_TRUST_STORE', message, { cause });
}

function withoutRepetitions(bundles: readonly CertificateBundle[]): Uint8Array[] {
  const byHash = new Map<string, Uint8Array>();
  for (const der of bundles.flatMap(({ certificates }) => certificates)) {
    const hash = toHex(sha1.digest(der));
    if (!byHash.has(hash)) byHash.set(hash, der);
  }
  return [...byHash.values()];
}
