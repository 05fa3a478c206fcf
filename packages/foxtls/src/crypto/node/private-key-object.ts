/**
 * PrivateKeyInfo (RFC 5958) to `KeyObject`, refusing what does not fit together.
 */

import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { CryptoFailure } from '../../core/errors/errors.ts';
import { asBuffer } from './own-bytes.ts';

/** A private key as OpenSSL holds it, which may be of any kind. Throws `CryptoFailure` for what is none. */
export function readPrivateKeyObject(pkcs8: Uint8Array): KeyObject {
  try {
    return createPrivateKey({ key: asBuffer(pkcs8), format: 'der', type: 'pkcs8' });
  } catch (cause) {
    // OpenSSL's message says nothing of the key's bytes.
    throw new CryptoFailure('OpenSSL cannot read this private key: a PrivateKeyInfo (PKCS#8, DER) is expected', { cause });
  }
}

const PROBE = 'a private key that does not sign for its public key is of no use';

/**
 * Refuses a private key whose public key is another one's. OpenSSL believes the one inside PKCS#8, and takes a scalar of zero; a
 * damaged RSA key would even give its factors away with the first signature.
 */
export function checkPair(key: KeyObject): void {
  const isEdwards = key.asymmetricKeyType === 'ed25519' || key.asymmetricKeyType === 'ed448';
  const hash = isEdwards ? null : (key.asymmetricKeyDetails?.hashAlgorithm ?? 'sha256');
  const probe = new TextEncoder().encode(PROBE);
  let isPair = false;
  try {
    isPair = verify(hash, probe, createPublicKey(key), sign(hash, probe, key));
  } catch {
    // A key that cannot sign at all.
  }
  if (!isPair) throw new CryptoFailure('this private key does not sign for the public key that came with it');
}
