/**
 * client_certificate_type and server_certificate_type (RFC 7250 §3): which form of certificate each side shows.
 *
 * ```
 * enum { X509(0), RawPublicKey(2), (255) } CertificateType;
 * struct {
 *         select(ClientOrServerExtension) {
 *             case client:
 *               CertificateType client_certificate_types<1..2^8-1>;
 *             case server:
 *               CertificateType client_certificate_type;
 *         }
 * } ClientCertTypeExtension;
 * ```
 * ServerCertTypeExtension is the same. Offers are "sorted by client preference" (RFC 7250 §4.1).
 */

import { uint8, vector } from '../../../core/wire/codec.ts';

export const certificateTypeOffer = vector(uint8, 1, 0xff);
export const certificateTypeAck = uint8;
