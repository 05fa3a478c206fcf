// The server's process of a benchmark: `node --expose-gc server.mjs IMPLEMENTATION SETTING SCENARIO`, talking to the runner over IPC.
import { load } from './implementations.mjs';
import { serverOptions } from './settings.mjs';

const [name, setting, scenario] = process.argv.slice(2);
const tls = await load(name);
const sockets = new Set();

/** What a server does with a connection, by scenario. */
const SCENARIOS = {
  // The client ends; the server's end comes back when it has done all of its handshake.
  handshake: (socket) => socket.resume(),
  // The client sends; the server counts and answers one byte at the end of a burst.
  upload(socket) {
    let left = 0;
    socket.on('data', (data) => {
      let bytes = data;
      while (bytes.length > 0) {
        if (left === 0) {
          left = bytes.readUInt32BE(0);
          bytes = bytes.subarray(4);
        }
        const used = Math.min(left, bytes.length);
        left -= used;
        bytes = bytes.subarray(used);
        if (left === 0) socket.write('.');
      }
    });
  },
  // The client asks for so many bytes in writes of such a size.
  download(socket) {
    socket.on('data', (data) => {
      const total = data.readUInt32BE(0);
      const block = Buffer.alloc(data.readUInt32BE(4), 0x66);
      let sent = 0;
      const more = () => {
        while (sent < total) {
          sent += block.length;
          if (!socket.write(block)) return socket.once('drain', more);
        }
      };
      more();
    });
  },
  // Nothing is sent.
  idle: (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.resume();
  },
};

const server = tls.createServer(serverOptions(setting, JSON.parse(process.env.BENCH_PKI)), (socket) => {
  socket.on('error', () => {});
  SCENARIOS[scenario](socket);
});
server.on('tlsClientError', (error) => console.error(`${name}: tlsClientError ${error.message}`));
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));

process.on('message', async (message) => {
  if (message !== 'memory') return process.exit(0);
  for (let i = 0; i < 4; i++) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  process.send({ rss, heap: heapUsed + external, connections: sockets.size });
});
