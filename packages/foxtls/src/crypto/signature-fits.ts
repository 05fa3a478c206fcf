/**
 * Which signature algorithms fit which keys: one rule for every provider (RFC 4055 §1.2, RFC 8410 §5, RFC 5480 §2.1.1).
 */

import type { KeyType, SignatureAlgorithm } from './signature.ts';

const KEY_KINDS: { readonly [kind in SignatureAlgorithm['kind']]: readonly KeyType['kind'][] } = {
  'rsa-pkcs1': ['rsa'],
  // A key of id-RSASSA-PSS signs with PSS only; a key of rsaEncryption signs with either padding.
  'rsa-pss': ['rsa', 'rsa-pss'],
  ecdsa: ['ec'],
  ed25519: ['ed25519'],
  ed448: ['ed448'],
  dsa: ['dsa'],
};

/** Whether a key of this type can sign with this algorithm. */
export function signatureFits(algorithm: SignatureAlgorithm, key: KeyType): boolean {
  return KEY_KINDS[algorithm.kind].includes(key.kind);
}
