/**
 * Distinguished names from text: the form of RFC 4514 and the one that OpenSSL's `-subj` takes.
 *
 * ```
 * CN=example.com,O=Example\, Inc.,C=US      RFC 4514: the most specific first
 * /C=US/O=Example, Inc./CN=example.com      OpenSSL: in the order of the certificate
 * ```
 * `+` joins the attributes of one RDN in both; a backslash takes the next character as it is, or two hexadecimal digits as an octet.
 */

import { OID } from '../../core/asn1/object-identifiers.ts';
import { parseOid } from '../../core/asn1/oid.ts';
import { any, encodeDer, sequence, sequenceOf, setOf } from '../../core/asn1/schema.ts';
import { directoryString, ia5String, printableString } from '../../core/asn1/strings.ts';
import { objectIdentifier } from '../../core/asn1/types.ts';
import { fromUtf8, utf8 } from '../../core/bytes/bytes.ts';
import { ApiMisuse } from '../../core/errors/errors.ts';
import { Name } from './name.ts';

const TYPES: Readonly<Record<string, string>> = {
  c: OID.countryName,
  st: OID.stateOrProvinceName,
  s: OID.stateOrProvinceName,
  l: OID.localityName,
  o: OID.organizationName,
  ou: OID.organizationalUnitName,
  cn: OID.commonName,
  sn: OID.surname,
  gn: OID.givenName,
  dc: OID.domainComponent,
  uid: OID.userId,
  street: OID.streetAddress,
  email: OID.emailAddress,
  e: OID.emailAddress,
};
/** The whole names too: `organizationName`, `emailAddress`. */
const LONG_NAMES: readonly (keyof typeof OID)[] = [
  'countryName',
  'stateOrProvinceName',
  'localityName',
  'organizationName',
  'organizationalUnitName',
  'commonName',
  'surname',
  'givenName',
  'serialNumber',
  'title',
  'streetAddress',
  'domainComponent',
  'userId',
  'emailAddress',
];
const TYPES_BY_NAME: ReadonlyMap<string, string> = new Map([
  ...Object.entries(TYPES),
  ...LONG_NAMES.map((name): [string, string] => [name.toLowerCase(), OID[name]]),
]);

const rdnSequence = sequenceOf(setOf(sequence({ type: objectIdentifier, value: any }), 1));

/**
 * Reads a distinguished name. Attributes are named as in RFC 4514 (`CN`, `O`), by their long names or by OBJECT IDENTIFIER. Throws
 * `ApiMisuse` (`ERR_TLS_INVALID_ARGUMENT`) for text that is no name.
 *
 * ```ts
 * parseName('CN=example.com,O=Example').last(OID.commonName);   // example.com
 * ```
 */
export function parseName(text: string): Name {
  const isSlashed = text.startsWith('/');
  const rdns = splitUnescaped(isSlashed ? text.slice(1) : text, isSlashed ? '/' : ',');
  const written = rdns.filter((rdn) => rdn.trim() !== '').map((rdn) => splitUnescaped(rdn, '+').map(parseAttribute));
  return new Name(encodeDer(rdnSequence, isSlashed ? written : written.reverse()));
}

function parseAttribute(text: string): { type: string; value: Uint8Array } {
  const at = text.indexOf('=');
  const name = text.slice(0, Math.max(at, 0)).trim();
  const type = /^[0-9]+(\.[0-9]+)+$/.test(name) ? name : TYPES_BY_NAME.get(name.toLowerCase());
  if (type === undefined) {
    const problem =
      at < 0 ? 'TYPE=VALUE is expected, as in CN=example.com' : `${JSON.stringify(name)} is no attribute known here`;
    throw new ApiMisuse('ERR_TLS_INVALID_ARGUMENT', `${JSON.stringify(text.trim())} is not part of a name: ${problem}`);
  }
  parseOid(type);
  const value = unescapeValue(text.slice(at + 1));
  if (value === '') throw new ApiMisuse('ERR_TLS_INVALID_ARGUMENT', `the attribute ${name} of the name is empty`);
  if (type === OID.countryName && !/^[A-Za-z]{2}$/.test(value)) {
    throw new ApiMisuse('ERR_TLS_INVALID_ARGUMENT', `a country is its two-letter code, not ${JSON.stringify(value)}`);
  }
  return { type, value: encodeDer<string>(stringTypeOf(type), value) };
}

function stringTypeOf(type: string): typeof directoryString {
  if (type === OID.domainComponent || type === OID.emailAddress) return ia5String;
  // RFC 5280 Appendix A.1: these two are PrintableString, whatever else names may be.
  return type === OID.countryName || type === OID.serialNumber ? printableString : directoryString;
}

function splitUnescaped(text: string, separator: string): string[] {
  const parts = [''];
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string;
    if (character === separator) parts.push('');
    else parts[parts.length - 1] += character === '\\' ? character + (text[++at] ?? '') : character;
  }
  return parts;
}

/** White space around a value does not count unless a backslash stands before it. */
function unescapeValue(text: string): string {
  const trimmed = text.replace(/^\s+/, '').replace(/(\\.)?\s*$/s, '$1');
  const octets: number[] = [];
  for (let at = 0; at < trimmed.length; at++) {
    const hex = /^\\([0-9a-fA-F]{2})/.exec(trimmed.slice(at, at + 3))?.[1];
    if (hex !== undefined) {
      octets.push(Number.parseInt(hex, 16));
      at += 2;
      continue;
    }
    if (trimmed[at] === '\\') at++;
    const character = String.fromCodePoint(trimmed.codePointAt(at) ?? 0x5c);
    octets.push(...utf8(character));
    at += character.length - 1;
  }
  try {
    return fromUtf8(Uint8Array.from(octets));
  } catch {
    throw new ApiMisuse('ERR_TLS_INVALID_ARGUMENT', `the octets written as \\XX in ${JSON.stringify(text.trim())} are not UTF-8`);
  }
}
