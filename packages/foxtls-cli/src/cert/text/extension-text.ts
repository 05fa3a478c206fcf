/**
 * Extensions of certificates, requests and CRLs as OpenSSL 3.0 prints them.
 *
 * An extension that cannot be read, or that nobody here knows, is shown by its octets: showing must not fail where reading would.
 */

import {
  any,
  bitString,
  boolean,
  choice,
  type DerType,
  decodeDer,
  explicit,
  generalizedTime,
  ia5String,
  implicit,
  integer,
  integerContent,
  OID,
  objectIdentifier,
  octetString,
  optional,
  readCharacters,
  readElement,
  sequence,
  sequenceOf,
  setOf,
  smallInteger,
  withDefault,
} from 'foxtls/asn1';
import { type Extension, Name } from 'foxtls/x509';
import { printable } from '../../command/printable.ts';
import { generalNameText, subtreeText } from './general-name-text.ts';
import { extensionName, objectName } from './object-names.ts';
import { timestampListText } from './timestamp-text.ts';
import { colonHex, formatName, formatSlashedName, formatTime, indent } from './value-text.ts';

/** All extensions, each under its name. */
export function extensionsText(extensions: readonly Extension[]): string[] {
  return extensions.flatMap(({ extnID, critical, extnValue }) => [
    `${extensionName(extnID)}: ${critical ? 'critical' : ''}`,
    ...indent(4, extensionText(extnID, extnValue)),
  ]);
}

function extensionText(oid: string, value: Uint8Array): string[] {
  const format = FORMATS[oid];
  try {
    if (format !== undefined) return format(value);
  } catch {
    // Malformed: its octets, below.
  }
  return [[...value].map((octet) => (octet >= 0x20 && octet < 0x7f ? String.fromCharCode(octet) : '.')).join('')];
}

const read = <T>(type: DerType<T>, value: Uint8Array): T => decodeDer(type, value, 'extension');
const TOLERANT = { encodedDefaultTolerated: true };

/** Decimal digits of larger numbers take time that grows with their square; what has one is shown by its octets. */
const boundedInteger: DerType<bigint> = {
  tags: integer.tags,
  read: (element) => (element.content.length > 32 ? element.fail('the number is too large to be shown') : integer.read(element)),
  write: integer.write,
};

const FORMATS: Readonly<Record<string, (value: Uint8Array) => string[]>> = {
  [OID.basicConstraints]: (value) => {
    const { cA, pathLenConstraint } = read(basicConstraints, value);
    return [`CA:${cA ? 'TRUE' : 'FALSE'}${pathLenConstraint === undefined ? '' : `, pathlen:${pathLenConstraint}`}`];
  },
  [OID.keyUsage]: (value) => [bitNames(value, KEY_USAGES)],
  '2.16.840.1.113730.1.1': (value) => [bitNames(value, NETSCAPE_TYPES)],
  [OID.extKeyUsage]: (value) => [read(sequenceOf(objectIdentifier), value).map(objectName).join(', ')],
  [OID.subjectKeyIdentifier]: (value) => [colonHex(read(octetString, value))],
  [OID.authorityKeyIdentifier]: authorityKeyIdentifierText,
  [OID.subjectAltName]: (value) => [alternativeNames(value)],
  [OID.issuerAltName]: (value) => [alternativeNames(value)],
  '2.5.29.29': (value) => read(sequenceOf(any, 1), value).map((name) => generalNameText(name, formatName)),
  [OID.nameConstraints]: nameConstraintsText,
  [OID.cRLDistributionPoints]: distributionPointsText,
  '2.5.29.46': distributionPointsText,
  '2.5.29.28': issuingDistributionPointText,
  [OID.certificatePolicies]: policiesText,
  [OID.policyMappings]: (value) => [
    read(sequenceOf(policyMapping, 1), value)
      .map(
        ({ issuerDomainPolicy, subjectDomainPolicy }) => `${objectName(issuerDomainPolicy)}:${objectName(subjectDomainPolicy)}`,
      )
      .join(', '),
  ],
  [OID.policyConstraints]: (value) => {
    const { requireExplicitPolicy: require, inhibitPolicyMapping: inhibit } = read(policyConstraints, value);
    const parts = [
      ...(require === undefined ? [] : [`Require Explicit Policy:${require}`]),
      ...(inhibit === undefined ? [] : [`Inhibit Policy Mapping:${inhibit}`]),
    ];
    return [parts.join(', ')];
  },
  [OID.inhibitAnyPolicy]: (value) => [String(read(boundedInteger, value))],
  [OID.authorityInfoAccess]: accessText,
  '1.3.6.1.5.5.7.1.11': accessText,
  [OID.tlsFeature]: (value) => [
    read(sequenceOf(smallInteger), value)
      .map((id) => TLS_FEATURES[id] ?? String(id))
      .join(', '),
  ],
  '1.3.6.1.5.5.7.48.1.5': () => [],
  '1.3.6.1.4.1.11129.2.4.2': timestampListText,
  '1.3.6.1.4.1.11129.2.4.3': () => ['NULL'],
  '2.5.29.16': (value) => {
    const { notBefore, notAfter } = read(privateKeyUsagePeriod, value);
    const parts = [
      ...(notBefore === undefined ? [] : [`Not Before: ${formatTime(notBefore)}`]),
      ...(notAfter === undefined ? [] : [`Not After: ${formatTime(notAfter)}`]),
    ];
    return [parts.join(', ')];
  },
  '2.16.840.1.113730.1.13': (value) => [printable(readCharacters(readElement(value, 'comment')))],
  '2.5.29.20': (value) => [numberText(value)],
  '2.5.29.27': (value) => [numberText(value)],
  '2.5.29.21': (value) => [REASONS[readElement(value, 'reason').content[0] as number] ?? 'unknown'],
  '2.5.29.24': (value) => [formatTime(read(generalizedTime, value))],
};

const TLS_FEATURES: Readonly<Record<number, string>> = { 5: 'status_request', 17: 'status_request_v2' };

const REASONS: Readonly<Record<number, string>> = {
  0: 'Unspecified',
  1: 'Key Compromise',
  2: 'CA Compromise',
  3: 'Affiliation Changed',
  4: 'Superseded',
  5: 'Cessation Of Operation',
  6: 'Certificate Hold',
  8: 'Remove From CRL',
  9: 'Privilege Withdrawn',
  10: 'AA Compromise',
};

const KEY_USAGES = [
  'Digital Signature',
  'Non Repudiation',
  'Key Encipherment',
  'Data Encipherment',
  'Key Agreement',
  'Certificate Sign',
  'CRL Sign',
  'Encipher Only',
  'Decipher Only',
];
const NETSCAPE_TYPES = [
  'SSL Client',
  'SSL Server',
  'S/MIME',
  'Object Signing',
  'Unused',
  'SSL CA',
  'S/MIME CA',
  'Object Signing CA',
];
const REASON_FLAGS = [
  'Unused',
  'Key Compromise',
  'CA Compromise',
  'Affiliation Changed',
  'Superseded',
  'Cessation Of Operation',
  'Certificate Hold',
  'Privilege Withdrawn',
  'AA Compromise',
];

const basicConstraints = sequence({ cA: withDefault(boolean, false, TOLERANT), pathLenConstraint: optional(boundedInteger) });
const privateKeyUsagePeriod = sequence({
  notBefore: optional(implicit(0, generalizedTime)),
  notAfter: optional(implicit(1, generalizedTime)),
});
const policyMapping = sequence({ issuerDomainPolicy: objectIdentifier, subjectDomainPolicy: objectIdentifier });
const policyConstraints = sequence({
  requireExplicitPolicy: optional(implicit(0, boundedInteger)),
  inhibitPolicyMapping: optional(implicit(1, boundedInteger)),
});
const authorityKeyIdentifier = sequence({
  keyIdentifier: optional(implicit(0, octetString)),
  authorityCertIssuer: optional(implicit(1, sequenceOf(any, 1))),
  authorityCertSerialNumber: optional(implicit(2, integerContent)),
});
const generalSubtree = sequence({
  base: any,
  minimum: optional(implicit(0, boundedInteger)),
  maximum: optional(implicit(1, boundedInteger)),
});
const nameConstraints = sequence({
  permittedSubtrees: optional(implicit(0, sequenceOf(generalSubtree))),
  excludedSubtrees: optional(implicit(1, sequenceOf(generalSubtree))),
});
const distributionPointName = choice({
  fullName: implicit(0, sequenceOf(any)),
  nameRelativeToCRLIssuer: implicit(1, setOf(any)),
});
const distributionPoint = sequence({
  distributionPoint: optional(explicit(0, distributionPointName)),
  reasons: optional(implicit(1, bitString)),
  cRLIssuer: optional(implicit(2, sequenceOf(any))),
});
const issuingDistributionPoint = sequence({
  distributionPoint: optional(explicit(0, distributionPointName)),
  onlyContainsUserCerts: withDefault(implicit(1, boolean), false, TOLERANT),
  onlyContainsCACerts: withDefault(implicit(2, boolean), false, TOLERANT),
  onlySomeReasons: optional(implicit(3, bitString)),
  indirectCRL: withDefault(implicit(4, boolean), false, TOLERANT),
  onlyContainsAttributeCerts: withDefault(implicit(5, boolean), false, TOLERANT),
});
const policyInformation = sequence({
  policyIdentifier: objectIdentifier,
  policyQualifiers: optional(sequenceOf(sequence({ policyQualifierId: objectIdentifier, qualifier: any }))),
});
const accessDescription = sequence({ accessMethod: objectIdentifier, accessLocation: any });

function authorityKeyIdentifierText(value: Uint8Array): string[] {
  const { keyIdentifier, authorityCertIssuer, authorityCertSerialNumber } = read(authorityKeyIdentifier, value);
  const isAlone = authorityCertIssuer === undefined && authorityCertSerialNumber === undefined;
  return [
    ...(keyIdentifier === undefined ? [] : [`${isAlone ? '' : 'keyid:'}${colonHex(keyIdentifier)}`]),
    ...(authorityCertIssuer ?? []).map((name) => generalNameText(name, formatSlashedName)),
    ...(authorityCertSerialNumber === undefined ? [] : [`serial:${colonHex(withoutSign(authorityCertSerialNumber))}`]),
  ];
}

/** The octets of a number that is not negative, without the zero that keeps it so. */
function withoutSign(content: Uint8Array): Uint8Array {
  return content.length > 1 && content[0] === 0 ? content.subarray(1) : content;
}

function alternativeNames(value: Uint8Array): string {
  return read(sequenceOf(any), value)
    .map((name) => generalNameText(name, formatSlashedName))
    .join(', ');
}

function nameConstraintsText(value: Uint8Array): string[] {
  const { permittedSubtrees, excludedSubtrees } = read(nameConstraints, value);
  const list = (title: string, subtrees: typeof permittedSubtrees) =>
    subtrees === undefined ? [] : [title, ...subtrees.map(({ base }) => `  ${subtreeText(base)}`)];
  return [...list('Permitted:', permittedSubtrees), ...list('Excluded:', excludedSubtrees)];
}

function distributionPointsText(value: Uint8Array): string[] {
  return read(sequenceOf(distributionPoint, 1), value).flatMap((point) => [
    ...(point.distributionPoint === undefined ? [] : pointNameText(point.distributionPoint)),
    ...(point.reasons === undefined ? [] : ['Reasons:', `  ${flagNames(point.reasons.bytes, REASON_FLAGS)}`]),
    ...(point.cRLIssuer === undefined ? [] : ['CRL Issuer:', ...fullNames(point.cRLIssuer)]),
  ]);
}

function issuingDistributionPointText(value: Uint8Array): string[] {
  const point = read(issuingDistributionPoint, value);
  const lines = [
    ...(point.distributionPoint === undefined ? [] : pointNameText(point.distributionPoint)),
    ...(point.onlyContainsUserCerts ? ['Only User Certificates'] : []),
    ...(point.onlyContainsCACerts ? ['Only CA Certificates'] : []),
    ...(point.indirectCRL ? ['Indirect CRL'] : []),
    ...(point.onlySomeReasons === undefined
      ? []
      : ['Only Some Reasons:', `  ${flagNames(point.onlySomeReasons.bytes, REASON_FLAGS)}`]),
    ...(point.onlyContainsAttributeCerts ? ['Only Attribute Certificates'] : []),
  ];
  return lines.length === 0 ? ['<EMPTY>'] : lines;
}

function pointNameText({ kind, value }: ReturnType<typeof distributionPointName.read>): string[] {
  if (kind === 'fullName') return ['Full Name:', ...fullNames(value)];
  return ['Relative Name:', `  ${formatName(new Name(sequenceOf(setOf(any)).write([value])))}`];
}

function fullNames(names: readonly Uint8Array[]): string[] {
  return names.map((name) => `  ${generalNameText(name, formatName)}`);
}

function policiesText(value: Uint8Array): string[] {
  return read(sequenceOf(policyInformation, 1), value).flatMap(({ policyIdentifier, policyQualifiers = [] }) => [
    `Policy: ${objectName(policyIdentifier)}`,
    ...policyQualifiers.flatMap(({ policyQualifierId, qualifier }) => indent(2, qualifierText(policyQualifierId, qualifier))),
  ]);
}

const noticeReference = sequence({ organization: any, noticeNumbers: sequenceOf(boundedInteger) });
const userNotice = sequence({ noticeRef: optional(noticeReference), explicitText: optional(any) });

function qualifierText(oid: string, qualifier: Uint8Array): string[] {
  if (oid === '1.3.6.1.5.5.7.2.1') return [`CPS: ${printable(read(ia5String, qualifier))}`];
  if (oid !== '1.3.6.1.5.5.7.2.2') return [`Unknown Qualifier: ${oid}`];
  const { noticeRef, explicitText } = read(userNotice, qualifier);
  const reference = noticeRef === undefined ? [] : referenceText(noticeRef.organization, noticeRef.noticeNumbers);
  const text =
    explicitText === undefined ? [] : [`Explicit Text: ${printable(readCharacters(readElement(explicitText, 'explicit_text')))}`];
  return ['User Notice:', ...indent(2, [...reference, ...text])];
}

function referenceText(organization: Uint8Array, numbers: readonly bigint[]): string[] {
  const title = numbers.length > 1 ? 'Numbers' : 'Number';
  return [
    `Organization: ${printable(readCharacters(readElement(organization, 'organization')))}`,
    `${title}: ${numbers.join(', ')}`,
  ];
}

function accessText(value: Uint8Array): string[] {
  return read(sequenceOf(accessDescription), value).map(
    ({ accessMethod, accessLocation }) => `${objectName(accessMethod)} - ${generalNameText(accessLocation, formatSlashedName)}`,
  );
}

/** Decimal while it is short, hexadecimal then. */
function numberText(value: Uint8Array): string {
  const number = read(boundedInteger, value);
  const digits = number.toString(16).toUpperCase();
  return number < 1n << 128n ? number.toString() : `0x${digits.padStart(digits.length + (digits.length % 2), '0')}`;
}

function bitNames(value: Uint8Array, names: readonly string[]): string {
  return flagNames(read(bitString, value).bytes, names);
}

function flagNames(bytes: Uint8Array, names: readonly string[]): string {
  return names.filter((_, bit) => ((bytes[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0).join(', ');
}
