/**
 * The plain connection: messages of a stream that has no records. Three ways to tell them apart:
 *
 * ```
 *   by lines   each ends with LF
 *   by reads   what one read brings is a message, as the tutorial's programs take it: nothing else tells them apart
 *   loosely    by lines, but what has come without an LF, and is followed by nothing for a moment, is one too: for peers of both kinds
 * ```
 */

import type { Socket } from 'node:net';
import { type LineReader, readLines } from '../command/lines.ts';
import { readText } from './words.ts';

export interface PlainConnection {
  readonly socket: Socket;
  /** Until the end; once. While a message is not yet done with, the peer is held back. */
  readonly messages: AsyncIterable<string>;
}

/** `lines` where a reader has begun already. */
export function plainByLines(socket: Socket, lines: LineReader = readLines(socket)): PlainConnection {
  async function* read() {
    for (let line = await lines.next(); line !== undefined; line = await lines.next()) yield readText(line);
  }
  return { socket, messages: read() };
}

export function plainByReads(socket: Socket): PlainConnection {
  async function* read() {
    for await (const chunk of chunksOf(socket)) {
      const text = readText(chunk);
      if (text !== '') yield text;
    }
  }
  return { socket, messages: read() };
}

/** Bytes of a message that does not end. */
const MAX_MESSAGE = 8192;
/** Milliseconds. */
const MOMENT = 60;

export function plainLoosely(socket: Socket): PlainConnection {
  async function* read() {
    let rest = '';
    for await (const chunk of chunksOf(socket, () => (rest === '' ? undefined : MOMENT))) {
      // Nothing came for a moment.
      if (chunk.length === 0) {
        yield readText(Buffer.from(rest, 'latin1'));
        rest = '';
        continue;
      }
      const lines = (rest + chunk.toString('latin1')).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) yield readText(Buffer.from(line, 'latin1'));
      if (rest.length > MAX_MESSAGE) throw new RangeError(`a message has more than ${MAX_MESSAGE} bytes`);
    }
    if (rest !== '') yield readText(Buffer.from(rest, 'latin1'));
  }
  return { socket, messages: read() };
}

/** What each read brings. An empty one when nothing came for the milliseconds that `patience` allows, if it does. */
async function* chunksOf(socket: Socket, patience: () => number | undefined = () => undefined): AsyncGenerator<Buffer> {
  const waiting: Buffer[] = [];
  let isOver = socket.destroyed || socket.readableEnded;
  let failure: Error | undefined;
  let wake = () => {};
  const onData = (chunk: Buffer) => {
    waiting.push(chunk);
    socket.pause();
    wake();
  };
  const onEnd = () => {
    failure ??= socket.errored ?? undefined;
    isOver = true;
    wake();
  };
  const ends = ['end', 'close', 'error'] as const;
  socket.on('data', onData);
  for (const event of ends) socket.on(event, onEnd);
  try {
    for (;;) {
      const chunk = waiting.shift();
      if (chunk !== undefined) yield chunk;
      else if (failure !== undefined) throw failure;
      else if (isOver) return;
      else {
        socket.resume();
        const moment = patience();
        const isLate = await new Promise<boolean>((resolve) => {
          const timer = moment === undefined ? undefined : setTimeout(resolve, moment, true);
          wake = () => {
            clearTimeout(timer);
            resolve(false);
          };
        });
        if (isLate) yield Buffer.alloc(0);
      }
    }
  } finally {
    socket.off('data', onData);
    for (const event of ends) socket.off(event, onEnd);
  }
}
