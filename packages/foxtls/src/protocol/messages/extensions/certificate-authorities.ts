/**
 * certificate_authorities (RFC 8446 §4.2.4): the anchors that the sender trusts, as DER distinguished names.
 *
 * ```
 * opaque DistinguishedName<1..2^16-1>;
 * struct { DistinguishedName authorities<3..2^16-1>; } CertificateAuthoritiesExtension;
 * ```
 */

import { opaqueVector, vector } from '../../../core/wire/codec.ts';

export const certificateAuthorities = vector(opaqueVector(1, 0xffff), 3, 0xffff);
