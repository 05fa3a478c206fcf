/**
 * The records of DTLS in a datagram: their headers, read and written (RFC 6347 §4.1, RFC 9146 §4, RFC 9147 §4).
 *
 * ```
 * kind 'classic'                               kind 'unified'
 * struct {                                      0 1 2 3 4 5 6 7
 *     ContentType type;                        +-+-+-+-+-+-+-+-+
 *     ProtocolVersion version;                 |0|0|1|C|S|L|E E|
 *     uint16 epoch;                            +-+-+-+-+-+-+-+-+
 *     uint48 sequence_number;                  | Connection ID |   C - Connection ID (CID) present
 *     opaque cid[cid_length];  // tls12_cid    +-+-+-+-+-+-+-+-+   S - Sequence number length
 *     uint16 length;                           |8 or 16 bit    |   L - Length present
 *     opaque fragment[length];                 |Sequence Number|   E - Epoch
 * };                                           +-+-+-+-+-+-+-+-+
 *                                              | 16 bit Length |
 *                                              +-+-+-+-+-+-+-+-+
 * ```
 * Classic are all records of DTLS 1.2 and 1.0, and those in the clear of DTLS 1.3. Which types and epochs are right when, is the
 * transport's affair; here the first byte decides, as in RFC 9147 §4.1. Reading never throws: "In general, invalid records SHOULD be
 * silently discarded, thus preserving the association" (RFC 9147 §4.5.2). Nothing is copied: what it returns are views of the datagram.
 */

import { CONTENT_TYPES } from '../../core/registry/content-types.ts';

export interface ClassicRecord {
  readonly kind: 'classic';
  readonly type: number;
  readonly version: number;
  readonly epoch: number;
  /** The 48 bits within the epoch. */
  readonly sequence: number;
  /** The header as it stands, connection ID included. */
  readonly header: Uint8Array;
  readonly fragment: Uint8Array;
  /** Of records of type tls12_cid alone. */
  readonly connectionId: Uint8Array | undefined;
}

export interface UnifiedRecord {
  readonly kind: 'unified';
  /** The header as it stands, its number masked: once unmasked (record-number.ts), the AEAD's additional data. */
  readonly header: Uint8Array;
  /** The two low bits. */
  readonly epochBits: number;
  /** Where in the header the low bits of the sequence number stand, and in how many bytes. */
  readonly sequenceOffset: number;
  readonly sequenceSize: 1 | 2;
  readonly connectionId: Uint8Array | undefined;
  readonly encrypted: Uint8Array;
}

export type DatagramRecord = ClassicRecord | UnifiedRecord;

/** Bytes of a classic header without connection ID. */
export const CLASSIC_HEADER_SIZE = 13;
/** Bytes of a unified header of ours without connection ID. */
export const UNIFIED_HEADER_SIZE = 5;

/** A number in a classic record has 48 bits; so many are all that we count in DTLS 1.3, too. */
export const MAX_SEQUENCE = 2 ** 48 - 1;

/** Where the number stands in the classic header, and where the connection ID does, if there is one. */
const SEQUENCE_AT = 5;
const CONNECTION_ID_AT = 11;

/** "… the length should not exceed 2^14." (RFC 6347 §4.1): what is in the clear is of epoch 0. */
const MAX_PLAINTEXT = 2 ** 14;
/** RFC 5246 §6.2.3, RFC 8446 §5.2. */
const MAX_CLASSIC_FRAGMENT = 2 ** 14 + 2048;
const MAX_ENCRYPTED = 2 ** 14 + 256;

const FIXED_MASK = 0xe0;
const FIXED_BITS = 0x20;
const CID_PRESENT = 0x10;
const LONG_SEQUENCE = 0x08;
const LENGTH_PRESENT = 0x04;
const EPOCH_MASK = 0x03;

/**
 * The record that begins at `at`, and where the next one does; undefined when the rest of the datagram cannot be read.
 * `connectionIdLength` is that of the connection IDs that we gave out, for no record says how long its own is: 0 when there are none.
 */
export function readDatagramRecord(
  datagram: Uint8Array,
  at: number,
  connectionIdLength: number,
): { readonly record: DatagramRecord; readonly end: number } | undefined {
  const first = datagram[at];
  if (first === undefined) return undefined;
  // "If the first byte is alert(21), handshake(22), or ack(proposed, 26), the record MUST be interpreted as a DTLSPlaintext record."
  // (RFC 9147 §4.1) The others, and return_routability_check (RFC 9853), are of DTLS 1.2.
  if (first >= CONTENT_TYPES.change_cipher_spec && first <= CONTENT_TYPES.return_routability_check) {
    return readClassic(datagram, at, first, connectionIdLength);
  }
  return (first & FIXED_MASK) === FIXED_BITS ? readUnified(datagram, at, first, connectionIdLength) : undefined;
}

/**
 * The first byte of the connection ID on the first record of a datagram, for who knows no more of the IDs than that; undefined where there is none.
 */
export function connectionIdByte(datagram: Uint8Array): number | undefined {
  const first = datagram[0] ?? 0;
  if (first === CONTENT_TYPES.tls12_cid) return datagram[CONNECTION_ID_AT];
  return (first & FIXED_MASK) === FIXED_BITS && (first & CID_PRESENT) !== 0 ? datagram[1] : undefined;
}

function readClassic(datagram: Uint8Array, at: number, type: number, connectionIdLength: number) {
  const hasConnectionId = type === CONTENT_TYPES.tls12_cid;
  // "The CID field is present and contains one or more bytes." (RFC 9146 §4)
  if (hasConnectionId && connectionIdLength === 0) return undefined;
  const idEnd = at + CONNECTION_ID_AT + (hasConnectionId ? connectionIdLength : 0);
  const start = idEnd + 2;
  if (datagram.length < start) return undefined;
  const epoch = uint16(datagram, at + 3);
  const length = uint16(datagram, idEnd);
  const end = start + length;
  if (datagram.length < end || length > (epoch === 0 ? MAX_PLAINTEXT : MAX_CLASSIC_FRAGMENT)) return undefined;
  const record: ClassicRecord = {
    kind: 'classic',
    type,
    version: uint16(datagram, at + 1),
    epoch,
    sequence: uint16(datagram, at + SEQUENCE_AT) * 2 ** 32 + uint32(datagram, at + SEQUENCE_AT + 2),
    header: datagram.subarray(at, start),
    fragment: datagram.subarray(start, end),
    connectionId: hasConnectionId ? datagram.subarray(at + CONNECTION_ID_AT, idEnd) : undefined,
  };
  return { record, end };
}

function readUnified(datagram: Uint8Array, at: number, first: number, connectionIdLength: number) {
  const hasConnectionId = (first & CID_PRESENT) !== 0;
  // A connection ID of no length is none (RFC 9147 §9): nobody has a reason to send the bit.
  if (hasConnectionId && connectionIdLength === 0) return undefined;
  const sequenceOffset = 1 + (hasConnectionId ? connectionIdLength : 0);
  const sequenceSize = (first & LONG_SEQUENCE) !== 0 ? 2 : 1;
  const hasLength = (first & LENGTH_PRESENT) !== 0;
  const start = at + sequenceOffset + sequenceSize + (hasLength ? 2 : 0);
  if (datagram.length < start) return undefined;
  const end = hasLength ? start + uint16(datagram, start - 2) : datagram.length;
  if (datagram.length < end || end - start > MAX_ENCRYPTED) return undefined;
  const record: UnifiedRecord = {
    kind: 'unified',
    header: datagram.subarray(at, start),
    epochBits: first & EPOCH_MASK,
    sequenceOffset,
    sequenceSize,
    connectionId: hasConnectionId ? datagram.subarray(at + 1, at + sequenceOffset) : undefined,
    encrypted: datagram.subarray(start, end),
  };
  return { record, end };
}

/** The header of a classic record whose fragment has `length` bytes. With a connection ID, `type` has to be tls12_cid. */
export function classicHeader(
  type: number,
  version: number,
  epoch: number,
  sequence: number,
  length: number,
  connectionId?: Uint8Array,
): Uint8Array {
  const idLength = connectionId === undefined ? 0 : connectionId.length;
  const header = new Uint8Array(CLASSIC_HEADER_SIZE + idLength);
  header[0] = type;
  header[1] = version >> 8;
  header[2] = version;
  header[3] = epoch >> 8;
  header[4] = epoch;
  const high = Math.floor(sequence / 2 ** 32);
  header[5] = high >> 8;
  header[6] = high;
  header[7] = sequence >>> 24;
  header[8] = sequence >>> 16;
  header[9] = sequence >>> 8;
  header[10] = sequence;
  if (connectionId !== undefined) header.set(connectionId, CONNECTION_ID_AT);
  header[CONNECTION_ID_AT + idLength] = length >> 8;
  header[CONNECTION_ID_AT + idLength + 1] = length;
  return header;
}

export interface UnifiedHeader {
  readonly epoch: number;
  readonly sequence: number;
  /** Bytes of ciphertext and tag. */
  readonly length: number;
  /** What the peer wants on its records; undefined, or of no length, when it wants none. */
  readonly connectionId: Uint8Array | undefined;
}

/**
 * The unified header with 16 bits of sequence number, which `maskRecordNumber` has still to mask, and with the length, so that records
 * can share a datagram.
 */
export function unifiedHeader({ epoch, sequence, length, connectionId }: UnifiedHeader): Uint8Array {
  const idLength = connectionId === undefined ? 0 : connectionId.length;
  const header = new Uint8Array(UNIFIED_HEADER_SIZE + idLength);
  header[0] = FIXED_BITS | (idLength > 0 ? CID_PRESENT : 0) | LONG_SEQUENCE | LENGTH_PRESENT | (epoch & EPOCH_MASK);
  if (connectionId !== undefined) header.set(connectionId, 1);
  const at = 1 + idLength;
  header[at] = sequence >>> 8;
  header[at + 1] = sequence;
  header[at + 2] = length >> 8;
  header[at + 3] = length;
  return header;
}

/** Epoch 1 is of DTLS 1.2; 2 and those above are of DTLS 1.3 (RFC 9147 §6.1). */
export function isUnified(epoch: number): boolean {
  return epoch >= 2;
}

function uint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

function uint32(bytes: Uint8Array, at: number): number {
  return uint16(bytes, at) * 0x10000 + uint16(bytes, at + 2);
}
