/**
 * Making OCSP responses (RFC 6960 §4.2).
 */

import { OID } from '../../../core/asn1/object-identifiers.ts';
import { encodeDer } from '../../../core/asn1/schema.ts';
import { equal } from '../../../core/bytes/bytes.ts';
import { ApiMisuse } from '../../../core/errors/errors.ts';
import { type Flow, runAsync, runSync, settle } from '../../../core/flow/flow.ts';
import type { CryptoProvider } from '../../../crypto/provider.ts';
import type { PrivateKey, SignatureAlgorithm } from '../../../crypto/signature.ts';
import { defaultSignatureAlgorithm, writeSignatureAlgorithm } from '../algorithms.ts';
import { type Certificate, parseCertificate } from '../certificate.ts';
import type { CertificateIssuer } from '../issue-certificate.ts';
import { certIdOf, requireHash } from './cert-id.ts';
import {
  type CertId,
  type OcspErrorStatus,
  ocspResponseType,
  type ResponderId,
  responseData,
  type SingleResponse,
  signedResponse,
} from './ocsp-messages.ts';
import { nonceExtension } from './ocsp-request.ts';
import type { RevocationReason } from './reasons.ts';

/** What there is to say about a certificate. */
export type OcspStatus =
  | { readonly status: 'good' }
  | { readonly status: 'revoked'; readonly revocationDate: Date; readonly reason?: RevocationReason | undefined }
  | { readonly status: 'unknown' };

/** What is said about one certificate: by itself and its issuer (DER), or by the CertID of a request. */
export type OcspAnswer = OcspStatus & {
  readonly thisUpdate: Date;
  /** Without it the response says that newer ones are there at any time. */
  readonly nextUpdate?: Date | undefined;
} & ({ readonly certificate: Uint8Array; readonly issuer: Uint8Array } | { readonly certId: CertId });

export interface OcspResponseOptions {
  /** Its SHA-1 is used: the name of a key, and of certificates, is made with it. */
  readonly provider: Pick<CryptoProvider, 'hashes'>;
  /** Who signs: the authority that issued the certificates, or a responder with a certificate of it for OCSPSigning. */
  readonly responder: CertificateIssuer;
  readonly producedAt: Date;
  readonly answers: readonly OcspAnswer[];
  /** That of the request. */
  readonly nonce?: Uint8Array | undefined;
  /** How the responder calls itself; `byKey` unless set, which is shorter. */
  readonly responderId?: 'byKey' | 'byName';
  /** Certificates, DER, to send along; the responder's own unless set. */
  readonly certificates?: readonly Uint8Array[] | undefined;
  /** By the responder's key unless set. */
  readonly signatureAlgorithm?: SignatureAlgorithm | undefined;
}

/**
 * An OCSP response, DER: to be stapled, or to be sent as `application/ocsp-response`.
 *
 * Rejects with `DecodeError` for a certificate that cannot be read, and with `ApiMisuse` (`ERR_TLS_INVALID_ARGUMENT`) for a key that is not
 * that of its certificate, or a provider without SHA-1; source: RFC 6960 §4.2.
 *
 * ```ts
 * const ocspResponse = await createOcspResponse({
 *   provider,
 *   responder: ca,
 *   producedAt: now,
 *   answers: [{ certificate, issuer: ca.certificate, status: 'good', thisUpdate: now, nextUpdate: tomorrow }],
 * });
 * ```
 */
export function createOcspResponse(options: OcspResponseOptions): Promise<Uint8Array> {
  return runAsync(makeOcspResponse(options));
}

/** `createOcspResponse` for synchronous signers. */
export function createOcspResponseSync(options: OcspResponseOptions): Uint8Array {
  return runSync(makeOcspResponse(options));
}

/**
 * The response of a responder that cannot answer, DER. It is not signed (RFC 6960 §2.3).
 *
 * ```ts
 * createOcspErrorResponse('tryLater');
 * ```
 */
export function createOcspErrorResponse(status: OcspErrorStatus): Uint8Array {
  return encodeDer(ocspResponseType, { responseStatus: status });
}

export function* makeOcspResponse(options: OcspResponseOptions): Flow<Uint8Array> {
  const { provider, responder, producedAt, answers, nonce } = options;
  const signer = readResponder(responder);
  const algorithm = options.signatureAlgorithm ?? defaultSignatureAlgorithm(responder.key.type);
  const tbsResponseData = encodeDer(responseData, {
    version: 0,
    responderID: nameResponder(signer, options),
    producedAt,
    responses: answers.map((answer) => toSingleResponse(answer, provider)),
    responseExtensions: nonce && [nonceExtension(nonce)],
  });
  const signature = yield* settle(responder.key.sign(algorithm, tbsResponseData));
  const certs = options.certificates ?? [signer.raw];
  const response = encodeDer(signedResponse, {
    tbsResponseData,
    signatureAlgorithm: writeSignatureAlgorithm(algorithm),
    signature,
    // "If no certificates are included, then certs SHOULD be absent." (RFC 6960 §4.2.1)
    certs: certs.length === 0 ? undefined : certs,
  });
  return encodeDer(ocspResponseType, {
    responseStatus: 'successful',
    responseBytes: { responseType: OID['id-pkix-ocsp-basic'], response },
  });
}

export function readResponder({ certificate, key }: CertificateIssuer): Certificate {
  const signer = parseCertificate(certificate);
  const { publicKey } = key as Partial<PrivateKey>;
  if (publicKey !== undefined && !equal(publicKey.spki, signer.publicKey)) {
    throw new ApiMisuse('ERR_TLS_INVALID_ARGUMENT', `the responder's key is not that of its certificate (${signer.subject})`);
  }
  return signer;
}

function nameResponder(signer: Certificate, { provider, responderId = 'byKey' }: OcspResponseOptions): ResponderId {
  if (responderId === 'byName') return { kind: 'byName', value: signer.subject };
  return { kind: 'byKey', value: requireHash(provider.hashes, 'sha1').digest(signer.publicKeyBits) };
}

function toSingleResponse(answer: OcspAnswer, { hashes }: Pick<CryptoProvider, 'hashes'>): SingleResponse {
  const { thisUpdate, nextUpdate } = answer;
  const certID =
    'certId' in answer
      ? answer.certId
      : certIdOf(parseCertificate(answer.certificate), parseCertificate(answer.issuer), requireHash(hashes, 'sha1'));
  return { certID, certStatus: toCertStatus(answer), thisUpdate, nextUpdate };
}

function toCertStatus(answer: OcspStatus): SingleResponse['certStatus'] {
  if (answer.status !== 'revoked') return { kind: answer.status, value: null };
  return { kind: 'revoked', value: { revocationTime: answer.revocationDate, revocationReason: answer.reason } };
}
