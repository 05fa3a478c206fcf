/** A connection to a server of chats, on TCP and then on TLS. */

import type { Socket } from 'node:net';
import { type ConnectionOptions, connect, type TLSSocket } from 'foxtls/tls';
import { CommandFailure, describeFailure } from '../command/failure.ts';
import { formatAddress, type Target } from '../network/addresses.ts';
import { connectTcp } from '../network/tcp.ts';

export interface ConnectOptions {
  readonly target: Target;
  /** Of `tls.connect`: whom to trust, and what to call the server. */
  readonly tls: ConnectionOptions;
  /** How long each step may take. */
  readonly seconds: number;
  /** The socket, before its handshake. */
  readonly onSocket?: (socket: TLSSocket) => void;
}

/** Throws `CommandFailure`. */
export async function connectSecurely(options: ConnectOptions): Promise<TLSSocket> {
  const transport = await connectTcp(options.target, options);
  transport.setNoDelay(true);
  return secureTransport(transport, options);
}

/** The handshake. Throws `CommandFailure`; the transport is then closed. */
export async function secureTransport(transport: Socket, { target, tls, seconds, onSocket }: ConnectOptions): Promise<TLSSocket> {
  const socket = connect({ servername: target.name, ...tls, socket: transport });
  onSocket?.(socket);
  // What goes wrong later is found where it is read.
  socket.on('error', () => {});
  const late = `no handshake in ${seconds} s: does the server wait for a second connection first (--classic)?`;
  const timer = setTimeout(() => socket.destroy(new Error(late)), seconds * 1000);
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('secureConnect', resolve);
      socket.once('error', reject);
    });
  } catch (error) {
    throw new CommandFailure(`${formatAddress(target)}: ${describeFailure(error)}`);
  } finally {
    clearTimeout(timer);
  }
  return socket;
}
