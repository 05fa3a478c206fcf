/**
 * SubjectPublicKeyInfo, the public key as certificates carry it (RFC 5280 §4.1.2.7, RFC 3279, RFC 5480, RFC 8410).
 *
 * ```
 * SubjectPublicKeyInfo  ::=  SEQUENCE  {
 *      algorithm            AlgorithmIdentifier,
 *      subjectPublicKey     BIT STRING  }
 *
 * RSAPublicKey ::= SEQUENCE {
 *    modulus            INTEGER,    -- n
 *    publicExponent     INTEGER  }  -- e
 * ```
 */

import { OID } from '../../core/asn1/object-identifiers.ts';
import { formatPem, parsePem } from '../../core/asn1/pem.ts';
import { decodeDer, encodeDer, sequence } from '../../core/asn1/schema.ts';
import { nullValue, objectIdentifier, octetAlignedBitString, unsignedInteger } from '../../core/asn1/types.ts';
import { equal } from '../../core/bytes/bytes.ts';
import { ApiMisuse } from '../../core/errors/errors.ts';
import type { CurveName, KeyType } from '../../crypto/signature.ts';
import { algorithmIdentifier } from './algorithm-identifier.ts';

export const subjectPublicKeyInfo = sequence({ algorithm: algorithmIdentifier, subjectPublicKey: octetAlignedBitString });

export const rsaPublicKey = sequence({ modulus: unsignedInteger, publicExponent: unsignedInteger });

/** `Dss-Parms  ::=  SEQUENCE { p INTEGER, q INTEGER, g INTEGER }` (RFC 3279 §2.3.2) */
const dssParms = sequence({ p: unsignedInteger, q: unsignedInteger, g: unsignedInteger });

const CURVES: ReadonlyMap<string, CurveName> = new Map([
  [OID.secp256r1, 'secp256r1'],
  [OID.secp384r1, 'secp384r1'],
  [OID.secp521r1, 'secp521r1'],
]);

/** What a SubjectPublicKeyInfo says about itself. */
export interface PublicKeyFacts {
  /** Undefined for algorithms and curves that foxtls does not know. */
  readonly type: KeyType | undefined;
  /** The OBJECT IDENTIFIER of the algorithm, dotted. */
  readonly algorithm: string;
  /** The contents of the BIT STRING, which key identifiers are hashed from. */
  readonly bits: Uint8Array;
}

/** Reads a SubjectPublicKeyInfo, DER, without checking that the key is sound: a provider does that on import. Throws `DecodeError`. */
export function readSubjectPublicKeyInfo(spki: Uint8Array, path = 'subject_public_key_info'): PublicKeyFacts {
  const { algorithm, subjectPublicKey: bits } = decodeDer(subjectPublicKeyInfo, spki, path);
  return { type: keyType(algorithm, bits, path), algorithm: algorithm.algorithm, bits };
}

/**
 * The first public key of a PEM text, as SubjectPublicKeyInfo DER, for `provider.keys.importPublicKey`.
 *
 * Reads `PUBLIC KEY` and `RSA PUBLIC KEY` (PKCS#1); other blocks are passed over. Throws `DecodeError` (`ERR_TLS_DECODE`) for
 * malformed PEM or DER, and `ApiMisuse` (`ERR_TLS_NO_PUBLIC_KEY`) when there is no public key.
 *
 * ```ts
 * const key = await provider.keys.importPublicKey(parsePublicKeyPem(readFileSync('key.pub.pem')));
 * ```
 */
export function parsePublicKeyPem(pem: string | Uint8Array): Uint8Array {
  const blocks = parsePem(pem);
  for (const { label, data } of blocks) {
    if (label === 'RSA PUBLIC KEY') return wrapRsaPublicKey(data);
    if (label !== 'PUBLIC KEY') continue;
    readSubjectPublicKeyInfo(data);
    return data;
  }
  const found = blocks.map(({ label }) => label).join(', ') || 'no PEM block at all';
  throw new ApiMisuse('ERR_TLS_NO_PUBLIC_KEY', `the PEM text has no public key (found: ${found})`);
}

/** `BEGIN PUBLIC KEY` for a SubjectPublicKeyInfo, DER. Throws `DecodeError` when it is none. */
export function formatPublicKeyPem(spki: Uint8Array): string {
  readSubjectPublicKeyInfo(spki);
  return formatPem('PUBLIC KEY', spki);
}

/** The SubjectPublicKeyInfo of an `RSAPublicKey` (PKCS#1). */
function wrapRsaPublicKey(pkcs1: Uint8Array): Uint8Array {
  decodeDer(rsaPublicKey, pkcs1, 'rsa_public_key');
  return encodeDer(subjectPublicKeyInfo, {
    algorithm: { algorithm: OID.rsaEncryption, parameters: encodeDer(nullValue, null) },
    subjectPublicKey: pkcs1,
  });
}

function keyType(
  { algorithm, parameters }: { readonly algorithm: string; readonly parameters?: Uint8Array | undefined },
  bits: Uint8Array,
  path: string,
): KeyType | undefined {
  switch (algorithm) {
    case OID.rsaEncryption:
    case OID['id-RSASSA-PSS']: {
      const { modulus } = decodeDer(rsaPublicKey, bits, `${path}.subject_public_key`);
      return { kind: algorithm === OID.rsaEncryption ? 'rsa' : 'rsa-pss', bits: bitLength(modulus) };
    }
    case OID['id-dsa']:
      return dsaKeyType(parameters, bits, path);
    case OID['id-ecPublicKey']:
      return ecKeyType(parameters, path);
    case OID['id-Ed25519']:
      return { kind: 'ed25519' };
    case OID['id-Ed448']:
      return { kind: 'ed448' };
    default:
      return undefined;
  }
}

/** Whether a key has the parameters of its issuer's: its own "contains an algorithm field with null parameters or parameters are omitted". */
export function inheritsParameters(spki: Uint8Array): boolean {
  const { algorithm } = decodeDer(subjectPublicKeyInfo, spki, 'subject_public_key_info');
  return algorithm.algorithm === OID['id-dsa'] && lacksParameters(algorithm.parameters);
}

/** A key with the parameters of its issuer's key (RFC 5280 §6.1.4 (f)); undefined where there is none to inherit. */
export function inheritParameters(spki: Uint8Array, issuer: Uint8Array): Uint8Array | undefined {
  const own = decodeDer(subjectPublicKeyInfo, spki, 'subject_public_key_info');
  const { algorithm } = decodeDer(subjectPublicKeyInfo, issuer, 'subject_public_key_info');
  if (algorithm.algorithm !== own.algorithm.algorithm || lacksParameters(algorithm.parameters)) return undefined;
  return encodeDer(subjectPublicKeyInfo, { ...own, algorithm });
}

function lacksParameters(parameters: Uint8Array | undefined): boolean {
  return parameters === undefined || equal(parameters, encodeDer(nullValue, null));
}

/** A key without parameters inherits those of its issuer (RFC 3279 §2.3.2), so that its public value says how large it is. */
function dsaKeyType(parameters: Uint8Array | undefined, bits: Uint8Array, path: string): KeyType {
  const publicValue = decodeDer(unsignedInteger, bits, `${path}.subject_public_key`);
  if (parameters === undefined || lacksParameters(parameters)) return { kind: 'dsa', bits: 8 * publicValue.length };
  const { p } = decodeDer(dssParms, parameters, `${path}.algorithm.parameters`);
  return { kind: 'dsa', bits: bitLength(p) };
}

/** Only named curves: curves with explicit parameters are unknown ones (RFC 5480 §2.1.1 forbids them). */
function ecKeyType(parameters: Uint8Array | undefined, path: string): KeyType | undefined {
  if (parameters?.[0] !== NAMED_CURVE_TAG) return undefined;
  const curve = CURVES.get(decodeDer(objectIdentifier, parameters, `${path}.algorithm.parameters`));
  return curve && { kind: 'ec', curve };
}

const NAMED_CURVE_TAG = 0x06;

function bitLength(magnitude: Uint8Array): number {
  return magnitude.length * 8 - Math.clz32(magnitude[0] ?? 0) + 24;
}
