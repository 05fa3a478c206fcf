/** Keys as they are pressed on a terminal: one when it is asked for, without Enter, not echoed. */

import type { ReadStream } from 'node:tty';

export interface KeyReader {
  /** Undefined at the end: ^C, ^D, or the terminal is gone. One call at a time. */
  next(): Promise<string | undefined>;
  /** Lets the terminal go, as it was before. */
  close(): void;
}

/** Keys that are held before those that follow are lost: nobody types so far ahead. */
const MAX_WAITING = 64;
const ENDS = ['\x03', '\x04'];

export function readKeys(stream: ReadStream): KeyReader {
  const keys: string[] = [];
  let isOver = false;
  let wake = () => {};
  const end = () => {
    isOver = true;
    wake();
  };
  const onData = (data: Buffer) => {
    keys.push(...data.toString());
    keys.length = Math.min(keys.length, MAX_WAITING);
    wake();
  };
  stream.setRawMode(true);
  stream.on('data', onData).once('end', end).once('error', end);
  return {
    async next() {
      while (keys.length === 0 && !isOver) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      const key = isOver ? undefined : keys.shift();
      return key === undefined || ENDS.includes(key) ? undefined : key;
    },
    close() {
      stream.off('data', onData);
      if (!stream.destroyed) stream.setRawMode(false);
      stream.destroy();
      end();
    },
  };
}
