/**
 * Authenticated encryption with associated data (RFC 5116) as the record layer sees it. It never waits.
 */

export type AeadName =
  | 'aes-128-gcm'
  | 'aes-256-gcm'
  | 'chacha20-poly1305'
  | 'aes-128-ccm'
  | 'aes-128-ccm-8'
  | 'aes-256-ccm'
  | 'aes-256-ccm-8';

export interface Aead<Name extends string = AeadName> {
  readonly name: Name;
  /** Bytes of key. */
  readonly keySize: number;
  /** Bytes of nonce: 12 for every AEAD of TLS 1.3. */
  readonly nonceSize: number;
  /** Bytes of tag. */
  readonly tagSize: number;
  /** A key made ready once, for many records. */
  create(key: Uint8Array): AeadKey;
  /**
   * What masks the numbers of records sealed by this AEAD in DTLS 1.3 (RFC 9147 §4.2.3): one block of AES, or of ChaCha20. `key` has
   * `keySize` bytes. A provider that leaves it out cannot carry the suites of this AEAD in DTLS 1.3.
   */
  createRecordNumberCipher?(key: Uint8Array): RecordNumberCipher;
}

export interface RecordNumberCipher {
  /** The mask (two bytes at least) by `sample`, the first 16 bytes of the ciphertext. Valid until the next call. */
  mask(sample: Uint8Array): Uint8Array;
  /** Forgets the key, as far as the implementation can. */
  wipe(): void;
}

export interface AeadKey {
  /**
   * Encrypts the concatenation of `plaintext` and appends the pieces of ciphertext, then the tag, to `out`.
   * Pieces, because joining them costs a copy that a vectored write does not need. `nonce` and `additionalData` may be reused by
   * the caller after the call.
   */
  seal(nonce: Uint8Array, additionalData: Uint8Array, plaintext: readonly Uint8Array[], out: Uint8Array[]): void;
  /** Decrypts; undefined when authentication fails. `sealed` is ciphertext and tag. The result is not shared with anything. */
  open(nonce: Uint8Array, additionalData: Uint8Array, sealed: Uint8Array): Uint8Array | undefined;
  /** Forgets the key, as far as the implementation can. */
  wipe(): void;
}
