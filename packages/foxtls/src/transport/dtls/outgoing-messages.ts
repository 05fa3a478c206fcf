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

import { CONTENT_TYPES } from '../../core/registry/content-types.ts';
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

export class OutgoingMessages {
  #messages: OutgoingMessage[] = [];
  /** By epoch and number, the oldest first. */
  #records: Map<string, Fragment> | undefined;
  #order = 0;
  /** Of the latest record that the peer acknowledged. */
  #acknowledgedOrder = -1;

  get isEmpty(): boolean {
    return this.#messages.length === 0;
  }

  /** Whether the peer acknowledged a part of them. */
  hasProgress = false;

  /** `message` has the header of TLS. */
  add(epoch: WriteEpoch, message: Uint8Array, sequence: number, onAcknowledged?: () => void): void {
    this.#messages.push(new OutgoingMessage(epoch, message, sequence, onAcknowledged));
  }

  addChangeCipherSpec(epoch: WriteEpoch): void {
    this.#messages.push(new OutgoingMessage(epoch, undefined, -1));
  }

  /**
   * Writes what was not sent yet, or all that the peer does not have, or of that what was sent before something that it has. Returns whether
   * there was something.
   */
  transmit(sink: RecordSink, what: 'new' | 'missing' | 'older'): boolean {
    const messages = this.#messages.filter(
      ({ sent, order }) => what === 'missing' || (what === 'new' ? !sent : sent && order < this.#acknowledgedOrder),
    );
    for (const message of messages) {
      message.sent = true;
      if (message.message === undefined) sink.write(message.epoch, CONTENT_TYPES.change_cipher_spec, CHANGE_CIPHER_SPEC);
      else for (const [start, end] of message.missing) this.#transmitPart(sink, message, message.message, start, end);
    }
    return messages.length > 0;
  }

  #transmitPart(sink: RecordSink, message: OutgoingMessage, bytes: Uint8Array, start: number, end: number): void {
    let at = start;
    do {
      const size = Math.min(end - at, fragmentRoom(sink, message.epoch, end - at));
      const fragment = fragmentAt(bytes, message.sequence, at, size);
      const number = sink.write(message.epoch, CONTENT_TYPES.handshake, fragment);
      this.#keep(message, number, at, at + size);
      at += size;
    } while (at < end);
  }

  #keep(of: OutgoingMessage, number: number, start: number, end: number): void {
    this.#records ??= new Map();
    if (this.#records.size >= MAX_RECORDS_KEPT) {
      const [oldest = ''] = this.#records.keys();
      this.#records.delete(oldest);
    }
    of.order = this.#order++;
    this.#records.set(recordKey(of.epoch.number, number), { of, start, end, order: of.order });
  }

  /** The peer has what was in a record. Returns whether that was news; then what is wholly there is forgotten. */
  acknowledge(epoch: number, sequence: number): boolean {
    const key = recordKey(epoch, sequence);
    const fragment = this.#records?.get(key);
    if (fragment === undefined) return false;
    this.#records?.delete(key);
    const { of, start, end, order } = fragment;
    this.#acknowledgedOrder = Math.max(this.#acknowledgedOrder, order);
    const before = of.missing;
    of.acknowledge(start, end);
    const isNews = sizeOf(before) !== sizeOf(of.missing) || before.length !== of.missing.length;
    if (isNews) this.hasProgress = true;
    if (isNews && of.missing.length === 0) this.#forget(of);
    return isNews;
  }

  #forget(message: OutgoingMessage): void {
    this.#messages = this.#messages.filter((other) => other !== message);
    if (this.#messages.every((other) => other.message === undefined)) this.clear();
    message.onAcknowledged?.();
  }

  /** The peer has it all, or the handshake is over. */
  clear(): void {
    this.#messages = [];
    this.#records = undefined;
    this.hasProgress = false;
  }
}

/** A fragment fills the datagram that is open, unless that leaves room for next to nothing. */
function fragmentRoom(sink: RecordSink, epoch: WriteEpoch, wanted: number): number {
  const open = sink.room(epoch, 'open') - FRAGMENT_HEADER_SIZE;
  if (open >= wanted || open >= MIN_FRAGMENT) return open;
  return Math.max(1, sink.room(epoch, 'empty') - FRAGMENT_HEADER_SIZE);
}

/** Smaller fragments than that begin a datagram of their own. */
const MIN_FRAGMENT = 64;

function sizeOf(parts: readonly (readonly [number, number])[]): number {
  return parts.reduce((total, [start, end]) => total + end - start, 0);
}

function recordKey(epoch: number, sequence: number): string {
  return `${epoch}:${sequence}`;
}
