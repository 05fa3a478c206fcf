/**
 * CertificateRequest (RFC 8446 §4.3.2).
 *
 * ```
 * struct {
 *     opaque certificate_request_context<0..2^8-1>;
 *     Extension extensions<2..2^16-1>;
 * } CertificateRequest;
 * ```
 */

import { type Decoded, opaqueVector, struct } from '../../core/wire/codec.ts';
import { extensionBlock } from './extensions/block.ts';

export const certificateRequest = struct({
  certificateRequestContext: opaqueVector(0, 0xff),
  extensions: extensionBlock('certificate_request', 2),
});
export type CertificateRequest = Decoded<typeof certificateRequest>;
