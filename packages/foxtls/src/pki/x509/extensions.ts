/**
 * Certificate extensions (RFC 5280 §4.2): the list, and the contents of those that foxtls acts upon.
 *
 * ```
 * Extensions  ::=  SEQUENCE SIZE (1..MAX) OF Extension
 * Extension  ::=  SEQUENCE  {
 *      extnID      OBJECT IDENTIFIER,
 *      critical    BOOLEAN DEFAULT FALSE,
 *      extnValue   OCTET STRING
 *                  -- contains the DER encoding of an ASN.1 value
 *                  -- corresponding to the extension type identified
 *                  -- by extnID
 *      }
 * ```
 */

import { OID, oidName } from '../../core/asn1/object-identifiers.ts';
import {
  any,
  type DerType,
  type DerValue,
  decodeDer,
  fieldLabel,
  implicit,
  mapped,
  optional,
  sequence,
  sequenceOf,
  withDefault,
} from '../../core/asn1/schema.ts';
import { boolean, integerContent, namedBits, objectIdentifier, octetString, smallInteger } from '../../core/asn1/types.ts';
import { DecodeError } from '../../core/errors/errors.ts';
import { generalName, generalNames } from './general-name.ts';
import { type NameConstraints, nameConstraints } from './name-constraints.ts';
import { certificatePolicies, inhibitAnyPolicy, policyConstraints, policyMappings } from './policies.ts';

// Certificates in use write `critical FALSE` and `cA FALSE` out, although DER forbids it; OpenSSL reads them, and so do we.
const TOLERANT = { encodedDefaultTolerated: true };

export const extension = sequence({
  extnID: objectIdentifier,
  critical: withDefault(boolean, false, TOLERANT),
  extnValue: octetString,
});

/** An extension as it stands in the certificate; `extnValue` is the DER inside the OCTET STRING. */
export type Extension = DerValue<typeof extension>;

export const extensions = sequenceOf(extension, 1);

/**
 * ```
 * BasicConstraints ::= SEQUENCE {
 *      cA                      BOOLEAN DEFAULT FALSE,
 *      pathLenConstraint       INTEGER (0..MAX) OPTIONAL }
 * ```
 */
export const basicConstraints = sequence({
  cA: withDefault(boolean, false, TOLERANT),
  pathLenConstraint: optional(smallInteger),
});

/**
 * ```
 * KeyUsage ::= BIT STRING {
 *      digitalSignature        (0),
 *      nonRepudiation          (1), -- recent editions of X.509 have
 *                           -- renamed this bit to contentCommitment
 *      keyEncipherment         (2),
 *      dataEncipherment        (3),
 *      keyAgreement            (4),
 *      keyCertSign             (5),
 *      cRLSign                 (6),
 *      encipherOnly            (7),
 *      decipherOnly            (8) }
 * ```
 */
export const keyUsage = namedBits(
  [
    'digitalSignature',
    'nonRepudiation',
    'keyEncipherment',
    'dataEncipherment',
    'keyAgreement',
    'keyCertSign',
    'cRLSign',
    'encipherOnly',
    'decipherOnly',
  ],
  // Two roots of Mozilla's list (Trustwave Global ECC P256 and P384) write the zero bits behind cRLSign out.
  { trailingZerosTolerated: true },
);

/** `ExtKeyUsageSyntax ::= SEQUENCE SIZE (1..MAX) OF KeyPurposeId` */
export const extKeyUsage = sequenceOf(objectIdentifier, 1);

/** `SubjectAltName ::= GeneralNames`, whose IP addresses have 4 or 16 octets (RFC 5280 §4.2.1.6) */
export const subjectAltName = mapped(
  generalNames,
  (names, element) => {
    for (const [i, name] of names.entries()) {
      if (name.kind !== 'iPAddress' || name.value.length === 4 || name.value.length === 16) continue;
      element.fail(`name ${i} is an IP address of ${name.value.length} octets, 4 or 16 are expected`);
    }
    return names;
  },
  (names) => names,
);

/** `SubjectKeyIdentifier ::= KeyIdentifier`, an OCTET STRING */
export const subjectKeyIdentifier = octetString;

/**
 * ```
 * AuthorityKeyIdentifier ::= SEQUENCE {
 *    keyIdentifier             [0] KeyIdentifier           OPTIONAL,
 *    authorityCertIssuer       [1] GeneralNames            OPTIONAL,
 *    authorityCertSerialNumber [2] CertificateSerialNumber OPTIONAL  }
 * ```
 */
export const authorityKeyIdentifier = sequence({
  keyIdentifier: optional(implicit(0, octetString)),
  authorityCertIssuer: optional(implicit(1, sequenceOf(any, 1))),
  authorityCertSerialNumber: optional(implicit(2, integerContent)),
});

/**
 * ```
 * AuthorityInfoAccessSyntax  ::= SEQUENCE SIZE (1..MAX) OF AccessDescription
 * AccessDescription  ::=  SEQUENCE {
 *         accessMethod          OBJECT IDENTIFIER,
 *         accessLocation        GeneralName  }
 * ```
 */
export const authorityInfoAccess = sequenceOf(sequence({ accessMethod: objectIdentifier, accessLocation: generalName }), 1);

export type KeyUsageName = DerValue<typeof keyUsage> extends ReadonlySet<infer N> ? N : never;

/** The extensions whose contents are read, under the names of RFC 5280. An absent one is undefined. */
export interface KnownExtensions {
  readonly basicConstraints?: DerValue<typeof basicConstraints>;
  readonly keyUsage?: ReadonlySet<KeyUsageName>;
  readonly extKeyUsage?: readonly string[];
  readonly subjectAltName?: DerValue<typeof subjectAltName>;
  readonly nameConstraints?: NameConstraints;
  readonly subjectKeyIdentifier?: Uint8Array;
  readonly authorityKeyIdentifier?: DerValue<typeof authorityKeyIdentifier>;
  readonly authorityInfoAccess?: DerValue<typeof authorityInfoAccess>;
  readonly certificatePolicies?: DerValue<typeof certificatePolicies>;
  readonly policyMappings?: DerValue<typeof policyMappings>;
  readonly policyConstraints?: DerValue<typeof policyConstraints>;
  readonly inhibitAnyPolicy?: number;
}

const KNOWN = {
  basicConstraints,
  keyUsage,
  extKeyUsage,
  subjectAltName,
  nameConstraints,
  subjectKeyIdentifier,
  authorityKeyIdentifier,
  authorityInfoAccess,
  certificatePolicies,
  policyMappings,
  policyConstraints,
  inhibitAnyPolicy,
} as const satisfies { readonly [K in keyof Required<KnownExtensions>]: DerType<unknown> };

const KNOWN_BY_OID: ReadonlyMap<string, { readonly name: keyof KnownExtensions; readonly label: string }> = new Map(
  (Object.keys(KNOWN) as (keyof KnownExtensions)[]).map((name) => [OID[name], { name, label: fieldLabel(name) }]),
);

/**
 * Whether path validation acts upon an extension, so that it may be critical. authorityInfoAccess is a hint and nothing to act upon:
 * "Conforming CAs MUST mark this extension as non-critical." (RFC 5280 §4.2.2.1)
 */
export function isProcessedExtension(oid: string): boolean {
  return oid !== OID.authorityInfoAccess && KNOWN_BY_OID.has(oid);
}

/**
 * The contents of the extensions that foxtls knows. Throws `DecodeError` for malformed contents and for a repeated extension:
 * "A certificate MUST NOT include more than one instance of a particular extension." (RFC 5280 §4.2)
 */
export function readExtensions(list: readonly Extension[], path: string): KnownExtensions {
  const seen = new Set<string>();
  const known: Record<string, unknown> = {};
  for (const [i, { extnID, extnValue }] of list.entries()) {
    if (seen.has(extnID)) throw new DecodeError(`${path}[${i}]`, `the extension ${oidName(extnID) ?? extnID} is there twice`);
    seen.add(extnID);
    const entry = KNOWN_BY_OID.get(extnID);
    if (entry !== undefined) known[entry.name] = decodeDer<unknown>(KNOWN[entry.name], extnValue, `${path}[${i}].${entry.label}`);
  }
  return known;
}
