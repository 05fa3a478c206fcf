/**
 * The provider of Node: everything by node:crypto, all synchronous.
 *
 * A program whose size matters takes the parts by name instead of this record, which keeps them all.
 */

import type { CryptoProvider } from '../provider.ts';
import { aes128Ccm, aes128Ccm8, aes128Gcm, aes256Gcm, chacha20Poly1305 } from './aead.ts';
import { ffdhe2048, ffdhe3072, ffdhe4096 } from './finite-field-key-exchange.ts';
import { sha1, sha256, sha384, sha512 } from './hash.ts';
import { secp256r1, secp384r1, secp521r1, x448, x25519 } from './key-exchange.ts';
import { keys } from './keys.ts';
import { random } from './random.ts';

/**
 * What Node's OpenSSL offers.
 *
 * @example
 * const sha256 = nodeProvider.hashes.find((hash) => hash.name === 'sha256');
 */
export const nodeProvider: CryptoProvider = {
  name: 'node',
  random,
  hashes: [sha256, sha384, sha512, sha1],
  aeads: [aes128Gcm, aes256Gcm, chacha20Poly1305, aes128Ccm, aes128Ccm8],
  // The fastest first: P-256 has assembly, the larger NIST curves have none (1.9 ms an exchange and more). Which of them are used
  // unless a config says more is in protocol/negotiate/groups.ts.
  groups: [x25519, secp256r1, secp384r1, x448, secp521r1, ffdhe2048, ffdhe3072, ffdhe4096],
  keys,
};
