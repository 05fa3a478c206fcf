/**
 * What the thread that owns a UDP socket and those that it hands datagrams to tell each other, and which of them a datagram is for.
 *
 * ```
 *   connection ID on the first record ──▶ the place that its first byte names: wherever the peer is by now
 *   none                              ──▶ by the sender's address
 * ```
 */

import type { MessagePort } from 'node:worker_threads';
import { connectionIdByte } from '../transport/dtls/datagram-record.ts';
import type { DtlsAddress } from './dtls-types.ts';

/** One byte names a place. */
export const MAX_PLACES = 256;

/** One of those that share a socket: what its worker begins with. To be transferred: `transferList: [place.port]`. */
export interface DispatcherPlace {
  readonly port: MessagePort;
  /** The number of the place, and the first byte of the connection IDs that lead to it. */
  readonly index: number;
  /** That of the socket. */
  readonly address: DtlsAddress;
}

/** A datagram, and where it came from, or goes. */
export interface HandedDatagram {
  readonly data: Uint8Array;
  readonly address: string;
  readonly port: number;
}

export type ToPlace = { readonly type: 'datagrams'; readonly datagrams: readonly HandedDatagram[] } | { readonly type: 'close' };

/** `taken`: bytes of datagrams that were looked at. */
export type FromPlace =
  | { readonly type: 'datagrams'; readonly datagrams: readonly HandedDatagram[]; readonly taken: number }
  | { readonly type: 'left' };

/** The place that a datagram is for; undefined for a connection ID that nobody gave out. */
export function placeOf(
  datagram: Uint8Array,
  { address, port }: Omit<HandedDatagram, 'data'>,
  places: number,
): number | undefined {
  const named = connectionIdByte(datagram);
  if (named === undefined) return hashOf(`${address} ${port}`) % places;
  return named < places ? named : undefined;
}

/** FNV-1a: an even spread; whoever chooses his ports to meet others in one place slows that one. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return hash;
}

/** Bytes for another thread, without what may stand around them in memory. */
export function exact(data: Uint8Array): Uint8Array {
  return data.byteLength === data.buffer.byteLength ? data : new Uint8Array(data);
}
