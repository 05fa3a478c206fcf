/** Connections and listening sockets of programs that speak TCP. */

import { type AddressInfo, connect, type Server, type Socket } from 'node:net';
import { CommandFailure, describeFailure } from '../command/failure.ts';
import { describeListenFailure, formatAddress, type ListenAddress, type Target } from './addresses.ts';

/** Has a server (of node:net, foxtls/tls, foxtls/https) listen. Throws `CommandFailure` when it cannot. */
export function listenTcp(server: Server, where: ListenAddress): Promise<AddressInfo> {
  const { address, port } = where;
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) => reject(describeListenFailure(error, 'TCP', where));
    server.once('error', fail);
    // `::` alone would take IPv4 too or not, as the system is set.
    server.listen({ host: address, port, ipv6Only: false }, () => {
      server.off('error', fail);
      resolve(server.address() as AddressInfo);
    });
  });
}

/** A connection. `seconds` is how long to try. Throws `CommandFailure` when there is none. */
export function connectTcp(
  target: Target,
  { seconds, signal }: { readonly seconds: number; readonly signal?: AbortSignal },
): Promise<Socket> {
  const { address, port } = target;
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, signal });
    const timer = setTimeout(
      () => fail(new CommandFailure(`${formatAddress(target)} gave no answer in ${seconds} s`)),
      seconds * 1000,
    );
    const fail = (error: Error) => {
      clearTimeout(timer);
      socket.destroy();
      const words = error instanceof CommandFailure ? error.message : `${formatAddress(target)}: ${describeFailure(error)}`;
      reject(new CommandFailure(words));
    };
    socket.once('error', fail);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.off('error', fail);
      resolve(socket);
    });
  });
}
