/** The parameters of RSASSA-PSS (RFC 4055 §3.1), in OpenSSL's words; of keys they are restrictions. */

import { any, decodeDer, explicit, integer, OID, objectIdentifier, optional, sequence } from 'foxtls/asn1';

const algorithmIdentifier = sequence({ algorithm: objectIdentifier, parameters: optional(any) });
const pssParameters = sequence({
  hashAlgorithm: optional(explicit(0, algorithmIdentifier)),
  maskGenAlgorithm: optional(explicit(1, algorithmIdentifier)),
  saltLength: optional(explicit(2, integer)),
  trailerField: optional(explicit(3, integer)),
});

const HASHES: Readonly<Record<string, string>> = {
  [OID['id-md5']]: 'md5',
  [OID['id-sha1']]: 'sha1',
  [OID['id-sha224']]: 'sha224',
  [OID['id-sha256']]: 'sha256',
  [OID['id-sha384']]: 'sha384',
  [OID['id-sha512']]: 'sha512',
};

export function pssText(parameters: Uint8Array): string[] {
  const { hashAlgorithm, maskGenAlgorithm, saltLength, trailerField } = decodeDer(pssParameters, parameters, 'pss');
  const mgfHash =
    maskGenAlgorithm?.parameters && decodeDer(algorithmIdentifier, maskGenAlgorithm.parameters, 'pss.mask_gen_algorithm');
  return [
    `Hash Algorithm: ${hashName(hashAlgorithm?.algorithm)}`,
    `Mask Algorithm: mgf1 with ${hashName(mgfHash?.algorithm)}`,
    `Salt Length: ${numberText(saltLength, '0x14')}`,
    `Trailer Field: ${numberText(trailerField, '0x01')}`,
  ];
}

function hashName(oid: string | undefined): string {
  return oid === undefined ? 'sha1 (default)' : (HASHES[oid] ?? oid);
}

function numberText(value: bigint | undefined, defaultText: string): string {
  if (value === undefined) return `${defaultText} (default)`;
  const digits = value.toString(16).toUpperCase();
  return `0x${digits.padStart(digits.length + (digits.length % 2), '0')}`;
}
