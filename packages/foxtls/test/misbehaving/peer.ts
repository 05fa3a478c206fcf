/**
 * The peer of TLS 1.3: its messages and its records. It speaks our codecs and key schedule; `scripts.ts` has its handshakes.
 */

import { concat, EMPTY } from '../../src/core/bytes/bytes.ts';
import type { Eventually } from '../../src/core/flow/flow.ts';
import { isThenable } from '../../src/core/flow/flow.ts';
import { CONTENT_TYPES } from '../../src/core/registry/content-types.ts';
import { HANDSHAKE_TYPES } from '../../src/core/registry/handshake-types.ts';
import type { Hash } from '../../src/crypto/hash.ts';
import type { Certificate } from '../../src/protocol/messages/certificate.ts';
import type { CertificateRequest } from '../../src/protocol/messages/certificate-request.ts';
import type { CertificateVerify } from '../../src/protocol/messages/certificate-verify.ts';
import type { ClientHello } from '../../src/protocol/messages/client-hello.ts';
import type { EncryptedExtensions } from '../../src/protocol/messages/encrypted-extensions.ts';
import type { Finished } from '../../src/protocol/messages/finished.ts';
import * as messages from '../../src/protocol/messages/messages.ts';
import type { HelloRetryRequest, ServerHello } from '../../src/protocol/messages/server-hello.ts';
import { type OutgoingRecord, recordHeader, ScriptedPeer } from './scripted-peer.ts';
import type { TrafficKeys } from './traffic-keys.ts';

export type { OutgoingRecord, Script } from './scripted-peer.ts';
export { recordHeader } from './scripted-peer.ts';

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

export class Peer extends ScriptedPeer<Sent> {
  readonly role: 'client' | 'server';
  /** The lengths of the protected records that came. */
  readonly receivedLengths: number[] = [];

  #write: TrafficKeys | undefined;
  #read: TrafficKeys | undefined;

  constructor(role: 'client' | 'server') {
    super(KINDS);
    this.role = role;
  }

  sendChangeCipherSpec(content: Uint8Array = Uint8Array.of(1)): void {
    this.sendRecord({ type: CONTENT_TYPES.change_cipher_spec, content, inTheClear: true });
  }

  /** KeyUpdate, with the byte given as request_update, and the change of our keys that goes with it. */
  sendKeyUpdate(requestUpdate: number): void {
    this.sendHandshake(Uint8Array.of(HANDSHAKE_TYPES.key_update, 0, 0, 1, requestUpdate));
    this.#write = this.#write?.next();
  }

  setWriteKeys(keys: TrafficKeys): void {
    this.#write = keys;
  }

  setReadKeys(keys: TrafficKeys): void {
    this.#read = keys;
  }

  /** RFC 8446 §4.4.1: the first ClientHello becomes its hash. */
  hashFirstHello(hash: Hash): void {
    const [first, ...rest] = this.transcript;
    const digest = hash.digest(first ?? EMPTY);
    this.transcript = [concat(Uint8Array.of(HANDSHAKE_TYPES.message_hash, 0, 0, digest.length), digest), ...rest];
  }

  protected override protect(record: OutgoingRecord): Uint8Array {
    const { type, content, version = 0x0303, tamper = (fragment) => fragment } = record;
    if (this.#write === undefined || record.inTheClear === true) {
      return concat(recordHeader(type, version, record.length ?? content.length), tamper(content));
    }
    const typeByte = record.withoutType === true ? EMPTY : Uint8Array.of(type);
    const inner = concat(content, typeByte, new Uint8Array(record.padding ?? 0));
    const length = record.length ?? inner.length + this.#write.tagSize;
    const header = recordHeader(record.outerType ?? CONTENT_TYPES.application_data, version, length);
    return concat(header, tamper(this.#write.seal(header, inner)));
  }

  protected override open(record: Uint8Array) {
    const type = record[0] as number;
    const fragment = record.subarray(5);
    if (type !== CONTENT_TYPES.application_data || this.#read === undefined) return { type, content: fragment };
    this.receivedLengths.push(fragment.length);
    const inner = this.#read.open(record.subarray(0, 5), fragment);
    const end = inner.findLastIndex((byte) => byte !== 0);
    return { type: inner[end] as number, content: inner.subarray(0, end) };
  }

  /** change_cipher_spec means nothing. */
  protected override readOther(): void {}

  protected override readMessage(message: messages.RawMessage): void {
    if (!this.connected) this.transcript.push(message.bytes);
    else if (message.type === HANDSHAKE_TYPES.key_update) this.#read = this.#read?.next();
  }
}

/** The value of a synchronous provider. */
export function now<T>(value: Eventually<T>): T {
  if (isThenable(value)) throw new Error('the test peer needs a provider that answers at once');
  return value as T;
}
