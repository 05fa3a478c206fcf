/**
 * A provider: a record of parts, composed by spread (`{ ...nodeProvider, keys: kms }`). Nothing registers itself.
 */

import type { Aead } from './aead.ts';
import type { Cipher } from './cipher.ts';
import type { FiniteFieldProvider } from './finite-field-provider.ts';
import type { Hash } from './hash.ts';
import type { KeyEncryptionProvider } from './key-encryption.ts';
import type { KeyExchangeGroup, RandomSource } from './key-exchange.ts';
import type { KeyProvider } from './signature.ts';

export interface CryptoProvider {
  /** A name for messages: `node`, `portable`. */
  readonly name: string;
  readonly random: RandomSource;
  readonly hashes: readonly Hash[];
  readonly aeads: readonly Aead[];
  /** In order of preference. */
  readonly groups: readonly KeyExchangeGroup[];
  readonly keys: KeyProvider;
  /** Block ciphers, for the suites of TLS 1.2 in CBC mode. */
  readonly ciphers?: readonly Cipher[];
  /** RSA encryption and static key agreement, for the key exchanges of `foxtls/legacy`. */
  readonly keyEncryption?: KeyEncryptionProvider;
  /** For the DHE suites of TLS 1.2 and below: without it, none of them is used. */
  readonly finiteField?: FiniteFieldProvider;
}
