/**
 * SignedData (RFC 5652 §5): its declaration, and reading it. Nothing is verified here.
 *
 * ```
 * SignedData ::= SEQUENCE {
 *   version CMSVersion,
 *   digestAlgorithms DigestAlgorithmIdentifiers,
 *   encapContentInfo EncapsulatedContentInfo,
 *   certificates [0] IMPLICIT CertificateSet OPTIONAL,
 *   crls [1] IMPLICIT RevocationInfoChoices OPTIONAL,
 *   signerInfos SignerInfos }
 *
 * EncapsulatedContentInfo ::= SEQUENCE {
 *   eContentType ContentType,
 *   eContent [0] EXPLICIT OCTET STRING OPTIONAL }
 *
 * SignerInfo ::= SEQUENCE {
 *   version CMSVersion,
 *   sid SignerIdentifier,
 *   digestAlgorithm DigestAlgorithmIdentifier,
 *   signedAttrs [0] IMPLICIT SignedAttributes OPTIONAL,
 *   signatureAlgorithm SignatureAlgorithmIdentifier,
 *   signature SignatureValue,
 *   unsignedAttrs [1] IMPLICIT UnsignedAttributes OPTIONAL }
 * ```
 */

import { setInAnyOrder } from '../../../core/asn1/ber.ts';
import { type DerLimits, TAG } from '../../../core/asn1/der.ts';
import {
  any,
  type DerType,
  type DerValue,
  explicit,
  implicit,
  mapped,
  optional,
  sequence,
  withEncoding,
} from '../../../core/asn1/schema.ts';
import { objectIdentifier, octetString, smallInteger } from '../../../core/asn1/types.ts';
import { algorithmIdentifier } from '../algorithm-identifier.ts';
import type { Attribute } from '../attributes.ts';
import { readContent } from './content-info.ts';
import { certificateIdentifier } from './identifiers.ts';

/** Certificates, and CRLs, are a CHOICE in which everything else than X.509 has a tag of its own (RFC 5652 §10.2.1, §10.2.2). */
const x509Only: DerType<readonly Uint8Array[]> = mapped(
  setInAnyOrder(any),
  (items) => items.filter((item) => item[0] === TAG.SEQUENCE),
  (items) => items,
);

/** `Attribute`, whose values BER lets stand in any order. */
const attributeInAnyOrder: DerType<Attribute> = sequence({ type: objectIdentifier, values: setInAnyOrder(any) });

/**
 * SignedAttributes, with the bytes that they are signed as. "SignedAttributes MUST be DER encoded, even if the rest of the structure is BER
 * encoded." (RFC 5652 §5.3) Whoever put them into another order has signed that order, so it is kept; the signature covers it.
 */
const signedAttributes = withEncoding(implicit(0, setInAnyOrder(attributeInAnyOrder)));

export const signerInfo = sequence({
  version: smallInteger,
  sid: certificateIdentifier,
  digestAlgorithm: algorithmIdentifier,
  signedAttrs: optional(signedAttributes),
  signatureAlgorithm: algorithmIdentifier,
  signature: octetString,
  unsignedAttrs: optional(implicit(1, setInAnyOrder(attributeInAnyOrder))),
});

export type SignerInfo = DerValue<typeof signerInfo>;

export const signedData = sequence({
  version: smallInteger,
  digestAlgorithms: setInAnyOrder(algorithmIdentifier),
  encapContentInfo: sequence({ eContentType: objectIdentifier, eContent: optional(explicit(0, octetString)) }),
  certificates: optional(implicit(0, x509Only)),
  crls: optional(implicit(1, x509Only)),
  signerInfos: setInAnyOrder(signerInfo),
});

/** A signed message that has been read. Nothing in it is verified yet: `verifySignedData` does that. */
export interface SignedData {
  /** What is signed: an OBJECT IDENTIFIER, dotted; `id-data` for plain bytes. */
  readonly contentType: string;
  /** Undefined when the content is detached: it travels by other ways. */
  readonly content: Uint8Array | undefined;
  /** X.509 certificates, DER, in no order. */
  readonly certificates: readonly Uint8Array[];
  /** X.509 CRLs, DER. */
  readonly crls: readonly Uint8Array[];
  readonly signerInfos: readonly SignerInfo[];
}

/**
 * Reads a signed message, BER or DER, with or without its content. Throws `DecodeError` (`ERR_TLS_DECODE`) with the path of the field for
 * anything malformed, also for what is larger than `limits.maxSize` (16 MiB unless set).
 *
 * ```ts
 * const message = parseSignedData(readFileSync('message.p7s'));
 * message.signerInfos.length;   // how many signed
 * ```
 */
export function parseSignedData(message: Uint8Array, limits?: DerLimits): SignedData {
  const read = readContent(message, 'id-signedData', signedData, 'signed_data', limits);
  return Object.freeze({
    contentType: read.encapContentInfo.eContentType,
    content: read.encapContentInfo.eContent,
    certificates: read.certificates ?? [],
    crls: read.crls ?? [],
    signerInfos: read.signerInfos,
  });
}
