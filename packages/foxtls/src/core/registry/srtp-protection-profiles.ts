/**
 * SRTP protection profiles (IANA "DTLS-SRTP Protection Profiles"; RFC 5764 §4.1.2, RFC 7714, RFC 8269, RFC 8723), by name and by number.
 */

import { namesByCode } from './names-by-code.ts';

export const SRTP_PROTECTION_PROFILES = {
  SRTP_AES128_CM_HMAC_SHA1_80: 0x0001,
  SRTP_AES128_CM_HMAC_SHA1_32: 0x0002,
  SRTP_NULL_HMAC_SHA1_80: 0x0005,
  SRTP_NULL_HMAC_SHA1_32: 0x0006,
  SRTP_AEAD_AES_128_GCM: 0x0007,
  SRTP_AEAD_AES_256_GCM: 0x0008,
  DOUBLE_AEAD_AES_128_GCM_AEAD_AES_128_GCM: 0x0009,
  DOUBLE_AEAD_AES_256_GCM_AEAD_AES_256_GCM: 0x000a,
  SRTP_ARIA_128_CTR_HMAC_SHA1_80: 0x000b,
  SRTP_ARIA_128_CTR_HMAC_SHA1_32: 0x000c,
  SRTP_ARIA_256_CTR_HMAC_SHA1_80: 0x000d,
  SRTP_ARIA_256_CTR_HMAC_SHA1_32: 0x000e,
  SRTP_AEAD_ARIA_128_GCM: 0x000f,
  SRTP_AEAD_ARIA_256_GCM: 0x0010,
} as const;

export type SrtpProtectionProfileName = keyof typeof SRTP_PROTECTION_PROFILES;

const NAMES = /* @__PURE__ */ namesByCode(SRTP_PROTECTION_PROFILES);

/** The IANA name of an SRTP protection profile number, or undefined when it has none. */
export function srtpProtectionProfileName(code: number): SrtpProtectionProfileName | undefined {
  return NAMES.get(code);
}
