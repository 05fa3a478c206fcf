/**
 * renegotiation_info (RFC 5746 §3.2): the verify_data of the handshake that is renegotiated; empty in an initial one.
 *
 * ```
 * struct {
 *     opaque renegotiated_connection<0..255>;
 * } RenegotiationInfo;
 * ```
 */

import { opaqueVector } from '../../../core/wire/codec.ts';

export const renegotiationInfo = opaqueVector(0, 255);
