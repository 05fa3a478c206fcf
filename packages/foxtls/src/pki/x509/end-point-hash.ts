/**
 * The hash of the channel binding "tls-server-end-point", which goes by the signature of the server's certificate (RFC 5929 §4.1).
 */

import type { HashName } from '../../crypto/hash.ts';
import type { Certificate } from './certificate.ts';

/**
 * "if the certificate's signatureAlgorithm uses no hash functions or uses multiple hash functions, then this channel binding type's channel
 * bindings are undefined at this time" (RFC 5929 §4.1): so they are for Ed25519 and Ed448, and where there are two hashes.
 */
export function endPointHash({ signatureAlgorithm: algorithm }: Pick<Certificate, 'signatureAlgorithm'>): HashName | undefined {
  if (algorithm === undefined || !('hash' in algorithm) || algorithm.hash === 'md5-sha1') return undefined;
  if (algorithm.kind === 'rsa-pss' && algorithm.mgfHash !== algorithm.hash) return undefined;
  // "… and that hash function is either MD5 [RFC1321] or SHA-1 [RFC3174], then use SHA-256 [FIPS-180-3]" (RFC 5929 §4.1)
  return algorithm.hash === 'md5' || algorithm.hash === 'sha1' ? 'sha256' : algorithm.hash;
}
