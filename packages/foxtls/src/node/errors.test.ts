import { describe, expect, it } from 'vitest';
import {
  AlertReceived,
  ApiMisuse,
  CertificateInvalid,
  type CertificateReason,
  ConnectionLost,
  certificateAlertFor,
  DecodeError,
  type MisbehaviourReason,
  PeerIncompatible,
  PeerMisbehaved,
} from '../core/errors/errors.ts';
import { alertFor } from '../core/errors/reasons.ts';
import { ALERTS } from '../core/registry/alerts.ts';
import { callbackFailed, toNodeError } from './errors.ts';

describe('an error for the users of node:tls', () => {
  it.each([
    [new AlertReceived('unknown_ca'), 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA'],
    [new AlertReceived('handshake_failure'), 'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE'],
    [new AlertReceived('certificate_required'), 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'],
    [new AlertReceived('unsupported_extension'), 'ERR_SSL_TLSV1_UNSUPPORTED_EXTENSION'],
    [new PeerMisbehaved('not_tls', 'x'), 'ERR_SSL_WRONG_VERSION_NUMBER'],
    [new PeerMisbehaved('bad_record_mac', 'x'), 'ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC'],
    [new PeerMisbehaved('finished_invalid', 'x'), 'ERR_SSL_DIGEST_CHECK_FAILED'],
    [new PeerIncompatible('suite', [], []), 'ERR_SSL_NO_SHARED_CIPHER'],
    [new PeerIncompatible('version', [], []), 'ERR_SSL_UNSUPPORTED_PROTOCOL'],
    [new PeerIncompatible('group', [], []), 'ERR_SSL_NO_SUITABLE_KEY_SHARE'],
    [new DecodeError('client_hello', 'x'), 'ERR_SSL_LENGTH_MISMATCH'],
  ])('of the protocol, %s, is %s, with library, reason and cause', (error, code) => {
    const shown = toNodeError(error);
    expect(shown).toMatchObject({ code, library: 'SSL routines', cause: error });
    expect(code).toBe(`ERR_SSL_${shown.reason?.toUpperCase().replaceAll(' ', '_')}`);
    expect(shown.message).toContain(shown.reason);
  });

  it('has a code for every alert', () => {
    for (const [name, number] of Object.entries(ALERTS)) {
      if (name === 'close_notify') continue;
      const shown = toNodeError(new AlertReceived(name));
      expect(shown.code).toMatch(/^ERR_SSL_[A-Z0-9_]+$/);
      expect(shown.message).toContain(`SSL alert number ${number}`);
    }
    expect(toNodeError(new AlertReceived('unknown_200')).code).toBe('ERR_SSL_UNKNOWN_ALERT_UNKNOWN_200');
  });

  it('has a code for every way to misbehave', () => {
    for (const reason of Object.keys(alertFor) as MisbehaviourReason[]) {
      expect(toNodeError(new PeerMisbehaved(reason, 'x')).code).toMatch(/^ERR_SSL_[A-Z0-9_]+$/);
    }
  });

  it.each([
    ['self_signed_leaf', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['self_signed_in_chain', 'SELF_SIGNED_CERT_IN_CHAIN'],
    ['expired', 'CERT_HAS_EXPIRED'],
    ['not_yet_valid', 'CERT_NOT_YET_VALID'],
    ['revoked', 'CERT_REVOKED'],
    ['issuer_not_ca', 'INVALID_CA'],
    ['extended_key_usage_missing', 'INVALID_PURPOSE'],
  ] as const)('of a certificate, %s, is %s', (reason, code) => {
    const error = new CertificateInvalid(reason, 'ours');
    expect(toNodeError(error)).toMatchObject({ code, cause: error });
  });

  it('tells a missing issuer at the leaf from one further up', () => {
    expect(toNodeError(new CertificateInvalid('issuer_unknown', 'x')).code).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
    expect(toNodeError(new CertificateInvalid('issuer_unknown', 'x', { depth: 1 })).code).toBe(
      'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    );
  });

  it('has a code for every refusal of a certificate', () => {
    for (const reason of Object.keys(certificateAlertFor) as CertificateReason[]) {
      expect(toNodeError(new CertificateInvalid(reason, 'x')).code).toMatch(/^[A-Z0-9_]+$/);
    }
  });

  it('is what the application threw in a callback', () => {
    const thrown = new Error('mine');
    expect(toNodeError(callbackFailed('SNICallback', thrown))).toBe(thrown);
    expect(toNodeError(new CertificateInvalid('name_mismatch', 'x', { cause: thrown }))).toBe(thrown);
  });

  it('is ECONNRESET for a connection that was lost, and ours for what Node has no word for', () => {
    expect(toNodeError(new ConnectionLost('truncated', 'x')).code).toBe('ECONNRESET');
    const misuse = new ApiMisuse('ERR_TLS_INVALID_ARGUMENT', 'x');
    expect(toNodeError(misuse)).toBe(misuse);
  });
});
