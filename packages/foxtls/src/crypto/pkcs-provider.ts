/**
 * What PKCS and CMS need beyond TLS: a provider with more parts. TLS never asks for it, so that no handshake carries it along.
 */

import type { Cipher } from './cipher.ts';
import type { KeyEncryptionProvider, KeyWrap } from './key-encryption.ts';
import type { PasswordHashes } from './password-hash.ts';
import type { CryptoProvider } from './provider.ts';

export interface PkcsProvider extends CryptoProvider {
  /** Block ciphers in CBC mode. */
  readonly ciphers: readonly Cipher[];
  /** Keys from passwords. */
  readonly passwordHashes: PasswordHashes;
  /** RSA encryption, and key agreement with static keys. */
  readonly keyEncryption: KeyEncryptionProvider;
  readonly keyWraps: readonly KeyWrap[];
}
