/**
 * Messages that hold certificates and CRLs and nothing else (RFC 5652 §5.1, RFC 8551 §3.8): `.p7b` and `.p7c` files.
 *
 * RFC 8551 §3.8: "The SignedData encapContentInfo eContent field MUST be absent, and the signerInfos field MUST be empty." Nothing
 * vouches for what is inside: certificates are verified by themselves.
 */

import type { DerLimits } from '../../../core/asn1/der.ts';
import { OID } from '../../../core/asn1/object-identifiers.ts';
import { writeContent } from './content-info.ts';
import { parseSignedData, signedData } from './signed-data.ts';

/** What a bundle holds, DER each, in the order of the file. */
export interface CertificatesOnly {
  readonly certificates: readonly Uint8Array[];
  readonly crls: readonly Uint8Array[];
}

/**
 * The certificates and CRLs of a PKCS#7 or CMS file, BER or DER; also those of a signed message. Throws `DecodeError` (`ERR_TLS_DECODE`).
 *
 * ```ts
 * const { certificates } = parseCertificatesOnly(readFileSync('chain.p7b'));
 * const names = certificates.map((der) => parseCertificate(der).subject.toString());
 * ```
 */
export function parseCertificatesOnly(message: Uint8Array, limits?: DerLimits): CertificatesOnly {
  const { certificates, crls } = parseSignedData(message, limits);
  return { certificates, crls };
}

/**
 * A `.p7b` file, DER, of certificates and CRLs. DER puts them into an order of its own.
 *
 * ```ts
 * writeFileSync('chain.p7b', formatCmsPem(createCertificatesOnly([leaf, intermediate]), 'PKCS7'));
 * ```
 */
export function createCertificatesOnly(certificates: readonly Uint8Array[], crls: readonly Uint8Array[] = []): Uint8Array {
  return writeContent('id-signedData', signedData, {
    version: 1,
    digestAlgorithms: [],
    encapContentInfo: { eContentType: OID['id-data'] },
    certificates: certificates.length === 0 ? undefined : certificates,
    crls: crls.length === 0 ? undefined : crls,
    signerInfos: [],
  });
}
