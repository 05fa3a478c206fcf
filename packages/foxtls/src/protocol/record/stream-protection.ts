/**
 * Record protection by HMAC and a stream cipher, or by HMAC alone (RFC 5246 §6.2.3.1), in TLS 1.0 to 1.2.
 *
 * ```
 * stream-ciphered struct {
 *     opaque content[TLSCompressed.length];
 *     opaque MAC[SecurityParameters.mac_length];
 * } GenericStreamCipher;
 * ```
 * "For stream ciphers that do not use a synchronization vector (such as RC4), the stream cipher state from the end of one record is simply
 * used on the subsequent packet." (RFC 5246 §6.2.3.1) So there records are opened in order only, and after one that is not authentic none
 * is. There is no padding: where the MAC stands is no secret.
 */

import { constantTimeEqual, copyOf, wipe } from '../../core/bytes/bytes.ts';
import type { Keystream, StreamCipher } from '../../crypto/stream-cipher.ts';
import { CountedProtection, type ProtectionKeys, type RecordSealer } from './counted-protection.ts';
import { PSEUDO_HEADER, type RecordPseudoHeader } from './pseudo-header.ts';
import { copyInto, lengthOf, type RecordHash, RecordMac } from './record-mac.ts';

export interface StreamOptions {
  /** None in the NULL suites, whose records everybody can read. */
  readonly cipher?: StreamCipher | undefined;
  readonly hash: RecordHash;
  /** How many records may be sealed under one key. */
  readonly recordLimit: number;
}

/** The keys that a cipher takes out of the key block, in bytes, and the protection that it makes of them. */
export function streamRecordCipher({ cipher, hash, recordLimit }: StreamOptions) {
  return {
    macKeySize: hash.size,
    keySize: cipher?.keySize ?? 0,
    ivSize: 0,
    /** The protection owns the keys. Throws `ApiMisuse` (`ERR_TLS_KEY_SIZE`) or `CryptoFailure` for keys of another length. */
    protect(keys: ProtectionKeys, pseudoHeader: RecordPseudoHeader = PSEUDO_HEADER): CountedProtection {
      const sealer = new StreamSealer(new RecordMac(hash, keys.macKey, pseudoHeader), cipher?.create(keys.key));
      wipe(keys.key);
      return new CountedProtection(sealer, recordLimit, pseudoHeader);
    },
  };
}

class StreamSealer implements RecordSealer {
  readonly #mac: RecordMac;
  readonly #keystream: Keystream | undefined;

  constructor(mac: RecordMac, keystream: Keystream | undefined) {
    this.#mac = mac;
    this.#keystream = keystream;
  }

  sealedLength(length: number): number {
    return length + this.#mac.size;
  }

  seal(sequence: number, header: Uint8Array, plaintext: readonly Uint8Array[], out: Uint8Array[]): void {
    const mac = this.#mac;
    const length = lengthOf(plaintext);
    const work = mac.layOut(sequence, header, length + mac.size);
    copyInto(work, mac.start, plaintext);
    copyInto(work, mac.start + length, [mac.compute(work, length)]);
    out.push(this.#apply(work.subarray(mac.start, mac.start + length + mac.size)));
  }

  open(sequence: number, header: Uint8Array, fragment: Uint8Array): Uint8Array | undefined {
    const mac = this.#mac;
    const length = fragment.length - mac.size;
    if (length < 0) return undefined;
    const plaintext = this.#apply(fragment);
    const content = plaintext.subarray(0, length);
    const work = mac.layOut(sequence, header, length);
    copyInto(work, mac.start, [content]);
    return constantTimeEqual(mac.compute(work, length), plaintext.subarray(length)) ? content : undefined;
  }

  wipe(): void {
    this.#mac.wipe();
    this.#keystream?.wipe();
  }

  /** Encrypted or decrypted, in memory of its own. */
  #apply(data: Uint8Array): Uint8Array {
    return this.#keystream === undefined ? copyOf(data) : this.#keystream.apply(data);
  }
}
