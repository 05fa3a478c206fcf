/**
 * HKDF (RFC 5869) and the labelled form of TLS 1.3 (RFC 8446 §7.1).
 *
 * ```
 * HKDF-Expand-Label(Secret, Label, Context, Length) = HKDF-Expand(Secret, HkdfLabel, Length)
 * struct {
 *     uint16 length = Length;
 *     opaque label<7..255> = "tls13 " + Label;
 *     opaque context<0..255> = Context;
 * } HkdfLabel;
 * ```
 * DTLS 1.3 writes "dtls13" in place of "tls13 " (RFC 9147 §5.9).
 */

import { concat } from '../../core/bytes/bytes.ts';
import type { Hash } from '../../crypto/hash.ts';

export type LabelPrefix = 'tls13 ' | 'dtls13';

/** A hash together with the protocol's label prefix: what every derivation needs. */
export interface LabelledHash {
  readonly hash: Hash;
  readonly labelPrefix: LabelPrefix;
}

/** HKDF-Extract(salt, IKM). */
export function extract(hash: Hash, salt: Uint8Array, inputKeyingMaterial: Uint8Array): Uint8Array {
  return hash.hmac(salt, inputKeyingMaterial);
}

/** HKDF-Expand(PRK, info, L); `length` in bytes, at most 255 times the hash's size. */
export function expand(hash: Hash, pseudorandomKey: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  // One block is what TLS asks for nearly always: HMAC over info and the counter 1.
  const first = hash.hmac(pseudorandomKey, concat(info, Uint8Array.of(1)));
  if (length <= first.length) return length === first.length ? first : first.slice(0, length);
  const blocks = [first];
  for (let counter = 2, total = first.length; total < length; counter++, total += hash.size) {
    blocks.push(hash.hmac(pseudorandomKey, concat(blocks[blocks.length - 1] as Uint8Array, info, Uint8Array.of(counter))));
  }
  return concat(...blocks).slice(0, length);
}

/** HKDF-Expand-Label. */
export function expandLabel(
  { hash, labelPrefix }: LabelledHash,
  secret: Uint8Array,
  label: string,
  context: Uint8Array,
  length: number,
): Uint8Array {
  return expand(hash, secret, hkdfLabel(labelPrefix + label, context, length), length);
}

/** In one piece, a character a byte: a handshake writes two dozen of them, and every label is ASCII. */
function hkdfLabel(label: string, context: Uint8Array, length: number): Uint8Array {
  const bytes = new Uint8Array(4 + label.length + context.length);
  bytes[0] = length >> 8;
  bytes[1] = length;
  bytes[2] = label.length;
  for (let i = 0; i < label.length; i++) bytes[3 + i] = label.charCodeAt(i);
  bytes[3 + label.length] = context.length;
  bytes.set(context, 4 + label.length);
  return bytes;
}

/** Derive-Secret(Secret, Label, Messages), with the hash of the messages given. */
export function deriveSecret(labelled: LabelledHash, secret: Uint8Array, label: string, transcriptHash: Uint8Array): Uint8Array {
  return expandLabel(labelled, secret, label, transcriptHash, labelled.hash.size);
}
