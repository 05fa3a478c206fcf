/**
 * A peer for tests that keeps every rule until it is told to break one: what the peers of all versions share. It has its own transport, and
 * its script has its own idea of the handshake, so that each rule can be broken exactly once.
 *
 * ```
 *   script: peer.send('server_hello', hello) ─▶ change ─▶ write ─▶ changeMessage ─▶ transcript
 *                                                                        └─▶ changeRecords ─▶ protect ─▶ takeOutput()
 * ```
 * The transcript holds what was sent, so that a change that the victim lets pass does not show up as a wrong Finished.
 */

import { concat, EMPTY, utf8 } from '../../src/core/bytes/bytes.ts';
import { ALERTS, type AlertName, alertName } from '../../src/core/registry/alerts.ts';
import { CONTENT_TYPES } from '../../src/core/registry/content-types.ts';
import type { Hash } from '../../src/crypto/hash.ts';
import type { RawExtension } from '../../src/protocol/messages/extensions/block.ts';
import { type MessageKind, type RawMessage, writeMessage } from '../../src/protocol/messages/messages.ts';

/** A record to send. Under the current keys, if there are any, unless `inTheClear`. */
export interface OutgoingRecord {
  /** The content type; when protected in TLS 1.3, the inner one. */
  readonly type: number;
  readonly content: Uint8Array;
  readonly inTheClear?: boolean;
  /** The version in the header; that of the connection unless set. */
  readonly version?: number;
  /** The length that the header claims; right unless set. */
  readonly length?: number;
  /** TLS 1.3: the type in the header of a protected record; application_data unless set. */
  readonly outerType?: number;
  /** TLS 1.3: zeros after the inner content type. */
  readonly padding?: number;
  /** TLS 1.3: leaves the inner content type out: what is protected is `content` alone. */
  readonly withoutType?: boolean;
  /** Changes what stands behind the header. */
  readonly tamper?: (fragment: Uint8Array) => Uint8Array;
}

/** What a script waits with: it is resumed with the next handshake message. */
export type Script<T = void> = Generator<void, T, RawMessage>;

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

/** How the messages of each place are written. */
type Kinds = Readonly<Record<string, MessageKind<string, unknown>>>;
type PlacesWithExtensions<Sent> = { [P in keyof Sent]: Sent[P] extends { extensions: unknown } ? P : never }[keyof Sent];

export abstract class ScriptedPeer<Sent> {
  /** What the victim sent. */
  readonly alerts: ReceivedAlert[] = [];
  readonly receivedMessages: RawMessage[] = [];
  receivedData: Uint8Array = EMPTY;
  /** Set by the script when its side of the handshake is over. */
  connected = false;

  readonly #kinds: Kinds;
  readonly #hooks = new Map<keyof Sent, Hooks>();
  readonly #onConnected: (() => void)[] = [];
  protected transcript: Uint8Array[] = [];
  #script: Script | undefined;
  #input: Uint8Array = EMPTY;
  #handshakeInput: Uint8Array = EMPTY;
  #output: Uint8Array[] = [];

  constructor(kinds: { readonly [P in keyof Sent]: { readonly name: string } | undefined }) {
    this.#kinds = kinds as unknown as Kinds;
  }

  /** The bytes of a record, header included, under the keys that there are. */
  protected abstract protect(record: OutgoingRecord): Uint8Array;
  /** The content of a record that came. */
  protected abstract open(record: Uint8Array): { readonly type: number; readonly content: Uint8Array };
  /** Told of what is neither an alert, nor data, nor of the handshake. */
  protected abstract readOther(type: number, content: Uint8Array): void;
  /** Told of each message, before the script is. */
  protected abstract readMessage(message: RawMessage): void;

  // ---- What a case says ----

  /** Changes the decoded message before it is written. */
  change<P extends keyof Sent>(place: P, edit: (value: Sent[P]) => Sent[P]): void {
    this.hooksAt(place).values.push(edit as (value: unknown) => unknown);
  }

  /** Changes the list of extensions, unchecked. */
  changeExtensions<P extends PlacesWithExtensions<Sent>>(
    place: P,
    edit: (list: readonly RawExtension[]) => readonly RawExtension[],
  ): void {
    type Value = { readonly extensions: { readonly list: readonly RawExtension[] } };
    this.hooksAt(place).values.push((value) => {
      const { extensions } = value as Value;
      return { ...(value as Value), extensions: { ...extensions, list: edit(extensions.list), values: {} } };
    });
  }

  /** Changes the written message, header included: into nothing, or into several messages or parts of them. */
  changeMessage(place: keyof Sent, edit: (message: Uint8Array) => Uint8Array): void {
    this.hooksAt(place).messages.push(edit);
  }

  /** Leaves it out. */
  skip(place: keyof Sent): void {
    this.changeMessage(place, () => EMPTY);
  }

  /** Changes the record that carries a message, or makes several of it. */
  changeRecords(place: keyof Sent, edit: (record: OutgoingRecord) => readonly OutgoingRecord[]): void {
    this.hooksAt(place).records.push(edit);
  }

  before(place: keyof Sent, act: () => void): void {
    this.hooksAt(place).before.push(act);
  }

  after(place: keyof Sent, act: () => void): void {
    this.hooksAt(place).after.push(act);
  }

  /** When the peer's side of the handshake is over. */
  whenConnected(act: () => void): void {
    this.#onConnected.push(act);
  }

  // ---- Sending ----

  /** Sends a message of the handshake, with what the case does to it. `complete` fills in what depends on the written bytes. */
  send<P extends keyof Sent & string>(
    place: P,
    value: Sent[P],
    complete: (message: Uint8Array) => Uint8Array = (message) => message,
  ): void {
    const hooks = this.hooksAt(place);
    for (const act of hooks.before) act();
    const changed = hooks.values.reduce((current, edit) => edit(current), value as unknown);
    const right = complete(writeMessage(this.#kinds[place] as MessageKind<string, unknown>, changed));
    const message = hooks.messages.reduce((current, edit) => edit(current), right);
    this.transcript.push(message);
    const whole: OutgoingRecord = { type: CONTENT_TYPES.handshake, content: message };
    if (message.length > 0) this.sendHooked(hooks, whole);
    for (const act of hooks.after) act();
  }

  protected sendHooked({ records }: Pick<Hooks, 'records'>, whole: OutgoingRecord): void {
    const list = records.reduce<readonly OutgoingRecord[]>((current, edit) => current.flatMap(edit), [whole]);
    for (const record of list) this.sendRecord(record);
  }

  /** Sends handshake bytes that are in nobody's script; in no transcript, unless it is said. */
  sendHandshake(message: Uint8Array, inTranscript = false): void {
    if (inTranscript) this.transcript.push(message);
    this.sendRecord({ type: CONTENT_TYPES.handshake, content: message });
  }

  sendData(text: string): void {
    this.sendRecord({ type: CONTENT_TYPES.application_data, content: utf8(text) });
  }

  sendAlert(level: number, description: AlertName | number): void {
    const code = typeof description === 'number' ? description : ALERTS[description];
    this.sendRecord({ type: CONTENT_TYPES.alert, content: Uint8Array.of(level, code) });
  }

  sendRecord(record: OutgoingRecord): void {
    this.sendRaw(this.protect(record));
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

  markConnected(): void {
    this.connected = true;
    for (const act of this.#onConnected) act();
  }

  transcriptHash(hash: Hash, more: Uint8Array = EMPTY): Uint8Array {
    return hash.digest(concat(...this.transcript, more));
  }

  // ---- Receiving ----

  receive(bytes: Uint8Array): void {
    this.#input = concat(this.#input, bytes);
    for (;;) {
      const length = 5 + (((this.#input[3] ?? 0) << 8) | (this.#input[4] ?? 0));
      if (this.#input.length < 5 || this.#input.length < length) return;
      const record = this.#input.subarray(0, length);
      this.#input = this.#input.slice(length);
      const { type, content } = this.open(record);
      this.#readContent(type, content);
    }
  }

  #readContent(type: number, content: Uint8Array): void {
    if (type === CONTENT_TYPES.alert) {
      this.alerts.push({ level: content[0] as number, description: alertName(content[1] as number) });
    } else if (type === CONTENT_TYPES.application_data) {
      this.receivedData = concat(this.receivedData, content);
    } else if (type === CONTENT_TYPES.handshake) {
      this.#handshakeInput = concat(this.#handshakeInput, content);
      this.#readMessages();
    } else {
      this.readOther(type, content);
    }
  }

  #readMessages(): void {
    for (;;) {
      const input = this.#handshakeInput;
      const length = 4 + (((input[1] ?? 0) << 16) | ((input[2] ?? 0) << 8) | (input[3] ?? 0));
      if (input.length < 4 || input.length < length) return;
      this.#handshakeInput = input.slice(length);
      const bytes = input.slice(0, length);
      const message = { type: bytes[0] as number, body: bytes.subarray(4), bytes, sequence: 0 };
      this.receivedMessages.push(message);
      this.readMessage(message);
      this.#script?.next(message);
    }
  }

  protected hooksAt(place: keyof Sent): Hooks {
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
