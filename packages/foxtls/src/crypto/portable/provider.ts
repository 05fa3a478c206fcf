/**
 * The portable provider: JavaScript alone, for browsers, workers and wherever node:crypto is not.
 *
 * A program whose size matters takes the parts by name instead of this record, which keeps them all. Constant time is noble's best
 * effort: JavaScript engines promise none.
 */

import { mlKem768, mlKem1024 } from '../post-quantum/ml-kem.ts';
import { mlKemHybrids } from '../post-quantum/ml-kem-hybrids.ts';
import type { CryptoProvider } from '../provider.ts';
import { aes128Gcm, aes256Gcm, chacha20Poly1305 } from './aead.ts';
import { sha1, sha256, sha384, sha512 } from './hash.ts';
import { secp256r1, secp384r1, x25519 } from './key-exchange.ts';
import { keys } from './keys.ts';
import { random } from './random.ts';

/**
 * What @noble/hashes, @noble/ciphers, @noble/curves and @noble/post-quantum offer.
 *
 * @example
 * const x25519 = portableProvider.groups.find((group) => group.name === 'x25519');
 */
export const portableProvider: CryptoProvider = {
  name: 'portable',
  random,
  hashes: [sha256, sha384, sha512, sha1],
  aeads: [aes128Gcm, aes256Gcm, chacha20Poly1305],
  groups: [x25519, secp256r1, secp384r1, ...mlKemHybrids({ x25519, secp256r1, secp384r1 }), mlKem768, mlKem1024],
  keys,
};
