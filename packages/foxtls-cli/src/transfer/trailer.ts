/**
 * How two foxtls move a file: records of a TLS connection, the same that the tutorial's programs use, and between two of ours one more.
 *
 * ```
 *   sender                                                receiver
 *   ClientHello, ALPN foxtls-transfer  ────────▶
 *                                      ◀────────          handshake
 *   name                               ────────▶          one record: UTF-8, 1 to 255 bytes
 *   content                            ────────▶          records of at most 4096 bytes, none for an empty file
 *   trailer                            ────────▶          one record: length (8 bytes), SHA-256 (32 bytes); only with the ALPN
 *   close_notify                       ────────▶          from now on the file is there
 *                                      ◀────────          close_notify; before it, with the ALPN, a reason if the file was not kept
 * ```
 * Without the ALPN the file is what comes between the name and close_notify. A FIN without close_notify, a reset, or a trailer that says something
 * else, and there is no file.
 */

import { timingSafeEqual } from 'node:crypto';

/** RFC 7301's identification of this protocol; of our own making, not registered. */
export const TRANSFER_PROTOCOL = 'foxtls-transfer';

export const DEFAULT_PORT = 8877;
/** Bytes of content in a record. With 24 more of AES-GCM in TLS 1.2 its length is 4120, and 4125 with the header. */
export const DEFAULT_RECORD_SIZE = 4096;

const LENGTH_BYTES = 8;
const DIGEST_BYTES = 32;
export const TRAILER_BYTES = LENGTH_BYTES + DIGEST_BYTES;

/** A reason is one record, and a person reads it. */
export const MAX_REASON_BYTES = 1024;

export function writeTrailer(length: number, sha256: Uint8Array): Uint8Array {
  const trailer = new Uint8Array(TRAILER_BYTES);
  new DataView(trailer.buffer).setBigUint64(0, BigInt(length));
  trailer.set(sha256, LENGTH_BYTES);
  return trailer;
}

/** Whether it speaks of this content. (Nothing of it is secret: `timingSafeEqual` is merely at hand.) */
export function trailerFits(trailer: Uint8Array, length: number, sha256: Uint8Array): boolean {
  return trailer.length === TRAILER_BYTES && timingSafeEqual(trailer, writeTrailer(length, sha256));
}

/** Keeps the last bytes of a stream back, because they may be the trailer: what they are is known at the end alone. */
export class TrailerFilter {
  #held: Uint8Array = new Uint8Array(0);

  /** The pieces that are content for certain. `chunk` is not kept. */
  pass(chunk: Uint8Array): Uint8Array[] {
    const excess = this.#held.length + chunk.length - TRAILER_BYTES;
    if (excess <= 0) {
      this.#held = Buffer.concat([this.#held, chunk]);
      return [];
    }
    const released = this.#held.subarray(0, excess);
    const content = chunk.subarray(0, Math.max(0, chunk.length - TRAILER_BYTES));
    this.#held = Buffer.concat([this.#held.subarray(released.length), chunk.subarray(content.length)]);
    return [released, content].filter(({ length }) => length > 0);
  }

  /** What is left: the trailer, if there was one. */
  get held(): Uint8Array {
    return this.#held;
  }
}
