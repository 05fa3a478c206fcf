/**
 * Name constraints: the name space that a CA may certify (RFC 5280 §4.2.1.10, §6.1.3 (b), (c)).
 *
 * ```
 * NameConstraints ::= SEQUENCE {
 *      permittedSubtrees       [0]     GeneralSubtrees OPTIONAL,
 *      excludedSubtrees        [1]     GeneralSubtrees OPTIONAL }
 *
 * GeneralSubtrees ::= SEQUENCE SIZE (1..MAX) OF GeneralSubtree
 *
 * GeneralSubtree ::= SEQUENCE {
 *      base                    GeneralName,
 *      minimum         [0]     BaseDistance DEFAULT 0,
 *      maximum         [1]     BaseDistance OPTIONAL }
 * ```
 * Each CA's constraints are applied to all names below it on their own, which comes to the intersection that the RFC computes.
 * DNS names, IP addresses, directory names, URIs and mailboxes are processed; of other forms, a name that meets a constraint of its form is
 * refused: "the application MUST either process the constraint or reject the certificate" (RFC 5280 §4.2.1.10).
 */

import { OID } from '../../core/asn1/object-identifiers.ts';
import { type DerValue, implicit, mapped, optional, sequence, sequenceOf, withDefault } from '../../core/asn1/schema.ts';
import { smallInteger } from '../../core/asn1/types.ts';
import { type GeneralName, generalName, parseDnsName, parseUri, readOtherName } from './general-name.ts';
import { domainToAscii } from './idna.ts';
import type { Name } from './name.ts';

const generalSubtree = mapped(
  sequence({
    base: generalName,
    minimum: withDefault(implicit(0, smallInteger), 0, { encodedDefaultTolerated: true }),
    maximum: optional(implicit(1, smallInteger)),
  }),
  ({ base, minimum, maximum }, element) => {
    // "the minimum MUST be zero, and maximum MUST be absent" (RFC 5280 §4.2.1.10)
    if (minimum !== 0 || maximum !== undefined) element.fail('a subtree with a minimum or a maximum is not supported');
    if (!isSound(base)) element.fail(`the ${base.kind} is not one that can be a constraint`);
    return base;
  },
  (base) => ({ base, minimum: 0 }),
);

export const nameConstraints = mapped(
  sequence({
    permittedSubtrees: optional(implicit(0, sequenceOf(generalSubtree, 1))),
    excludedSubtrees: optional(implicit(1, sequenceOf(generalSubtree, 1))),
  }),
  (value, element) => {
    // "Conforming CAs MUST NOT issue certificates where name constraints is an empty sequence." (RFC 5280 §4.2.1.10)
    if (value.permittedSubtrees === undefined && value.excludedSubtrees === undefined) element.fail('there is no subtree');
    return value;
  },
  (value) => value,
);

export type NameConstraints = DerValue<typeof nameConstraints>;

/** The first of `names` that the constraints do not allow. */
export function findForbiddenName(
  { permittedSubtrees = [], excludedSubtrees = [] }: NameConstraints,
  names: readonly GeneralName[],
): GeneralName | undefined {
  const permitted = permittedSubtrees.map(prepareSubtree);
  const excluded = excludedSubtrees.map(prepareSubtree);
  return names.map(prepareName).find((name) => {
    const applicable = permitted.filter(({ form }) => form === name.form);
    if (applicable.length > 0 && !applicable.some((subtree) => isWithin(name, subtree, 'all') ?? false)) return true;
    return excluded.some((subtree) => subtree.form === name.form && (isWithin(name, subtree, 'any') ?? true));
  })?.name;
}

/** A name, taken apart once. Constraints apply to names of their form. */
interface PreparedName {
  readonly name: GeneralName;
  readonly form: string;
  /** The labels of the host that it is or contains; undefined when it has none that can be judged. */
  readonly host?: readonly string[] | undefined;
  readonly isWildcard?: boolean;
  /** What stands before the host of a mailbox. */
  readonly localPart?: string | undefined;
}

/** The base of a subtree, taken apart once. */
interface PreparedSubtree {
  readonly base: GeneralName;
  readonly form: string;
  /** The labels of its host; the first one is empty where it begins with a dot. */
  readonly host?: readonly string[];
  readonly localPart?: string | undefined;
}

function prepareName(name: GeneralName): PreparedName {
  switch (name.kind) {
    case 'dNSName': {
      const isWildcard = name.value.startsWith('*.');
      return { name, form: name.kind, host: parseDnsName(isWildcard ? name.value.slice(2) : name.value), isWildcard };
    }
    case 'rfc822Name':
      return { name, form: name.kind, ...parseMailbox(name.value) };
    case 'uniformResourceIdentifier':
      return { name, form: name.kind, host: parseUri(name.value)?.host };
    case 'otherName': {
      const other = readOtherName(name.value);
      // RFC 8398 §6 extends "rfc822Name name constraints to SmtpUTF8Mailbox subjectAltNames."
      if (other?.type !== OID['id-on-SmtpUTF8Mailbox']) return { name, form: `otherName ${other?.type}` };
      return { name, form: 'rfc822Name', ...(other.text === undefined ? {} : parseMailbox(other.text)) };
    }
    default:
      return { name, form: name.kind };
  }
}

function prepareSubtree(base: GeneralName): PreparedSubtree {
  switch (base.kind) {
    case 'dNSName':
    case 'uniformResourceIdentifier':
      return { base, form: base.kind, host: labelsOf(base.value) };
    case 'rfc822Name': {
      const at = base.value.lastIndexOf('@');
      const localPart = at < 0 ? undefined : base.value.slice(0, at);
      return { base, form: base.kind, host: labelsOf(base.value.slice(at + 1)), localPart };
    }
    case 'otherName':
      return { base, form: `otherName ${readOtherName(base.value)?.type}` };
    default:
      return { base, form: base.kind };
  }
}

function labelsOf(host: string): readonly string[] {
  return host === '' ? [] : host.toLowerCase().split('.');
}

/** Mailbox hosts are compared as A-labels, however they are written (RFC 8398 §5). */
function parseMailbox(text: string): Pick<PreparedName, 'host' | 'localPart'> {
  const at = text.lastIndexOf('@');
  const host = at <= 0 ? undefined : domainToAscii(text.slice(at + 1));
  return host === undefined ? {} : { host: labelsOf(host), localPart: text.slice(0, at) };
}

/**
 * Whether a name lies in a subtree of its form; undefined when that cannot be judged, so that it is in no permitted and in every excluded
 * subtree. A wildcard stands for many names: `all` asks whether each of them does, `any` whether one does.
 */
function isWithin(name: PreparedName, subtree: PreparedSubtree, which: 'all' | 'any'): boolean | undefined {
  const { base } = subtree;
  switch (base.kind) {
    case 'dNSName':
      return isDnsWithin(name, subtree, which);
    case 'iPAddress':
      return isAddressWithin(name.name.value as Uint8Array, base.value);
    case 'directoryName':
      return (name.name.value as Name).startsWith(base.value);
    case 'rfc822Name':
      if (subtree.localPart !== undefined && name.host !== undefined && name.localPart !== subtree.localPart) return false;
      return isHostWithin(name, subtree);
    case 'uniformResourceIdentifier':
      return isHostWithin(name, subtree);
    default:
      return undefined;
  }
}

/** "Any DNS name that can be constructed by simply adding zero or more labels to the left-hand side of the name" lies within. */
function isDnsWithin({ host, isWildcard }: PreparedName, { host: base = [] }: PreparedSubtree, which: 'all' | 'any') {
  if (host === undefined) return undefined;
  // *.example.com has a name in the subtree www.example.com, though not all of its names are there.
  const reach = isWildcard && which === 'any' && base.length === host.length + 1 ? base.slice(1) : base;
  return endsWith(host, reach);
}

/** A host is met by itself alone, ".example.com" by what has "one or more labels" more (RFC 5280 §4.2.1.10). */
function isHostWithin({ host }: PreparedName, { host: base = [] }: PreparedSubtree): boolean | undefined {
  if (host === undefined) return undefined;
  if (base[0] !== '') return host.length === base.length && endsWith(host, base);
  return host.length >= base.length && endsWith(host, base.slice(1));
}

function endsWith(labels: readonly string[], end: readonly string[]): boolean {
  const surplus = labels.length - end.length;
  return surplus >= 0 && end.every((label, i) => label === labels[surplus + i]);
}

/** The subtree is an address and a mask of the same length. */
function isAddressWithin(address: Uint8Array, subtree: Uint8Array): boolean {
  const size = address.length;
  if (subtree.length !== 2 * size) return false;
  return address.every((byte, i) => ((byte ^ (subtree[i] as number)) & (subtree[size + i] as number)) === 0);
}

/** Whether a base has the form of a constraint. OpenSSL also takes DNS names with a leading dot; RFC 5280 has no such form. */
function isSound(base: GeneralName): boolean {
  switch (base.kind) {
    case 'dNSName':
      return base.value === '' || parseDnsName(base.value) !== undefined;
    case 'iPAddress':
      return (base.value.length === 8 || base.value.length === 32) && isPrefixMask(base.value.subarray(base.value.length / 2));
    case 'rfc822Name':
      return /^([^@]+@)?\.?[^@.]([^@]*[^@.])?$/.test(base.value) && !/@\./.test(base.value);
    case 'uniformResourceIdentifier':
      return parseDnsName(base.value.replace(/^\./, '')) !== undefined;
    default:
      return true;
  }
}

/** A prefix, as in CIDR (RFC 5280 §4.2.1.10): ones, then zeros. */
function isPrefixMask(mask: Uint8Array): boolean {
  return /^1*0*$/.test(Array.from(mask, (byte) => byte.toString(2).padStart(8, '0')).join(''));
}
