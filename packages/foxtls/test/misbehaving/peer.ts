/**
 * A TLS 1.3 peer for tests that keeps every rule until it is told to break one: it speaks our codecs and key schedule, but has its own
 * transport and its own idea of the handshake (`scripts.ts`), so that each rule can be broken exactly once.
 *
 * ```
 *   script: peer.send('server_hello', hello) ─▶ change ─▶ write ─▶ changeMessage ─▶ transcript
 *                                                                        └─▶ changeRecords ─▶ seal ─▶ takeOutput()
 * ```
 * The transcript holds what was sent, so that a change that the victim lets pass does not show up as a wrong Finished.
 */

import { concat, EMPTY, utf8 } from '../../src/core/bytes/bytes.ts';
import type { Eventually } from '../../src/core/flow/flow.ts';
import { isThenable } from '../../src/core/flow/flow.ts';
import { ALERTS, type AlertName, alertName } from '../../src/core/registry/alerts.ts';
import { CONTENT_TYPES } from '../../src/core/registry/content-types.ts';
import { HANDSHAKE_TYPES } from '../../src/core/registry/handshake-types.ts';
import type { Hash } from '../../src/crypto/hash.ts';
import type { Certificate } from '../../src/protocol/messages/certificate.ts';
import type { CertificateRequest } from '../../src/protocol/messages/certificate-request.ts';
import type { CertificateVerify } from '../../src/protocol/messages/certificate-verify.ts';
import type { ClientHello } from '../../src/protocol/messages/client-hello.ts';
import type { EncryptedExtensions } from '../../src/protocol/messages/encrypted-extensions.ts';
import type { RawExtension } from '../../src/protocol/messages/extensions/block.ts';
import type { Finished } from '../../src/protocol/messages/finished.ts';
import * as messages from '../../src/protocol/messages/messages.ts';
import type { HelloRetryRequest, ServerHello } from '../../src/protocol/messages/server-hello.ts';
import type { TrafficKeys } from './traffic-keys.ts';

/** The messages that a peer sends, by their place in the handshake. */
export interface Sent {
  client_hello: ClientHello;
  second_client_hello: ClientHello;
  hello_retry_request: HelloRetryRequest;
  server_hello: ServerHello;
  encrypted_extensions: EncryptedExtensions;
  certificate_request: CertificateRequest;
  certificate: Certificate;
  certificate_verify: CertificateVerify;
  finished: Finished;
}
export type Place = keyof Sent;
type WithExtensions = { [P in Place]: Sent[P] extends { extensions: unknown } ? P : never }[Place];

const KINDS = {
  client_hello: messages.ClientHello,
  second_client_hello: messages.ClientHello,
  hello_retry_request: messages.ServerHello,
  server_hello: messages.ServerHello,
  encrypted_extensions: messages.EncryptedExtensions,
  certificate_request: messages.CertificateRequest,
  certificate: messages.Certificate,
  certificate_verify: messages.CertificateVerify,
  finished: messages.Finished,
} as const;

/** A record to send. Under the current keys, if there are any, unless `inTheClear`. */
export interface OutgoingRecord {
  /** The content type; when protected, the inner one. */
  readonly type: number;
  readonly content: Uint8Array;
  readonly inTheClear?: boolean;
  /** legacy_record_version; 0x0303 unless set. */
  readonly version?: number;
  /** The type in the header of a protected record; application_data unless set. */
  readonly outerType?: number;
  /** Zeros after the inner content type. */
  readonly padding?: number;
  /** Leaves the inner content type out: what is protected is `content` alone. */
  readonly withoutType?: boolean;
  /** The length that the header claims; right unless set. */
  readonly length?: number;
}

/** What a script waits with: it is resumed with the next handshake message. */
export type Script<T = void> = Generator<void, T, messages.RawMessage>;

interface Hooks {
  readonly values: ((value: unknown) => unknown)[];
  readonly messages: ((message: Uint8Array) => Uint8Array)[];
  readonly records: ((record: OutgoingRecord) => readonly OutgoingRecord[])[];
  readonly before: (() => void)[];
  readonly after: (() => void)[];
}

export interface ReceivedAlert {
  readonly level: number;
  readonly description: AlertName | undefined;
}

export class Peer {
  readonly role: 'client' | 'server';
  /** What the victim sent. */
  readonly alerts: ReceivedAlert[] = [];
  readonly receivedMessages: messages.RawMessage[] = [];
  receivedData: Uint8Array = EMPTY;
  /** The lengths of the protected records that came. */
  readonly receivedLengths: number[] = [];
  /** Set by the script when its side of the handshake is over. */
  connected = false;

  readonly #hooks = new Map<Place, Hooks>();
  readonly #onConnected: (() => void)[] = [];
  #transcript: Uint8Array[] = [];
  #script: Script | undefined;
  #input: Uint8Array = EMPTY;
  #handshakeInput: Uint8Array = EMPTY;
  #output: Uint8Array[] = [];
  #write: TrafficKeys | undefined;
  #read: TrafficKeys | undefined;

  constructor(role: 'client' | 'server') {
    this.role = role;
  }

  // ---- What a case says ----

  /** Changes the decoded message before it is written. */
  change<P extends Place>(place: P, edit: (value: Sent[P]) => Sent[P]): void {
    this.#hooksAt(place).values.push(edit as (value: unknown) => unknown);
  }

  /** Changes the list of extensions, unchecked. */
  changeExtensions<P extends WithExtensions>(place: P, edit: (list: readonly RawExtension[]) => readonly RawExtension[]): void {
    this.change(place, (value) => ({
      ...value,
      extensions: { context: value.extensions.context, list: edit(value.extensions.list), values: {} },
    }));
  }

  /** Changes the written message, header included: into nothing, or into several messages or parts of them. */
  changeMessage(place: Place, edit: (message: Uint8Array) => Uint8Array): void {
    this.#hooksAt(place).messages.push(edit);
  }

  /** Changes the record that carries a message, or makes several of it. */
  changeRecords(place: Place, edit: (record: OutgoingRecord) => readonly OutgoingRecord[]): void {
    this.#hooksAt(place).records.push(edit);
  }

  before(place: Place, act: () => void): void {
    this.#hooksAt(place).before.push(act);
  }

  after(place: Place, act: () => void): void {
    this.#hooksAt(place).after.push(act);
  }

  /** When the peer's side of the handshake is over. */
  whenConnected(act: () => void): void {
    this.#onConnected.push(act);
  }

  // ---- Sending ----

  /** Sends a message of the handshake, with what the case does to it. `complete` fills in what depends on the written bytes. */
  send<P extends Place>(place: P, value: Sent[P], complete: (message: Uint8Array) => Uint8Array = (message) => message): void {
    const hooks = this.#hooksAt(place);
    for (const act of hooks.before) act();
    const changed = hooks.values.reduce((current, edit) => edit(current), value as unknown);
    const kind = KINDS[place] as messages.MessageKind<string, unknown>;
    const right = complete(messages.writeMessage(kind, changed));
    const message = hooks.messages.reduce((current, edit) => edit(current), right);
    this.#transcript.push(message);
    const whole: OutgoingRecord = { type: CONTENT_TYPES.handshake, content: message };
    const records = hooks.records.reduce<readonly OutgoingRecord[]>((list, edit) => list.flatMap(edit), [whole]);
    if (message.length > 0) for (const record of records) this.sendRecord(record);
    for (const act of hooks.after) act();
  }

  /** Sends handshake bytes that are in nobody's script (and in no transcript). */
  sendHandshake(message: Uint8Array): void {
    this.sendRecord({ type: CONTENT_TYPES.handshake, content: message });
  }

  sendData(text: string): void {
    this.sendRecord({ type: CONTENT_TYPES.application_data, content: utf8(text) });
  }

  sendAlert(level: number, description: AlertName | number): void {
    const code = typeof description === 'number' ? description : ALERTS[description];
    this.sendRecord({ type: CONTENT_TYPES.alert, content: Uint8Array.of(level, code) });
  }

  sendChangeCipherSpec(content: Uint8Array = Uint8Array.of(1)): void {
    this.sendRecord({ type: CONTENT_TYPES.change_cipher_spec, content, inTheClear: true });
  }

  /** KeyUpdate, with the byte given as request_update, and the change of our keys that goes with it. */
  sendKeyUpdate(requestUpdate: number): void {
    this.sendHandshake(Uint8Array.of(HANDSHAKE_TYPES.key_update, 0, 0, 1, requestUpdate));
    this.#write = this.#write?.next();
  }

  sendRecord(record: OutgoingRecord): void {
    const { type, content, version = 0x0303 } = record;
    if (this.#write === undefined || record.inTheClear === true) {
      this.sendRaw(concat(recordHeader(type, version, record.length ?? content.length), content));
      return;
    }
    const typeByte = record.withoutType === true ? EMPTY : Uint8Array.of(type);
    const inner = concat(content, typeByte, new Uint8Array(record.padding ?? 0));
    const length = record.length ?? inner.length + this.#write.tagSize;
    const header = recordHeader(record.outerType ?? CONTENT_TYPES.application_data, version, length);
    this.sendRaw(concat(header, this.#write.seal(header, inner)));
  }

  /** Any bytes. */
  sendRaw(bytes: Uint8Array): void {
    this.#output.push(bytes);
  }

  takeOutput(): Uint8Array[] {
    const output = this.#output;
    this.#output = [];
    return output;
  }

  // ---- What a script needs ----

  run(script: Script): void {
    this.#script = script;
    script.next();
  }

  setWriteKeys(keys: TrafficKeys): void {
    this.#write = keys;
  }

  setReadKeys(keys: TrafficKeys): void {
    this.#read = keys;
  }

  markConnected(): void {
    this.connected = true;
    for (const act of this.#onConnected) act();
  }

  transcriptHash(hash: Hash, more: Uint8Array = EMPTY): Uint8Array {
    return hash.digest(concat(...this.#transcript, more));
  }

  /** RFC 8446 §4.4.1: the first ClientHello becomes its hash. */
  hashFirstHello(hash: Hash): void {
    const [first, ...rest] = this.#transcript;
    const digest = hash.digest(first ?? EMPTY);
    this.#transcript = [concat(Uint8Array.of(HANDSHAKE_TYPES.message_hash, 0, 0, digest.length), digest), ...rest];
  }

  // ---- Receiving ----

  receive(bytes: Uint8Array): void {
    this.#input = concat(this.#input, bytes);
    for (;;) {
      const length = 5 + (((this.#input[3] ?? 0) << 8) | (this.#input[4] ?? 0));
      if (this.#input.length < 5 || this.#input.length < length) return;
      const record = this.#input.subarray(0, length);
      this.#input = this.#input.slice(length);
      this.#readRecord(record);
    }
  }

  #readRecord(record: Uint8Array): void {
    const type = record[0] as number;
    const fragment = record.subarray(5);
    if (type !== CONTENT_TYPES.application_data || this.#read === undefined) {
      this.#readContent(type, fragment);
      return;
    }
    this.receivedLengths.push(fragment.length);
    const inner = this.#read.open(record.subarray(0, 5), fragment);
    const end = inner.findLastIndex((byte) => byte !== 0);
    this.#readContent(inner[end] as number, inner.subarray(0, end));
  }

  #readContent(type: number, content: Uint8Array): void {
    if (type === CONTENT_TYPES.alert) {
      this.alerts.push({ level: content[0] as number, description: alertName(content[1] as number) });
    } else if (type === CONTENT_TYPES.application_data) {
      this.receivedData = concat(this.receivedData, content);
    } else if (type === CONTENT_TYPES.handshake) {
      this.#handshakeInput = concat(this.#handshakeInput, content);
      this.#readMessages();
    }
  }

  #readMessages(): void {
    for (;;) {
      const input = this.#handshakeInput;
      const length = 4 + (((input[1] ?? 0) << 16) | ((input[2] ?? 0) << 8) | (input[3] ?? 0));
      if (input.length < 4 || input.length < length) return;
      this.#handshakeInput = input.slice(length);
      const bytes = input.slice(0, length);
      this.#readMessage({ type: bytes[0] as number, body: bytes.subarray(4), bytes, sequence: 0 });
    }
  }

  #readMessage(message: messages.RawMessage): void {
    this.receivedMessages.push(message);
    if (!this.connected) this.#transcript.push(message.bytes);
    else if (message.type === HANDSHAKE_TYPES.key_update) this.#read = this.#read?.next();
    this.#script?.next(message);
  }

  #hooksAt(place: Place): Hooks {
    const known = this.#hooks.get(place);
    if (known !== undefined) return known;
    const hooks: Hooks = { values: [], messages: [], records: [], before: [], after: [] };
    this.#hooks.set(place, hooks);
    return hooks;
  }
}

export function recordHeader(type: number, version: number, length: number): Uint8Array {
  return Uint8Array.of(type, version >> 8, version & 0xff, length >> 8, length & 0xff);
}

/** The value of a synchronous provider. */
export function now<T>(value: Eventually<T>): T {
  if (isThenable(value)) throw new Error('the test peer needs a provider that answers at once');
  return value as T;
}
