/**
 * The parameters of DHE: the beginning of ServerKeyExchange, and ClientKeyExchange (RFC 5246 §7.4.3, §7.4.7.2).
 *
 * ```
 * struct {
 *     opaque dh_p<1..2^16-1>;
 *     opaque dh_g<1..2^16-1>;
 *     opaque dh_Ys<1..2^16-1>;
 * } ServerDHParams;
 *
 * struct {
 *     select (PublicValueEncoding) {
 *         case implicit: struct { };
 *         case explicit: opaque dh_Yc<1..2^16-1>;
 *     } dh_public;
 * } ClientDiffieHellmanPublic;
 * ```
 */

import { type Decoded, opaqueVector, struct } from '../../../core/wire/codec.ts';

export const serverDhParams = struct({
  dhP: opaqueVector(1, 0xffff),
  dhG: opaqueVector(1, 0xffff),
  dhYs: opaqueVector(1, 0xffff),
});
export type ServerDhParams = Decoded<typeof serverDhParams>;

export const clientDhPublic = struct({ dhYc: opaqueVector(1, 0xffff) });
