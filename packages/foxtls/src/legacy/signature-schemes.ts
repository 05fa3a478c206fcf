/**
 * Signature schemes with SHA-1, and of DSA, as data: pairs of TLS 1.2 (RFC 5246 §7.4.1.4.1), which sign its handshakes, and certificates.
 *
 * There is none with MD5, and there will be none: a collision of MD5 takes seconds, and with one a signature of a handshake is taken over
 * from another (SLOTH, 2016; RFC 9155 §2).
 */

import { SIGNATURE_SCHEMES } from '../core/registry/signature-schemes.ts';
import type { SignatureAlgorithm } from '../crypto/signature.ts';
import type { SignatureScheme } from '../protocol/negotiate/signature-schemes.ts';

const SHA1 = 'SHA-1 has collisions, by which a signature can be taken over from another message (RFC 9155)';
const DSA = 'keys of DSA are given up (RFC 8446 §4.2.3), and one signature with a number that can be guessed gives them away';

export const rsa_pkcs1_sha1: SignatureScheme = /* @__PURE__ */ scheme(
  'rsa_pkcs1_sha1',
  'rsa',
  { kind: 'rsa-pkcs1', hash: 'sha1' },
  SHA1,
);
export const ecdsa_sha1: SignatureScheme = /* @__PURE__ */ scheme('ecdsa_sha1', 'ec', { kind: 'ecdsa', hash: 'sha1' }, SHA1);
export const dsa_sha1_RESERVED: SignatureScheme = /* @__PURE__ */ scheme(
  'dsa_sha1_RESERVED',
  'dsa',
  { kind: 'dsa', hash: 'sha1' },
  `${SHA1}; ${DSA}`,
);
export const dsa_sha256_RESERVED: SignatureScheme = /* @__PURE__ */ scheme(
  'dsa_sha256_RESERVED',
  'dsa',
  { kind: 'dsa', hash: 'sha256' },
  DSA,
);

export const legacySignatureSchemes: readonly SignatureScheme[] = [
  dsa_sha256_RESERVED,
  rsa_pkcs1_sha1,
  ecdsa_sha1,
  dsa_sha1_RESERVED,
];

function scheme(
  name: keyof typeof SIGNATURE_SCHEMES,
  kind: 'rsa' | 'ec' | 'dsa',
  algorithm: SignatureAlgorithm,
  weakness: string,
): SignatureScheme {
  return { id: SIGNATURE_SCHEMES[name], name, algorithm, key: { kind }, signsHandshakes: false, weakness };
}
