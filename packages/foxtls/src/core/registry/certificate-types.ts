/**
 * What a certificate may be, and what a TLS 1.2 server may ask for, by name and by number: IANA "TLS Certificate Types" (RFC 8446 §4.4.2,
 * RFC 7250), IANA "TLS ClientCertificateType Identifiers" (RFC 5246 §7.4.4, RFC 8422 §5.5), IANA "TLS Certificate Status Types"
 * (RFC 6066 §8, RFC 6961).
 */

import { namesByCode } from './names-by-code.ts';

/** In `client_certificate_type` and `server_certificate_type`. */
export const CERTIFICATE_TYPES = {
  X509: 0,
  OpenPGP_RESERVED: 1,
  RawPublicKey: 2,
  '1609Dot2': 3,
} as const;

export type CertificateTypeName = keyof typeof CERTIFICATE_TYPES;

/** In a CertificateRequest of TLS 1.2 and below. `ecdsa_sign` stands for EdDSA too (RFC 8422 §5.5). */
export const CLIENT_CERTIFICATE_TYPES = {
  rsa_sign: 1,
  dss_sign: 2,
  rsa_fixed_dh: 3,
  dss_fixed_dh: 4,
  rsa_ephemeral_dh_RESERVED: 5,
  dss_ephemeral_dh_RESERVED: 6,
  fortezza_dms_RESERVED: 20,
  ecdsa_sign: 64,
  rsa_fixed_ecdh: 65,
  ecdsa_fixed_ecdh: 66,
  gost_sign256: 67,
  gost_sign512: 68,
} as const;

export type ClientCertificateTypeName = keyof typeof CLIENT_CERTIFICATE_TYPES;

/** In `status_request` and `status_request_v2`. */
export const CERTIFICATE_STATUS_TYPES = {
  ocsp: 1,
  ocsp_multi: 2,
} as const;

export type CertificateStatusTypeName = keyof typeof CERTIFICATE_STATUS_TYPES;

const NAMES = /* @__PURE__ */ namesByCode(CERTIFICATE_TYPES);

/** The IANA name of a certificate type number, or undefined when it has none. */
export function certificateTypeName(code: number): CertificateTypeName | undefined {
  return NAMES.get(code);
}

const NAMES_OF_CLIENT = /* @__PURE__ */ namesByCode(CLIENT_CERTIFICATE_TYPES);

/** The IANA name of a client certificate type number, or undefined when it has none. */
export function clientCertificateTypeName(code: number): ClientCertificateTypeName | undefined {
  return NAMES_OF_CLIENT.get(code);
}
