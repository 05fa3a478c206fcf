/**
 * Private keys in their three forms, all brought into PKCS#8, which is what providers import.
 *
 * ```
 * OneAsymmetricKey ::= SEQUENCE {                  -- PKCS#8: RFC 5208 §5, RFC 5958 §2
 *   version                   Version,
 *   privateKeyAlgorithm       PrivateKeyAlgorithmIdentifier,
 *   privateKey                PrivateKey,
 *   attributes            [0] Attributes OPTIONAL,
 *   ...,
 *   [[2: publicKey        [1] PublicKey OPTIONAL ]],
 *   ...
 * }
 * ECPrivateKey ::= SEQUENCE {                      -- SEC1: RFC 5915 §3
 *   version        INTEGER { ecPrivkeyVer1(1) } (ecPrivkeyVer1),
 *   privateKey     OCTET STRING,
 *   parameters [0] ECParameters {{ NamedCurve }} OPTIONAL,
 *   publicKey  [1] BIT STRING OPTIONAL
 * }
 * RSAPrivateKey ::= SEQUENCE {                     -- PKCS#1: RFC 8017 Appendix A.1.2
 *     version           Version,
 *     modulus           INTEGER,  -- n
 *     publicExponent    INTEGER,  -- e
 *     privateExponent   INTEGER,  -- d
 *     prime1            INTEGER,  -- p
 *     prime2            INTEGER,  -- q
 *     exponent1         INTEGER,  -- d mod (p-1)
 *     exponent2         INTEGER,  -- d mod (q-1)
 *     coefficient       INTEGER,  -- (inverse of q) mod p
 *     otherPrimeInfos   OtherPrimeInfos OPTIONAL
 * }
 * ```
 * Messages name fields and never show their values: what is here is secret.
 */

import { readElement, TAG } from '../../core/asn1/der.ts';
import { OID } from '../../core/asn1/object-identifiers.ts';
import { formatPem, type PemBlock, parsePem } from '../../core/asn1/pem.ts';
import { any, decodeDer, encodeDer, explicit, implicit, optional, sequence, setOf } from '../../core/asn1/schema.ts';
import {
  nullValue,
  objectIdentifier,
  octetAlignedBitString,
  octetString,
  smallInteger,
  unsignedInteger,
} from '../../core/asn1/types.ts';
import { ApiMisuse, DecodeError } from '../../core/errors/errors.ts';
import { algorithmIdentifier } from './algorithm-identifier.ts';

export const oneAsymmetricKey = sequence({
  version: smallInteger,
  privateKeyAlgorithm: algorithmIdentifier,
  privateKey: octetString,
  attributes: optional(implicit(0, setOf(any))),
  publicKey: optional(implicit(1, octetAlignedBitString)),
});

export const ecPrivateKey = sequence({
  version: smallInteger,
  privateKey: octetString,
  parameters: optional(explicit(0, any)),
  publicKey: optional(explicit(1, octetAlignedBitString)),
});

const rsaPrivateKey = sequence({
  version: smallInteger,
  modulus: unsignedInteger,
  publicExponent: unsignedInteger,
  privateExponent: unsignedInteger,
  prime1: unsignedInteger,
  prime2: unsignedInteger,
  exponent1: unsignedInteger,
  exponent2: unsignedInteger,
  coefficient: unsignedInteger,
  otherPrimeInfos: optional(any),
});

/**
 * The first private key of a PEM text, as PKCS#8 DER, for `provider.keys.importPrivateKey`.
 *
 * Reads `PRIVATE KEY` (PKCS#8), `EC PRIVATE KEY` (SEC1) and `RSA PRIVATE KEY` (PKCS#1); other blocks are passed over. For encrypted keys
 * there is `readPrivateKeyPem`.
 *
 * Throws `DecodeError` (`ERR_TLS_DECODE`) for malformed PEM or DER, and `ApiMisuse` when there is no private key
 * (`ERR_TLS_NO_PRIVATE_KEY`) or it is encrypted (`ERR_TLS_PASSWORD_MISSING`).
 *
 * ```ts
 * const key = await provider.keys.importPrivateKey(parsePrivateKeyPem(readFileSync('key.pem')));
 * ```
 */
export function parsePrivateKeyPem(pem: string | Uint8Array): Uint8Array {
  const block = findPrivateKey(pem);
  if (isEncrypted(block)) throw passwordMissing();
  return readPrivateKeyBlock(block.label, block.data);
}

/**
 * A private key in DER, in any of the three forms, as PKCS#8 DER. Throws like `parsePrivateKeyPem`.
 *
 * ```ts
 * const pkcs8 = readPrivateKeyDer(sec1);
 * ```
 */
export function readPrivateKeyDer(der: Uint8Array): Uint8Array {
  const fields = topLevelTags(der);
  if (fields[0] === TAG.SEQUENCE && fields[1] === TAG.OCTET_STRING) throw passwordMissing();
  if (fields[0] === TAG.INTEGER && fields[1] === TAG.OCTET_STRING) return wrapEcPrivateKey(der);
  if (fields[0] === TAG.INTEGER && fields[1] === TAG.INTEGER) return wrapRsaPrivateKey(der);
  return checkPkcs8(der);
}

/** `BEGIN PRIVATE KEY` for PKCS#8 DER, as `exportPkcs8()` gives. */
export function formatPrivateKeyPem(pkcs8: Uint8Array): string {
  return formatPem('PRIVATE KEY', checkPkcs8(pkcs8));
}

/** The first PEM block that is a private key. Throws as `parsePrivateKeyPem`. */
export function findPrivateKey(pem: string | Uint8Array): PemBlock {
  const blocks = parsePem(pem);
  const block = blocks.find(({ label }) => label === 'PRIVATE KEY' || label.endsWith(' PRIVATE KEY'));
  if (block !== undefined) return block;
  const found = blocks.map(({ label }) => label).join(', ') || 'no PEM block at all';
  throw new ApiMisuse('ERR_TLS_NO_PRIVATE_KEY', `the PEM text has no private key (found: ${found})`);
}

/** Whether a block is encrypted: in PKCS#8, or as OpenSSL's old formats have it. */
export function isEncrypted({ label, headers }: PemBlock): boolean {
  return label === 'ENCRYPTED PRIVATE KEY' || headers.get('Proc-Type')?.includes('ENCRYPTED') === true;
}

/** The PKCS#8 of a block that is not encrypted, or not any more. */
export function readPrivateKeyBlock(label: string, data: Uint8Array): Uint8Array {
  switch (label) {
    case 'PRIVATE KEY':
      return checkPkcs8(data);
    case 'EC PRIVATE KEY':
      return wrapEcPrivateKey(data);
    case 'RSA PRIVATE KEY':
      return wrapRsaPrivateKey(data);
    default:
      throw new ApiMisuse('ERR_TLS_NO_PRIVATE_KEY', `private keys of the kind ${label} are not supported`);
  }
}

export function passwordMissing(): ApiMisuse {
  return new ApiMisuse(
    'ERR_TLS_PASSWORD_MISSING',
    'the private key is encrypted: give its password to readPrivateKeyPem (PEM) or decryptPrivateKey (DER)',
  );
}

/** The same bytes, which are a PKCS#8 as far as its outer structure goes. Throws `DecodeError`. */
export function checkPkcs8(der: Uint8Array): Uint8Array {
  const { version } = decodeDer(oneAsymmetricKey, der, 'private_key_info');
  if (version > 1) throw new DecodeError('private_key_info.version', `version 0 or 1 is expected, ${version} is there`);
  return der;
}

function wrapEcPrivateKey(der: Uint8Array): Uint8Array {
  const key = decodeDer(ecPrivateKey, der, 'ec_private_key');
  if (key.version !== 1) throw new DecodeError('ec_private_key.version', `version 1 is expected, ${key.version} is there`);
  if (key.parameters === undefined) throw new DecodeError('ec_private_key.parameters', 'the curve is missing');
  decodeDer(objectIdentifier, key.parameters, 'ec_private_key.parameters');
  return wrap(OID['id-ecPublicKey'], key.parameters, encodeDer(ecPrivateKey, { ...key, parameters: undefined }));
}

function wrapRsaPrivateKey(der: Uint8Array): Uint8Array {
  const { version } = decodeDer(rsaPrivateKey, der, 'rsa_private_key');
  if (version !== 0) throw new DecodeError('rsa_private_key.version', `version 0 is expected, ${version} is there`);
  return wrap(OID.rsaEncryption, encodeDer(nullValue, null), der);
}

function wrap(algorithm: string, parameters: Uint8Array, privateKey: Uint8Array): Uint8Array {
  return encodeDer(oneAsymmetricKey, { version: 0, privateKeyAlgorithm: { algorithm, parameters }, privateKey });
}

/** The tags of the first two fields of the outer SEQUENCE: they tell the forms apart. */
function topLevelTags(der: Uint8Array): readonly [number | undefined, number | undefined] {
  const cursor = readElement(der, 'private_key').children();
  const first = cursor.peek();
  if (first !== undefined) cursor.next('[0]');
  return [first, cursor.peek()];
}
