/**
 * The program of node:tls that `foxtls transfer-table` compares with: the same arguments and lines as native/transfer.c.
 *
 * ```
 * node transfer-peer.js send FILE PORT VERSION CIPHERS CA
 * node transfer-peer.js receive FILE CERT VERSION CIPHERS KEY
 * ```
 */

import { createReadStream, createWriteStream, readFileSync } from 'node:fs';
import { type AddressInfo, connect as connectTcp } from 'node:net';
import { basename } from 'node:path';
import { finished, pipeline } from 'node:stream/promises';
import { connect, createServer, type SecureVersion, type TLSSocket } from 'node:tls';
import { measureUsage } from './transfer/usage.ts';

const RECORD_SIZE = 4096;
const CHUNK = 256 * 1024;
const BUFFERED = 1024 * 1024;

const [role, path = '', third = '', version = '', ciphers = '', sixth = ''] = process.argv.slice(2);
const only = { minVersion: `TLSv${version}` as SecureVersion, maxVersion: `TLSv${version}` as SecureVersion, ciphers };
const print = (facts: object) => void process.stdout.write(`${JSON.stringify(facts)}\n`);

if (role === 'send') {
  const ca = readFileSync(sixth);
  const socket = connect({ socket: connectTcp(Number(third), '127.0.0.1'), servername: 'localhost', ca, ...only });
  socket.once('secureConnect', () => void send(socket));
} else {
  const server = createServer({ cert: readFileSync(third), key: readFileSync(sixth), ...only }, (socket) => {
    server.close();
    void receive(socket);
  });
  server.listen(0, '127.0.0.1', () => print({ event: 'listening', port: (server.address() as AddressInfo).port }));
}

async function send(socket: TLSSocket): Promise<void> {
  socket.setMaxSendFragment(RECORD_SIZE);
  const usage = measureUsage();
  await new Promise((resolve) => socket.write(basename(path), resolve));
  await pipeline(createReadStream(path, { highWaterMark: CHUNK }), socket);
  print({ event: 'sent', bytes: socket.bytesWritten - Buffer.byteLength(basename(path)), ...usage() });
}

async function receive(socket: TLSSocket): Promise<void> {
  const usage = measureUsage();
  const file = createWriteStream(path, { highWaterMark: BUFFERED });
  let bytes = 0;
  // A record each: the first is the name.
  let isName = true;
  file.on('drain', () => void socket.resume());
  socket.on('data', (data: Buffer) => {
    if (!isName) bytes += data.length;
    if (!isName && !file.write(data)) socket.pause();
    isName = false;
  });
  socket.once('end', () => file.end());
  await finished(file);
  print({ event: 'received', bytes, ...usage() });
}
