/**
 * The messages of OCSP as declarations (RFC 6960 §4.1.1, §4.2.1; all tags are EXPLICIT unless they say otherwise).
 *
 * ```
 * OCSPRequest     ::=     SEQUENCE {
 *     tbsRequest                  TBSRequest,
 *     optionalSignature   [0]     EXPLICIT Signature OPTIONAL }
 *
 * TBSRequest      ::=     SEQUENCE {
 *     version             [0]     EXPLICIT Version DEFAULT v1,
 *     requestorName       [1]     EXPLICIT GeneralName OPTIONAL,
 *     requestList                 SEQUENCE OF Request,
 *     requestExtensions   [2]     EXPLICIT Extensions OPTIONAL }
 *
 * Request         ::=     SEQUENCE {
 *     reqCert                     CertID,
 *     singleRequestExtensions     [0] EXPLICIT Extensions OPTIONAL }
 *
 * CertID          ::=     SEQUENCE {
 *     hashAlgorithm       AlgorithmIdentifier,
 *     issuerNameHash      OCTET STRING, -- Hash of issuer's DN
 *     issuerKeyHash       OCTET STRING, -- Hash of issuer's public key
 *     serialNumber        CertificateSerialNumber }
 *
 * OCSPResponse ::= SEQUENCE {
 *    responseStatus         OCSPResponseStatus,
 *    responseBytes          [0] EXPLICIT ResponseBytes OPTIONAL }
 *
 * ResponseBytes ::=       SEQUENCE {
 *     responseType   OBJECT IDENTIFIER,
 *     response       OCTET STRING }
 *
 * BasicOCSPResponse       ::= SEQUENCE {
 *    tbsResponseData      ResponseData,
 *    signatureAlgorithm   AlgorithmIdentifier,
 *    signature            BIT STRING,
 *    certs            [0] EXPLICIT SEQUENCE OF Certificate OPTIONAL }
 *
 * ResponseData ::= SEQUENCE {
 *    version              [0] EXPLICIT Version DEFAULT v1,
 *    responderID              ResponderID,
 *    producedAt               GeneralizedTime,
 *    responses                SEQUENCE OF SingleResponse,
 *    responseExtensions   [1] EXPLICIT Extensions OPTIONAL }
 *
 * SingleResponse ::= SEQUENCE {
 *    certID                       CertID,
 *    certStatus                   CertStatus,
 *    thisUpdate                   GeneralizedTime,
 *    nextUpdate         [0]       EXPLICIT GeneralizedTime OPTIONAL,
 *    singleExtensions   [1]       EXPLICIT Extensions OPTIONAL }
 * ```
 */

import { type DerElement, type DerLimits, TAG, writeElement } from '../../../core/asn1/der.ts';
import { OID, oidName } from '../../../core/asn1/object-identifiers.ts';
import {
  any,
  choice,
  type DerType,
  type DerValue,
  decodeDer,
  explicit,
  implicit,
  optional,
  sequence,
  sequenceOf,
  withDefault,
  withEncoding,
} from '../../../core/asn1/schema.ts';
import { generalizedTime } from '../../../core/asn1/time.ts';
import {
  integerContent,
  nullValue,
  objectIdentifier,
  octetAlignedBitString,
  octetString,
  smallInteger,
} from '../../../core/asn1/types.ts';
import { DecodeError } from '../../../core/errors/errors.ts';
import { algorithmIdentifier } from '../../pkcs/algorithm-identifier.ts';
import { type Extension, extensions } from '../extensions.ts';
import { generalName } from '../general-name.ts';
import { nameType } from '../name.ts';
import { crlReason } from './reasons.ts';

/** Requests and responses are small; those with a long chain in them have some ten thousand bytes. */
export const OCSP_LIMITS: DerLimits = { maxSize: 1 << 20 };

export const certIdType = sequence({
  hashAlgorithm: algorithmIdentifier,
  issuerNameHash: octetString,
  issuerKeyHash: octetString,
  serialNumber: integerContent,
});

/** Which certificate is meant: hashes of its issuer's name and key, and its serial number (contents octets). */
export type CertId = DerValue<typeof certIdType>;

const version = withDefault(explicit(0, smallInteger), 0, { encodedDefaultTolerated: true });

export const ocspRequestType = sequence({
  tbsRequest: sequence({
    version,
    requestorName: optional(explicit(1, generalName)),
    requestList: sequenceOf(sequence({ reqCert: certIdType, singleRequestExtensions: optional(explicit(0, extensions)) })),
    requestExtensions: optional(explicit(2, extensions)),
  }),
  optionalSignature: optional(explicit(0, any)),
});

/**
 * ```
 * OCSPResponseStatus ::= ENUMERATED {
 *     successful            (0),  -- Response has valid confirmations
 *     malformedRequest      (1),  -- Illegal confirmation request
 *     internalError         (2),  -- Internal error in issuer
 *     tryLater              (3),  -- Try again later
 *                                 -- (4) is not used
 *     sigRequired           (5),  -- Must sign the request
 *     unauthorized          (6)   -- Request unauthorized
 * }
 * ```
 */
const STATUS_CODES = {
  successful: 0,
  malformedRequest: 1,
  internalError: 2,
  tryLater: 3,
  sigRequired: 5,
  unauthorized: 6,
} as const;

export type OcspResponseStatus = keyof typeof STATUS_CODES;
export type OcspErrorStatus = Exclude<OcspResponseStatus, 'successful'>;

const responseStatus: DerType<OcspResponseStatus> = {
  tags: [TAG.ENUMERATED],
  read(element: DerElement) {
    const { content } = element;
    const names = Object.keys(STATUS_CODES) as OcspResponseStatus[];
    const name = names.find((candidate) => content.length === 1 && STATUS_CODES[candidate] === content[0]);
    return name ?? element.fail('there is no such status');
  },
  write: (name) => writeElement(TAG.ENUMERATED, Uint8Array.of(STATUS_CODES[name])),
};

export const ocspResponseType = sequence({
  responseStatus,
  responseBytes: optional(explicit(0, sequence({ responseType: objectIdentifier, response: octetString }))),
});

/**
 * ```
 * CertStatus ::= CHOICE {
 *     good        [0]     IMPLICIT NULL,
 *     revoked     [1]     IMPLICIT RevokedInfo,
 *     unknown     [2]     IMPLICIT UnknownInfo }
 *
 * RevokedInfo ::= SEQUENCE {
 *     revocationTime              GeneralizedTime,
 *     revocationReason    [0]     EXPLICIT CRLReason OPTIONAL }
 * ```
 */
const certStatus = choice({
  good: implicit(0, nullValue),
  revoked: implicit(1, sequence({ revocationTime: generalizedTime, revocationReason: optional(explicit(0, crlReason)) })),
  unknown: implicit(2, nullValue),
});

export const singleResponse = sequence({
  certID: certIdType,
  certStatus,
  thisUpdate: generalizedTime,
  nextUpdate: optional(explicit(0, generalizedTime)),
  singleExtensions: optional(explicit(1, extensions)),
});

/** What is said about one certificate. */
export type SingleResponse = DerValue<typeof singleResponse>;

/**
 * ```
 * ResponderID ::= CHOICE {
 *    byName               [1] Name,
 *    byKey                [2] KeyHash }
 *
 * KeyHash ::= OCTET STRING -- SHA-1 hash of responder's public key
 * (excluding the tag and length fields)
 * ```
 */
const responderId = choice({ byName: explicit(1, nameType), byKey: explicit(2, octetString) });

export type ResponderId = DerValue<typeof responderId>;

export const responseData = sequence({
  version,
  responderID: responderId,
  producedAt: generalizedTime,
  responses: sequenceOf(singleResponse),
  responseExtensions: optional(explicit(1, extensions)),
});

export const basicOcspResponse = sequence({
  tbsResponseData: withEncoding(responseData),
  signatureAlgorithm: algorithmIdentifier,
  signature: octetAlignedBitString,
  certs: optional(explicit(0, sequenceOf(any))),
});

/** The same for writing, when the data is encoded and signed already. */
export const signedResponse = sequence({
  tbsResponseData: any,
  signatureAlgorithm: any,
  signature: octetAlignedBitString,
  certs: optional(explicit(0, sequenceOf(any))),
});

export interface OcspExtensions {
  /** The nonce's octets. */
  readonly nonce: Uint8Array | undefined;
  /** The first critical extension that is not known, dotted or by name. */
  readonly unknownCritical: string | undefined;
}

/** The nonce, and what cannot be processed; `Nonce ::= OCTET STRING(SIZE(1..32))` (RFC 8954 §2.1), whose size is not checked here. */
export function readOcspExtensions(list: readonly Extension[] = [], path: string): OcspExtensions {
  let nonce: Uint8Array | undefined;
  let unknownCritical: string | undefined;
  const seen = new Set<string>();
  for (const { extnID, critical, extnValue } of list) {
    if (seen.has(extnID)) throw new DecodeError(path, `the extension ${oidName(extnID) ?? extnID} is there twice`);
    seen.add(extnID);
    if (extnID === OID['id-pkix-ocsp-nonce']) nonce = decodeDer(octetString, extnValue, `${path}.nonce`);
    else if (critical) unknownCritical ??= oidName(extnID) ?? extnID;
  }
  return { nonce, unknownCritical };
}
