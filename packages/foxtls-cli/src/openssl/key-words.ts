/** Keys, signatures and groups in the words that openssl s_client prints of them. */

import type { KeyType, SignatureAlgorithm } from 'foxtls/crypto';

const CURVE_BITS = { secp256r1: 256, secp384r1: 384, secp521r1: 521 } as const;

/** The short name of the algorithm of a key, and its size in bits. */
export function keyWords(type: KeyType | undefined): { readonly name: string; readonly bits: number } | undefined {
  switch (type?.kind) {
    case undefined:
      return undefined;
    case 'rsa':
      return { name: 'rsaEncryption', bits: type.bits };
    case 'rsa-pss':
      return { name: 'RSASSA-PSS', bits: type.bits };
    case 'ec':
      return { name: 'id-ecPublicKey', bits: CURVE_BITS[type.curve] };
    case 'ed25519':
      return { name: 'ED25519', bits: 256 };
    case 'ed448':
      return { name: 'ED448', bits: 456 };
    case 'dsa':
      return { name: 'dsaEncryption', bits: type.bits };
  }
}

/** The short name of the algorithm that a certificate is signed with. */
export function signatureWords(algorithm: SignatureAlgorithm | undefined): string {
  switch (algorithm?.kind) {
    case undefined:
      return 'UNDEF';
    case 'rsa-pkcs1':
      return `RSA-${algorithm.hash.toUpperCase()}`;
    case 'rsa-pss':
      return 'RSASSA-PSS';
    case 'ecdsa':
      return `ecdsa-with-${algorithm.hash.toUpperCase()}`;
    case 'dsa':
      return `dsa_with_${algorithm.hash.toUpperCase()}`;
    case 'ed25519':
    case 'ed448':
      return algorithm.kind.toUpperCase();
  }
}

/** What a peer signed with, by the name of the scheme (RFC 8446 §4.2.3). */
export function schemeWords(scheme: string): { readonly digest: string | undefined; readonly type: string } {
  const digest = /sha(\d+)$/.exec(scheme)?.[1];
  const type = scheme.startsWith('ecdsa')
    ? 'ECDSA'
    : scheme.startsWith('rsa_pss')
      ? 'RSA-PSS'
      : scheme.startsWith('rsa')
        ? 'RSA'
        : scheme;
  return { digest: digest && `SHA${digest}`, type: type.replace(/^ed/, 'Ed') };
}

/** A scheme as OpenSSL lists it: `ECDSA+SHA256`. */
export function listedScheme(scheme: string): string {
  const { digest, type } = schemeWords(scheme);
  return digest === undefined || scheme.startsWith('rsa_pss_pss') ? scheme : `${type}+${digest}`;
}

const CURVES: Readonly<Record<string, string>> = {
  x25519: 'X25519, 253 bits',
  x448: 'X448, 448 bits',
  secp256r1: 'ECDH, prime256v1, 256 bits',
  secp384r1: 'ECDH, secp384r1, 384 bits',
  secp521r1: 'ECDH, secp521r1, 521 bits',
};

/** The group of a key exchange, as a temporary key. */
export function groupWords(group: string): string {
  const bits = /^ffdhe(\d+)$/.exec(group)?.[1];
  return bits === undefined ? (CURVES[group] ?? group) : `DH, ${bits} bits`;
}
