/**
 * Making certificate extensions (RFC 5280 §4.2, RFC 6960 §4.2.2.2.1, RFC 7633 §4): a table of what each holds, and whether it is
 * critical unless its caller says otherwise.
 */

import { OID } from '../../core/asn1/object-identifiers.ts';
import { choice, type DerType, type DerValue, encodeDer, optional, sequence, sequenceOf } from '../../core/asn1/schema.ts';
import { ia5String, utf8String } from '../../core/asn1/strings.ts';
import { integer, nullValue, smallInteger } from '../../core/asn1/types.ts';
import { ApiMisuse } from '../../core/errors/errors.ts';
import {
  authorityInfoAccess,
  authorityKeyIdentifier,
  basicConstraints,
  type Extension,
  extKeyUsage,
  keyUsage,
  subjectAltName,
  subjectKeyIdentifier,
} from './extensions.ts';
import { generalNames } from './general-name.ts';
import { nameConstraints } from './name-constraints.ts';
import { certificatePolicies, inhibitAnyPolicy, policyConstraints, policyMappings } from './policies.ts';
import { crlDistributionPoints } from './revocation/distribution-points.ts';

interface Making<T> {
  readonly type: DerType<T>;
  readonly critical: boolean;
}

const CREATABLE = {
  // "Conforming CAs MUST include this extension in all CA certificates that contain public keys used to validate digital signatures on
  // certificates and MUST mark the extension as critical in such certificates." (RFC 5280 §4.2.1.9)
  basicConstraints: { type: basicConstraints, critical: true },
  // "When present, conforming CAs SHOULD mark this extension as critical." (RFC 5280 §4.2.1.3)
  keyUsage: { type: keyUsage, critical: true },
  extKeyUsage: { type: extKeyUsage, critical: false },
  subjectAltName: { type: subjectAltName, critical: false },
  issuerAltName: { type: generalNames, critical: false },
  subjectKeyIdentifier: { type: subjectKeyIdentifier, critical: false },
  authorityKeyIdentifier: { type: authorityKeyIdentifier, critical: false },
  // "Conforming CAs MUST mark this extension as critical" (RFC 5280 §4.2.1.10)
  nameConstraints: { type: nameConstraints, critical: true },
  certificatePolicies: { type: certificatePolicies, critical: false },
  // "Conforming CAs SHOULD mark this extension as critical." (RFC 5280 §4.2.1.5)
  policyMappings: { type: policyMappings, critical: true },
  // "Conforming CAs MUST mark this extension as critical." (RFC 5280 §4.2.1.11)
  policyConstraints: { type: policyConstraints, critical: true },
  // "Conforming CAs MUST mark this extension as critical." (RFC 5280 §4.2.1.14)
  inhibitAnyPolicy: { type: inhibitAnyPolicy, critical: true },
  cRLDistributionPoints: { type: crlDistributionPoints, critical: false },
  freshestCRL: { type: crlDistributionPoints, critical: false },
  authorityInfoAccess: { type: authorityInfoAccess, critical: false },
  subjectInfoAccess: { type: authorityInfoAccess, critical: false },
  // `Features ::= SEQUENCE OF INTEGER`; "The TLS feature extension SHOULD NOT be marked critical." (RFC 7633 §4)
  tlsFeature: { type: sequenceOf(smallInteger), critical: false },
  'id-pkix-ocsp-nocheck': { type: nullValue, critical: false },
} as const satisfies { readonly [name in keyof typeof OID]?: Making<unknown> };

/** The extensions that `createExtension` makes, by the names of their RFCs, and what each holds. */
export type CreatableExtensions = { readonly [K in keyof typeof CREATABLE]: DerValue<(typeof CREATABLE)[K]['type']> };

/** What goes into certificates that must be stapled: the number of status_request (RFC 7633 §4.2.3.1). */
export const MUST_STAPLE: readonly number[] = [5];

/**
 * A certificate extension. It is critical where RFC 5280 wants it so, unless `critical` is given.
 *
 * Throws `ApiMisuse` (`ERR_TLS_INVALID_ARGUMENT`) for contents that cannot be written.
 *
 * ```ts
 * const extensions = [
 *   createExtension('keyUsage', new Set(['digitalSignature'])),
 *   createExtension('subjectAltName', [createGeneralName('dns', 'example.com'), createGeneralName('uri', 'spiffe://example.com/a')]),
 *   createExtension('nameConstraints', { permittedSubtrees: [createGeneralName('dns', 'example.com')] }),
 *   createExtension('certificatePolicies', [{ policyIdentifier: '1.3.6.1.4.1.99999.1', policyQualifiers: [createCpsQualifier(uri)] }]),
 *   createExtension('cRLDistributionPoints', [createDistributionPoint('http://crl.example.com/ca.crl')]),
 *   createExtension('authorityInfoAccess', [{ accessMethod: OID['id-ad-ocsp'], accessLocation: createGeneralName('uri', ocsp) }]),
 *   createExtension('tlsFeature', MUST_STAPLE),
 * ];
 * ```
 */
export function createExtension<K extends keyof CreatableExtensions>(
  name: K,
  value: CreatableExtensions[K],
  { critical }: { readonly critical?: boolean } = {},
): Extension {
  const making = CREATABLE[name] as unknown as Making<unknown>;
  return { extnID: OID[name], critical: critical ?? making.critical, extnValue: encodeDer(making.type, value) };
}

/** A distribution point of CRLs that is a URI. */
export function createDistributionPoint(uri: string): CreatableExtensions['cRLDistributionPoints'][number] {
  return { distributionPoint: { kind: 'fullName', value: [{ kind: 'uniformResourceIdentifier', value: uri }] } };
}

type PolicyQualifier = NonNullable<CreatableExtensions['certificatePolicies'][number]['policyQualifiers']>[number];

/** The policy qualifier that points to a Certification Practice Statement (RFC 5280 §4.2.1.4). */
export function createCpsQualifier(uri: string): PolicyQualifier {
  return { policyQualifierId: OID['id-qt-cps'], qualifier: encodeDer(ia5String, uri) };
}

/**
 * ```
 * UserNotice ::= SEQUENCE {
 *      noticeRef        NoticeReference OPTIONAL,
 *      explicitText     DisplayText OPTIONAL }
 *
 * NoticeReference ::= SEQUENCE {
 *      organization     DisplayText,
 *      noticeNumbers    SEQUENCE OF INTEGER }
 * ```
 * Of DisplayText, UTF8String is what is written: "Conforming CAs SHOULD use the UTF8String encoding for explicitText" (RFC 5280 §4.2.1.4).
 */
const displayText = choice({ utf8String });
const userNotice = sequence({
  noticeRef: optional(sequence({ organization: displayText, noticeNumbers: sequenceOf(integer) })),
  explicitText: optional(displayText),
});

/** The policy qualifier that is shown to people (RFC 5280 §4.2.1.4). The texts have at most 200 characters. */
export function createUserNoticeQualifier({
  explicitText,
  noticeReference,
}: {
  readonly explicitText?: string;
  readonly noticeReference?: { readonly organization: string; readonly noticeNumbers: readonly number[] };
}): PolicyQualifier {
  const qualifier = encodeDer(userNotice, {
    explicitText: explicitText === undefined ? undefined : writtenText(explicitText),
    noticeRef: noticeReference && {
      organization: writtenText(noticeReference.organization),
      noticeNumbers: noticeReference.noticeNumbers.map(BigInt),
    },
  });
  return { policyQualifierId: OID['id-qt-unotice'], qualifier };
}

function writtenText(text: string): { readonly kind: 'utf8String'; readonly value: string } {
  if (text === '' || [...text].length > 200) {
    throw new ApiMisuse('ERR_TLS_INVALID_ARGUMENT', 'a user notice has texts of 1 to 200 characters');
  }
  return { kind: 'utf8String', value: text };
}
