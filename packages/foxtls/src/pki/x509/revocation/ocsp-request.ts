/**
 * OCSP requests: making one, and reading one (RFC 6960 §4.1, RFC 8954).
 */

import { OID } from '../../../core/asn1/object-identifiers.ts';
import { decodeDer, encodeDer } from '../../../core/asn1/schema.ts';
import { octetString } from '../../../core/asn1/types.ts';
import { copyOf } from '../../../core/bytes/bytes.ts';
import { ApiMisuse, DecodeError } from '../../../core/errors/errors.ts';
import type { HashName } from '../../../crypto/hash.ts';
import type { CryptoProvider } from '../../../crypto/provider.ts';
import { parseCertificate } from '../certificate.ts';
import type { Extension } from '../extensions.ts';
import { certIdOf, requireHash } from './cert-id.ts';
import { type CertId, OCSP_LIMITS, ocspRequestType, readOcspExtensions } from './ocsp-messages.ts';

export interface OcspRequestOptions {
  /** Only its hashes are used. */
  readonly provider: Pick<CryptoProvider, 'hashes'>;
  /** Whose status is asked: each with its issuer, DER. */
  readonly certificates: readonly { readonly certificate: Uint8Array; readonly issuer: Uint8Array }[];
  /** What names and keys are hashed with. SHA-1 unless set: it only names things here, and every responder knows it. */
  readonly hash?: HashName;
  /** 1 to 32 random octets; RFC 8954 §2.1 wants 32 of new clients. None unless set. */
  readonly nonce?: Uint8Array | undefined;
}

/**
 * An unsigned OCSP request, DER, to be sent by POST as `application/ocsp-request`.
 *
 * Throws `DecodeError` for a certificate that cannot be read, `ApiMisuse` (`ERR_TLS_INVALID_ARGUMENT`) for a nonce of another size.
 *
 * ```ts
 * const request = createOcspRequest({ provider, certificates: [{ certificate, issuer }], nonce: provider.random(32) });
 * ```
 */
export function createOcspRequest({ provider, certificates, hash = 'sha1', nonce }: OcspRequestOptions): Uint8Array {
  const hashing = requireHash(provider.hashes, hash);
  return writeRequest(
    certificates.map(({ certificate, issuer }) => certIdOf(parseCertificate(certificate), parseCertificate(issuer), hashing)),
    nonce,
  );
}

export function writeRequest(certIds: readonly CertId[], nonce: Uint8Array | undefined): Uint8Array {
  return encodeDer(ocspRequestType, {
    tbsRequest: {
      version: 0,
      requestList: certIds.map((reqCert) => ({ reqCert })),
      requestExtensions: nonce && [nonceExtension(nonce)],
    },
  });
}

export function nonceExtension(nonce: Uint8Array): Extension {
  if (nonce.length < 1 || nonce.length > 32) {
    throw new ApiMisuse('ERR_TLS_INVALID_ARGUMENT', `a nonce has 1 to 32 octets, not ${nonce.length}`);
  }
  return { extnID: OID['id-pkix-ocsp-nonce'], critical: false, extnValue: encodeDer(octetString, nonce) };
}

/** A request that has been read. */
export interface OcspRequest {
  readonly certIds: readonly CertId[];
  readonly nonce: Uint8Array | undefined;
  /** Whether it carries a signature, which is not checked here. */
  readonly isSigned: boolean;
  /** A critical extension, of the request or of a part of it, that is not known. */
  readonly unknownCriticalExtension: string | undefined;
}

/**
 * Reads an OCSP request, DER. Throws `DecodeError` (`ERR_TLS_DECODE`) for anything malformed, and for a nonce of no or of more than 32
 * octets (RFC 8954 §2.1): all of these a responder answers with malformedRequest.
 *
 * ```ts
 * parseOcspRequest(der).certIds.length;   // 1
 * ```
 */
export function parseOcspRequest(der: Uint8Array): OcspRequest {
  const { tbsRequest, optionalSignature } = decodeDer(ocspRequestType, copyOf(der), 'ocsp_request', OCSP_LIMITS);
  const { version, requestList, requestExtensions } = tbsRequest;
  if (version !== 0) throw new DecodeError('ocsp_request.tbs_request.version', `only version 1 exists, ${version + 1} is there`);
  const path = 'ocsp_request.tbs_request.request_extensions';
  const { nonce, unknownCritical } = readOcspExtensions(requestExtensions, path);
  if (nonce !== undefined && (nonce.length < 1 || nonce.length > 32)) {
    throw new DecodeError(`${path}.nonce`, `a nonce has 1 to 32 octets, ${nonce.length} are there`);
  }
  const ofParts = requestList.map(({ singleRequestExtensions }, i) =>
    readOcspExtensions(singleRequestExtensions, `ocsp_request.tbs_request.request_list[${i}].single_request_extensions`),
  );
  return {
    certIds: requestList.map(({ reqCert }) => reqCert),
    nonce,
    isSigned: optionalSignature !== undefined,
    unknownCriticalExtension: [unknownCritical, ...ofParts.map((part) => part.unknownCritical)].find(
      (name) => name !== undefined,
    ),
  };
}
