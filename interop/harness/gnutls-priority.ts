/**
 * GnuTLS's priority strings: what a program may negotiate.
 */

/** TLS 1.3 with everything, but for what is named: each class that is given is replaced. */
export function priority(only: {
  readonly ciphers?: readonly string[];
  readonly groups?: readonly string[];
  readonly signatures?: readonly string[];
  readonly version?: string;
}): string {
  const replace = (all: string, prefix: string, names: readonly string[] | undefined) =>
    names === undefined ? '' : `:-${all}${names.map((name) => `:+${prefix}${name}`).join('')}`;
  return [
    `NORMAL:-VERS-ALL:+VERS-${only.version ?? 'TLS1.3'}`,
    replace('CIPHER-ALL', '', only.ciphers),
    replace('GROUP-ALL', 'GROUP-', only.groups),
    replace('SIGN-ALL', 'SIGN-', only.signatures),
  ].join('');
}

/** IANA's names and GnuTLS's. */
export const GNUTLS_CIPHERS = {
  TLS_AES_128_GCM_SHA256: 'AES-128-GCM',
  TLS_AES_256_GCM_SHA384: 'AES-256-GCM',
  TLS_CHACHA20_POLY1305_SHA256: 'CHACHA20-POLY1305',
} as const;

export const GNUTLS_SIGNATURES = {
  ecdsa_secp256r1_sha256: 'ECDSA-SECP256R1-SHA256',
  ecdsa_secp384r1_sha384: 'ECDSA-SECP384R1-SHA384',
  rsa_pss_rsae_sha256: 'RSA-PSS-RSAE-SHA256',
  rsa_pss_rsae_sha384: 'RSA-PSS-RSAE-SHA384',
  rsa_pss_rsae_sha512: 'RSA-PSS-RSAE-SHA512',
  ed25519: 'EdDSA-Ed25519',
} as const;
