/**
 * The portable provider with the parts that PKCS needs: a record of its own, so that a TLS client does not carry them along.
 */

import { rc2Cbc40, rc2Cbc64, rc2Cbc128 } from '../legacy/rc2.ts';
import type { PkcsProvider } from '../pkcs-provider.ts';
import { aes128Cbc, aes192Cbc, aes256Cbc } from './cipher.ts';
import { sha224 } from './hash.ts';
import { keyEncryption } from './key-encryption.ts';
import { aes128Wrap, aes192Wrap, aes256Wrap } from './key-wrap.ts';
import { passwordHashes } from './password-hash.ts';
import { portableProvider } from './provider.ts';

/**
 * `portableProvider` and, for `foxtls/pkcs`, ciphers, password hashes, key wraps, RSA encryption and key agreement on P-256 and P-384. It has
 * no Triple-DES: files that are encrypted with it (or with DES) are refused with `CryptoFailure`; nor does it decrypt with RSA keys.
 *
 * @example
 * const pkcs8 = await readPrivateKeyPem(pem, { password, provider: portablePkcsProvider });
 */
export const portablePkcsProvider: PkcsProvider = {
  ...portableProvider,
  hashes: [...portableProvider.hashes, sha224],
  ciphers: [aes128Cbc, aes192Cbc, aes256Cbc, rc2Cbc40, rc2Cbc64, rc2Cbc128],
  passwordHashes,
  keyEncryption,
  keyWraps: [aes128Wrap, aes192Wrap, aes256Wrap],
};
