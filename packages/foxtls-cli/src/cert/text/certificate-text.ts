/** A certificate as `openssl x509 -text` of OpenSSL 3.0 prints it, line by line. */

import { any, decodeDer, OID, objectIdentifier, octetAlignedBitString, optional, sequence } from 'foxtls/asn1';
import type { Certificate } from 'foxtls/x509';
import { extensionsText } from './extension-text.ts';
import { publicKeyInfoText } from './key-text.ts';
import { algorithmName } from './object-names.ts';
import { pssText } from './pss-text.ts';
import { formatName, formatTime, hexLines, indent } from './value-text.ts';

export function formatCertificateText(certificate: Certificate): string {
  const { version, issuer, subject, validFrom, validTo, publicKey, extensions } = certificate;
  const { algorithm, signature } = readSigned(certificate.raw);
  const data = [
    `Version: ${version} (0x${version - 1})`,
    ...serialNumberText(certificate.serialNumber),
    ...signatureAlgorithmText(algorithm),
    `Issuer: ${formatName(issuer)}`,
    'Validity',
    `    Not Before: ${formatTime(validFrom)}`,
    `    Not After : ${formatTime(validTo)}`,
    `Subject: ${formatName(subject)}`,
    'Subject Public Key Info:',
    ...indent(4, publicKeyInfoText(publicKey)),
    ...(extensions.length === 0 ? [] : ['X509v3 extensions:', ...indent(4, extensionsText(extensions))]),
  ];
  return [
    'Certificate:',
    '    Data:',
    ...indent(8, data),
    ...indent(4, signatureAlgorithmText(algorithm)),
    ...indent(4, signatureText(signature)),
    '',
  ].join('\n');
}

const signed = sequence({ toBeSigned: any, algorithm: any, signature: octetAlignedBitString });
const algorithmIdentifier = sequence({ algorithm: objectIdentifier, parameters: optional(any) });

/** What certificates, requests and CRLs have in common: contents, algorithm, signature. */
export function readSigned(der: Uint8Array): {
  readonly toBeSigned: Uint8Array;
  readonly algorithm: Uint8Array;
  readonly signature: Uint8Array;
} {
  return decodeDer(signed, der, 'signed');
}

export function signatureAlgorithmText(der: Uint8Array): string[] {
  const { algorithm, parameters } = decodeDer(algorithmIdentifier, der, 'algorithm');
  const lines = [`Signature Algorithm: ${algorithmName(algorithm)}`];
  return algorithm === OID['id-RSASSA-PSS'] && parameters !== undefined ? [...lines, ...indent(4, pssText(parameters))] : lines;
}

export function signatureText(signature: Uint8Array): string[] {
  return ['Signature Value:', ...indent(4, hexLines(signature, 18))];
}

/** In one line while it fits into 64 bits, else by its octets. */
function serialNumberText(serialNumber: string): string[] {
  const isNegative = serialNumber.startsWith('-');
  const digits = serialNumber.replace('-', '');
  const number = BigInt(`0x${digits}`);
  const sign = isNegative ? '-' : '';
  if (number < 1n << 63n) return [`Serial Number: ${sign}${number} (${sign}0x${number.toString(16)})`];
  const octets = digits.toLowerCase().match(/../g) ?? [];
  return ['Serial Number:', `    ${isNegative ? ' (Negative)' : ''}${octets.join(':')}`];
}
