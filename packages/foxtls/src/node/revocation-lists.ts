/**
 * The option `crl` of node:tls: with it every certificate of a chain has to be on the good side of a CRL (OpenSSL's X509_V_FLAG_CRL_CHECK and
 * X509_V_FLAG_CRL_CHECK_ALL, RFC 5280 §6.3).
 */

import { DecodeError } from '../core/errors/errors.ts';
import type { PathCheck } from '../pki/x509/path-check.ts';
import { parseCrlPem } from '../pki/x509/revocation/certificate-list.ts';
import { createRevocationChecker } from '../pki/x509/revocation/checker.ts';
import { withCode } from './errors.ts';
import { provider } from './provider.ts';

/** The check that PEM texts of CRLs stand for. Throws `ERR_CRYPTO_OPERATION_FAILED` for a text that holds none, as Node does. */
export function createListCheck(texts: readonly (string | Uint8Array)[]): PathCheck {
  const crls = texts.flatMap(readLists);
  return createRevocationChecker({
    provider,
    policy: 'hard-fail',
    crls,
    // As in Node: OCSP responses are for the listeners of 'OCSPResponse', and OpenSSL tolerates no clock and any age.
    staples: 'ignored',
    clockTolerance: 0,
    maximumAge: Number.POSITIVE_INFINITY,
    onUnreadableCrl: refuse,
  });
}

function readLists(text: string | Uint8Array): readonly Uint8Array[] {
  try {
    const lists = parseCrlPem(text);
    return lists.length > 0 ? lists : refuse();
  } catch (error) {
    return error instanceof DecodeError ? refuse(error) : refuse();
  }
}

function refuse(cause?: DecodeError): never {
  throw withCode(new Error('Failed to parse CRL', cause && { cause }), 'ERR_CRYPTO_OPERATION_FAILED');
}
