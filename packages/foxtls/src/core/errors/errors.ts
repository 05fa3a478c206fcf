/**
 * Every error that foxtls throws or reports: one tree, each leaf with a code, the alert that it means, and what to do.
 *
 * ```
 * TlsError (code 'ERR_TLS_…', alert?, cause?)
 *  ├ DecodeError         bytes are not the message they claim to be, with the path of the field
 *  ├ PeerMisbehaved      the peer broke a rule: `reason` is one of a closed list of words
 *  ├ PeerIncompatible    no common version, suite, group, scheme: says what each side offered
 *  ├ CertificateInvalid  reason, certificate, depth
 *  ├ PkcsInvalid         a signed or encrypted message, or a certification request, was refused
 *  ├ AlertReceived       the peer's alert
 *  ├ ApiMisuse           the caller's doing; never caused by bytes from the network
 *  ├ ConnectionLost      truncated, timed out, aborted
 *  ├ LimitExceeded       one of our documented limits
 *  ├ CryptoFailure       the provider refused
 *  └ InternalError       our bug (alert 80)
 * ```
 *
 * Messages never carry secrets: no key, no plaintext, no ticket.
 */

import type { AlertName } from '../registry/alerts.ts';
import { alertFor, type MisbehaviourReason } from './reasons.ts';

export type { MisbehaviourReason } from './reasons.ts';
export { alertFor } from './reasons.ts';

export type TlsErrorCode = `ERR_TLS_${string}`;

interface TlsErrorOptions {
  readonly alert?: AlertName | undefined;
  readonly cause?: unknown;
}

/** The root of the tree. `alert` is the alert that this error sends to the peer, if it sends one. */
export class TlsError extends Error {
  readonly code: TlsErrorCode;
  readonly alert: AlertName | undefined;

  constructor(code: TlsErrorCode, message: string, options: TlsErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.alert = options.alert;
  }
}

/** Bytes are not the structure they claim to be. `path` names the field, as `client_hello.extensions[3].key_share`. */
export class DecodeError extends TlsError {
  readonly path: string;

  constructor(path: string, problem: string, options: TlsErrorOptions = {}) {
    super('ERR_TLS_DECODE', `${path}: ${problem}`, { alert: 'decode_error', ...options });
    this.path = path;
  }
}

/** The peer broke a rule of the protocol. */
export class PeerMisbehaved extends TlsError {
  readonly reason: MisbehaviourReason;

  constructor(reason: MisbehaviourReason, message: string, options: { readonly cause?: unknown } = {}) {
    super('ERR_TLS_PEER_MISBEHAVED', `${reason}: ${message}`, { alert: alertFor[reason], cause: options.cause });
    this.reason = reason;
  }
}

/** What the two sides had to agree on and could not. */
export type IncompatibleSubject =
  | 'version'
  | 'suite'
  | 'group'
  | 'finite_field_group'
  | 'signature_scheme'
  | 'certificate_type'
  | 'application_protocol'
  | 'server_name'
  | 'psk';

const INCOMPATIBLE_ALERT = {
  version: 'protocol_version',
  suite: 'handshake_failure',
  group: 'handshake_failure',
  finite_field_group: 'insufficient_security',
  signature_scheme: 'handshake_failure',
  certificate_type: 'unsupported_certificate',
  application_protocol: 'no_application_protocol',
  server_name: 'unrecognized_name',
  psk: 'unknown_psk_identity',
} as const satisfies Record<IncompatibleSubject, AlertName>;

/** Both sides keep the rules but share no parameter. `ours` and `theirs` are names, in order of preference. */
export class PeerIncompatible extends TlsError {
  readonly subject: IncompatibleSubject;
  readonly ours: readonly string[];
  readonly theirs: readonly string[];

  constructor(subject: IncompatibleSubject, ours: readonly string[], theirs: readonly string[], advice = '') {
    const lists = `ours: ${ours.join(', ') || 'none'}; theirs: ${theirs.join(', ') || 'none'}`;
    super('ERR_TLS_PEER_INCOMPATIBLE', `no common ${subject.replaceAll('_', ' ')} (${lists})${advice && `. ${advice}`}`, {
      alert: INCOMPATIBLE_ALERT[subject],
    });
    this.subject = subject;
    this.ours = ours;
    this.theirs = theirs;
  }
}

/** Why a certificate was refused, with the alert that says so to the peer (RFC 8446 §6.2). */
export const certificateAlertFor = {
  malformed: 'bad_certificate',
  signature_invalid: 'bad_certificate',
  signature_algorithm_unsupported: 'unsupported_certificate',
  // "… any signature algorithm using an MD5 hash MUST abort the handshake with a 'bad_certificate' alert." (RFC 8446 §4.4.2.4) So with SHA-1.
  signature_algorithm_weak: 'bad_certificate',
  key_unsupported: 'unsupported_certificate',
  key_too_small: 'unsupported_certificate',
  expired: 'certificate_expired',
  not_yet_valid: 'certificate_expired',
  revoked: 'certificate_revoked',
  revocation_unknown: 'certificate_unknown',
  staple_missing: 'bad_certificate_status_response',
  staple_invalid: 'bad_certificate_status_response',
  issuer_unknown: 'unknown_ca',
  self_signed_leaf: 'unknown_ca',
  self_signed_in_chain: 'unknown_ca',
  issuer_not_ca: 'bad_certificate',
  path_too_long: 'bad_certificate',
  key_usage_missing: 'bad_certificate',
  extended_key_usage_missing: 'unsupported_certificate',
  critical_extension_unknown: 'unsupported_certificate',
  name_mismatch: 'bad_certificate',
  name_constraint_violated: 'bad_certificate',
  key_untrusted: 'certificate_unknown',
  policy_violated: 'certificate_unknown',
  profile_violated: 'bad_certificate',
  budget_exceeded: 'bad_certificate',
  rejected_by_application: 'certificate_unknown',
  none_presented: 'certificate_required',
} as const satisfies Record<string, AlertName>;

export type CertificateReason = keyof typeof certificateAlertFor;

/** What a verifier tried before it came to its answer; `explain` of `foxtls/x509` prints it. Certificates are DER. */
export interface CertificateReport {
  /** The paths that were tried, in order: end entity first, up to where each was stopped, and by what. */
  readonly tried: readonly { readonly certificates: readonly Uint8Array[]; readonly problem: CertificateInvalid }[];
  /** How many more were tried than are told of. */
  readonly omitted: number;
  /** Certificates that could not be used at all. `index` counts in the list that they came in. */
  readonly skipped: readonly {
    readonly from: 'intermediates' | 'trust_anchors' | 'fetched';
    readonly index: number;
    readonly problem: TlsError;
  }[];
  /** How much work was done. */
  readonly spent: { readonly [what: string]: number };
}

/** A certificate was refused. `depth` counts from the end entity (0); `certificate` is its DER. */
export class CertificateInvalid extends TlsError {
  readonly reason: CertificateReason;
  readonly depth: number;
  readonly certificate: Uint8Array | undefined;
  /** What was tried, by verifiers that search for a path. */
  readonly report: CertificateReport | undefined;

  constructor(
    reason: CertificateReason,
    message: string,
    details: {
      readonly depth?: number;
      readonly certificate?: Uint8Array | undefined;
      readonly report?: CertificateReport | undefined;
      readonly cause?: unknown;
    } = {},
  ) {
    super('ERR_TLS_CERTIFICATE_INVALID', message, { alert: certificateAlertFor[reason], cause: details.cause });
    this.reason = reason;
    this.depth = details.depth ?? 0;
    this.certificate = details.certificate;
    this.report = details.report;
  }
}

/** Why a message (CMS) or a certification request (PKCS#10) was refused. */
export type PkcsReason =
  | 'signature_invalid'
  | 'digest_mismatch'
  | 'attributes_invalid'
  | 'signer_unknown'
  | 'certificate_unsuitable'
  | 'recipient_unknown'
  | 'content_missing'
  | 'algorithm_unsupported'
  | 'decryption_failed';

/** A message or a request of PKCS was well-formed, and refused all the same. Of what could not be decrypted, nothing more is said. */
export class PkcsInvalid extends TlsError {
  readonly reason: PkcsReason;

  constructor(reason: PkcsReason, message: string, options: { readonly cause?: unknown } = {}) {
    super('ERR_TLS_PKCS_INVALID', message, options);
    this.reason = reason;
  }
}

/**
 * The peer ended the connection with an alert. `description` is its IANA name, or `unknown_<number>`. A fatal alert is not answered; "The other
 * party MUST respond with a close_notify alert of its own and close down the connection immediately" (RFC 5246 §7.2.1) to one that only closes.
 */
export class AlertReceived extends TlsError {
  readonly description: string;

  constructor(description: string, advice = '') {
    const alert = description === 'close_notify' || description === 'user_canceled' ? 'close_notify' : undefined;
    super('ERR_TLS_ALERT_RECEIVED', `the peer ended the connection with the alert ${description}${advice && `. ${advice}`}`, {
      alert,
    });
    this.description = description;
  }
}

/** The caller asked for something that cannot be. Never caused by bytes from the network. */
export class ApiMisuse extends TlsError {}

/** The connection ended before its time: truncated, timed out or aborted. */
export class ConnectionLost extends TlsError {
  readonly reason: 'truncated' | 'timed_out' | 'aborted';

  constructor(reason: 'truncated' | 'timed_out' | 'aborted', message: string, options: { readonly cause?: unknown } = {}) {
    super('ERR_TLS_CONNECTION_LOST', message, {
      alert: reason === 'truncated' ? undefined : 'user_canceled',
      cause: options.cause,
    });
    this.reason = reason;
  }
}

/** One of the documented limits was passed. `limit` is its name in the configuration. */
export class LimitExceeded extends TlsError {
  readonly limit: string;

  constructor(limit: string, message: string, alert: AlertName = 'illegal_parameter') {
    super('ERR_TLS_LIMIT_EXCEEDED', `${limit}: ${message}`, { alert });
    this.limit = limit;
  }
}

/**
 * The provider refused an operation: a key that cannot sign, an algorithm it does not have. A wrong password is one, too, with the code
 * `ERR_TLS_PASSWORD_WRONG`.
 */
export class CryptoFailure extends TlsError {
  constructor(message: string, options: { readonly cause?: unknown; readonly code?: TlsErrorCode } = {}) {
    super(options.code ?? 'ERR_TLS_CRYPTO_FAILURE', message, { alert: 'internal_error', cause: options.cause });
  }
}

/** A bug of ours. */
export class InternalError extends TlsError {
  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super('ERR_TLS_INTERNAL', `internal error: ${message}`, { alert: 'internal_error', cause: options.cause });
  }
}

/** Any thrown value as a `TlsError`: one of ours unchanged, a stranger as the cause of an `InternalError`. */
export function asTlsError(thrown: unknown): TlsError {
  if (thrown instanceof TlsError) return thrown;
  return new InternalError(thrown instanceof Error ? thrown.message : String(thrown), { cause: thrown });
}
