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
 * DNS names, IP addresses, directory names and mailboxes are processed; of other forms, a name that meets a constraint of its form is
 * refused: "the application MUST either process the constraint or reject the certificate" (RFC 5280 §4.2.1.10).
 */

import { type DerValue, implicit, mapped, optional, sequence, sequenceOf, withDefault } from '../../core/asn1/schema.ts';
import { smallInteger } from '../../core/asn1/types.ts';
import { type GeneralName, generalName, parseDnsName } from './general-name.ts';
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
  return names.find((name) => {
    const permitted = permittedSubtrees.filter(({ kind }) => kind === name.kind);
    if (permitted.length > 0 && !permitted.some((subtree) => isWithin(name, subtree, 'all'))) return true;
    return excludedSubtrees.some((subtree) => subtree.kind === name.kind && isWithin(name, subtree, 'any'));
  });
}

/**
 * Whether a name lies in a subtree of its form. A wildcard stands for many names: `all` asks whether each of them does, `any`
 * whether one does. A name that cannot be judged is in no permitted and in every excluded subtree.
 */
function isWithin(name: GeneralName, subtree: GeneralName, which: 'all' | 'any'): boolean {
  const unjudged = which === 'any';
  switch (subtree.kind) {
    case 'dNSName':
      return isDnsWithin(name.value as string, subtree.value, which) ?? unjudged;
    case 'iPAddress':
      return isAddressWithin(name.value as Uint8Array, subtree.value);
    case 'directoryName':
      return (name.value as Name).startsWith(subtree.value);
    case 'rfc822Name':
      return isMailboxWithin(name.value as string, subtree.value) ?? unjudged;
    default:
      return unjudged;
  }
}

/** "Any DNS name that can be constructed by simply adding zero or more labels to the left-hand side of the name" lies within. */
function isDnsWithin(name: string, subtree: string, which: 'all' | 'any'): boolean | undefined {
  const isWildcard = name.startsWith('*.');
  const labels = parseDnsName(isWildcard ? name.slice(2) : name);
  if (labels === undefined) return undefined;
  const base = subtree === '' ? [] : subtree.toLowerCase().split('.');
  // *.example.com has a name in the subtree www.example.com, though not all of its names are there.
  const reach = isWildcard && which === 'any' && base.length === labels.length + 1 ? base.slice(1) : base;
  const surplus = labels.length - reach.length;
  return surplus >= 0 && reach.every((label, i) => label === labels[surplus + i]);
}

/** The subtree is an address and a mask of the same length. */
function isAddressWithin(address: Uint8Array, subtree: Uint8Array): boolean {
  const size = address.length;
  if (subtree.length !== 2 * size) return false;
  return address.every((byte, i) => ((byte ^ (subtree[i] as number)) & (subtree[size + i] as number)) === 0);
}

/** The subtree is a mailbox, a host, or with a leading dot all hosts of a domain. Only the host is compared without regard to case. */
function isMailboxWithin(mailbox: string, subtree: string): boolean | undefined {
  const at = mailbox.lastIndexOf('@');
  if (at <= 0) return undefined;
  const host = mailbox.slice(at + 1).toLowerCase();
  const subtreeAt = subtree.lastIndexOf('@');
  const subtreeHost = subtree.slice(subtreeAt + 1).toLowerCase();
  if (subtreeAt >= 0) return mailbox.slice(0, at) === subtree.slice(0, subtreeAt) && host === subtreeHost;
  return subtreeHost.startsWith('.') ? host.endsWith(subtreeHost) && host !== subtreeHost : host === subtreeHost;
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
    default:
      return true;
  }
}

/** A prefix, as in CIDR (RFC 5280 §4.2.1.10): ones, then zeros. */
function isPrefixMask(mask: Uint8Array): boolean {
  return /^1*0*$/.test(Array.from(mask, (byte) => byte.toString(2).padStart(8, '0')).join(''));
}
