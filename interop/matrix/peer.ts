/**
 * What a peer of the matrix can: its names of suites, its server and its client for a cell, and what each says when it agrees with us.
 */

import type { PeerProcess } from '../harness/peer-process.ts';
import type { KeyName, Leaf } from '../harness/pki.ts';
import type { Cell, Suite } from './cells.ts';

export interface Command {
  readonly command: string;
  readonly arguments: readonly string[];
  readonly folder?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

export interface MatrixPeer {
  readonly name: string;
  readonly version: string;
  /** The pre-shared key that it knows, if it is another than SHARED_KEY. */
  readonly sharedKey?: SharedKey;
  /** What its programs are called. */
  readonly serverName: string;
  readonly clientName: string;
  has(suite: Suite): boolean;
  /** Why a cell cannot be tried with its server, or its client; undefined when it can. */
  serverLacks(cell: Cell): string | undefined;
  clientLacks(cell: Cell): string | undefined;
  /** Its server. Cells of which the command is the same (with the same port) share one process. */
  server(cell: Cell, port: number): Command & { readonly ready: RegExp };
  /** What its server prints, or answers to REQUEST, about the last connection. */
  serverSays(cell: Cell): readonly RegExp[];
  /** Its client, which says REQUEST, and reads the ANSWER: one process after the other, each making so many connections. */
  client(cell: Cell, port: number): readonly (Command & { readonly connections: number })[];
  /** What its client prints about the last connection. */
  clientSays(cell: Cell): readonly RegExp[];
}

export interface SharedKey {
  readonly identity: string;
  readonly hex: string;
}

/** What both sides know of each other in cells of the key `psk`. */
export const SHARED_KEY: SharedKey = { identity: 'Client_identity', hex: '000102030405060708090a0b0c0d0e0f' };

/** The certificate of a cell; any, for a program that cannot do without, where a pre-shared key has to do. */
export function leafOf(leaves: Readonly<Record<KeyName, Leaf>>, { key }: Cell): Leaf {
  return leaves[key === 'psk' ? 'p256' : key];
}

/** What a client says; servers of the matrix answer to it, and close. */
export const REQUEST = 'GET / HTTP/1.0\r\n\r\n';
/** What our server answers to anything. */
export const ANSWER = 'foxtls has heard it\r\n';

/** Whether all of it was said. */
export function saysAll(said: string, patterns: readonly RegExp[]): boolean {
  return patterns.every((pattern) => pattern.test(said));
}

export function isResumed({ mode }: Cell): boolean {
  return mode.startsWith('resumed');
}

/** Text for a pattern. */
export function literally(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

export interface RunningServer {
  readonly port: number;
  readonly process: PeerProcess;
}
