/**
 * Lines of a stream, as bytes, one when it is asked for: what is typed or piped faster than it is used waits in the stream.
 *
 * A line ends with LF, which is not part of it (nor a CR before it); the last one need not.
 */

import type { Readable } from 'node:stream';
import { CommandFailure } from './failure.ts';

export interface LineReader {
  /** Undefined at the end, and after `close`. One call at a time. */
  next(): Promise<Uint8Array | undefined>;
  /** Lets the stream go: it keeps the process no longer. */
  close(): void;
}

/** More than fits into any datagram. */
const MAX_LINE = 64 * 1024;
/** Lines that are held before the stream has to wait. */
const MAX_WAITING = 64;
const LF = 0x0a;
const CR = 0x0d;

export function readLines(stream: Readable): LineReader {
  const lines: Uint8Array[] = [];
  let rest: Buffer = Buffer.alloc(0);
  let isOver = false;
  let failure: Error | undefined;
  let wake = () => {};
  const end = (error?: Error) => {
    isOver = true;
    failure ??= error;
    wake();
  };
  const onData = (part: Buffer) => {
    rest = Buffer.concat([rest, part]);
    for (let at = rest.indexOf(LF); at >= 0; at = rest.indexOf(LF)) {
      lines.push(withoutCarriageReturn(rest.subarray(0, at)));
      rest = rest.subarray(at + 1);
    }
    if (rest.length > MAX_LINE) {
      stream.destroy();
      end(new CommandFailure(`a line of the input has more than ${MAX_LINE} bytes`));
    } else if (lines.length > MAX_WAITING) stream.pause();
    wake();
  };
  stream.on('data', onData);
  stream.once('end', () => {
    if (rest.length > 0) lines.push(withoutCarriageReturn(rest));
    end();
  });
  stream.once('error', end);
  return {
    async next() {
      while (lines.length === 0 && !isOver) {
        stream.resume();
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      const line = lines.shift();
      if (line === undefined && failure !== undefined) throw failure;
      return line;
    },
    close() {
      stream.off('data', onData);
      stream.destroy();
      lines.length = 0;
      failure = undefined;
      end();
    },
  };
}

function withoutCarriageReturn(line: Buffer): Buffer {
  return line.at(-1) === CR ? line.subarray(0, -1) : line;
}
