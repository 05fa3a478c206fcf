/**
 * Certificates in the shapes of node:tls: the legacy object of `getPeerCertificate()`, and who is named by it.
 */

import { X509Certificate } from 'node:crypto';
import { checkServerIdentity as checkLegacyIdentity, type DetailedPeerCertificate, type PeerCertificate } from 'node:tls';

/** `checkServerIdentity` of node:tls: an error when the certificate is not for that host. */
export type IdentityCheck = (hostname: string, certificate: PeerCertificate) => Error | undefined;

/**
 * Whether a certificate is for a host, as node:tls decides it: by subject alternative names, and by the common name only where there
 * are none. Returns an error with the code `ERR_TLS_CERT_ALTNAME_INVALID`, never throws it.
 *
 * ```ts
 * const error = checkServerIdentity('example.com', socket.getPeerCertificate());
 * ```
 */
export function checkServerIdentity(hostname: string, certificate: PeerCertificate): Error | undefined {
  return checkLegacyIdentity(hostname, certificate);
}

/** `getPeerCertificate(false)`; an empty object when there is no certificate. */
export function describeCertificate(der: Uint8Array | undefined): PeerCertificate | Record<string, never> {
  return der === undefined ? {} : toLegacyObject(new X509Certificate(der));
}

/** `getPeerCertificate(true)`: each with its issuer; a self-signed one is its own. */
export function describeChain(chain: readonly Uint8Array[]): DetailedPeerCertificate | Record<string, never> {
  const certificates = chain.map((der) => new X509Certificate(der));
  const [leaf] = certificates;
  if (leaf === undefined) return {};
  const described = toLegacyObject(leaf);
  let last = { certificate: leaf, described };
  for (let left = certificates.slice(1); ; ) {
    const { certificate } = last;
    if (certificate.checkIssued(certificate)) {
      last.described.issuerCertificate = last.described;
      return described;
    }
    const issuer = left.find((candidate) => certificate.checkIssued(candidate));
    if (issuer === undefined) return described;
    left = left.filter((candidate) => candidate !== issuer);
    const next = { certificate: issuer, described: toLegacyObject(issuer) };
    last.described.issuerCertificate = next.described;
    last = next;
  }
}

function toLegacyObject(certificate: X509Certificate): DetailedPeerCertificate {
  return certificate.toLegacyObject() as unknown as DetailedPeerCertificate;
}
