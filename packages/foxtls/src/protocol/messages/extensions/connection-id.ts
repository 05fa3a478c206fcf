/**
 * connection_id (RFC 9146 §3, RFC 9147 §9): what the sender wants to find on the records that it receives; empty for nothing.
 *
 * ```
 * struct {
 *     opaque cid<0..2^8-1>;
 * } ConnectionId;
 * ```
 */

import { opaqueVector } from '../../../core/wire/codec.ts';

export const connectionId = opaqueVector(0, 0xff);
