/**
 * The seed of the record layer of DTLS 1.3 (RFC 9147): it lets the handshake flows run unchanged over datagrams. Not exported.
 *
 * ```
 *   receive(datagram) ─▶ records ─▶ open ─▶ MessageReassembly ─▶ next(): message | data | alert
 *   send, sendData, sendAlert ─▶ fragment ─▶ seal ─▶ takeDatagrams()
 * ```
 * The link has to be lossless and in order. What is missing for a network, in this order: record number encryption (RFC 9147 §4.2.3:
 * until then no other implementation understands these records), the replay
 * window (§4.5.1), retransmission and its timers (§5.8), ACKs (§7), buffering of what comes out of order, KeyUpdate (§8), connection
 * IDs (§9). What cannot be read or opened is counted in `discarded`, never thrown.
 */

import { concat } from '../../core/bytes/bytes.ts';
import { ApiMisuse, InternalError, PeerMisbehaved } from '../../core/errors/errors.ts';
import { CONTENT_TYPES } from '../../core/registry/content-types.ts';
import type { Epoch, HandshakeTransport } from '../../protocol/handshake/transport.ts';
import { DTLS, type ProtocolVariant } from '../../protocol/handshake/variant.ts';
import type { RawMessage } from '../../protocol/messages/messages.ts';
import type { RecordProtection } from '../../protocol/record/record-protection.ts';
import {
  CLASSIC_HEADER_SIZE,
  classicHeader,
  type DatagramRecord,
  readDatagramRecord,
  UNIFIED_HEADER_SIZE,
  type UnifiedRecord,
  unifiedHeader,
} from './datagram-record.ts';
import { FRAGMENT_HEADER_SIZE, fragmentMessage } from './message-fragments.ts';
import { MessageReassembly } from './message-reassembly.ts';
import { recordSequence } from './record-number.ts';

/** What comes out of records. */
export type IncomingDatagram =
  | { readonly kind: 'handshake'; readonly message: RawMessage }
  | { readonly kind: 'data'; readonly data: Uint8Array }
  | { readonly kind: 'alert'; readonly level: number; readonly description: number };

export interface DatagramTransportOptions {
  /** The largest datagram to send, in bytes. */
  readonly mtu: number;
  /** Bytes of a handshake message's body. */
  readonly maxHandshakeMessage: number;
  /** Datagrams that wait for their keys; more are discarded. */
  readonly maxQueuedDatagrams: number;
}

/** RFC 9147 §6.1. Epoch 1 is early data's. */
const EPOCHS: Readonly<Record<Epoch, number>> = { handshake: 2, application: 3 };
const EPOCH_BITS = 4;

export class DatagramTransport implements HandshakeTransport {
  readonly variant: ProtocolVariant = DTLS;
  /** Records, fragments and datagrams that could not be used. */
  discarded = 0;
  readonly #options: DatagramTransportOptions;
  readonly #messages: MessageReassembly;
  #waiting: Uint8Array[] = [];
  #at = 0;
  #read: RecordProtection | undefined;
  #readEpoch = 0;
  #nextReadSequence = 0;
  #write: RecordProtection | undefined;
  #writeEpoch = 0;
  #plaintextSequence = 0;
  #messageSequence = 0;
  /** The inner plaintext that the peer takes, content type included (RFC 8449 §4). */
  #peerLimit = 2 ** 14 + 1;
  #receiveLimit = 2 ** 14 + 1;
  #open: Uint8Array[] = [];
  #datagrams: Uint8Array[] = [];

  constructor(options: DatagramTransportOptions) {
    this.#options = options;
    this.#messages = new MessageReassembly(options);
  }

  // ---- Receiving ----

  receive(datagram: Uint8Array): void {
    if (this.#waiting.length < this.#options.maxQueuedDatagrams) this.#waiting.push(datagram);
    else this.discarded++;
  }

  /** The next thing received; undefined until more datagrams, or the keys for those that wait, come. */
  next(): IncomingDatagram | undefined {
    for (;;) {
      const message = this.#messages.next();
      if (message !== undefined) return { kind: 'handshake', message };
      const datagram = this.#waiting[0];
      if (datagram === undefined) return undefined;
      const read = readDatagramRecord(datagram, this.#at, 0);
      if (read !== undefined && this.#isEarly(read.record)) return undefined;
      const incoming = read === undefined ? this.#discard() : this.#readRecord(read.record);
      this.#at = read?.end ?? datagram.length;
      if (this.#at >= datagram.length) {
        this.#waiting.shift();
        this.#at = 0;
      }
      if (incoming !== undefined) return incoming;
    }
  }

  /** Whether the keys of a record are still to come: over this link, that is its sender being ahead. */
  #isEarly(record: DatagramRecord): boolean {
    return record.kind === 'unified' && this.#readEpoch < EPOCHS.application && record.epochBits > this.#readEpoch;
  }

  #readRecord(record: DatagramRecord): IncomingDatagram | undefined {
    if (record.kind === 'unified') return this.#readProtected(record);
    if (this.#readEpoch !== 0 || record.epoch !== 0) return this.#discard();
    return this.#readContent(record.type, record.fragment);
  }

  #readProtected(record: UnifiedRecord): IncomingDatagram | undefined {
    if (this.#read === undefined || record.epochBits !== this.#readEpoch % EPOCH_BITS) return this.#discard();
    const sequence = recordSequence(record, record.header, this.#nextReadSequence);
    if (sequence < this.#nextReadSequence) return this.#discard();
    const inner = this.#read.openAt(sequence, record.header, record.encrypted);
    const end = inner?.findLastIndex((byte) => byte !== 0) ?? -1;
    if (inner === undefined || end < 0 || inner.length > this.#receiveLimit) return this.#discard();
    this.#nextReadSequence = sequence + 1;
    return this.#readContent(inner[end] as number, inner.subarray(0, end));
  }

  #readContent(type: number, content: Uint8Array): IncomingDatagram | undefined {
    if (type === CONTENT_TYPES.handshake) {
      const { old, refused } = this.#messages.push(content, this.#readEpoch);
      this.discarded += old + refused;
      return undefined;
    }
    if (type === CONTENT_TYPES.alert && content.length === 2) {
      return { kind: 'alert', level: content[0] as number, description: content[1] as number };
    }
    if (type === CONTENT_TYPES.application_data && this.#readEpoch >= EPOCHS.application) return { kind: 'data', data: content };
    return this.#discard();
  }

  #discard(): undefined {
    this.discarded++;
  }

  setReadProtection(epoch: Epoch, protection: RecordProtection): void {
    if (this.#messages.pending) {
      throw new PeerMisbehaved('handshake_spans_key_change', 'a handshake message is not whole when its epoch ends');
    }
    this.#read?.wipe();
    this.#read = protection;
    this.#readEpoch = EPOCHS[epoch];
    this.#nextReadSequence = 0;
  }

  // ---- Sending ----

  takeDatagrams(): Uint8Array[] {
    const datagrams = this.#datagrams;
    this.#datagrams = [];
    return datagrams;
  }

  send(message: Uint8Array): number {
    const room = this.#contentLimit() - FRAGMENT_HEADER_SIZE;
    for (const fragment of fragmentMessage(message, this.#messageSequence, room)) {
      this.#writeRecord(CONTENT_TYPES.handshake, fragment);
    }
    return this.#messageSequence++;
  }

  endFlight(): void {
    if (this.#open.length > 0) this.#datagrams.push(concat(...this.#open));
    this.#open = [];
  }

  /** "… endpoints MUST NOT send ChangeCipherSpec messages." (RFC 9147 §5) The variant says so to the flows. */
  sendChangeCipherSpec(): void {}

  /** One datagram. Throws `ApiMisuse` when it would be larger than the MTU: DTLS does not cut what the application sends. */
  sendData(data: Uint8Array): void {
    const limit = this.#contentLimit();
    if (data.length > limit) {
      throw new ApiMisuse('ERR_TLS_DATAGRAM_SIZE', `${data.length} bytes do not fit: at most ${limit} here`);
    }
    this.endFlight();
    this.#writeRecord(CONTENT_TYPES.application_data, data);
    this.endFlight();
  }

  sendAlert(level: number, description: number): void {
    this.#writeRecord(CONTENT_TYPES.alert, Uint8Array.of(level, description));
    this.endFlight();
  }

  setWriteProtection(epoch: Epoch, protection: RecordProtection): void {
    this.#write?.wipe();
    this.#write = protection;
    this.#writeEpoch = EPOCHS[epoch];
  }

  setRecordSizeLimits({ send, receive }: { readonly send?: number | undefined; readonly receive?: number | undefined }): void {
    if (send !== undefined) this.#peerLimit = Math.min(this.#peerLimit, send);
    if (receive !== undefined) this.#receiveLimit = Math.min(this.#receiveLimit, receive);
  }

  /** A handshake message is in fragments anyway; the limit counts a content type, as in TLS 1.3 of streams. */
  setMaxFragmentLength(length: number): void {
    this.setRecordSizeLimits({ send: length, receive: length + 1 });
  }

  /** TODO: heartbeats wait for a connection over datagrams; what comes is dropped. */
  allowHeartbeats(): void {}

  /** None is ever offered here. */
  setConnectionIds(): void {
    throw new InternalError('connection IDs are not here yet');
  }

  /** DTLS 1.3 is all that there is here. */
  setVersion(): void {}

  /** Of DTLS 1.2, which is not here. */
  expectChangeCipherSpec(): void {
    throw new InternalError('DTLS 1.3 has no change_cipher_spec');
  }

  /** Epochs say it. */
  openApplicationData(): void {}

  /** Records that do not open are dropped anyway. */
  skipEarlyData(): void {}

  /** The bytes of content that a record alone in its datagram can have. */
  #contentLimit(): number {
    if (this.#write === undefined) return this.#options.mtu - CLASSIC_HEADER_SIZE;
    const room = this.#options.mtu - UNIFIED_HEADER_SIZE - 1 - this.#write.sealedLength(0);
    return Math.min(room, this.#peerLimit - 1);
  }

  #writeRecord(type: number, content: Uint8Array): void {
    const pieces: Uint8Array[] = [];
    if (this.#write === undefined) {
      pieces.push(classicHeader(type, DTLS.legacyVersion, 0, this.#plaintextSequence++, content.length), content);
    } else {
      const length = this.#write.sealedLength(content.length + 1);
      const header = unifiedHeader({ epoch: this.#writeEpoch, sequence: this.#write.sequence, length, connectionId: undefined });
      pieces.push(header);
      this.#write.seal(header, [content, Uint8Array.of(type)], pieces);
    }
    const record = concat(...pieces);
    const size = this.#open.reduce((total, { length }) => total + length, record.length);
    if (size > this.#options.mtu) this.endFlight();
    this.#open.push(record);
  }
}
