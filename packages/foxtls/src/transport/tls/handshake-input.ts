/**
 * Handshake messages out of handshake records: joined when split over records, parted when several share one (RFC 8446 §5.1).
 */

import { concat } from '../../core/bytes/bytes.ts';
import { messageTooLong } from '../../protocol/messages/message-length.ts';
import { HEADER_SIZE, type RawMessage } from '../../protocol/messages/messages.ts';

/** Fragments that wait apart: joining costs a copy, and a large message comes in few records. */
const MAX_PARTS = 64;

export class HandshakeInput {
  readonly #maxMessageSize: number;
  #parts: Uint8Array[] = [];
  #length = 0;

  constructor(maxMessageSize: number) {
    this.#maxMessageSize = maxMessageSize;
  }

  /** Whether some bytes of a message (or whole messages) wait here. */
  get pending(): boolean {
    return this.#length > 0;
  }

  push(fragment: Uint8Array): void {
    this.#parts.push(fragment);
    this.#length += fragment.length;
    // An array of one byte costs a hundred: a message in tiny fragments must not cost a hundred times its size.
    if (this.#parts.length > MAX_PARTS) this.#parts = [concat(...this.#parts)];
  }

  /** Forgets everything. */
  clear(): void {
    this.#parts = [];
    this.#length = 0;
  }

  /** The next whole message. Throws `LimitExceeded` as soon as a header announces too much. */
  next(): RawMessage | undefined {
    if (this.#length < HEADER_SIZE) return undefined;
    const header = this.#firstAtLeast(HEADER_SIZE);
    const length = ((header[1] as number) << 16) | ((header[2] as number) << 8) | (header[3] as number);
    if (length > this.#maxMessageSize) throw messageTooLong(header[0] as number, length, this.#maxMessageSize);
    const total = HEADER_SIZE + length;
    if (this.#length < total) return undefined;
    const first = this.#firstAtLeast(total);
    this.#parts[0] = first.subarray(total);
    if (first.length === total) this.#parts.shift();
    this.#length -= total;
    const bytes = first.subarray(0, total);
    return { type: bytes[0] as number, body: bytes.subarray(HEADER_SIZE), bytes, sequence: 0 };
  }

  /** The first part, joined with those after it when it is shorter than `length`. */
  #firstAtLeast(length: number): Uint8Array {
    const first = this.#parts[0] as Uint8Array;
    if (first.length >= length) return first;
    const joined = concat(...this.#parts);
    this.#parts = [joined];
    return joined;
  }
}
