/**
 * CertificateRequest of TLS 1.2 (RFC 5246 §7.4.4).
 *
 * ```
 * struct {
 *     ClientCertificateType certificate_types<1..2^8-1>;
 *     SignatureAndHashAlgorithm
 *       supported_signature_algorithms<2^16-1>;
 *     DistinguishedName certificate_authorities<0..2^16-1>;
 * } CertificateRequest;
 *
 * opaque DistinguishedName<1..2^16-1>;
 * ```
 */

import { opaqueVector, struct, uint8, uint16, vector } from '../../../core/wire/codec.ts';

export const certificateRequest = struct({
  certificateTypes: vector(uint8, 1, 0xff),
  supportedSignatureAlgorithms: vector(uint16, 2, 0xfffe),
  certificateAuthorities: vector(opaqueVector(1, 0xffff), 0, 0xffff),
});

/** The message of any version before TLS 1.3: without `supportedSignatureAlgorithms` before TLS 1.2. */
export interface CertificateRequest {
  readonly certificateTypes: readonly number[];
  readonly supportedSignatureAlgorithms: readonly number[] | undefined;
  readonly certificateAuthorities: readonly Uint8Array[];
}
