/**
 * The record layer of TLS 1.3 and 1.2 over a byte stream (RFC 8446 §5, RFC 5246 §6): frames, protects, checks; knows nothing of what
 * messages mean.
 *
 * ```
 *   push(bytes) ─▶ RecordInput ─▶ open ─▶ HandshakeInput ─▶ next(): message | data | alert
 *   send, sendData, sendAlert ─▶ fragment ─▶ seal ─▶ takeOutput(): pieces
 * ```
 * Records are opened one at a time, when asked for: those behind a key change wait until the key is there. What protects them is handed in;
 * until the flow has said which version it is, records are read as in TLS 1.3, for a client of TLS 1.2 alone sends the same.
 */

import { concat } from '../../core/bytes/bytes.ts';
import { ApiMisuse, InternalError, LimitExceeded, PeerMisbehaved } from '../../core/errors/errors.ts';
import { CONTENT_TYPES, contentTypeName } from '../../core/registry/content-types.ts';
import type { VersionName } from '../../core/registry/protocol-versions.ts';
import type { Epoch, HandshakeTransport, MessageTap, RecordSizeLimits } from '../../protocol/handshake/transport.ts';
import { type ProtocolVariant, TLS } from '../../protocol/handshake/variant.ts';
import type { RawMessage } from '../../protocol/messages/messages.ts';
import type { PaddingPolicy } from '../../protocol/record/record-padding.ts';
import type { RecordProtection } from '../../protocol/record/record-protection.ts';
import { HandshakeInput } from './handshake-input.ts';
import { joinSmall } from './join-small.ts';
import { MAX_PLAINTEXT, type RawRecord, RECORD_HEADER_SIZE, RecordInput } from './record-input.ts';

/** What comes out of records. */
export type Incoming =
  | { readonly kind: 'handshake'; readonly message: RawMessage }
  | { readonly kind: 'data'; readonly data: Uint8Array }
  | { readonly kind: 'heartbeat'; readonly content: Uint8Array }
  | { readonly kind: 'alert'; readonly level: number; readonly description: number };

export interface TlsTransportLimits {
  /** Bytes of a handshake message's body. */
  readonly maxHandshakeMessage: number;
  /** Records in a row that carry nothing. */
  readonly maxEmptyRecords: number;
  /** Bytes of records, headers included, that are dropped as early data. */
  readonly maxEarlyDataSkipped: number;
}

export interface TlsTransportOptions {
  readonly role: 'client' | 'server';
  /** The largest plaintext fragment to send: 1 to 16384. */
  readonly maxSendFragment: number;
  /** How protected records are padded; not at all unless set. */
  readonly padding?: PaddingPolicy | undefined;
  readonly limits: TlsTransportLimits;
  /** A server that answers cookies without memory may see a change_cipher_spec first (RFC 8446 §5). */
  readonly allowEarlyChangeCipherSpec: boolean;
}

/** The content of a record and its type. */
const MAX_RECORD = MAX_PLAINTEXT + 1;
const TLS10 = 0x0301;
const TLS12 = 0x0303;
const CHANGE_CIPHER_SPEC = Uint8Array.of(1);

export class TlsTransport implements HandshakeTransport {
  readonly variant: ProtocolVariant = TLS;
  tap: MessageTap | undefined;
  /** Then "Recipients MUST receive and process interleaved application layer traffic" (RFC 5246 §6.2.1); else nothing comes inside of a message. */
  mayRenegotiate = false;
  readonly #limits: TlsTransportLimits;
  readonly #input = new RecordInput();
  readonly #handshakeInput: HandshakeInput;
  #version: VersionName | undefined;
  #read: RecordProtection | undefined;
  /** TLS 1.2: what the peer's change_cipher_spec, which has to come next, puts in force. */
  #nextRead: RecordProtection | undefined;
  #write: RecordProtection | undefined;
  #readEpoch: Epoch | 'plaintext' = 'plaintext';
  /** Between the first ClientHello and the peer's Finished, change_cipher_spec is dropped. */
  #changeCipherSpecAllowed: boolean;
  #changeCipherSpecDropped = false;
  #emptyRecords = 0;
  /** Which records are dropped as early data, and how many bytes of them were. */
  #skipping: 'nothing' | 'until_client_hello' | 'until_authentic' = 'nothing';
  #earlyDataSkipped = 0;
  /** As long as we want our fragments. */
  #wishedFragment: number;
  /** What the peer's record_size_limit leaves for a fragment: no wish of ours goes beyond it. */
  #peerFragmentLimit = MAX_PLAINTEXT;
  #receiveLimit = MAX_RECORD;
  /** TLS 1.2: of the keys that come next. */
  #nextLimits: RecordSizeLimits | undefined;
  /** Of records in the clear, which no record_size_limit binds. */
  #clearReceiveLimit = MAX_PLAINTEXT;
  /** The largest inner plaintext so far: our limit binds the very records that it is agreed on in. */
  #largestReceived = 0;
  #heartbeatsAllowed = false;
  readonly #padding: PaddingPolicy | undefined;
  /** "… an initial ClientHello …, where it MAY also be 0x0301 for compatibility purposes." (RFC 8446 §5.1) */
  #recordVersion: number;
  #flight: Uint8Array[] = [];
  /** Nothing is sent any more: without keys it would go out in the clear. */
  #closed = false;
  #output: Uint8Array[] = [];

  constructor(options: TlsTransportOptions) {
    this.#limits = options.limits;
    this.#handshakeInput = new HandshakeInput(options.limits.maxHandshakeMessage);
    this.#wishedFragment = options.maxSendFragment;
    this.#padding = options.padding;
    this.#changeCipherSpecAllowed = options.role === 'client' || options.allowEarlyChangeCipherSpec;
    this.#recordVersion = options.role === 'client' ? TLS10 : TLS12;
  }

  // ---- Receiving ----

  /** Bytes that were received and not yet looked at. */
  get pendingInput(): number {
    return this.#input.available;
  }

  push(bytes: Uint8Array): void {
    this.#input.push(bytes);
  }

  clearInput(): void {
    this.#input.clear();
  }

  /** The next thing received; undefined until more bytes come. */
  next(): Incoming | undefined {
    for (;;) {
      const message = this.#handshakeInput.next();
      if (message !== undefined) {
        this.#changeCipherSpecAllowed ||= this.#readEpoch === 'plaintext';
        this.tap?.('received', CONTENT_TYPES.handshake, message.bytes);
        return { kind: 'handshake', message };
      }
      const record = this.#input.next();
      if (record === undefined) return undefined;
      const incoming = this.#readRecord(record);
      if (incoming !== undefined) return incoming;
    }
  }

  #readRecord(record: RawRecord): Incoming | undefined {
    if (this.#isBeforeTls13) return this.#readTls12Record(record);
    if (record.type === CONTENT_TYPES.change_cipher_spec) return this.#dropChangeCipherSpec(record.fragment);
    if (this.#skipping !== 'nothing') return this.#readBehindEarlyData(record);
    if (this.#read === undefined) return this.#readContent(record.type, record.fragment);
    if (record.type === CONTENT_TYPES.application_data) return this.#readProtected(this.#read, record);
    // A client that fails over our ServerHello has no keys yet: its alert comes in the clear. It can only end the handshake.
    if (record.type === CONTENT_TYPES.alert && this.#readEpoch === 'handshake' && this.#read.sequence === 0) {
      return this.#readContent(record.type, record.fragment);
    }
    throw new PeerMisbehaved(
      'record_not_encrypted',
      `a ${contentTypeName(record.type)} record in the clear after the keys changed`,
    );
  }

  #readProtected(protection: RecordProtection, record: RawRecord): Incoming | undefined {
    return this.#readInner(openRecord(protection, record));
  }

  #readInner(inner: Uint8Array): Incoming | undefined {
    if (inner.length > this.#largestReceived) this.#largestReceived = inner.length;
    if (inner.length > this.#receiveLimit) throw this.#recordOverflow(inner.length);
    let end = inner.length;
    while (end > 0 && inner[end - 1] === 0) end--;
    // "If a receiving implementation does not find a non-zero octet in the cleartext, it MUST terminate the connection with an
    // "unexpected_message" alert." (RFC 8446 §5.4)
    if (end === 0) throw new PeerMisbehaved('inner_content_type_missing', 'a protected record without a content type');
    return this.#readContent(inner[end - 1] as number, inner.subarray(0, end - 1));
  }

  // ---- TLS 1.2 and before ----

  get #isBeforeTls13(): boolean {
    return this.#version !== undefined && this.#version !== 'TLSv1.3';
  }

  get version(): VersionName | undefined {
    return this.#version;
  }

  setVersion(version: VersionName): void {
    this.#version = version;
    // "This admits the possibility that the extension might not be negotiated when a connection is renegotiated or resumed." (RFC 8449 §4)
    this.#nextLimits = undefined;
    if (version === 'TLSv1.3') return;
    this.#recordVersion = TLS.versions[version] as number;
    // Between the hellos TLS 1.3 drops it; in TLS 1.2 whoever sends one there tries what CVE-2014-0224 was about.
    if (this.#changeCipherSpecDropped) throw changeCipherSpecUnexpected();
  }

  #readTls12Record(record: RawRecord): Incoming | undefined {
    const { type, header, fragment } = record;
    // A client that cannot agree with the version of our ServerHello has none yet, when it says so.
    if (type !== CONTENT_TYPES.alert || this.#read !== undefined) checkVersion(header, this.#recordVersion);
    if (type === CONTENT_TYPES.change_cipher_spec) return this.#readChangeCipherSpec(record);
    // "The ChangeCipherSpec message is sent by both the client and the server to notify the receiving party that subsequent records will
    // be protected under the newly negotiated CipherSpec and keys." (RFC 5246 §7.1) A peer that cannot go on may send an alert before it.
    // In a renegotiation "the communicating parties may continue to send data using the old CipherSpec." (RFC 5246 §7.1) So do heartbeats.
    const isUnderOldKeys = this.#readEpoch === 'application' && type !== CONTENT_TYPES.handshake;
    const mayPrecede = type === CONTENT_TYPES.alert || isUnderOldKeys;
    if (this.#nextRead !== undefined && !mayPrecede) throw changeCipherSpecMissing();
    if (this.#read === undefined) return this.#readClear(type, fragment);
    const content = openRecord(this.#read, record);
    // The limits count a content type, which is not in these records.
    if (content.length >= this.#receiveLimit) throw this.#recordOverflow(content.length + 1);
    return this.#readContent(type, content);
  }

  #readClear(type: number, fragment: Uint8Array): Incoming | undefined {
    if (fragment.length > this.#clearReceiveLimit) throw this.#recordOverflow(fragment.length, this.#clearReceiveLimit);
    return this.#readContent(type, fragment);
  }

  expectChangeCipherSpec(protection: RecordProtection): void {
    // A message that was sent together with the last one was not sent under the new keys.
    if (this.#handshakeInput.pending) throw changeCipherSpecMissing();
    this.#nextRead = protection;
  }

  /** "The protocol consists of a single message, which is encrypted and compressed under the current (not the pending) connection state." (RFC 5246 §7.1) */
  #readChangeCipherSpec(record: RawRecord): undefined {
    const protection = this.#nextRead;
    if (protection === undefined) throw changeCipherSpecUnexpected();
    checkChangeCipherSpec(this.#read === undefined ? record.fragment : openRecord(this.#read, record));
    this.tap?.('received', CONTENT_TYPES.change_cipher_spec, CHANGE_CIPHER_SPEC);
    this.#nextRead = undefined;
    this.setReadProtection('handshake', protection);
    this.#input.allowExpansion();
  }

  openApplicationData(): void {
    this.#readEpoch = 'application';
  }

  // ---- Early data that is not taken (RFC 8446 §4.2.10) ----

  skipEarlyData(until: 'second_client_hello' | 'handshake_record'): void {
    this.#skipping = until === 'second_client_hello' ? 'until_client_hello' : 'until_authentic';
  }

  #readBehindEarlyData(record: RawRecord): Incoming | undefined {
    const keys = this.#skipping === 'until_authentic' ? this.#read : undefined;
    if (record.type !== CONTENT_TYPES.application_data) {
      // In the clear there is the second ClientHello, behind which no early data is left, or an alert.
      this.#skipping = 'nothing';
      return this.#readRecord(record);
    }
    // "The server then ignores early data by skipping all records with an external content type of "application_data" (indicating that
    // they are encrypted), up to the configured max_early_data_size." (RFC 8446 §4.2.10)
    const inner = keys?.open(record.header, record.fragment);
    if (inner === undefined) {
      this.#countEarlyData(RECORD_HEADER_SIZE + record.fragment.length);
      return undefined;
    }
    // "Once a record is deprotected successfully, it is treated as the start of the client's second flight and the server proceeds as
    // with an ordinary 1-RTT handshake." (RFC 8446 §4.2.10)
    this.#skipping = 'nothing';
    return this.#readInner(inner);
  }

  #countEarlyData(size: number): void {
    this.#earlyDataSkipped += size;
    if (this.#earlyDataSkipped > this.#limits.maxEarlyDataSkipped) {
      throw new LimitExceeded(
        'maxEarlyDataSkipped',
        `more than ${this.#limits.maxEarlyDataSkipped} bytes of early data, which this server does not take`,
        'unexpected_message',
      );
    }
  }

  #readContent(type: number, content: Uint8Array): Incoming | undefined {
    // "Implementations MUST NOT send Handshake and Alert records that have a zero-length TLSInnerPlaintext.content; if such a message is
    // received, the receiving implementation MUST terminate the connection with an "unexpected_message" alert." (RFC 8446 §5.4)
    if (content.length === 0 && (type === CONTENT_TYPES.handshake || type === CONTENT_TYPES.alert)) {
      throw new PeerMisbehaved('empty_fragment', `a record of type ${contentTypeName(type)} without content`);
    }
    if (type === CONTENT_TYPES.alert) {
      this.tap?.('received', type, content);
      return readAlert(content);
    }
    const mayInterleave = this.mayRenegotiate && this.#isBeforeTls13;
    if (type !== CONTENT_TYPES.handshake && this.#handshakeInput.pending && !mayInterleave) {
      // "Handshake messages MUST NOT be interleaved with other record types." (RFC 8446 §5.1)
      throw new PeerMisbehaved('handshake_interleaved', 'another record in the midst of a handshake message');
    }
    if (type === CONTENT_TYPES.application_data) return this.#readData(content);
    if (type === CONTENT_TYPES.heartbeat && this.#heartbeatsAllowed) return this.#readHeartbeat(content);
    if (type !== CONTENT_TYPES.handshake) {
      throw new PeerMisbehaved('record_type_unexpected', `a record of type ${contentTypeName(type) ?? type}`);
    }
    this.#emptyRecords = 0;
    this.#handshakeInput.push(content);
    return undefined;
  }

  #readData(data: Uint8Array): Incoming | undefined {
    if (this.#readEpoch !== 'application') {
      throw new PeerMisbehaved('application_data_too_early', 'application data before the handshake is over');
    }
    if (data.length === 0) {
      this.#countEmpty();
      return undefined;
    }
    this.#emptyRecords = 0;
    return { kind: 'data', data };
  }

  /** "The receiving peer SHOULD discard the message silently, if it arrives during the handshake." (RFC 6520 §3) */
  #readHeartbeat(content: Uint8Array): Incoming | undefined {
    if (this.#readEpoch === 'application') return { kind: 'heartbeat', content };
    this.#countEmpty();
    return undefined;
  }

  allowHeartbeats(): void {
    this.#heartbeatsAllowed = true;
    if (this.#version !== 'TLSv1.3') this.#input.allowHeartbeats();
  }

  /**
   * "An implementation may receive an unencrypted record of type change_cipher_spec consisting of the single byte value 0x01 at any
   * time after the first ClientHello message has been sent or received and before the peer's Finished message has been received and
   * MUST simply drop it without further processing." (RFC 8446 §5)
   */
  #dropChangeCipherSpec(fragment: Uint8Array): undefined {
    if (!this.#changeCipherSpecAllowed || this.#readEpoch === 'application') throw changeCipherSpecUnexpected();
    checkChangeCipherSpec(fragment);
    if (this.#handshakeInput.pending) {
      throw new PeerMisbehaved('handshake_interleaved', 'change_cipher_spec in the midst of a handshake message');
    }
    this.tap?.('received', CONTENT_TYPES.change_cipher_spec, fragment);
    this.#changeCipherSpecDropped = true;
    this.#countEmpty();
  }

  #countEmpty(): void {
    if (++this.#emptyRecords > this.#limits.maxEmptyRecords) {
      throw new LimitExceeded(
        'maxEmptyRecords',
        `more than ${this.#limits.maxEmptyRecords} records in a row carry nothing`,
        'unexpected_message',
      );
    }
  }

  /** The peer's KeyUpdate (RFC 8446 §4.6.3). */
  updateReadKeys(): void {
    this.setReadProtection(this.#readEpoch as Epoch, nextGeneration(this.#read));
  }

  setReadProtection(epoch: Epoch, protection: RecordProtection): void {
    // "Implementations MUST verify that all messages immediately preceding a key change align with a record boundary; if not, then they
    // MUST terminate the connection with an "unexpected_message" alert." (RFC 8446 §5.1)
    if (this.#handshakeInput.pending) {
      throw new PeerMisbehaved('handshake_spans_key_change', 'a handshake message shares its record with one under other keys');
    }
    this.#read?.wipe();
    this.#read = protection;
    this.#readEpoch = epoch;
    if (this.#isBeforeTls13) this.#receiveLimit = Math.min(MAX_RECORD, this.#nextLimits?.receive ?? MAX_RECORD);
  }

  // ---- Sending ----

  get hasOutput(): boolean {
    return this.#output.length > 0;
  }

  takeOutput(): Uint8Array[] {
    const output = this.#output;
    this.#output = [];
    return joinSmall(output);
  }

  setConnectionIds(): void {
    throw new InternalError('records of TLS have no connection IDs');
  }

  /** Messages of TLS have no numbers. */
  send(message: Uint8Array): number {
    this.tap?.('sent', CONTENT_TYPES.handshake, message);
    this.#flight.push(message);
    return 0;
  }

  endFlight(): void {
    if (this.#flight.length === 0) return;
    const messages = this.#flight.length === 1 ? (this.#flight[0] as Uint8Array) : concat(...this.#flight);
    this.#flight = [];
    this.#writeFragments(CONTENT_TYPES.handshake, messages);
    if (this.#version === undefined) this.#recordVersion = TLS12;
  }

  sendChangeCipherSpec(): void {
    this.endFlight();
    if (this.#closed) return;
    this.tap?.('sent', CONTENT_TYPES.change_cipher_spec, CHANGE_CIPHER_SPEC);
    // In a renegotiation of TLS 1.2 it is protected like all else, by the keys that it puts out of force.
    if (this.#isBeforeTls13) this.#writeRecord(CONTENT_TYPES.change_cipher_spec, CHANGE_CIPHER_SPEC);
    else this.#output.push(recordHeader(CONTENT_TYPES.change_cipher_spec, this.#recordVersion, 1), CHANGE_CIPHER_SPEC);
  }

  /**
   * Sends as much as the write key may still seal; says how much that was. After a KeyUpdate the rest can follow.
   *
   * Where an initialization vector is known before its record, who can choose what is sent can guess what was sent before (BEAST, 2011). With the
   * first byte of a write in a record of its own, the vector of the rest depends on a MAC that nobody can choose.
   */
  sendData(data: Uint8Array): number {
    this.endFlight();
    let size = this.#write?.chainsVectors === true ? 1 : this.maxSendFragment;
    let at = 0;
    do {
      const isWhole = at === 0 && data.length <= size;
      this.#writeRecord(CONTENT_TYPES.application_data, isWhole ? data : data.subarray(at, at + size));
      at += size;
      size = this.maxSendFragment;
    } while (at < data.length && !this.writeKeyExhausted);
    return Math.min(at, data.length);
  }

  sendAlert(level: number, description: number): void {
    this.endFlight();
    const alert = Uint8Array.of(level, description);
    if (!this.#closed) this.tap?.('sent', CONTENT_TYPES.alert, alert);
    this.#writeRecord(CONTENT_TYPES.alert, alert);
  }

  /** The longest heartbeat that the peer takes: "MUST NOT exceed 2^14 or max_fragment_length when negotiated" (RFC 6520 §4). */
  get maxHeartbeat(): number {
    return this.#peerFragmentLimit;
  }

  /** A whole message, of at most `maxHeartbeat` bytes: it is never cut. */
  sendHeartbeat(message: Uint8Array): void {
    this.endFlight();
    this.#writeRecord(CONTENT_TYPES.heartbeat, message);
  }

  setWriteProtection(_epoch: Epoch, protection: RecordProtection): void {
    this.endFlight();
    this.#write?.wipe();
    this.#write = protection;
    if (this.#isBeforeTls13) this.#limitFragments(this.#nextLimits?.send ?? MAX_RECORD);
  }

  /** After our KeyUpdate was sent. */
  updateWriteKeys(): void {
    this.setWriteProtection('application', nextGeneration(this.#write));
  }

  /** Whether the write key has done its duty (RFC 8446 §5.5). */
  get writeKeyExhausted(): boolean {
    return this.#write?.exhausted === true;
  }

  setRecordSizeLimits(limits: RecordSizeLimits): void {
    // "Records are subject to the limits that were set in the handshake that produces the keys that are used to protect those records."
    // (RFC 8449 §4) In a renegotiation they are other limits, and other keys.
    if (this.#isBeforeTls13) {
      this.#nextLimits = limits;
      return;
    }
    const { send, receive } = limits;
    if (send !== undefined) this.#limitFragments(send);
    if (receive !== undefined) this.#receiveLimit = Math.min(this.#receiveLimit, receive);
    if (this.#largestReceived > this.#receiveLimit) throw this.#recordOverflow(this.#largestReceived);
  }

  /** The limits count the content type (RFC 8449 §4), fragments do not. */
  #limitFragments(limit: number): void {
    this.#peerFragmentLimit = Math.min(MAX_PLAINTEXT, limit - 1);
  }

  setMaxFragmentLength(length: number): void {
    // "If the maximum fragment length is reduced … then the reduced limit applies to the full plaintext, including the content type and
    // padding." (RFC 8446 §5.4) So we do; OpenSSL leaves out the type when it counts, so we let it.
    this.setRecordSizeLimits({ send: this.#version === 'TLSv1.3' ? length : length + 1, receive: length + 1 });
    // "… the client and server MUST immediately begin fragmenting messages (including handshake messages)" (RFC 6066 §4)
    if (this.#isBeforeTls13) this.#limitFragments(length + 1);
    this.#clearReceiveLimit = length;
  }

  #recordOverflow(length: number, limit = this.#receiveLimit): PeerMisbehaved {
    return new PeerMisbehaved('record_overflow', `a plaintext of ${length} bytes, at most ${limit} are allowed`);
  }

  get maxSendFragment(): number {
    return Math.min(this.#wishedFragment, this.#peerFragmentLimit);
  }

  setMaxSendFragment(size: number): void {
    if (!Number.isInteger(size) || size < 1 || size > MAX_PLAINTEXT) {
      throw new ApiMisuse(
        'ERR_TLS_OPTION_RANGE',
        `maxSendFragment is ${size}: an integer from 1 to ${MAX_PLAINTEXT} is expected`,
      );
    }
    this.#wishedFragment = size;
  }

  /** Forgets keys and buffers; output that was not taken stays. */
  close(): void {
    this.#closed = true;
    this.#input.clear();
    this.#handshakeInput.clear();
    this.#flight = [];
    this.#read?.wipe();
    this.#nextRead?.wipe();
    this.#write?.wipe();
    this.#read = undefined;
    this.#nextRead = undefined;
    this.#write = undefined;
  }

  #writeFragments(type: number, content: Uint8Array): void {
    const size = this.maxSendFragment;
    let at = 0;
    do {
      this.#writeRecord(type, content.length <= size ? content : content.subarray(at, at + size));
      at += size;
    } while (at < content.length);
  }

  #writeRecord(type: number, content: Uint8Array): void {
    if (this.#closed) return;
    const write = this.#write;
    if (write === undefined) {
      this.#output.push(recordHeader(type, this.#recordVersion, content.length), content);
      return;
    }
    if (!write.hidesType) {
      const header = recordHeader(type, this.#recordVersion, write.sealedLength(content.length));
      this.#output.push(header);
      write.seal(header, [content], this.#output);
      return;
    }
    const padding = this.#padding?.(content.length, this.#peerFragmentLimit - content.length) ?? 0;
    const header = recordHeader(CONTENT_TYPES.application_data, TLS12, write.sealedLength(content.length + 1 + padding));
    this.#output.push(header);
    write.seal(header, [content, padding === 0 ? Uint8Array.of(type) : paddedType(type, padding)], this.#output);
  }
}

/** "If the decryption fails, the receiver MUST terminate the connection with a "bad_record_mac" alert." (RFC 8446 §5.2) */
function openRecord(protection: RecordProtection, { header, fragment }: RawRecord): Uint8Array {
  const content = protection.open(header, fragment);
  if (content === undefined) throw new PeerMisbehaved('bad_record_mac', 'a record could not be decrypted');
  return content;
}

function nextGeneration(protection: RecordProtection | undefined): RecordProtection {
  if (protection?.next === undefined) throw new InternalError('KeyUpdate without keys that can be updated');
  return protection.next();
}

function changeCipherSpecUnexpected(): PeerMisbehaved {
  return new PeerMisbehaved('change_cipher_spec_unexpected', 'change_cipher_spec where none may be');
}

function changeCipherSpecMissing(): PeerMisbehaved {
  return new PeerMisbehaved('change_cipher_spec_missing', 'another record where change_cipher_spec has to be');
}

function checkChangeCipherSpec(fragment: Uint8Array): void {
  if (fragment.length === 1 && fragment[0] === 1) return;
  throw new PeerMisbehaved('change_cipher_spec_invalid', 'a change_cipher_spec other than the single byte 1');
}

/** "The version of the protocol being employed. This document describes TLS Version 1.2, which uses the version { 3, 3 }." (RFC 5246 §6.2.1) Those before it use theirs. */
function checkVersion(header: Uint8Array, expected: number): void {
  const version = ((header[1] as number) << 8) | (header[2] as number);
  if (version === expected) return;
  throw new PeerMisbehaved(
    'record_version_wrong',
    `a record of version 0x${version.toString(16)} in a connection of 0x${expected.toString(16)}`,
  );
}

function recordHeader(type: number, version: number, length: number): Uint8Array {
  return Uint8Array.of(type, version >> 8, version & 0xff, length >> 8, length & 0xff);
}

/** The inner content type and the zeros behind it. */
function paddedType(type: number, padding: number): Uint8Array {
  const bytes = new Uint8Array(1 + padding);
  bytes[0] = type;
  return bytes;
}

/** "… a record with an Alert type MUST contain exactly one message." (RFC 8446 §5.1) */
function readAlert(content: Uint8Array): Incoming {
  if (content.length !== 2)
    throw new PeerMisbehaved('alert_fragmented', `an alert record of ${content.length} bytes, 2 expected`);
  return { kind: 'alert', level: content[0] as number, description: content[1] as number };
}
