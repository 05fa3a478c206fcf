/**
 * A session of `foxtls/dtls`: one association with a peer, over an endpoint that carries its datagrams.
 */

import { X509Certificate } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { ConnectionInfo } from '../connection/connection.ts';
import type { DtlsSession, DtlsSessionEvent } from '../connection/datagram-endpoint.ts';
import { ApiMisuse, ConnectionLost, type TlsError } from '../core/errors/errors.ts';
import { presentedCertificates } from '../protocol/handshake/peer-identity.ts';
import type { ClientSession } from '../protocol/session/client-session.ts';
import { formatCipherSuite } from './cipher-list.ts';
import { writeDtlsSession } from './dtls-session-bytes.ts';
import { SessionStats } from './dtls-stats.ts';
import type {
  DTLSEndpoint,
  DTLSSession,
  DtlsAddress,
  DtlsSessionEvents,
  DtlsSessionStats,
  SleepingDtlsSession,
} from './dtls-types.ts';
import { authorizationCode, toNodeError, withCode } from './errors.ts';
import { Later } from './later.ts';
import { MessageQueue } from './message-queue.ts';
import { formatSrtpProfile } from './srtp-profiles.ts';

/** What a session knows of itself before it has a connection. */
export interface SessionTraits {
  readonly role: 'client' | 'server';
  readonly endpoint: SessionHolder;
  /** Whether a certificate is asked for. */
  readonly asksForCertificate: boolean;
  /** A client's: what the server is verified as, which its sessions are good for. */
  readonly hostname?: string | undefined;
  readonly readAddress: (address: string) => DtlsAddress;
  /** Another time-out may be next. */
  readonly onRescheduled: () => void;
}

/** The endpoint, as its sessions see it. */
export interface SessionHolder extends DTLSEndpoint {
  sessionClosed(session: NodeDtlsSession): void;
}

const MAX_EXPORT = 65536;

export class NodeDtlsSession extends EventEmitter<DtlsSessionEvents> implements DTLSSession {
  readonly endpoint: DTLSEndpoint;
  onerror: ((error: Error) => void) | undefined;
  onhandshake: ((protocol: string) => void) | undefined;
  onkeylog: ((line: string) => void) | undefined;
  readonly #traits: SessionTraits;
  readonly #stats = new SessionStats();
  /** Made when somebody asks. */
  #opened: Later<{ readonly protocol: string }> | undefined;
  #closed: Later<void> | undefined;
  #messages: MessageQueue<Buffer> | undefined;
  #onmessage: ((data: Buffer) => void) | undefined;
  #session: DtlsSession | undefined;
  #clientSession: ClientSession | undefined;
  #certificate: X509Certificate | undefined;
  /** Of `probeMtu`. */
  #probed: Later<number> | undefined;
  #isOpen = false;
  #isOver = false;
  #error: Error | undefined;

  constructor(traits: SessionTraits) {
    super();
    this.#traits = traits;
    this.endpoint = traits.endpoint;
    dropEvents(this);
  }

  get opened(): Promise<{ readonly protocol: string }> {
    if (this.#opened === undefined) {
      this.#opened = new Later();
      this.#settleOpened();
    }
    return this.#opened.promise;
  }

  get closed(): Promise<void> {
    if (this.#closed === undefined) {
      this.#closed = new Later();
      this.#settleClosed();
    }
    return this.#closed.promise;
  }

  /** @internal */
  attach(session: DtlsSession): void {
    this.#session = session;
    this.#stats.transport = session.connection.stats;
    const { info } = session.connection;
    // One that has slept is open.
    if (info !== undefined) this.#onConnected(info);
  }

  /** @internal */
  get keyLog(): boolean {
    return this.onkeylog !== undefined || this.listenerCount('keylog') > 0;
  }

  /** @internal */
  onEvent(event: DtlsSessionEvent): void {
    if (!this.#isOver) this.#onEvent(event);
    if (event.type === 'closed') this.#traits.endpoint.sessionClosed(this);
  }

  #onEvent(event: DtlsSessionEvent): void {
    if (event.type === 'data') this.#onData(event.data);
    else if (event.type === 'connected') this.#onConnected(event.info);
    else if (event.type === 'session') this.#onSession(event.session);
    else if (event.type === 'keylog') this.#onKeyLog(event.line);
    else if (event.type === 'moved') this.#onMoved(event.address);
    else if (event.type === 'heartbeat') this.emit('heartbeat', Buffer.from(event.payload));
    else if (event.type === 'mtu') this.#onMtu(event.mtu);
    else if (event.type === 'error') this.finish(this.#describe(event.error));
    else if (event.type === 'closed') this.finish(undefined);
  }

  #onKeyLog(line: string): void {
    this.onkeylog?.(line);
    this.emit('keylog', line);
  }

  #onMtu(mtu: number): void {
    this.#probed?.resolve(mtu);
    this.#probed = undefined;
  }

  #onMoved(address: string): void {
    this.#stats.moves++;
    this.emit('moved', this.#traits.readAddress(address));
  }

  #onConnected(info: ConnectionInfo): void {
    this.#isOpen = true;
    this.#stats.handshakeCompletedAt = process.hrtime.bigint();
    this.#settleOpened();
    this.onhandshake?.(info.version);
    this.emit('handshake', info.version);
  }

  #onData(data: Uint8Array): void {
    const message = Buffer.from(data.buffer, data.byteOffset, data.length);
    this.#stats.messagesIn++;
    this.#stats.received += data.length;
    const isHeard = this.#onmessage !== undefined || this.listenerCount('message') > 0;
    if (isHeard) this.#tell(message);
    else this.#queue.push(message);
    this.#stats.dropped = this.#messages?.dropped ?? 0;
  }

  /** Made when something waits, or somebody does. */
  get #queue(): MessageQueue<Buffer> {
    this.#messages ??= new MessageQueue();
    return this.#messages;
  }

  #tell(message: Buffer): void {
    this.#onmessage?.(message);
    this.emit('message', message);
  }

  #onSession(session: ClientSession): void {
    this.#clientSession = session;
    if (this.listenerCount('session') > 0 && this.session !== undefined) this.emit('session', this.session);
  }

  #describe(error: TlsError): Error {
    if (error instanceof ConnectionLost && error.reason === 'timed_out') {
      return this.#isOpen
        ? withCode(new Error('the DTLS peer does not answer', { cause: error }), 'ETIMEDOUT')
        : withCode(new Error('DTLS handshake timeout', { cause: error }), 'ERR_TLS_HANDSHAKE_TIMEOUT');
    }
    return toNodeError(error);
  }

  /** @internal The session is over. */
  finish(error: Error | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#error = error;
    this.#stats.destroyedAt = process.hrtime.bigint();
    this.#settleOpened();
    this.#settleClosed();
    this.#probed?.reject(error ?? invalidState('the session was closed before the MTU was found'));
    this.#queue.end(error);
    if (error !== undefined) {
      this.onerror?.(error);
      if (this.listenerCount('error') > 0) this.emit('error', error);
    }
    this.emit('close');
  }

  #settleOpened(): void {
    if (this.#isOpen) this.#opened?.resolve({ protocol: this.protocol as string });
    else if (this.#isOver) {
      this.#opened?.reject(this.#error ?? invalidState('the session was closed before the handshake was over'));
    }
  }

  #settleClosed(): void {
    if (!this.#isOver) return;
    if (this.#error === undefined) this.#closed?.resolve();
    else this.#closed?.reject(this.#error);
  }

  // ---- What the application does ----

  send(data: string | NodeJS.ArrayBufferView): number {
    const { connection } = this.#require('send');
    const bytes = asBytes(data);
    try {
      connection.send(bytes);
    } catch (thrown) {
      if (!(thrown instanceof ApiMisuse) || thrown.code !== 'ERR_TLS_DATAGRAM_SIZE') throw stateError(thrown);
      throw withCode(new RangeError(thrown.message, { cause: thrown }), 'ERR_OUT_OF_RANGE');
    }
    this.#stats.messagesOut++;
    this.#stats.sent += bytes.length;
    return bytes.length;
  }

  get mtu(): number {
    return this.#isOver ? 0 : (this.#session?.connection.mtu ?? 0);
  }

  setMtu(mtu: number): void {
    this.#begun('setMtu').connection.setMtu(mtu);
  }

  async probeMtu(largest: number): Promise<number> {
    const { connection } = this.#require('probeMtu');
    const [probed, before] = [new Later<number>(), this.#probed];
    this.#probed = probed;
    try {
      connection.probeMtu(largest);
    } catch (thrown) {
      this.#probed = before;
      throw thrown;
    }
    return probed.promise;
  }

  setInitialTimeout(milliseconds: number): void {
    this.#begun('setInitialTimeout').connection.setInitialTimeout(milliseconds);
    this.#traits.onRescheduled();
  }

  sendHeartbeat(payload?: Uint8Array): void {
    this.#require('sendHeartbeat').connection.sendHeartbeat(payload);
  }

  get maxMessageSize(): number {
    return this.#maySend ? (this.#session?.connection.maxData ?? 0) : 0;
  }

  close(): Promise<void> {
    if (this.#isOver) return this.closed.catch(() => {});
    if (this.#stats.closingAt === 0n) this.#stats.closingAt = process.hrtime.bigint();
    // Before it is open, the peer is told that nothing comes of it.
    this.#session?.connection.close();
    if (!this.#isOpen) this.destroy();
    return this.closed.catch(() => {});
  }

  destroy(error?: Error): void {
    if (this.#isOver) return;
    const session = this.#session;
    this.finish(error);
    session?.connection.abort();
  }

  get destroyed(): boolean {
    return this.#isOver;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  get onmessage(): ((data: Buffer) => void) | undefined {
    return this.#onmessage;
  }

  set onmessage(listener: ((data: Buffer) => void) | undefined) {
    this.#onmessage = listener;
    if (listener !== undefined) this.#tellWaiting();
  }

  override on<E extends keyof DtlsSessionEvents>(event: E, listener: (...args: DtlsSessionEvents[E]) => void): this {
    super.on(event as never, listener as never);
    if (event === 'message') this.#tellWaiting();
    return this;
  }

  /** What came before somebody listened: not from inside of his call. */
  #tellWaiting(): void {
    if (this.#messages === undefined) return;
    queueMicrotask(() => {
      for (const message of this.#queue.take()) this.#tell(message);
    });
  }

  /** Messages, until the session is over: an error is thrown. To leave the loop closes nothing. */
  [Symbol.asyncIterator](): AsyncIterator<Buffer, undefined> {
    return {
      next: () => this.#queue.next(),
      return: () => Promise.resolve({ value: undefined, done: true }),
    };
  }

  sleep(): SleepingDtlsSession {
    const session = this.#require('sleep');
    const { role, hostname } = this.#traits;
    const local = this.endpoint.address;
    try {
      const { state, address, connectionId } = session.sleep();
      return {
        ...(role === 'client' && { local, hostname }),
        state: ownBuffer(state),
        address: this.#traits.readAddress(address),
        connectionId: connectionId && ownBuffer(connectionId),
      };
    } catch (thrown) {
      throw thrown instanceof ApiMisuse ? invalidState(thrown.message) : thrown;
    }
  }

  updateKeys(options?: { readonly requestPeer?: boolean }): void {
    this.#require('updateKeys').connection.updateKeys(options);
  }

  exportKeyingMaterial(length: number, label: string, context?: Uint8Array): Buffer {
    if (!Number.isInteger(length) || length < 1 || length > MAX_EXPORT) {
      const message = `The value of "length" is out of range. It must be >= 1 && <= ${MAX_EXPORT}. Received ${length}`;
      throw withCode(new RangeError(message), 'ERR_OUT_OF_RANGE');
    }
    return Buffer.from(this.#require('exportKeyingMaterial').connection.exportKeyingMaterial(length, label, context));
  }

  get #maySend(): boolean {
    return this.#isOpen && !this.#isOver && this.#stats.closingAt === 0n;
  }

  /** Also before it is open. */
  #begun(what: string): DtlsSession {
    if (this.#session !== undefined && !this.#isOver) return this.#session;
    throw invalidState(`${what} ${this.#isOver ? 'after the session was closed' : 'before there is a socket'}`);
  }

  #require(what: string): DtlsSession {
    if (this.#maySend && this.#session !== undefined) return this.#session;
    throw invalidState(
      this.#isOver || this.#isOpen ? `${what} after the session was closed` : `${what} before the handshake is over`,
    );
  }

  // ---- What was agreed on ----

  get remoteAddress(): DtlsAddress | undefined {
    return this.#session && this.#traits.readAddress(this.#session.address);
  }

  get #info(): ConnectionInfo | undefined {
    return this.#isOpen ? this.#session?.connection.info : undefined;
  }

  get connectionInfo(): ConnectionInfo | undefined {
    return this.#info;
  }

  get protocol(): string | undefined {
    return this.#info?.version;
  }

  get cipher(): DTLSSession['cipher'] {
    const info = this.#info;
    return info && { name: formatCipherSuite(info.suite.name), standardName: info.suite.name, version: info.version };
  }

  get peerCertificate(): string | undefined {
    return this.peerX509Certificate?.toString();
  }

  get peerX509Certificate(): X509Certificate | undefined {
    const peer = this.#info?.peer;
    const [leaf] = peer === undefined ? [] : presentedCertificates(peer);
    if (leaf !== undefined) this.#certificate ??= new X509Certificate(leaf);
    return this.#certificate;
  }

  get authorized(): boolean {
    const kind = this.#isOver ? undefined : this.#info?.peer.kind;
    return kind === 'verified' || kind === 'psk';
  }

  get authorizationError(): string | undefined {
    const peer = this.#info?.peer;
    if (peer?.kind === 'unverified') return authorizationCode(peer.error);
    return peer?.kind === 'anonymous' && this.#traits.asksForCertificate ? 'UNABLE_TO_GET_ISSUER_CERT' : undefined;
  }

  get alpnProtocol(): string | undefined {
    return this.#info?.alpnProtocol;
  }

  get srtpProfile(): string | undefined {
    const profile = this.#info?.srtpProfile;
    return profile && formatSrtpProfile(profile.name);
  }

  get servername(): string | undefined {
    return this.#info?.serverName;
  }

  get reused(): boolean {
    return !this.#isOver && this.#info?.resumed === true;
  }

  get session(): Buffer | undefined {
    const { hostname } = this.#traits;
    return this.#clientSession && hostname !== undefined ? writeDtlsSession(hostname, this.#clientSession) : undefined;
  }

  get stats(): DtlsSessionStats {
    return this.#stats;
  }

  /** What it ended with. @internal */
  get error(): Error | undefined {
    return this.#error;
  }
}

/**
 * An emitter begins with a table of its listeners, of 400 bytes; without one, it makes it for the first of them. Thousands of sessions have
 * none.
 */
function dropEvents(emitter: EventEmitter<DtlsSessionEvents>): void {
  (emitter as unknown as { _events: undefined })._events = undefined;
}

export function invalidState(message: string): Error {
  return withCode(new Error(`Invalid state: ${message}`), 'ERR_INVALID_STATE');
}

function stateError(thrown: unknown): unknown {
  return thrown instanceof ApiMisuse && thrown.code === 'ERR_TLS_NOT_CONNECTED' ? invalidState(thrown.message) : thrown;
}

/** The same memory: what is copied into Buffer's pool keeps all that lies there beside it. */
function ownBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

function asBytes(data: string | NodeJS.ArrayBufferView): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data);
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const message = 'The "data" argument must be of type string or an instance of Buffer, TypedArray, or DataView.';
  throw withCode(new TypeError(message), 'ERR_INVALID_ARG_TYPE');
}
