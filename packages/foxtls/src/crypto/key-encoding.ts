/**
 * SubjectPublicKeyInfo (RFC 5280 §4.1.2.7), and the fixed encodings of the elliptic curve keys (RFC 5480 §2, RFC 8410 §4),
 * so that such a key is recognised, and held to the one right encoding of it, at a glance.
 *
 * ```
 * SubjectPublicKeyInfo ::= SEQUENCE { algorithm AlgorithmIdentifier, subjectPublicKey BIT STRING }
 * ```
 * For each type of key all bytes but the key's own are the same. RFC 5480 §2.1.1: "implicitCurve and specifiedCurve MUST NOT be used
 * in PKIX." Of the forms of a point only the uncompressed one is taken; RFC 5480 §2.2: "Implementations of Elliptic Curve Cryptography
 * according to this document MUST support the uncompressed form and MAY support the compressed form of the ECC public key."
 */

import { any, type DerValue, decodeDer, optional, sequence } from '../core/asn1/schema.ts';
import { objectIdentifier, octetAlignedBitString } from '../core/asn1/types.ts';
import { concat, equal, fromHex } from '../core/bytes/bytes.ts';
import { CryptoFailure, DecodeError } from '../core/errors/errors.ts';
import type { KeyType } from './signature.ts';

/** The types of keys whose encodings are fixed. */
export type CurveKeyType = Exclude<KeyType, { readonly kind: 'rsa' | 'rsa-pss' | 'dsa' }>;

/** AlgorithmIdentifier ::= SEQUENCE { algorithm OBJECT IDENTIFIER, parameters ANY OPTIONAL } */
export const algorithmIdentifier = /* @__PURE__ */ sequence({
  algorithm: objectIdentifier,
  parameters: /* @__PURE__ */ optional(any),
});

export const subjectPublicKeyInfo = /* @__PURE__ */ sequence({
  algorithm: algorithmIdentifier,
  subjectPublicKey: octetAlignedBitString,
});

/** Reads a SubjectPublicKeyInfo; throws `CryptoFailure` for what is none. */
export function readSubjectPublicKeyInfo(spki: Uint8Array): DerValue<typeof subjectPublicKeyInfo> {
  try {
    return decodeDer(subjectPublicKeyInfo, spki, 'subject_public_key_info');
  } catch (cause) {
    if (cause instanceof DecodeError) throw new CryptoFailure(`not a SubjectPublicKeyInfo: ${cause.message}`, { cause });
    throw cause;
  }
}

/**
 * No longer public exponent is taken: a signature would cost its verifier what it costs its maker. Keys have 65537, or 3; OpenSSL has the same bound,
 * for moduli of more than 3072 bits.
 */
export const MAX_RSA_EXPONENT_BITS = 64;

export interface FixedEncoding {
  readonly type: CurveKeyType;
  /** What stands before the key's own bytes. */
  readonly prefix: Uint8Array;
  /** How many bytes of its own the key has: for EC the uncompressed point. */
  readonly size: number;
}

export const SECP256R1_SPKI: FixedEncoding = /* @__PURE__ */ encoding(
  { kind: 'ec', curve: 'secp256r1' },
  '3059301306072a8648ce3d020106082a8648ce3d03010703420004',
  65,
);
export const SECP384R1_SPKI: FixedEncoding = /* @__PURE__ */ encoding(
  { kind: 'ec', curve: 'secp384r1' },
  '3076301006072a8648ce3d020106052b8104002203620004',
  97,
);
export const SECP521R1_SPKI: FixedEncoding = /* @__PURE__ */ encoding(
  { kind: 'ec', curve: 'secp521r1' },
  '30819b301006072a8648ce3d020106052b810400230381860004',
  133,
);
export const ED25519_SPKI: FixedEncoding = /* @__PURE__ */ encoding({ kind: 'ed25519' }, '302a300506032b6570032100', 32);
export const ED448_SPKI: FixedEncoding = /* @__PURE__ */ encoding({ kind: 'ed448' }, '3043300506032b6571033a00', 57);

/** The key's own bytes, if `spki` is of this encoding. */
export function readFixed(encoding: FixedEncoding, spki: Uint8Array): Uint8Array | undefined {
  const { prefix, size } = encoding;
  const start = prefix.length - pointForm(encoding);
  if (spki.length !== start + size || !equal(spki.subarray(0, prefix.length), prefix)) return undefined;
  return spki.slice(start);
}

/** The SubjectPublicKeyInfo around a key's own bytes. */
export function writeFixed(encoding: FixedEncoding, key: Uint8Array): Uint8Array {
  return concat(encoding.prefix.subarray(0, encoding.prefix.length - pointForm(encoding)), key);
}

/** The prefix of an EC key reaches into the point: its last byte is the form, 4. */
function pointForm(encoding: FixedEncoding): number {
  return encoding.type.kind === 'ec' ? 1 : 0;
}

function encoding(type: CurveKeyType, prefix: string, size: number): FixedEncoding {
  return { type, prefix: fromHex(prefix), size };
}
