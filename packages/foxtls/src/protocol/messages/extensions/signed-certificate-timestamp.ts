/**
 * signed_certificate_timestamp (RFC 6962 §3.3; in TLS 1.3 RFC 8446 §4.4.2.1): what certificate transparency logs promised.
 *
 * ```
 * opaque SerializedSCT<1..2^16-1>;
 * struct { SerializedSCT sct_list <1..2^16-1>; } SignedCertificateTimestampList;
 * ```
 * The list is checked and kept as its bytes: so it is stored in files and in certificates.
 */

import { type Codec, decode, encode, mapped, opaqueVector, vector } from '../../../core/wire/codec.ts';

const sctList = vector(opaqueVector(1, 0xffff), 1, 0xffff);

/** A SignedCertificateTimestampList, encoded. */
export const signedCertificateTimestamps: Codec<Uint8Array> = mapped(sctList, (list) => encode(sctList, list), readTimestampList);

/** The timestamps of an encoded list. Throws `DecodeError`. */
export function readTimestampList(bytes: Uint8Array): readonly Uint8Array[] {
  return decode(sctList, bytes, 'signed_certificate_timestamps');
}
