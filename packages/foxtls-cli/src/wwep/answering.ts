/**
 * A WWEP server's end of one connection: a request is what has come within 100 ms, one reply goes out, and the connection ends.
 *
 * A client that says nothing, or half, or too much, or does not close, takes its time alone: what is kept of it is 13 bytes and a timer.
 */

import type { Duplex } from 'node:stream';
import type { WwepDatabase } from './database.ts';
import { answerRequest, MAX_REQUEST } from './protocol.ts';

/** Milliseconds for a request, from when the connection can carry one, unless set. */
export const REQUEST_TIME = 100;
/** Milliseconds for the client to read the reply and to close. */
const CLOSING_TIME = 2000;

export interface Exchange {
  readonly request: Uint8Array;
  readonly reply: string;
}

/** Resolves when the reply is on its way; undefined when the client has gone before. */
export function answerConnection(
  socket: Duplex,
  database: WwepDatabase,
  requestTime = REQUEST_TIME,
): Promise<Exchange | undefined> {
  return new Promise((resolve) => {
    let request: Buffer = Buffer.alloc(0);
    let isAnswered = false;
    const answer = () => {
      if (isAnswered) return;
      isAnswered = true;
      clearTimeout(timer);
      const reply = answerRequest(request, database);
      socket.end(reply);
      // What else the client sends is read and dropped: bytes that nobody reads would reset the connection, and the reply with it.
      timer = setTimeout(() => socket.destroy(), CLOSING_TIME);
      resolve({ request, reply });
    };
    // What has come by then may still wait to be read, when there is much to do: it is read before.
    let timer = setTimeout(() => setImmediate(answer), requestTime);
    socket.on('data', (bytes: Buffer) => {
      if (isAnswered) return;
      request = Buffer.concat([request, bytes.subarray(0, MAX_REQUEST - request.length)]);
      if (request.length === MAX_REQUEST) answer();
    });
    socket.once('end', answer);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      clearTimeout(timer);
      resolve(undefined);
    });
  });
}
