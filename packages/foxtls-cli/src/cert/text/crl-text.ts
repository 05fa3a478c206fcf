/** A CRL as `openssl crl -text` of OpenSSL 3.0 prints it (RFC 5280 §5.1). */

import {
  any,
  boolean,
  decodeDer,
  explicit,
  integerContent,
  objectIdentifier,
  octetString,
  optional,
  sequence,
  sequenceOf,
  smallInteger,
  time,
  withDefault,
} from 'foxtls/asn1';
import { Name } from 'foxtls/x509';
import { readSigned, signatureAlgorithmText, signatureText } from './certificate-text.ts';
import { extensionsText } from './extension-text.ts';
import { colonHex, formatName, formatTime, indent } from './value-text.ts';

const extensions = sequenceOf(
  sequence({
    extnID: objectIdentifier,
    critical: withDefault(boolean, false, { encodedDefaultTolerated: true }),
    extnValue: octetString,
  }),
);
const revokedCertificate = sequence({
  userCertificate: integerContent,
  revocationDate: time,
  crlEntryExtensions: optional(extensions),
});
const certificateList = sequence({
  version: optional(smallInteger),
  signature: any,
  issuer: any,
  thisUpdate: time,
  nextUpdate: optional(time),
  revokedCertificates: optional(sequenceOf(revokedCertificate)),
  crlExtensions: optional(explicit(0, extensions)),
});

export function formatCrlText(der: Uint8Array): string {
  const { toBeSigned, algorithm, signature } = readSigned(der);
  const list = decodeDer(certificateList, toBeSigned, 'tbs_cert_list');
  const { version = 0, thisUpdate, nextUpdate, revokedCertificates = [], crlExtensions } = list;
  const head = [
    `Version ${version + 1} (0x${version})`,
    ...signatureAlgorithmText(algorithm),
    `Issuer: ${formatName(new Name(list.issuer))}`,
    `Last Update: ${formatTime(thisUpdate)}`,
    `Next Update: ${nextUpdate === undefined ? 'NONE' : formatTime(nextUpdate)}`,
    ...(crlExtensions === undefined ? [] : ['CRL extensions:', ...indent(4, extensionsText(crlExtensions))]),
  ];
  return [
    'Certificate Revocation List (CRL):',
    ...indent(8, head),
    revokedCertificates.length === 0 ? 'No Revoked Certificates.' : 'Revoked Certificates:',
    ...indent(4, revokedCertificates.flatMap(revokedText)),
    ...indent(4, signatureAlgorithmText(algorithm)),
    ...indent(4, signatureText(signature)),
    '',
  ].join('\n');
}

function revokedText(entry: ReturnType<typeof revokedCertificate.read>): string[] {
  const { userCertificate: content, revocationDate, crlEntryExtensions } = entry;
  const octets = content.length > 1 && content[0] === 0 ? content.subarray(1) : content;
  const extensionLines = crlEntryExtensions === undefined ? [] : extensionsText(crlEntryExtensions);
  return [
    `Serial Number: ${colonHex(octets).replaceAll(':', '')}`,
    `    Revocation Date: ${formatTime(revocationDate)}`,
    ...(extensionLines.length === 0 ? [] : ['    CRL entry extensions:', ...indent(8, extensionLines)]),
  ];
}
