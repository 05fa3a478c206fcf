/** Names, times, numbers and bytes in the form that OpenSSL 3.0 prints them. */

import type { Name } from 'foxtls/x509';
import { attributeName } from './object-names.ts';

/** One line: `C = US, O = "Example, Inc.", CN = example.com`. */
export function formatName(name: Name): string {
  return name.rdns.map((rdn) => rdn.map(({ type, value }) => `${attributeName(type)} = ${quote(value)}`).join(' + ')).join(', ');
}

/** The older form, in which alternative names show directory names: `/C=US/CN=example.com`. */
export function formatSlashedName(name: Name): string {
  return name.rdns
    .flatMap((rdn) => rdn.map(({ type, value }) => `/${attributeName(type)}=${escapeOctets(value, '\\x')}`))
    .join('');
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `Nov 21 09:34:08 2026 GMT` */
export function formatTime(date: Date): string {
  const clock = date.toISOString().slice(11, 19);
  return `${MONTHS[date.getUTCMonth()]} ${String(date.getUTCDate()).padStart(2)} ${clock} ${date.getUTCFullYear()} GMT`;
}

/** Lines of hexadecimal with colons, `perLine` octets in each; all but the last line end with a colon. */
export function hexLines(bytes: Uint8Array, perLine: number): string[] {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += perLine) {
    const line = hexPairs(bytes.subarray(at, at + perLine)).join(':');
    lines.push(at + perLine < bytes.length ? `${line}:` : line);
  }
  return lines;
}

/** `0A:FF` */
export function colonHex(bytes: Uint8Array): string {
  return hexPairs(bytes).join(':').toUpperCase();
}

/** Lines moved to the right. */
export function indent(spaces: number, lines: readonly string[]): string[] {
  return lines.map((line) => (line === '' ? '' : ' '.repeat(spaces) + line));
}

function hexPairs(bytes: Uint8Array): string[] {
  return [...bytes].map((octet) => octet.toString(16).padStart(2, '0'));
}

/** RFC 2253 in quotation marks where it would need backslashes; what is not printable ASCII by its octets. */
function quote(value: string): string {
  const needsQuotes = /[,+"<>;]|^[ #]| $/.test(value);
  const escaped = escapeOctets(value.replaceAll('\\', '\\\\'), '\\').replaceAll('"', '\\"');
  return needsQuotes ? `"${escaped}"` : escaped;
}

function escapeOctets(value: string, prefix: string): string {
  const escapeOctet = (octet: number) => prefix + octet.toString(16).toUpperCase().padStart(2, '0');
  return [...value]
    .map((character) =>
      /[ -~]/.test(character) ? character : [...new TextEncoder().encode(character)].map(escapeOctet).join(''),
    )
    .join('');
}
