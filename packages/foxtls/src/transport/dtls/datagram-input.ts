/**
 * Datagrams to opened records: which epoch each is of, and what becomes of those whose keys come later (RFC 6347 §4.1, RFC 9147 §4.2.2, §6.1).
 *
 * ```
 *   push ─▶ [datagrams] ─▶ record ─▶ an epoch that is there ─▶ open ─▶ next()
 *                                └▶ one that may come       ─▶ kept, and tried again when it does
 *                                └▶ neither                 ─▶ counted, dropped
 * ```
 * Invariant: what waits is bounded in number and in bytes, whoever sent it.
 */

import { copyOf, equal } from '../../core/bytes/bytes.ts';
import { type DatagramRecord, readDatagramRecord } from './datagram-record.ts';
import type { DatagramStats, DiscardReason } from './datagram-stats.ts';
import type { OpenedRecord, ReadEpoch } from './read-epoch.ts';

/** Records that wait for their keys: what a peer may send at once. */
const MAX_EARLY_RECORDS = 16;

/** Whose input it is. */
export interface InputOwner {
  readonly stats: DatagramStats;
  /** Whether a record is of an epoch that may still come: the transport knows, by version and progress. */
  expects(record: DatagramRecord): boolean;
}

/** Most of the time nothing waits. */
const NONE: readonly never[] = [];

export class DatagramInput {
  readonly #owner: InputOwner;
  readonly #maxQueuedBytes: number;
  /** What the peer puts on protected records: one of these, all of the same length. */
  connectionIds: readonly Uint8Array[] = NONE;
  /** The largest inner plaintext that we take, content type included (RFC 8449 §4), and the largest content in the clear (RFC 6066 §4). */
  maxInner = 2 ** 14 + 1;
  maxClear = 2 ** 14;
  #epochs: readonly ReadEpoch[];
  /** Made when something waits: an array that was filled once keeps its room. */
  #datagrams: Uint8Array[] | undefined;
  #queuedBytes = 0;
  #at = 0;
  #early: readonly DatagramRecord[] = NONE;
  /** Kept ones whose keys may have come. */
  #again: readonly DatagramRecord[] = NONE;

  /** `maxQueuedBytes`: of datagrams that wait to be looked at. */
  constructor(first: ReadEpoch, maxQueuedBytes: number, owner: InputOwner) {
    this.#epochs = [first];
    this.#maxQueuedBytes = maxQueuedBytes;
    this.#owner = owner;
  }

  /** Bytes of datagrams that were not looked at yet. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** How many records of DTLS 1.3 had to wait for keys. */
  earlyRecords = 0;

  get current(): ReadEpoch {
    return this.#epochs.at(-1) as ReadEpoch;
  }

  push(datagram: Uint8Array): void {
    if (this.#queuedBytes + datagram.length > this.#maxQueuedBytes) {
      this.discard('queue_full');
      return;
    }
    this.#datagrams ??= [];
    this.#datagrams.push(datagram);
    this.#queuedBytes += datagram.length;
  }

  clear(): void {
    this.#datagrams = undefined;
    this.#queuedBytes = 0;
    this.#at = 0;
    this.#early = NONE;
    this.#again = NONE;
  }

  /** The next record that opens. */
  next(): OpenedRecord | undefined {
    for (;;) {
      const record = this.#nextAgain() ?? this.#nextRecord();
      if (record === undefined) return undefined;
      const opened = this.#open(record);
      if (opened !== undefined) return opened;
    }
  }

  #nextAgain(): DatagramRecord | undefined {
    const [next] = this.#again;
    if (next !== undefined) this.#again = this.#again.length === 1 ? NONE : this.#again.slice(1);
    return next;
  }

  #nextRecord(): DatagramRecord | undefined {
    for (let datagram = this.#datagrams?.[0]; datagram !== undefined; datagram = this.#datagrams?.[0]) {
      const read = readDatagramRecord(datagram, this.#at, this.connectionIds[0]?.length ?? 0);
      if (read === undefined) this.discard('malformed');
      this.#at = read?.end ?? datagram.length;
      if (this.#at >= datagram.length) {
        this.#datagrams?.shift();
        this.#queuedBytes -= datagram.length;
        this.#at = 0;
        if (this.#datagrams?.length === 0) this.#datagrams = undefined;
      }
      if (read !== undefined) return read.record;
    }
    return undefined;
  }

  #open(record: DatagramRecord): OpenedRecord | undefined {
    const { connectionId } = record;
    if (connectionId !== undefined && !this.connectionIds.some((ours) => equal(ours, connectionId))) {
      this.discard('unexpected_type');
      return undefined;
    }
    const epoch = this.#epochOf(record);
    if (epoch === undefined) {
      this.#keep(record);
      return undefined;
    }
    const opened = epoch.open(record, epoch.isProtected ? this.maxInner : this.maxClear + 1);
    if (typeof opened !== 'string') {
      if (connectionId !== undefined) this.#retire(connectionId);
      return opened;
    }
    this.discard(opened);
    return undefined;
  }

  /** They are used in the order in which they were given: those before the one before this come no more. */
  #retire(used: Uint8Array): void {
    const at = this.connectionIds.findIndex((ours) => equal(ours, used));
    if (at > 1) this.connectionIds = this.connectionIds.slice(at - 1);
  }

  /** The newest epoch that a record can be of; two bits of a number tell four apart. */
  #epochOf(record: DatagramRecord): ReadEpoch | undefined {
    return record.kind === 'unified'
      ? this.#epochs.findLast(({ number }) => number > 0 && number % 4 === record.epochBits)
      : this.#epochs.findLast(({ number }) => number === record.epoch);
  }

  #keep(record: DatagramRecord): void {
    if (!this.#owner.expects(record)) this.discard('unknown_epoch');
    else if (this.#early.length >= MAX_EARLY_RECORDS) this.discard('queue_full');
    else {
      this.#early = [...this.#early, copyOfRecord(record)];
      if (record.kind === 'unified') this.earlyRecords++;
    }
  }

  discard(reason: DiscardReason): void {
    this.#owner.stats.discarded[reason]++;
  }

  /** From now on records of this epoch open, too; those that came too early are next. */
  install(epoch: ReadEpoch): void {
    // What is spread has room for more.
    this.#epochs = this.#epochs.concat(epoch);
    if (this.#early.length === 0) return;
    this.#again = [...this.#again, ...this.#early];
    this.#early = NONE;
  }

  /** Forgets the epochs from the first of those numbers to just before the second. */
  drop(from: number, to: number): void {
    const isOver = ({ number }: ReadEpoch) => number >= from && number < to;
    for (const epoch of this.#epochs) if (isOver(epoch)) epoch.wipe();
    // The copy has no room for more, as what `filter` makes has.
    this.#epochs = this.#epochs.filter((epoch) => !isOver(epoch)).slice();
  }

  get oldest(): number {
    return (this.#epochs[0] as ReadEpoch).number;
  }

  /** Forgets what can be derived again, until a record comes. */
  rest(): void {
    for (const epoch of this.#epochs) epoch.rest();
  }

  wipe(): void {
    for (const epoch of this.#epochs) epoch.wipe();
  }
}

/** A record that waits must not keep its whole datagram, which is its sender's to use again. */
function copyOfRecord(record: DatagramRecord): DatagramRecord {
  return record.kind === 'classic'
    ? { ...record, header: copyOf(record.header), fragment: copyOf(record.fragment) }
    : { ...record, header: copyOf(record.header), encrypted: copyOf(record.encrypted) };
}
