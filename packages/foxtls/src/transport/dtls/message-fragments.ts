/**
 * Handshake messages as DTLS sends them: numbered, and cut into fragments (RFC 6347 §4.2.2, RFC 9147 §5.2, §5.5).
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
 * Flows write and read the message of TLS; message-reassembly.ts puts it together again. Fragments are cut when they are sent, and anew
 * when they are sent again: the MTU may be another by then.
 */

import { HEADER_SIZE } from '../../protocol/messages/messages.ts';

export const FRAGMENT_HEADER_SIZE = 12;

/** The fragment of a TLS handshake message (header and body) that begins at `offset` of its body and has at most `size` bytes of it. */
export function fragmentAt(message: Uint8Array, sequence: number, offset: number, size: number): Uint8Array {
  const from = HEADER_SIZE + offset;
  const length = Math.max(0, Math.min(size, message.length - from));
  const fragment = new Uint8Array(FRAGMENT_HEADER_SIZE + length);
  for (let i = 0; i < HEADER_SIZE; i++) fragment[i] = message[i] as number;
  fragment[4] = sequence >> 8;
  fragment[5] = sequence;
  fragment[6] = offset >> 16;
  fragment[7] = offset >> 8;
  fragment[8] = offset;
  fragment[9] = length >> 16;
  fragment[10] = length >> 8;
  fragment[11] = length;
  fragment.set(message.subarray(from, from + length), FRAGMENT_HEADER_SIZE);
  return fragment;
}

/** All fragments of a TLS handshake message, each of at most `size` bytes of body. */
export function fragmentMessage(message: Uint8Array, sequence: number, size: number): Uint8Array[] {
  const fragments: Uint8Array[] = [];
  let offset = 0;
  do {
    fragments.push(fragmentAt(message, sequence, offset, size));
    offset += size;
  } while (offset < message.length - HEADER_SIZE);
  return fragments;
}
