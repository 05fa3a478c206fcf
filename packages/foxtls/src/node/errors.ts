/**
 * Our errors as node:tls reports them: the codes, `reason` and `library` that its users test for, with our `TlsError` as `cause`.
 *
 * Node's errors come from OpenSSL: `ERR_SSL_` and OpenSSL's reason in capitals for the protocol, X509_V_ERR names for certificates.
 * The tables below are that vocabulary; nothing else in this folder spells a code of OpenSSL's.
 */

import {
  AlertReceived,
  CertificateInvalid,
  type CertificateReason,
  ConnectionLost,
  DecodeError,
  LimitExceeded,
  type MisbehaviourReason,
  PeerIncompatible,
  PeerMisbehaved,
  TlsError,
} from '../core/errors/errors.ts';
import { ALERTS, type AlertName } from '../core/registry/alerts.ts';

/** An error of node:tls. `library` and `reason` are there when it would come from OpenSSL's protocol engine. */
export interface NodeTlsError extends Error {
  code?: string;
  library?: string;
  reason?: string;
  host?: string | undefined;
  port?: number | undefined;
  path?: string | undefined;
  localAddress?: string | undefined;
}

/** OpenSSL's words for an alert that was received. */
const ALERT_REASONS: Readonly<Record<Exclude<AlertName, 'close_notify'>, string>> = {
  unexpected_message: 'sslv3 alert unexpected message',
  bad_record_mac: 'sslv3 alert bad record mac',
  decryption_failed_RESERVED: 'tlsv1 alert decryption failed',
  record_overflow: 'tlsv1 alert record overflow',
  decompression_failure_RESERVED: 'sslv3 alert decompression failure',
  handshake_failure: 'sslv3 alert handshake failure',
  no_certificate_RESERVED: 'sslv3 alert no certificate',
  bad_certificate: 'sslv3 alert bad certificate',
  unsupported_certificate: 'sslv3 alert unsupported certificate',
  certificate_revoked: 'sslv3 alert certificate revoked',
  certificate_expired: 'sslv3 alert certificate expired',
  certificate_unknown: 'sslv3 alert certificate unknown',
  illegal_parameter: 'sslv3 alert illegal parameter',
  unknown_ca: 'tlsv1 alert unknown ca',
  access_denied: 'tlsv1 alert access denied',
  decode_error: 'tlsv1 alert decode error',
  decrypt_error: 'tlsv1 alert decrypt error',
  too_many_cids_requested: 'too many cids requested',
  export_restriction_RESERVED: 'tlsv1 alert export restriction',
  protocol_version: 'tlsv1 alert protocol version',
  insufficient_security: 'tlsv1 alert insufficient security',
  internal_error: 'tlsv1 alert internal error',
  inappropriate_fallback: 'tlsv1 alert inappropriate fallback',
  user_canceled: 'tlsv1 alert user cancelled',
  no_renegotiation_RESERVED: 'tlsv1 alert no renegotiation',
  missing_extension: 'tlsv13 alert missing extension',
  unsupported_extension: 'tlsv1 unsupported extension',
  certificate_unobtainable_RESERVED: 'tlsv1 certificate unobtainable',
  unrecognized_name: 'tlsv1 unrecognized name',
  bad_certificate_status_response: 'tlsv1 bad certificate status response',
  bad_certificate_hash_value_RESERVED: 'tlsv1 bad certificate hash value',
  unknown_psk_identity: 'tlsv1 alert unknown psk identity',
  certificate_required: 'tlsv13 alert certificate required',
  general_error: 'tlsv1 alert general error',
  no_application_protocol: 'tlsv1 alert no application protocol',
  ech_required: 'ech required',
};

/** OpenSSL's words for what the peer did wrong, where they are not ours with spaces. */
const MISBEHAVIOUR_REASONS: Partial<Readonly<Record<MisbehaviourReason, string>>> = {
  bad_record_mac: 'decryption failed or bad record mac',
  record_overflow: 'data length too long',
  not_tls: 'wrong version number',
  record_type_unexpected: 'unexpected record',
  empty_fragment: 'bad record type',
  message_unexpected: 'unexpected message',
  application_data_too_early: 'app data in handshake',
  change_cipher_spec_invalid: 'bad change cipher spec',
  change_cipher_spec_unexpected: 'unexpected ccs message',
  change_cipher_spec_missing: 'unexpected message',
  record_version_wrong: 'wrong version number',
  handshake_interleaved: 'unexpected message',
  handshake_spans_key_change: 'not on record boundary',
  alert_fragmented: 'invalid alert',
  extension_unsolicited: 'unsolicited extension',
  extension_duplicate: 'bad extension',
  extension_not_allowed_here: 'bad extension',
  extension_missing: 'missing extension',
  compression_not_null: 'invalid compression algorithm',
  session_id_not_echoed: 'invalid session id',
  version_not_offered: 'unsupported protocol',
  version_downgraded: 'inappropriate fallback',
  suite_not_offered: 'wrong cipher returned',
  suite_changed_after_retry: 'bad cipher',
  suite_hash_mismatch: 'ciphersuite digest has changed',
  group_not_offered: 'bad key share',
  group_changed_after_retry: 'bad key share',
  key_share_invalid: 'bad key share',
  key_share_duplicate: 'bad key share',
  key_share_for_unoffered_group: 'bad key share',
  retry_second: 'unexpected message',
  retry_without_change: 'bad hrr version',
  cookie_invalid: 'cookie mismatch',
  signature_scheme_not_offered: 'wrong signature type',
  signature_invalid: 'bad signature',
  finished_invalid: 'digest check failed',
  psk_binder_invalid: 'binder does not verify',
  psk_identity_out_of_range: 'bad psk identity',
  psk_key_share_missing: 'no suitable key share',
  psk_mode_not_offered: 'bad psk',
  certificate_list_empty: 'length mismatch',
  certificate_required: 'peer did not return a certificate',
  certificate_context_invalid: 'invalid context',
  key_update_invalid: 'bad key update',
  fallback_inappropriate: 'inappropriate fallback',
  renegotiation_info_missing: 'unsafe legacy renegotiation disabled',
  renegotiation_info_invalid: 'renegotiation mismatch',
  extended_master_secret_missing: 'inconsistent extms',
  extended_master_secret_changed: 'inconsistent extms',
  point_formats_invalid: 'invalid ec point format',
  curve_type_unsupported: 'wrong curve',
  session_unknown: 'invalid session id',
  session_suite_changed: 'old session cipher not returned',
  certificate_unfit_for_suite: 'wrong certificate type',
  certificate_missing: 'peer did not return a certificate',
};

const INCOMPATIBLE_REASONS: Readonly<Record<PeerIncompatible['subject'], string>> = {
  version: 'unsupported protocol',
  suite: 'no shared cipher',
  group: 'no suitable key share',
  finite_field_group: 'no suitable key share',
  signature_scheme: 'no suitable signature algorithm',
  certificate_type: 'unsupported certificate type',
  application_protocol: 'no application protocol',
  server_name: 'callback failed',
  psk: 'bad psk',
};

/** The code and OpenSSL's text of a refused certificate. What OpenSSL has no name for that Node passes on is `CERT_REJECTED`. */
const CERTIFICATE_CODES: Readonly<Record<CertificateReason, readonly [code: string, message: string]>> = {
  malformed: ['CERT_REJECTED', 'certificate malformed'],
  signature_invalid: ['CERT_SIGNATURE_FAILURE', 'certificate signature failure'],
  signature_algorithm_unsupported: ['CERT_SIGNATURE_FAILURE', 'certificate signature algorithm unsupported'],
  signature_algorithm_weak: ['CERT_REJECTED', 'certificate signature algorithm too weak'],
  key_unsupported: ['CERT_REJECTED', 'certificate key unsupported'],
  key_too_small: ['CERT_REJECTED', 'certificate key too small'],
  expired: ['CERT_HAS_EXPIRED', 'certificate has expired'],
  not_yet_valid: ['CERT_NOT_YET_VALID', 'certificate is not yet valid'],
  revoked: ['CERT_REVOKED', 'certificate revoked'],
  revocation_unknown: ['UNABLE_TO_GET_CRL', 'unable to get certificate CRL'],
  staple_missing: ['CERT_REJECTED', 'OCSP response missing'],
  staple_invalid: ['CERT_REJECTED', 'OCSP response unacceptable'],
  issuer_unknown: ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'unable to get local issuer certificate'],
  self_signed_leaf: ['DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed certificate'],
  self_signed_in_chain: ['SELF_SIGNED_CERT_IN_CHAIN', 'self-signed certificate in certificate chain'],
  issuer_not_ca: ['INVALID_CA', 'invalid CA certificate'],
  path_too_long: ['PATH_LENGTH_EXCEEDED', 'path length constraint exceeded'],
  key_usage_missing: ['INVALID_PURPOSE', 'unsuitable certificate purpose'],
  extended_key_usage_missing: ['INVALID_PURPOSE', 'unsuitable certificate purpose'],
  critical_extension_unknown: ['CERT_REJECTED', 'unhandled critical extension'],
  name_mismatch: ['ERR_TLS_CERT_ALTNAME_INVALID', "Hostname/IP does not match certificate's altnames"],
  name_constraint_violated: ['CERT_REJECTED', 'permitted subtree violation'],
  budget_exceeded: ['CERT_CHAIN_TOO_LONG', 'certificate chain too long'],
  key_untrusted: ['CERT_UNTRUSTED', 'certificate not trusted'],
  policy_violated: ['CERT_REJECTED', 'no explicit policy'],
  profile_violated: ['CERT_REJECTED', 'certificate breaks a rule of its profile'],
  rejected_by_application: ['CERT_REJECTED', 'certificate rejected'],
  none_presented: ['UNABLE_TO_GET_ISSUER_CERT', 'the peer presented no certificate'],
};

/** The code of an error that a callback of the application threw; the face hands out what was thrown. */
const CALLBACK_FAILED = 'ERR_TLS_CALLBACK_FAILED';

/** The connection that waits for a callback ends: with the alert internal_error for the peer, with `thrown` for the application. */
export function callbackFailed(name: string, thrown: unknown): TlsError {
  const message = `${name} failed: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
  return new TlsError(CALLBACK_FAILED, message, { alert: 'internal_error', cause: thrown });
}

/**
 * The error of node:tls for an error of ours. What the application threw in a callback comes back as it was.
 *
 * ```ts
 * toNodeError(new AlertReceived('unknown_ca')).code;   // ERR_SSL_TLSV1_ALERT_UNKNOWN_CA
 * ```
 */
export function toNodeError(error: TlsError): NodeTlsError {
  if (error.code === CALLBACK_FAILED && error.cause instanceof Error) return error.cause;
  if (error instanceof AlertReceived) return alertError(error);
  if (error instanceof CertificateInvalid) return certificateError(error);
  if (error instanceof ConnectionLost) return connectionReset(error.message, error);
  if (error instanceof LimitExceeded && error.limit === 'renegotiations') {
    return withCode(new Error('TLS session renegotiation attack detected', { cause: error }), 'ERR_TLS_SESSION_ATTACK');
  }
  const reason = protocolReason(error);
  return reason === undefined ? error : sslError(reason, error);
}

/** An error as OpenSSL's protocol engine makes them: the code is made of the reason. */
export function sslError(reason: string, cause?: TlsError, suffix = ''): NodeTlsError {
  const detail = cause === undefined ? '' : `: ${cause.message}`;
  const error: NodeTlsError = new Error(`SSL routines::${reason}${detail}${suffix}`, cause && { cause });
  error.library = 'SSL routines';
  error.reason = reason;
  error.code = `ERR_SSL_${reason.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_')}`;
  return error;
}

/** `ECONNRESET`, as Node reports a connection that ended too early. */
export function connectionReset(message: string, cause?: unknown): NodeTlsError {
  return withCode(new Error(message, cause === undefined ? undefined : { cause }), 'ECONNRESET');
}

/** `authorizationError` of a socket: the code of the refusal. */
export function authorizationCode(error: TlsError): string {
  return toNodeError(error).code ?? error.code;
}

/** An error with a code of Node's own. */
export function withCode<E extends Error>(error: E, code: string): E & { code: string } {
  return Object.assign(error, { code });
}

function alertError(error: AlertReceived): NodeTlsError {
  const { description } = error;
  const known = Object.hasOwn(ALERT_REASONS, description);
  const reason = known ? ALERT_REASONS[description as keyof typeof ALERT_REASONS] : `unknown alert ${description}`;
  return sslError(reason, error, known ? `:SSL alert number ${ALERTS[description as AlertName]}` : '');
}

function certificateError(error: CertificateInvalid): NodeTlsError {
  if (error.reason === 'none_presented') return sslError('peer did not return a certificate', error);
  // The error that checkServerIdentity returned: the caller's, or Node's with `reason`, `host` and `cert`.
  if (error.reason === 'name_mismatch' && error.cause instanceof Error) return error.cause;
  const [code, message] = (error.reason === 'revocation_unknown' && findListCode(error)) || CERTIFICATE_CODES[error.reason];
  const made: NodeTlsError = new Error(message, { cause: error });
  made.code = code;
  // OpenSSL has two words for a missing issuer: nothing but the leaf was there, or some of the chain was.
  if (error.reason === 'issuer_unknown' && error.depth === 0) {
    made.message = 'unable to verify the first certificate';
    made.code = 'UNABLE_TO_VERIFY_LEAF_SIGNATURE';
  }
  return made;
}

/** OpenSSL's words for what is wrong with the CRL, if there was one. */
const LIST_CODES: Readonly<Record<string, readonly [code: string, message: string]>> = {
  stale: ['CRL_HAS_EXPIRED', 'CRL has expired'],
  not_yet_valid: ['CRL_NOT_YET_VALID', 'CRL is not yet valid'],
  signature_invalid: ['CRL_SIGNATURE_FAILURE', 'CRL signature failure'],
};

function findListCode({ cause }: CertificateInvalid): readonly [code: string, message: string] | undefined {
  const reasons = Array.isArray(cause) ? (cause as readonly { readonly reason: string }[]).map(({ reason }) => reason) : [];
  const known = reasons.find((reason) => Object.hasOwn(LIST_CODES, reason));
  return known === undefined ? undefined : LIST_CODES[known];
}

function protocolReason(error: TlsError): string | undefined {
  if (error instanceof PeerMisbehaved) return MISBEHAVIOUR_REASONS[error.reason] ?? error.reason.replaceAll('_', ' ');
  if (error instanceof PeerIncompatible) return INCOMPATIBLE_REASONS[error.subject];
  if (error instanceof DecodeError) return 'length mismatch';
  if (error instanceof LimitExceeded) return 'excessive message size';
  return undefined;
}
