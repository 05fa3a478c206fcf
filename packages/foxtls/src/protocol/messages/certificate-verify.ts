/**
 * CertificateVerify (RFC 8446 §4.4.3).
 *
 * ```
 * struct {
 *     SignatureScheme algorithm;
 *     opaque signature<0..2^16-1>;
 * } CertificateVerify;
 * ```
 */

import { concat, utf8 } from '../../core/bytes/bytes.ts';
import { type Decoded, opaqueVector, struct, uint16 } from '../../core/wire/codec.ts';

export const certificateVerify = struct({ algorithm: uint16, signature: opaqueVector(0, 0xffff) });
export type CertificateVerify = Decoded<typeof certificateVerify>;

const PADDING = new Uint8Array(64).fill(0x20);
const SERVER_CONTEXT = utf8('TLS 1.3, server CertificateVerify\0');
const CLIENT_CONTEXT = utf8('TLS 1.3, client CertificateVerify\0');

/**
 * What is signed: "A string that consists of octet 32 (0x20) repeated 64 times", the context string, "A single 0 byte which serves as
 * the separator", "The content to be signed" (RFC 8446 §4.4.3).
 */
export function signedContent(signer: 'client' | 'server', transcriptHash: Uint8Array): Uint8Array {
  return concat(PADDING, signer === 'server' ? SERVER_CONTEXT : CLIENT_CONTEXT, transcriptHash);
}
