/**
 * Certificate (RFC 8446 §4.4.2).
 *
 * ```
 * struct {
 *     select (certificate_type) {
 *         case RawPublicKey: opaque ASN1_subjectPublicKeyInfo<1..2^24-1>;
 *         case X509:         opaque cert_data<1..2^24-1>;
 *     };
 *     Extension extensions<0..2^16-1>;
 * } CertificateEntry;
 * struct {
 *     opaque certificate_request_context<0..2^8-1>;
 *     CertificateEntry certificate_list<0..2^24-1>;
 * } Certificate;
 * ```
 */

import { type Decoded, opaqueVector, struct, vector } from '../../core/wire/codec.ts';
import { extensionBlock } from './extensions/block.ts';

const certificateEntry = struct({
  certData: opaqueVector(1, 0xffffff),
  extensions: extensionBlock('certificate'),
});

export const certificate = struct({
  certificateRequestContext: opaqueVector(0, 0xff),
  certificateList: vector(certificateEntry, 0, 0xffffff),
});
export type Certificate = Decoded<typeof certificate>;
