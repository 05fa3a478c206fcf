/**
 * One direction of sending under one set of keys: records made, numbered, sealed (RFC 6347 §4.1, RFC 9147 §4, §6.1; RFC 9146 §4).
 *
 * ```
 *   DTLS 1.2, and epoch 0:   header[13 + id] + fragment                     the header's number is what it says
 *   DTLS 1.3, epochs above:  header[5 + id] + AEAD(content, type)           the number is masked by a sample of what follows
 * ```
 * A flight may span epochs, and is sent again under those it was sent under at first: an epoch lives as long as something of it is unanswered.
 * Its sequence numbers never repeat: what is sent again has a new one.
 */

import { concatAll, EMPTY } from '../../core/bytes/bytes.ts';
import { InternalError } from '../../core/errors/errors.ts';
import { CONTENT_TYPES } from '../../core/registry/content-types.ts';
import type { RecordProtection } from '../../protocol/record/record-protection.ts';
import { CLASSIC_HEADER_SIZE, classicHeader, isUnified, UNIFIED_HEADER_SIZE, unifiedHeader } from './datagram-record.ts';
import type { DirectionState } from './read-epoch.ts';
import { maskRecordNumber } from './record-number.ts';

/** A sequence number has 48 bits; before them stands the epoch (RFC 6347 §4.1). */
const EPOCH_FACTOR = 2 ** 48;
/** Records, far below what any cipher is good for (RFC 9147 §4.5.3). */
const TIRED_AFTER = 2 ** 20;

/** A record, and the number by which the peer may acknowledge it. */
export interface WrittenRecord {
  readonly bytes: Uint8Array;
  readonly sequence: number;
}

/** How records of an epoch look. */
export interface RecordForm {
  /** The version that classic headers say. */
  readonly version: number;
  /** The id that the peer wants on protected records; empty for none. */
  readonly connectionId: Uint8Array;
}

export class WriteEpoch {
  readonly number: number;
  readonly #protection: RecordProtection | undefined;
  #sequence: number;

  /** Owns `protection`. A server that goes on from a cookie counts on from where the client was (RFC 6347 §4.2.1). */
  constructor(number: number, protection?: RecordProtection, sequence = 0) {
    this.number = number;
    this.#protection = protection;
    this.#sequence = sequence;
  }

  /** Whether so many records were sealed under the keys that only one more may be. */
  get exhausted(): boolean {
    return this.#protection?.exhausted === true;
  }

  /** Whether it is time to ask for the next keys, which takes a round trip, or some. */
  get tired(): boolean {
    return this.#protection !== undefined && this.#sequence >= TIRED_AFTER;
  }

  /** The bytes of a record with so much content. */
  recordLength(form: RecordForm, content: number): number {
    const protection = this.#protection;
    const id = form.connectionId.length;
    if (protection === undefined) return CLASSIC_HEADER_SIZE + content;
    if (isUnified(this.number)) return UNIFIED_HEADER_SIZE + id + protection.sealedLength(content + 1);
    return CLASSIC_HEADER_SIZE + id + protection.sealedLength(content + (id > 0 ? 1 : 0));
  }

  /** How much content fits into a record of `room` bytes; negative when nothing does. */
  contentLimit(form: RecordForm, room: number): number {
    let content = room - this.recordLength(form, 0);
    // Blocks are filled up: what one byte less would have left over fits, too.
    while (this.recordLength(form, content + 1) <= room) content++;
    while (content >= 0 && this.recordLength(form, content) > room) content--;
    return content;
  }

  write(form: RecordForm, type: number, content: Uint8Array): WrittenRecord {
    const sequence = this.#sequence++;
    const protection = this.#protection;
    if (protection === undefined) {
      const header = classicHeader(type, form.version, this.number, sequence, content.length);
      return { bytes: concatAll([header, content]), sequence };
    }
    const bytes = isUnified(this.number)
      ? this.#seal13(protection, form, sequence, type, content)
      : this.#seal12(protection, form, sequence, type, content);
    return { bytes, sequence };
  }

  #seal13(
    protection: RecordProtection,
    { connectionId }: RecordForm,
    sequence: number,
    type: number,
    content: Uint8Array,
  ): Uint8Array {
    const length = protection.sealedLength(content.length + 1);
    const header = unifiedHeader({ epoch: this.number, sequence, length, connectionId });
    const pieces = [header];
    protection.sealAt(sequence, header, [content, Uint8Array.of(type)], pieces);
    const record = concatAll(pieces);
    if (protection.recordNumberCipher === undefined) throw new InternalError('DTLS 1.3 without a cipher for record numbers');
    maskRecordNumber(record, header.length, protection.recordNumberCipher);
    return record;
  }

  #seal12(protection: RecordProtection, form: RecordForm, sequence: number, type: number, content: Uint8Array): Uint8Array {
    const { version, connectionId } = form;
    const hasId = connectionId.length > 0;
    const plaintext = hasId ? [content, Uint8Array.of(type)] : [content];
    const length = protection.sealedLength(content.length + (hasId ? 1 : 0));
    const outerType = hasId ? CONTENT_TYPES.tls12_cid : type;
    const header = classicHeader(outerType, version, this.number, sequence, length, connectionId);
    const pieces = [header];
    protection.sealAt(this.number * EPOCH_FACTOR + sequence, header, plaintext, pieces);
    return concatAll(pieces);
  }

  /** What an epoch with the same keys goes on from. */
  exportState(): DirectionState {
    return { epoch: this.number, secret: this.#protection?.exportSecret?.(), sequence: this.#sequence, window: EMPTY };
  }

  /** Forgets what can be derived again, until a record is to be sent. */
  rest(): void {
    this.#protection?.rest?.();
  }

  wipe(): void {
    this.#protection?.wipe();
  }

  /** The next epoch of DTLS 1.3, after a KeyUpdate (RFC 9147 §8). */
  next(): WriteEpoch {
    return new WriteEpoch(this.number + 1, this.#protection?.next?.());
  }
}
