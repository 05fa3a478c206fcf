/**
 * cookie (RFC 8446 §4.2.2): what the server wants to hear again in the second ClientHello.
 *
 * ```
 * struct { opaque cookie<1..2^16-1>; } Cookie;
 * ```
 */

import { opaqueVector } from '../../../core/wire/codec.ts';

export const cookie = opaqueVector(1, 0xffff);
