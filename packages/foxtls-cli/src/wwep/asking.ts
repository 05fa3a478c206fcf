/**
 * A WWEP client's end of one connection: a request goes out, and the reply is what comes until the server closes, until it is whole, or within 500 ms.
 */

import type { Duplex } from 'node:stream';
import { CommandFailure } from '../command/failure.ts';
import { REPLY_LENGTH } from './protocol.ts';

/** Seconds for a connection, TLS included. */
export const CONNECT_SECONDS = 2;
/** Milliseconds, from when the request is sent. */
const REPLY_TIME = 500;
/** Longer than any reply. */
const MAX_REPLY = 64;

/** Sends a request over a connection that is ready; the reply, which may be cut short. Throws `CommandFailure` when there is none. */
export function askConnection(socket: Duplex, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let reply = '';
    const finish = (error?: Error) => {
      clearTimeout(timer);
      socket.off('data', read);
      // What came before a connection broke is an answer, too.
      if (reply !== '') resolve(reply);
      else reject(error ?? new CommandFailure('the server closed the connection without a reply'));
    };
    const read = (bytes: Buffer) => {
      reply = (reply + bytes.toString('latin1')).slice(0, MAX_REPLY);
      if (reply.length === MAX_REPLY || (reply.startsWith('A') && reply.length >= REPLY_LENGTH)) finish();
    };
    const timer = setTimeout(() => finish(new CommandFailure(`the server gave no reply in ${REPLY_TIME} ms`)), REPLY_TIME);
    socket.on('data', read);
    socket.once('end', () => finish());
    socket.once('close', () => finish());
    socket.on('error', finish);
    socket.write(request, 'latin1');
  });
}
