/**
 * NewSessionTicket of TLS 1.2 (RFC 5077 §3.3).
 *
 * ```
 * struct {
 *     uint32 ticket_lifetime_hint;
 *     opaque ticket<0..2^16-1>;
 * } NewSessionTicket;
 * ```
 * "If the server determines that it does not want to include a ticket after it has included the SessionTicket extension in the
 * ServerHello, then it sends a zero-length ticket in the NewSessionTicket handshake message." (RFC 5077 §3.3)
 */

import { type Decoded, opaqueVector, struct, uint32 } from '../../../core/wire/codec.ts';

export const newSessionTicket = struct({ ticketLifetimeHint: uint32, ticket: opaqueVector(0, 0xffff) });
export type NewSessionTicket = Decoded<typeof newSessionTicket>;
