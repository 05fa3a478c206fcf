/**
 * The suites of TLS 1.3 as data (RFC 8446 §B.4), and their meeting with a provider's parts.
 */

import { CIPHER_SUITES } from '../../core/registry/cipher-suites.ts';
import type { Aead, AeadName } from '../../crypto/aead.ts';
import type { Hash, HashName } from '../../crypto/hash.ts';
import type { CryptoProvider } from '../../crypto/provider.ts';

/** A suite that can be used: IANA's number and name, with the provider's parts. */
export interface CipherSuite {
  readonly id: number;
  readonly name: string;
  readonly aead: Aead;
  readonly hash: Hash;
  /** How many records may be sealed under one key (RFC 8446 §5.5, RFC 9147 §4.5.3). */
  readonly recordLimit: number;
  /** In datagrams, how many may fail to open under one key (RFC 9147 §4.5.3). */
  readonly openFailureLimit: number;
}

interface CipherSuiteParts {
  readonly name: keyof typeof CIPHER_SUITES;
  readonly aead: AeadName;
  readonly hash: HashName;
  /** Offered and accepted without being named; the others have to be named in `cipherSuites`. */
  readonly byDefault: boolean;
}

/** "For AES-GCM, up to 2^24.5 full-size records (about 24 million) may be encrypted on a given connection" (RFC 8446 §5.5). */
const AES_GCM_RECORD_LIMIT = Math.floor(2 ** 24.5);

/** "For ChaCha20/Poly1305, the record sequence number would wrap before the safety limit is reached." (RFC 8446 §5.5) Ours is what a double counts exactly. */
const CHACHA20_POLY1305_RECORD_LIMIT = 2 ** 48;

/** "[TLS13] does not specify a limit for AEAD_AES_128_CCM, but the analysis in Appendix B shows that a limit of 2^23 packets can be used" (RFC 9147 §4.5.3) */
const AES_CCM_RECORD_LIMIT = 2 ** 23;

/** How many records may be sealed under one key, of TLS 1.2 too: it is the AEAD that wears out. */
export const AEAD_RECORD_LIMITS: Readonly<Record<AeadName, number>> = {
  'aes-128-gcm': AES_GCM_RECORD_LIMIT,
  'aes-256-gcm': AES_GCM_RECORD_LIMIT,
  'chacha20-poly1305': CHACHA20_POLY1305_RECORD_LIMIT,
  'aes-128-ccm': AES_CCM_RECORD_LIMIT,
  'aes-128-ccm-8': AES_CCM_RECORD_LIMIT,
  'aes-256-ccm': AES_CCM_RECORD_LIMIT,
  'aes-256-ccm-8': AES_CCM_RECORD_LIMIT,
};

/** "For AEAD_AES_128_GCM, AEAD_AES_256_GCM, and AEAD_CHACHA20_POLY1305, the limit on the number of records that fail authentication is 2^36." (RFC 9147 §4.5.3) */
const OPEN_FAILURE_LIMIT = 2 ** 36;

/** "For AEAD_AES_128_CCM, the limit on the number of records that fail authentication is 2^23.5; see Appendix B." (RFC 9147 §4.5.3) */
const AES_CCM_OPEN_FAILURE_LIMIT = Math.floor(2 ** 23.5);

/** "v <= 2^7" (RFC 9147 §B.3) */
const AES_CCM_8_OPEN_FAILURE_LIMIT = 2 ** 7;

/** Over datagrams, how many records may fail to open under one key, in DTLS 1.3. */
export const OPEN_FAILURE_LIMITS: Readonly<Record<AeadName, number>> = {
  'aes-128-gcm': OPEN_FAILURE_LIMIT,
  'aes-256-gcm': OPEN_FAILURE_LIMIT,
  'chacha20-poly1305': OPEN_FAILURE_LIMIT,
  'aes-128-ccm': AES_CCM_OPEN_FAILURE_LIMIT,
  'aes-128-ccm-8': AES_CCM_8_OPEN_FAILURE_LIMIT,
  'aes-256-ccm': AES_CCM_OPEN_FAILURE_LIMIT,
  'aes-256-ccm-8': AES_CCM_8_OPEN_FAILURE_LIMIT,
};

/**
 * The same in DTLS 1.2, which sets no limits of its own. There CCM_8 is what small devices speak, and "applying this limit in an implementation
 * intended for general use exposes connections to an inexpensive denial-of-service attack" (RFC 9147 §B.3): it has that of CCM, and a
 * forgery then succeeds with a probability of 2^-40.
 */
export const TLS12_OPEN_FAILURE_LIMITS: Readonly<Record<AeadName, number>> = {
  ...OPEN_FAILURE_LIMITS,
  'aes-128-ccm-8': AES_CCM_OPEN_FAILURE_LIMIT,
  'aes-256-ccm-8': AES_CCM_OPEN_FAILURE_LIMIT,
};

/**
 * In order of preference: AES-128 first, as it is the fastest with hardware and strong enough for every group offered.
 *
 * The CCM suites are for small devices that have nothing else, and so have to be asked for: CCM passes over the data twice, and a
 * forged record is accepted by CCM_8 with a probability of 2^-64. "… TLS_AES_128_CCM_8_SHA256 is not suitable for general use."
 * (RFC 9147 §B.3) Over TLS, unlike DTLS, the first forgery that fails ends the connection.
 */
export const TLS13_CIPHER_SUITES: readonly CipherSuiteParts[] = [
  { name: 'TLS_AES_128_GCM_SHA256', aead: 'aes-128-gcm', hash: 'sha256', byDefault: true },
  { name: 'TLS_AES_256_GCM_SHA384', aead: 'aes-256-gcm', hash: 'sha384', byDefault: true },
  {
    name: 'TLS_CHACHA20_POLY1305_SHA256',
    aead: 'chacha20-poly1305',
    hash: 'sha256',
    byDefault: true,
  },
  { name: 'TLS_AES_128_CCM_SHA256', aead: 'aes-128-ccm', hash: 'sha256', byDefault: false },
  {
    name: 'TLS_AES_128_CCM_8_SHA256',
    aead: 'aes-128-ccm-8',
    hash: 'sha256',
    byDefault: false,
  },
];

/** The suites that a provider has all parts for, in order of preference. */
export function availableCipherSuites(provider: CryptoProvider): readonly CipherSuite[] {
  const suites: CipherSuite[] = [];
  for (const { name, aead, hash } of TLS13_CIPHER_SUITES) {
    const aeadPart = provider.aeads.find((part) => part.name === aead);
    const hashPart = provider.hashes.find((part) => part.name === hash);
    if (aeadPart !== undefined && hashPart !== undefined) {
      const limits = { recordLimit: AEAD_RECORD_LIMITS[aead], openFailureLimit: OPEN_FAILURE_LIMITS[aead] };
      suites.push({ id: CIPHER_SUITES[name], name, aead: aeadPart, hash: hashPart, ...limits });
    }
  }
  return suites;
}

/** Of those, the ones that a config has when it names none. */
export function defaultCipherSuites(provider: CryptoProvider): readonly CipherSuite[] {
  const names = new Set<string>(TLS13_CIPHER_SUITES.filter(({ byDefault }) => byDefault).map(({ name }) => name));
  return availableCipherSuites(provider).filter(({ name }) => names.has(name));
}

/** The hashes of suites, each once, in their order. */
export function hashesOf(suites: readonly CipherSuite[]): readonly Hash[] {
  return [...new Map(suites.map(({ hash }) => [hash.name, hash])).values()];
}
