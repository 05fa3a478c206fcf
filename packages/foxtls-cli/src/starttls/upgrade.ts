/** The words before TLS, over a socket. */

import type { Socket } from 'node:net';
import { Conversation, StartTlsFailure } from './dialogue.ts';
import { STARTTLS_PROTOCOLS, type StartTlsName } from './protocols.ts';

export interface UpgradeOptions {
  /** As whom the server is addressed (XMPP needs it). */
  readonly serverName: string;
  /** Milliseconds, for all of it. */
  readonly timeout: number;
}

/**
 * Speaks over a connected socket until TLS may begin on it; the socket is paused then, and nobody of ours listens to it any more. Rejects with
 * `StartTlsFailure` for a server that does not go on to TLS, and with the socket's error; the socket is then the caller's to destroy.
 *
 * ```ts
 * await upgrade(socket, 'smtp', { serverName: 'mail.example.com', timeout: 10_000 });
 * const secure = connect({ socket, servername: 'mail.example.com' });
 * ```
 */
export function upgrade(socket: Socket, protocol: StartTlsName, { serverName, timeout }: UpgradeOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: Error) => {
      clearTimeout(timer);
      socket.off('data', receive).off('end', end).off('close', end).off('error', settle);
      socket.pause();
      if (error === undefined) resolve();
      else reject(error instanceof StartTlsFailure ? new StartTlsFailure(`${protocol}: ${error.message}`) : error);
    };
    const conversation = new Conversation(STARTTLS_PROTOCOLS[protocol].begin(serverName), (bytes) => socket.write(bytes));
    const receive = (bytes: Uint8Array) => {
      try {
        conversation.receive(bytes);
        if (conversation.isOver) settle();
      } catch (error) {
        settle(error as Error);
      }
    };
    const end = () => settle(conversation.receiveEnd());
    const timer = setTimeout(() => settle(new StartTlsFailure(`no go-ahead for TLS in ${timeout / 1000} s`)), timeout);
    socket.on('data', receive).once('end', end).once('close', end).once('error', settle);
  });
}
