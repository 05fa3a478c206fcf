/**
 * Distinguished names: reading, one-line text (RFC 4514), and the comparison that links certificates (RFC 5280 §7.1).
 *
 * ```
 * Name ::= CHOICE { rdnSequence  RDNSequence }
 * RDNSequence ::= SEQUENCE OF RelativeDistinguishedName
 * RelativeDistinguishedName ::= SET SIZE (1..MAX) OF AttributeTypeAndValue
 * AttributeTypeAndValue ::= SEQUENCE {
 *   type     AttributeType,
 *   value    AttributeValue }
 * ```
 */

import { type DerElement, readElement } from '../../core/asn1/der.ts';
import { OID, oidName } from '../../core/asn1/object-identifiers.ts';
import { any, type DerType, decodeDer, encodeDer, sequence, sequenceOf, setOf } from '../../core/asn1/schema.ts';
import { CHARACTER_STRING_TAGS, directoryString, ia5String, readCharacters } from '../../core/asn1/strings.ts';
import { objectIdentifier } from '../../core/asn1/types.ts';
import { toHex } from '../../core/bytes/bytes.ts';
import { ApiMisuse } from '../../core/errors/errors.ts';

export interface NameAttribute {
  /** The OBJECT IDENTIFIER, dotted. */
  readonly type: string;
  /** The text; for a value that is no character string, `#` and its DER in hexadecimal (RFC 4514 §2.4). */
  readonly value: string;
}

const attributeTypeAndValue = sequence({ type: objectIdentifier, value: any });
const rdnSequence = sequenceOf(setOf(attributeTypeAndValue, 1));

/** A distinguished name. Immutable; the keys for comparing are derived when they are first asked for. */
export class Name {
  /** The RDNSequence, DER. */
  readonly der: Uint8Array;
  /** Relative distinguished names, in the order of the certificate (the most general first). */
  readonly rdns: readonly (readonly NameAttribute[])[];
  #key: string | undefined;
  #rdnKeys: readonly string[] | undefined;

  /** Throws `DecodeError`, whose path begins with `path`, when `der` is not a Name. */
  constructor(der: Uint8Array, path = 'name') {
    this.der = der;
    this.rdns = decodeDer(rdnSequence, der, path).map((rdn, i) =>
      rdn.map(({ type, value }) => ({ type, value: readAttributeValue(value, `${path}[${i}]`) })),
    );
  }

  get isEmpty(): boolean {
    return this.rdns.length === 0;
  }

  /** Equal names have equal keys: case and white space folded, attributes of one RDN in a fixed order. */
  get key(): string {
    this.#key ??= JSON.stringify(this.#keys);
    return this.#key;
  }

  get #keys(): readonly string[] {
    this.#rdnKeys ??= this.rdns.map((rdn) => JSON.stringify(rdn.map(attributeKey).sort()));
    return this.#rdnKeys;
  }

  equals(other: Name): boolean {
    return this.key === other.key;
  }

  /** Whether this name lies in the subtree of another, or is equal to it (RFC 5280 §7.1). */
  startsWith(other: Name): boolean {
    const keys = this.#keys;
    return other.#keys.every((key, i) => key === keys[i]);
  }

  /** The values of all attributes of a type (dotted). */
  all(type: string): readonly string[] {
    return this.rdns.flatMap((rdn) => rdn.filter((attribute) => attribute.type === type).map(({ value }) => value));
  }

  /** The value of the last attribute of a type (dotted), as the common name; undefined when there is none. */
  last(type: string): string | undefined {
    return this.all(type).at(-1);
  }

  /** One line, as `CN=example.com,O=Example` (RFC 4514: the most specific first). */
  toString(): string {
    return this.rdns
      .map((rdn) => rdn.map(formatAttribute).join('+'))
      .reverse()
      .join(',');
  }
}

/** The attributes that names are usually made of, to be written in this order: country first, common name last. */
export interface NameFields {
  readonly country?: string;
  readonly state?: string;
  readonly locality?: string;
  readonly organization?: string;
  readonly organizationalUnit?: string;
  readonly domainComponents?: readonly string[];
  readonly commonName?: string;
  readonly emailAddress?: string;
}

/** A name of single-valued RDNs. Throws `ApiMisuse` for text that cannot be written. */
export function createName(fields: NameFields): Name {
  if (fields.country !== undefined && !/^[A-Za-z]{2}$/.test(fields.country)) {
    throw new ApiMisuse('ERR_TLS_INVALID_ARGUMENT', 'a country is its two-letter code');
  }
  const rdns: [string, string | undefined][] = [
    [OID.countryName, fields.country],
    [OID.stateOrProvinceName, fields.state],
    [OID.localityName, fields.locality],
    [OID.organizationName, fields.organization],
    [OID.organizationalUnitName, fields.organizationalUnit],
    ...(fields.domainComponents ?? []).map((label): [string, string] => [OID.domainComponent, label]),
    [OID.commonName, fields.commonName],
    [OID.emailAddress, fields.emailAddress],
  ];
  const present = rdns.filter((rdn): rdn is [string, string] => rdn[1] !== undefined);
  return new Name(
    encodeDer(
      rdnSequence,
      present.map(([type, value]) => [{ type, value: writeAttributeValue(type, value) }]),
    ),
  );
}

function writeAttributeValue(type: string, text: string): Uint8Array {
  const isAscii = type === OID.domainComponent || type === OID.emailAddress;
  return encodeDer<string>(isAscii ? ia5String : directoryString, text);
}

function readAttributeValue(der: Uint8Array, path: string): string {
  const element = readElement(der, path);
  return CHARACTER_STRING_TAGS.includes(element.tag) ? readCharacters(element) : `#${toHex(der)}`;
}

/**
 * RFC 5280 §7.1 compares by the rules of LDAP (RFC 4518): here case is folded, compatibility forms are made equal, and white space is
 * trimmed and collapsed. The string's ASN.1 type does not matter.
 */
function attributeKey({ type, value }: NameAttribute): string {
  return `${type}=${value.normalize('NFKC').toLowerCase().trim().replace(/\s+/g, ' ')}`;
}

const SHORT_NAMES: ReadonlyMap<string, string> = new Map([
  [OID.commonName, 'CN'],
  [OID.localityName, 'L'],
  [OID.stateOrProvinceName, 'ST'],
  [OID.organizationName, 'O'],
  [OID.organizationalUnitName, 'OU'],
  [OID.countryName, 'C'],
  [OID.streetAddress, 'STREET'],
  [OID.domainComponent, 'DC'],
  [OID.userId, 'UID'],
]);

function formatAttribute({ type, value }: NameAttribute): string {
  const escaped = value
    .replace(/[\\",+;<>]/g, '\\$&')
    .replace(/^[ #](?![0-9a-f]*$)|^ | $/g, '\\$&')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: RFC 4514 §2.4 escapes NUL; other controls would break the one line.
    .replace(/[\x00-\x1f\x7f]/g, (control) => `\\${control.charCodeAt(0).toString(16).padStart(2, '0')}`);
  return `${SHORT_NAMES.get(type) ?? oidName(type) ?? type}=${escaped}`;
}

/** The type `Name` for declarations. */
export const nameType: DerType<Name> = {
  tags: rdnSequence.tags,
  read: (element: DerElement) => new Name(element.encoded, element.path),
  write: (name) => name.der,
};
