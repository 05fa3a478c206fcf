/**
 * NewSessionTicket (RFC 8446 §4.6.1).
 *
 * ```
 * struct {
 *     uint32 ticket_lifetime;
 *     uint32 ticket_age_add;
 *     opaque ticket_nonce<0..255>;
 *     opaque ticket<1..2^16-1>;
 *     Extension extensions<0..2^16-2>;
 * } NewSessionTicket;
 * ```
 */

import { type Decoded, opaqueVector, struct, uint32 } from '../../core/wire/codec.ts';
import { extensionBlock } from './extensions/block.ts';

export const newSessionTicket = struct({
  ticketLifetime: uint32,
  ticketAgeAdd: uint32,
  ticketNonce: opaqueVector(0, 255),
  ticket: opaqueVector(1, 0xffff),
  extensions: extensionBlock('new_session_ticket', 0, 0xfffe),
});
export type NewSessionTicket = Decoded<typeof newSessionTicket>;

/** "Servers MUST NOT use any value greater than 604800 seconds (7 days)." (RFC 8446 §4.6.1) */
export const MAX_TICKET_LIFETIME = 604800;
