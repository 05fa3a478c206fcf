/**
 * The two halves of TLS 1.2's signature_algorithms (IANA "TLS HashAlgorithm" and IANA "TLS SignatureAlgorithm"; RFC 5246 §7.4.1.4.1),
 * by name. TLS 1.3 has one number for both: `signature-schemes.ts`.
 */

export const HASH_ALGORITHMS = {
  none: 0,
  md5: 1,
  sha1: 2,
  sha224: 3,
  sha256: 4,
  sha384: 5,
  sha512: 6,
  Intrinsic: 8,
} as const;

export type HashAlgorithmName = keyof typeof HASH_ALGORITHMS;

export const SIGNATURE_ALGORITHMS = {
  anonymous: 0,
  rsa: 1,
  dsa: 2,
  ecdsa: 3,
  ed25519: 7,
  ed448: 8,
} as const;

export type SignatureAlgorithmName = keyof typeof SIGNATURE_ALGORITHMS;
