/**
 * Stream ciphers without a nonce, as the oldest suites of TLS have them: one key, one keystream, from the first record to the last.
 *
 * Nothing here is authenticated. A keystream must never be used twice: two directions have two keys.
 */

export interface StreamCipher {
  readonly name: 'rc4-128';
  /** Bytes of key. */
  readonly keySize: number;
  /** A keystream at its beginning. Throws `CryptoFailure` for a key of another length. */
  create(key: Uint8Array): Keystream;
}

export interface Keystream {
  /** `data` XOR the next bytes of the keystream: encrypts and decrypts. The result is newly allocated. */
  apply(data: Uint8Array): Uint8Array;
  /** Forgets the keystream. Whatever is asked of it afterwards throws `ApiMisuse` (`ERR_TLS_KEY_WIPED`). */
  wipe(): void;
}
