/**
 * HelloVerifyRequest of DTLS 1.2 and 1.0 (RFC 6347 §4.2.1): what the server wants to hear again in a second ClientHello.
 *
 * ```
 * struct {
 *     ProtocolVersion server_version;
 *     opaque cookie<0..2^8-1>;
 * } HelloVerifyRequest;
 * ```
 * server_version says how packets look, and nothing of the version that will be negotiated.
 */

import { type Codec, opaqueVector, type StructOf, struct, uint16 } from '../../core/wire/codec.ts';

const fields = { serverVersion: uint16, cookie: opaqueVector(0, 0xff) };

export type HelloVerifyRequest = StructOf<typeof fields>;
export const helloVerifyRequest: Codec<HelloVerifyRequest> = struct(fields);
