/** Sockets of programs that speak UDP. */

import { createSocket, type Socket } from 'node:dgram';
import { describeListenFailure, type ListenAddress, type Target } from './addresses.ts';

/** A bound socket. Throws `CommandFailure` when there is none to be had. */
export function bindServer(where: ListenAddress): Promise<Socket> {
  return bind(where);
}

/** A socket of our own, from which a target can be reached. */
export function bindClient({ family }: Target): Promise<Socket> {
  return bind({ family, address: family === 6 ? '::' : '0.0.0.0', port: 0 });
}

function bind(where: ListenAddress): Promise<Socket> {
  const { family, address, port } = where;
  return new Promise((resolve, reject) => {
    const socket = createSocket({ type: family === 6 ? 'udp6' : 'udp4' });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      socket.close();
      reject(describeListenFailure(error, 'UDP', where));
    });
    socket.bind(port, address, () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
  });
}
