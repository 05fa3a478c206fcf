/**
 * pre_shared_key (RFC 8446 §4.2.11).
 *
 * ```
 * struct {
 *     opaque identity<1..2^16-1>;
 *     uint32 obfuscated_ticket_age;
 * } PskIdentity;
 * opaque PskBinderEntry<32..255>;
 * struct {
 *     PskIdentity identities<7..2^16-1>;
 *     PskBinderEntry binders<33..2^16-1>;
 * } OfferedPsks;
 * struct {
 *     select (Handshake.msg_type) {
 *         case client_hello: OfferedPsks;
 *         case server_hello: uint16 selected_identity;
 *     };
 * } PreSharedKeyExtension;
 * ```
 */

import { type Codec, type Decoded, encode, opaqueVector, struct, uint16, uint32, vector } from '../../../core/wire/codec.ts';

const pskIdentity = struct({ identity: opaqueVector(1, 0xffff), obfuscatedTicketAge: uint32 });
const pskBinders: Codec<readonly Uint8Array[]> = vector(opaqueVector(32, 255), 33, 0xffff);

export const preSharedKeyOffer = struct({ identities: vector(pskIdentity, 7, 0xffff), binders: pskBinders });
export type OfferedPsks = Decoded<typeof preSharedKeyOffer>;

export const preSharedKeyAck = uint16;

/** The binders list as it ends a ClientHello. */
export function writeBinders(binders: readonly Uint8Array[]): Uint8Array {
  return encode(pskBinders, binders);
}

/** How many bytes at the end of a ClientHello the binders list takes, with its length: what the binder's transcript leaves out (§4.2.11.2). */
export function bindersLength(binders: readonly Uint8Array[]): number {
  return writeBinders(binders).length;
}
