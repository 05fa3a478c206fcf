/**
 * What node:tls says of renegotiation: its arguments, its errors, and the callbacks that wait for one.
 */

import { type ApiMisuse, TlsError } from '../core/errors/errors.ts';
import { sslError, withCode } from './errors.ts';

/** Whether to ask the peer for a certificate, and to refuse one that is not trusted; by default, as before. */
export interface RenegotiateOptions {
  readonly requestCert?: boolean | undefined;
  readonly rejectUnauthorized?: boolean | undefined;
}

export type RenegotiateCallback = (error: Error | null) => void;

/** Throws as node:tls for arguments that cannot be. */
export function checkRenegotiateArguments(options: unknown, callback: unknown): void {
  if (typeof options !== 'object' || options === null) {
    throw withCode(new TypeError('The "options" argument must be of type object.'), 'ERR_INVALID_ARG_TYPE');
  }
  if (callback === undefined || typeof callback === 'function') return;
  throw withCode(new TypeError('The "callback" argument must be of type function.'), 'ERR_INVALID_ARG_TYPE');
}

/** Throws for an option `renegotiation` that says nothing. */
export function checkRenegotiationOption(value: unknown): void {
  if (value === undefined || value === null || value === 'refuse' || value === 'accept') return;
  const message = `The property 'options.renegotiation' must be one of: 'refuse', 'accept'. Received ${JSON.stringify(value)}`;
  throw withCode(new TypeError(message), 'ERR_INVALID_ARG_VALUE');
}

export function renegotiationDisabled(): Error {
  return withCode(new Error('TLS session renegotiation disabled for this socket'), 'ERR_TLS_RENEGOTIATION_DISABLED');
}

/** Node's error for a renegotiation that cannot begin. */
export function whyNotBegun(error: ApiMisuse): Error {
  if (error.code === 'ERR_TLS_NO_RENEGOTIATION') return sslError('wrong ssl version', error);
  if (error.code === 'ERR_TLS_RENEGOTIATION_INSECURE') return sslError('unsafe legacy renegotiation disabled', error);
  return error;
}

/** The end of a connection whose peer did not want to renegotiate: as OpenSSL has it, who asked had reasons. */
export function peerRefused(): TlsError {
  return new TlsError('ERR_TLS_RENEGOTIATION_REFUSED', 'the peer answered no_renegotiation', { alert: 'handshake_failure' });
}
