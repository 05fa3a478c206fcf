/**
 * What PKCS and CMS need beyond TLS: a provider with more parts. TLS never asks for it, so that no handshake carries it along.
 */

import type { KeyEncryptionProvider, KeyWrap } from './key-encryption.ts';
import type { CryptoProvider } from './provider.ts';

export interface PkcsProvider extends CryptoProvider {
  /** RSA encryption, and key agreement with static keys. */
  readonly keyEncryption: KeyEncryptionProvider;
  readonly keyWraps: readonly KeyWrap[];
}
