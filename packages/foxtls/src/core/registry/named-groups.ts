/**
 * Groups for key exchange (IANA "TLS Supported Groups"; RFC 8446 §4.2.7), by name and by number.
 */

import { namesByCode } from './names-by-code.ts';
import type { VersionName } from './protocol-versions.ts';

export const NAMED_GROUPS = {
  // Obsolete curves (RFC 4492 §5.1.1): "obsolete_RESERVED" in RFC 8446 §4.2.7.
  sect163k1: 0x0001,
  sect163r1: 0x0002,
  sect163r2: 0x0003,
  sect193r1: 0x0004,
  sect193r2: 0x0005,
  sect233k1: 0x0006,
  sect233r1: 0x0007,
  sect239k1: 0x0008,
  sect283k1: 0x0009,
  sect283r1: 0x000a,
  sect409k1: 0x000b,
  sect409r1: 0x000c,
  sect571k1: 0x000d,
  sect571r1: 0x000e,
  secp160k1: 0x000f,
  secp160r1: 0x0010,
  secp160r2: 0x0011,
  secp192k1: 0x0012,
  secp192r1: 0x0013,
  secp224k1: 0x0014,
  secp224r1: 0x0015,
  secp256k1: 0x0016,
  // Elliptic curve groups (RFC 8446 §4.2.7, RFC 8422 §5.1.1).
  secp256r1: 0x0017,
  secp384r1: 0x0018,
  secp521r1: 0x0019,
  // Brainpool curves for TLS 1.2 and below (RFC 7027 §2).
  brainpoolP256r1: 0x001a,
  brainpoolP384r1: 0x001b,
  brainpoolP512r1: 0x001c,
  // Elliptic curve groups (RFC 8446 §4.2.7, RFC 7748).
  x25519: 0x001d,
  x448: 0x001e,
  // Brainpool curves for TLS 1.3 (RFC 8734 §3).
  brainpoolP256r1tls13: 0x001f,
  brainpoolP384r1tls13: 0x0020,
  brainpoolP512r1tls13: 0x0021,
  // GOST (RFC 9189, RFC 9367).
  GC256A: 0x0022,
  GC256B: 0x0023,
  GC256C: 0x0024,
  GC256D: 0x0025,
  GC512A: 0x0026,
  GC512B: 0x0027,
  GC512C: 0x0028,
  // SM2 (RFC 8998).
  curveSM2: 0x0029,
  // Finite field groups (RFC 7919 §2).
  ffdhe2048: 0x0100,
  ffdhe3072: 0x0101,
  ffdhe4096: 0x0102,
  ffdhe6144: 0x0103,
  ffdhe8192: 0x0104,
  // ML-KEM alone (draft-ietf-tls-mlkem).
  MLKEM512: 0x0200,
  MLKEM768: 0x0201,
  MLKEM1024: 0x0202,
  // ML-KEM joined with an elliptic curve (draft-ietf-tls-ecdhe-mlkem).
  SecP256r1MLKEM768: 0x11eb,
  X25519MLKEM768: 0x11ec,
  SecP384r1MLKEM1024: 0x11ed,
  curveSM2MLKEM768: 0x11ee,
  // The drafts before them, obsolete.
  X25519Kyber768Draft00: 0x6399,
  SecP256r1Kyber768Draft00: 0x639a,
  // Curves spelled out by the peer, obsolete (RFC 4492 §5.1.1).
  arbitrary_explicit_prime_curves: 0xff01,
  arbitrary_explicit_char2_curves: 0xff02,
} as const;

export type NamedGroupName = keyof typeof NAMED_GROUPS;

const NAMES = /* @__PURE__ */ namesByCode(NAMED_GROUPS);

/** Whether a group keeps its secret from quantum computers: ML-KEM, alone or joined with a curve. TLS 1.3 alone has these. */
export function isPostQuantum(code: number): boolean {
  return isBetween('MLKEM512', code, 'MLKEM1024') || isBetween('SecP256r1MLKEM768', code, 'curveSM2MLKEM768');
}

/**
 * Whether a version speaks of a group. TLS 1.3 alone has ML-KEM, and numbers of its own for the curves of Brainpool (RFC 8734 §3): those of
 * RFC 7027 are "applicable to TLS 1.2 and earlier versions but not to TLS 1.3" (RFC 8734 §1).
 */
export function isGroupOf(version: VersionName, code: number): boolean {
  const isOfTls13 = isPostQuantum(code) || isBetween('brainpoolP256r1tls13', code, 'brainpoolP512r1tls13');
  return version === 'TLSv1.3' ? !isBetween('brainpoolP256r1', code, 'brainpoolP512r1') : !isOfTls13;
}

function isBetween(first: NamedGroupName, code: number, last: NamedGroupName): boolean {
  return code >= NAMED_GROUPS[first] && code <= NAMED_GROUPS[last];
}

/** The IANA name of a group number, or undefined when it has none. */
export function namedGroupName(code: number): NamedGroupName | undefined {
  return NAMES.get(code);
}
