/**
 * `net.Socket` with the members that Node's documentation leaves out, although programs and its own subclasses build on them.
 */

import { Socket as NetSocket, type SocketConstructorOpts } from 'node:net';

/** What `_getpeername` and `_getsockname` answer. */
export interface SocketAddressInfo {
  readonly address?: string;
  readonly family?: string;
  readonly port?: number;
}

interface Internals {
  /** Read-only for users. */
  connecting: boolean;
  /** The host that was connected to; what is layered on the socket verifies it. */
  _host: string | null;
  _getpeername(): SocketAddressInfo;
  _getsockname(): SocketAddressInfo;
  /** Restarts the time of `setTimeout`. */
  _unrefTimer(): void;
  _writev(chunks: { chunk: Uint8Array | string; encoding: BufferEncoding }[], callback: (error?: Error | null) => void): void;
}

/** The class itself; only its type says more. */
export const Socket = NetSocket as unknown as new (
  options?: SocketConstructorOpts & { highWaterMark?: number },
) => NetSocket & Internals;
export type Socket = NetSocket & Internals;
