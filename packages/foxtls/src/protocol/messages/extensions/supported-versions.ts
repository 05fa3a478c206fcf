/**
 * supported_versions (RFC 8446 §4.2.1).
 *
 * ```
 * struct {
 *     select (Handshake.msg_type) {
 *         case client_hello:
 *              ProtocolVersion versions<2..254>;
 *         case server_hello: // and HelloRetryRequest
 *              ProtocolVersion selected_version;
 *     };
 * } SupportedVersions;
 * ```
 */

import { uint16, vector } from '../../../core/wire/codec.ts';

export const supportedVersionsOffer = vector(uint16, 2, 254);
export const supportedVersionsAck = uint16;
