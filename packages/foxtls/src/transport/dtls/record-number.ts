/**
 * The numbers of protected records in DTLS 1.3: masked on the wire, and only their low bits (RFC 9147 §4.2.2, §4.2.3).
 *
 * ```
 *   received:  header ─ unmaskedHeader ─▶ header as the AEAD takes it ─ recordSequence ─▶ the whole number
 *   sent:      header, then sealed ─▶ record ─ maskRecordNumber ─▶ record as it leaves
 *
 *   Mask = f(sn_key, Ciphertext[0..15])     f: AES-ECB or ChaCha20, a RecordNumberCipher of the provider
 * ```
 */

import { InternalError } from '../../core/errors/errors.ts';
import type { RecordNumberCipher } from '../../crypto/aead.ts';
import type { UnifiedRecord } from './datagram-record.ts';

/** Bytes of ciphertext, tag included, that the mask is made of: "This procedure requires the ciphertext length to be at least 16 bytes." (RFC 9147 §4.2.3) */
export const SAMPLE_SIZE = 16;

/**
 * A copy of the header of a received record with its number unmasked; undefined when the ciphertext is too short: "Receivers MUST reject
 * shorter records as if they had failed deprotection" (RFC 9147 §4.2.3). The record stays as it is, to be tried under other keys.
 */
export function unmaskedHeader(record: UnifiedRecord, cipher: RecordNumberCipher): Uint8Array | undefined {
  if (record.encrypted.length < SAMPLE_SIZE) return undefined;
  const header = new Uint8Array(record.header);
  const mask = cipher.mask(record.encrypted.subarray(0, SAMPLE_SIZE));
  applyMask(header, record.sequenceOffset, record.sequenceSize, mask);
  return header;
}

/** The whole number of a received record, of its unmasked header. `next` is one plus the highest number that was opened in its epoch. */
export function recordSequence(record: UnifiedRecord, unmasked: Uint8Array, next: number): number {
  const high = unmasked[record.sequenceOffset] as number;
  if (record.sequenceSize === 1) return reconstructSequence(high, 0x100, next);
  return reconstructSequence((high << 8) | (unmasked[record.sequenceOffset + 1] as number), 0x10000, next);
}

/**
 * "… the full sequence number which is numerically closest to one plus the sequence number of the highest successfully deprotected record in
 * the current epoch." (RFC 9147 §4.2.2) `bits` are the low bits, of which there are `range`.
 */
export function reconstructSequence(bits: number, range: number, next: number): number {
  const candidate = next - (next % range) + bits;
  if (candidate > next + range / 2 && candidate >= range) return candidate - range;
  return candidate < next - range / 2 ? candidate + range : candidate;
}

/**
 * Masks in place the number of a record to send: that of 16 bits which `unifiedHeader` writes, the ciphertext begins at `headerSize`.
 * "Senders MUST pad short plaintexts out […] in order to make a suitable-length ciphertext." (RFC 9147 §4.2.3)
 */
export function maskRecordNumber(record: Uint8Array, headerSize: number, cipher: RecordNumberCipher): void {
  const sample = record.subarray(headerSize, headerSize + SAMPLE_SIZE);
  if (sample.length < SAMPLE_SIZE) throw new InternalError('a record is too short for its number to be masked');
  applyMask(record, headerSize - NUMBER_AND_LENGTH, 2, cipher.mask(sample));
}

/** Bytes at the end of a header of ours. */
const NUMBER_AND_LENGTH = 4;

function applyMask(bytes: Uint8Array, at: number, size: 1 | 2, mask: Uint8Array): void {
  bytes[at] = (bytes[at] as number) ^ (mask[0] as number);
  if (size === 2) bytes[at + 1] = (bytes[at + 1] as number) ^ (mask[1] as number);
}
