/**
 * Making GeneralNames out of text, each checked for what its kind can be (RFC 5280 §4.2.1.6, §4.2.1.10; RFC 8398 §3).
 */

import { OID, type OidName } from '../../core/asn1/object-identifiers.ts';
import { any, encodeDer, explicit, implicit, sequence } from '../../core/asn1/schema.ts';
import { ia5String, utf8String } from '../../core/asn1/strings.ts';
import { objectIdentifier } from '../../core/asn1/types.ts';
import { concat } from '../../core/bytes/bytes.ts';
import { ApiMisuse } from '../../core/errors/errors.ts';
import { type GeneralName, parseDnsName, parseIpAddress } from './general-name.ts';
import { createName, Name, type NameFields } from './name.ts';

/** What each kind of name is made of. */
export interface GeneralNameInputs {
  /** `www.example.com`, or `*.example.com`; internationalised names as A-labels. */
  readonly dns: string;
  /** `192.0.2.1`, `2001:db8::1`. */
  readonly ip: string;
  /** For name constraints: `192.0.2.0/24`, `2001:db8::/32`. */
  readonly subnet: string;
  /** `somebody@example.com`. A local part outside of ASCII makes it a SmtpUTF8Mailbox (RFC 8398). */
  readonly email: string;
  /** An absolute URI, in ASCII. */
  readonly uri: string;
  readonly directory: NameFields | Name;
  /** Dotted. */
  readonly registeredId: string;
  /** `_imaps.example.com` (RFC 4985). */
  readonly srv: string;
  /** Any other: its type, dotted, and its value, DER. */
  readonly other: { readonly type: string; readonly value: Uint8Array };
}

/**
 * A GeneralName, for alternative names, name constraints and distribution points.
 *
 * Throws `ApiMisuse` (`ERR_TLS_INVALID_ARGUMENT`) for text that is no name of this kind.
 *
 * ```ts
 * const names = [createGeneralName('dns', 'example.com'), createGeneralName('ip', '::1'), createGeneralName('email', 'a@example.com')];
 * createExtension('subjectAltName', names);
 * ```
 */
export function createGeneralName<K extends keyof GeneralNameInputs>(kind: K, input: GeneralNameInputs[K]): GeneralName {
  return MAKERS[kind](input);
}

const MAKERS: { readonly [K in keyof GeneralNameInputs]: (input: GeneralNameInputs[K]) => GeneralName } = {
  dns: dnsGeneralName,
  ip(text) {
    const value = parseIpAddress(text);
    if (value === undefined) throw notA('an IP address', text);
    return { kind: 'iPAddress', value };
  },
  subnet: subnetGeneralName,
  email: emailGeneralName,
  uri(text) {
    if (!/^[A-Za-z][A-Za-z0-9+.-]*:[\x21-\x7e]+$/.test(text)) throw notA('an absolute URI', text);
    return { kind: 'uniformResourceIdentifier', value: text };
  },
  directory: (name) => ({ kind: 'directoryName', value: name instanceof Name ? name : createName(name) }),
  registeredId: (oid) => ({ kind: 'registeredID', value: oid }),
  srv(text) {
    const [service = '', ...host] = text.split('.');
    if (!/^_[A-Za-z0-9-]+$/.test(service) || parseDnsName(host.join('.')) === undefined) {
      throw notA('a service name like _imaps.example.com', text);
    }
    return otherName('id-on-dnsSRV', encodeDer(ia5String, text));
  },
  other: ({ type, value }) => ({ kind: 'otherName', value: encodeDer(otherNameType, { type, value }) }),
};

const otherNameType = implicit(0, sequence({ type: objectIdentifier, value: explicit(0, any) }));

function otherName(type: OidName, value: Uint8Array): GeneralName {
  return { kind: 'otherName', value: encodeDer(otherNameType, { type: OID[type], value }) };
}

function dnsGeneralName(name: string): GeneralName {
  if (parseIpAddress(name) !== undefined) {
    throw new ApiMisuse('ERR_TLS_INVALID_ARGUMENT', `${name} is an IP address: give it in ipAddresses, not in dnsNames`);
  }
  if (parseDnsName(name.replace(/^\*\./, '')) === undefined) {
    const advice = 'internationalised names are written as A-labels (xn--…), without a final dot';
    throw new ApiMisuse('ERR_TLS_INVALID_ARGUMENT', `${JSON.stringify(name)} is not a DNS name; ${advice}`);
  }
  return { kind: 'dNSName', value: name };
}

/** The address and its mask, as RFC 5280 §4.2.1.10 has it. */
function subnetGeneralName(text: string): GeneralName {
  const [addressText = '', prefixText = ''] = text.split('/');
  const address = parseIpAddress(addressText);
  const prefix = Number(prefixText);
  if (address === undefined || !/^[0-9]{1,3}$/.test(prefixText) || prefix > address.length * 8 || text.split('/').length !== 2) {
    throw notA('a subnet like 192.0.2.0/24', text);
  }
  const mask = address.map((_, i) => 0xff00 >> Math.min(8, Math.max(0, prefix - 8 * i)));
  return {
    kind: 'iPAddress',
    value: concat(
      address.map((byte, i) => byte & (mask[i] as number)),
      mask,
    ),
  };
}

/**
 * RFC 8398 §3: "When the local-part is ASCII, rfc822Name subjectAltName MUST be used instead of SmtpUTF8Mailbox." Internationalised labels
 * of the host are A-labels in the one and U-labels in the other.
 */
function emailGeneralName(mailbox: string): GeneralName {
  const at = mailbox.lastIndexOf('@');
  const [local, host] = [mailbox.slice(0, Math.max(at, 0)), mailbox.slice(at + 1)];
  if (/^[\x21-\x3f\x41-\x7e]+$/.test(local) && parseDnsName(host) !== undefined) return { kind: 'rfc822Name', value: mailbox };
  if (!/^[^\s\p{Cc}@]+$/u.test(local) || /^[\x21-\x7e]*$/.test(local) || !isInternationalHost(host)) {
    throw notA('a mailbox like somebody@example.com', mailbox);
  }
  return otherName('id-on-SmtpUTF8Mailbox', encodeDer(utf8String, mailbox.normalize('NFC')));
}

/** Labels that are U-labels, or lower-case ones without a `--` in the place of a tag. */
function isInternationalHost(host: string): boolean {
  return host.split('.').every((label) => /^(?!-)(?!..--)[a-z0-9\u0080-\u{10ffff}-]{1,63}(?<!-)$/u.test(label));
}

function notA(what: string, text: string): ApiMisuse {
  return new ApiMisuse('ERR_TLS_INVALID_ARGUMENT', `${JSON.stringify(text)} is not ${what}`);
}
