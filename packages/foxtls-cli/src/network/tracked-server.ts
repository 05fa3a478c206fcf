/** The connections of a server, so that they end when it does. */

import type { Server, Socket } from 'node:net';

export interface TrackedServer {
  /** Connections of the transport: those whose handshake goes on are among them. */
  readonly sockets: ReadonlySet<Socket>;
  /** Ends them all at once. */
  cut(): void;
  /** Takes no new ones, lets those that are there end for so many milliseconds, and cuts the rest. */
  stop(patience?: number): Promise<void>;
}

/** Before the server listens. */
export function trackConnections(server: Server): TrackedServer {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    sockets,
    cut,
    async stop(patience = 0) {
      if (!server.listening) return;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      const timer = patience > 0 ? setTimeout(cut, patience) : undefined;
      if (timer === undefined) cut();
      await closed;
      clearTimeout(timer);
    },
  };
}
