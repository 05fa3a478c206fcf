/**
 * The extensions about certificate policies (RFC 5280 §4.2.1.4, §4.2.1.5, §4.2.1.11, §4.2.1.14).
 *
 * ```
 * certificatePolicies ::= SEQUENCE SIZE (1..MAX) OF PolicyInformation
 *
 * PolicyInformation ::= SEQUENCE {
 *      policyIdentifier   CertPolicyId,
 *      policyQualifiers   SEQUENCE SIZE (1..MAX) OF
 *                              PolicyQualifierInfo OPTIONAL }
 *
 * PolicyQualifierInfo ::= SEQUENCE {
 *      policyQualifierId  PolicyQualifierId,
 *      qualifier          ANY DEFINED BY policyQualifierId }
 *
 * PolicyMappings ::= SEQUENCE SIZE (1..MAX) OF SEQUENCE {
 *      issuerDomainPolicy      CertPolicyId,
 *      subjectDomainPolicy     CertPolicyId }
 *
 * PolicyConstraints ::= SEQUENCE {
 *      requireExplicitPolicy           [0] SkipCerts OPTIONAL,
 *      inhibitPolicyMapping            [1] SkipCerts OPTIONAL }
 *
 * InhibitAnyPolicy ::= SkipCerts
 *
 * SkipCerts ::= INTEGER (0..MAX)
 * ```
 */

import { any, type DerType, implicit, mapped, optional, sequence, sequenceOf } from '../../core/asn1/schema.ts';
import { objectIdentifier, unsignedInteger } from '../../core/asn1/types.ts';

const policyQualifierInfo = sequence({ policyQualifierId: objectIdentifier, qualifier: any });

// An empty list of qualifiers, which the grammar forbids, is read: it says nothing, and some writers leave it.
const policyInformation = sequence({
  policyIdentifier: objectIdentifier,
  policyQualifiers: optional(sequenceOf(policyQualifierInfo)),
});

export const certificatePolicies = sequenceOf(policyInformation, 1);

export const policyMappings = sequenceOf(
  sequence({ issuerDomainPolicy: objectIdentifier, subjectDomainPolicy: objectIdentifier }),
  1,
);

/** As a number: more certificates than any path has are all the same. */
const skipCerts: DerType<number> = mapped(
  unsignedInteger,
  (magnitude) => (magnitude.length > 3 ? 0x7fffffff : magnitude.reduce((value, octet) => value * 256 + octet, 0)),
  (count) => Uint8Array.of(count >>> 24, count >>> 16, count >>> 8, count),
);

export const policyConstraints = sequence({
  requireExplicitPolicy: optional(implicit(0, skipCerts)),
  inhibitPolicyMapping: optional(implicit(1, skipCerts)),
});

export const inhibitAnyPolicy = skipCerts;
