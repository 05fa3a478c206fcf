/**
 * CRL distribution points: where a certificate's CRLs are, and which part of its revocations a CRL covers (RFC 5280 §4.2.1.13, §5.2.5).
 *
 * ```
 * CRLDistributionPoints ::= SEQUENCE SIZE (1..MAX) OF DistributionPoint
 *
 * DistributionPoint ::= SEQUENCE {
 *      distributionPoint       [0]     DistributionPointName OPTIONAL,
 *      reasons                 [1]     ReasonFlags OPTIONAL,
 *      cRLIssuer               [2]     GeneralNames OPTIONAL }
 *
 * DistributionPointName ::= CHOICE {
 *      fullName                [0]     GeneralNames,
 *      nameRelativeToCRLIssuer [1]     RelativeDistinguishedName }
 *
 * IssuingDistributionPoint ::= SEQUENCE {
 *      distributionPoint          [0] DistributionPointName OPTIONAL,
 *      onlyContainsUserCerts      [1] BOOLEAN DEFAULT FALSE,
 *      onlyContainsCACerts        [2] BOOLEAN DEFAULT FALSE,
 *      onlySomeReasons            [3] ReasonFlags OPTIONAL,
 *      indirectCRL                [4] BOOLEAN DEFAULT FALSE,
 *      onlyContainsAttributeCerts [5] BOOLEAN DEFAULT FALSE }
 * ```
 */

import { readElement, TAG, writeElement } from '../../../core/asn1/der.ts';
import {
  any,
  choice,
  type DerType,
  type DerValue,
  encodeDer,
  explicit,
  implicit,
  mapped,
  optional,
  sequence,
  sequenceOf,
  setOf,
  withDefault,
} from '../../../core/asn1/schema.ts';
import { boolean } from '../../../core/asn1/types.ts';
import { equal } from '../../../core/bytes/bytes.ts';
import { type GeneralName, generalName, generalNames } from '../general-name.ts';
import { Name } from '../name.ts';
import { reasonFlags } from './reasons.ts';

export const distributionPointName = choice({
  fullName: implicit(0, generalNames),
  nameRelativeToCRLIssuer: implicit(1, setOf(any, 1)),
});

export type DistributionPointName = DerValue<typeof distributionPointName>;

export const distributionPoint = sequence({
  distributionPoint: optional(explicit(0, distributionPointName)),
  reasons: optional(implicit(1, reasonFlags)),
  cRLIssuer: optional(implicit(2, generalNames)),
});

export type DistributionPoint = DerValue<typeof distributionPoint>;

export const crlDistributionPoints = sequenceOf(distributionPoint, 1);

/** FALSE is written out by some issuers, as in certificates. */
function flag(number: number) {
  return withDefault(implicit(number, boolean), false, { encodedDefaultTolerated: true });
}

const issuingDistributionPointFields = sequence({
  distributionPoint: optional(explicit(0, distributionPointName)),
  onlyContainsUserCerts: flag(1),
  onlyContainsCACerts: flag(2),
  onlySomeReasons: optional(implicit(3, reasonFlags)),
  indirectCRL: flag(4),
  onlyContainsAttributeCerts: flag(5),
});

export type IssuingDistributionPoint = DerValue<typeof issuingDistributionPointFields>;

export const issuingDistributionPoint: DerType<IssuingDistributionPoint> = mapped(
  issuingDistributionPointFields,
  (point, element) => {
    const limits = [point.onlyContainsUserCerts, point.onlyContainsCACerts, point.onlyContainsAttributeCerts];
    if (limits.filter((isSet) => isSet).length > 1) element.fail('at most one of the onlyContains… flags may be set');
    return point;
  },
  (point) => point,
);

/** The names of a distribution point; a relative one is completed by `issuer`, the CRL issuer that it is relative to. */
export function namesOfPoint(point: DistributionPointName, issuer: Name): readonly GeneralName[] {
  if (point.kind === 'fullName') return point.value;
  const base = readElement(issuer.der, 'name').content;
  const rdn = encodeDer(setOf(any, 1), point.value);
  return [{ kind: 'directoryName', value: new Name(writeElement(TAG.SEQUENCE, base, rdn), 'distribution_point') }];
}

/** Whether one of the names is also one of the others. */
export function sharesName(names: readonly GeneralName[], others: readonly GeneralName[]): boolean {
  const keys = new Set(others.map(keyOfGeneralName));
  return names.some((name) => keys.has(keyOfGeneralName(name)));
}

/** Whether a directory name is among the names. */
export function namesDirectory(names: readonly GeneralName[], wanted: Name): boolean {
  return names.some(({ kind, value }) => kind === 'directoryName' && value.equals(wanted));
}

/** Whether two points are the same, field by field. */
export function isSamePoint(a: IssuingDistributionPoint | undefined, b: IssuingDistributionPoint | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return equal(encodeDer(issuingDistributionPoint, a), encodeDer(issuingDistributionPoint, b));
}

/** The `http` and `https` URIs among names. Other schemes are for others to follow. */
export function httpUrisOf(names: readonly GeneralName[]): readonly string[] {
  return names.flatMap(({ kind, value }) => (kind === 'uniformResourceIdentifier' && /^https?:\/\//i.test(value) ? [value] : []));
}

function keyOfGeneralName(name: GeneralName): string {
  const { kind, value } = name;
  if (kind === 'directoryName') return `${kind} ${value.key}`;
  // RFC 5280 §7.2: DNS names are compared without regard to case.
  if (kind === 'dNSName') return `${kind} ${value.toLowerCase()}`;
  return encodeDer(generalName, name).join(' ');
}
