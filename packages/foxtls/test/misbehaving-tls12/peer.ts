/**
 * The peer of TLS 1.2: its messages and its records, which are `node:crypto`'s. It speaks our codecs and our PRF; `scripts.ts` has its handshakes.
 *
 * One suite: TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256.
 */

import { createCipheriv, createDecipheriv } from 'node:crypto';
import { concat, EMPTY } from '../../src/core/bytes/bytes.ts';
import { CONTENT_TYPES } from '../../src/core/registry/content-types.ts';
import type { ClientHello } from '../../src/protocol/messages/client-hello.ts';
import type { Finished } from '../../src/protocol/messages/finished.ts';
import * as tls13 from '../../src/protocol/messages/messages.ts';
import type { Tls12ServerHello } from '../../src/protocol/messages/server-hello.ts';
import type { CertificateList } from '../../src/protocol/messages/tls12/certificate.ts';
import type { CertificateRequest } from '../../src/protocol/messages/tls12/certificate-request.ts';
import type { DigitallySigned } from '../../src/protocol/messages/tls12/digitally-signed.ts';
import * as messages from '../../src/protocol/messages/tls12/messages.ts';
import type { NewSessionTicket } from '../../src/protocol/messages/tls12/new-session-ticket.ts';
import type { DirectionKeys } from '../../src/protocol/record/record-cipher.ts';
import { type OutgoingRecord, recordHeader, type Script, ScriptedPeer } from '../misbehaving/scripted-peer.ts';

export type { Script } from '../misbehaving/scripted-peer.ts';

/** What a peer sends, by its place in the handshake. */
export interface Sent {
  client_hello: ClientHello;
  server_hello: Tls12ServerHello;
  certificate: CertificateList;
  server_key_exchange: { readonly body: Uint8Array };
  certificate_request: CertificateRequest;
  server_hello_done: true;
  client_key_exchange: { readonly body: Uint8Array };
  certificate_verify: DigitallySigned;
  new_session_ticket: NewSessionTicket;
  change_cipher_spec: never;
  finished: Finished;
}
export type Place = keyof Sent;

const KINDS = {
  client_hello: tls13.ClientHello,
  server_hello: tls13.ServerHello,
  certificate: messages.Certificate,
  server_key_exchange: messages.ServerKeyExchange,
  certificate_request: messages.CertificateRequest,
  server_hello_done: messages.ServerHelloDone,
  client_key_exchange: messages.ClientKeyExchange,
  certificate_verify: messages.CertificateVerify,
  new_session_ticket: messages.NewSessionTicket,
  // No message of the handshake: it is sent by `changeCipher`.
  change_cipher_spec: undefined,
  finished: tls13.Finished,
} as const;

export class Tls12Peer extends ScriptedPeer<Sent> {
  readonly receivedHeartbeats: Uint8Array[] = [];
  /** verify_data of the last handshake. */
  finished: Readonly<Record<'client' | 'server', Uint8Array>> = { client: EMPTY, server: EMPTY };
  version = 0x0303;
  /** Server: what it says that its share is of. */
  namedCurve = 0x001d;
  /** Server: the share itself; a right one unless set. */
  share: Uint8Array | undefined;

  #write: GcmKeys | undefined;
  #read: GcmKeys | undefined;
  #nextRead: GcmKeys | undefined;

  constructor() {
    super(KINDS);
  }

  /** What the victim sent, in order: the types of its handshake messages. */
  get receivedTypes(): number[] {
    return this.receivedMessages.map(({ type }) => type);
  }

  /** change_cipher_spec and the keys that go with it. */
  changeCipher(keys: DirectionKeys): void {
    const hooks = this.hooksAt('change_cipher_spec');
    for (const act of hooks.before) act();
    const content = hooks.messages.reduce<Uint8Array>((current, edit) => edit(current), Uint8Array.of(1));
    if (content.length > 0) this.sendHooked(hooks, { type: CONTENT_TYPES.change_cipher_spec, content });
    this.#write = new GcmKeys(keys);
    for (const act of hooks.after) act();
  }

  /** A change_cipher_spec that nobody asked for. */
  injectChangeCipherSpec(): void {
    this.sendRecord({ type: CONTENT_TYPES.change_cipher_spec, content: Uint8Array.of(1) });
  }

  /** A handshake: the first, or another one. */
  override run(script: Script): void {
    this.transcript = [];
    super.run(script);
  }

  /** The victim's next change_cipher_spec puts these in force. */
  expectKeys(keys: DirectionKeys): void {
    this.#nextRead = new GcmKeys(keys);
  }

  markFinished(client: Uint8Array, server: Uint8Array): void {
    this.finished = { client, server };
    this.markConnected();
  }

  get transcriptBytes(): Uint8Array {
    return concat(...this.transcript);
  }

  protected override protect(record: OutgoingRecord): Uint8Array {
    const { type, content, version = this.version, tamper = (fragment) => fragment } = record;
    const keys = record.inTheClear === true ? undefined : this.#write;
    const fragment = tamper(keys?.seal(type, this.version, content) ?? content);
    return concat(recordHeader(type, version, record.length ?? fragment.length), fragment);
  }

  protected override open(record: Uint8Array) {
    const fragment = record.subarray(5);
    return { type: record[0] as number, content: this.#read?.open(record.subarray(0, 5), fragment) ?? fragment };
  }

  protected override readOther(type: number, content: Uint8Array): void {
    if (type === CONTENT_TYPES.change_cipher_spec) this.#read = this.#nextRead;
    else if (type === CONTENT_TYPES.heartbeat) this.receivedHeartbeats.push(content);
  }

  protected override readMessage({ bytes }: tls13.RawMessage): void {
    this.transcript.push(bytes);
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
