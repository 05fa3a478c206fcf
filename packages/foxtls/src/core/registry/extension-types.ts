/**
 * Extension types (IANA "TLS ExtensionType Values"; RFC 8446 §4.2), by name and by number.
 *
 * 40 and 46 are reserved, because they were used without having been assigned (RFC 8446 §B.3.1); 53 is an early connection_id.
 * None of the three has a name.
 */

import { namesByCode } from './names-by-code.ts';

export const EXTENSION_TYPES = {
  /** RFC 6066 §3 */
  server_name: 0,
  /** RFC 6066 §4 */
  max_fragment_length: 1,
  /** RFC 6066 §5 */
  client_certificate_url: 2,
  /** RFC 6066 §6 */
  trusted_ca_keys: 3,
  /** RFC 6066 §7 */
  truncated_hmac: 4,
  /** RFC 6066 §8 */
  status_request: 5,
  /** RFC 4681 */
  user_mapping: 6,
  /** RFC 5878 */
  client_authz: 7,
  /** RFC 5878 */
  server_authz: 8,
  /** RFC 6091 §3.1 */
  cert_type: 9,
  /** RFC 8446 §4.2.7, RFC 8422, RFC 7919 */
  supported_groups: 10,
  /** RFC 8422 §5.1.2 */
  ec_point_formats: 11,
  /** RFC 5054 §2.8.1 */
  srp: 12,
  /** RFC 8446 §4.2.3 */
  signature_algorithms: 13,
  /** RFC 5764 §4.1 */
  use_srtp: 14,
  /** RFC 6520 §2 */
  heartbeat: 15,
  /** RFC 7301 §3.1 */
  application_layer_protocol_negotiation: 16,
  /** RFC 6961 §2.2 */
  status_request_v2: 17,
  /** RFC 6962 §3.3.1 */
  signed_certificate_timestamp: 18,
  /** RFC 7250 §3 */
  client_certificate_type: 19,
  /** RFC 7250 §3 */
  server_certificate_type: 20,
  /** RFC 7685 §3 */
  padding: 21,
  /** RFC 7366 §2 */
  encrypt_then_mac: 22,
  /** RFC 7627 §5.1 */
  extended_master_secret: 23,
  /** RFC 8472 */
  token_binding: 24,
  /** RFC 7924 */
  cached_info: 25,
  /** draft-gutmann-tls-lts */
  tls_lts: 26,
  /** RFC 8879 §3 */
  compress_certificate: 27,
  /** RFC 8449 §4 */
  record_size_limit: 28,
  /** RFC 8492 */
  pwd_protect: 29,
  /** RFC 8492 */
  pwd_clear: 30,
  /** RFC 8492 */
  password_salt: 31,
  /** RFC 8672 */
  ticket_pinning: 32,
  /** RFC 8773 §4 */
  tls_cert_with_extern_psk: 33,
  /** RFC 9345 */
  delegated_credential: 34,
  /** RFC 5077 §3.2 */
  session_ticket: 35,
  /** ETSI TS 103 523-2 */
  TLMSP: 36,
  /** ETSI TS 103 523-2 */
  TLMSP_proxying: 37,
  /** ETSI TS 103 523-2 */
  TLMSP_delegate: 38,
  /** RFC 8870 */
  supported_ekt_ciphers: 39,
  /** RFC 8446 §4.2.11 */
  pre_shared_key: 41,
  /** RFC 8446 §4.2.10 */
  early_data: 42,
  /** RFC 8446 §4.2.1 */
  supported_versions: 43,
  /** RFC 8446 §4.2.2 */
  cookie: 44,
  /** RFC 8446 §4.2.9 */
  psk_key_exchange_modes: 45,
  /** RFC 8446 §4.2.4 */
  certificate_authorities: 47,
  /** RFC 8446 §4.2.5 */
  oid_filters: 48,
  /** RFC 8446 §4.2.6 */
  post_handshake_auth: 49,
  /** RFC 8446 §4.2.3 */
  signature_algorithms_cert: 50,
  /** RFC 8446 §4.2.8 */
  key_share: 51,
  /** RFC 9162 §6.5 */
  transparency_info: 52,
  /** RFC 9146 §3 */
  connection_id: 54,
  /** RFC 8844 */
  external_id_hash: 55,
  /** RFC 8844 */
  external_session_id: 56,
  /** RFC 9001 */
  quic_transport_parameters: 57,
  /** RFC 9149 §3 */
  ticket_request: 58,
  /** RFC 9102 */
  dnssec_chain: 59,
  /** draft-pismenny-tls-dtls-plaintext-sequence-number */
  sequence_number_encryption_algorithms: 60,
  /** RFC 9853 */
  rrc: 61,
  /** draft-ietf-tls-tlsflags */
  tls_flags: 62,
  /** RFC 9849 */
  ech_outer_extensions: 64768,
  /** RFC 9849 */
  encrypted_client_hello: 65037,
  /** RFC 5746 §3.2 */
  renegotiation_info: 65281,
} as const;

export type ExtensionTypeName = keyof typeof EXTENSION_TYPES;

const NAMES = /* @__PURE__ */ namesByCode(EXTENSION_TYPES);

/** The IANA name of an extension type number, or undefined when it has none. */
export function extensionTypeName(code: number): ExtensionTypeName | undefined {
  return NAMES.get(code);
}
