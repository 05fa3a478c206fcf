/**
 * A handshake over TCP as a program with `select` sees it: after each step, an end that is not done has to wait, and says so. For `--nonblocking`; Node
 * itself never blocks.
 */

import type { Socket } from 'node:net';
import type { TLSSocket } from 'foxtls/tls';
import type { Report } from '../command/report.ts';

/** Of a socket whose handshake has not begun. */
export function watchTransport(
  transport: Socket,
  socket: Pick<TLSSocket, 'secureConnecting' | 'destroyed'>,
  role: 'client' | 'server',
  report: Report,
): void {
  const tell = () => {
    if (!socket.secureConnecting || socket.destroyed) return;
    if (transport.writableNeedDrain) report.say(`... ${role} would write block`, { event: 'would-write' });
    else report.say(`... ${role} would read block`, { event: 'would-read' });
  };
  // Behind the listeners of the handshake itself, which begins in the next tick.
  setImmediate(() => {
    tell();
    transport.on('data', tell);
  });
}
