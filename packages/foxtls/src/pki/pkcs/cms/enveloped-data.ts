/**
 * EnvelopedData and AuthEnvelopedData (RFC 5652 §6, RFC 5083 §2.1): their declarations, and reading them.
 *
 * ```
 * EnvelopedData ::= SEQUENCE {
 *   version CMSVersion,
 *   originatorInfo [0] IMPLICIT OriginatorInfo OPTIONAL,
 *   recipientInfos RecipientInfos,
 *   encryptedContentInfo EncryptedContentInfo,
 *   unprotectedAttrs [1] IMPLICIT UnprotectedAttributes OPTIONAL }
 *
 * AuthEnvelopedData ::= SEQUENCE {
 *   version CMSVersion,
 *   originatorInfo [0] IMPLICIT OriginatorInfo OPTIONAL,
 *   recipientInfos RecipientInfos,
 *   authEncryptedContentInfo EncryptedContentInfo,
 *   authAttrs [1] IMPLICIT AuthAttributes OPTIONAL,
 *   mac MessageAuthenticationCode,
 *   unauthAttrs [2] IMPLICIT UnauthAttributes OPTIONAL }
 *
 * EncryptedContentInfo ::= SEQUENCE {
 *   contentType ContentType,
 *   contentEncryptionAlgorithm ContentEncryptionAlgorithmIdentifier,
 *   encryptedContent [0] IMPLICIT EncryptedContent OPTIONAL }
 *
 * RecipientInfo ::= CHOICE {
 *   ktri KeyTransRecipientInfo,
 *   kari [1] KeyAgreeRecipientInfo,
 *   kekri [2] KEKRecipientInfo,
 *   pwri [3] PasswordRecipientinfo,
 *   ori [4] OtherRecipientInfo }
 *
 * KeyTransRecipientInfo ::= SEQUENCE {
 *   version CMSVersion,  -- always set to 0 or 2
 *   rid RecipientIdentifier,
 *   keyEncryptionAlgorithm KeyEncryptionAlgorithmIdentifier,
 *   encryptedKey EncryptedKey }
 *
 * KeyAgreeRecipientInfo ::= SEQUENCE {
 *   version CMSVersion,  -- always set to 3
 *   originator [0] EXPLICIT OriginatorIdentifierOrKey,
 *   ukm [1] EXPLICIT UserKeyingMaterial OPTIONAL,
 *   keyEncryptionAlgorithm KeyEncryptionAlgorithmIdentifier,
 *   recipientEncryptedKeys RecipientEncryptedKeys }
 *
 * KEKRecipientInfo ::= SEQUENCE {
 *   version CMSVersion,  -- always set to 4
 *   kekid KEKIdentifier,
 *   keyEncryptionAlgorithm KeyEncryptionAlgorithmIdentifier,
 *   encryptedKey EncryptedKey }
 * ```
 */

import { octetStringInPieces, setInAnyOrder } from '../../../core/asn1/ber.ts';
import { contextTag, type DerLimits, TAG } from '../../../core/asn1/der.ts';
import { OID } from '../../../core/asn1/object-identifiers.ts';
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
} from '../../../core/asn1/schema.ts';
import { generalizedTime } from '../../../core/asn1/time.ts';
import { objectIdentifier, octetAlignedBitString, octetString, smallInteger } from '../../../core/asn1/types.ts';
import { concat, EMPTY } from '../../../core/bytes/bytes.ts';
import { algorithmIdentifier } from '../algorithm-identifier.ts';
import { checkKind, readContentInfo } from './content-info.ts';
import { certificateIdentifier, issuerAndSerialNumber } from './identifiers.ts';

const keyTransRecipientInfo = sequence({
  version: smallInteger,
  rid: certificateIdentifier,
  keyEncryptionAlgorithm: algorithmIdentifier,
  encryptedKey: octetString,
});

export type KeyTransRecipientInfo = DerValue<typeof keyTransRecipientInfo>;

const keyAgreeRecipientIdentifier = choice({
  issuerAndSerialNumber,
  rKeyId: implicit(0, sequence({ subjectKeyIdentifier: octetString, date: optional(generalizedTime), other: optional(any) })),
});

const keyAgreeRecipientInfo = sequence({
  version: smallInteger,
  originator: explicit(
    0,
    choice({
      issuerAndSerialNumber,
      subjectKeyIdentifier: implicit(0, octetString),
      originatorKey: implicit(1, sequence({ algorithm: algorithmIdentifier, publicKey: octetAlignedBitString })),
    }),
  ),
  ukm: optional(explicit(1, octetString)),
  keyEncryptionAlgorithm: algorithmIdentifier,
  recipientEncryptedKeys: sequenceOf(sequence({ rid: keyAgreeRecipientIdentifier, encryptedKey: octetString })),
});

export type KeyAgreeRecipientInfo = DerValue<typeof keyAgreeRecipientInfo>;

const kekRecipientInfo = sequence({
  version: smallInteger,
  kekid: sequence({ keyIdentifier: octetString, date: optional(generalizedTime), other: optional(any) }),
  keyEncryptionAlgorithm: algorithmIdentifier,
  encryptedKey: octetString,
});

export type KekRecipientInfo = DerValue<typeof kekRecipientInfo>;

/** An alternative that is only passed over. */
function passedOver(number: number): DerType<Uint8Array> {
  return { ...any, tags: [contextTag(number, true)] };
}

const recipientInfo = choice({
  ktri: keyTransRecipientInfo,
  kari: implicit(1, keyAgreeRecipientInfo),
  kekri: implicit(2, kekRecipientInfo),
  pwri: passedOver(3),
  ori: passedOver(4),
});

export type RecipientInfo = DerValue<typeof recipientInfo>;

const encryptedContentInfo = sequence({
  contentType: objectIdentifier,
  contentEncryptionAlgorithm: algorithmIdentifier,
  encryptedContent: optional(octetStringInPieces(0)),
});

const originatorInfo = implicit(0, sequence({ certs: optional(passedOver(0)), crls: optional(passedOver(1)) }));

export const envelopedData = sequence({
  version: smallInteger,
  originatorInfo: optional(originatorInfo),
  recipientInfos: setInAnyOrder(recipientInfo),
  encryptedContentInfo,
  unprotectedAttrs: optional(passedOver(1)),
});

export const authEnvelopedData = sequence({
  version: smallInteger,
  originatorInfo: optional(originatorInfo),
  recipientInfos: setInAnyOrder(recipientInfo),
  authEncryptedContentInfo: encryptedContentInfo,
  authAttrs: optional(passedOver(1)),
  mac: octetString,
  unauthAttrs: optional(passedOver(2)),
});

/** An encrypted message that has been read. */
export interface EnvelopedData {
  readonly recipientInfos: readonly RecipientInfo[];
  /** What is encrypted: an OBJECT IDENTIFIER, dotted. */
  readonly contentType: string;
  readonly contentEncryptionAlgorithm: DerValue<typeof algorithmIdentifier>;
  /** Undefined when it is detached. */
  readonly encryptedContent: Uint8Array | undefined;
  /** Of AuthEnvelopedData alone. `additionalData` is the authenticated attributes as they are authenticated. */
  readonly authentication: { readonly mac: Uint8Array; readonly additionalData: Uint8Array } | undefined;
}

/**
 * Reads an encrypted message (EnvelopedData or AuthEnvelopedData), BER or DER. Throws `DecodeError` (`ERR_TLS_DECODE`) with the path of the
 * field for anything malformed.
 *
 * ```ts
 * const message = parseEnvelopedData(readFileSync('message.p7m'));
 * message.recipientInfos.length;   // for how many
 * ```
 */
export function parseEnvelopedData(message: Uint8Array, limits?: DerLimits): EnvelopedData {
  const { contentType, content } = readContentInfo(message, limits);
  checkKind(contentType, ['id-envelopedData', 'id-ct-authEnvelopedData']);
  if (contentType === OID['id-envelopedData']) {
    const { recipientInfos, encryptedContentInfo: encrypted } = decodeDer(envelopedData, content, 'enveloped_data', limits);
    return Object.freeze({ recipientInfos, ...contentOf(encrypted), authentication: undefined });
  }
  const read = decodeDer(authEnvelopedData, content, 'auth_enveloped_data', limits);
  return Object.freeze({
    recipientInfos: read.recipientInfos,
    ...contentOf(read.authEncryptedContentInfo),
    authentication: { mac: read.mac, additionalData: asSet(read.authAttrs) },
  });
}

function contentOf({ contentType, contentEncryptionAlgorithm, encryptedContent }: DerValue<typeof encryptedContentInfo>) {
  return { contentType, contentEncryptionAlgorithm, encryptedContent };
}

/** RFC 5083 §2.2: "the IMPLICIT [1] tag in the authAttrs field is not used for the DER encoding: rather a universal SET OF tag is used." */
function asSet(authAttrs: Uint8Array | undefined): Uint8Array {
  return authAttrs === undefined ? EMPTY : concat(Uint8Array.of(TAG.SET), authAttrs.subarray(1));
}
