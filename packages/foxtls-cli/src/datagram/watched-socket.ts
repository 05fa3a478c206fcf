/**
 * A socket whose steps are told: what a program with `select` sees of a handshake. A step is a datagram that came, or a timer that ran out
 * and sent again; after it, whoever is not done has to wait.
 */

import type { Socket } from 'node:dgram';
import type { DatagramSocket } from 'foxtls/dtls';

/** The same socket; `onStep` is called after each step, with whether datagrams of ours still wait to leave. */
export function watchSteps(socket: DatagramSocket, onStep: (wouldWrite: boolean) => void): DatagramSocket {
  let isReceiving = false;
  let isTold = false;
  let isClosed = false;
  const waiting = () => (socket as Partial<Socket>).getSendQueueCount?.() ?? 0;
  const tell = () => {
    isTold = false;
    if (!isClosed) onStep(waiting() > 0);
  };
  return {
    address: () => socket.address(),
    on: (event: 'message' | 'error', listener: (...args: never[]) => void) => {
      if (event === 'error') return socket.on('error', listener as () => void);
      return socket.on('message', (message, from) => {
        isReceiving = true;
        (listener as (...args: unknown[]) => void)(message, from);
        isReceiving = false;
        tell();
      });
    },
    send: (datagram, port, address, callback) => {
      socket.send(datagram, port, address, callback);
      // The datagrams of one flight are one step.
      if (isReceiving || isTold) return;
      isTold = true;
      setImmediate(tell);
    },
    close: (callback) => {
      isClosed = true;
      socket.close(callback);
    },
    ref: () => socket.ref(),
    unref: () => socket.unref(),
  };
}
