/**
 * The small code points that stand inside extensions and messages (RFC 8446 §B.3, RFC 6066, RFC 6520), by name.
 */

/** How a PSK may be used (IANA "TLS PskKeyExchangeMode"; RFC 8446 §4.2.9). */
export const PSK_KEY_EXCHANGE_MODES = {
  psk_ke: 0,
  psk_dhe_ke: 1,
} as const;

export type PskKeyExchangeModeName = keyof typeof PSK_KEY_EXCHANGE_MODES;

/** Whether the peer shall update its keys too (RFC 8446 §4.6.3). */
export const KEY_UPDATE_REQUESTS = {
  update_not_requested: 0,
  update_requested: 1,
} as const;

export type KeyUpdateRequestName = keyof typeof KEY_UPDATE_REQUESTS;

/** What a server name is (RFC 6066 §3). */
export const SERVER_NAME_TYPES = {
  host_name: 0,
} as const;

export type ServerNameTypeName = keyof typeof SERVER_NAME_TYPES;

/** The record sizes that `max_fragment_length` can ask for, in bytes, to their code (RFC 6066 §4). */
export const MAX_FRAGMENT_LENGTHS = { 512: 1, 1024: 2, 2048: 3, 4096: 4 } as const;

export type MaxFragmentLength = keyof typeof MAX_FRAGMENT_LENGTHS;

/** Whether the peer may send heartbeats (RFC 6520 §2). */
export const HEARTBEAT_MODES = {
  peer_allowed_to_send: 1,
  peer_not_allowed_to_send: 2,
} as const;

export type HeartbeatModeName = keyof typeof HEARTBEAT_MODES;

/** Heartbeats (RFC 6520 §3). */
export const HEARTBEAT_MESSAGE_TYPES = {
  heartbeat_request: 1,
  heartbeat_response: 2,
} as const;

export type HeartbeatMessageTypeName = keyof typeof HEARTBEAT_MESSAGE_TYPES;
