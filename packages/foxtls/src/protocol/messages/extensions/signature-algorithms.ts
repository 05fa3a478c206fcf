/**
 * signature_algorithms and signature_algorithms_cert (RFC 8446 §4.2.3): the schemes that the sender verifies.
 *
 * ```
 * struct { SignatureScheme supported_signature_algorithms<2..2^16-2>; } SignatureSchemeList;
 * ```
 */

import { uint16, vector } from '../../../core/wire/codec.ts';

export const signatureAlgorithms = vector(uint16, 2, 0xfffe);
