/**
 * Whether a certificate names whom one wants to speak to (RFC 6125 §6, RFC 5280 §4.2.1.6): hosts, addresses, URIs, services, mailboxes.
 *
 * Only subject alternative names count; the common name takes an option with an ugly name. A wildcard is the whole left-most label of a
 * dNSName and stands for exactly one label. An IP address matches an iPAddress only, whatever the dNSNames look like. Names in Unicode are
 * converted to A-labels before they are compared (`idna.ts`).
 */

import { OID } from '../../core/asn1/object-identifiers.ts';
import { equal } from '../../core/bytes/bytes.ts';
import type { Certificate } from './certificate.ts';
import { type GeneralName, parseDnsName, parseIpAddress, parseUri, readOtherName } from './general-name.ts';
import { domainToAscii } from './idna.ts';

/**
 * Whom one wants to speak to (RFC 6125 §1.8, “reference identifier”).
 *
 * `host`: a DNS name or an IP address. `uri`: its scheme and host have to be those of a URI in the certificate. `srv`: a service without
 * its underscore, as `xmpp-client`, and the domain that it is for (RFC 4985). `email`: a mailbox, in ASCII or not (RFC 8398).
 */
export type ReferenceIdentifier =
  | { readonly kind: 'host'; readonly name: string }
  | { readonly kind: 'uri'; readonly uri: string }
  | { readonly kind: 'srv'; readonly service: string; readonly name: string }
  | { readonly kind: 'email'; readonly address: string };

export interface NameMatching {
  /**
   * A certificate without any alternative name of a host, URI or service matches by its common name (RFC 6125 §6.4.4). Authorities do
   * not vouch for what stands there, and name constraints do not bind it.
   */
  readonly dangerouslyMatchCommonName?: boolean | undefined;
}

/**
 * Whether the certificate is for `name`: a DNS name (a final dot is ignored) or an IP address (dotted decimal without leading zeros; IPv6
 * also in brackets).
 *
 * ```ts
 * matchServerName(parseCertificate(der), 'www.example.com');   // true for a certificate of *.example.com
 * matchServerName(parseCertificate(der), 'bücher.example');    // true for one of xn--bcher-kva.example
 * ```
 */
export function matchServerName(certificate: Certificate, name: string, matching: NameMatching = {}): boolean {
  const { subjectAltName = [] } = certificate.known;
  const address = parseIpAddress(name.replace(/^\[(.*)\]$/, '$1'));
  if (address !== undefined) return subjectAltName.some((san) => san.kind === 'iPAddress' && equal(san.value, address));
  const labels = parseReference(name);
  if (labels === undefined) return false;
  const presented = subjectAltName.flatMap((san) => (san.kind === 'dNSName' ? [san.value] : []));
  const mayUseCommonName = matching.dangerouslyMatchCommonName === true && !subjectAltName.some(namesService);
  return [...presented, ...(mayUseCommonName ? certificate.subject.all(OID.commonName) : [])].some((pattern) =>
    matchDnsName(pattern, labels),
  );
}

/**
 * Whether the certificate names whom a reference identifier stands for.
 *
 * ```ts
 * matchReference(certificate, { kind: 'srv', service: 'xmpp-client', name: 'example.com' });
 * ```
 */
export function matchReference(certificate: Certificate, reference: ReferenceIdentifier, matching?: NameMatching): boolean {
  const { subjectAltName = [] } = certificate.known;
  switch (reference.kind) {
    case 'host':
      return matchServerName(certificate, reference.name, matching);
    case 'uri': {
      const wanted = parseUri(reference.uri);
      return wanted !== undefined && subjectAltName.some((san) => namesUri(san, wanted));
    }
    case 'srv': {
      const labels = parseReference(reference.name);
      const service = `_${reference.service.toLowerCase()}`;
      return (
        labels !== undefined &&
        subjectAltName.some((san) => textOf(san, 'id-on-dnsSRV')?.toLowerCase() === `${service}.${labels.join('.')}`)
      );
    }
    case 'email': {
      const wanted = normalizeMailbox(reference.address);
      return wanted !== undefined && subjectAltName.some((san) => mailboxOf(san) === wanted);
    }
  }
}

/** A reference identifier in a few words, for messages. */
export function formatReference(reference: ReferenceIdentifier): string {
  switch (reference.kind) {
    case 'host':
      return JSON.stringify(reference.name);
    case 'uri':
      return `the URI ${JSON.stringify(reference.uri)}`;
    case 'srv':
      return `the service ${JSON.stringify(reference.service)} of ${JSON.stringify(reference.name)}`;
    case 'email':
      return `the mailbox ${JSON.stringify(reference.address)}`;
  }
}

/** The labels of a name that somebody asks for. */
function parseReference(name: string): readonly string[] | undefined {
  const ascii = domainToAscii(name.replace(/\.$/, ''));
  return ascii === undefined ? undefined : parseDnsName(ascii);
}

/** `pattern` is a dNSName: a name, or `*.` and a name of at least two labels (so that nobody holds a certificate for a whole TLD). */
function matchDnsName(pattern: string, labels: readonly string[]): boolean {
  const isWildcard = pattern.startsWith('*.');
  const expected = parseDnsName(isWildcard ? pattern.slice(2) : pattern);
  if (expected === undefined || (isWildcard && expected.length < 2)) return false;
  const compared = isWildcard ? labels.slice(1) : labels;
  return compared.length === expected.length && compared.every((label, i) => label === expected[i]);
}

function namesUri(san: GeneralName, wanted: { readonly scheme: string; readonly host: readonly string[] }): boolean {
  const uri = san.kind === 'uniformResourceIdentifier' ? parseUri(san.value) : undefined;
  return uri?.scheme === wanted.scheme && uri.host.join('.') === wanted.host.join('.');
}

/** Alternative names that say which service a certificate is for: beside them a common name says nothing. */
function namesService({ kind, value }: GeneralName): boolean {
  if (kind === 'otherName') return readOtherName(value)?.type === OID['id-on-dnsSRV'];
  return kind === 'dNSName' || kind === 'iPAddress' || kind === 'uniformResourceIdentifier';
}

function mailboxOf(san: GeneralName): string | undefined {
  const text = san.kind === 'rfc822Name' ? san.value : textOf(san, 'id-on-SmtpUTF8Mailbox');
  return text === undefined ? undefined : normalizeMailbox(text);
}

/** The local part as it is, the host as A-labels in lower case (RFC 8398 §5). */
function normalizeMailbox(text: string): string | undefined {
  const at = text.lastIndexOf('@');
  const host = at <= 0 ? undefined : domainToAscii(text.slice(at + 1));
  return host && `${text.slice(0, at)}@${host}`;
}

/** The text of an otherName of this type. */
function textOf(san: GeneralName, type: keyof typeof OID): string | undefined {
  const other = san.kind === 'otherName' ? readOtherName(san.value) : undefined;
  return other?.type === OID[type] ? other.text : undefined;
}
