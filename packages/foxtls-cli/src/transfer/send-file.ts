/**
 * The sending end of a transfer (trailer.ts has the drawing): name, content, trailer, close_notify; and the receiver's word on it.
 *
 * The file is read no faster than the receiver takes it. Whatever goes wrong before the end cuts the connection without close_notify, so that no
 * receiver takes what it has for the whole.
 */

import { createHash } from 'node:crypto';
import type { TLSSocket } from 'foxtls/tls';
import { CommandFailure, describeFailure } from '../command/failure.ts';
import { printable } from '../command/printable.ts';
import { writeTimed } from './tls-clock.ts';
import { MAX_REASON_BYTES, TRANSFER_PROTOCOL, writeTrailer } from './trailer.ts';
import { measureUsage, type SessionFacts, sessionFacts, type Usage } from './usage.ts';

export interface Sending {
  readonly name: string;
  readonly content: AsyncIterable<Uint8Array>;
  /** Bytes of content in a record, 512 to 16384. */
  readonly recordSize: number;
  readonly onProgress: (bytes: number) => void;
}

export interface Sent {
  readonly bytes: number;
  /** In sealing records and giving them to the system. */
  readonly tlsSeconds: number;
  /** The receiver said that it has the file. */
  readonly isConfirmed: boolean;
  /** Hexadecimal; of a transfer between two foxtls. */
  readonly sha256: string | undefined;
  readonly session: SessionFacts;
  readonly usage: Usage;
}

/** Sends over a connection whose handshake is over, and ends it. Rejects with `CommandFailure` unless the receiver has everything. */
export async function sendFile(socket: TLSSocket, { name, content, recordSize, onProgress }: Sending): Promise<Sent> {
  const isOurs = socket.alpnProtocol === TRANSFER_PROTOCOL;
  const receiver = new Receiver(socket, isOurs);
  const digest = isOurs ? createHash('sha256') : undefined;
  const usage = measureUsage();
  const session = sessionFacts(socket);
  let bytes = 0;
  let tlsSeconds = 0;
  try {
    // TLS 1.0 splits the first byte of a write off, and that of this one would be all of it.
    if (socket.getProtocol() === 'TLSv1' && Buffer.byteLength(name) < 2)
      throw new CommandFailure('over TLS 1.0 a name has two bytes or more: choose another with --as, or a newer TLS');
    socket.setMaxSendFragment(recordSize);
    socket.writeRecord(name);
    for await (const chunk of content) {
      if (receiver.isOver) break;
      digest?.update(chunk);
      const seconds = await writeTimed(socket, chunk);
      bytes += chunk.length;
      tlsSeconds += seconds;
      onProgress(bytes);
      // What `write` returned was true some ticks ago: 'drain' may have been since.
      if (socket.writableNeedDrain) await receiver.takesMore();
    }
    if (receiver.isOver) throw receiver.failure();
    const sha256 = digest?.digest();
    if (sha256 !== undefined) socket.writeRecord(writeTrailer(bytes, sha256));
    socket.end();
    const isConfirmed = await receiver.answer();
    return { bytes, tlsSeconds, isConfirmed, sha256: sha256?.toString('hex'), session, usage: usage() };
  } catch (error) {
    socket.resetAndDestroy();
    throw error;
  }
}

/** The other end, seen from the sender: it takes, says why not, and ends. */
class Receiver {
  isOver = false;
  readonly #socket: TLSSocket;
  readonly #isOurs: boolean;
  readonly #over: Promise<void>;
  #reason: Buffer = Buffer.alloc(0);
  #hasEnded = false;
  #error: Error | undefined;

  constructor(socket: TLSSocket, isOurs: boolean) {
    this.#socket = socket;
    this.#isOurs = isOurs;
    this.#over = new Promise((resolve) => {
      const end = () => {
        this.isOver = true;
        resolve();
      };
      socket.on('data', (data: Buffer) => {
        if (this.#reason.length < MAX_REASON_BYTES) this.#reason = Buffer.concat([this.#reason, data]);
      });
      socket.once('end', () => {
        this.#hasEnded = true;
        end();
      });
      socket.once('error', (error) => {
        this.#error = error;
        end();
      });
      socket.once('close', end);
    });
  }

  /** Resolves when it takes more, or will never. */
  async takesMore(): Promise<void> {
    let resume = () => {};
    const drained = new Promise<void>((resolve) => {
      resume = resolve;
      this.#socket.once('drain', resume);
    });
    await Promise.race([drained, this.#over]);
    this.#socket.off('drain', resume);
  }

  /** After everything was sent: whether it said that it has it. Rejects when it has not. */
  async answer(): Promise<boolean> {
    await this.#over;
    const { truncated } = this.#socket;
    if (this.#error !== undefined || !this.#hasEnded || (this.#isOurs && (truncated || this.#reason.length > 0)))
      throw this.failure();
    return this.#isOurs;
  }

  failure(): Error {
    const reason = this.#isOurs ? printable(this.#reason.subarray(0, MAX_REASON_BYTES).toString()) : '';
    if (reason !== '') return new CommandFailure(`the receiver did not keep the file: ${reason}`);
    if (this.#error instanceof CommandFailure) return this.#error;
    const how = this.#error === undefined ? 'the receiver left' : describeFailure(this.#error);
    return new CommandFailure(`${how}: nobody says that it has the file, so send it again`);
  }
}
