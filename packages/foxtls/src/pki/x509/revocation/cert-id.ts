/**
 * CertID: how OCSP names a certificate (RFC 6960 §4.1.1).
 */

import { OID } from '../../../core/asn1/object-identifiers.ts';
import { encodeDer } from '../../../core/asn1/schema.ts';
import { nullValue } from '../../../core/asn1/types.ts';
import { equal } from '../../../core/bytes/bytes.ts';
import { ApiMisuse } from '../../../core/errors/errors.ts';
import type { Hash, HashName } from '../../../crypto/hash.ts';
import type { Certificate } from '../certificate.ts';
import type { CertId } from './ocsp-messages.ts';
import { serialNumberOf } from './serial-number.ts';

/** A hash of the provider by name. Throws `ApiMisuse` (`ERR_TLS_INVALID_ARGUMENT`) when it has none. */
export function requireHash(hashes: readonly Hash[], wanted: HashName): Hash {
  const found = hashes.find(({ name }) => name === wanted);
  if (found === undefined) throw new ApiMisuse('ERR_TLS_INVALID_ARGUMENT', `the provider has no ${wanted}`);
  return found;
}

/** "The hash shall be calculated over the DER encoding of the issuer's name field in the certificate being checked." (RFC 6960 §4.1.1) */
export function certIdOf(certificate: Certificate, issuer: Certificate, hash: Hash): CertId {
  return {
    hashAlgorithm: { algorithm: OID[`id-${hash.name}`], parameters: encodeDer(nullValue, null) },
    issuerNameHash: hash.digest(certificate.issuer.der),
    issuerKeyHash: hash.digest(issuer.publicKeyBits),
    serialNumber: serialNumberOf(certificate),
  };
}

/** Whether a CertID means a certificate with this name and key of its issuer, by whichever hash it was made. */
export function matchesIssuer(
  { hashAlgorithm, issuerNameHash, issuerKeyHash }: CertId,
  issuerName: Uint8Array,
  issuerKeyBits: Uint8Array,
  hashes: readonly Hash[],
): boolean {
  const hash = hashes.find(({ name }) => OID[`id-${name}`] === hashAlgorithm.algorithm);
  if (hash === undefined) return false;
  return equal(issuerNameHash, hash.digest(issuerName)) && equal(issuerKeyHash, hash.digest(issuerKeyBits));
}
