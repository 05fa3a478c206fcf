/**
 * The process under attack: `node hostile-subject.mjs IMPLEMENTATION BEHAVIOUR TIMEOUT`, where BEHAVIOUR is what a server does with a connection, or
 * `client`. A server tells its port; a client opens connections when it is told to; both tell figures when they are asked.
 */

import { createServer as createTcpServer } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { load } from './implementations.mjs';

const [name, behaviour, timeout] = process.argv.slice(2);
const handshakeTimeout = Number(timeout);
const pki = JSON.parse(process.env.BENCH_PKI);
const implementation = name === 'net' ? undefined : await load(name);
const delay = monitorEventLoopDelay({ resolution: 1 });
let connections = 0;
let refused = 0;
let lastError = '';

const BEHAVIOURS = {
  /** Sends back what it gets. */
  echo: (socket) => socket.pipe(socket),
  asks: (socket) => socket.pipe(socket),
  sink: (socket) => socket.resume(),
  /** Reads nothing. */
  deaf: () => {},
};

function serve(socket) {
  socket.on('error', () => {});
  BEHAVIOURS[behaviour](socket);
}

async function listen() {
  const { cert, key, ca } = pki.ecdsa;
  const options = { cert, key, ca, requestCert: behaviour === 'asks', rejectUnauthorized: false, handshakeTimeout };
  const server =
    name === 'net' ? createTcpServer((socket) => socket.on('error', () => {})) : implementation.createServer(options, serve);
  server.on('tlsClientError', (error, socket) => {
    count(error);
    // That of Node 20 tells of it and leaves the connection open.
    if (name === 'node:tls') socket.destroy();
  });
  server.on('connection', (socket) => follow(socket));
  server.listen({ port: 0, host: '127.0.0.1', backlog: 511 }, () => process.send({ port: server.address().port }));
}

function open({ port, ca, count: number }) {
  const secureContext = implementation.createSecureContext({ ca });
  for (let i = 0; i < number; i++) {
    const socket = implementation.connect({ port, host: '127.0.0.1', servername: 'localhost', secureContext, handshakeTimeout });
    follow(socket);
    socket.on('error', count).on('error', (error) => (lastError = error.code));
  }
}

function follow(socket) {
  connections++;
  socket.on('close', () => connections--);
}

function count(error) {
  if (error.code === 'ERR_TLS_HANDSHAKE_TIMEOUT') refused++;
}

if (behaviour === 'client') process.send({});
else await listen();

process.on('message', async (question) => {
  if (question !== 'figures') {
    open(question);
    return;
  }
  const { user, system } = process.cpuUsage();
  const pause = delay.max / 1e6;
  delay.disable();
  for (let i = 0; i < 4; i++) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  delay.reset();
  delay.enable();
  process.send({ rss, heap: heapUsed + external, cpu: (user + system) / 1000, pause, connections, refused, lastError });
});
