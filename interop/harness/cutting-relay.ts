/**
 * A relay of TCP that lets so many bytes of a client through, and then does to the connection what a bad network or an attacker does.
 */

import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** `reset` is a RST to both ends; `end` a FIN to the server, as if the client had closed; `hold` swallows what follows, slowly, so that the client has to wait. */
export type Cut = 'reset' | 'end' | 'hold';

/** Milliseconds between two looks at a client that is held. */
const SLOWLY = 50;

/** Listens on a free port of 127.0.0.1, which it gives. For one client at a time. */
export async function startCuttingRelay(serverPort: number, bytes: number, cut: Cut): Promise<number> {
  const sockets: Socket[] = [];
  const relay = createServer((client) => {
    const server = connect(serverPort, '127.0.0.1');
    sockets.push(client, server);
    // What one end does to its connection happens to the other's, too.
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      one.on('error', () => void other.resetAndDestroy());
      one.on('close', () => void other.destroy());
    }
    let left = bytes;
    client.on('data', (data) => {
      if (left > 0) server.write(data.subarray(0, left));
      left -= data.length;
      if (left > 0) return;
      if (cut === 'hold') {
        client.pause();
        setTimeout(() => client.resume(), SLOWLY);
      } else if (cut === 'end') server.end();
      else for (const socket of [client, server]) socket.resetAndDestroy();
    });
    client.on('end', () => server.end());
    server.pipe(client);
  });
  onTestFinished(() => {
    relay.close();
    for (const socket of sockets) socket.destroy();
  });
  await new Promise<void>((resolve) => {
    relay.listen(0, '127.0.0.1', resolve);
  });
  return (relay.address() as AddressInfo).port;
}
