/**
 * Whole records out of a stream, one at a time: for protocols in which a record is a message, as one SSL_read of wolfSSL or OpenSSL
 * returns it. The stream holds the bytes, as ever; what is kept beside them is where records end.
 *
 * ```
 *   stream's buffer   │ 5 bytes │ 3 │ 12 bytes    │      readableLength = 20
 *   lengths           [ 5,        3,  12 ]
 * ```
 * Bytes may be taken in other ways between two records: the lengths of those that are gone are dropped from the front. Where the rest is
 * not whole records, or where somebody else is reading, reading records fails: nothing is ever merged or cut in silence.
 */

import type { Readable } from 'node:stream';
import { ApiMisuse } from '../core/errors/errors.ts';
import { withCode } from './errors.ts';

const CHANGES = ['readable', 'end', 'close', 'error'] as const;

export class RecordReader {
  readonly #stream: Readable;
  readonly #lengths: number[] = [];
  /** Their sum. */
  #known = 0;
  #latest: Promise<unknown> | undefined;

  constructor(stream: Readable) {
    this.#stream = stream;
  }

  /** A record of this length is pushed next. */
  expect(length: number): void {
    // Whoever reads bytes is rarely behind: then there is never more than one length here.
    if (this.#stream.readableLength === 0) this.#dropTo(0);
    this.#lengths.push(length);
    this.#known += length;
  }

  /** The next record, after those that were asked for before; null at the end. */
  read(): Promise<Buffer | null> {
    const next = this.#latest === undefined ? this.#readNext() : this.#latest.then(() => this.#readNext());
    const settled = next.then(
      () => undefined,
      () => undefined,
    );
    this.#latest = settled;
    settled.then(() => {
      if (this.#latest === settled) this.#latest = undefined;
    });
    return next;
  }

  async #readNext(): Promise<Buffer | null> {
    const stream = this.#stream;
    for (;;) {
      this.#checkAlone();
      const record = this.#take();
      if (record !== undefined) return record;
      if (stream.readableEnded) return null;
      if (stream.errored) throw stream.errored;
      if (stream.destroyed) throw withCode(new Error('the socket was destroyed before the end'), 'ERR_STREAM_PREMATURE_CLOSE');
      await change(stream);
    }
  }

  #take(): Buffer | undefined {
    const stream = this.#stream;
    const buffered = stream.destroyed ? 0 : stream.readableLength;
    this.#dropTo(buffered);
    if (this.#known !== buffered) throw mixed('bytes were taken out of the midst of a record, or put back');
    const [length] = this.#lengths;
    if (length === undefined) return undefined;
    return stream.read(length) as Buffer;
  }

  /** Forgets those that are gone from the front. */
  #dropTo(buffered: number): void {
    while (this.#known > buffered) this.#known -= this.#lengths.shift() as number;
  }

  /** Our own listener is gone whenever this is asked. */
  #checkAlone(): void {
    const stream = this.#stream;
    if (stream.readableEncoding !== null) throw mixed('setEncoding makes text of them');
    if (stream.readableFlowing === true || stream.listenerCount('data') > 0) throw mixed("'data' events or a pipe take them");
    if (stream.listenerCount('readable') > 0) throw mixed("'readable' events or an iterator take them");
  }
}

function mixed(why: string): ApiMisuse {
  return new ApiMisuse('ERR_TLS_READING_MIXED', `records cannot be read: ${why}`);
}

/** Waits until there may be something new. An error is found in `errored`; that it has a listener keeps it from the event loop. */
function change(stream: Readable): Promise<void> {
  return new Promise((resolve) => {
    const onChange = () => {
      for (const name of CHANGES) stream.off(name, onChange);
      resolve();
    };
    for (const name of CHANGES) stream.on(name, onChange);
  });
}
