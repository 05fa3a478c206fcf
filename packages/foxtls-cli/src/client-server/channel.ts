/**
 * A connection as the programs use it, over TLS or DTLS: messages out, messages in, an end.
 *
 * A message in is what came together: over TLS the bytes that are there, over DTLS a datagram.
 */

import type { ConnectionInfo } from 'foxtls';
import { CommandFailure } from '../command/failure.ts';

export interface Channel {
  readonly info: ConnectionInfo;
  /** `127.0.0.1:40000`. */
  readonly peer: string;
  /** Whether the peer is who it should be. */
  readonly authorized: boolean;
  /** Why it is not, if it was let pass all the same. */
  readonly authorizationError: string | undefined;
  /** Resolves when the system has the bytes. Rejects when the connection is over, and when the peer reads nothing for a minute. */
  send(message: Uint8Array): Promise<void>;
  /** The next message; undefined when the peer has said its last. Rejects with what went wrong, and after so many seconds. */
  receive(seconds: number): Promise<Uint8Array | undefined>;
  updateKeys(): void;
  /** TLS 1.2 alone. */
  renegotiate(): Promise<void>;
  /** A client's: what to resume by; undefined when the server gives nothing in a second. */
  session(): Promise<Buffer | undefined>;
  /** Sends close_notify, waits a little (or so many seconds) for the peer's, and lets go. Resolves with whether it came. Never rejects. */
  close(seconds?: number): Promise<boolean>;
  /** At once, without a word. */
  destroy(): void;
}

/** For the answer of a peer that we are leaving. */
export const FAREWELL_SECONDS = 1;

/** Tickets come after the handshake: some time for one that is late. Milliseconds. */
export const TICKET_PATIENCE = 1000;

/** Milliseconds for a peer that does not read. */
export const SEND_PATIENCE = 60_000;

export function saidNothing(peer: string, seconds: number): CommandFailure {
  return new CommandFailure(`${peer} said nothing for ${seconds} s`);
}

/** Resolves at the first of `events`, or false after so many milliseconds. */
export function happens(emitter: NodeJS.EventEmitter, events: readonly string[], milliseconds: number): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (isThere: boolean) => {
      clearTimeout(timer);
      for (const event of events) emitter.off(event, there);
      resolve(isThere);
    };
    const there = () => settle(true);
    const timer = setTimeout(() => settle(false), Math.min(milliseconds, MAX_TIMER));
    for (const event of events) emitter.on(event, there);
  });
}

/** A timer of Node takes no more. */
const MAX_TIMER = 0x7fffffff;
