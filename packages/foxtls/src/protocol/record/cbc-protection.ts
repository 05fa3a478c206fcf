/**
 * Record protection by a block cipher in CBC mode and HMAC (RFC 5246 §6.2.3.2, RFC 7366 §3), in TLS 1.0 to 1.2.
 *
 * ```
 * struct {
 *     opaque IV[SecurityParameters.record_iv_length];             none in TLS 1.0, where the last block of the record before is used
 *     block-ciphered struct {
 *         opaque content[TLSCompressed.length];
 *         opaque MAC[SecurityParameters.mac_length];              with encrypt-then-MAC behind the fragment, not encrypted, and over
 *         uint8 padding[GenericBlockCipher.padding_length];       IV and ciphertext
 *         uint8 padding_length;
 *     };
 * } GenericBlockCipher;
 * ```
 * Invariants: `open` says undefined for everything that is not authentic, and takes the same time to say so whatever is wrong
 * (cbc-padding.ts, record-mac.ts, docs/decisions/0024-cbc-in-constant-time.md). With encrypt-then-MAC nothing is decrypted before its MAC
 * is checked. In TLS 1.0 the initialization vector of a record is known before its content: to split the first byte off application data
 * is the sender's.
 */

import { constantTimeEqual, copyOf, wipe } from '../../core/bytes/bytes.ts';
import { ApiMisuse } from '../../core/errors/errors.ts';
import type { Cipher } from '../../crypto/cipher.ts';
import type { RandomSource } from '../../crypto/key-exchange.ts';
import { checkPadding, macMatches } from './cbc-padding.ts';
import { CountedProtection, type ProtectionKeys, type RecordSealer } from './counted-protection.ts';
import { PSEUDO_HEADER, type RecordPseudoHeader } from './pseudo-header.ts';
import { copyInto, lengthOf, type RecordHash, RecordMac } from './record-mac.ts';

/** What a suite, the version and the extension encrypt_then_mac make of the mode. */
export interface CbcOptions {
  readonly cipher: Cipher;
  readonly hash: RecordHash;
  /** TLS 1.1 and later have a random vector in each record, TLS 1.0 chains from record to record. */
  readonly iv: { readonly kind: 'explicit'; readonly random: RandomSource } | { readonly kind: 'chained' };
  /** Whether both sides said encrypt_then_mac (RFC 7366 §2). */
  readonly encryptThenMac: boolean;
  /** How many records may be sealed under one key. */
  readonly recordLimit: number;
}

/** The keys that a cipher takes out of the key block, in bytes, and the protection that it makes of them. */
export function cbcRecordCipher(options: CbcOptions) {
  const { cipher, hash, iv, encryptThenMac, recordLimit } = options;
  return {
    macKeySize: hash.size,
    keySize: cipher.keySize,
    ivSize: iv.kind === 'chained' ? cipher.blockSize : 0,
    /** The protection owns the keys. Throws `ApiMisuse` (`ERR_TLS_KEY_SIZE`) for keys of another length. */
    protect(keys: ProtectionKeys, pseudoHeader: RecordPseudoHeader = PSEUDO_HEADER): CountedProtection {
      const [mac, blocks] = [new RecordMac(hash, keys.macKey, pseudoHeader), new CbcBlocks(options, keys)];
      const sealer = encryptThenMac ? new EncryptThenMac(mac, blocks) : new MacThenEncrypt(mac, blocks);
      return new CountedProtection(sealer, recordLimit, pseudoHeader);
    },
  };
}

/** Content, MAC and padding are encrypted together: the order of RFC 5246, whose receiver decrypts whatever it is sent. */
class MacThenEncrypt implements RecordSealer {
  readonly chainsVectors: boolean;
  readonly #mac: RecordMac;
  readonly #blocks: CbcBlocks;

  constructor(mac: RecordMac, blocks: CbcBlocks) {
    this.chainsVectors = blocks.ivSize === 0;
    this.#mac = mac;
    this.#blocks = blocks;
  }

  sealedLength(length: number): number {
    return this.#blocks.ivSize + this.#blocks.paddedLength(length + this.#mac.size);
  }

  seal(sequence: number, header: Uint8Array, plaintext: readonly Uint8Array[], out: Uint8Array[]): void {
    const mac = this.#mac;
    const length = lengthOf(plaintext);
    const end = mac.start + this.#blocks.paddedLength(length + mac.size);
    const work = mac.layOut(sequence, header, end - mac.start);
    copyInto(work, mac.start, plaintext);
    work.set(mac.compute(work, length), mac.start + length);
    pad(work, mac.start + length + mac.size, end);
    this.#blocks.encrypt(work.subarray(mac.start, end), out);
  }

  open(sequence: number, header: Uint8Array, fragment: Uint8Array): Uint8Array | undefined {
    const mac = this.#mac;
    const plaintext = this.#blocks.decrypt(fragment, mac.size + 1);
    if (plaintext === undefined) return undefined;
    // From here to the return, nothing may depend on what the plaintext is.
    const padding = checkPadding(plaintext, mac.size);
    const most = plaintext.length - mac.size - 1;
    const work = mac.layOut(sequence, header, plaintext.length);
    work.set(plaintext, mac.start);
    const expected = mac.computeEqualised(work, most, padding.length);
    const authentic = padding.good & macMatches(plaintext, padding.length, expected);
    if (authentic === 0) return undefined;
    this.#blocks.chain(fragment);
    return plaintext.subarray(0, most - padding.length);
  }

  wipe(): void {
    this.#mac.wipe();
    this.#blocks.wipe();
  }
}

/** Content and padding are encrypted, and the MAC protects what came out (RFC 7366 §3). */
class EncryptThenMac implements RecordSealer {
  readonly chainsVectors: boolean;
  readonly #mac: RecordMac;
  readonly #blocks: CbcBlocks;

  constructor(mac: RecordMac, blocks: CbcBlocks) {
    this.chainsVectors = blocks.ivSize === 0;
    this.#mac = mac;
    this.#blocks = blocks;
  }

  sealedLength(length: number): number {
    return this.#blocks.ivSize + this.#blocks.paddedLength(length) + this.#mac.size;
  }

  seal(sequence: number, header: Uint8Array, plaintext: readonly Uint8Array[], out: Uint8Array[]): void {
    const mac = this.#mac;
    const length = this.#blocks.paddedLength(lengthOf(plaintext));
    const work = mac.layOut(sequence, header, this.#blocks.ivSize + length);
    pad(work, copyInto(work, mac.start, plaintext), mac.start + length);
    const encrypted: Uint8Array[] = [];
    this.#blocks.encrypt(work.subarray(mac.start, mac.start + length), encrypted);
    copyInto(work, mac.start, encrypted);
    out.push(...encrypted, mac.compute(work, this.#blocks.ivSize + length));
  }

  open(sequence: number, header: Uint8Array, fragment: Uint8Array): Uint8Array | undefined {
    const mac = this.#mac;
    const end = fragment.length - mac.size;
    if (end < 0) return undefined;
    const encrypted = fragment.subarray(0, end);
    const work = mac.layOut(sequence, header, end);
    work.set(encrypted, mac.start);
    // RFC 7366 §3: "if the MAC verification fails, then processing SHALL terminate immediately."
    if (!constantTimeEqual(mac.compute(work, end), fragment.subarray(end))) return undefined;
    const plaintext = this.#blocks.decrypt(encrypted, 1);
    if (plaintext === undefined) return undefined;
    const padding = checkPadding(plaintext, 0);
    if (padding.good === 0) return undefined;
    this.#blocks.chain(encrypted);
    return plaintext.subarray(0, plaintext.length - 1 - padding.length);
  }

  wipe(): void {
    this.#mac.wipe();
    this.#blocks.wipe();
  }
}

/** The block cipher with its key, and whichever way its initialization vectors come. */
class CbcBlocks {
  /** Bytes of initialization vector in each fragment. */
  readonly ivSize: number;
  readonly #cipher: Cipher;
  readonly #key: Uint8Array;
  readonly #random: RandomSource | undefined;
  /** The vector of the next record of TLS 1.0. */
  #next: Uint8Array;

  constructor({ cipher, iv }: CbcOptions, keys: ProtectionKeys) {
    const expected = [cipher.keySize, iv.kind === 'chained' ? cipher.blockSize : 0];
    const given = [keys.key.length, keys.iv.length];
    if (String(given) !== String(expected)) {
      throw new ApiMisuse('ERR_TLS_KEY_SIZE', `${cipher.name} takes key and vector of ${expected} bytes, not of ${given}`);
    }
    this.ivSize = iv.kind === 'explicit' ? cipher.blockSize : 0;
    this.#cipher = cipher;
    this.#key = keys.key;
    this.#random = iv.kind === 'explicit' ? iv.random : undefined;
    this.#next = keys.iv;
  }

  /** Bytes of whole blocks that hold so many bytes, padding_length, and as little padding as there can be. */
  paddedLength(length: number): number {
    const { blockSize } = this.#cipher;
    return length + blockSize - (length % blockSize);
  }

  /** Appends initialization vector, if it is sent, and ciphertext. */
  encrypt(plaintext: Uint8Array, out: Uint8Array[]): void {
    const iv = this.#random?.(this.ivSize);
    const ciphertext = this.#cipher.encrypt(this.#key, iv ?? this.#next, plaintext);
    if (iv !== undefined) out.push(iv);
    out.push(ciphertext);
    this.chain(ciphertext);
  }

  /** Undefined for what is not whole blocks, or holds less than `atLeast` bytes: everybody can see that. */
  decrypt(fragment: Uint8Array, atLeast: number): Uint8Array | undefined {
    const { ivSize } = this;
    const length = fragment.length - ivSize;
    if (length < atLeast || length % this.#cipher.blockSize !== 0) return undefined;
    const iv = ivSize === 0 ? this.#next : fragment.subarray(0, ivSize);
    return this.#cipher.decrypt(this.#key, iv, fragment.subarray(ivSize));
  }

  /** In TLS 1.0, the next vector is the last block of this record: a copy, for the record is somebody else's memory. */
  chain(ciphertext: Uint8Array): void {
    if (this.ivSize === 0) this.#next = copyOf(ciphertext.subarray(-this.#cipher.blockSize));
  }

  wipe(): void {
    wipe(this.#key, this.#next);
  }
}

/** Fills up to `end` with the padding length, padding_length itself included. */
function pad(work: Uint8Array, from: number, end: number): void {
  work.fill(end - from - 1, from, end);
}
