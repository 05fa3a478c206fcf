/**
 * OpenSSL's names, which node:tls speaks in `ecdhCurve` and `sigalgs`, and IANA's, which the rest of foxtls speaks.
 */

import { NAMED_GROUPS } from '../core/registry/named-groups.ts';
import { SIGNATURE_SCHEMES } from '../core/registry/signature-schemes.ts';
import { withCode } from './errors.ts';

const GROUPS: Readonly<Record<string, string>> = {
  'p-256': 'secp256r1',
  prime256v1: 'secp256r1',
  'p-384': 'secp384r1',
  'p-521': 'secp521r1',
};

/** What `getEphemeralKeyInfo()` answers. */
export interface EphemeralKeyInfo {
  type: string;
  name?: string;
  size: number;
}

/** `getEphemeralKeyInfo()` of each group, as OpenSSL names and sizes it. */
const EPHEMERAL_KEYS: Readonly<Record<string, EphemeralKeyInfo>> = {
  x25519: { type: 'ECDH', name: 'X25519', size: 253 },
  x448: { type: 'ECDH', name: 'X448', size: 448 },
  secp256r1: { type: 'ECDH', name: 'prime256v1', size: 256 },
  secp384r1: { type: 'ECDH', name: 'secp384r1', size: 384 },
  secp521r1: { type: 'ECDH', name: 'secp521r1', size: 521 },
  brainpoolP256r1: { type: 'ECDH', name: 'brainpoolP256r1', size: 256 },
  brainpoolP384r1: { type: 'ECDH', name: 'brainpoolP384r1', size: 384 },
  brainpoolP512r1: { type: 'ECDH', name: 'brainpoolP512r1', size: 512 },
  brainpoolP256r1tls13: { type: 'ECDH', name: 'brainpoolP256r1tls13', size: 256 },
  brainpoolP384r1tls13: { type: 'ECDH', name: 'brainpoolP384r1tls13', size: 384 },
  brainpoolP512r1tls13: { type: 'ECDH', name: 'brainpoolP512r1tls13', size: 512 },
  ffdhe2048: { type: 'DH', size: 2048 },
  ffdhe3072: { type: 'DH', size: 3072 },
  ffdhe4096: { type: 'DH', size: 4096 },
  ffdhe6144: { type: 'DH', size: 6144 },
  ffdhe8192: { type: 'DH', size: 8192 },
};

/** OpenSSL's `algorithm+hash` pairs that there is a scheme for; those it has none for (SHA-224) fall away. */
const SCHEMES: Readonly<Record<string, readonly string[]>> = {
  'ecdsa+sha256': ['ecdsa_secp256r1_sha256'],
  'ecdsa+sha384': ['ecdsa_secp384r1_sha384'],
  'ecdsa+sha512': ['ecdsa_secp521r1_sha512'],
  'rsa-pss+sha256': ['rsa_pss_rsae_sha256', 'rsa_pss_pss_sha256'],
  'rsa-pss+sha384': ['rsa_pss_rsae_sha384', 'rsa_pss_pss_sha384'],
  'rsa-pss+sha512': ['rsa_pss_rsae_sha512', 'rsa_pss_pss_sha512'],
  'pss+sha256': ['rsa_pss_rsae_sha256', 'rsa_pss_pss_sha256'],
  'pss+sha384': ['rsa_pss_rsae_sha384', 'rsa_pss_pss_sha384'],
  'pss+sha512': ['rsa_pss_rsae_sha512', 'rsa_pss_pss_sha512'],
  'rsa+sha256': ['rsa_pkcs1_sha256'],
  'rsa+sha384': ['rsa_pkcs1_sha384'],
  'rsa+sha512': ['rsa_pkcs1_sha512'],
};

/** Those of `foxtls/legacy`; they too fall away without it. */
const LEGACY_SCHEMES: Readonly<Record<string, string>> = {
  'rsa+sha1': 'rsa_pkcs1_sha1',
  'ecdsa+sha1': 'ecdsa_sha1',
  'dsa+sha1': 'dsa_sha1_RESERVED',
  'dsa+sha256': 'dsa_sha256_RESERVED',
};

const BELOW_TLS13 = /^(?:rsa|dsa|ecdsa)\+sha(?:1|224|256|384|512)$/;

/** How OpenSSL lists schemes in `getSharedSigalgs()`. */
const SHARED_NAMES: Readonly<Record<string, string>> = {
  ecdsa_secp256r1_sha256: 'ECDSA+SHA256',
  ecdsa_secp384r1_sha384: 'ECDSA+SHA384',
  ecdsa_secp521r1_sha512: 'ECDSA+SHA512',
  ed25519: 'Ed25519+UNDEF',
  ed448: 'Ed448+UNDEF',
  rsa_pss_pss_sha256: 'RSA-PSS+SHA256',
  rsa_pss_pss_sha384: 'RSA-PSS+SHA384',
  rsa_pss_pss_sha512: 'RSA-PSS+SHA512',
  rsa_pss_rsae_sha256: 'RSA-PSS+SHA256',
  rsa_pss_rsae_sha384: 'RSA-PSS+SHA384',
  rsa_pss_rsae_sha512: 'RSA-PSS+SHA512',
  rsa_pkcs1_sha256: 'RSA+SHA256',
  rsa_pkcs1_sha384: 'RSA+SHA384',
  rsa_pkcs1_sha512: 'RSA+SHA512',
};

/** The groups of an `ecdhCurve` string; undefined for `auto`. */
export function parseGroups(ecdhCurve: string): string[] | undefined {
  if (ecdhCurve === 'auto') return undefined;
  return ecdhCurve.split(':').map((word) => {
    const lower = word.toLowerCase();
    const name = GROUPS[lower] ?? Object.keys(NAMED_GROUPS).find((known) => known.toLowerCase() === lower);
    if (name === undefined) {
      throw withCode(new Error(`Failed to set ECDH curve: ${word} is unknown`), 'ERR_CRYPTO_OPERATION_FAILED');
    }
    return name;
  });
}

/**
 * The schemes of a `sigalgs` string; `legacy` are those that `foxtls/legacy` adds. Throws when a word is unknown, and when nothing that foxtls has
 * remains.
 */
export function parseSignatureSchemes(sigalgs: string, legacy: readonly { readonly name: string }[] = []): string[] {
  if (sigalgs === '') throw invalidValue("The property 'options.sigalgs' is invalid. Received ''");
  const schemes = sigalgs.split(':').flatMap((word) => {
    const lowered = word.toLowerCase();
    const named = Object.keys(SIGNATURE_SCHEMES).find((name) => name.toLowerCase() === lowered);
    if (named !== undefined) return [named];
    const known = SCHEMES[lowered];
    if (known !== undefined) return known;
    const old = legacy.find(({ name }) => name === LEGACY_SCHEMES[lowered]);
    if (old !== undefined) return [old.name];
    if (BELOW_TLS13.test(lowered)) return [];
    throw invalidValue(`The property 'options.sigalgs' is invalid: ${word} is no signature algorithm`);
  });
  if (schemes.length === 0) throw invalidValue(`The property 'options.sigalgs' is invalid: there is none of ${sigalgs} here`);
  return [...new Set(schemes)];
}

/** OpenSSL's name of a scheme. */
export function formatSignatureScheme(id: number): string {
  const name = Object.entries(SIGNATURE_SCHEMES).find(([, code]) => code === id)?.[0];
  return (name && (SHARED_NAMES[name] ?? name)) ?? `0x${id.toString(16).padStart(4, '0')}`;
}

/** What `getEphemeralKeyInfo()` says of a group. */
export function describeEphemeralKey(group: string): EphemeralKeyInfo | Record<string, never> {
  return { ...EPHEMERAL_KEYS[group] } as EphemeralKeyInfo | Record<string, never>;
}

function invalidValue(message: string): TypeError {
  return withCode(new TypeError(message), 'ERR_INVALID_ARG_VALUE');
}
