/**
 * What the second half of a suite's name stands for, as data: `AES_128_GCM_SHA256` is an AEAD and the hash of the PRF (RFC 5288 §3),
 * `AES_128_CBC_SHA` a block cipher and the hash of the MAC (RFC 5246 §A.5).
 */

import type { AeadName } from '../../../crypto/aead.ts';
import type { CipherName } from '../../../crypto/cipher.ts';
import type { HashName } from '../../../crypto/hash.ts';
import type { CryptoProvider } from '../../../crypto/provider.ts';
import { AEAD_RECORD_LIMITS, TLS12_OPEN_FAILURE_LIMITS } from '../../negotiate/cipher-suites.ts';
import type { SuiteCipher } from '../../negotiate/tls12-cipher-suites.ts';
import { cbcRecordCipher } from '../../record/cbc-protection.ts';
import { aeadRecordCipher } from '../../record/tls12-aead-protection.ts';

/** A cipher by the names of its parts. */
export interface CipherParts {
  /** Of the PRF in TLS 1.2: "New cipher suites MUST explicitly specify a PRF" (RFC 5246 §5), the old ones have SHA-256. */
  readonly hash: HashName;
  readonly beforeTls12: boolean;
  /** With the parts of a provider; undefined when it lacks one. */
  resolve(provider: CryptoProvider): SuiteCipher | undefined;
}

export function aead(name: AeadName, hash: HashName): CipherParts {
  return {
    hash,
    beforeTls12: false,
    resolve(provider) {
      const part = provider.aeads.find((candidate) => candidate.name === name);
      if (part === undefined) return undefined;
      const explicitNonce = name !== 'chacha20-poly1305';
      const limits = { recordLimit: AEAD_RECORD_LIMITS[name], openFailureLimit: TLS12_OPEN_FAILURE_LIMITS[name] };
      const cipher = aeadRecordCipher(part, { explicitNonce, ...limits });
      return { isBlockCipher: false, create: () => cipher };
    },
  };
}

/**
 * 2^32 records of 2^14 bytes are 2^42 blocks: of 16 bytes, two are alike with a probability of 2^-44. Of 8 bytes 2^17 records have as many
 * blocks as there should be (Sweet32: "On the Practical (In-)Security of 64-bit Block Ciphers", 2016).
 */
const CBC_RECORD_LIMITS: Readonly<Record<number, number>> = { 16: 2 ** 32, 8: 2 ** 17 };

/** `prf`: where it is another than the usual one. */
export function cbc(name: CipherName, mac: HashName, prf: HashName = 'sha256'): CipherParts {
  return {
    hash: prf,
    beforeTls12: mac === 'sha1',
    resolve(provider) {
      const cipher = provider.ciphers?.find((candidate) => candidate.name === name);
      const hash = provider.hashes.find((candidate) => candidate.name === mac);
      if (cipher === undefined || hash === undefined) return undefined;
      const recordLimit = CBC_RECORD_LIMITS[cipher.blockSize] as number;
      return {
        isBlockCipher: true,
        create: ({ version, encryptThenMac }) =>
          cbcRecordCipher({ cipher, hash, iv: ivOf(version, provider), encryptThenMac, recordLimit }),
      };
    },
  };
}

/** "The implicit Initialization Vector (IV) is replaced with an explicit IV" (RFC 4346 §1.1) after TLS 1.0. */
function ivOf(version: string, { random }: CryptoProvider) {
  return version === 'TLSv1' ? ({ kind: 'chained' } as const) : ({ kind: 'explicit', random } as const);
}

/** The ciphers of suites that need no `foxtls/legacy`. */
export const CIPHERS = {
  AES_128_GCM_SHA256: aead('aes-128-gcm', 'sha256'),
  AES_256_GCM_SHA384: aead('aes-256-gcm', 'sha384'),
  CHACHA20_POLY1305_SHA256: aead('chacha20-poly1305', 'sha256'),
  AES_128_CCM: aead('aes-128-ccm', 'sha256'),
  AES_128_CCM_8: aead('aes-128-ccm-8', 'sha256'),
  AES_256_CCM: aead('aes-256-ccm', 'sha256'),
  AES_256_CCM_8: aead('aes-256-ccm-8', 'sha256'),
  AES_128_CBC_SHA: cbc('aes-128-cbc', 'sha1'),
  AES_256_CBC_SHA: cbc('aes-256-cbc', 'sha1'),
  AES_128_CBC_SHA256: cbc('aes-128-cbc', 'sha256'),
  AES_256_CBC_SHA256: cbc('aes-256-cbc', 'sha256'),
  AES_128_CCM_SHA256: aead('aes-128-ccm', 'sha256'),
  AES_128_CCM_8_SHA256: aead('aes-128-ccm-8', 'sha256'),
  AES_256_CBC_SHA384: cbc('aes-256-cbc', 'sha384', 'sha384'),
} as const satisfies Readonly<Record<string, CipherParts>>;
