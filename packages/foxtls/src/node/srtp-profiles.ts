/**
 * SRTP protection profiles by OpenSSL's names, as node:dtls has them, and by IANA's (RFC 5764 §4.1.2, RFC 7714).
 */

import { SRTP_PROTECTION_PROFILES } from '../core/registry/srtp-protection-profiles.ts';
import { withCode } from './errors.ts';

/** OpenSSL's names that are not IANA's. */
const OPENSSL_NAMES: Readonly<Record<string, keyof typeof SRTP_PROTECTION_PROFILES>> = {
  SRTP_AES128_CM_SHA1_80: 'SRTP_AES128_CM_HMAC_SHA1_80',
  SRTP_AES128_CM_SHA1_32: 'SRTP_AES128_CM_HMAC_SHA1_32',
};

/** The numbers of `srtp`, names with colons between them. Throws `ERR_INVALID_ARG_VALUE` for a name that is none. */
export function parseSrtpProfiles(names: string): number[] {
  if (typeof names !== 'string') {
    throw withCode(new TypeError('The "options.srtp" property must be of type string.'), 'ERR_INVALID_ARG_TYPE');
  }
  return names.split(':').map((name) => {
    const known = OPENSSL_NAMES[name] ?? name;
    if (Object.hasOwn(SRTP_PROTECTION_PROFILES, known)) {
      return SRTP_PROTECTION_PROFILES[known as keyof typeof SRTP_PROTECTION_PROFILES];
    }
    const message = `The property 'options.srtp' is invalid: ${JSON.stringify(name)} is no SRTP protection profile`;
    throw withCode(new TypeError(message), 'ERR_INVALID_ARG_VALUE');
  });
}

/** OpenSSL's name where it has one. */
export function formatSrtpProfile(name: string): string {
  return Object.keys(OPENSSL_NAMES).find((openSslName) => OPENSSL_NAMES[openSslName] === name) ?? name;
}
