/** Connections for a check: plain ones, with the words before TLS where the protocol has them, and what a server answers to an offer. */

import { randomBytes } from 'node:crypto';
import { isIP, type Socket } from 'node:net';
import type { Target } from '../network/addresses.ts';
import { connectTcp } from '../network/tcp.ts';
import type { StartTlsName } from '../starttls/protocols.ts';
import { upgrade } from '../starttls/upgrade.ts';
import { type Answer, AnswerReader, type Offer, writeOffer } from './hello.ts';

export interface Server {
  readonly target: Target;
  /** Whom it should be: a name, or an address. */
  readonly name: string;
  readonly starttls: StartTlsName | undefined;
  /** For each step. */
  readonly seconds: number;
  readonly signal: AbortSignal;
}

/** For SNI: of an address there is none (RFC 6066 §3). */
export function sniOf({ name }: Server): string | undefined {
  return isIP(name) === 0 ? name : undefined;
}

/** A connection on which TLS may begin. Throws `CommandFailure`, `StartTlsFailure`, and the socket's errors. */
export async function openConnection(server: Server): Promise<Socket> {
  const { target, name, starttls, seconds, signal } = server;
  signal.throwIfAborted();
  const socket = await connectTcp(target, { seconds });
  const stop = () => socket.destroy();
  signal.addEventListener('abort', stop);
  socket.on('error', stop).once('close', () => signal.removeEventListener('abort', stop));
  if (starttls === undefined) return socket;
  try {
    await upgrade(socket, starttls, { serverName: name, timeout: seconds * 1000 });
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** What the server answers to an offer. Throws as `openConnection`. */
export async function probe(server: Server, offer: Pick<Offer, 'version' | 'cipherSuites' | 'groups'>): Promise<Answer> {
  const socket = await openConnection(server);
  try {
    return await ask(socket, writeOffer({ ...offer, serverName: sniOf(server), random: randomBytes(64) }), server);
  } finally {
    socket.destroy();
  }
}

function ask(socket: Socket, hello: Uint8Array, { seconds, signal }: Server): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const reader = new AnswerReader();
    const settle = (answer: Answer) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      resolve(answer);
    };
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => settle({ kind: 'silent' }), seconds * 1000);
    signal.addEventListener('abort', stop);
    socket.on('data', (bytes) => {
      const answer = reader.read(bytes);
      if (answer !== undefined) settle(answer);
    });
    socket.once('end', () => settle({ kind: 'closed' }));
    socket.once('error', () => settle({ kind: 'reset' }));
    socket.once('close', () => settle({ kind: 'closed' }));
    socket.resume();
    socket.write(hello);
  });
}
