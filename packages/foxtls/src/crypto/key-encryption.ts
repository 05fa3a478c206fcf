/**
 * Encrypting keys to keys: RSA encryption (RFC 8017 §7), key agreement with a static key (RFC 5753 §3.1), AES key wrap (RFC 3394).
 *
 * CMS uses all of them, TLS 1.2 with static RSA the first. What is encrypted is always a key or a secret of known length; that is what
 * lets `decryptPkcs1` be no oracle.
 */

import type { Eventually } from '../core/flow/flow.ts';
import type { HashName } from './hash.ts';
import type { RandomSource } from './key-exchange.ts';
import type { KeyType } from './signature.ts';

/** The parameters of RSAES-OAEP (RFC 8017 §7.1). */
export interface OaepParameters {
  readonly hash: HashName;
  readonly mgfHash: HashName;
  /** L, empty unless set. */
  readonly label?: Uint8Array | undefined;
}

/** Whoever decrypts with an RSA private key: one in memory, or one that lives elsewhere. */
export interface RsaDecrypter {
  readonly type: KeyType & { readonly kind: 'rsa' };
  /**
   * RSAES-PKCS1-v1_5 for a secret of known length. The result is the secret, or `substitute` if the padding is wrong or the secret is
   * not as long as `substitute`; neither the time nor an error tells which (RFC 8017 §7.2.2, RFC 5246 §7.4.7.1). Give random bytes.
   */
  decryptPkcs1(ciphertext: Uint8Array, substitute: Uint8Array): Eventually<Uint8Array>;
  /** RSAES-OAEP: the secret, or undefined for whatever is wrong. */
  decryptOaep(ciphertext: Uint8Array, parameters: OaepParameters): Eventually<Uint8Array | undefined>;
}

/** Whoever agrees on secrets with a static elliptic curve key. */
export interface KeyAgreer {
  readonly type: KeyType & { readonly kind: 'ec' };
  /**
   * The shared secret with a peer's point in the uncompressed form: the x coordinate (RFC 5753 §3.1, standard ECDH). Throws (or rejects
   * with) `PeerMisbehaved('key_share_invalid')` for what is not a point of the curve.
   */
  agree(peerPoint: Uint8Array): Eventually<Uint8Array>;
}

/** A private key that opens what was encrypted to its public key. `type.kind` tells the two apart. */
export type Decrypter = RsaDecrypter | KeyAgreer;

/** Encrypting to public keys, and importing the private keys that decrypt. */
export interface KeyEncryptionProvider {
  /**
   * RSAES-PKCS1-v1_5 to a SubjectPublicKeyInfo. Throws (or rejects with) `CryptoFailure` for a key that is not RSA, and for a message
   * longer than the modulus less 11 bytes.
   */
  encryptPkcs1(spki: Uint8Array, message: Uint8Array, random: RandomSource): Eventually<Uint8Array>;
  /** RSAES-OAEP to a SubjectPublicKeyInfo. Errors as `encryptPkcs1`. */
  encryptOaep(spki: Uint8Array, message: Uint8Array, parameters: OaepParameters, random: RandomSource): Eventually<Uint8Array>;
  /** Throws (or rejects with) `CryptoFailure` for a key that the provider cannot decrypt with. */
  importDecrypter(pkcs8: Uint8Array): Eventually<Decrypter>;
}

export type KeyWrapName = 'aes-128-wrap' | 'aes-192-wrap' | 'aes-256-wrap';

/** AES key wrap (RFC 3394) with the default initial value. */
export interface KeyWrap {
  readonly name: KeyWrapName;
  /** Bytes of the key-encryption key. */
  readonly keySize: number;
  /** `key` is 16 bytes or more, in multiples of 8; the result has 8 more. Throws `CryptoFailure` for another length. */
  wrap(keyEncryptionKey: Uint8Array, key: Uint8Array): Uint8Array;
  /** Undefined when the integrity check fails (RFC 3394 §2.2.3) or the length cannot be. */
  unwrap(keyEncryptionKey: Uint8Array, wrapped: Uint8Array): Uint8Array | undefined;
}
