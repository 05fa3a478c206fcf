/**
 * A digitally-signed element of TLS 1.2 (RFC 5246 §4.7): all of CertificateVerify (§7.4.8), the end of ServerKeyExchange (§7.4.3).
 *
 * ```
 * struct {
 *    SignatureAndHashAlgorithm algorithm;
 *    opaque signature<0..2^16-1>;
 * } DigitallySigned;
 * ```
 * What is signed: of CertificateVerify "all handshake messages sent or received, starting at client hello and up to, but not including,
 * this message" (RFC 5246 §7.4.8); of ServerKeyExchange the two randoms and the parameters.
 */

import { opaqueVector, struct, uint16 } from '../../../core/wire/codec.ts';

export const digitallySigned = struct({ algorithm: uint16, signature: opaqueVector(0, 0xffff) });

/** The element of any version before TLS 1.3: without `algorithm` before TLS 1.2. */
export interface DigitallySigned {
  readonly algorithm: number | undefined;
  readonly signature: Uint8Array;
}
