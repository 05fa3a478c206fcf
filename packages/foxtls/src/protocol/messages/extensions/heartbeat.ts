/**
 * heartbeat (RFC 6520 §2): the code of a mode (HEARTBEAT_MODES), each end's own.
 *
 * ```
 * enum {
 *    peer_allowed_to_send(1),
 *    peer_not_allowed_to_send(2),
 *    (255)
 * } HeartbeatMode;
 *
 * struct {
 *    HeartbeatMode mode;
 * } HeartbeatExtension;
 * ```
 */

import { uint8 } from '../../../core/wire/codec.ts';

export const heartbeatMode = uint8;
