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
  /** How many records may be sealed under one key (RFC 8446 §5.5). */
  readonly recordLimit: number;
}

interface CipherSuiteParts {
  readonly name: keyof typeof CIPHER_SUITES;
  readonly aead: AeadName;
  readonly hash: HashName;
  readonly recordLimit: number;
}

/** "For AES-GCM, up to 2^24.5 full-size records (about 24 million) may be encrypted on a given connection" (RFC 8446 §5.5). */
const AES_GCM_RECORD_LIMIT = Math.floor(2 ** 24.5);

/** "For ChaCha20/Poly1305, the record sequence number would wrap before the safety limit is reached." (RFC 8446 §5.5) Ours is what a double counts exactly. */
const CHACHA20_POLY1305_RECORD_LIMIT = 2 ** 48;

/** In order of preference: AES-128 first, as it is the fastest with hardware and strong enough for every group offered. */
export const TLS13_CIPHER_SUITES: readonly CipherSuiteParts[] = [
  { name: 'TLS_AES_128_GCM_SHA256', aead: 'aes-128-gcm', hash: 'sha256', recordLimit: AES_GCM_RECORD_LIMIT },
  { name: 'TLS_AES_256_GCM_SHA384', aead: 'aes-256-gcm', hash: 'sha384', recordLimit: AES_GCM_RECORD_LIMIT },
  {
    name: 'TLS_CHACHA20_POLY1305_SHA256',
    aead: 'chacha20-poly1305',
    hash: 'sha256',
    recordLimit: CHACHA20_POLY1305_RECORD_LIMIT,
  },
];

/** The suites that a provider has all parts for, in order of preference. */
export function availableCipherSuites(provider: CryptoProvider): readonly CipherSuite[] {
  const suites: CipherSuite[] = [];
  for (const { name, aead, hash, recordLimit } of TLS13_CIPHER_SUITES) {
    const aeadPart = provider.aeads.find((part) => part.name === aead);
    const hashPart = provider.hashes.find((part) => part.name === hash);
    if (aeadPart !== undefined && hashPart !== undefined) {
      suites.push({ id: CIPHER_SUITES[name], name, aead: aeadPart, hash: hashPart, recordLimit });
    }
  }
  return suites;
}
