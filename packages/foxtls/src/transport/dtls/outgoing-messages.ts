/**
 * What was sent and may have to be sent again: the messages of a flight, each in fragments, and which of them the peer has
 * (RFC 6347 §4.2.4, RFC 9147 §5.5, §7.2).
 *
 * ```
 *   add ─▶ [ message 3, epoch 0 ][ change_cipher_spec ][ message 4, epoch 1 ] ─▶ transmit ─▶ records, by whose numbers it is acknowledged
 * ```
 * "When an implementation receives an ACK, it SHOULD record that the messages or message fragments sent in the records being ACKed were
 * received and omit them from any future retransmissions." (RFC 9147 §7.2)
 */

import { concatAll } from '../../core/bytes/bytes.ts';
import { CONTENT_TYPES } from '../../core/registry/content-types.ts';
import { HANDSHAKE_TYPES } from '../../core/registry/handshake-types.ts';
import { HEADER_SIZE } from '../../protocol/messages/messages.ts';
import { FRAGMENT_HEADER_SIZE, fragmentAt } from './message-fragments.ts';
import type { WriteEpoch } from './write-epoch.ts';

const CHANGE_CIPHER_SPEC = Uint8Array.of(1);
/** Records of a flight whose numbers are kept, over all times that it was sent; an ACK of an older one changes nothing. */
const MAX_RECORDS_KEPT = 1024;

/** Where records go: into a datagram with others, or into the next. */
export interface RecordSink {
  /** The content that still fits into the datagram that is open, or into an empty one. */
  room(epoch: WriteEpoch, where: 'open' | 'empty'): number;
  /** Returns the number of the record. */
  write(epoch: WriteEpoch, type: number, content: Uint8Array): number;
}

interface Fragment {
  readonly of: OutgoingMessage;
  readonly start: number;
  readonly end: number;
}

interface SentRecord {
  readonly fragments: readonly Fragment[];
  /** The how-manieth record of all it was. */
  readonly order: number;
}

class OutgoingMessage {
  readonly epoch: WriteEpoch;
  readonly sequence: number;
  /** With the header of TLS; undefined for change_cipher_spec. */
  readonly message: Uint8Array | undefined;
  readonly onAcknowledged: (() => void) | undefined;
  sent = false;
  /** Of the last record that it was sent in. */
  order = -1;
  /** The parts of the body that the peer does not have, in order; a body without bytes has one part without bytes. */
  missing: (readonly [start: number, end: number])[];

  constructor(epoch: WriteEpoch, message: Uint8Array | undefined, sequence: number, onAcknowledged?: () => void) {
    this.epoch = epoch;
    this.message = message;
    this.sequence = sequence;
    this.onAcknowledged = onAcknowledged;
    this.missing = message === undefined ? [] : [[0, message.length - HEADER_SIZE]];
  }

  acknowledge(start: number, end: number): void {
    this.missing = this.missing.flatMap(([from, to]) => {
      if (from === to) return start <= from && end >= to ? [] : ([[from, to]] as const);
      const before = [from, Math.min(to, start)] as const;
      const after = [Math.max(from, end), to] as const;
      return [before, after].filter(([first, last]) => first < last);
    });
  }
}

/** Of most connections, most of the time. */
const NONE: readonly never[] = [];

export class OutgoingMessages {
  #messages: readonly OutgoingMessage[] = NONE;
  /** By epoch and number, the oldest first. */
  #records: Map<string, SentRecord> | undefined;
  #order = 0;
  /** Of the latest record that the peer acknowledged. */
  #acknowledgedOrder = -1;

  get isEmpty(): boolean {
    return this.#messages.length === 0;
  }

  /** Whether some are to be sent again under other keys than these. */
  hasOther(epoch: WriteEpoch): boolean {
    return this.#messages.some((message) => message.epoch !== epoch);
  }

  /** Whether the peer acknowledged a part of them. */
  hasProgress = false;

  /** `message` has the header of TLS. */
  add(epoch: WriteEpoch, message: Uint8Array, sequence: number, onAcknowledged?: () => void): void {
    this.#messages = [...this.#messages, new OutgoingMessage(epoch, message, sequence, onAcknowledged)];
  }

  addChangeCipherSpec(epoch: WriteEpoch): void {
    this.#messages = [...this.#messages, new OutgoingMessage(epoch, undefined, -1)];
  }

  /**
   * Writes what was not sent yet, or all that the peer does not have, or of that what was sent before something that it has. Returns whether
   * there was something.
   */
  transmit(sink: RecordSink, what: 'new' | 'missing' | 'older'): boolean {
    const messages = this.#messages.filter(
      ({ sent, order }) => what === 'missing' || (what === 'new' ? !sent : sent && order < this.#acknowledgedOrder),
    );
    const records = new HandshakeRecords(sink, (epoch, number, fragments) => this.#keep(epoch, number, fragments));
    for (const message of messages) {
      message.sent = true;
      if (message.message !== undefined) {
        for (const [start, end] of message.missing) records.add(message, message.message, start, end);
        // NSS reads no further in a record that begins with what it has: what it misses must not be behind that.
        if (what !== 'new') records.close();
      } else {
        records.close();
        sink.write(message.epoch, CONTENT_TYPES.change_cipher_spec, CHANGE_CIPHER_SPEC);
      }
    }
    records.close();
    return messages.length > 0;
  }

  #keep(epoch: number, number: number, fragments: readonly Fragment[]): void {
    this.#records ??= new Map();
    if (this.#records.size >= MAX_RECORDS_KEPT) {
      const [oldest = ''] = this.#records.keys();
      this.#records.delete(oldest);
    }
    const order = this.#order++;
    for (const { of } of fragments) of.order = order;
    this.#records.set(recordKey(epoch, number), { fragments, order });
  }

  /** The peer has what was in a record. Returns whether that was news; then what is wholly there is forgotten. */
  acknowledge(epoch: number, sequence: number): boolean {
    const key = recordKey(epoch, sequence);
    const record = this.#records?.get(key);
    if (record === undefined) return false;
    this.#records?.delete(key);
    this.#acknowledgedOrder = Math.max(this.#acknowledgedOrder, record.order);
    return record.fragments.map((fragment) => this.#acknowledgeFragment(fragment)).includes(true);
  }

  #acknowledgeFragment({ of, start, end }: Fragment): boolean {
    const before = of.missing;
    of.acknowledge(start, end);
    if (sizeOf(before) === sizeOf(of.missing) && before.length === of.missing.length) return false;
    this.hasProgress = true;
    if (of.missing.length === 0) this.#forget(of);
    return true;
  }

  #forget(message: OutgoingMessage): void {
    this.#messages = this.#messages.filter((other) => other !== message);
    if (this.#messages.every((other) => other.message === undefined)) this.clear();
    message.onAcknowledged?.();
  }

  /** A peer that takes no ticket does without: nothing else depends on them. */
  forgetTickets(): void {
    this.#messages = this.#messages.filter(({ message }) => message?.[0] !== HANDSHAKE_TYPES.new_session_ticket);
    if (this.isEmpty) this.clear();
  }

  /** The peer has it all, or the handshake is over. */
  clear(): void {
    this.#messages = NONE;
    this.#records = undefined;
    this.hasProgress = false;
  }
}

/**
 * Puts fragments into records: "multiple handshake messages may be placed in the same DTLS record, provided that there is room and that they
 * are part of the same flight" (RFC 6347 §4.2.3). That spares headers and tags; in the clear, where there are none, each has a record to itself.
 */
class HandshakeRecords {
  readonly #sink: RecordSink;
  readonly #onRecord: (epoch: number, number: number, fragments: readonly Fragment[]) => void;
  #epoch: WriteEpoch | undefined;
  /** Bytes that still fit into the record. */
  #room = 0;
  #content: Uint8Array[] = [];
  #fragments: Fragment[] = [];

  constructor(sink: RecordSink, onRecord: (epoch: number, number: number, fragments: readonly Fragment[]) => void) {
    this.#sink = sink;
    this.#onRecord = onRecord;
  }

  /** A part of the body of `bytes`, cut where datagrams end. */
  add(of: OutgoingMessage, bytes: Uint8Array, start: number, end: number): void {
    let at = start;
    do {
      const least = Math.min(1, end - at);
      this.#makeRoom(of.epoch, FRAGMENT_HEADER_SIZE + least);
      const size = Math.max(least, Math.min(end - at, this.#room - FRAGMENT_HEADER_SIZE));
      this.#content.push(fragmentAt(bytes, of.sequence, at, size));
      this.#fragments.push({ of, start: at, end: at + size });
      this.#room -= FRAGMENT_HEADER_SIZE + size;
      at += size;
      if (of.epoch.number === 0) this.close();
    } while (at < end);
  }

  /** A record of that epoch with so much room, in the datagram that is open if it has it. */
  #makeRoom(epoch: WriteEpoch, least: number): void {
    if (this.#epoch === epoch && this.#room >= least) return;
    this.close();
    const open = this.#sink.room(epoch, 'open');
    this.#epoch = epoch;
    this.#room = open >= least ? open : this.#sink.room(epoch, 'empty');
  }

  close(): void {
    if (this.#epoch !== undefined && this.#content.length > 0) {
      const number = this.#sink.write(this.#epoch, CONTENT_TYPES.handshake, concatAll(this.#content));
      this.#onRecord(this.#epoch.number, number, this.#fragments);
    }
    this.#epoch = undefined;
    this.#content = [];
    this.#fragments = [];
  }
}

function sizeOf(parts: readonly (readonly [number, number])[]): number {
  return parts.reduce((total, [start, end]) => total + end - start, 0);
}

function recordKey(epoch: number, sequence: number): string {
  return `${epoch}:${sequence}`;
}
