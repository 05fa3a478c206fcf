/**
 * Handshake messages as DTLS carries them: numbered, and cut into fragments (RFC 9147 §5.2, §5.5).
 *
 * ```
 * struct {
 *     HandshakeType msg_type;    // handshake type
 *     uint24 length;             // bytes in message
 *     uint16 message_seq;        // DTLS-required field
 *     uint24 fragment_offset;    // DTLS-required field
 *     uint24 fragment_length;    // DTLS-required field
 *     select (msg_type) { … } body;
 * } DTLSHandshake;
 * ```
 * What flows see, and what enters the transcript, is the message of TLS: "In DTLS 1.3, the message transcript is computed over the
 * original TLS 1.3-style Handshake messages without the message_seq, fragment_offset, and fragment_length values." (RFC 9147 §5.2)
 *
 * Fragments are taken in their order: over a link that loses or reorders, what comes out of it has to be buffered and retransmitted.
 */

import { concat, EMPTY } from '../../core/bytes/bytes.ts';
import { HEADER_SIZE, type RawMessage } from '../../protocol/messages/messages.ts';

export const FRAGMENT_HEADER_SIZE = 12;

/** The fragments of a TLS handshake message, header and body, each of at most `size` bytes of body. */
export function fragmentMessage(message: Uint8Array, messageSequence: number, size: number): Uint8Array[] {
  const body = message.subarray(HEADER_SIZE);
  const fragments: Uint8Array[] = [];
  let offset = 0;
  do {
    const part = body.subarray(offset, offset + size);
    const header = Uint8Array.of(messageSequence >> 8, messageSequence & 0xff, ...uint24(offset), ...uint24(part.length));
    fragments.push(concat(message.subarray(0, HEADER_SIZE), header, part));
    offset += size;
  } while (offset < body.length);
  return fragments;
}

/** Fragments in, whole messages out, in the order of message_seq. */
export class FragmentInput {
  readonly #maxMessageSize: number;
  #nextSequence = 0;
  /** The message being put together: its TLS header, then what has come of its body. */
  #parts: Uint8Array[] = [];
  #received = 0;
  readonly #messages: RawMessage[] = [];

  constructor(maxMessageSize: number) {
    this.#maxMessageSize = maxMessageSize;
  }

  /** Whether some fragments of a message (or whole messages) wait here. */
  get pending(): boolean {
    return this.#parts.length > 0 || this.#messages.length > 0;
  }

  next(): RawMessage | undefined {
    return this.#messages.shift();
  }

  /** Takes the fragments of a record; returns how many of them were discarded. */
  push(content: Uint8Array): number {
    let discarded = 0;
    for (let at = 0; at < content.length; ) {
      const end = at + FRAGMENT_HEADER_SIZE + readUint24(content, at + 9);
      if (at + FRAGMENT_HEADER_SIZE > content.length || end > content.length) return discarded + 1;
      if (!this.#take(content.subarray(at, end))) discarded++;
      at = end;
    }
    return discarded;
  }

  #take(fragment: Uint8Array): boolean {
    const length = readUint24(fragment, 1);
    const sequence = ((fragment[4] as number) << 8) | (fragment[5] as number);
    const offset = readUint24(fragment, 6);
    const body = fragment.subarray(FRAGMENT_HEADER_SIZE);
    // "If the sequence number is less than next_receive_seq, the message MUST be discarded. If the sequence number is greater than
    // next_receive_seq, the implementation SHOULD queue the message but MAY discard it." (RFC 9147 §5.2)
    if (sequence !== this.#nextSequence || offset !== this.#received) return false;
    if (length > this.#maxMessageSize || offset + body.length > length) return false;
    const header = fragment.subarray(0, HEADER_SIZE);
    if (offset === 0) this.#parts = [header];
    else if (!sameHeader(header, this.#parts[0] ?? EMPTY) || body.length === 0) return false;
    this.#parts.push(body);
    this.#received += body.length;
    if (this.#received === length) this.#finish();
    return true;
  }

  #finish(): void {
    const bytes = concat(...this.#parts);
    this.#messages.push({ type: bytes[0] as number, body: bytes.subarray(HEADER_SIZE), bytes, sequence: this.#nextSequence });
    this.#parts = [];
    this.#received = 0;
    this.#nextSequence++;
  }
}

function sameHeader(a: Uint8Array, b: Uint8Array): boolean {
  return a.every((byte, i) => byte === b[i]);
}

function uint24(value: number): [number, number, number] {
  return [value >> 16, (value >> 8) & 0xff, value & 0xff];
}

function readUint24(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number);
}
