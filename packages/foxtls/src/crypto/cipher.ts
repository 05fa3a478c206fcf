/**
 * Block ciphers in CBC mode, without padding, as PKCS#5, CMS and the old suites of TLS see them. They never wait.
 *
 * Nothing here is authenticated: whoever decrypts has checked a MAC before, or believes nothing of what comes out.
 */

/** `rc2-…`: RC2 with that many effective key bits (RFC 2268 §2), and a key of as many. `des-ede3-cbc`: three keys of 8 octets. */
export type CipherName =
  | 'aes-128-cbc'
  | 'aes-192-cbc'
  | 'aes-256-cbc'
  | 'camellia-128-cbc'
  | 'camellia-256-cbc'
  | 'des-ede3-cbc'
  | 'rc2-40-cbc'
  | 'rc2-64-cbc'
  | 'rc2-128-cbc';

export interface Cipher {
  readonly name: CipherName;
  /** Bytes of key. */
  readonly keySize: number;
  /** Bytes of a block, and of the initialization vector. */
  readonly blockSize: number;
  /** Encrypts whole blocks. Throws `CryptoFailure` for a key, an `iv` or data of another length. The result is newly allocated. */
  encrypt(key: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array;
  /** Decrypts whole blocks. Errors as `encrypt`. */
  decrypt(key: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array;
}
