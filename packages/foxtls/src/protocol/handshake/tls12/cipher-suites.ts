/**
 * The suites of TLS 1.2 as data (RFC 5246 §A.5, RFC 5288, RFC 5289 §3, RFC 6655, RFC 7251 §2,
 * RFC 7905 §2; with a pre-shared key RFC 4279, RFC 5487, RFC 5489, RFC 8442), and their meeting with a
 * provider's parts.
 */

import { CIPHER_SUITES } from '../../../core/registry/cipher-suites.ts';
import type { CryptoProvider } from '../../../crypto/provider.ts';
import type { AuthenticationName, Tls12CipherSuite } from '../../negotiate/tls12-cipher-suites.ts';
import { dhe } from './dhe.ts';
import { ecdhe } from './ecdhe.ts';
import type { KeyExchangeMethod } from './key-exchange.ts';
import { dhePsk, ecdhePsk, psk } from './psk.ts';
import { CIPHERS, type CipherParts } from './suite-ciphers.ts';

/** A suite by the names of its parts. */
export interface Tls12CipherSuiteParts {
  readonly id: number;
  readonly name: string;
  readonly keyExchange: KeyExchangeMethod;
  readonly authentication: AuthenticationName;
  readonly cipher: CipherParts;
  /** Why it should not be used, of those of `foxtls/legacy`. */
  readonly weakness?: string | undefined;
}

type SuiteName = keyof typeof CIPHER_SUITES;

/** Suites of one key exchange: the ends of their names, and what stands for each. `prefix` and an end make IANA's name. */
export function suitesOf(
  prefix: string,
  keyExchange: KeyExchangeMethod,
  authentication: AuthenticationName,
  ciphers: Readonly<Record<string, CipherParts>>,
): readonly Tls12CipherSuiteParts[] {
  return Object.entries(ciphers).map(([end, cipher]) => {
    const name = `${prefix}_WITH_${end}` as SuiteName;
    return { id: CIPHER_SUITES[name], name, keyExchange, authentication, cipher };
  });
}

const { AES_128_GCM_SHA256, AES_256_GCM_SHA384, CHACHA20_POLY1305_SHA256 } = CIPHERS;
const { AES_128_CCM, AES_128_CCM_8, AES_256_CCM, AES_256_CCM_8, AES_128_CCM_SHA256, AES_128_CCM_8_SHA256 } = CIPHERS;
const { AES_128_CBC_SHA, AES_256_CBC_SHA, AES_128_CBC_SHA256, AES_256_CBC_SHA256, AES_256_CBC_SHA384 } = CIPHERS;

const MODERN = { AES_128_GCM_SHA256, AES_256_GCM_SHA384, CHACHA20_POLY1305_SHA256 };
const CCM = { AES_128_CCM, AES_256_CCM, AES_128_CCM_8, AES_256_CCM_8 };
const CBC_SHA1 = { AES_128_CBC_SHA, AES_256_CBC_SHA };
const ECDHE_CBC = { AES_128_CBC_SHA256, AES_256_CBC_SHA384, ...CBC_SHA1 };
const DHE_CBC = { AES_128_CBC_SHA256, AES_256_CBC_SHA256, ...CBC_SHA1 };

/**
 * In order of preference: as those of TLS 1.3, AES-128 first; of each pair ECDSA, which is cheaper for the server. These are the suites of
 * RFC 9325 §4.2 and ChaCha20-Poly1305, for machines without AES in hardware.
 */
const DEFAULTS: readonly Tls12CipherSuiteParts[] = Object.entries(MODERN).flatMap(([end, cipher]) => [
  ...suitesOf('TLS_ECDHE_ECDSA', ecdhe, 'ECDSA', { [end]: cipher }),
  ...suitesOf('TLS_ECDHE_RSA', ecdhe, 'RSA', { [end]: cipher }),
]);

/**
 * Those that have to be named. CCM is for small devices that have nothing else. DHE is slow, and its groups are the server's to choose. CBC
 * is what is left to those who cannot do better: with encrypt_then_mac alone, unless a config says more. A pre-shared key has to be there.
 */
const BY_NAME: readonly Tls12CipherSuiteParts[] = [
  ...suitesOf('TLS_ECDHE_ECDSA', ecdhe, 'ECDSA', { ...CCM, ...ECDHE_CBC }),
  ...suitesOf('TLS_ECDHE_RSA', ecdhe, 'RSA', ECDHE_CBC),
  ...suitesOf('TLS_DHE_RSA', dhe, 'RSA', { ...MODERN, ...CCM, ...DHE_CBC }),
  ...suitesOf('TLS_ECDHE_PSK', ecdhePsk, 'none', { ...MODERN, AES_128_CCM_SHA256, AES_128_CCM_8_SHA256, ...ECDHE_CBC }),
  ...suitesOf('TLS_DHE_PSK', dhePsk, 'none', { ...MODERN, AES_128_CCM, AES_256_CCM, ...ECDHE_CBC }),
  // The name is the one of RFC 6655 §3: the words stand the other way round.
  ...suitesOf('TLS_PSK_DHE', dhePsk, 'none', { AES_128_CCM_8, AES_256_CCM_8 }),
  ...suitesOf('TLS_PSK', psk, 'none', { ...MODERN, ...CCM, ...ECDHE_CBC }),
];

/** All suites that need no `foxtls/legacy`. */
export const TLS12_CIPHER_SUITES: readonly Tls12CipherSuiteParts[] = [...DEFAULTS, ...BY_NAME];

/** Of these suites the ones that a provider has all parts for, in their order. */
export function availableTls12CipherSuites(
  provider: CryptoProvider,
  parts: readonly Tls12CipherSuiteParts[] = TLS12_CIPHER_SUITES,
): readonly Tls12CipherSuite[] {
  return parts.flatMap(({ cipher, ...suite }) => {
    const resolved = cipher.resolve(provider);
    const hash = provider.hashes.find(({ name }) => name === cipher.hash);
    if (resolved === undefined || hash === undefined || !suite.keyExchange.isAvailable(provider)) return [];
    return [{ ...suite, cipher: resolved, hash, beforeTls12: cipher.beforeTls12 }];
  });
}

/** The ones that a config has when it names none. */
export function defaultTls12CipherSuites(provider: CryptoProvider): readonly Tls12CipherSuite[] {
  return availableTls12CipherSuites(provider, DEFAULTS);
}
