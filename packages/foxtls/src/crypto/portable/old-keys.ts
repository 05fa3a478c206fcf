/**
 * The portable keys with what TLS 1.0 and 1.1 sign by RSA: MD5 and SHA-1 one after the other, padded as in PKCS#1 v1.5, without a
 * DigestInfo (RFC 4346 §7.4.3). A part of its own, so that nobody carries MD5 along who does not speak them.
 */

import type { Eventually } from '../../core/flow/flow.ts';
import { md5Sha1 } from '../legacy/md5-sha1.ts';
import type { KeyProvider, KeyType, PublicKey, SignatureAlgorithm } from '../signature.ts';
import { sha1 } from './hash.ts';
import { keys } from './keys.ts';
import { readRsaPublicKey, verifyPkcs1Block } from './rsa.ts';

/**
 * `keys`, whose RSA keys also verify `{ kind: 'rsa-pkcs1', hash: 'md5-sha1' }`.
 *
 * @example
 * const provider = { ...portableProvider, keys: keysWithMd5Sha1 };
 */
export const keysWithMd5Sha1: KeyProvider = {
  ...keys,
  importPublicKey(spki) {
    const key = keys.importPublicKey(spki);
    return key.type.kind === 'rsa' ? new OldRsaVerifier(key) : key;
  },
};

class OldRsaVerifier implements PublicKey {
  readonly type: KeyType;
  readonly spki: Uint8Array;
  readonly #key: PublicKey;

  constructor(key: PublicKey) {
    this.type = key.type;
    this.spki = key.spki;
    this.#key = key;
  }

  verify(algorithm: SignatureAlgorithm, message: Uint8Array, signature: Uint8Array): Eventually<boolean> {
    if (algorithm.kind !== 'rsa-pkcs1' || algorithm.hash !== 'md5-sha1') return this.#key.verify(algorithm, message, signature);
    return verifyPkcs1Block(readRsaPublicKey(this.spki), md5Sha1(sha1).digest(message), signature);
  }
}
