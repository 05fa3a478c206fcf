import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { StartTlsFailure } from './dialogue.ts';
import { upgrade } from './upgrade.ts';

/** A socket of a server that does this with its end. */
async function connectTo(serve: (socket: Socket) => void): Promise<Socket> {
  const server = createServer((socket) => serve(socket.on('error', () => undefined)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  onTestFinished(() => {
    socket.destroy();
    server.close();
  });
  await once(socket, 'connect');
  return socket;
}

const options = { serverName: 'example.com', timeout: 5000 };

it('leaves a paused socket without our listeners, and what comes next is the caller’s', async () => {
  const socket = await connectTo((peer) => {
    peer.write('220 hi\r\n');
    peer.once('data', () => {
      peer.write('234 go\r\n');
      peer.once('data', (bytes) => peer.end(bytes));
    });
  });
  await upgrade(socket, 'ftp', options);
  expect([socket.isPaused(), socket.listenerCount('data')]).toEqual([true, 0]);
  socket.write('hello');
  socket.resume();
  expect(String((await once(socket, 'data'))[0])).toBe('hello');
});

it('tells of a server that leaves, of one that is silent, and of a socket that breaks', async () => {
  const leaves = await connectTo((peer) => peer.end('220 hi\r\n'));
  await expect(upgrade(leaves, 'smtp', options)).rejects.toThrow('smtp: the server ended the connection before TLS');
  const silent = await connectTo(() => undefined);
  await expect(upgrade(silent, 'smtp', { ...options, timeout: 50 })).rejects.toThrow('smtp: no go-ahead for TLS in 0.05 s');
  const breaks = await connectTo((peer) => peer.once('data', () => peer.resetAndDestroy()));
  await expect(upgrade(breaks, 'postgres', options)).rejects.not.toBeInstanceOf(StartTlsFailure);
});
