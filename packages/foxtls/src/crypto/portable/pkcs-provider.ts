/**
 * The portable provider with the parts that PKCS needs: a record of its own, so that a TLS client does not carry them along.
 */

import { rc2Cbc40, rc2Cbc64, rc2Cbc128 } from '../legacy/rc2.ts';
import type { PkcsProvider } from '../pkcs-provider.ts';
import type { CryptoProvider } from '../provider.ts';
import { aes128Cbc, aes192Cbc, aes256Cbc } from './cipher.ts';
import { sha224 } from './hash.ts';
import { passwordHashes } from './password-hash.ts';
import { portableProvider } from './provider.ts';

/**
 * `portableProvider` and, for `foxtls/pkcs`, ciphers and password hashes. It has no Triple-DES: files that are encrypted with it (or with
 * DES) are refused with `CryptoFailure`.
 *
 * @example
 * const pkcs8 = await readPrivateKeyPem(pem, { password, provider: portablePkcsProvider });
 */
export const portablePkcsProvider: CryptoProvider & Pick<PkcsProvider, 'ciphers' | 'passwordHashes'> = {
  ...portableProvider,
  hashes: [...portableProvider.hashes, sha224],
  ciphers: [aes128Cbc, aes192Cbc, aes256Cbc, rc2Cbc40, rc2Cbc64, rc2Cbc128],
  passwordHashes,
};
