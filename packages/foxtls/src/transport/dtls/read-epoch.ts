/**
 * One direction of receiving under one set of keys: records opened, each once (RFC 6347 §4.1.2, RFC 9147 §4.2, §4.5).
 *
 * A record that does not open changes nothing but a count: "invalid records SHOULD be silently discarded, thus preserving the association"
 * (RFC 9147 §4.5.2). Whether a number came before is looked up when the record has been opened, "otherwise, the record discard might itself
 * serve as a timing channel for the record number" (RFC 9147 §4.5.1).
 */

import type { RecordProtection } from '../../protocol/record/record-protection.ts';
import { type ClassicRecord, type DatagramRecord, isUnified, type UnifiedRecord } from './datagram-record.ts';
import type { DiscardReason } from './datagram-stats.ts';
import { recordSequence, unmaskedHeader } from './record-number.ts';
import { ReplayWindow } from './replay-window.ts';

const EPOCH_FACTOR = 2 ** 48;
const LATEST_KEPT = 32;

/** One direction of a connection that sleeps, or goes elsewhere. */
export interface DirectionState {
  readonly epoch: number;
  /** The traffic secret, of DTLS 1.3. */
  readonly secret: Uint8Array | undefined;
  /** Write: the number of the next record. Read: the highest received, and one. */
  readonly sequence: number;
  /** Read: which of the numbers before it were received. */
  readonly window: Uint8Array;
}

/** What was in a record. */
export interface OpenedRecord {
  readonly type: number;
  readonly content: Uint8Array;
  readonly epoch: number;
  readonly sequence: number;
  /** Whether no record with a higher number was opened before, of this epoch. */
  readonly isNewest: boolean;
}

export class ReadEpoch {
  readonly number: number;
  readonly #protection: RecordProtection | undefined;
  readonly #window: ReplayWindow;
  /** In the clear: the numbers that came last. */
  #latest: number[] | undefined;
  /** Records that did not open. */
  failures = 0;

  /** Owns `protection`. */
  constructor(number: number, windowSize: number, protection?: RecordProtection) {
    this.number = number;
    this.#protection = protection;
    this.#window = new ReplayWindow(windowSize);
  }

  /** Whether there are keys. */
  get isProtected(): boolean {
    return this.#protection !== undefined;
  }

  /** Whether a record of these keys was received. */
  get hasOpened(): boolean {
    return this.#protection !== undefined && this.#window.highest >= 0;
  }

  /** "Implementations MUST count the number of received packets that fail authentication with each key." (RFC 9147 §4.5.3) */
  get isOverFailureLimit(): boolean {
    return this.#protection !== undefined && this.failures > this.#protection.openFailureLimit;
  }

  /** The record's content, or why there is none. `maxInner` is the largest inner plaintext that we take, content type included. */
  open(record: DatagramRecord, maxInner: number): OpenedRecord | DiscardReason {
    return record.kind === 'unified' ? this.#openUnified(record, maxInner) : this.#openClassic(record, maxInner);
  }

  #openUnified(record: UnifiedRecord, maxInner: number): OpenedRecord | DiscardReason {
    const protection = this.#protection;
    if (protection?.recordNumberCipher === undefined) return 'unexpected_type';
    const header = unmaskedHeader(record, protection.recordNumberCipher);
    if (header === undefined) return this.#fail();
    const sequence = recordSequence(record, header, this.#window.highest + 1);
    const inner = protection.openAt(sequence, header, record.encrypted);
    if (inner === undefined) return this.#fail();
    const isNewest = sequence > this.#window.highest;
    return this.#accept(sequence) ? splitInner(inner, maxInner, { epoch: this.number, sequence, isNewest }) : 'replayed';
  }

  #openClassic(record: ClassicRecord, maxInner: number): OpenedRecord | DiscardReason {
    const { type, sequence, fragment } = record;
    const protection = this.#protection;
    if (isUnified(this.number)) return 'unexpected_type';
    const place = { epoch: this.number, sequence, isNewest: sequence > this.#window.highest };
    if (protection === undefined) {
      if (fragment.length >= maxInner) return 'too_large';
      return this.#isNewInClear(sequence) ? { type, content: fragment, ...place } : 'replayed';
    }
    const opened = protection.openAt(this.number * EPOCH_FACTOR + sequence, record.header, fragment);
    if (opened === undefined) return this.#fail();
    if (!this.#accept(sequence)) return 'replayed';
    if (record.connectionId !== undefined) return splitInner(opened, maxInner, place);
    return opened.length >= maxInner ? 'too_large' : { type, content: opened, ...place };
  }

  #accept(sequence: number): boolean {
    if (!this.#window.isNew(sequence)) return false;
    this.#window.add(sequence);
    return true;
  }

  /** Anybody can send any number in the clear: a window that moved by it would shut the right ones out. Of doubles, the link's are told. */
  #isNewInClear(sequence: number): boolean {
    const latest = this.#latest ?? [];
    if (latest.includes(sequence)) return false;
    // An array that was pushed to, or spread into, would have room for more.
    this.#latest = latest.slice(1 - LATEST_KEPT).concat(sequence);
    return true;
  }

  #fail(): DiscardReason {
    this.failures++;
    return 'undecryptable';
  }

  /** The next epoch of DTLS 1.3, after the peer's KeyUpdate (RFC 9147 §8). */
  next(windowSize: number): ReadEpoch {
    return new ReadEpoch(this.number + 1, windowSize, this.#protection?.next?.());
  }

  /** What an epoch with the same keys goes on from. */
  exportState(): DirectionState {
    const { highest } = this.#window;
    return {
      epoch: this.number,
      secret: this.#protection?.exportSecret?.(),
      sequence: highest + 1,
      window: this.#window.exportBits(),
    };
  }

  continueFrom({ sequence, window }: DirectionState): void {
    this.#window.continueFrom(sequence - 1, window);
  }

  /** Forgets what can be derived again, until a record comes. */
  rest(): void {
    this.#protection?.rest?.();
  }

  wipe(): void {
    this.#protection?.wipe();
  }
}

/** Content, type, zeros (RFC 8446 §5.2; RFC 9146 §4). */
function splitInner(
  inner: Uint8Array,
  maxInner: number,
  place: Omit<OpenedRecord, 'type' | 'content'>,
): OpenedRecord | DiscardReason {
  if (inner.length > maxInner) return 'too_large';
  let end = inner.length;
  while (end > 0 && inner[end - 1] === 0) end--;
  if (end === 0) return 'malformed';
  return { type: inner[end - 1] as number, content: inner.subarray(0, end - 1), ...place };
}
