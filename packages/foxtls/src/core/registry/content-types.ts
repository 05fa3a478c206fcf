/**
 * Record content types (IANA "TLS ContentType"; RFC 8446 §B.1, RFC 6520, RFC 9146 §4, RFC 9147 §7), by name and by number.
 *
 * 0 ("invalid") is no type: in TLS 1.3 it is padding (RFC 8446 §5.4).
 */

import { namesByCode } from './names-by-code.ts';

export const CONTENT_TYPES = {
  change_cipher_spec: 20,
  alert: 21,
  handshake: 22,
  application_data: 23,
  heartbeat: 24,
  tls12_cid: 25,
  ack: 26,
  return_routability_check: 27,
} as const;

export type ContentTypeName = keyof typeof CONTENT_TYPES;

const NAMES = /* @__PURE__ */ namesByCode(CONTENT_TYPES);

/** The name of a content type number, or undefined when it has none. */
export function contentTypeName(code: number): ContentTypeName | undefined {
  return NAMES.get(code);
}
