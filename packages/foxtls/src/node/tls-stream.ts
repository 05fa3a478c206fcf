/**
 * A `net.Socket` whose bytes are a TlsConnection's plaintext, over any Duplex: back-pressure, half-close, truncation, the end.
 *
 * ```
 *   application ──write──▶ _write ──send──▶ TlsConnection ──takeOutput──▶ transport.write
 *   application ◀──push─── 'data' ◀──receive── TlsConnection ◀──'data'──── transport
 * ```
 * It is a net.Socket without a handle (docs/decisions/tls-socket-shape.md): Node's own code that looks for a handle, to read plaintext
 * past JavaScript, finds none. Invariants: a write's callback is called when the transport took all of its records; the transport is
 * paused while the application does not read; nothing is thrown at the event loop; a listener is a shared function, not a closure.
 */

import type { Duplex } from 'node:stream';
import type { ConnectionInfo, TlsConnection, TlsEvent, TlsEventListener, TracedMessage } from '../connection/connection.ts';
import { ApiMisuse, ConnectionLost, type TlsError } from '../core/errors/errors.ts';
import type { ClientSession } from '../protocol/session/client-session.ts';
import { connectionReset, toNodeError } from './errors.ts';
import { closeLingering } from './lingering-close.ts';
import { RecordReader } from './record-reader.ts';
import { Socket, type SocketAddressInfo } from './socket-internals.ts';

type Callback = (error?: Error | null) => void;

const owner = Symbol('TLSSocket of this transport');

interface Owned extends Duplex {
  [owner]?: TlsStream;
}

/** Chunks are joined up to this many bytes: a record costs more than a copy of a few kilobytes, and less than one of many. */
const JOIN_LIMIT = 16384;

/** Output up to this many bytes is copied into one write: a vector of three costs more. */
const WRITE_WHOLE_LIMIT = 4096;

/** Content of records up to this many bytes is copied. */
const POOLED = 256;

/** As Node has it from version 22 on. The 16 KiB of Node 20 are one record, and so a system call for each. */
const WRITE_HIGH_WATER_MARK = 65536;

export interface TlsStreamOptions {
  readonly allowHalfOpen?: boolean | undefined;
  readonly highWaterMark?: number | undefined;
  readonly rejectTruncation?: boolean | undefined;
}

export abstract class TlsStream extends Socket {
  /**
   * Whether the peer's data ended without its close_notify: somebody on the path may have cut it off. Set before `'end'`. A protocol
   * that does not mark its own end has to look here.
   */
  truncated = false;

  protected connection: TlsConnection | undefined;
  protected transport: Duplex | undefined;
  /** The handshake is over, and the peer is accepted. */
  protected isSecure = false;

  #waitingWrite: { readonly data: readonly Uint8Array[]; readonly callback: Callback } | undefined;
  #waitingFinal: Callback | undefined;
  #readEnded = false;
  #transportPaused = false;
  #writing = false;
  /** Corked by the first write of this tick. */
  #gathering = false;
  #failed = false;
  /** Where the records in the buffer end; made when there is one. */
  #records: RecordReader | undefined;
  /** Written by `writeRecord`, so not to be joined with others. */
  #wholeRecords: WeakSet<object> | undefined;
  #received = 0;
  #sent = 0;
  readonly #rejectTruncation: boolean;

  // net.Socket asks its handle for these; its types call them fields, which accessors may not override.
  static {
    const define = <T>(name: string, get: (this: TlsStream) => T) =>
      Object.defineProperty(TlsStream.prototype, name, { configurable: true, get });
    // Bytes of application data, as in node:tls.
    define('bytesRead', function () {
      return this.#received;
    });
    define('bytesWritten', function () {
      return this.#sent + this.writableLength;
    });
    define('bufferSize', function () {
      return this.writableLength;
    });
    define('pending', function () {
      return this.connecting || this.transport === undefined;
    });
  }

  constructor({ allowHalfOpen, highWaterMark, rejectTruncation }: TlsStreamOptions) {
    super({
      allowHalfOpen: allowHalfOpen ?? false,
      ...(highWaterMark === undefined ? { writableHighWaterMark: WRITE_HIGH_WATER_MARK } : { highWaterMark }),
    });
    this.#rejectTruncation = rejectTruncation ?? false;
  }

  // ---- For the class above ----

  /** Makes the connection, when the transport is ready. */
  protected abstract openConnection(onEvent: TlsEventListener): TlsConnection;
  protected abstract onConnected(info: ConnectionInfo): void;
  protected abstract onRenegotiated(info: ConnectionInfo): void;
  protected abstract onRenegotiationRefused(): void;
  protected abstract onSession(session: ClientSession): void;
  protected abstract onKeyLog(line: string): void;
  protected abstract onMessage(message: TracedMessage): void;
  /** The error for a transport that ended before the handshake did. */
  protected abstract endedEarly(cause?: Error): Error;

  /** Takes a transport. The handshake begins when it is connected, in the next tick at the earliest. */
  protected attachTransport(transport: Duplex, isConnecting: boolean): void {
    this.transport = transport;
    (transport as Owned)[owner] = this;
    // We answer the peer's FIN ourselves, after our close_notify.
    transport.allowHalfOpen = true;
    transport.on('error', onTransportError);
    transport.on('end', onTransportEnd);
    transport.on('close', onTransportClose);
    this.connecting = isConnecting;
    if (!isConnecting) {
      process.nextTick(startConnection, this);
      return;
    }
    transport.once('lookup', onTransportLookup);
    transport.once('connect', onTransportConnect);
  }

  /** Begins the handshake. */
  protected startConnection(): void {
    const { transport } = this;
    if (this.destroyed || transport === undefined || this.connection !== undefined) return;
    try {
      this.connection = this.openConnection((event) => this.#onEvent(event));
    } catch (error) {
      this.destroy(error as Error);
      return;
    }
    this.connection.start();
    if (transport.readableEnded || transport.destroyed) {
      this.#transportEnded();
      return;
    }
    transport.on('data', onTransportData);
    transport.resume();
  }

  /** Ends the connection because of `error`; its alert, if it has one, is sent first. */
  protected fail(error: TlsError, shown: Error = toNodeError(error)): void {
    this.#failed = true;
    this.connection?.abort(error);
    this.destroy(shown);
  }

  /** Lets data flow, after `onConnected` accepted the peer. */
  protected becomeSecure(): void {
    this.isSecure = true;
  }

  // ---- Writable ----

  /**
   * Writes of one tick leave together, as few full records in one system call: a thousand bytes cost as much to send as sixteen
   * thousand. The first of a tick corks the stream, which ends with the tick; callbacks and back-pressure are those of any corked stream.
   */
  override write(chunk: Uint8Array | string, callback?: Callback): boolean;
  override write(chunk: Uint8Array | string, encoding?: BufferEncoding, callback?: Callback): boolean;
  override write(chunk: Uint8Array | string, encoding?: BufferEncoding | Callback, callback?: Callback): boolean {
    if (!this.#gathering && this.isSecure) {
      this.#gathering = true;
      this.cork();
      process.nextTick(sendGathered, this);
    }
    return super.write(chunk, encoding as BufferEncoding, callback);
  }

  /** What was written before still goes out, as when each write is sent at once. */
  override destroy(error?: Error): this {
    if (error === undefined) this.sendGathered();
    return super.destroy(error);
  }

  /** @internal */
  sendGathered(): void {
    if (!this.#gathering) return;
    this.#gathering = false;
    this.uncork();
  }

  override _write(chunk: Uint8Array | string, encoding: BufferEncoding, callback: Callback): void {
    this.#writeAll([asBytes(chunk, encoding)], callback);
  }

  override _writev(chunks: { chunk: Uint8Array | string; encoding: BufferEncoding }[], callback: Callback): void {
    const parts = chunks.map(({ chunk, encoding }) => asBytes(chunk, encoding));
    this.#writeAll(join(parts, this.#wholeRecords), callback);
  }

  override _final(callback: Callback): void {
    const { transport } = this;
    const mustWait = !this.isSecure || this.connection?.renegotiating === true;
    if (mustWait && transport !== undefined && !this.destroyed) {
      this.#waitingFinal = callback;
      return;
    }
    this.#quietly(() => this.connection?.close());
    if (transport === undefined || transport.writableEnded || transport.destroyed) {
      callback();
      return;
    }
    this.#flush();
    transport.end(() => callback());
  }

  /**
   * Writes one record that holds `data` and nothing else, for a peer that reads by records; returns what `write` returns. (Writes of one
   * tick share records, and long ones take several.) Throws `ApiMisuse`: `ERR_TLS_NOT_CONNECTED` before the handshake is over, and
   * `ERR_TLS_RECORD_SIZE` for no data, and for more than a record may hold: 16384 bytes, or what `setMaxSendFragment` or the peer allows.
   */
  writeRecord(data: Uint8Array | string, callback?: (error?: Error | null) => void): boolean {
    const limit = this.isSecure ? this.connection?.maxSendFragment : undefined;
    if (limit === undefined) throw new ApiMisuse('ERR_TLS_NOT_CONNECTED', 'writeRecord before the handshake is over');
    // An object of its own: the same bytes may be written otherwise, too.
    const record = typeof data === 'string' ? Buffer.from(data) : Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    if (record.length < 1 || record.length > limit) {
      throw new ApiMisuse('ERR_TLS_RECORD_SIZE', `a record of ${record.length} bytes: 1 to ${limit} are possible`);
    }
    this.#wholeRecords ??= new WeakSet();
    this.#wholeRecords.add(record);
    return this.write(record, callback);
  }

  // ---- Readable ----

  /**
   * The content of the next record, never more and never less; null when the peer's data is at its end. For protocols in which a record is a
   * message: the peer says where records end, and TLS itself promises it to nobody who sends through another library. Calls may
   * overlap; each gets the next record. While the application waits for none, the peer is held back as with any stream.
   *
   * Rejects with the socket's error, with `ERR_STREAM_PREMATURE_CLOSE` when the socket is destroyed, and with `ApiMisuse`
   * (`ERR_TLS_READING_MIXED`) when bytes are read in another way at the same time: by 'data', 'readable', a pipe, an iterator,
   * `setEncoding`, or `read` in the midst of a record.
   *
   * ```ts
   * const name = await socket.readRecord();
   * const message = await socket.readRecord();
   * ```
   */
  readRecord(): Promise<Buffer | null> {
    return this.#recordReader().read();
  }

  /** The records until the end, as `readRecord` gives them. Leaving the loop leaves the socket as it is. */
  async *records(): AsyncGenerator<Buffer, void, undefined> {
    for (let record = await this.readRecord(); record !== null; record = await this.readRecord()) yield record;
  }

  #recordReader(): RecordReader {
    this.#records ??= new RecordReader(this);
    return this.#records;
  }

  override _read(): void {
    if (!this.#transportPaused || this.connection?.wantsInput === false) return;
    this.#transportPaused = false;
    this.transport?.resume();
  }

  // ---- The end ----

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.connecting = false;
    this.setTimeout(0);
    this.connection?.abort();
    const { transport } = this;
    if (transport !== undefined && !transport.destroyed) {
      // After a failure the alert is still on its way. It waits for nobody: behind a peer that does not read, it is lost.
      if (this.#failed && transport.writableLength === 0 && transport instanceof Socket) closeLingering(transport);
      else transport.destroy();
    }
    this.#dropWaiting(error ?? undefined);
    callback(error);
    process.nextTick(emitClose, this, error !== null && error !== undefined);
  }

  /** Resets the TCP connection (RST) where the transport can; ends it otherwise. */
  override resetAndDestroy(): this {
    const { transport } = this;
    // Node cannot reset what is being shut down: its handle would stay open, and keep the process alive.
    if (transport instanceof Socket && !transport.writableEnded) transport.resetAndDestroy();
    this.destroy();
    return this;
  }

  // ---- What is the transport's ----

  override ref(): this {
    if (this.transport instanceof Socket) this.transport.ref();
    return this;
  }

  override unref(): this {
    if (this.transport instanceof Socket) this.transport.unref();
    return this;
  }

  override setNoDelay(noDelay?: boolean): this {
    if (this.transport instanceof Socket) this.transport.setNoDelay(noDelay);
    return this;
  }

  override setKeepAlive(enable?: boolean, initialDelay?: number): this {
    if (this.transport instanceof Socket) this.transport.setKeepAlive(enable, initialDelay);
    return this;
  }

  /** net.Socket's `remoteAddress`, `remotePort` and `remoteFamily` come from here. */
  override _getpeername(): SocketAddressInfo {
    return this.transport instanceof Socket ? this.transport._getpeername() : {};
  }

  /** net.Socket's `localAddress`, `localPort`, `localFamily` and `address()` come from here. */
  override _getsockname(): SocketAddressInfo {
    return this.transport instanceof Socket ? this.transport._getsockname() : {};
  }

  // ---- Carrying bytes ----

  /** @internal For the shared listeners of transports. */
  receiveFromTransport(chunk: Uint8Array): void {
    const { connection } = this;
    if (connection === undefined || this.destroyed) return;
    this.#refreshTimeout();
    connection.receive(chunk);
    if (!connection.wantsInput) this.#pauseTransport();
  }

  /** @internal */
  transportEvent(event: 'connect' | 'end' | 'close' | 'error', error?: Error): void {
    if (this.destroyed) return;
    if (event === 'error') this.destroy(error);
    else if (event === 'end') this.#transportEnded();
    else if (event === 'close') this.#transportClosed();
    else {
      this.connecting = false;
      this.emit('connect');
      this.emit('ready');
      this.startConnection();
    }
  }

  #onEvent(event: TlsEvent): void {
    if (this.destroyed) return;
    switch (event.type) {
      case 'output':
        if (!this.#writing) this.#flush();
        return;
      case 'connected':
        this.onConnected(event.info);
        if (this.isSecure) this.#writeWaiting();
        return;
      case 'renegotiated':
        this.onRenegotiated(event.info);
        this.#writeWaiting();
        return;
      case 'renegotiationRefused':
        this.onRenegotiationRefused();
        this.#writeWaiting();
        return;
      case 'data':
        this.#received += event.data.length;
        this.#recordReader().expect(event.data.length);
        if (!this.push(asBuffer(event.data))) this.#pauseTransport();
        return;
      case 'end':
        this.#endRead();
        // In the midst of a renegotiation, what waits for its end is over too.
        if (this.connection?.state === 'closed') this.#writeWaiting();
        return;
      case 'session':
        this.onSession(event.session);
        return;
      case 'heartbeat':
      case 'mtu':
        // node:tls has none, so they are not asked for.
        return;
      case 'keylog':
        this.onKeyLog(event.line);
        return;
      case 'message':
        this.onMessage(event.message);
        return;
      case 'drain':
        this._read();
        return;
      case 'error':
        this.#failed = true;
        this.destroy(toNodeError(event.error));
        return;
      default:
        event satisfies never;
    }
  }

  #writeAll(data: readonly Uint8Array[], callback: Callback): void {
    const { connection } = this;
    if (!this.isSecure || connection === undefined || connection.renegotiating) {
      this.#waitingWrite = { data, callback };
      return;
    }
    if (connection.state === 'closed') {
      callback(connectionReset('the connection is over'));
      return;
    }
    this.#refreshTimeout();
    this.#quietly(() => {
      for (const part of data) {
        this.#sent += part.length;
        connection.send(part);
      }
    });
    this.#flush(callback);
  }

  /** Calls the connection without flushing at its 'output' event: the caller flushes, with a callback. */
  #quietly(call: () => void): void {
    this.#writing = true;
    try {
      call();
    } finally {
      this.#writing = false;
    }
  }

  #flush(callback?: Callback): void {
    const { transport } = this;
    const pieces = this.connection?.takeOutput() ?? [];
    if (pieces.length === 0 || transport === undefined) {
      callback?.();
    } else if (transport.writableEnded || transport.destroyed) {
      callback?.(connectionReset('the transport was closed'));
    } else if (isWrittenWhole(pieces, transport)) {
      transport.write(pieces.length === 1 ? pieces[0] : Buffer.concat(pieces), callback);
    } else {
      const last = pieces.pop();
      transport.cork();
      for (const piece of pieces) transport.write(piece);
      transport.write(last, callback);
      transport.uncork();
    }
  }

  #writeWaiting(): void {
    if (this.destroyed) return;
    const write = this.#waitingWrite;
    this.#waitingWrite = undefined;
    if (write !== undefined) this.#writeAll(write.data, write.callback);
    const final = this.#waitingFinal;
    this.#waitingFinal = undefined;
    if (final !== undefined) this._final(final);
  }

  #dropWaiting(error: Error | undefined): void {
    const write = this.#waitingWrite;
    const final = this.#waitingFinal;
    this.#waitingWrite = undefined;
    this.#waitingFinal = undefined;
    if (write === undefined && final === undefined) return;
    const reason = error ?? connectionReset('the connection was closed before it was secure');
    write?.callback(reason);
    final?.(reason);
  }

  #pauseTransport(): void {
    if (this.#transportPaused) return;
    this.#transportPaused = true;
    this.transport?.pause();
  }

  #endRead(): void {
    if (this.#readEnded) return;
    this.#readEnded = true;
    this.push(null);
    // As net.Socket does: so that 'end' comes even when nobody reads, as soon as the buffer is empty.
    this.read(0);
  }

  #transportEnded(): void {
    if (this.#readEnded) return;
    if (!this.isSecure) {
      this.destroy(this.endedEarly());
      return;
    }
    this.truncated = true;
    if (this.#rejectTruncation) {
      const error = new ConnectionLost('truncated', 'the connection ended without close_notify: data may be missing');
      this.destroy(toNodeError(error));
      return;
    }
    this.#endRead();
  }

  /** Data that has arrived is still to be read: only a connection that was not ended goes down with its transport. */
  #transportClosed(): void {
    if (!this.isSecure) this.destroy(this.endedEarly());
    else if (!this.#readEnded) this.destroy();
  }

  #refreshTimeout(): void {
    if (this.timeout) this._unrefTimer();
  }
}

function startConnection(stream: TlsStream): void {
  TlsStream.prototype['startConnection'].call(stream);
}

function sendGathered(stream: TlsStream): void {
  stream.sendGathered();
}

function emitClose(stream: TlsStream, hadError: boolean): void {
  stream.emit('close', hadError);
}

function onTransportData(this: Owned, chunk: Uint8Array): void {
  this[owner]?.receiveFromTransport(chunk);
}

function onTransportLookup(this: Owned, ...found: unknown[]): void {
  this[owner]?.emit('lookup', ...(found as [Error, string, string, string]));
}

function onTransportConnect(this: Owned): void {
  this[owner]?.transportEvent('connect');
}

function onTransportEnd(this: Owned): void {
  this[owner]?.transportEvent('end');
}

function onTransportClose(this: Owned): void {
  this[owner]?.transportEvent('close');
}

function onTransportError(this: Owned, error: Error): void {
  this[owner]?.transportEvent('error', error);
}

function asBytes(chunk: Uint8Array | string, encoding: BufferEncoding): Uint8Array {
  return typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk;
}

/** Little is copied into Node's pool: nobody may read it for long, and an array of one byte that has memory of its own costs two hundred. */
function asBuffer(bytes: Uint8Array): Buffer {
  if (bytes.length <= POOLED) return Buffer.from(bytes);
  return bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Whether to join pieces before writing: few bytes, or a transport that may make a message of each write. */
function isWrittenWhole(pieces: readonly Uint8Array[], transport: Duplex): boolean {
  if (pieces.length === 1 || !(transport instanceof Socket)) return true;
  let size = 0;
  for (const piece of pieces) size += piece.length;
  return size <= WRITE_WHOLE_LIMIT;
}

/** Joins neighbours, so that many small writes become few records; but for those that are to be `whole`. */
function join(chunks: readonly Uint8Array[], whole?: WeakSet<object>): Uint8Array[] {
  const joined: Uint8Array[] = [];
  let group: Uint8Array[] = [];
  let size = 0;
  const close = () => {
    if (group.length > 0) joined.push(group.length === 1 ? (group[0] as Uint8Array) : Buffer.concat(group, size));
    group = [];
    size = 0;
  };
  for (const chunk of chunks) {
    const isWhole = whole?.has(chunk) === true;
    if (isWhole || size + chunk.length > JOIN_LIMIT) close();
    group.push(chunk);
    size += chunk.length;
    if (isWhole) close();
  }
  close();
  return joined;
}
