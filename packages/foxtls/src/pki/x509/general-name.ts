/**
 * GeneralName, the many ways to name a subject (RFC 5280 §4.2.1.6), and DNS names and IP addresses as text.
 *
 * ```
 * GeneralNames ::= SEQUENCE SIZE (1..MAX) OF GeneralName
 * GeneralName ::= CHOICE {
 *      otherName                       [0]     OtherName,
 *      rfc822Name                      [1]     IA5String,
 *      dNSName                         [2]     IA5String,
 *      x400Address                     [3]     ORAddress,
 *      directoryName                   [4]     Name,
 *      ediPartyName                    [5]     EDIPartyName,
 *      uniformResourceIdentifier       [6]     IA5String,
 *      iPAddress                       [7]     OCTET STRING,
 *      registeredID                    [8]     OBJECT IDENTIFIER }
 * ```
 */

import { contextTag, readElement } from '../../core/asn1/der.ts';
import {
  any,
  choice,
  type DerType,
  type DerValue,
  decodeDer,
  explicit,
  implicit,
  sequence,
  sequenceOf,
} from '../../core/asn1/schema.ts';
import { CHARACTER_STRING_TAGS, ia5String, readCharacters } from '../../core/asn1/strings.ts';
import { objectIdentifier, octetString } from '../../core/asn1/types.ts';
import { DecodeError } from '../../core/errors/errors.ts';
import { domainToAscii } from './idna.ts';
import { nameType } from './name.ts';

export const generalName = choice({
  otherName: unread(contextTag(0, true)),
  rfc822Name: implicit(1, ia5String),
  dNSName: implicit(2, ia5String),
  x400Address: unread(contextTag(3, true)),
  directoryName: explicit(4, nameType),
  ediPartyName: unread(contextTag(5, true)),
  uniformResourceIdentifier: implicit(6, ia5String),
  iPAddress: implicit(7, octetString),
  registeredID: implicit(8, objectIdentifier),
});

export type GeneralName = DerValue<typeof generalName>;

export const generalNames = sequenceOf(generalName, 1);

/** A name for messages, as `DNS:example.com`. */
export function formatGeneralName({ kind, value }: GeneralName): string {
  switch (kind) {
    case 'dNSName':
      return `DNS:${value}`;
    case 'iPAddress':
      return `IP:${formatIpAddress(value)}`;
    case 'directoryName':
      return `directory:${value}`;
    case 'rfc822Name':
      return `email:${value}`;
    case 'uniformResourceIdentifier':
      return `URI:${value}`;
    default:
      return kind;
  }
}

/** Lower-case labels of a DNS name, or undefined when it is none. Underscores are let through: they are common in private names. */
export function parseDnsName(name: string): readonly string[] | undefined {
  if (name.length > 253) return undefined;
  const labels = name.toLowerCase().split('.');
  if (!labels.every((label) => /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/.test(label))) return undefined;
  // A name whose last label is a number would be an IPv4 address to somebody.
  return /^[0-9]+$/.test(labels.at(-1) as string) ? undefined : labels;
}

/**
 * The scheme and the labels of the host of a URI (RFC 3986 §3); undefined for one without a host that is a domain name.
 */
export function parseUri(uri: string): { readonly scheme: string; readonly host: readonly string[] } | undefined {
  const [, scheme, authority] = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/?#]*)/.exec(uri) ?? [];
  if (scheme === undefined || authority === undefined) return undefined;
  const ascii = domainToAscii(authority.slice(authority.lastIndexOf('@') + 1).replace(/:[0-9]*$/, ''));
  const host = ascii === undefined ? undefined : parseDnsName(ascii);
  return host && { scheme: scheme.toLowerCase(), host };
}

/** `OtherName ::= SEQUENCE { type-id OBJECT IDENTIFIER, value [0] EXPLICIT ANY DEFINED BY type-id }` under the tag of its alternative */
const otherName = implicit(0, sequence({ type: objectIdentifier, value: explicit(0, any) }));

/** The type of an otherName as GeneralName keeps it, and its value where that is a character string; undefined for a malformed one. */
export function readOtherName(encoded: Uint8Array): { readonly type: string; readonly text: string | undefined } | undefined {
  try {
    const { type, value } = decodeDer(otherName, encoded, 'other_name');
    const element = readElement(value, 'other_name.value');
    return { type, text: CHARACTER_STRING_TAGS.includes(element.tag) ? readCharacters(element) : undefined };
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

/** The 4 or 16 bytes of an IP address in text (`192.0.2.1`, `2001:db8::1`), or undefined when the text is none. */
export function parseIpAddress(text: string): Uint8Array | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

/** The text of 4 or 16 bytes: IPv6 in lower case, the longest run of zeros shortened (RFC 5952). */
export function formatIpAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: bytes.length / 2 }, (_, i) =>
    (((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0)).toString(16),
  );
  const text = groups.join(':');
  const longest = [...text.matchAll(/(?<![0-9a-f])0(?::0)+(?![0-9a-f])/g)].sort((a, b) => b[0].length - a[0].length)[0];
  if (longest === undefined) return text;
  return `${text.slice(0, longest.index).replace(/:$/, '')}::${text.slice(longest.index + longest[0].length).replace(/^:/, '')}`;
}

/** Four decimal numbers without leading zeros: other forms mean different addresses to different readers. */
function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9][0-9]{0,2})$/.test(part) && Number(part) < 256)) return undefined;
  return Uint8Array.from(parts, Number);
}

/** RFC 4291 §2.2: eight groups, `::` once for a run of zeros, an IPv4 address for the last two. */
function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0] as string, halves.length === 1);
  const tail = halves.length === 2 ? parseGroups(halves[1] as string, true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 16 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 2) return undefined;
  return Uint8Array.from([...head, ...new Array<number>(missing).fill(0), ...tail]);
}

function parseGroups(text: string, isLast: boolean): number[] | undefined {
  if (text === '') return [];
  const octets: number[] = [];
  const groups = text.split(':');
  for (const [i, group] of groups.entries()) {
    const ipv4 = isLast && i === groups.length - 1 ? parseIpv4(group) : undefined;
    if (ipv4 !== undefined) octets.push(...ipv4);
    else if (/^[0-9a-fA-F]{1,4}$/.test(group)) octets.push(Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff);
    else return undefined;
  }
  return octets;
}

/** An alternative that foxtls keeps as it is: the element's whole encoding. */
function unread(tag: number): DerType<Uint8Array> {
  return { tags: [tag], read: any.read, write: any.write };
}
