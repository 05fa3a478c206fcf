/**
 * The receiving end of a transfer (trailer.ts has the drawing): a name that is judged, content that goes to a file in the making, and an end that
 * makes a file of it, or nothing.
 *
 * Memory is bounded: while the disk is slow, the socket is paused. Whoever may not send is told why, and cut off.
 */

import { createHash, type Hash } from 'node:crypto';
import type { TLSSocket } from 'foxtls/tls';
import { CommandFailure } from '../command/failure.ts';
import { printable } from '../command/printable.ts';
import { judgeFileName, withoutTerminator } from './file-name.ts';
import { NotKept } from './not-kept.ts';
import { PartialFile } from './partial-file.ts';
import type { OpeningClock } from './tls-clock.ts';
import { MAX_REASON_BYTES, TRANSFER_PROTOCOL, TrailerFilter, trailerFits } from './trailer.ts';
import { measureUsage, type SessionFacts, sessionFacts, type Usage } from './usage.ts';

export interface Receiving {
  /** Where files go. */
  readonly folder: string;
  readonly overwrite: boolean;
  /** Bytes of content that are taken at most. */
  readonly maxSize: number;
  /** Of the socket's transport. */
  readonly clock: OpeningClock;
  readonly onName: (name: string) => void;
  readonly onProgress: (bytes: number) => void;
}

export interface Received {
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  /** In opening records. */
  readonly tlsSeconds: number;
  /** Hexadecimal; compared with the sender's, of a transfer between two foxtls. */
  readonly sha256: string | undefined;
  readonly session: SessionFacts;
  readonly usage: Usage;
}

/** Receives over a connection whose handshake is over, made with `rejectTruncation` and `allowHalfOpen`. Rejects with `CommandFailure` unless the file is kept. */
export async function receiveFile(socket: TLSSocket, receiving: Receiving): Promise<Received> {
  let file: PartialFile | undefined;
  try {
    const name = await receiveName(socket);
    receiving.onName(name);
    receiving.clock.reset();
    const usage = measureUsage();
    const session = sessionFacts(socket);
    file = await PartialFile.create({ folder: receiving.folder, name, overwrite: receiving.overwrite });
    const content = new Content(file, socket.alpnProtocol === TRANSFER_PROTOCOL, receiving.maxSize);
    await pump(socket, content, receiving);
    // The disk may take its time.
    socket.setTimeout(0);
    const { bytes } = content;
    const sha256 = content.end();
    const received = { name, path: file.path, bytes, tlsSeconds: receiving.clock.seconds, sha256, session, usage: usage() };
    await file.keep();
    socket.end();
    return received;
  } catch (error) {
    // First the sender, who may be about to end: then it is too late for a reason.
    refuse(socket, error);
    await file?.discard();
    throw asFailure(error);
  }
}

async function receiveName(socket: TLSSocket): Promise<string> {
  const record = await readNameRecord(socket);
  if (record === null) throw new CommandFailure('the sender ended before it had named a file');
  const isOurs = socket.alpnProtocol === TRANSFER_PROTOCOL;
  const judgement = judgeFileName(isOurs ? record : withoutTerminator(record), process.platform);
  if ('name' in judgement) return judgement.name;
  const shown = printable(record.subarray(0, 80).toString());
  throw new NotKept(`${JSON.stringify(shown)} was refused: ${judgement.refusal}`, judgement.refusal);
}

/** In TLS 1.0 senders split the first byte of what they write off, because of what can be known of its CBC mode: a name comes in two records. */
async function readNameRecord(socket: TLSSocket): Promise<Buffer | null> {
  const first = await socket.readRecord();
  if (first?.length !== 1 || socket.getProtocol() !== 'TLSv1') return first;
  const rest = await socket.readRecord();
  return rest === null ? first : Buffer.concat([first, rest]);
}

/** What goes into the file, without the trailer. */
class Content {
  bytes = 0;
  readonly #file: PartialFile;
  readonly #maxSize: number;
  readonly #trailer: { readonly filter: TrailerFilter; readonly digest: Hash } | undefined;

  constructor(file: PartialFile, hasTrailer: boolean, maxSize: number) {
    this.#file = file;
    this.#maxSize = maxSize;
    this.#trailer = hasTrailer ? { filter: new TrailerFilter(), digest: createHash('sha256') } : undefined;
  }

  get file(): PartialFile {
    return this.#file;
  }

  /** Whether more may come at once. */
  take(chunk: Buffer): boolean {
    let mayGoOn = true;
    for (const piece of this.#trailer?.filter.pass(chunk) ?? [chunk]) {
      this.bytes += piece.length;
      if (this.bytes > this.#maxSize) {
        throw new NotKept(
          `more than ${this.#maxSize} bytes were sent: --max-size says how many are taken`,
          `more than ${this.#maxSize} bytes`,
        );
      }
      this.#trailer?.digest.update(piece);
      mayGoOn = this.#file.write(piece);
    }
    return mayGoOn;
  }

  /** The SHA-256, where there was a trailer. Throws when the trailer says something else. */
  end(): string | undefined {
    if (this.#trailer === undefined) return undefined;
    const { filter, digest } = this.#trailer;
    const sha256 = digest.digest();
    if (!trailerFits(filter.held, this.bytes, sha256))
      throw new NotKept(
        'what arrived is not what was sent: its length or its SHA-256 differs',
        'its length or its SHA-256 differs',
      );
    return sha256.toString('hex');
  }
}

/** From the socket to the file, until close_notify. */
function pump(socket: TLSSocket, content: Content, { clock, onProgress }: Receiving): Promise<void> {
  const { file } = content;
  return new Promise<void>((resolve, reject) => {
    const take = (chunk: Buffer) => {
      try {
        if (!content.take(chunk)) socket.pause();
        onProgress(content.bytes);
      } catch (error) {
        stop(error);
      }
    };
    const stop = (error?: unknown) => {
      socket.off('data', onData);
      file.off('drain', onDrain);
      if (error === undefined) resolve();
      else reject(error);
    };
    const onData = (chunk: Buffer) => clock.exclude(() => take(chunk));
    const onDrain = () => void socket.resume();
    socket.on('data', onData);
    file.on('drain', onDrain);
    file.once('error', stop);
    socket.once('end', () => stop());
    socket.once('error', stop);
    // Also when it was closed while the file was made.
    socket.once('close', () => stop(new CommandFailure('the connection was closed')));
    if (socket.readableEnded) stop();
    else if (socket.destroyed) stop(socket.errored ?? new CommandFailure('the connection was closed'));
    else socket.resume();
  });
}

/** Milliseconds in which a sender can read why, before it is cut off. */
const FAREWELL = 2000;

/** Another foxtls hears why; to others the missing close_notify has to say it. */
function refuse(socket: TLSSocket, error: unknown): void {
  const isOurs = socket.alpnProtocol === TRANSFER_PROTOCOL;
  // "The other party MUST respond with a close_notify alert of its own and close down the connection immediately" (RFC 5246 §7.2.1)
  const mayAnswer = !socket.readableEnded || socket.getProtocol() === 'TLSv1.3';
  if (socket.destroyed || !isOurs || !mayAnswer || !(error instanceof NotKept)) {
    socket.resetAndDestroy();
    return;
  }
  socket.on('error', () => {});
  socket.on('data', () => {});
  socket.writeRecord(Buffer.from(error.toPeer).subarray(0, MAX_REASON_BYTES));
  socket.end();
  const timer = setTimeout(() => socket.destroy(), FAREWELL);
  socket.once('close', () => clearTimeout(timer));
  socket.resume();
}

function asFailure(error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE')
    return new CommandFailure('the connection was cut before the sender had said that this is all: nothing was kept');
  return error;
}
