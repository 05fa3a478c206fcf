/**
 * HeartbeatMessage (RFC 6520 §4), which is a record of its own type and no handshake message.
 *
 * ```
 * struct {
 *    HeartbeatMessageType type;
 *    uint16 payload_length;
 *    opaque payload[HeartbeatMessage.payload_length];
 *    opaque padding[padding_length];
 * } HeartbeatMessage;
 * ```
 * Nothing says where the padding begins but payload_length, which the peer may lie in: it is compared with what there is (CVE-2014-0160).
 */

import { HEARTBEAT_MESSAGE_TYPES, type HeartbeatMessageTypeName } from '../../core/registry/hello-codes.ts';
import type { RandomSource } from '../../crypto/key-exchange.ts';

export interface HeartbeatMessage {
  readonly type: HeartbeatMessageTypeName;
  readonly payload: Uint8Array;
}

const HEADER_SIZE = 3;
/** "The padding_length MUST be at least 16." (RFC 6520 §4) */
const PADDING_SIZE = 16;
/** What a message is longer than its payload. */
export const HEARTBEAT_OVERHEAD: number = HEADER_SIZE + PADDING_SIZE;

/**
 * Undefined for what is to be dropped: "If the payload_length of a received HeartbeatMessage is too large, the received HeartbeatMessage
 * MUST be discarded silently." (RFC 6520 §4) So is a message of another type. The payload is a copy.
 */
export function readHeartbeat(message: Uint8Array): HeartbeatMessage | undefined {
  if (message.length < HEARTBEAT_OVERHEAD) return undefined;
  const payloadLength = ((message[1] as number) << 8) | (message[2] as number);
  if (payloadLength > message.length - HEARTBEAT_OVERHEAD) return undefined;
  const type = typeOf(message[0] as number);
  return type && { type, payload: message.slice(HEADER_SIZE, HEADER_SIZE + payloadLength) };
}

/** "The sender of a HeartbeatMessage MUST use a random padding of at least 16 bytes." (RFC 6520 §4) `size`: of the message; it may have more. */
export function writeHeartbeat(
  { type, payload }: HeartbeatMessage,
  random: RandomSource,
  size: number = payload.length + HEARTBEAT_OVERHEAD,
): Uint8Array {
  const message = new Uint8Array(size);
  message.set([HEARTBEAT_MESSAGE_TYPES[type], payload.length >> 8, payload.length & 0xff]);
  message.set(payload, HEADER_SIZE);
  message.set(random(size - HEADER_SIZE - payload.length), HEADER_SIZE + payload.length);
  return message;
}

function typeOf(code: number): HeartbeatMessageTypeName | undefined {
  if (code === HEARTBEAT_MESSAGE_TYPES.heartbeat_request) return 'heartbeat_request';
  return code === HEARTBEAT_MESSAGE_TYPES.heartbeat_response ? 'heartbeat_response' : undefined;
}
