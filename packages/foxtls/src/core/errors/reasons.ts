/**
 * The closed list of ways in which a peer can break a rule, and the alert that answers each (RFC 8446 §6.2).
 *
 * `alertFor` is exhaustive by the compiler: a new reason does not build until it has its alert.
 */

import type { AlertName } from '../registry/alerts.ts';

export const alertFor = {
  // Record layer (RFC 8446 §5)
  bad_record_mac: 'bad_record_mac',
  record_overflow: 'record_overflow',
  record_type_unexpected: 'unexpected_message',
  record_not_encrypted: 'unexpected_message',
  not_tls: 'unexpected_message',
  empty_fragment: 'unexpected_message',
  inner_content_type_missing: 'unexpected_message',
  change_cipher_spec_invalid: 'unexpected_message',
  change_cipher_spec_unexpected: 'unexpected_message',
  change_cipher_spec_missing: 'unexpected_message',
  record_version_wrong: 'protocol_version',
  handshake_interleaved: 'unexpected_message',
  handshake_spans_key_change: 'unexpected_message',
  application_data_too_early: 'unexpected_message',
  alert_fragmented: 'decode_error',

  // Handshake order and form (RFC 8446 §4)
  message_unexpected: 'unexpected_message',
  extension_unsolicited: 'unsupported_extension',
  extension_duplicate: 'illegal_parameter',
  extension_not_allowed_here: 'illegal_parameter',
  extension_missing: 'missing_extension',
  pre_shared_key_not_last: 'illegal_parameter',
  compression_not_null: 'illegal_parameter',
  session_id_not_echoed: 'illegal_parameter',
  version_not_offered: 'illegal_parameter',
  version_downgraded: 'illegal_parameter',
  suite_not_offered: 'illegal_parameter',
  suite_changed_after_retry: 'illegal_parameter',
  suite_hash_mismatch: 'illegal_parameter',
  group_not_offered: 'illegal_parameter',
  group_changed_after_retry: 'illegal_parameter',
  retry_second: 'unexpected_message',
  retry_without_change: 'illegal_parameter',
  client_hello_changed_after_retry: 'illegal_parameter',
  cookie_invalid: 'illegal_parameter',
  key_share_invalid: 'illegal_parameter',
  key_share_duplicate: 'illegal_parameter',
  key_share_for_unoffered_group: 'illegal_parameter',
  signature_scheme_not_offered: 'illegal_parameter',
  signature_invalid: 'decrypt_error',
  finished_invalid: 'decrypt_error',
  psk_binder_invalid: 'decrypt_error',
  psk_identity_out_of_range: 'illegal_parameter',
  psk_key_share_missing: 'illegal_parameter',
  psk_mode_not_offered: 'illegal_parameter',
  psk_modes_missing: 'missing_extension',
  psk_binders_mismatch: 'illegal_parameter',
  alpn_not_offered: 'illegal_parameter',
  early_data_not_offered: 'unsupported_extension',
  certificate_list_empty: 'decode_error',
  certificate_list_too_long: 'illegal_parameter',
  certificate_type_not_offered: 'illegal_parameter',
  oid_filter_duplicate: 'illegal_parameter',
  certificate_required: 'certificate_required',
  certificate_context_invalid: 'illegal_parameter',
  certificate_unsuitable: 'bad_certificate',
  record_size_limit_invalid: 'illegal_parameter',
  max_fragment_length_invalid: 'illegal_parameter',
  key_update_invalid: 'illegal_parameter',
  legacy_field_invalid: 'illegal_parameter',

  // TLS 1.2 (RFC 5246 §7.2, RFC 5746 §3, RFC 7507 §3, RFC 7627 §5, RFC 8422 §5)
  fallback_inappropriate: 'inappropriate_fallback',
  renegotiation_info_missing: 'handshake_failure',
  renegotiation_info_invalid: 'handshake_failure',
  extended_master_secret_missing: 'handshake_failure',
  extended_master_secret_changed: 'handshake_failure',
  encrypt_then_mac_missing: 'handshake_failure',
  point_formats_invalid: 'illegal_parameter',
  curve_type_unsupported: 'illegal_parameter',
  session_unknown: 'illegal_parameter',
  session_suite_changed: 'illegal_parameter',
  certificate_unfit_for_suite: 'illegal_parameter',
  certificate_missing: 'handshake_failure',
  certificate_request_anonymous: 'handshake_failure',
  dh_prime_too_short: 'insufficient_security',
  dh_parameters_invalid: 'illegal_parameter',
  dh_share_invalid: 'handshake_failure',
  psk_identity_unknown: 'unknown_psk_identity',
} as const satisfies Record<string, AlertName>;

/** One word for the rule that the peer broke. */
export type MisbehaviourReason = keyof typeof alertFor;
