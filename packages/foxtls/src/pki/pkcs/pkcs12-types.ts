/**
 * The types of PKCS#12 (RFC 7292 §4) and of the two kinds of content that it takes from PKCS#7 (RFC 5652 §3, §4, §8).
 *
 * ```
 * PFX ::= SEQUENCE {
 *     version     INTEGER {v3(3)}(v3,...),
 *     authSafe    ContentInfo,
 *     macData     MacData OPTIONAL
 * }
 * MacData ::= SEQUENCE {
 *     mac         DigestInfo,
 *     macSalt     OCTET STRING,
 *     iterations  INTEGER DEFAULT 1
 * }
 * AuthenticatedSafe ::= SEQUENCE OF ContentInfo
 * SafeContents ::= SEQUENCE OF SafeBag
 * SafeBag ::= SEQUENCE {
 *     bagId          BAG-TYPE.&id ({PKCS12BagSet})
 *     bagValue       [0] EXPLICIT BAG-TYPE.&Type({PKCS12BagSet}{@bagId}),
 *     bagAttributes  SET OF PKCS12Attribute OPTIONAL
 * }
 * CertBag ::= SEQUENCE {
 *     certId      BAG-TYPE.&id   ({CertTypes}),
 *     certValue   [0] EXPLICIT BAG-TYPE.&Type ({CertTypes}{@certId})
 * }
 * ```
 * Files are BER on each of their three levels: `normalizeBer` comes before each of these types. The items of a SET stand in any order.
 */

import { octetStringInPieces, setInAnyOrder } from '../../core/asn1/ber.ts';
import { any, type DerValue, explicit, implicit, optional, sequence, sequenceOf, withDefault } from '../../core/asn1/schema.ts';
import { objectIdentifier, octetString, smallInteger } from '../../core/asn1/types.ts';
import { algorithmIdentifier } from './algorithm-identifier.ts';

export const contentInfo = sequence({ contentType: objectIdentifier, content: optional(explicit(0, any)) });

export const macData = sequence({
  mac: sequence({ digestAlgorithm: algorithmIdentifier, digest: octetString }),
  macSalt: octetString,
  iterations: withDefault(smallInteger, 1, { encodedDefaultTolerated: true }),
});

export type MacData = DerValue<typeof macData>;

export const pfx = sequence({ version: smallInteger, authSafe: contentInfo, macData: optional(macData) });

export const authenticatedSafe = sequenceOf(contentInfo);

export const encryptedData = sequence({
  version: smallInteger,
  encryptedContentInfo: sequence({
    contentType: objectIdentifier,
    contentEncryptionAlgorithm: algorithmIdentifier,
    encryptedContent: optional(octetStringInPieces(0)),
  }),
  unprotectedAttrs: optional(implicit(1, setInAnyOrder(any))),
});

const pkcs12Attribute = sequence({ attrId: objectIdentifier, attrValues: setInAnyOrder(any) });

export type Pkcs12AttributeValue = DerValue<typeof pkcs12Attribute>;

export const safeBag = sequence({
  bagId: objectIdentifier,
  bagValue: explicit(0, any),
  bagAttributes: optional(setInAnyOrder(pkcs12Attribute)),
});

export type SafeBag = DerValue<typeof safeBag>;

export const safeContents = sequenceOf(safeBag);

/** CertBag, and CRLBag and SecretBag, which have the same form. */
export const typedBag = sequence({ id: objectIdentifier, value: explicit(0, any) });
