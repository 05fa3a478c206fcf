/**
 * PrivateKeyInfo (RFC 5958 §2) around the private keys of elliptic curves (RFC 5915 §3, RFC 8410 §7).
 *
 * ```
 * OneAsymmetricKey ::= SEQUENCE {
 *   version                   Version,
 *   privateKeyAlgorithm       PrivateKeyAlgorithmIdentifier,
 *   privateKey                PrivateKey,
 *   attributes            [0] Attributes OPTIONAL,
 *   ...,
 *   [[2: publicKey        [1] PublicKey OPTIONAL ]],
 *   ...
 * }
 * ```
 * The public key inside is not believed: it is computed from the private one, and the two have to be the same.
 */

import { OID } from '../../core/asn1/object-identifiers.ts';
import {
  any,
  type DerValue,
  decodeDer,
  encodeDer,
  explicit,
  implicit,
  optional,
  sequence,
  setOf,
} from '../../core/asn1/schema.ts';
import { objectIdentifier, octetAlignedBitString, octetString, smallInteger } from '../../core/asn1/types.ts';
import { CryptoFailure, DecodeError } from '../../core/errors/errors.ts';
import { algorithmIdentifier, type CurveKeyType } from '../key-encoding.ts';
import type { CurveName } from '../signature.ts';

/** A private key out of its envelope: the scalar, big-endian, of an EC key; the seed of an EdDSA key. A secret. */
export interface UnwrappedKey {
  readonly type: CurveKeyType;
  readonly secret: Uint8Array;
  /** What came with it, if something did: for EC the point, for EdDSA the key's bytes. */
  readonly publicKey: Uint8Array | undefined;
}

/** Reads a PrivateKeyInfo; throws `CryptoFailure` for a key of another kind and for what is none. */
export function readPkcs8(pkcs8: Uint8Array): UnwrappedKey {
  try {
    return unwrap(decodeDer(privateKeyInfo, pkcs8, 'private_key_info'));
  } catch (cause) {
    if (cause instanceof DecodeError) throw new CryptoFailure(`not a private key in PKCS#8: ${cause.message}`, { cause });
    throw cause;
  }
}

/** Writes a PrivateKeyInfo; an EC key with its public key (RFC 5915 §3), as OpenSSL does. */
export function writePkcs8(type: CurveKeyType, secret: Uint8Array, publicKey: Uint8Array): Uint8Array {
  if (type.kind !== 'ec') {
    const algorithm = type.kind === 'ed25519' ? OID['id-Ed25519'] : OID['id-Ed448'];
    return encodeDer(privateKeyInfo, {
      version: 0,
      privateKeyAlgorithm: { algorithm },
      privateKey: encodeDer(octetString, secret),
    });
  }
  return encodeDer(privateKeyInfo, {
    version: 0,
    privateKeyAlgorithm: { algorithm: OID['id-ecPublicKey'], parameters: encodeDer(objectIdentifier, OID[type.curve]) },
    privateKey: encodeDer(ecPrivateKey, { version: 1, privateKey: secret, publicKey }),
  });
}

const privateKeyInfo = /* @__PURE__ */ sequence({
  version: smallInteger,
  privateKeyAlgorithm: algorithmIdentifier,
  privateKey: octetString,
  attributes: /* @__PURE__ */ optional(/* @__PURE__ */ implicit(0, /* @__PURE__ */ setOf(any))),
  publicKey: /* @__PURE__ */ optional(/* @__PURE__ */ implicit(1, octetAlignedBitString)),
});

// ECPrivateKey ::= SEQUENCE { version INTEGER (1), privateKey OCTET STRING,
//   parameters [0] ECParameters OPTIONAL, publicKey [1] BIT STRING OPTIONAL }
const ecPrivateKey = /* @__PURE__ */ sequence({
  version: smallInteger,
  privateKey: octetString,
  parameters: /* @__PURE__ */ optional(/* @__PURE__ */ explicit(0, objectIdentifier)),
  publicKey: /* @__PURE__ */ optional(/* @__PURE__ */ explicit(1, octetAlignedBitString)),
});

function unwrap({ privateKeyAlgorithm, privateKey, publicKey }: DerValue<typeof privateKeyInfo>): UnwrappedKey {
  const { algorithm, parameters } = privateKeyAlgorithm;
  switch (algorithm) {
    case OID['id-Ed25519']:
      return { type: { kind: 'ed25519' }, secret: unwrapSeed(privateKey), publicKey };
    case OID['id-Ed448']:
      return { type: { kind: 'ed448' }, secret: unwrapSeed(privateKey), publicKey };
    case OID['id-ecPublicKey']: {
      const key = decodeDer(ecPrivateKey, privateKey, 'ec_private_key');
      const type = { kind: 'ec', curve: namedCurve(parameters) } as const;
      return { type, secret: key.privateKey.slice(), publicKey: key.publicKey ?? publicKey };
    }
    default:
      throw new CryptoFailure(`private keys of algorithm ${algorithm} are not supported by the portable provider`);
  }
}

/** CurvePrivateKey ::= OCTET STRING (RFC 8410 §7) */
function unwrapSeed(privateKey: Uint8Array): Uint8Array {
  return decodeDer(octetString, privateKey, 'curve_private_key').slice();
}

const CURVES: readonly CurveName[] = ['secp256r1', 'secp384r1', 'secp521r1'];

function namedCurve(parameters: Uint8Array | undefined): CurveName {
  const oid = parameters === undefined ? 'none' : decodeDer(objectIdentifier, parameters, 'ec_parameters');
  const curve = CURVES.find((name) => OID[name] === oid);
  if (curve === undefined) throw new CryptoFailure(`private keys on the curve ${oid} are not supported`);
  return curve;
}
