/**
 * Signature schemes (IANA "TLS SignatureScheme"; RFC 8446 §4.2.3), by name and by number.
 *
 * In TLS 1.2 the same two bytes were a pair, hash and signature algorithm (RFC 5246 §7.4.1.4.1). The pairs that got no
 * name of their own in TLS 1.3 are below in `TLS12_SIGNATURE_SCHEMES`, under the names that implementations give them.
 */

import { namesByCode } from './names-by-code.ts';

export const SIGNATURE_SCHEMES = {
  // RSASSA-PKCS1-v1_5 (RFC 8446 §4.2.3).
  rsa_pkcs1_sha256: 0x0401,
  rsa_pkcs1_sha384: 0x0501,
  rsa_pkcs1_sha512: 0x0601,
  // ECDSA (RFC 8446 §4.2.3). The curve is part of the name in TLS 1.3 only.
  ecdsa_secp256r1_sha256: 0x0403,
  ecdsa_secp384r1_sha384: 0x0503,
  ecdsa_secp521r1_sha512: 0x0603,
  // RSASSA-PSS with public key OID rsaEncryption.
  rsa_pss_rsae_sha256: 0x0804,
  rsa_pss_rsae_sha384: 0x0805,
  rsa_pss_rsae_sha512: 0x0806,
  // EdDSA.
  ed25519: 0x0807,
  ed448: 0x0808,
  // RSASSA-PSS with public key OID RSASSA-PSS.
  rsa_pss_pss_sha256: 0x0809,
  rsa_pss_pss_sha384: 0x080a,
  rsa_pss_pss_sha512: 0x080b,
  // ECDSA on Brainpool curves, for TLS 1.3 (RFC 8734 §4).
  ecdsa_brainpoolP256r1tls13_sha256: 0x081a,
  ecdsa_brainpoolP384r1tls13_sha384: 0x081b,
  ecdsa_brainpoolP512r1tls13_sha512: 0x081c,
  // ML-DSA (draft-ietf-tls-mldsa).
  mldsa44: 0x0904,
  mldsa65: 0x0905,
  mldsa87: 0x0906,
  // SLH-DSA (draft-reddy-tls-slhdsa).
  slhdsa_sha2_128s: 0x0911,
  slhdsa_sha2_128f: 0x0912,
  slhdsa_sha2_192s: 0x0913,
  slhdsa_sha2_192f: 0x0914,
  slhdsa_sha2_256s: 0x0915,
  slhdsa_sha2_256f: 0x0916,
  slhdsa_shake_128s: 0x0917,
  slhdsa_shake_128f: 0x0918,
  slhdsa_shake_192s: 0x0919,
  slhdsa_shake_192f: 0x091a,
  slhdsa_shake_256s: 0x091b,
  slhdsa_shake_256f: 0x091c,
  // RSASSA-PKCS1-v1_5 by a client in TLS 1.3, for keys that can do nothing else (draft-ietf-tls-tls13-pkcs1).
  rsa_pkcs1_sha256_legacy: 0x0420,
  rsa_pkcs1_sha384_legacy: 0x0520,
  rsa_pkcs1_sha512_legacy: 0x0620,
  // Identity-based, SM2 and GOST signatures (draft-wang-tls-raw-public-key-with-ibc, RFC 8998, RFC 9367).
  eccsi_sha256: 0x0704,
  iso_ibs1: 0x0705,
  iso_ibs2: 0x0706,
  iso_chinese_ibs: 0x0707,
  sm2sig_sm3: 0x0708,
  gostr34102012_256a: 0x0709,
  gostr34102012_256b: 0x070a,
  gostr34102012_256c: 0x070b,
  gostr34102012_256d: 0x070c,
  gostr34102012_512a: 0x070d,
  gostr34102012_512b: 0x070e,
  gostr34102012_512c: 0x070f,
  // Legacy algorithms (RFC 8446 §4.2.3).
  rsa_pkcs1_sha1: 0x0201,
  ecdsa_sha1: 0x0203,
  // DSA, reserved in TLS 1.3.
  dsa_sha1_RESERVED: 0x0202,
  dsa_sha256_RESERVED: 0x0402,
  dsa_sha384_RESERVED: 0x0502,
  dsa_sha512_RESERVED: 0x0602,
} as const;

export type SignatureSchemeName = keyof typeof SIGNATURE_SCHEMES;

/** Pairs of TLS 1.2 that a ClientHello may still carry. Nothing here is to be offered or chosen. */
export const TLS12_SIGNATURE_SCHEMES = {
  rsa_pkcs1_md5: 0x0101,
  rsa_pkcs1_sha224: 0x0301,
  dsa_sha224: 0x0302,
  ecdsa_sha224: 0x0303,
} as const;

export type Tls12SignatureSchemeName = keyof typeof TLS12_SIGNATURE_SCHEMES | keyof typeof IMPLICIT_SIGNATURE_SCHEMES;

/**
 * What signatures of RSA are by before TLS 1.2, where no message says it (RFC 4346 §7.4.3): MD5 and SHA-1, one after the other. Number and name
 * are those of BoringSSL, and nobody's on the wire.
 */
export const IMPLICIT_SIGNATURE_SCHEMES = { rsa_pkcs1_md5_sha1: 0xff01 } as const;

const NAMES = /* @__PURE__ */ namesByCode({
  ...SIGNATURE_SCHEMES,
  ...TLS12_SIGNATURE_SCHEMES,
  ...IMPLICIT_SIGNATURE_SCHEMES,
});

/** The name of a signature scheme number, or undefined when it has none. */
export function signatureSchemeName(code: number): SignatureSchemeName | Tls12SignatureSchemeName | undefined {
  return NAMES.get(code);
}
