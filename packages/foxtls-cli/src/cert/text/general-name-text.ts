/** GeneralNames as OpenSSL 3.0 prints them: each with its kind. */

import { type DerElement, decodeDer, implicit, objectIdentifier, readCharacters, readElement } from 'foxtls/asn1';
import { formatIpAddress, Name } from 'foxtls/x509';
import { printable } from '../../command/printable.ts';
import { objectName } from './object-names.ts';
import { formatName } from './value-text.ts';

/** The identifier octets of GeneralName's alternatives. */
const GENERAL_NAME = {
  otherName: 0xa0,
  rfc822Name: 0x81,
  dNSName: 0x82,
  x400Address: 0xa3,
  directoryName: 0xa4,
  ediPartyName: 0xa5,
  uniformResourceIdentifier: 0x86,
  iPAddress: 0x87,
  registeredID: 0x88,
} as const;

/** A name with its kind. `formatDirectoryName` differs by where it stands. */
export function generalNameText(der: Uint8Array, formatDirectoryName: (name: Name) => string): string {
  const element = readElement(der, 'general_name');
  const text = () => printable(new TextDecoder('latin1').decode(element.content));
  switch (element.tag) {
    case GENERAL_NAME.otherName:
      return otherNameText(element);
    case GENERAL_NAME.rfc822Name:
      return `email:${text()}`;
    case GENERAL_NAME.dNSName:
      return `DNS:${text()}`;
    case GENERAL_NAME.x400Address:
      return 'X400Name:<unsupported>';
    case GENERAL_NAME.directoryName:
      return `DirName:${formatDirectoryName(new Name(element.contained('name').encoded))}`;
    case GENERAL_NAME.ediPartyName:
      return 'EdiPartyName:<unsupported>';
    case GENERAL_NAME.uniformResourceIdentifier:
      return `URI:${text()}`;
    case GENERAL_NAME.iPAddress:
      return `IP Address:${addressText(element.content)}`;
    case GENERAL_NAME.registeredID:
      return `Registered ID:${objectName(decodeDer(implicit(8, objectIdentifier), der, 'registered_id'))}`;
    default:
      return element.fail('no kind of name has this tag');
  }
}

/** Addresses of subtrees carry their mask. */
export function subtreeText(base: Uint8Array): string {
  const { tag, content } = readElement(base, 'base');
  if (tag !== GENERAL_NAME.iPAddress) return generalNameText(base, formatName);
  const half = content.length / 2;
  const texts = [content.subarray(0, half), content.subarray(half)].map((part) => addressText(part));
  return content.length === 8 || content.length === 32 ? `IP:${texts.join('/')}` : 'IP Address:<invalid>';
}

function otherNameText(element: DerElement): string {
  const cursor = element.children();
  const oid = decodeDer(objectIdentifier, cursor.next('type_id').encoded, 'type_id');
  const value = cursor.next('value').contained('value');
  const isText = [0x0c, 0x13, 0x16, 0x1a].includes(value.tag);
  return `othername: ${OTHER_NAMES[oid] ?? oid}:${isText ? `:${printable(readCharacters(value))}` : ':<unsupported>'}`;
}

const OTHER_NAMES: Readonly<Record<string, string>> = {
  '1.3.6.1.4.1.311.20.2.3': 'UPN',
  '1.3.6.1.5.5.7.8.9': 'SmtpUTF8Mailbox',
  '1.3.6.1.5.5.7.8.5': 'XmppAddr',
  '1.3.6.1.5.5.7.8.7': 'SRVName',
  '1.3.6.1.5.5.7.8.8': 'NAIRealm',
};

/** IPv6 in eight groups, upper case, as OpenSSL has it. */
function addressText(bytes: Uint8Array): string {
  if (bytes.length === 4) return formatIpAddress(bytes);
  if (bytes.length !== 16) return '<invalid>';
  return Array.from({ length: 8 }, (_, i) =>
    (((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0)).toString(16).toUpperCase(),
  ).join(':');
}
