/**
 * The record layer and the reliability of DTLS (RFC 6347 §4, RFC 9147 §4–§8): datagrams in any order, or none, to the messages of a flow and back.
 *
 * ```
 *   receive(datagram) ─▶ DatagramInput: opened records ─▶ MessageReassembly ─▶ next(): message | data | alert | heartbeat
 *   send … endFlight  ─▶ DatagramOutput: flight kept   ─▶ records, packed   ─▶ takeOutput()
 *                           ▲ ACK, the peer's next flight, the timer: forgotten, or sent again
 * ```
 * What can't be read or opened is counted in `stats`, never thrown. What comes before its keys, or before the handshake is over, is kept, to a
 * limit. There is no timer here but its time: `nextTimeout`, `handleTimeout`.
 */

import { EMPTY } from '../../core/bytes/bytes.ts';
import { LimitExceeded } from '../../core/errors/errors.ts';
import { ALERTS } from '../../core/registry/alerts.ts';
import { CONTENT_TYPES } from '../../core/registry/content-types.ts';
import { HANDSHAKE_TYPES } from '../../core/registry/handshake-types.ts';
import type { VersionName } from '../../core/registry/protocol-versions.ts';
import type { ConnectionIds, Epoch, HandshakeTransport, MessageTap } from '../../protocol/handshake/transport.ts';
import { DTLS, type ProtocolVariant } from '../../protocol/handshake/variant.ts';
import { HEADER_SIZE } from '../../protocol/messages/messages.ts';
import { type PathMessage, readPathMessage, writePathMessage } from '../../protocol/messages/return-routability-check.ts';
import { connectionIdPseudoHeader } from '../../protocol/record/pseudo-header.ts';
import type { RecordProtection } from '../../protocol/record/record-protection.ts';
import { readAcknowledgement } from './acknowledgements.ts';
import { DatagramInput } from './datagram-input.ts';
import { DatagramOutput } from './datagram-output.ts';
import { DatagramPacker } from './datagram-packer.ts';
import { CLASSIC_HEADER_SIZE, type DatagramRecord } from './datagram-record.ts';
import type { DatagramTransportOptions, IncomingDatagram } from './datagram-seam.ts';
import { type DatagramStats, type DiscardReason, newStats } from './datagram-stats.ts';
import { FlightMachine } from './flight-machine.ts';
import { FRAGMENT_HEADER_SIZE } from './message-fragments.ts';
import { MessageReassembly } from './message-reassembly.ts';
import { type OpenedRecord, ReadEpoch } from './read-epoch.ts';
import type { TransportProtections, TransportState } from './transport-state.ts';
import { WriteEpoch } from './write-epoch.ts';

/** RFC 9147 §6.1: epoch 1 is early data's. In DTLS 1.2 there is one epoch of keys, for there is no renegotiation. */
const EPOCHS: Readonly<Record<Epoch, number>> = { handshake: 2, application: 3 };
const TLS12_EPOCH = 1;
/** Data, and close_notify, that wait for the end of the handshake: what a peer may send at once. */
const MAX_HELD = 16;
/** "… for at least twice the default MSL defined for [RFC0793], when in the FINISHED state, the server MUST respond to retransmission of the client's final flight" (RFC 9147 §5.8.1): twice two minutes. */
const LAST_FLIGHT_KEPT = 240_000;
const DTLS10 = 0xfeff;
const DTLS12 = 0xfefd;

export class DatagramTransport implements HandshakeTransport {
  readonly variant: ProtocolVariant = DTLS;
  readonly stats: DatagramStats = newStats();
  tap: MessageTap | undefined;
  readonly #options: DatagramTransportOptions;
  readonly #input: DatagramInput;
  readonly #output: DatagramOutput;
  readonly #reassembly: MessageReassembly;
  readonly #flights: FlightMachine;
  #version: VersionName | undefined;
  /** Whether application data may be read. */
  #isOpen = false;
  /** The message_seq of the last message that the flow got. */
  #lastReceived = -1;
  /** Application data, and a close_notify, that came before the end of the handshake. */
  #held: IncomingDatagram[] | undefined;
  /** Records that had come before their keys when it was last looked. */
  #earlyRecords = 0;
  #heartbeatsAllowed = false;
  #hasConnectionIds = false;
  /** Until when the keys of the handshake, and our last flight, are kept. */
  #keptUntil: number | undefined;
  #closed = false;
  /** Whether return_routability_check was agreed on. */
  #checksRoutability = false;
  /** Of the last datagram: whether a record of it opened under keys, and one that no newer one had come before. */
  heard: 'nothing' | 'authenticated' | 'newest' = 'nothing';

  constructor(options: DatagramTransportOptions) {
    const { mtu, queuedInput, replayWindow, maxHandshakeMessage } = options;
    this.#options = options;
    this.#input = new DatagramInput(new ReadEpoch(0, replayWindow), queuedInput, this);
    // "… the initial ClientHello …, where it may also be {254, 255} for compatibility purposes." (RFC 9147 §4)
    const version = options.role === 'client' ? DTLS10 : DTLS12;
    this.#output = new DatagramOutput(new DatagramPacker(mtu, { version, connectionId: EMPTY }), this.stats);
    this.#reassembly = new MessageReassembly({ maxHandshakeMessage });
    this.#flights = new FlightMachine(options, this.#output);
  }

  // ---- Receiving ----

  /** Bytes of datagrams that were not looked at yet. */
  get pendingInput(): number {
    return this.#input.queuedBytes;
  }

  get version(): VersionName | undefined {
    return this.#version;
  }

  receive(datagram: Uint8Array): void {
    this.stats.datagramsReceived++;
    this.stats.bytesReceived += datagram.length;
    this.heard = 'nothing';
    if (this.#keptUntil !== undefined && this.#options.clock() >= this.#keptUntil) this.#dropLastFlight();
    this.#input.push(datagram);
  }

  clearInput(): void {
    this.#input.clear();
    this.#held = undefined;
  }

  /** The next thing received; undefined until more datagrams, or the keys for those that wait, come. */
  next(): IncomingDatagram | undefined {
    for (;;) {
      const message = this.#reassembly.next();
      if (message !== undefined) {
        this.#lastReceived = message.sequence;
        this.tap?.('received', CONTENT_TYPES.handshake, message.bytes);
        return { kind: 'handshake', message };
      }
      const held = this.#isOpen ? this.#held?.shift() : undefined;
      if (held !== undefined) return held;
      const record = this.#input.next();
      if (record === undefined) return this.#endOfInput();
      const incoming = this.#readRecord(record);
      if (incoming !== undefined) return incoming;
    }
  }

  /** Whether the keys of a record may still come. */
  expects(record: DatagramRecord): boolean {
    if (this.#isOpen) return false;
    const { number } = this.#input.current;
    if (record.kind === 'classic') return !this.#isTls13 && record.epoch === TLS12_EPOCH && number < TLS12_EPOCH;
    return !this.#isBeforeTls13 && record.epochBits >= EPOCHS.handshake && record.epochBits > number;
  }

  #readRecord(record: OpenedRecord): IncomingDatagram | undefined {
    if (record.epoch > 0 && this.heard !== 'newest') {
      this.heard = record.isNewest && record.epoch === this.#input.current.number ? 'newest' : 'authenticated';
    }
    // Of DTLS 1.2, application data says that the peer has our Finished.
    const isHeard = this.#isBeforeTls13 && record.type === CONTENT_TYPES.application_data && record.epoch > 0;
    if (this.#keptUntil !== undefined && isHeard && this.#flights.isDone) this.#dropLastFlight();
    if (this.#input.current.isOverFailureLimit) throw tooManyFailures();
    switch (record.type) {
      case CONTENT_TYPES.handshake:
        return this.#readHandshake(record);
      case CONTENT_TYPES.application_data:
        return this.#readData(record);
      case CONTENT_TYPES.alert:
        return this.#readAlert(record);
      case CONTENT_TYPES.ack:
        return this.#readAcknowledgement(record);
      case CONTENT_TYPES.heartbeat:
        return this.#readHeartbeat(record);
      case CONTENT_TYPES.return_routability_check:
        return this.#readPathMessage(record);
      case CONTENT_TYPES.change_cipher_spec:
        // Epochs say in DTLS 1.2 what it says in TLS; in DTLS 1.3 there is none (RFC 9147 §5).
        return this.#isTls13 || record.epoch !== 0 ? this.#discard('unexpected_type') : this.#tapChangeCipherSpec(record);
      default:
        return this.#discard('unexpected_type');
    }
  }

  #tapChangeCipherSpec({ content }: OpenedRecord): undefined {
    this.tap?.('received', CONTENT_TYPES.change_cipher_spec, content);
  }

  #discard(reason: DiscardReason): undefined {
    this.#input.discard(reason);
  }

  #readData(record: OpenedRecord): IncomingDatagram | undefined {
    if (record.epoch === 0 || (this.#isTls13 && record.epoch < EPOCHS.application)) return this.#discard('unexpected_type');
    const incoming = { kind: 'data', data: record.content } as const;
    if (this.#isOpen) return incoming;
    // "Implementations MUST either discard or buffer all application data packets for the new epoch until they have received the Finished
    // message for that epoch." (RFC 6347 §4.2.4)
    return this.#hold(incoming);
  }

  #hold(incoming: IncomingDatagram): undefined {
    this.#held ??= [];
    if (this.#held.length >= MAX_HELD) this.#discard('queue_full');
    else this.#held.push(incoming);
  }

  #readAlert({ epoch, content }: OpenedRecord): IncomingDatagram | undefined {
    // Everybody can send one in the clear: where there are keys, it has to be under them. A client that never got our ServerHello has none.
    const isFresh = epoch === this.#input.current.number || (epoch === 0 && !this.#isOpen && !this.#isAuthenticated);
    if (!isFresh && epoch === 0) return this.#discard('unexpected_type');
    if (content.length !== 2) return this.#discard('malformed');
    this.tap?.('received', CONTENT_TYPES.alert, content);
    const [level, description] = content as unknown as [number, number];
    const incoming = { kind: 'alert', level, description } as const;
    // Of DTLS 1.2, the peer may have finished and closed, and what came before that be late.
    const isAhead = !this.#isTls13 && epoch > 0 && !this.#isOpen && description === ALERTS.close_notify;
    return isAhead ? this.#hold(incoming) : incoming;
  }

  #readHeartbeat({ epoch, content }: OpenedRecord): IncomingDatagram | undefined {
    if (!this.#heartbeatsAllowed || !this.#isOpen || epoch === 0) return this.#discard('unexpected_type');
    return { kind: 'heartbeat', content };
  }

  #readPathMessage({ epoch, content }: OpenedRecord): IncomingDatagram | undefined {
    if (!this.#checksRoutability || !this.#isOpen || epoch === 0) return this.#discard('unexpected_type');
    const message = readPathMessage(content);
    return message === undefined ? this.#discard('malformed') : { kind: 'path', message };
  }

  /** Whether anything was received under keys. */
  get #isAuthenticated(): boolean {
    return this.#input.current.hasOpened;
  }

  // ---- Handshake messages ----

  #readHandshake({ epoch, sequence, content }: OpenedRecord): IncomingDatagram | undefined {
    if (this.#flights.isDone && this.#isBeforeTls13 && epoch === TLS12_EPOCH && this.#beginsAnother(content))
      return beginning(content);
    if (this.#options.role === 'server' && this.#lastReceived < 0) this.#begin(content, sequence);
    const { taken, old, refused } = this.#reassembly.push(content, epoch);
    this.stats.discarded.fragment_refused += refused;
    const number = { epoch, sequence };
    if (taken > 0) this.#flights.onMessages(number, refused === 0);
    else if (old > 0) this.#flights.onRepetition(number, this.#isEndOfLastFlight);
    return undefined;
  }

  /** Whether what came again ends with the end of the last message: of one in many fragments, that is one of them. */
  get #isEndOfLastFlight(): boolean {
    const { lastOld } = this.#reassembly;
    return lastOld?.sequence === this.#lastReceived && lastOld.isEnd;
  }

  /**
   * DTLS 1.2: whether the peer wants another handshake, in which numbers begin anew: "The first message each side transmits in each handshake
   * always has message_seq = 0." (RFC 6347 §4.2.2) All that is under keys in the first one is its Finished.
   */
  #beginsAnother(content: Uint8Array): boolean {
    const asks = this.#options.role === 'client' ? HANDSHAKE_TYPES.hello_request : HANDSHAKE_TYPES.client_hello;
    return content[0] === asks;
  }

  /** A server that keeps nothing before the cookie goes on from the second ClientHello's numbers (RFC 6347 §4.2.1, §4.2.2). */
  #begin(content: Uint8Array, recordSequence: number): void {
    const [type, sequence] = [content[0], content[5]];
    const isSecond = type === HANDSHAKE_TYPES.client_hello && content[4] === 0 && sequence === 1;
    if (this.#reassembly.pending) return;
    if (isSecond) this.#reassembly.startAt(1);
    this.#output.startAt(isSecond ? 1 : 0, recordSequence);
  }

  #readAcknowledgement({ epoch, content }: OpenedRecord): undefined {
    const numbers = this.#isBeforeTls13 ? undefined : readAcknowledgement(content);
    if (numbers === undefined) return this.#discard('malformed');
    // One in the clear says nothing of what was sent under keys.
    this.#flights.onAcknowledgement(epoch === 0 ? numbers.filter((number) => number.epoch === 0) : numbers);
    if (!this.#output.isPending && this.#flights.isDone) this.#onAcknowledged();
    return undefined;
  }

  /** Client: the server has our Finished, and will not send its own again. */
  #onAcknowledged(): void {
    if (this.#options.role === 'client') this.#input.drop(0, EPOCHS.application);
  }

  /** All that came was looked at. */
  #endOfInput(): undefined {
    // Something is missing before it.
    if (this.#input.earlyRecords > this.#earlyRecords) this.#flights.acknowledgeSoon();
    this.#earlyRecords = this.#input.earlyRecords;
    if (!this.#closed) this.#flights.onEndOfInput();
  }

  // ---- What flows do ----

  get #isTls13(): boolean {
    return this.#version === 'TLSv1.3';
  }

  get #isBeforeTls13(): boolean {
    return this.#version !== undefined && this.#version !== 'TLSv1.3';
  }

  setVersion(version: VersionName): void {
    this.#version = version;
    const number = this.#isTls13 ? DTLS12 : (this.variant.versions[version] as number);
    this.#output.packer.form = { ...this.#output.packer.form, version: number };
    this.#flights.setVersion(this.#isTls13);
  }

  get roomForMessage(): number {
    return this.mtu - CLASSIC_HEADER_SIZE - FRAGMENT_HEADER_SIZE + HEADER_SIZE;
  }

  send(message: Uint8Array): number {
    this.tap?.('sent', CONTENT_TYPES.handshake, message);
    return this.#output.addMessage(message);
  }

  sendChangeCipherSpec(): void {
    if (this.#isTls13) return;
    this.tap?.('sent', CONTENT_TYPES.change_cipher_spec, Uint8Array.of(1));
    this.#output.addChangeCipherSpec();
  }

  endFlight(): void {
    this.#output.endFlight();
    if (this.#output.flush()) this.#flights.flightSent();
  }

  setReadProtection(epoch: Epoch, protection: RecordProtection): void {
    const { replayWindow, role } = this.#options;
    this.#reassembly.requireEpoch(EPOCHS[epoch]);
    this.#input.install(new ReadEpoch(EPOCHS[epoch], replayWindow, protection));
    if (epoch !== 'application') return;
    this.#isOpen = true;
    // The client's last flight has no answer but this.
    if (role === 'server') this.#flights.acknowledgeAll();
  }

  setWriteProtection(epoch: Epoch, protection: RecordProtection): void {
    this.#output.setEpoch(new WriteEpoch(this.#isTls13 ? EPOCHS[epoch] : TLS12_EPOCH, protection));
  }

  expectChangeCipherSpec(protection: RecordProtection): void {
    this.#reassembly.requireEpoch(TLS12_EPOCH);
    this.#input.install(new ReadEpoch(TLS12_EPOCH, this.#options.replayWindow, protection));
  }

  openApplicationData(): void {
    this.#isOpen = true;
  }

  setRecordSizeLimits({ send, receive }: { readonly send?: number | undefined; readonly receive?: number | undefined }): void {
    const { packer } = this.#output;
    if (send !== undefined) packer.contentLimit = Math.min(packer.contentLimit, send - 1);
    if (receive !== undefined) this.#input.maxInner = Math.min(this.#input.maxInner, receive);
  }

  setMaxFragmentLength(length: number): void {
    this.#output.packer.clearLimit = length;
    this.#input.maxClear = length;
    this.setRecordSizeLimits({ send: length + 1, receive: length + 1 });
  }

  setConnectionIds({ receive, send, checksRoutability }: ConnectionIds): void {
    this.#checksRoutability = checksRoutability;
    const { packer } = this.#output;
    packer.form = { ...packer.form, connectionId: send };
    this.#input.connectionIds = receive.length > 0 ? [receive] : [];
    this.#hasConnectionIds = true;
  }

  /** What both ends put on their records; undefined where they did not speak of it. */
  get connectionIds(): { readonly receive: readonly Uint8Array[]; readonly send: Uint8Array } | undefined {
    if (!this.#hasConnectionIds) return undefined;
    return { receive: this.#input.connectionIds, send: this.#output.packer.form.connectionId };
  }

  /** DTLS 1.3: the peer may use these, too; of the same length as the first. */
  addConnectionIds(ids: readonly Uint8Array[]): void {
    this.#input.connectionIds = [...this.#input.connectionIds, ...ids];
  }

  /** DTLS 1.3: our records bear this one from now on. */
  useConnectionId(id: Uint8Array): void {
    const { packer } = this.#output;
    packer.form = { ...packer.form, connectionId: id };
  }

  get pseudoHeaders() {
    const of = (id: Uint8Array | undefined) =>
      id === undefined || id.length === 0 ? undefined : connectionIdPseudoHeader(id.length);
    return { read: of(this.#input.connectionIds[0]), write: of(this.#output.packer.form.connectionId) };
  }

  allowHeartbeats(): void {
    this.#heartbeatsAllowed = true;
  }

  /** What has no keys is dropped. */
  skipEarlyData(): void {}

  // ---- What the connection does ----

  /** The handshake is over. */
  handshakeDone(): void {
    this.#flights.handshakeDone();
    // What is in the clear is not looked at any more; of a flight that comes again, the end is under keys.
    this.#input.drop(0, 1);
    this.#keptUntil = this.#options.clock() + LAST_FLIGHT_KEPT;
  }

  /** DTLS 1.3: a message after the handshake, sent until it is acknowledged. */
  sendAlone(message: Uint8Array, onAcknowledged?: () => void): void {
    this.tap?.('sent', CONTENT_TYPES.handshake, message);
    this.#output.addMessage(message, true, onAcknowledged);
    this.#output.flush();
    this.#flights.messageSent();
  }

  /**
   * Whether a KeyUpdate has to wait: what was sent under earlier keys is sent again under those, and a peer keeps them for one update. "Implementations
   * MUST send retransmissions of lost messages using the same epoch and keying material as the original transmission." (RFC 9147 §4.2.1)
   */
  get mustKeepKeys(): boolean {
    return this.#output.hasOlderPending;
  }

  /** After the ACK of a KeyUpdate of ours (RFC 9147 §8). */
  updateWriteKeys(): void {
    this.#output.updateKeys();
  }

  /**
   * After the peer's KeyUpdate. "… receivers MUST retain the pre-update keying material until receipt and successful decryption of a message
   * using the new keys." (RFC 9147 §8) And those before, for what a peer sends again under them because our ACK was lost.
   * Not for ever: implementations "MAY choose to retain keying material from previous epochs for up to the default MSL" (RFC 9147 §4.2.1).
   */
  updateReadKeys(): void {
    const { current } = this.#input;
    this.#input.install(current.next(this.#options.replayWindow));
    // The keys of the handshake stay: its last flight may not have been acknowledged yet.
    this.#input.drop(EPOCHS.application, current.number - 1);
    this.#keptUntil = this.#options.clock() + LAST_FLIGHT_KEPT;
  }

  /** Whether only one more record may be sent under the keys. */
  get writeKeyExhausted(): boolean {
    return this.#output.exhausted;
  }

  /** Whether it is time to think of other keys. */
  get writeKeyTired(): boolean {
    return this.#output.tired;
  }

  sendData(data: Uint8Array): void {
    this.#output.writeData(data, this.#options.packsMessages);
  }

  sendHeartbeat(message: Uint8Array): void {
    this.#output.writeRecord(CONTENT_TYPES.heartbeat, message);
  }

  /** Whether the peer answers challenges of its path. */
  get checksRoutability(): boolean {
    return this.#checksRoutability;
  }

  /** A datagram of its own, for whoever knows where it goes. */
  writePathMessage(message: PathMessage): Uint8Array {
    const datagram = this.#output.writeApart(CONTENT_TYPES.return_routability_check, writePathMessage(message));
    this.stats.datagramsSent++;
    this.stats.bytesSent += datagram.length;
    return datagram;
  }

  /** As `writePathMessage`, to where all goes. */
  sendPathMessage(message: PathMessage): void {
    this.#output.writeRecord(CONTENT_TYPES.return_routability_check, writePathMessage(message));
  }

  sendAlert(level: number, description: number): void {
    if (this.#closed) return;
    const alert = Uint8Array.of(level, description);
    this.tap?.('sent', CONTENT_TYPES.alert, alert);
    // Under keys that a client has only from ServerHello, which may still be in a flight that will not be ended.
    if (this.#options.role === 'server' && !this.#isOpen) this.#output.flush();
    this.#output.writeRecord(CONTENT_TYPES.alert, alert);
  }

  /** The most bytes of application data that fit into a datagram; into one of that size. */
  roomIn(size: number = this.mtu): number {
    return Math.max(0, this.#output.contentLimitOf(size));
  }

  get mtu(): number {
    return this.#output.packer.mtu;
  }

  /** What the path takes is known from now on. */
  setMtu(mtu: number): void {
    this.#output.packer.mtu = mtu;
    this.#output.packer.knowsMtu = true;
  }

  get hasOutput(): boolean {
    return this.#output.packer.hasDatagrams;
  }

  takeOutput(): Uint8Array[] {
    const datagrams = this.#output.packer.takeDatagrams();
    this.stats.datagramsSent += datagrams.length;
    for (const { length } of datagrams) this.stats.bytesSent += length;
    return datagrams;
  }

  // ---- Time ----

  /** When `handleTimeout` has something to do, by the clock; undefined when nothing is waited for. */
  get deadline(): number | undefined {
    return this.#flights.deadline;
  }

  setInitialTimeout(milliseconds: number): void {
    this.#flights.setInitialTimeout(milliseconds);
  }

  /** Sends again, or acknowledges, what is due; `isBusy`: we have not looked at all that came. Throws `ConnectionLost` (`timed_out`). */
  handleTimeout(isBusy: boolean): void {
    this.#flights.handleTimeout(isBusy);
  }

  /** The keys of the handshake, those before the peer's last KeyUpdate, and our last flight can't be asked for any more. */
  #dropLastFlight(): void {
    this.#keptUntil = undefined;
    if (!this.#isTls13) this.#output.forget();
    this.#input.drop(0, this.#input.current.number);
  }

  // ---- Sleep, and elsewhere ----

  /** Undefined while something is on its way that is to be answered. */
  exportState(): TransportState | undefined {
    // What DTLS 1.2 keeps after the handshake waits for nothing.
    if (!this.#flights.isDone || this.#closed || (this.#isTls13 && this.#output.isPending)) return undefined;
    // A state has place for one.
    if (this.#input.connectionIds.length > 1) return undefined;
    const { form, contentLimit, mtu } = this.#output.packer;
    return {
      ...this.#output.exportState(),
      read: this.#input.current.exportState(),
      nextReceived: this.#reassembly.nextSequence,
      receiveConnectionId: this.#input.connectionIds[0] ?? EMPTY,
      sendConnectionId: form.connectionId,
      checksRoutability: this.#checksRoutability,
      contentLimit,
      receiveLimit: this.#input.maxInner,
      mtu,
    };
  }

  /** Goes on where another transport was, which may not. Owns the protections. */
  continueFrom(version: VersionName, state: TransportState, protections: TransportProtections): void {
    this.setVersion(version);
    const { read, write } = state;
    const epoch = new ReadEpoch(read.epoch, this.#options.replayWindow, protections.read);
    epoch.continueFrom(read);
    this.#input.install(epoch);
    this.#input.drop(0, read.epoch);
    this.#input.maxInner = state.receiveLimit;
    this.#reassembly.startAt(state.nextReceived);
    this.#reassembly.requireEpoch(read.epoch);
    this.#lastReceived = state.nextReceived - 1;
    this.#output.continueFrom(new WriteEpoch(write.epoch, protections.write, write.sequence), state.nextSent);
    this.#output.packer.contentLimit = state.contentLimit;
    this.#output.packer.mtu = state.mtu;
    const { receiveConnectionId: receive, sendConnectionId: send, checksRoutability } = state;
    this.setConnectionIds({ receive, send, checksRoutability });
    this.#hasConnectionIds = receive.length + send.length > 0;
    this.#isOpen = true;
    this.#flights.handshakeDone();
  }

  /** Between two records that are far apart: forgets what can be derived again, which takes some microseconds. */
  rest(): void {
    this.#input.rest();
    this.#output.rest();
  }

  close(): void {
    this.#closed = true;
    this.#flights.stop();
    this.clearInput();
    this.#input.wipe();
    this.#output.wipe();
  }
}

/** What is never read further: that it came is all there is to it. */
function beginning(content: Uint8Array): IncomingDatagram {
  const message = { type: content[0] as number, body: EMPTY, bytes: content, sequence: 0 };
  return { kind: 'handshake', message };
}

/** "If the number of packets that fail authentication exceeds a limit that is specific to the AEAD in use, an implementation SHOULD immediately close the connection." (RFC 9147 §4.5.3) */
function tooManyFailures(): LimitExceeded {
  return new LimitExceeded(
    'openFailures',
    'more records failed to open under one key than its cipher can bear',
    'internal_error',
  );
}
