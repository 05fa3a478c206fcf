/**
 * Reading OCSP responses (RFC 6960 §4.2). What is read is not believed yet: `judge-ocsp.ts` does that.
 */

import { OID, oidName } from '../../../core/asn1/object-identifiers.ts';
import { decodeDer } from '../../../core/asn1/schema.ts';
import { copyOf } from '../../../core/bytes/bytes.ts';
import { DecodeError } from '../../../core/errors/errors.ts';
import type { SignatureAlgorithm } from '../../../crypto/signature.ts';
import { readSignatureAlgorithm } from '../algorithms.ts';
import {
  basicOcspResponse,
  OCSP_LIMITS,
  type OcspErrorStatus,
  ocspResponseType,
  type ResponderId,
  readOcspExtensions,
  type SingleResponse,
} from './ocsp-messages.ts';

/** A signed response, unverified. All byte strings are views of one copy. */
export interface BasicOcspResponse {
  /** What the signature covers. */
  readonly tbsResponseData: Uint8Array;
  readonly responderId: ResponderId;
  readonly producedAt: Date;
  readonly responses: readonly SingleResponse[];
  readonly nonce: Uint8Array | undefined;
  /** Undefined for algorithms that foxtls does not know. */
  readonly signatureAlgorithm: SignatureAlgorithm | undefined;
  readonly signature: Uint8Array;
  /** Certificates that came along, DER, unread. */
  readonly certificates: readonly Uint8Array[];
  /** A critical extension of the response that is not known. */
  readonly unknownCriticalExtension: string | undefined;
}

export type OcspResponse =
  | { readonly status: 'successful'; readonly basic: BasicOcspResponse }
  | { readonly status: OcspErrorStatus };

/**
 * Reads an OCSP response, DER. Throws `DecodeError` (`ERR_TLS_DECODE`) with the path of the field for anything malformed, and for a
 * response of another type than id-pkix-ocsp-basic. Says nothing about who signed it.
 *
 * ```ts
 * const response = parseOcspResponse(der);
 * if (response.status === 'successful') console.log(response.basic.responses[0]?.certStatus.kind);   // good
 * ```
 */
export function parseOcspResponse(der: Uint8Array): OcspResponse {
  const path = 'ocsp_response';
  const { responseStatus: status, responseBytes } = decodeDer(ocspResponseType, copyOf(der), path, OCSP_LIMITS);
  if (status !== 'successful') return { status };
  if (responseBytes === undefined) throw new DecodeError(`${path}.response_bytes`, 'a successful response has no contents');
  const { responseType, response } = responseBytes;
  if (responseType !== OID['id-pkix-ocsp-basic']) {
    const type = oidName(responseType) ?? responseType;
    throw new DecodeError(`${path}.response_bytes.response_type`, `only id-pkix-ocsp-basic is supported, ${type} is there`);
  }
  return { status, basic: readBasic(response, `${path}.basic`) };
}

function readBasic(der: Uint8Array, path: string): BasicOcspResponse {
  const { tbsResponseData, signatureAlgorithm, signature, certs = [] } = decodeDer(basicOcspResponse, der, path, OCSP_LIMITS);
  const { version, responderID, producedAt, responses, responseExtensions } = tbsResponseData.value;
  if (version !== 0) throw new DecodeError(`${path}.version`, `only version 1 exists, ${version + 1} is there`);
  const { nonce, unknownCritical } = readOcspExtensions(responseExtensions, `${path}.response_extensions`);
  return {
    tbsResponseData: tbsResponseData.encoded,
    responderId: responderID,
    producedAt,
    responses,
    nonce,
    signatureAlgorithm: readSignatureAlgorithm(signatureAlgorithm, `${path}.signature_algorithm`),
    signature,
    certificates: certs,
    unknownCriticalExtension: unknownCritical,
  };
}
