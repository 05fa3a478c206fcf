/**
 * RSA signatures, the verifying side only (RFC 8017 §5.2.2, §8.1.2, §8.2.2, §9), on JavaScript's big integers.
 *
 * Only public values are computed with, so time may depend on them. A private operation would have to take constant time, which big
 * integers do not give: that is why this provider does not sign with RSA.
 */

import { OID } from '../../core/asn1/object-identifiers.ts';
import { type DerValue, decodeDer, encodeDer, sequence } from '../../core/asn1/schema.ts';
import { nullValue, octetString, unsignedInteger } from '../../core/asn1/types.ts';
import { concat, equal, toHex } from '../../core/bytes/bytes.ts';
import { CryptoFailure, DecodeError } from '../../core/errors/errors.ts';
import type { Hash } from '../hash.ts';
import { algorithmIdentifier, MAX_RSA_EXPONENT_BITS, readSubjectPublicKeyInfo } from '../key-encoding.ts';
import { mgf1 } from '../rsa-padding.ts';
import type { KeyType } from '../signature.ts';

/** (n, e), and their sizes. */
export interface RsaPublicKey {
  readonly type: KeyType & { readonly kind: 'rsa' | 'rsa-pss' };
  readonly modulus: bigint;
  readonly exponent: bigint;
  /** k: bytes of modulus, and so of every signature. */
  readonly size: number;
}

/** Larger keys would take too long here: 8,192 bits verify in some 10 ms. */
const MAX_MODULUS_BITS = 8192;

/** Reads a SubjectPublicKeyInfo; throws `CryptoFailure` for what is not an RSA key that can be used. */
export function readRsaPublicKey(spki: Uint8Array): RsaPublicKey {
  const { algorithm, subjectPublicKey } = readSubjectPublicKeyInfo(spki);
  const kind = rsaKind(algorithm);
  try {
    const { modulus, publicExponent } = decodeDer(rsaPublicKey, subjectPublicKey, 'rsa_public_key');
    return checked(kind, modulus, publicExponent);
  } catch (cause) {
    if (cause instanceof DecodeError) throw new CryptoFailure(`not an RSA public key: ${cause.message}`, { cause });
    throw cause;
  }
}

/** RSASSA-PKCS1-V1_5-VERIFY (RFC 8017 §8.2.2), by encoding the message and comparing: there is nothing to parse, so nothing to forge. */
export function verifyPkcs1(key: RsaPublicKey, hash: Hash, message: Uint8Array, signature: Uint8Array): boolean {
  const oid = DIGEST_OIDS[hash.name as keyof typeof DIGEST_OIDS];
  if (oid === undefined) return false;
  const info = encodeDer(digestInfo, {
    digestAlgorithm: { algorithm: oid, parameters: encodeDer(nullValue, null) },
    digest: hash.digest(message),
  });
  return verifyPkcs1Block(key, info, signature);
}

/** The same for what is padded as it is: the DigestInfo, or in TLS 1.0 and 1.1 two hashes (RFC 4346 §7.4.3). */
export function verifyPkcs1Block(key: RsaPublicKey, block: Uint8Array, signature: Uint8Array): boolean {
  const encoded = publicOperation(key, signature);
  if (encoded === undefined) return false;
  const padding = key.size - block.length - 3;
  // RFC 8017 §9.2: "The length of PS will be at least 8 octets."
  if (padding < 8) return false;
  return equal(encoded, concat(Uint8Array.of(0, 1), new Uint8Array(padding).fill(0xff), Uint8Array.of(0), block));
}

/** RSASSA-PSS-VERIFY (RFC 8017 §8.1.2) with EMSA-PSS-VERIFY (§9.1.2), whose steps the numbers name. */
export function verifyPss(
  key: RsaPublicKey,
  { hash, mgfHash, saltLength }: { readonly hash: Hash; readonly mgfHash: Hash; readonly saltLength: number },
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  const whole = publicOperation(key, signature);
  if (whole === undefined) return false;
  const encodedBits = key.type.bits - 1;
  const encodedSize = Math.ceil(encodedBits / 8);
  if (whole.length > encodedSize && whole[0] !== 0) return false;
  const encoded = whole.subarray(whole.length - encodedSize);
  if (encodedSize < hash.size + saltLength + 2 || encoded.at(-1) !== 0xbc) return false; // 3, 4
  const dataSize = encodedSize - hash.size - 1;
  const data = encoded.slice(0, dataSize); // 5
  const seed = encoded.subarray(dataSize, -1);
  const topMask = 0xff >> (8 * encodedSize - encodedBits);
  if (((data[0] as number) & ~topMask) !== 0) return false; // 6
  const mask = mgf1(mgfHash, seed, dataSize); // 7
  for (let i = 0; i < dataSize; i++) data[i] = (data[i] as number) ^ (mask[i] as number); // 8
  data[0] = (data[0] as number) & topMask; // 9
  const separator = dataSize - saltLength - 1;
  if (data.subarray(0, separator).some((byte) => byte !== 0) || data[separator] !== 1) return false; // 10
  const salt = data.subarray(separator + 1); // 11
  return equal(seed, hash.digest(concat(new Uint8Array(8), hash.digest(message), salt))); // 12 to 14
}

// RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }
const rsaPublicKey = /* @__PURE__ */ sequence({ modulus: unsignedInteger, publicExponent: unsignedInteger });
// DigestInfo ::= SEQUENCE { digestAlgorithm AlgorithmIdentifier, digest OCTET STRING }
const digestInfo = /* @__PURE__ */ sequence({ digestAlgorithm: algorithmIdentifier, digest: octetString });

const DIGEST_OIDS = {
  sha1: OID['id-sha1'],
  sha256: OID['id-sha256'],
  sha384: OID['id-sha384'],
  sha512: OID['id-sha512'],
} as const;

function rsaKind({ algorithm, parameters }: DerValue<typeof algorithmIdentifier>): 'rsa' | 'rsa-pss' {
  if (algorithm === OID.rsaEncryption) return 'rsa';
  if (algorithm !== OID['id-RSASSA-PSS']) {
    throw new CryptoFailure(
      `public keys of algorithm ${algorithm} are not supported by the portable provider, or not in this encoding`,
    );
  }
  // Parameters bind the key to one hash (RFC 4055 §3.3). To ignore them would be wrong, and such keys are rare.
  if (parameters !== undefined)
    throw new CryptoFailure('RSASSA-PSS keys with parameters are not supported by the portable provider');
  return 'rsa-pss';
}

function checked(kind: 'rsa' | 'rsa-pss', modulusBytes: Uint8Array, exponentBytes: Uint8Array): RsaPublicKey {
  if (modulusBytes.length * 8 > MAX_MODULUS_BITS || exponentBytes.length * 8 > MAX_RSA_EXPONENT_BITS) {
    throw new CryptoFailure(
      `RSA keys of more than ${MAX_MODULUS_BITS} bits, or of an exponent of more than ${MAX_RSA_EXPONENT_BITS}, are not supported`,
    );
  }
  const modulus = toBigint(modulusBytes);
  const exponent = toBigint(exponentBytes);
  // RFC 8017 §3.1: "the RSA public exponent e is an integer between 3 and n - 1"; with 1 anybody could sign.
  if (exponent < 3n || exponent % 2n === 0n || modulus % 2n === 0n || exponent >= modulus) {
    throw new CryptoFailure('the modulus or the public exponent of this RSA key is not valid');
  }
  return { type: { kind, bits: modulus.toString(2).length }, modulus, exponent, size: modulusBytes.length };
}

/** RSAVP1 and RSAEP (RFC 8017 §5.2.2, §5.1.1): `size` bytes; undefined when the input is not of that size or not in 0 … n-1. */
export function publicOperation({ modulus, exponent, size }: RsaPublicKey, input: Uint8Array): Uint8Array | undefined {
  if (input.length !== size) return undefined;
  let base = toBigint(input);
  if (base >= modulus) return undefined;
  let result = 1n;
  for (let bits = exponent; bits > 0n; bits >>= 1n) {
    if (bits & 1n) result = (result * base) % modulus;
    base = (base * base) % modulus;
  }
  const digits = result.toString(16).padStart(2 * size, '0');
  return Uint8Array.from({ length: size }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16));
}

function toBigint(bytes: Uint8Array): bigint {
  return BigInt(`0x0${toHex(bytes)}`);
}
