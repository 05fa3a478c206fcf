/**
 * Which certificates are trusted when the caller names none: Node's own list, NODE_EXTRA_CA_CERTS, and the environment's say on
 * whether to verify at all.
 *
 * Lists are read once a process and only when somebody asks: reading 140 roots costs some ten milliseconds.
 */

import { readFileSync } from 'node:fs';
import * as nodeTls from 'node:tls';
import { formatPem, parsePem } from '../core/asn1/pem.ts';
import { ApiMisuse } from '../core/errors/errors.ts';
import type { PeerVerifier } from '../crypto/peer-verifier.ts';
import type { PathCheck } from '../pki/x509/path-check.ts';
import { createX509Verifier } from '../pki/x509/verifier.ts';
import { withCode } from './errors.ts';
import { provider } from './provider.ts';
import { loadTrustStore } from './trust-store.ts';

const CERTIFICATE_LABELS = new Set(['CERTIFICATE', 'X509 CERTIFICATE', 'TRUSTED CERTIFICATE']);

/** The roots that Node ships, PEM: those of Mozilla. As `rootCertificates` of node:tls. */
export const rootCertificates: readonly string[] = nodeTls.rootCertificates;

const readExtra = once(readExtraCertificates);

/** The verifier for servers and clients when no `ca` is given. */
export const defaultVerifier: () => PeerVerifier = once(() =>
  createAnchoredVerifier(parseCertificates(getCACertificates('default'))),
);

/**
 * Trusted certificates, PEM. `bundled`: those that Node ships. `extra`: those of the file that NODE_EXTRA_CA_CERTS names. `default`:
 * both. `system`: those of the system. Node 22's `tls.getCACertificates`.
 *
 * ```ts
 * console.log(getCACertificates('extra').length);
 * ```
 */
export function getCACertificates(type: 'default' | 'bundled' | 'extra' | 'system' = 'default'): readonly string[] {
  switch (type) {
    case 'default':
      return [...rootCertificates, ...readExtra()];
    case 'bundled':
      return rootCertificates;
    case 'extra':
      return readExtra();
    case 'system':
      return readSystemCertificates();
    default:
      throw withCode(new TypeError(`The argument 'type' is invalid. Received ${String(type)}`), 'ERR_INVALID_ARG_VALUE');
  }
}

/** A verifier for these anchors; those that cannot be read are left out, as in Node. */
export function createAnchoredVerifier(trustAnchors: readonly Uint8Array[], pathCheck?: PathCheck): PeerVerifier {
  const checks = pathCheck === undefined ? {} : { pathCheck };
  return createX509Verifier({ provider, trustAnchors, onUnreadableAnchor: () => {}, ...checks });
}

/** The certificates of PEM texts, DER, in order. Throws `ERR_OSSL_PEM_NO_START_LINE` for a text without any, as Node does. */
export function parseCertificates(texts: readonly (string | Uint8Array)[]): Uint8Array[] {
  return texts.flatMap((text) => {
    const found = parsePem(text).filter(({ label }) => CERTIFICATE_LABELS.has(label));
    if (found.length > 0) return found.map(({ data }) => data);
    const error = new ApiMisuse('ERR_TLS_INVALID_ARGUMENT', 'PEM routines::no start line: the text holds no CERTIFICATE block');
    throw withCode(error, 'ERR_OSSL_PEM_NO_START_LINE');
  });
}

/** Whether NODE_TLS_REJECT_UNAUTHORIZED turns verification off. Asked for every connection, as in Node; warns once. */
export function isVerificationDisabled(): boolean {
  if (process.env['NODE_TLS_REJECT_UNAUTHORIZED'] !== '0') return false;
  warnOfDisabledVerification();
  return true;
}

const warnOfDisabledVerification = once(() => {
  process.emitWarning(
    "Setting the NODE_TLS_REJECT_UNAUTHORIZED environment variable to '0' makes TLS connections and HTTPS requests insecure by " +
      'disabling certificate verification.',
  );
});

function readExtraCertificates(): readonly string[] {
  const path = process.env['NODE_EXTRA_CA_CERTS'];
  if (path === undefined || path === '') return [];
  try {
    return parseCertificates([readFileSync(path)]).map((der) => formatPem('CERTIFICATE', der));
  } catch (error) {
    // As Node: a missing file must not stop the process, but nobody should wonder why a server is not trusted.
    process.emitWarning(`Ignoring extra certs from \`${path}\`, load failed: ${(error as Error).message}`);
    return [];
  }
}

function readSystemCertificates(): readonly string[] {
  const native = (nodeTls as { getCACertificates?: (type: string) => readonly string[] }).getCACertificates;
  if (native !== undefined) return native('system');
  // Older ones: from where distributions keep them.
  return loadTrustStore({ system: true }).certificates.map((der) => formatPem('CERTIFICATE', der));
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
