/**
 * Memory of connections that say nothing: thousands of TCP connections to a server of foxtls, and of node:tls, until the handshake is given up.
 *
 *     node bench/silent.mjs [--connections 10000] [--timeout 60000]
 *
 * Server and clients are two processes, each with a file descriptor a connection: `ulimit -n` has to be above their number. What is measured is
 * the growth of the server's memory while they are silent, after garbage collection, against as many bare `net` connections; that one that
 * speaks is served meanwhile; and that in the end each is closed by the server.
 */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect as connectTcp, createServer as createTcpServer } from 'node:net';
import tls from 'node:tls';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { load } from './implementations.mjs';
import { makePkis } from './pki.mjs';
import { serverOptions } from './settings.mjs';

const { values: args, positionals } = parseArgs({
  allowPositionals: true,
  options: { connections: { type: 'string', default: '10000' }, timeout: { type: 'string', default: '60000' } },
});
const [connections, handshakeTimeout] = [Number(args.connections), Number(args.timeout)];
/** Connections at a time: no more than wait to be accepted. */
const AT_ONCE = 100;

if (positionals[0] === undefined) await measureAll();
else await serve(positionals[0]);

async function measureAll() {
  const pki = JSON.stringify(await makePkis());
  console.log(`${connections} silent connections, given up after ${handshakeTimeout / 1000} s; Node ${process.version}`);
  for (const name of ['net', 'node:tls', 'foxtls']) console.log(await measure(name, pki));
  process.exit(0);
}

async function measure(name, pki) {
  const limits = ['--connections', args.connections, '--timeout', args.timeout];
  const server = fork(fileURLToPath(import.meta.url), [name, ...limits], {
    env: { ...process.env, BENCH_PKI: pki },
    execArgv: ['--expose-gc'],
  });
  try {
    const [{ port }] = await once(server, 'message');
    // What a server takes once for such a load is not a connection's.
    const { sockets: first, closed: gone } = await openSilent(port, AT_ONCE);
    for (const socket of first) socket.destroy();
    await gone;
    const before = await ask(server);
    const { sockets, closed } = await openSilent(port, connections);
    const served = name === 'net' ? 'bare' : await speak(port, JSON.parse(pki));
    const during = await ask(server);
    if (during.connections < connections)
      throw new Error(`${name}: only ${during.connections} connections are open: --timeout is too short`);
    if (name === 'net') for (const socket of sockets) socket.destroy();
    await closed;
    const after = await ask(server);
    const each = (what) => `${((during[what] - before[what]) / connections / 1000).toFixed(1)} kB ${what}`;
    return `${name}: ${each('rss')}, ${each('heap')} a connection; ${served}; ${after.refused} given up, ${after.connections} left open`;
  } finally {
    server.kill();
  }
}

async function openSilent(port, count) {
  const sockets = [];
  const closures = [];
  while (sockets.length < count) {
    const some = Array.from({ length: Math.min(AT_ONCE, count - sockets.length) }, () => connectTcp(port, '127.0.0.1'));
    closures.push(
      ...some.map(
        (socket) =>
          new Promise((resolve) =>
            socket
              .on('error', () => {})
              .on('close', resolve)
              .resume(),
          ),
      ),
    );
    await Promise.all(some.map((socket) => once(socket, 'connect')));
    sockets.push(...some);
  }
  return { sockets, closed: Promise.all(closures) };
}

/** Milliseconds of a whole connection beside the silent ones. */
async function speak(port, pki) {
  const started = performance.now();
  const socket = tls.connect({ port, host: '127.0.0.1', ca: pki.ecdsa.ca, servername: 'localhost' });
  socket.write('.');
  await once(socket, 'data');
  socket.destroy();
  return `one that speaks is served in ${Math.round(performance.now() - started)} ms`;
}

function ask(server) {
  server.send('memory');
  return once(server, 'message').then(([answer]) => answer);
}

/** The server's process. */
async function serve(name) {
  const pki = JSON.parse(process.env.BENCH_PKI);
  let refused = 0;
  const server =
    name === 'net'
      ? createTcpServer((socket) => socket.on('error', () => {}))
      : (await load(name)).createServer({ ...serverOptions('TLS 1.3', pki), handshakeTimeout }, (socket) => {
          socket.on('error', () => {});
          socket.pipe(socket);
        });
  server.on('tlsClientError', (error, socket) => {
    if (error.code === 'ERR_TLS_HANDSHAKE_TIMEOUT') refused++;
    // That of Node 20 tells of it and leaves the connection open.
    if (name === 'node:tls') socket.destroy();
  });
  server.listen({ port: 0, host: '127.0.0.1', backlog: 511 }, () => process.send({ port: server.address().port }));
  process.on('message', async () => {
    for (let i = 0; i < 4; i++) {
      globalThis.gc();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const { rss, heapUsed, external } = process.memoryUsage();
    server.getConnections((_error, count) => process.send({ rss, heap: heapUsed + external, connections: count, refused }));
  });
}
