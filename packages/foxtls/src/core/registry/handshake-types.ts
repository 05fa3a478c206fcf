/**
 * Handshake message types (IANA "TLS HandshakeType"; RFC 8446 §B.3, RFC 5246 §7.4, RFC 6347 §4.3.2, RFC 9147 §5), by name and by number.
 *
 * RFC 8446 marks the types that TLS 1.3 no longer has with `_RESERVED`; TLS 1.2 speaks them, so here they have RFC 5246's names.
 * A HelloRetryRequest has no type of its own: it is a ServerHello with a special random (RFC 8446 §4.1.3).
 */

import { namesByCode } from './names-by-code.ts';

export const HANDSHAKE_TYPES = {
  hello_request: 0,
  client_hello: 1,
  server_hello: 2,
  hello_verify_request: 3,
  new_session_ticket: 4,
  end_of_early_data: 5,
  hello_retry_request_RESERVED: 6,
  encrypted_extensions: 8,
  request_connection_id: 9,
  new_connection_id: 10,
  certificate: 11,
  server_key_exchange: 12,
  certificate_request: 13,
  server_hello_done: 14,
  certificate_verify: 15,
  client_key_exchange: 16,
  client_certificate_request: 17,
  finished: 20,
  certificate_url: 21,
  certificate_status: 22,
  supplemental_data: 23,
  key_update: 24,
  compressed_certificate: 25,
  ekt_key: 26,
  message_hash: 254,
} as const;

export type HandshakeTypeName = keyof typeof HANDSHAKE_TYPES;

const NAMES = /* @__PURE__ */ namesByCode(HANDSHAKE_TYPES);

/** The name of a handshake message type number, or undefined when it has none. */
export function handshakeTypeName(code: number): HandshakeTypeName | undefined {
  return NAMES.get(code);
}
