/**
 * The server of `foxtls/tls` as it is without any choice: two certificates, and every default. For scanners, which look at what a server
 * really does.
 */

import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { createServer } from '../../packages/foxtls/src/tls.ts';
import type { InteropPki } from './pki.ts';

/** Answers every request with a page; its port on 127.0.0.1. */
export async function startDefaultServer({ servers: { p256, rsa } }: InteropPki): Promise<number> {
  const server = createServer({ key: [p256.key, rsa.key], cert: [p256.cert, rsa.cert] }, (socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end('HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 7\r\n\r\nfoxtls\n'));
  });
  server.on('tlsClientError', () => undefined);
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return (server.address() as AddressInfo).port;
}
