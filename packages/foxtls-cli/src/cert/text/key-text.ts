/** Public keys as OpenSSL 3.0 prints them. */

import { any, decodeDer, integerContent, OID, objectIdentifier, octetAlignedBitString, optional, sequence } from 'foxtls/asn1';
import { algorithmName, CURVES } from './object-names.ts';
import { pssText } from './pss-text.ts';
import { hexLines, indent } from './value-text.ts';

const publicKeyInfo = sequence({
  algorithm: sequence({ algorithm: objectIdentifier, parameters: optional(any) }),
  subjectPublicKey: octetAlignedBitString,
});
const rsaPublicKey = sequence({ modulus: integerContent, publicExponent: integerContent });

/** OpenSSL prints the octets of keys fifteen in a line. */
const PER_LINE = 15;

/** The lines behind `Subject Public Key Info:`. */
export function publicKeyInfoText(spki: Uint8Array): string[] {
  const { algorithm } = decodeDer(publicKeyInfo, spki, 'public_key');
  return [`Public Key Algorithm: ${algorithmName(algorithm.algorithm)}`, ...indent(4, publicKeyText(spki, 'Public-Key'))];
}

/** The key itself. `title` is `Public-Key`, or what stands in its place for a private one. */
export function publicKeyText(spki: Uint8Array, title: string): string[] {
  const { algorithm, subjectPublicKey: bits } = decodeDer(publicKeyInfo, spki, 'public_key');
  switch (algorithm.algorithm) {
    case OID.rsaEncryption:
    case OID['id-RSASSA-PSS']:
      return [
        ...rsaText(bits, title),
        ...(algorithm.algorithm === OID['id-RSASSA-PSS'] ? restrictionsText(algorithm.parameters) : []),
      ];
    case OID['id-ecPublicKey']:
      return ecText(bits, algorithm.parameters, title);
    default:
      return [`${algorithmName(algorithm.algorithm)} ${title}:`, 'pub:', ...indent(4, hexLines(bits, PER_LINE))];
  }
}

function rsaText(bits: Uint8Array, title: string): string[] {
  const { modulus, publicExponent } = decodeDer(rsaPublicKey, bits, 'public_key.subject_public_key');
  const magnitude = modulus[0] === 0 ? modulus.subarray(1) : modulus;
  const size = magnitude.length * 8 - Math.clz32(magnitude[0] ?? 0) + 24;
  return [`${title}: (${size} bit)`, 'Modulus:', ...indent(4, hexLines(modulus, PER_LINE)), ...exponentText(publicExponent)];
}

function restrictionsText(parameters: Uint8Array | undefined): string[] {
  if (parameters === undefined) return ['No PSS parameter restrictions'];
  return ['PSS parameter restrictions:', ...indent(2, pssText(parameters))];
}

/** A number while it fits into 64 bits, else octets. */
function exponentText(content: Uint8Array): string[] {
  if (content.length > 8) return ['Exponent:', ...indent(4, hexLines(content, PER_LINE))];
  const exponent = BigInt(`0x${Buffer.from(content).toString('hex')}`);
  return [`Exponent: ${exponent} (0x${exponent.toString(16)})`];
}

function ecText(point: Uint8Array, parameters: Uint8Array | undefined, title: string): string[] {
  const oid = parameters?.[0] === 6 ? decodeDer(objectIdentifier, parameters, 'public_key.algorithm.parameters') : undefined;
  const curve = oid === undefined ? undefined : CURVES[oid];
  return [
    `${title}: (${curve?.bits ?? ((point.length - 1) / 2) * 8} bit)`,
    'pub:',
    ...indent(4, hexLines(point, PER_LINE)),
    `ASN1 OID: ${curve?.name ?? oid ?? 'explicit parameters'}`,
    ...(curve?.nist === undefined ? [] : [`NIST CURVE: ${curve.nist}`]),
  ];
}
