/**
 * Bytes in, whole records out (RFC 8446 §5.1). A record that lies in one chunk is a view of it; only one that straddles chunks is joined.
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

import { fromLatin1 } from '../../core/bytes/bytes.ts';
import { PeerMisbehaved } from '../../core/errors/errors.ts';
import { CONTENT_TYPES, contentTypeName } from '../../core/registry/content-types.ts';

export const RECORD_HEADER_SIZE = 5;
/** "The length MUST NOT exceed 2^14 bytes." (RFC 8446 §5.1) */
export const MAX_PLAINTEXT = 2 ** 14;
/** "The length MUST NOT exceed 2^14 + 256 bytes." (RFC 8446 §5.2) */
const MAX_CIPHERTEXT = MAX_PLAINTEXT + 256;

export interface RawRecord {
  readonly type: number;
  /** The five bytes of header: additional data of a protected record. */
  readonly header: Uint8Array;
  readonly fragment: Uint8Array;
}

export class RecordInput {
  #chunk: Uint8Array | undefined;
  #at = 0;
  #more: Uint8Array[] = [];
  #available = 0;

  /** Bytes that wait to be read. */
  get available(): number {
    return this.#available;
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#available += chunk.length;
    if (this.#chunk === undefined) {
      this.#chunk = chunk;
      this.#at = 0;
    } else {
      this.#more.push(chunk);
    }
  }

  /** The next whole record, or undefined until there is one. A bad header is refused as soon as it is there. */
  next(): RawRecord | undefined {
    if (this.#available < RECORD_HEADER_SIZE) {
      if (this.#available > 0) checkType(this.#peek(this.#available));
      return undefined;
    }
    const header = this.#peek(RECORD_HEADER_SIZE);
    checkType(header);
    const type = header[0] as number;
    const length = ((header[3] as number) << 8) | (header[4] as number);
    const limit = type === CONTENT_TYPES.application_data ? MAX_CIPHERTEXT : MAX_PLAINTEXT;
    if (length > limit) throw new PeerMisbehaved('record_overflow', `a record of ${length} bytes, at most ${limit} are allowed`);
    if (this.#available < RECORD_HEADER_SIZE + length) return undefined;
    const record = this.#take(RECORD_HEADER_SIZE + length);
    return { type, header: record.subarray(0, RECORD_HEADER_SIZE), fragment: record.subarray(RECORD_HEADER_SIZE) };
  }

  /** Forgets everything. */
  clear(): void {
    this.#chunk = undefined;
    this.#more = [];
    this.#available = 0;
  }

  #peek(length: number): Uint8Array {
    const chunk = this.#chunk as Uint8Array;
    if (chunk.length - this.#at >= length) return chunk.subarray(this.#at, this.#at + length);
    return this.#gather(length);
  }

  #take(length: number): Uint8Array {
    const chunk = this.#chunk as Uint8Array;
    const end = this.#at + length;
    this.#available -= length;
    if (end < chunk.length) {
      this.#at = end;
      return chunk.subarray(end - length, end);
    }
    const taken = end === chunk.length ? chunk.subarray(this.#at) : this.#gather(length);
    this.#skip(length);
    return taken;
  }

  /** A copy of the next `length` bytes, from several chunks. */
  #gather(length: number): Uint8Array {
    const joined = new Uint8Array(length);
    const first = (this.#chunk as Uint8Array).subarray(this.#at);
    joined.set(first);
    let filled = first.length;
    for (let i = 0; filled < length; i++) {
      const part = (this.#more[i] as Uint8Array).subarray(0, length - filled);
      joined.set(part, filled);
      filled += part.length;
    }
    return joined;
  }

  #skip(length: number): void {
    let rest = length;
    let used = 0;
    let chunk = this.#chunk;
    while (chunk !== undefined && rest >= chunk.length - this.#at) {
      rest -= chunk.length - this.#at;
      chunk = this.#more[used++];
      this.#at = 0;
    }
    this.#at += rest;
    this.#chunk = chunk;
    if (used > 0) this.#more = this.#more.slice(used);
  }
}

/** What people send to a TLS port by mistake, so that the error can say it: the first five bytes. */
const PLAIN_HTTP = /^(GET |HEAD |POST |PUT |DELET|OPTIO|CONNE|PATCH|TRACE|PRI \*|HTTP\/)/;

function checkType(header: Uint8Array): void {
  const type = header[0] as number;
  if (type >= CONTENT_TYPES.change_cipher_spec && type <= CONTENT_TYPES.application_data) return;
  if (header.length < RECORD_HEADER_SIZE && type >= 0x41 && type <= 0x5a) return;
  if (PLAIN_HTTP.test(fromLatin1(header))) {
    throw new PeerMisbehaved('not_tls', 'the peer speaks plain HTTP, not TLS');
  }
  throw new PeerMisbehaved('record_type_unexpected', `a record of type ${contentTypeName(type) ?? type}`);
}
