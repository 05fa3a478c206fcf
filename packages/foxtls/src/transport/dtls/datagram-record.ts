/**
 * The records of DTLS 1.3 in a datagram: their headers, read and written (RFC 9147 §4).
 *
 * ```
 * struct {                                     0 1 2 3 4 5 6 7
 *     ContentType type;                       +-+-+-+-+-+-+-+-+
 *     ProtocolVersion legacy_record_version;  |0|0|1|C|S|L|E E|
 *     uint16 epoch = 0                        +-+-+-+-+-+-+-+-+
 *     uint48 sequence_number;                 | Connection ID |   C - Connection ID (CID) present
 *     uint16 length;                          +-+-+-+-+-+-+-+-+   S - Sequence number length
 *     opaque fragment[length];                |8 or 16 bit    |   L - Length present
 * } DTLSPlaintext;                            |Sequence Number|   E - Epoch
 *                                             +-+-+-+-+-+-+-+-+
 *                                             | 16 bit Length |
 *                                             +-+-+-+-+-+-+-+-+
 * ```
 * Reading never throws: "In general, invalid records SHOULD be silently discarded, thus preserving the association" (RFC 9147 §4.5.2).
 * Records with a connection ID are not read: none is ever negotiated yet.
 */

import { CONTENT_TYPES } from '../../core/registry/content-types.ts';
import { PROTOCOL_VERSIONS } from '../../core/registry/protocol-versions.ts';

export interface PlaintextRecord {
  readonly kind: 'plaintext';
  readonly type: number;
  readonly epoch: number;
  readonly fragment: Uint8Array;
}

export interface CiphertextRecord {
  readonly kind: 'ciphertext';
  /** The header as it stood: the AEAD's additional data. */
  readonly header: Uint8Array;
  /** The two low bits. */
  readonly epochBits: number;
  /** The 8 or 16 low bits, and how many numbers they can tell apart. */
  readonly sequenceBits: number;
  readonly sequenceRange: number;
  readonly encrypted: Uint8Array;
}

const PLAINTEXT_HEADER_SIZE = 13;
const FIXED_MASK = 0xe0;
const FIXED_BITS = 0x20;
const CID_PRESENT = 0x10;
const LONG_SEQUENCE = 0x08;
const LENGTH_PRESENT = 0x04;
const EPOCH_MASK = 0x03;

/** The bytes that a protected record of ours has around its content: header and inner content type; the tag comes on top. */
export const PROTECTED_OVERHEAD = 5 + 1;
export const PLAINTEXT_OVERHEAD = PLAINTEXT_HEADER_SIZE;

/** The record that begins at `at`, and where the next one does; undefined when there is none that can be read. */
export function readDatagramRecord(
  datagram: Uint8Array,
  at: number,
): { readonly record: PlaintextRecord | CiphertextRecord; readonly end: number } | undefined {
  const first = datagram[at];
  if (first === undefined) return undefined;
  // "If the first byte is alert(21), handshake(22), or ack(proposed, 26), the record MUST be interpreted as a DTLSPlaintext record."
  // (RFC 9147 §4.1)
  if (first === CONTENT_TYPES.alert || first === CONTENT_TYPES.handshake || first === CONTENT_TYPES.ack) {
    return readPlaintext(datagram, at);
  }
  return (first & FIXED_MASK) === FIXED_BITS ? readCiphertext(datagram, at, first) : undefined;
}

function readPlaintext(datagram: Uint8Array, at: number) {
  const start = at + PLAINTEXT_HEADER_SIZE;
  if (datagram.length < start) return undefined;
  const end = start + uint16(datagram, start - 2);
  if (datagram.length < end) return undefined;
  const fragment = datagram.subarray(start, end);
  return { record: { kind: 'plaintext', type: datagram[at] as number, epoch: uint16(datagram, at + 3), fragment }, end } as const;
}

function readCiphertext(datagram: Uint8Array, at: number, first: number) {
  if ((first & CID_PRESENT) !== 0) return undefined;
  const isLong = (first & LONG_SEQUENCE) !== 0;
  const hasLength = (first & LENGTH_PRESENT) !== 0;
  const start = at + 1 + (isLong ? 2 : 1) + (hasLength ? 2 : 0);
  if (datagram.length < start) return undefined;
  const end = hasLength ? start + uint16(datagram, start - 2) : datagram.length;
  if (datagram.length < end) return undefined;
  const record = {
    kind: 'ciphertext',
    header: datagram.subarray(at, start),
    epochBits: first & EPOCH_MASK,
    sequenceBits: isLong ? uint16(datagram, at + 1) : (datagram[at + 1] as number),
    sequenceRange: isLong ? 0x10000 : 0x100,
    encrypted: datagram.subarray(start, end),
  } as const;
  return { record, end } as const;
}

/** "… the full sequence number which is numerically closest to one plus the sequence number of the highest successfully deprotected record in the current epoch." (RFC 9147 §4.2.2) */
export function reconstructSequence({ sequenceBits, sequenceRange }: CiphertextRecord, next: number): number {
  const candidate = next - (next % sequenceRange) + sequenceBits;
  if (candidate > next + sequenceRange / 2 && candidate >= sequenceRange) return candidate - sequenceRange;
  return candidate < next - sequenceRange / 2 ? candidate + sequenceRange : candidate;
}

/** The header of a record in the clear. */
export function plaintextHeader(type: number, sequence: number, length: number): Uint8Array {
  const header = new Uint8Array(PLAINTEXT_HEADER_SIZE);
  const view = new DataView(header.buffer);
  view.setUint8(0, type);
  view.setUint16(1, PROTOCOL_VERSIONS['DTLSv1.2']);
  view.setUint16(5, Math.floor(sequence / 2 ** 32));
  view.setUint32(7, sequence % 2 ** 32);
  view.setUint16(11, length);
  return header;
}

/** The unified header with 16 bits of sequence number and with the length, so that records can share a datagram. */
export function unifiedHeader(epoch: number, sequence: number, length: number): Uint8Array {
  const header = new Uint8Array(5);
  const view = new DataView(header.buffer);
  view.setUint8(0, FIXED_BITS | LONG_SEQUENCE | LENGTH_PRESENT | (epoch & EPOCH_MASK));
  view.setUint16(1, sequence % 0x10000);
  view.setUint16(3, length);
  return header;
}

function uint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}
