/**
 * The suites of TLS 1.2 as data (RFC 5246 §A.5, RFC 5289 §3, RFC 7251 §2, RFC 7905 §2), and their meeting with a provider's parts.
 */

import { CIPHER_SUITES } from '../../core/registry/cipher-suites.ts';
import type { AeadName } from '../../crypto/aead.ts';
import type { Hash, HashName } from '../../crypto/hash.ts';
import type { CryptoProvider } from '../../crypto/provider.ts';
import type { KeyType } from '../../crypto/signature.ts';
import type { RecordCipher } from '../record/record-cipher.ts';
import { aeadRecordCipher } from '../record/tls12-aead-protection.ts';
import { AEAD_RECORD_LIMITS } from './cipher-suites.ts';

export type KeyExchangeName = 'ECDHE';
/** What the server's certificate has to hold: a key of ECDSA or EdDSA (RFC 8422 §5.3), or one of RSA. */
export type AuthenticationName = 'ECDSA' | 'RSA';

/** A suite that can be used: IANA's number and name, with the provider's parts. */
export interface Tls12CipherSuite {
  readonly id: number;
  readonly name: string;
  readonly keyExchange: KeyExchangeName;
  readonly authentication: AuthenticationName;
  readonly cipher: RecordCipher;
  /** Of the PRF. */
  readonly hash: Hash;
}

interface Tls12CipherSuiteParts {
  readonly name: keyof typeof CIPHER_SUITES;
  readonly keyExchange: KeyExchangeName;
  readonly authentication: AuthenticationName;
  readonly aead: AeadName;
  readonly hash: HashName;
  /** Offered and accepted without being named; the others have to be named in `cipherSuites`. */
  readonly byDefault: boolean;
}

const ecdhe = (authentication: AuthenticationName, byDefault = true) =>
  ({ keyExchange: 'ECDHE', authentication, byDefault }) as const;

/**
 * In order of preference: as those of TLS 1.3, AES-128 first; of each pair ECDSA, which is cheaper for the server. The defaults are those of
 * RFC 9325 §4.2 and ChaCha20-Poly1305, for machines without AES in hardware. CCM is for small devices that have nothing else.
 */
export const TLS12_CIPHER_SUITES: readonly Tls12CipherSuiteParts[] = [
  { name: 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', ...ecdhe('ECDSA'), aead: 'aes-128-gcm', hash: 'sha256' },
  { name: 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', ...ecdhe('RSA'), aead: 'aes-128-gcm', hash: 'sha256' },
  { name: 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', ...ecdhe('ECDSA'), aead: 'aes-256-gcm', hash: 'sha384' },
  { name: 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384', ...ecdhe('RSA'), aead: 'aes-256-gcm', hash: 'sha384' },
  { name: 'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256', ...ecdhe('ECDSA'), aead: 'chacha20-poly1305', hash: 'sha256' },
  { name: 'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256', ...ecdhe('RSA'), aead: 'chacha20-poly1305', hash: 'sha256' },
  { name: 'TLS_ECDHE_ECDSA_WITH_AES_128_CCM', ...ecdhe('ECDSA', false), aead: 'aes-128-ccm', hash: 'sha256' },
  { name: 'TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8', ...ecdhe('ECDSA', false), aead: 'aes-128-ccm-8', hash: 'sha256' },
];

/** The suites that a provider has all parts for, in order of preference. */
export function availableTls12CipherSuites(provider: CryptoProvider): readonly Tls12CipherSuite[] {
  return TLS12_CIPHER_SUITES.flatMap(({ name, keyExchange, authentication, aead, hash }) => {
    const aeadPart = provider.aeads.find((part) => part.name === aead);
    const hashPart = provider.hashes.find((part) => part.name === hash);
    if (aeadPart === undefined || hashPart === undefined) return [];
    const explicitNonce = aead !== 'chacha20-poly1305';
    const cipher = aeadRecordCipher(aeadPart, { explicitNonce, recordLimit: AEAD_RECORD_LIMITS[aead] });
    return [{ id: CIPHER_SUITES[name], name, keyExchange, authentication, cipher, hash: hashPart }];
  });
}

/** Of those, the ones that a config has when it names none. */
export function defaultTls12CipherSuites(provider: CryptoProvider): readonly Tls12CipherSuite[] {
  const names = new Set<string>(TLS12_CIPHER_SUITES.filter(({ byDefault }) => byDefault).map(({ name }) => name));
  return availableTls12CipherSuites(provider).filter(({ name }) => names.has(name));
}

/** The kinds of keys that authenticate the server of a suite. */
const KEYS: Readonly<Record<AuthenticationName, readonly KeyType['kind'][]>> = {
  // RFC 8422 §5.3: a certificate with a key of EdDSA goes with these suites too.
  ECDSA: ['ec', 'ed25519', 'ed448'],
  RSA: ['rsa', 'rsa-pss'],
};

/** Whether a key of this type authenticates the server of the suite. */
export function suiteFitsKey({ authentication }: Pick<Tls12CipherSuite, 'authentication'>, type: KeyType): boolean {
  return KEYS[authentication].includes(type.kind);
}
