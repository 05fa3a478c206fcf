/**
 * The header that a MAC, or an AEAD, sees before a record's content in (D)TLS 1.0 to 1.2: not the one that is sent, but one that is made
 * of it (RFC 5246 §6.2.3.1, §6.2.3.3; RFC 6347 §4.1.2.1; for records with a connection ID RFC 9146 §5).
 *
 * ```
 * | seq_num                        | type | version | length |                                          TLS and DTLS
 *     8                               1      2         2
 * | seq_num_placeholder | tls12_cid | cid_length | tls12_cid | version | epoch | sequence_number | cid | length |      RFC 9146
 *     8 times 0xff         1           1            1           2         2       6                …     2
 * ```
 * In DTLS seq_num is epoch · 2^48 + sequence_number: "the 64-bit value formed by concatenating the epoch and the sequence number in the
 * order they appear on the wire" (RFC 6347 §4.1.2.1).
 * Invariant: the length, which may be secret when the rest is written, is the last two bytes.
 */

import { InternalError } from '../../core/errors/errors.ts';
import { CONTENT_TYPES } from '../../core/registry/content-types.ts';

export interface RecordPseudoHeader {
  /** Bytes, with the length. */
  readonly size: number;
  /** Whether records have their content type inside, behind the content (RFC 9146 §4). */
  readonly hidesType: boolean;
  /** Writes all of it but the length at `at`, for the record of that number and with that header. */
  write(out: Uint8Array, at: number, sequence: number, header: Uint8Array): void;
}

const SEQUENCE_SIZE = 8;
/** ContentType and ProtocolVersion, which every header begins with. */
const TYPE_AND_VERSION = 3;
export const LENGTH_SIZE = 2;

/** Of every record but those with a connection ID. */
export const PSEUDO_HEADER: RecordPseudoHeader = {
  size: SEQUENCE_SIZE + TYPE_AND_VERSION + LENGTH_SIZE,
  hidesType: false,
  write(out, at, sequence, header) {
    writeSequence(out, at, sequence);
    out[at + 8] = header[0] as number;
    out[at + 9] = header[1] as number;
    out[at + 10] = header[2] as number;
  },
};

/**
 * Of records with a connection ID of `length` bytes, from 1 to 255 (RFC 9146 §5). The ID is taken from the header, which is the whole one of
 * such a record: type, version, epoch, sequence number, ID, length. "seq_num_placeholder: 8 bytes of 0xff." (RFC 9146 §5)
 */
export function connectionIdPseudoHeader(length: number): RecordPseudoHeader {
  if (!Number.isInteger(length) || length < 1 || length > 255) {
    throw new InternalError(`a connection ID of ${length} bytes is none`);
  }
  const fromHeader = TYPE_AND_VERSION + SEQUENCE_SIZE + length;
  return {
    size: SEQUENCE_SIZE + 2 + fromHeader + LENGTH_SIZE,
    hidesType: true,
    write(out, at, _sequence, header) {
      out.fill(0xff, at, at + SEQUENCE_SIZE);
      out[at + SEQUENCE_SIZE] = CONTENT_TYPES.tls12_cid;
      out[at + SEQUENCE_SIZE + 1] = length;
      for (let i = 0; i < fromHeader; i++) out[at + SEQUENCE_SIZE + 2 + i] = header[i] as number;
    },
  };
}

/** A sequence number, below 2^53, as 8 bytes. */
export function writeSequence(out: Uint8Array, at: number, sequence: number): void {
  const low = sequence >>> 0;
  const high = (sequence - low) / 2 ** 32;
  out[at] = high >>> 24;
  out[at + 1] = high >>> 16;
  out[at + 2] = high >>> 8;
  out[at + 3] = high;
  out[at + 4] = low >>> 24;
  out[at + 5] = low >>> 16;
  out[at + 6] = low >>> 8;
  out[at + 7] = low;
}

export function writeLength(out: Uint8Array, at: number, length: number): void {
  out[at] = length >>> 8;
  out[at + 1] = length;
}
