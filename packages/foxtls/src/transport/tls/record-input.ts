/**
 * Bytes in, whole records out (RFC 8446 §5.1). A record that lies in one chunk is a view of it; only one that straddles chunks is joined:
 * a protected one, which is opened at once, in a buffer that the next one uses again; of bulk data that is one record in four.
 *
 * ```
 * struct {
 *     ContentType type;
 *     ProtocolVersion legacy_record_version;
 *     uint16 length;
 *     opaque fragment[TLSPlaintext.length];
 * } TLSPlaintext;
 * ```
 */

import { EMPTY, fromLatin1 } from '../../core/bytes/bytes.ts';
import { PeerMisbehaved } from '../../core/errors/errors.ts';
import { CONTENT_TYPES, contentTypeName } from '../../core/registry/content-types.ts';

export const RECORD_HEADER_SIZE = 5;
/** "The length MUST NOT exceed 2^14 bytes." (RFC 8446 §5.1) */
export const MAX_PLAINTEXT = 2 ** 14;
/** "The length MUST NOT exceed 2^14 + 256 bytes." (RFC 8446 §5.2) */
const MAX_CIPHERTEXT = MAX_PLAINTEXT + 256;
/** "The length MUST NOT exceed 2^14 + 2048." (RFC 5246 §6.2.3) */
const MAX_TLS12_CIPHERTEXT = MAX_PLAINTEXT + 2048;

/** Of type application_data, it is valid until the next record is read. */
export interface RawRecord {
  readonly type: number;
  /** The five bytes of header: additional data of a protected record. */
  readonly header: Uint8Array;
  readonly fragment: Uint8Array;
}

/** Chunks that were read through are dropped from the front of the list in lots, for dropping one moves all behind it. */
const DROP_AT_ONCE = 1024;

/**
 * Chunks of at most this many bytes are copied behind those that wait: an array of one byte costs two hundred, and a record that comes in
 * segments of one byte must not cost two hundred times its size.
 */
const SMALL_CHUNK = 512;
/** How much room is made for them at a time: twice of what waits, between these. */
const MIN_GATHERED = 64;
const MAX_GATHERED = 4096;

export class RecordInput {
  /** Reading stands at `#at` of `#chunks[#first]`; those before were read through. */
  #chunks: Uint8Array[] = [];
  #first = 0;
  #at = 0;
  #available = 0;
  /** The longest fragment of a record of type application_data, and of one of another type. */
  #maxData = MAX_CIPHERTEXT;
  #maxOther = MAX_PLAINTEXT;
  #lastType: number = CONTENT_TYPES.application_data;
  /** Where protected records are joined; made when there is one to join, dropped with the chunks. */
  #joined: Uint8Array | undefined;
  /** Where small chunks are gathered, and how much of it is filled: all that is, is the last of `#chunks`. */
  #gathered: Uint8Array | undefined;
  #filled = 0;

  /** Bytes that wait to be read. */
  get available(): number {
    return this.#available;
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#available += chunk.length;
    if (this.#chunks.length > 0 && chunk.length <= SMALL_CHUNK) {
      this.#gather(chunk);
      return;
    }
    this.#gathered = undefined;
    this.#chunks.push(chunk);
  }

  #gather(chunk: Uint8Array): void {
    const end = this.#filled + chunk.length;
    if (this.#gathered !== undefined && end <= this.#gathered.length) {
      this.#gathered.set(chunk, this.#filled);
      this.#filled = end;
      // What was read of it is a view, and stays what it was.
      this.#chunks[this.#chunks.length - 1] = this.#gathered.subarray(0, end);
      return;
    }
    this.#gathered = new Uint8Array(Math.min(Math.max(2 * this.#available, MIN_GATHERED), MAX_GATHERED));
    this.#gathered.set(chunk);
    this.#filled = chunk.length;
    this.#chunks.push(this.#gathered.subarray(0, chunk.length));
  }

  /** TLS 1.2: from now on records of every type are protected, and so may be longer than their content. */
  allowExpansion(): void {
    this.#maxData = MAX_TLS12_CIPHERTEXT;
    this.#maxOther = MAX_TLS12_CIPHERTEXT;
  }

  /** TLS 1.2: heartbeats were agreed on. (In TLS 1.3 they are inside of records of another type.) */
  allowHeartbeats(): void {
    this.#lastType = CONTENT_TYPES.heartbeat;
  }

  /** The next whole record, or undefined until there is one. A bad header is refused as soon as it is there. */
  next(): RawRecord | undefined {
    if (this.#available < RECORD_HEADER_SIZE) {
      if (this.#available > 0) checkType(this.#peek(this.#available), this.#lastType);
      return undefined;
    }
    const header = this.#peek(RECORD_HEADER_SIZE);
    checkType(header, this.#lastType);
    const type = header[0] as number;
    const length = ((header[3] as number) << 8) | (header[4] as number);
    const limit = type === CONTENT_TYPES.application_data ? this.#maxData : this.#maxOther;
    if (length > limit) throw new PeerMisbehaved('record_overflow', `a record of ${length} bytes, at most ${limit} are allowed`);
    if (this.#available < RECORD_HEADER_SIZE + length) return undefined;
    this.#skip(RECORD_HEADER_SIZE);
    const fragment = this.#peek(length, type === CONTENT_TYPES.application_data);
    this.#skip(length);
    return { type, header, fragment };
  }

  /** Forgets everything. */
  clear(): void {
    this.#chunks = [];
    this.#first = 0;
    this.#at = 0;
    this.#available = 0;
    this.#joined = undefined;
    this.#gathered = undefined;
  }

  /** The next `length` bytes: a view of their chunk, or a copy when they lie in several; a passing one in the buffer for those. */
  #peek(length: number, passing = false): Uint8Array {
    const chunk = this.#chunks[this.#first];
    if (chunk === undefined) return EMPTY;
    if (chunk.length - this.#at >= length) return chunk.subarray(this.#at, this.#at + length);
    const joined = passing ? this.#joinBuffer(length) : new Uint8Array(length);
    let filled = 0;
    for (let i = this.#first, from = this.#at; filled < length; i++, from = 0) {
      const part = (this.#chunks[i] as Uint8Array).subarray(from, from + length - filled);
      joined.set(part, filled);
      filled += part.length;
    }
    return joined;
  }

  #joinBuffer(length: number): Uint8Array {
    if (this.#joined === undefined || this.#joined.length < length) this.#joined = new Uint8Array(length);
    return this.#joined.subarray(0, length);
  }

  #skip(length: number): void {
    this.#available -= length;
    if (this.#available === 0) {
      this.clear();
      return;
    }
    this.#at += length;
    for (let chunk = this.#chunks[this.#first]; chunk !== undefined && this.#at >= chunk.length; ) {
      this.#at -= chunk.length;
      chunk = this.#chunks[++this.#first];
    }
    if (this.#first < DROP_AT_ONCE) return;
    this.#chunks = this.#chunks.slice(this.#first);
    this.#first = 0;
  }
}

/** What people send to a TLS port by mistake, so that the error can say it: the first five bytes. */
const PLAIN_HTTP = /^(GET |HEAD |POST |PUT |DELET|OPTIO|CONNE|PATCH|TRACE|PRI \*|HTTP\/)/;

function checkType(header: Uint8Array, lastType: number): void {
  const type = header[0] as number;
  if (type >= CONTENT_TYPES.change_cipher_spec && type <= lastType) return;
  if (header.length < RECORD_HEADER_SIZE && type >= 0x41 && type <= 0x5a) return;
  if (PLAIN_HTTP.test(fromLatin1(header))) {
    throw new PeerMisbehaved('not_tls', 'the peer speaks plain HTTP, not TLS');
  }
  throw new PeerMisbehaved('record_type_unexpected', `a record of type ${contentTypeName(type) ?? type}`);
}
