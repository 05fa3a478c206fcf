/**
 * Signing and verifying, with keys as opaque things that a provider imports (or that live elsewhere: HSM, KMS).
 */

import type { Eventually } from '../core/flow/flow.ts';
import type { HashName, HashPairName } from './hash.ts';

export type CurveName = 'secp256r1' | 'secp384r1' | 'secp521r1';

/** How a signature is computed: enough for X.509 and for TLS. ECDSA signatures are DER (RFC 3279 §2.2.3), on both sides. */
export type SignatureAlgorithm =
  /** With `md5-sha1` the two hashes themselves are padded, without a DigestInfo around them (RFC 4346 §7.4.3). */
  | { readonly kind: 'rsa-pkcs1'; readonly hash: HashName | HashPairName }
  | { readonly kind: 'rsa-pss'; readonly hash: HashName; readonly mgfHash: HashName; readonly saltLength: number }
  | { readonly kind: 'ecdsa'; readonly hash: HashName }
  /** For what is old. The signature is DER (RFC 3279 §2.2.2). */
  | { readonly kind: 'dsa'; readonly hash: HashName }
  | { readonly kind: 'ed25519' }
  | { readonly kind: 'ed448' };

/** What a key is. `rsa-pss` is an RSA key whose SPKI algorithm is id-RSASSA-PSS (RFC 4055 §1.2). */
export type KeyType =
  | { readonly kind: 'rsa' | 'rsa-pss'; readonly bits: number }
  | { readonly kind: 'ec'; readonly curve: CurveName }
  | { readonly kind: 'ed25519' }
  | { readonly kind: 'ed448' }
  /** `bits` of the modulus p; of the public value, if the key inherits its parameters (RFC 3279 §2.3.2). */
  | { readonly kind: 'dsa'; readonly bits: number };

/** The kind of a key in one word, for EC its curve: what a provider declares about the keys that it can verify with. */
export type KeyKind = Exclude<KeyType['kind'], 'ec'> | CurveName;

export interface PublicKey {
  readonly type: KeyType;
  /** SubjectPublicKeyInfo, DER (RFC 5280 §4.1.2.7). */
  readonly spki: Uint8Array;
  /** Whether the signature is right. A malformed signature is `false`, never an error; so is an algorithm that is not for this key. */
  verify(algorithm: SignatureAlgorithm, message: Uint8Array, signature: Uint8Array): Eventually<boolean>;
}

/** Anything that signs: a private key in memory, an HSM, a KMS. `type` says which algorithms fit. */
export interface Signer {
  readonly type: KeyType;
  sign(algorithm: SignatureAlgorithm, message: Uint8Array, signal?: AbortSignal): Eventually<Uint8Array>;
}

/** A private key in memory. */
export interface PrivateKey extends Signer {
  readonly publicKey: PublicKey;
  /** PrivateKeyInfo, DER (RFC 5208, RFC 5958): a secret. */
  exportPkcs8(): Uint8Array;
}

/** Which key to make. */
export type KeyGenerationRequest =
  | { readonly kind: 'rsa'; readonly bits: number }
  | { readonly kind: 'ec'; readonly curve: CurveName }
  | { readonly kind: 'ed25519' }
  | { readonly kind: 'ed448' };

/** Importing and making keys. Import throws (or rejects with) `CryptoFailure` for a key that the provider cannot use. */
export interface KeyProvider {
  /** The kinds of public keys that `importPublicKey` takes: what cannot be verified is not offered to peers. */
  readonly verifies: readonly KeyKind[];
  importPublicKey(spki: Uint8Array): Eventually<PublicKey>;
  importPrivateKey(pkcs8: Uint8Array): Eventually<PrivateKey>;
  generateKey(request: KeyGenerationRequest): Eventually<PrivateKey>;
}
