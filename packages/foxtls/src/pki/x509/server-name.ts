/**
 * Whether a certificate names a server: DNS names with wildcards and IP addresses (RFC 6125 §6.4, RFC 5280 §4.2.1.6).
 *
 * Only subject alternative names count, never the common name. A wildcard is the whole left-most label and stands for exactly one
 * label. An IP address matches an iPAddress only, whatever the dNSNames look like.
 */

import { equal } from '../../core/bytes/bytes.ts';
import type { Certificate } from './certificate.ts';
import { parseDnsName, parseIpAddress } from './general-name.ts';

/**
 * Whether the certificate is for `name`: a DNS name (internationalised ones as A-labels; a final dot is ignored) or an IP address.
 *
 * ```ts
 * matchServerName(parseCertificate(der), 'www.example.com');   // true for a certificate of *.example.com
 * ```
 */
export function matchServerName(certificate: Certificate, name: string): boolean {
  const { subjectAltName = [] } = certificate.known;
  const address = parseIpAddress(name.replace(/^\[(.*)\]$/, '$1'));
  if (address !== undefined) return subjectAltName.some((san) => san.kind === 'iPAddress' && equal(san.value, address));
  const labels = parseDnsName(name.replace(/\.$/, ''));
  if (labels === undefined) return false;
  return subjectAltName.some((san) => san.kind === 'dNSName' && matchDnsName(san.value, labels));
}

/** `pattern` is a dNSName: a name, or `*.` and a name of at least two labels (so that nobody holds a certificate for a whole TLD). */
function matchDnsName(pattern: string, labels: readonly string[]): boolean {
  const isWildcard = pattern.startsWith('*.');
  const expected = parseDnsName(isWildcard ? pattern.slice(2) : pattern);
  if (expected === undefined || (isWildcard && expected.length < 2)) return false;
  const compared = isWildcard ? labels.slice(1) : labels;
  return compared.length === expected.length && compared.every((label, i) => label === expected[i]);
}
