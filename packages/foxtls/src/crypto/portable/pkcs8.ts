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
 * The public key inside is not believed: it is computed from the private one.
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
import type { CurveName, KeyType } from '../signature.ts';

/** A private key out of its envelope: the scalar, big-endian, of an EC key; the seed of an EdDSA key. A secret. */
export interface UnwrappedKey {
  readonly type: Exclude<KeyType, { readonly kind: 'rsa' | 'rsa-pss' }>;
  readonly secret: Uint8Array;
}

/** Reads a PrivateKeyInfo; throws `CryptoFailure` for a key of another kind and for what is none. */
export function readPkcs8(pkcs8: Uint8Array): UnwrappedKey {
  try {
    const { privateKeyAlgorithm, privateKey } = decodeDer(privateKeyInfo, pkcs8, 'private_key_info');
    return unwrap(privateKeyAlgorithm, privateKey);
  } catch (cause) {
    if (cause instanceof DecodeError) throw new CryptoFailure(`not a private key in PKCS#8: ${cause.message}`, { cause });
    throw cause;
  }
}

/** Writes a PrivateKeyInfo; an EC key with its public key (RFC 5915 §3), as OpenSSL does. */
export function writePkcs8({ type, secret }: UnwrappedKey, publicKey: Uint8Array): Uint8Array {
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
  privateKeyAlgorithm: /* @__PURE__ */ sequence({ algorithm: objectIdentifier, parameters: /* @__PURE__ */ optional(any) }),
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

type PrivateKeyAlgorithm = DerValue<typeof privateKeyInfo>['privateKeyAlgorithm'];

function unwrap({ algorithm, parameters }: PrivateKeyAlgorithm, privateKey: Uint8Array): UnwrappedKey {
  switch (algorithm) {
    case OID['id-Ed25519']:
      return { type: { kind: 'ed25519' }, secret: decodeDer(octetString, privateKey, 'curve_private_key').slice() };
    case OID['id-Ed448']:
      return { type: { kind: 'ed448' }, secret: decodeDer(octetString, privateKey, 'curve_private_key').slice() };
    case OID['id-ecPublicKey']:
      return {
        type: { kind: 'ec', curve: namedCurve(parameters) },
        secret: decodeDer(ecPrivateKey, privateKey, 'ec_private_key').privateKey.slice(),
      };
    default:
      throw new CryptoFailure(`private keys of algorithm ${algorithm} are not supported by the portable provider`);
  }
}

const CURVES: readonly CurveName[] = ['secp256r1', 'secp384r1', 'secp521r1'];

function namedCurve(parameters: Uint8Array | undefined): CurveName {
  const oid = parameters === undefined ? 'none' : decodeDer(objectIdentifier, parameters, 'ec_parameters');
  const curve = CURVES.find((name) => OID[name] === oid);
  if (curve === undefined) throw new CryptoFailure(`private keys on the curve ${oid} are not supported`);
  return curve;
}
