/**
 * A TLS 1.2 peer for tests that keeps every rule until it is told to break one: it speaks our codecs and our PRF, but has its own records
 * (`node:crypto`), its own transcript, and its own idea of the handshake (`scripts.ts`).
 *
 * One suite: TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256. The transcript holds what was sent, so that a change that the victim lets pass does
 * not show up as a wrong Finished.
 */

import { createCipheriv, createDecipheriv } from 'node:crypto';
import { concat, EMPTY, utf8 } from '../../src/core/bytes/bytes.ts';
import { ALERTS, type AlertName, alertName } from '../../src/core/registry/alerts.ts';
import { CONTENT_TYPES } from '../../src/core/registry/content-types.ts';
import type { Hash } from '../../src/crypto/hash.ts';
import type { RawExtension } from '../../src/protocol/messages/extensions/block.ts';
import { type MessageKind, type RawMessage, writeMessage } from '../../src/protocol/messages/messages.ts';
import type { DirectionKeys } from '../../src/protocol/record/record-cipher.ts';

/** What a peer sends, by its place in the handshake. */
export type Place =
  | 'client_hello'
  | 'server_hello'
  | 'certificate'
  | 'server_key_exchange'
  | 'certificate_request'
  | 'server_hello_done'
  | 'client_key_exchange'
  | 'certificate_verify'
  | 'new_session_ticket'
  | 'change_cipher_spec'
  | 'finished';

interface Hooks {
  readonly values: ((value: never) => unknown)[];
  readonly messages: ((message: Uint8Array) => Uint8Array)[];
  readonly before: (() => void)[];
  readonly after: (() => void)[];
}

export interface ReceivedAlert {
  readonly level: number;
  readonly description: string | undefined;
}

export type Script = Generator<undefined, void, RawMessage>;

export class Tls12Peer {
  readonly alerts: ReceivedAlert[] = [];
  receivedData: Uint8Array = EMPTY;
  readonly receivedHeartbeats: Uint8Array[] = [];
  connected = false;
  /** verify_data of the last handshake. */
  finished: Readonly<Record<'client' | 'server', Uint8Array>> = { client: EMPTY, server: EMPTY };
  /** What the victim sent, in order: the types of its handshake messages. */
  readonly receivedTypes: number[] = [];
  version = 0x0303;
  /** Server: what it says that its share is of. */
  namedCurve = 0x001d;

  readonly #hooks = new Map<Place, Hooks>();
  readonly #onConnected: (() => void)[] = [];
  #transcript: Uint8Array[] = [];
  #script: Script | undefined;
  #input: Uint8Array = EMPTY;
  #handshakeInput: Uint8Array = EMPTY;
  #output: Uint8Array[] = [];
  #write: GcmKeys | undefined;
  #read: GcmKeys | undefined;
  #nextRead: GcmKeys | undefined;

  // ---- What a case says ----

  /** Changes the decoded message before it is written. */
  change<T>(place: Place, edit: (value: T) => T): void {
    this.#hooksAt(place).values.push(edit as (value: never) => unknown);
  }

  /** Changes the list of extensions, unchecked. */
  changeExtensions(
    place: 'client_hello' | 'server_hello',
    edit: (list: readonly RawExtension[]) => readonly RawExtension[],
  ): void {
    this.change<{ extensions: { context: string; list: readonly RawExtension[] } }>(place, (value) => ({
      ...value,
      extensions: { ...value.extensions, list: edit(value.extensions.list), values: {} },
    }));
  }

  /** Changes the written message, header included; into nothing leaves it out. */
  changeMessage(place: Place, edit: (message: Uint8Array) => Uint8Array): void {
    this.#hooksAt(place).messages.push(edit);
  }

  /** Leaves it out. */
  skip(place: Place): void {
    this.changeMessage(place, () => EMPTY);
  }

  before(place: Place, act: () => void): void {
    this.#hooksAt(place).before.push(act);
  }

  after(place: Place, act: () => void): void {
    this.#hooksAt(place).after.push(act);
  }

  whenConnected(act: () => void): void {
    this.#onConnected.push(act);
  }

  // ---- Sending ----

  send<T>(place: Place, kind: MessageKind<string, T>, value: T): void {
    const hooks = this.#hooksAt(place);
    for (const act of hooks.before) act();
    const changed = hooks.values.reduce<unknown>((current, edit) => edit(current as never), value);
    const message = hooks.messages.reduce<Uint8Array>((current, edit) => edit(current), writeMessage(kind, changed as T));
    if (message.length > 0) this.sendHandshake(message, true);
    for (const act of hooks.after) act();
  }

  /** Sends handshake bytes; in nobody's script they are in no transcript. */
  sendHandshake(message: Uint8Array, inTranscript = false): void {
    if (inTranscript) this.#transcript.push(message);
    this.sendRecord(CONTENT_TYPES.handshake, message);
  }

  /** change_cipher_spec and the keys that go with it. */
  changeCipher(keys: DirectionKeys): void {
    const hooks = this.#hooksAt('change_cipher_spec');
    for (const act of hooks.before) act();
    const content = hooks.messages.reduce<Uint8Array>((current, edit) => edit(current), Uint8Array.of(1));
    if (content.length > 0) this.sendRecord(CONTENT_TYPES.change_cipher_spec, content);
    this.#write = new GcmKeys(keys);
    for (const act of hooks.after) act();
  }

  /** A change_cipher_spec that nobody asked for. */
  injectChangeCipherSpec(): void {
    this.sendRecord(CONTENT_TYPES.change_cipher_spec, Uint8Array.of(1));
  }

  sendData(text: string): void {
    this.sendRecord(CONTENT_TYPES.application_data, utf8(text));
  }

  sendAlert(level: number, description: AlertName): void {
    this.sendRecord(CONTENT_TYPES.alert, Uint8Array.of(level, ALERTS[description]));
  }

  /** A record, under our keys if there are any; `tamper` changes what is sent of it. */
  sendRecord(type: number, content: Uint8Array, tamper: (fragment: Uint8Array) => Uint8Array = (fragment) => fragment): void {
    const sealed = this.#write?.seal(type, this.version, content) ?? content;
    this.sendRaw(type, tamper(sealed));
  }

  /** A record that is not protected, whatever keys there are. */
  sendRaw(type: number, fragment: Uint8Array, version = this.version): void {
    this.#output.push(
      concat(Uint8Array.of(type, version >> 8, version & 0xff, fragment.length >> 8, fragment.length & 0xff), fragment),
    );
  }

  takeOutput(): Uint8Array[] {
    const output = this.#output;
    this.#output = [];
    return output;
  }

  // ---- What a script needs ----

  /** A handshake: the first, or another one. */
  run(script: Script): void {
    this.#transcript = [];
    this.#script = script;
    script.next();
  }

  /** The victim's next change_cipher_spec puts these in force. */
  expectKeys(keys: DirectionKeys): void {
    this.#nextRead = new GcmKeys(keys);
  }

  markConnected(client: Uint8Array, server: Uint8Array): void {
    this.connected = true;
    this.finished = { client, server };
    for (const act of this.#onConnected) act();
  }

  get transcript(): Uint8Array {
    return concat(...this.#transcript);
  }

  transcriptHash(hash: Hash): Uint8Array {
    return hash.digest(this.transcript);
  }

  // ---- Receiving ----

  receive(bytes: Uint8Array): void {
    this.#input = concat(this.#input, bytes);
    for (;;) {
      const length = 5 + (((this.#input[3] ?? 0) << 8) | (this.#input[4] ?? 0));
      if (this.#input.length < 5 || this.#input.length < length) return;
      const record = this.#input.subarray(0, length);
      this.#input = this.#input.slice(length);
      const type = record[0] as number;
      const content = this.#read?.open(record.subarray(0, 5), record.subarray(5)) ?? record.subarray(5);
      this.#readContent(type, content);
    }
  }

  #readContent(type: number, content: Uint8Array): void {
    if (type === CONTENT_TYPES.change_cipher_spec) {
      this.#read = this.#nextRead;
    } else if (type === CONTENT_TYPES.alert) {
      this.alerts.push({ level: content[0] as number, description: alertName(content[1] as number) });
    } else if (type === CONTENT_TYPES.application_data) {
      this.receivedData = concat(this.receivedData, content);
    } else if (type === CONTENT_TYPES.heartbeat) {
      this.receivedHeartbeats.push(content);
    } else {
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
      this.#transcript.push(bytes);
      this.receivedTypes.push(bytes[0] as number);
      this.#script?.next({ type: bytes[0] as number, body: bytes.subarray(4), bytes, sequence: 0 });
    }
  }

  #hooksAt(place: Place): Hooks {
    const known = this.#hooks.get(place);
    if (known !== undefined) return known;
    const hooks: Hooks = { values: [], messages: [], before: [], after: [] };
    this.#hooks.set(place, hooks);
    return hooks;
  }
}

/** AES-128-GCM of TLS 1.2 (RFC 5288 §3), one direction, written apart from the product's. */
class GcmKeys {
  readonly #keys: DirectionKeys;
  #sequence = 0n;

  constructor({ macKey, key, iv }: DirectionKeys) {
    this.#keys = { macKey, key: key.slice(), iv: iv.slice() };
  }

  seal(type: number, version: number, content: Uint8Array): Uint8Array {
    const explicit = this.#number();
    const cipher = createCipheriv('aes-128-gcm', this.#keys.key, concat(this.#keys.iv, explicit));
    cipher.setAAD(concat(explicit, head(type, version, content.length)));
    const sealed = concat(cipher.update(content), cipher.final());
    return concat(explicit, sealed, cipher.getAuthTag());
  }

  open(header: Uint8Array, fragment: Uint8Array): Uint8Array {
    const decipher = createDecipheriv('aes-128-gcm', this.#keys.key, concat(this.#keys.iv, fragment.subarray(0, 8)));
    const version = ((header[1] as number) << 8) | (header[2] as number);
    decipher.setAAD(concat(this.#number(), head(header[0] as number, version, fragment.length - 24)));
    decipher.setAuthTag(fragment.subarray(-16));
    return concat(decipher.update(fragment.subarray(8, -16)), decipher.final());
  }

  #number(): Uint8Array {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, this.#sequence++);
    return bytes;
  }
}

const head = (type: number, version: number, length: number) =>
  Uint8Array.of(type, version >> 8, version & 0xff, length >> 8, length & 0xff);
