/**
 * A small OCSP responder (RFC 6960 §2, RFC 8954): from the bytes of a request to the bytes of a response. How they come and go is
 * somebody else's affair: over HTTP a POST of `application/ocsp-request`, or a GET with base64 in its path (RFC 6960 Appendix A).
 */

import { equal } from '../../../core/bytes/bytes.ts';
import { DecodeError } from '../../../core/errors/errors.ts';
import { type Eventually, type Flow, run, settle } from '../../../core/flow/flow.ts';
import type { CryptoProvider } from '../../../crypto/provider.ts';
import type { SignatureAlgorithm } from '../../../crypto/signature.ts';
import { type Certificate, formatSerialNumber, parseCertificate } from '../certificate.ts';
import type { CertificateIssuer } from '../issue-certificate.ts';
import { matchesIssuer } from './cert-id.ts';
import {
  createOcspErrorResponse,
  makeOcspResponse,
  type OcspAnswer,
  type OcspStatus,
  readResponder,
} from './create-ocsp-response.ts';
import type { CertId } from './ocsp-messages.ts';
import { type OcspRequest, parseOcspRequest } from './ocsp-request.ts';

export interface OcspResponderOptions {
  /** Its hashes are used. */
  readonly provider: Pick<CryptoProvider, 'hashes'>;
  /** The certificate of the authority, DER, for whose certificates there are answers. */
  readonly issuer: Uint8Array;
  /** Who signs: the authority itself, or who has a certificate of it for OCSPSigning. */
  readonly responder: CertificateIssuer;
  /**
   * The status of a certificate by its serial number, hexadecimal as `Certificate.serialNumber` has it. What it throws is what `respond`
   * throws.
   */
  readonly lookUp: (serialNumber: string) => Eventually<OcspStatus>;
  /** How long an answer is good for, in milliseconds; an hour unless set. */
  readonly validity?: number;
  /** How the responder calls itself; `byKey` unless set. */
  readonly responderId?: 'byKey' | 'byName';
  readonly signatureAlgorithm?: SignatureAlgorithm | undefined;
}

export interface OcspResponder {
  /**
   * The response to a request, both DER. Never throws for what a client sends: that is answered with an error status. Certificates of other
   * authorities are `unknown`.
   */
  respond(request: Uint8Array, now: Date): Eventually<Uint8Array>;
}

/** One request asks for one certificate, as a rule. */
const MAX_CERTIFICATES = 32;

/**
 * A responder for one authority.
 *
 * Throws `DecodeError` for a certificate that cannot be read, `ApiMisuse` (`ERR_TLS_INVALID_ARGUMENT`) for a key that is not that of its
 * certificate.
 *
 * ```ts
 * const responder = createOcspResponder({
 *   provider,
 *   issuer: ca.certificate,
 *   responder: ca,
 *   lookUp: (serialNumber) => (revoked.has(serialNumber) ? { status: 'revoked', revocationDate } : { status: 'good' }),
 * });
 * const response = await responder.respond(request, new Date());
 * ```
 */
export function createOcspResponder(options: OcspResponderOptions): OcspResponder {
  const issuer = parseCertificate(options.issuer);
  const signer = readResponder(options.responder);
  return { respond: (request, now) => run(respond(request, now, issuer, signer, options)) };
}

function* respond(
  der: Uint8Array,
  now: Date,
  issuer: Certificate,
  signer: Certificate,
  options: OcspResponderOptions,
): Flow<Uint8Array> {
  const request = readRequest(der);
  if (request === undefined) return createOcspErrorResponse('malformedRequest');
  const answers: OcspAnswer[] = [];
  for (const certId of request.certIds) answers.push(yield* answerFor(certId, now, issuer, options));
  const { provider, responder, responderId = 'byKey', signatureAlgorithm } = options;
  return yield* makeOcspResponse({
    provider,
    responder,
    responderId,
    signatureAlgorithm,
    producedAt: now,
    answers,
    nonce: request.nonce,
    // The client has the issuer's certificate already.
    certificates: equal(signer.raw, issuer.raw) ? [] : [signer.raw],
  });
}

/** Undefined for what is to be answered with malformedRequest. */
function readRequest(der: Uint8Array): OcspRequest | undefined {
  try {
    const request = parseOcspRequest(der);
    const { length } = request.certIds;
    return length >= 1 && length <= MAX_CERTIFICATES && request.unknownCriticalExtension === undefined ? request : undefined;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return undefined;
  }
}

function* answerFor(
  certId: CertId,
  thisUpdate: Date,
  issuer: Certificate,
  { provider, lookUp, validity = 3_600_000 }: OcspResponderOptions,
): Flow<OcspAnswer> {
  const isOurs = matchesIssuer(certId, issuer.subject.der, issuer.publicKeyBits, provider.hashes);
  const status: OcspStatus = isOurs ? yield* settle(lookUp(formatSerialNumber(certId.serialNumber))) : { status: 'unknown' };
  return { certId, ...status, thisUpdate, nextUpdate: new Date(thisUpdate.getTime() + validity) };
}
