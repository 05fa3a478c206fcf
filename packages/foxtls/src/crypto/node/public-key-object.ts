/**
 * SubjectPublicKeyInfo to `KeyObject`, by the shortest way for each kind of key.
 *
 * A client imports every certificate of its peer's chain, so this is on the way of each handshake. OpenSSL 3.0's decoders take 85 µs
 * for any SubjectPublicKeyInfo, while the other forms go past them. Measured on Node 20 (µs):
 * ```
 *            SubjectPublicKeyInfo   shortest
 * RSA-2048   86                     1.4 as PKCS#1
 * Ed25519    60                     4.3 as JWK
 * P-256      88                     45 as JWK
 * P-384      85                     85 (JWK 325: it multiplies by the order, which a curve of cofactor 1 does not need)
 * ```
 */

import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { OID } from '../../core/asn1/object-identifiers.ts';
import { CryptoFailure } from '../../core/errors/errors.ts';
import {
  ED448_SPKI,
  ED25519_SPKI,
  type FixedEncoding,
  MAX_RSA_EXPONENT_BITS,
  readFixed,
  readSubjectPublicKeyInfo,
  SECP256R1_SPKI,
  SECP384R1_SPKI,
  SECP521R1_SPKI,
} from '../key-encoding.ts';
import type { KeyType } from '../signature.ts';
import { asBuffer } from './own-bytes.ts';

/** A key as OpenSSL holds it, and what it is. Throws `CryptoFailure` for a key that is not supported, or not in its one encoding. */
export function readPublicKeyObject(spki: Uint8Array): { readonly key: KeyObject; readonly type: KeyType } {
  for (const { encoding, jwk } of CURVES) {
    const point = readFixed(encoding, spki);
    if (point === undefined) continue;
    const key = imported(() =>
      jwk === undefined ? fromSpki(spki) : createPublicKey({ key: jwk(asBuffer(point)), format: 'jwk' }),
    );
    return { key, type: encoding.type };
  }
  return readByAlgorithm(spki);
}

const CURVES: readonly { readonly encoding: FixedEncoding; readonly jwk: ((point: Buffer) => JsonWebKey) | undefined }[] = [
  {
    encoding: SECP256R1_SPKI,
    jwk: (point) => ({
      kty: 'EC',
      crv: 'P-256',
      x: point.toString('base64url', 1, 33),
      y: point.toString('base64url', 33),
    }),
  },
  { encoding: ED25519_SPKI, jwk: (point) => ({ kty: 'OKP', crv: 'Ed25519', x: point.toString('base64url') }) },
  { encoding: SECP384R1_SPKI, jwk: undefined },
  { encoding: SECP521R1_SPKI, jwk: undefined },
  { encoding: ED448_SPKI, jwk: (point) => ({ kty: 'OKP', crv: 'Ed448', x: point.toString('base64url') }) },
];

function readByAlgorithm(spki: Uint8Array): { readonly key: KeyObject; readonly type: KeyType } {
  const { algorithm, subjectPublicKey } = readSubjectPublicKeyInfo(spki);
  if (algorithm.algorithm === OID['id-dsa']) return readDsa(spki, algorithm.parameters);
  const kind = RSA_KINDS[algorithm.algorithm];
  if (kind === undefined) {
    const advice = 'elliptic curve keys are on a named curve, and their points uncompressed';
    throw new CryptoFailure(
      `public keys of algorithm ${algorithm.algorithm} are not supported, or not in this encoding: ${advice}`,
    );
  }
  // The parameters of id-RSASSA-PSS bind the key: OpenSSL has to see them.
  const key = imported(() =>
    kind === 'rsa' ? createPublicKey({ key: asBuffer(subjectPublicKey), format: 'der', type: 'pkcs1' }) : fromSpki(spki),
  );
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  // RFC 8017 §3.1: "the RSA public exponent e is an integer between 3 and n - 1"; with 1 anybody could sign.
  if (publicExponent < 3n || publicExponent % 2n === 0n)
    throw new CryptoFailure('the public exponent of this RSA key is not valid');
  if (publicExponent >> BigInt(MAX_RSA_EXPONENT_BITS) !== 0n)
    throw new CryptoFailure(`RSA keys of an exponent of more than ${MAX_RSA_EXPONENT_BITS} bits are not supported`);
  return { key, type: { kind, bits: modulusLength } };
}

/** Without its parameters a key is half of one. */
function readDsa(spki: Uint8Array, parameters: Uint8Array | undefined): { readonly key: KeyObject; readonly type: KeyType } {
  if (parameters === undefined) throw new CryptoFailure('this DSA key has no parameters: it inherits them from its issuer');
  const key = imported(() => fromSpki(spki));
  return { key, type: { kind: 'dsa', bits: key.asymmetricKeyDetails?.modulusLength ?? 0 } };
}

const RSA_KINDS: { readonly [oid: string]: 'rsa' | 'rsa-pss' } = {
  [OID.rsaEncryption]: 'rsa',
  [OID['id-RSASSA-PSS']]: 'rsa-pss',
};

function fromSpki(spki: Uint8Array): KeyObject {
  return createPublicKey({ key: asBuffer(spki), format: 'der', type: 'spki' });
}

function imported(read: () => KeyObject): KeyObject {
  try {
    return read();
  } catch (cause) {
    // OpenSSL's message says nothing of the key's bytes.
    throw new CryptoFailure('OpenSSL refuses this public key', { cause });
  }
}
