/**
 * What a server answers to a ClientHello, up to its ServerHelloDone or Finished, and to what follows that; read by the test's own eyes: the flight
 * of TLS 1.3 is opened by keys that the test agrees on itself.
 *
 * ```
 *   hello ─▶ server ─▶ feed(bytes) ─▶ HelloRetryRequest ─▶ second hello, to be sent
 *                          └────────▶ alert | end | whole flight ─▶ second flight, to be sent ─▶ alert | end ─▶ answer
 * ```
 */

import { concat, EMPTY, equal, fromUtf8 } from '../../packages/foxtls/src/core/bytes/bytes.ts';
import { alertName } from '../../packages/foxtls/src/core/registry/alerts.ts';
import { cipherSuiteName } from '../../packages/foxtls/src/core/registry/cipher-suites.ts';
import { CONTENT_TYPES } from '../../packages/foxtls/src/core/registry/content-types.ts';
import { extensionTypeName } from '../../packages/foxtls/src/core/registry/extension-types.ts';
import { HANDSHAKE_TYPES, handshakeTypeName } from '../../packages/foxtls/src/core/registry/handshake-types.ts';
import { namedGroupName } from '../../packages/foxtls/src/core/registry/named-groups.ts';
import { protocolVersionName } from '../../packages/foxtls/src/core/registry/protocol-versions.ts';
import { signatureSchemeName } from '../../packages/foxtls/src/core/registry/signature-schemes.ts';
import { decode } from '../../packages/foxtls/src/core/wire/codec.ts';
import { Reader } from '../../packages/foxtls/src/core/wire/reader.ts';
import { nodeProvider as provider } from '../../packages/foxtls/src/crypto/node/provider.ts';
import { finishedVerifyData } from '../../packages/foxtls/src/protocol/keys/finished.ts';
import { type HandshakeSecret, handshakeSecretWithoutPsk } from '../../packages/foxtls/src/protocol/keys/key-schedule.ts';
import { keyShareAck, keyShareRetry } from '../../packages/foxtls/src/protocol/messages/extensions/key-share.ts';
import { HELLO_RETRY_REQUEST_RANDOM } from '../../packages/foxtls/src/protocol/messages/server-hello.ts';
import { availableCipherSuites, type CipherSuite } from '../../packages/foxtls/src/protocol/negotiate/cipher-suites.ts';
import { TrafficKeys } from '../../packages/foxtls/test/misbehaving/traffic-keys.ts';
import { type HelloPlan, inRecords, prefixed, type WrittenHello, writeSecondHello } from './client-hello.ts';
import { hasSecondFlights, sealed, secondFlightOf } from './second-flight.ts';

/** By names. What is not there, or not of the version, is undefined. */
export interface Answer {
  readonly outcome: 'agreed' | 'refused';
  /** Of a refusal: the alert, or `closed` for none. */
  readonly alert?: string;
  readonly retry?: string;
  readonly version?: string;
  readonly suite?: string;
  readonly group?: string;
  readonly scheme?: string;
  /** The number of the certificate in the settings. */
  readonly certificate?: number;
  readonly alpn?: string;
  readonly echoesSessionId?: boolean;
  readonly downgrade?: string;
  /** Those of ServerHello and of EncryptedExtensions, sorted; of the former in TLS 1.3 nothing is left to say. */
  readonly extensions?: string;
  /** The messages of the flight. */
  readonly messages?: string;
  /** What was sent after it, and what came of that. */
  readonly second?: string;
  readonly outcomeOfSecond?: string;
}

type Draft = { -readonly [name in keyof Answer]: Answer[name] };

const MESSAGE_HEADER = 4;

export class AnswerReader {
  /** Set when there is nothing more to wait for. */
  answer: Answer | undefined;
  readonly #plan: HelloPlan;
  readonly #certificates: readonly Uint8Array[];
  #hello: WrittenHello;
  #draft: Draft = { outcome: 'agreed' };
  #transcript: Uint8Array[];
  #input: Uint8Array = EMPTY;
  #handshake: Uint8Array = EMPTY;
  #keys: TrafficKeys | undefined;
  #messages: string[] = [];
  #extensions: string[] = [];
  /** Of TLS 1.3, when it is there. */
  #secrets: { readonly suite: CipherSuite; readonly handshake: HandshakeSecret; readonly client: Uint8Array } | undefined;

  constructor(plan: HelloPlan, hello: WrittenHello, certificates: readonly Uint8Array[]) {
    this.#plan = plan;
    this.#hello = hello;
    this.#certificates = certificates;
    this.#transcript = [hello.message];
  }

  /** Whether the server was sent a second flight. */
  get isSecond(): boolean {
    return this.#draft.second !== undefined;
  }

  /** Takes what the server sent; gives what to answer with, if there is something. */
  async feed(bytes: Uint8Array): Promise<Uint8Array | undefined> {
    this.#input = concat(this.#input, bytes);
    let reply: Uint8Array | undefined;
    while (this.answer === undefined && this.#input.length >= 5) {
      const length = 5 + (((this.#input[3] ?? 0) << 8) | (this.#input[4] ?? 0));
      if (this.#input.length < length) return reply;
      const record = this.#input.subarray(0, length);
      this.#input = this.#input.slice(length);
      reply = (await this.#readRecord(record)) ?? reply;
    }
    return reply;
  }

  /** Nothing comes any more: the connection was closed, or the server waits for more. */
  end(how: 'closed' | 'reset' | 'nothing' = 'closed'): void {
    this.answer ??= this.isSecond
      ? { ...this.#draft, outcomeOfSecond: how }
      : { ...this.#draft, outcome: 'refused', alert: 'closed' };
  }

  async #readRecord(record: Uint8Array): Promise<Uint8Array | undefined> {
    const [header, fragment] = [record.subarray(0, 5), record.subarray(5)];
    const type = header[0] as number;
    if (type !== CONTENT_TYPES.application_data) return this.#readContent(type, fragment);
    if (this.#keys === undefined) throw new Error('a protected record before there are keys');
    const inner = this.#keys.open(header, fragment);
    const end = inner.findLastIndex((byte) => byte !== 0);
    return this.#readContent(inner[end] as number, inner.subarray(0, end));
  }

  async #readContent(type: number, content: Uint8Array): Promise<Uint8Array | undefined> {
    if (type === CONTENT_TYPES.alert) {
      const [level, code = 0] = content;
      // A warning, as OpenSSL's unrecognized_name, changes nothing.
      if (this.isSecond) this.answer = { ...this.#draft, outcomeOfSecond: alertName(code) ?? `${code}` };
      else if (level === 2) this.answer = { ...this.#draft, outcome: 'refused', alert: alertName(code) ?? `${code}` };
      return undefined;
    }
    // Tickets may follow Finished.
    if (type === CONTENT_TYPES.change_cipher_spec || this.isSecond) return undefined;
    if (type !== CONTENT_TYPES.handshake) throw new Error(`a record of type ${type}`);
    this.#handshake = concat(this.#handshake, content);
    let reply: Uint8Array | undefined;
    while (this.#handshake.length >= MESSAGE_HEADER && this.answer === undefined) {
      const [, a = 0, b = 0, c = 0] = this.#handshake;
      const length = MESSAGE_HEADER + ((a << 16) | (b << 8) | c);
      if (this.#handshake.length < length) break;
      const message = this.#handshake.slice(0, length);
      this.#handshake = this.#handshake.slice(length);
      reply = (await this.#readMessage(message)) ?? reply;
    }
    return reply;
  }

  async #readMessage(message: Uint8Array): Promise<Uint8Array | undefined> {
    const [type = 0, body] = [message[0], message.subarray(MESSAGE_HEADER)];
    if (type !== HANDSHAKE_TYPES.server_hello) this.#messages.push(handshakeTypeName(type) ?? `${type}`);
    this.#transcript.push(message);
    const draft = this.#draft;
    switch (type) {
      case HANDSHAKE_TYPES.server_hello:
        return this.#readServerHello(new Reader(body, 'server_hello'));
      case HANDSHAKE_TYPES.encrypted_extensions:
        this.#readExtensions(new Reader(body, 'encrypted_extensions'));
        return undefined;
      case HANDSHAKE_TYPES.certificate:
        draft.certificate = this.#certificates.findIndex((certificate) => includes(body, certificate));
        return undefined;
      case HANDSHAKE_TYPES.certificate_verify:
        draft.scheme = schemeName(new Reader(body, 'certificate_verify').uint(2));
        return undefined;
      case HANDSHAKE_TYPES.server_key_exchange:
        this.#readServerKeyExchange(new Reader(body, 'server_key_exchange'));
        return undefined;
      case HANDSHAKE_TYPES.server_hello_done:
      case HANDSHAKE_TYPES.finished:
        draft.extensions = this.#extensions.sort().join(' ');
        draft.messages = this.#messages.join(' ');
        if (this.#plan.second !== undefined && hasSecondFlights(draft.version)) return this.#goOn(this.#plan.second);
        this.answer = { ...draft };
    }
    return undefined;
  }

  /** The second flight, behind which the server is heard under its next keys. */
  #goOn(drawn: number): Uint8Array {
    const [name, { write, isBehindFinished = false }] = secondFlightOf(this.#draft.version, drawn);
    this.#draft.second = name;
    if (this.#secrets === undefined) {
      if (typeof write === 'function') throw new Error(`${name} takes keys`);
      return write;
    }
    const { suite, handshake, client } = this.#secrets;
    const transcript = suite.hash.digest(concat(...this.#transcript));
    const main = handshake.mainSecret();
    this.#keys = new TrafficKeys(suite, main.serverTraffic(transcript));
    const verifyData = finishedVerifyData({ hash: suite.hash, labelPrefix: 'tls13 ' }, client, transcript);
    const finished = concat(Uint8Array.of(HANDSHAKE_TYPES.finished), prefixed(3, verifyData));
    let keys = new TrafficKeys(suite, client);
    const before = isBehindFinished ? sealed(keys, CONTENT_TYPES.handshake, finished) : EMPTY;
    if (isBehindFinished) keys = new TrafficKeys(suite, main.clientTraffic(transcript));
    return concat(before, typeof write === 'function' ? write(keys, finished) : write);
  }

  async #readServerHello(reader: Reader): Promise<Uint8Array | undefined> {
    const draft = this.#draft;
    const version = reader.uint(2);
    const random = reader.take(32);
    const sessionId = reader.take(reader.uint(1));
    const suite = reader.uint(2);
    reader.take(1);
    draft.version = protocolVersionName(version) ?? `${version}`;
    draft.suite = cipherSuiteName(suite) ?? `${suite}`;
    draft.echoesSessionId = sessionId.length > 0 && equal(sessionId, this.#hello.sessionId);
    const isRetry = equal(random, HELLO_RETRY_REQUEST_RANDOM);
    const extensions = reader.remaining === 0 ? new Map<string, Uint8Array>() : this.#readExtensions(reader);
    if (!extensions.has('supported_versions')) {
      draft.downgrade =
        SENTINELS.find((sentinel) => fromLatin(random.subarray(24)) === sentinel)?.replace('DOWNGRD', 'DOWNGRD ') ?? 'none';
      return undefined;
    }
    draft.version = 'TLSv1.3';
    const part = availableCipherSuites(provider).find(({ id }) => id === suite);
    if (part === undefined) throw new Error(`the suite ${suite} in TLS 1.3`);
    const share = extensions.get('key_share');
    if (isRetry) return this.#retry(part, share, extensions.get('cookie'));
    await this.#deriveKeys(part, share);
    return undefined;
  }

  async #retry({ hash }: CipherSuite, share: Uint8Array | undefined, cookie: Uint8Array | undefined): Promise<Uint8Array> {
    if (this.#draft.retry !== undefined) throw new Error('a second HelloRetryRequest');
    const group = share && decode(keyShareRetry, share, 'key_share');
    this.#draft.retry = group === undefined ? 'cookie alone' : groupName(group);
    this.#extensions = [];
    this.#hello = await writeSecondHello(this.#plan, this.#hello, { group, cookie: cookie?.subarray(2) });
    const [first = EMPTY, request = EMPTY] = this.#transcript;
    const digest = hash.digest(first);
    this.#transcript = [
      concat(Uint8Array.of(HANDSHAKE_TYPES.message_hash, 0, 0, digest.length), digest),
      request,
      this.#hello.message,
    ];
    return inRecords(this.#plan, this.#hello.message);
  }

  async #deriveKeys(suite: CipherSuite, share: Uint8Array | undefined): Promise<void> {
    if (share === undefined) throw new Error('a ServerHello without key_share');
    const { group, keyExchange } = decode(keyShareAck, share, 'key_share');
    this.#draft.group = groupName(group);
    const exchange = this.#hello.exchanges.get(group);
    if (exchange === undefined) throw new Error(`a key share of ${groupName(group)}, which was not sent`);
    const secret = await exchange.finish(keyExchange);
    const labelled = { hash: suite.hash, labelPrefix: 'tls13 ' } as const;
    const transcript = suite.hash.digest(concat(...this.#transcript));
    const handshake = handshakeSecretWithoutPsk(labelled, secret);
    this.#secrets = { suite, handshake, client: handshake.clientTraffic(transcript) };
    this.#keys = new TrafficKeys(suite, handshake.serverTraffic(transcript));
  }

  #readExtensions(reader: Reader): Map<string, Uint8Array> {
    const found = new Map<string, Uint8Array>();
    reader.within(reader.uint(2), () => {
      while (reader.remaining > 0) {
        const type = reader.uint(2);
        found.set(extensionTypeName(type) ?? `${type}`, reader.take(reader.uint(2)));
      }
    });
    const alpn = found.get('application_layer_protocol_negotiation');
    if (alpn !== undefined) this.#draft.alpn = fromUtf8(alpn.subarray(3));
    this.#extensions.push(...found.keys());
    return found;
  }

  #readServerKeyExchange(reader: Reader): void {
    const draft = this.#draft;
    if (draft.suite?.startsWith('TLS_DHE') === true) {
      const prime = reader.take(reader.uint(2));
      draft.group = `a prime of ${prime.length * 8} bits`;
      reader.take(reader.uint(2));
      reader.take(reader.uint(2));
    } else {
      reader.take(1);
      draft.group = groupName(reader.uint(2));
      reader.take(reader.uint(1));
    }
    if (draft.version === 'TLSv1.2') draft.scheme = schemeName(reader.uint(2));
  }
}

/** RFC 8446 §4.1.3. */
const SENTINELS = ['DOWNGRD\u0001', 'DOWNGRD\u0000'];

const groupName = (group: number): string => namedGroupName(group) ?? `${group}`;
const schemeName = (scheme: number): string => signatureSchemeName(scheme) ?? `${scheme}`;
const fromLatin = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

function includes(bytes: Uint8Array, part: Uint8Array): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(Buffer.from(part));
}
