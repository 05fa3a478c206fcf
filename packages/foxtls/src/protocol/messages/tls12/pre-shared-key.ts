/**
 * What the messages of the PSK key exchanges begin with, or are (RFC 4279 §2, §3, §4; RFC 5489 §2).
 *
 * ```
 * struct {
 *     select (KeyExchangeAlgorithm) {
 *         case psk: opaque psk_identity_hint<0..2^16-1>;
 *     };
 * } ServerKeyExchange;
 *
 * struct {
 *     select (KeyExchangeAlgorithm) {
 *         case psk: opaque psk_identity<0..2^16-1>;
 *     } exchange_keys;
 * } ClientKeyExchange;
 * ```
 */

import { opaqueVector, struct } from '../../../core/wire/codec.ts';

export const serverPskHint = struct({ pskIdentityHint: opaqueVector(0, 0xffff) });
export const clientPskIdentity = struct({ pskIdentity: opaqueVector(0, 0xffff) });

/**
 * The premaster secret of all of them: "if the PSK is N octets long, concatenate a uint16 with the value N, N zero octets, a second
 * uint16 with the value N, and the PSK itself" (RFC 4279 §2) without another secret, with it in place of the zeros.
 *
 * ```
 * struct {
 *     opaque other_secret<0..2^16-1>;
 *     opaque psk<0..2^16-1>;
 * };
 * ```
 */
export const pskPremasterSecret = struct({ otherSecret: opaqueVector(0, 0xffff), psk: opaqueVector(0, 0xffff) });
