import { once } from 'node:events';
import { type AddressInfo, connect as connectTcp, createServer as createTcpServer, type Socket as TcpSocket } from 'node:net';
import { afterEach, expect, it, vi } from 'vitest';
import { listen, server } from './endpoints.fixture.ts';
import tls from './tls.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** No record: unexpected_message or the like comes of it. */
const GARBAGE = Buffer.from('this is no record of TLS at all');
/** Its errors are no matter. */
const closed = (peer: TcpSocket) => new Promise((resolve) => peer.once('close', resolve));
const later = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Sends on for a while, and only then reads: what came, and how it ended. */
async function sendOnAndRead(peer: TcpSocket): Promise<{ received: Buffer; error: Error | undefined }> {
  const pieces: Buffer[] = [];
  let error: Error | undefined;
  peer.on('error', (cause) => (error = cause));
  peer.pause();
  peer.write(GARBAGE);
  for (let i = 0; i < 4; i++) {
    await later(30);
    peer.write(Buffer.alloc(10_000));
  }
  peer.on('data', (piece) => pieces.push(piece)).resume();
  await closed(peer);
  return { received: Buffer.concat(pieces), error };
}

const ALERT = /^1503\d\d000202[0-9a-f]{2}$/;

it('a client that still sends can read why the server gave it up', async () => {
  const listener = tls.createServer(server, () => {});
  const refused = vi.fn();
  listener.on('tlsClientError', refused);
  closers.push(() => void listener.close());
  const peer = connectTcp(await listen(listener), '127.0.0.1');
  await once(peer, 'connect');
  const { received, error } = await sendOnAndRead(peer);
  expect([error, received.toString('hex')]).toEqual([undefined, expect.stringMatching(ALERT)]);
  expect(refused).toHaveBeenCalledOnce();
});

it('a server that still sends can read why the client gave it up', async () => {
  const accepted: TcpSocket[] = [];
  const listener = createTcpServer((socket) => accepted.push(socket)).listen(0, '127.0.0.1');
  closers.push(() => void listener.close());
  await once(listener, 'listening');
  const client = tls.connect({ port: (listener.address() as AddressInfo).port, host: '127.0.0.1', rejectUnauthorized: false });
  const failed = once(client, 'error');
  await vi.waitUntil(() => accepted.length > 0);
  const peer = accepted[0] as TcpSocket;
  // Its ClientHello first, so that all that is unread is the alert.
  await once(peer, 'data');
  const [{ received, error }] = await Promise.all([sendOnAndRead(peer), failed]);
  expect([error, received.toString('hex')]).toEqual([undefined, expect.stringMatching(ALERT)]);
});

it('a peer that goes on for ever is cut off', async () => {
  const listener = tls.createServer(server, () => {});
  closers.push(() => void listener.close());
  const peer = connectTcp({ port: await listen(listener), host: '127.0.0.1', allowHalfOpen: true });
  peer.on('error', () => {});
  peer.resume();
  const sending = setInterval(() => peer.write(GARBAGE), 20);
  closers.push(() => clearInterval(sending));
  await closed(peer);
  expect(peer.destroyed).toBe(true);
});
