/** A certificate request as `openssl req -text` of OpenSSL 3.0 prints it (RFC 2986 §4). */

import {
  any,
  boolean,
  CHARACTER_STRING_TAGS,
  decodeDer,
  implicit,
  objectIdentifier,
  octetString,
  readCharacters,
  readElement,
  sequence,
  sequenceOf,
  setOf,
  smallInteger,
  withDefault,
} from 'foxtls/asn1';
import { Name } from 'foxtls/x509';
import { printable } from '../../command/printable.ts';
import { readSigned, signatureAlgorithmText, signatureText } from './certificate-text.ts';
import { extensionsText } from './extension-text.ts';
import { publicKeyInfoText } from './key-text.ts';
import { objectName } from './object-names.ts';
import { formatName, indent } from './value-text.ts';

const EXTENSION_REQUEST = '1.2.840.113549.1.9.14';

const attributes = setOf(sequence({ type: objectIdentifier, values: setOf(any) }));
const requestInfo = sequence({
  version: smallInteger,
  subject: any,
  subjectPublicKeyInfo: any,
  attributes: implicit(0, attributes),
});
const extensions = sequenceOf(
  sequence({
    extnID: objectIdentifier,
    critical: withDefault(boolean, false, { encodedDefaultTolerated: true }),
    extnValue: octetString,
  }),
);

export function formatRequestText(der: Uint8Array): string {
  const { toBeSigned, algorithm, signature } = readSigned(der);
  const info = decodeDer(requestInfo, toBeSigned, 'certification_request_info');
  const data = [
    `Version: ${info.version + 1} (0x${info.version})`,
    `Subject: ${formatName(new Name(info.subject))}`,
    'Subject Public Key Info:',
    ...indent(4, publicKeyInfoText(info.subjectPublicKeyInfo)),
    'Attributes:',
    ...indent(4, attributesText(info.attributes)),
  ];
  return [
    'Certificate Request:',
    '    Data:',
    ...indent(8, data),
    ...indent(4, signatureAlgorithmText(algorithm)),
    ...indent(4, signatureText(signature)),
    '',
  ].join('\n');
}

function attributesText(list: ReturnType<typeof attributes.read>): string[] {
  if (list.length === 0) return ['(none)'];
  const requested = list.filter(({ type }) => type === EXTENSION_REQUEST).flatMap(({ values }) => values);
  const others = list
    .filter(({ type }) => type !== EXTENSION_REQUEST)
    .flatMap(({ type, values }) => values.map((value) => `${objectName(type).padEnd(25)}:${valueText(value)}`));
  const extensionLines = requested.flatMap((value) => extensionsText(decodeDer(extensions, value, 'extension_request')));
  return [...others, ...(extensionLines.length === 0 ? [] : ['Requested Extensions:', ...indent(4, extensionLines)])];
}

function valueText(der: Uint8Array): string {
  const element = readElement(der, 'attribute');
  return CHARACTER_STRING_TAGS.includes(element.tag) ? printable(readCharacters(element)) : 'unable to print attribute';
}
