/**
 * An encryption scheme out of its parameters, and what is done with one.
 *
 * Invariant: nothing that comes out of `openWithScheme` is authentic; the caller looks at its structure, and has one answer for all.
 */

import { concat, wipe } from '../../core/bytes/bytes.ts';
import { CryptoFailure } from '../../core/errors/errors.ts';
import type { Flow } from '../../core/flow/flow.ts';
import type { Cipher, CipherName } from '../../crypto/cipher.ts';
import { addPadding, removePadding } from './cbc-padding.ts';
import type { PasswordForms, PasswordProvider, PasswordWork } from './password.ts';

/** A cipher, and how its key and initialization vector come from a password. */
export interface PasswordScheme {
  readonly cipher: CipherName;
  /** The key may be shorter than the cipher's: then it is repeated, which makes DES of Triple-DES. */
  derive(password: PasswordForms, work: PasswordWork): Flow<{ readonly key: Uint8Array; readonly iv: Uint8Array }>;
}

/** Decrypts. Undefined when the padding is wrong: with a wrong password it mostly is. A right padding proves nothing. */
export function* openWithScheme(
  scheme: PasswordScheme,
  ciphertext: Uint8Array,
  password: PasswordForms,
  work: PasswordWork,
): Flow<Uint8Array | undefined> {
  const cipher = cipherFor(work.provider, scheme.cipher);
  if (ciphertext.length === 0 || ciphertext.length % cipher.blockSize !== 0) return undefined;
  const { key, iv } = yield* scheme.derive(password, work);
  const whole = repeatTo(key, cipher.keySize);
  const plain = removePadding(cipher.decrypt(whole, iv, ciphertext), cipher.blockSize);
  wipe(key, whole);
  return plain;
}

/** Encrypts. Throws `CryptoFailure` for a cipher that the provider does not have. */
export function* sealWithScheme(
  scheme: PasswordScheme,
  plaintext: Uint8Array,
  password: PasswordForms,
  work: PasswordWork,
): Flow<Uint8Array> {
  const cipher = cipherFor(work.provider, scheme.cipher);
  const { key, iv } = yield* scheme.derive(password, work);
  const ciphertext = cipher.encrypt(repeatTo(key, cipher.keySize), iv, addPadding(plaintext, cipher.blockSize));
  wipe(key);
  return ciphertext;
}

function cipherFor({ name: providerName, ciphers }: PasswordProvider, name: CipherName): Cipher {
  const cipher = ciphers.find((candidate) => candidate.name === name);
  if (cipher !== undefined) return cipher;
  throw new CryptoFailure(`the provider ${providerName} has no ${name}`, { code: 'ERR_TLS_PROTECTION_UNSUPPORTED' });
}

/** DES is Triple-DES with K|K|K, Triple-DES with two keys is K1|K2|K1. */
function repeatTo(key: Uint8Array, size: number): Uint8Array {
  return key.length === size ? key : concat(key, key, key).subarray(0, size);
}
