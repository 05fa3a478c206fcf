/**
 * ticket_request (RFC 9149 §3): how many tickets a client would like, and how many the server expects to send.
 *
 * ```
 * struct {
 *     uint8 new_session_count;
 *     uint8 resumption_count;
 * } ClientTicketRequest;
 * struct {
 *     uint8 expected_count;
 * } ServerTicketRequestHint;
 * ```
 */

import { struct, uint8 } from '../../../core/wire/codec.ts';

export const ticketRequestOffer = struct({ newSessionCount: uint8, resumptionCount: uint8 });

export const ticketRequestAck = uint8;
