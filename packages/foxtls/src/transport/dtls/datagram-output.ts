/**
 * What leaves: messages numbered and cut to fit, flights kept until they are answered, and sent again (RFC 6347 §4.2, RFC 9147 §5, §7.2, §8).
 *
 * ```
 *   addMessage, addChangeCipherSpec ─▶ flight ─▶ flush(): records in datagrams, timer starts
 *   answered(), acknowledge(numbers), timeout ─▶ forgotten, or the rest of it again
 * ```
 */

import { ApiMisuse, LimitExceeded } from '../../core/errors/errors.ts';
import { CONTENT_TYPES } from '../../core/registry/content-types.ts';
import type { RecordNumber } from './acknowledgements.ts';
import type { DatagramPacker } from './datagram-packer.ts';
import type { DatagramStats } from './datagram-stats.ts';
import { OutgoingMessages } from './outgoing-messages.ts';
import type { DirectionState } from './read-epoch.ts';
import { WriteEpoch } from './write-epoch.ts';

/** message_seq has 16 bits, and no way to begin anew (RFC 9147 §5.2). */
const MAX_MESSAGE_SEQUENCE = 0xffff;

const NONE: readonly never[] = [];

export class DatagramOutput {
  readonly packer: DatagramPacker;
  readonly #stats: DatagramStats;
  readonly #outgoing = new OutgoingMessages();
  #epoch: WriteEpoch = new WriteEpoch(0);
  /** Those that something unanswered was sent under. */
  #older: readonly WriteEpoch[] = NONE;
  #messageSequence = 0;
  /** What comes next begins a flight: the peer has the one before. */
  #isOver = true;

  constructor(packer: DatagramPacker, stats: DatagramStats) {
    this.packer = packer;
    this.#stats = stats;
  }

  get epoch(): number {
    return this.#epoch.number;
  }

  get exhausted(): boolean {
    return this.#epoch.exhausted;
  }

  get tired(): boolean {
    return this.#epoch.tired;
  }

  /** Whether something waits to be answered. */
  get isPending(): boolean {
    return !this.#outgoing.isEmpty;
  }

  /** Whether something that was sent under earlier keys waits to be answered. */
  get hasOlderPending(): boolean {
    return this.#outgoing.hasOther(this.#epoch);
  }

  /** Whether the peer acknowledged a part of what is pending. */
  get hasProgress(): boolean {
    return this.#outgoing.hasProgress;
  }

  /** Server: goes on from a ClientHello of these numbers (RFC 6347 §4.2.1, §4.2.2). */
  startAt(messageSequence: number, recordSequence: number): void {
    this.#messageSequence = messageSequence;
    this.#epoch = new WriteEpoch(0, undefined, recordSequence);
  }

  /** The next message begins another flight, which the one before is answered by. */
  endFlight(): void {
    this.#isOver = true;
  }

  /** Adds a message, header of TLS and body; returns its message_seq. With `isAlone`, it is none of a flight. */
  addMessage(message: Uint8Array, isAlone = false, onAcknowledged?: () => void): number {
    if (!isAlone) this.#begin();
    const sequence = this.#messageSequence++;
    if (sequence > MAX_MESSAGE_SEQUENCE) throw tooManyMessages();
    this.#outgoing.add(this.#epoch, message, sequence, onAcknowledged);
    return sequence;
  }

  addChangeCipherSpec(): void {
    this.#begin();
    this.#outgoing.addChangeCipherSpec(this.#epoch);
  }

  #begin(): void {
    if (!this.#isOver) return;
    this.forget();
    this.#isOver = false;
  }

  /** Sends what was added and not sent yet. Returns whether there was something. */
  flush(): boolean {
    const isSomething = this.#outgoing.transmit(this.packer, 'new');
    this.packer.flush();
    return isSomething;
  }

  /** Sends what the peer does not have yet. Returns whether there was something. */
  retransmit(): boolean {
    return this.#retransmit('missing');
  }

  /** Sends what the peer does not have yet although it has something that was sent later. */
  retransmitOlder(): boolean {
    return this.#retransmit('older');
  }

  #retransmit(what: 'missing' | 'older'): boolean {
    if (!this.#outgoing.transmit(this.packer, what)) return false;
    this.#stats.retransmissions++;
    this.packer.flush();
    return true;
  }

  /** Returns whether an ACK brought news. */
  acknowledge(numbers: readonly RecordNumber[]): boolean {
    let isNews = false;
    for (const { epoch, sequence } of numbers) if (this.#outgoing.acknowledge(epoch, sequence)) isNews = true;
    if (this.#outgoing.isEmpty) this.forget();
    return isNews;
  }

  /** Tickets are not sent again. */
  forgetTickets(): void {
    this.#outgoing.forgetTickets();
    if (this.#outgoing.isEmpty) this.forget();
  }

  /** The peer has all of it, or will never need it. */
  forget(): void {
    this.#outgoing.clear();
    for (const epoch of this.#older) epoch.wipe();
    this.#older = NONE;
  }

  setEpoch(epoch: WriteEpoch): void {
    this.#older = [...this.#older, this.#epoch];
    this.#epoch = epoch;
  }

  /** The keys after a KeyUpdate (RFC 9147 §8). */
  updateKeys(): void {
    this.setEpoch(this.#epoch.next());
    if (this.#outgoing.isEmpty) this.forget();
  }

  /** The largest content of a record alone in its datagram. */
  get contentLimit(): number {
    return this.packer.room(this.#epoch, 'empty');
  }

  /** The most content that goes into a datagram of that size. */
  contentLimitOf(size: number): number {
    return this.packer.room(this.#epoch, 'empty', size);
  }

  /** A record that is sent once, in a datagram with what was written just before it. */
  writeRecord(type: number, content: Uint8Array): void {
    this.packer.write(this.#epoch, type, content);
    this.packer.flush();
  }

  /** An ACK may share its datagram with what is sent next. */
  writeAcknowledgement(content: Uint8Array): void {
    this.packer.write(this.#epoch, CONTENT_TYPES.ack, content);
  }

  /** A record as a datagram that does not wait among the others: it goes to another address. */
  writeApart(type: number, content: Uint8Array): Uint8Array {
    return this.#epoch.write(this.packer.form, type, content).bytes;
  }

  /**
   * One record; with `isPacked`, in a datagram with others (RFC 6347 §4.1.1, RFC 9147 §4.3), and otherwise in one of its own. Throws `ApiMisuse` when
   * it would be larger than the MTU: DTLS does not cut what the application sends.
   */
  writeData(data: Uint8Array, isPacked: boolean): void {
    const limit = this.contentLimit;
    if (data.length > limit) {
      const advice = 'send less at once, or set a larger mtu if the path has one';
      throw new ApiMisuse(
        'ERR_TLS_DATAGRAM_SIZE',
        `message too large: ${data.length} bytes do not fit into a datagram of ${this.packer.mtu}, at most ${limit} do; ${advice}`,
      );
    }
    if (!isPacked) this.packer.flush();
    this.packer.write(this.#epoch, CONTENT_TYPES.application_data, data);
    if (!isPacked) this.packer.flush();
  }

  exportState(): { readonly write: DirectionState; readonly nextSent: number } {
    return { write: this.#epoch.exportState(), nextSent: this.#messageSequence };
  }

  /** Goes on where another output was. */
  continueFrom(epoch: WriteEpoch, nextSent: number): void {
    this.#epoch = epoch;
    this.#messageSequence = nextSent;
  }

  /** Forgets what can be derived again, until a record is to be sent. */
  rest(): void {
    this.#epoch.rest();
  }

  wipe(): void {
    this.forget();
    this.#epoch.wipe();
  }
}

function tooManyMessages(): LimitExceeded {
  return new LimitExceeded(
    'handshakeMessages',
    'handshake messages are numbered with 16 bits: open another connection',
    'internal_error',
  );
}
