/**
 * key_share (RFC 8446 §4.2.8).
 *
 * ```
 * struct {
 *     NamedGroup group;
 *     opaque key_exchange<1..2^16-1>;
 * } KeyShareEntry;
 * struct { KeyShareEntry client_shares<0..2^16-1>; } KeyShareClientHello;
 * struct { NamedGroup selected_group; } KeyShareHelloRetryRequest;
 * struct { KeyShareEntry server_share; } KeyShareServerHello;
 * ```
 */

import { type Decoded, opaqueVector, struct, uint16, vector } from '../../../core/wire/codec.ts';

export const keyShareEntry = struct({ group: uint16, keyExchange: opaqueVector(1, 0xffff) });
export type KeyShareEntry = Decoded<typeof keyShareEntry>;

export const keyShareOffer = vector(keyShareEntry, 0, 0xffff);
export const keyShareRetry = uint16;
export const keyShareAck = keyShareEntry;
