// The client's process of a benchmark: `node client.mjs IMPLEMENTATION SETTING SCENARIO PORT ARGUMENTS-AS-JSON`; sends its figure
// over IPC.
import { load } from './implementations.mjs';
import { clientOptions } from './settings.mjs';

const [name, setting, scenario, port, text] = process.argv.slice(2);
const options = JSON.parse(text);
const tls = await load(name);
const { context, connection } = clientOptions(setting, JSON.parse(process.env.BENCH_PKI));

// A client that connects often keeps its context; lemon-tls takes PEM only.
const kept = name === 'lemon-tls' ? context : { secureContext: tls.createSecureContext(context) };

function open(extra = {}) {
  return tls.connect({ host: '127.0.0.1', port: Number(port), servername: 'localhost', ...connection, ...kept, ...extra });
}

function connect(extra = {}) {
  return new Promise((resolve, reject) => {
    const socket = open(extra);
    socket.once('secureConnect', () => {
      const { name: suite } = socket.getCipher();
      if (suite === connection.ciphers) resolve(socket);
      else reject(new Error(`${name}: ${suite} was chosen`));
    });
    socket.once('error', reject);
  });
}

/** Connections a second, `concurrency` at a time, for `seconds`, after `warmUp` seconds in which compilers and caches settle. */
async function handshakes({ concurrency, seconds, warmUp, resume }) {
  const session = resume ? await obtainSession() : undefined;
  let count = 0;
  let reused = 0;
  let counting = false;
  const end = performance.now() + (warmUp + seconds) * 1000;
  const worker = async () => {
    while (performance.now() < end) {
      const socket = await connect(session === undefined ? {} : { session });
      if (counting) {
        count++;
        if (socket.isSessionReused()) reused++;
      }
      await closed(socket);
    }
  };
  const workers = Array.from({ length: concurrency }, worker);
  await new Promise((resolve) => setTimeout(resolve, warmUp * 1000));
  counting = true;
  const started = performance.now();
  await Promise.all(workers);
  const rate = (1000 * count) / (performance.now() - started);
  if (resume && reused < count) throw new Error(`${name}: only ${reused} of ${count} sessions were resumed`);
  if (!resume && reused > 0) throw new Error(`${name}: ${reused} of ${count} handshakes were not full`);
  return rate;
}

/** Ends, and waits for the server's end. */
function closed(socket) {
  return new Promise((resolve) => {
    socket.on('error', () => {});
    socket.on('close', resolve);
    socket.resume().end();
  });
}

function obtainSession() {
  return new Promise((resolve, reject) => {
    const socket = open();
    // In TLS 1.2 the session comes before secureConnect, in TLS 1.3 after it.
    let session;
    let isConnected = false;
    const proceed = () => {
      if (session !== undefined && isConnected) closed(socket).then(() => resolve(session));
    };
    socket.once('session', (received) => {
      session = received;
      proceed();
    });
    socket.once('secureConnect', () => {
      isConnected = true;
      proceed();
    });
    socket.once('error', reject);
    socket.resume();
  });
}

/** Megabytes a second from the client to the server, in writes of `size` bytes. */
async function upload({ size, total }) {
  const socket = await connect();
  socket.setNoDelay?.(true);
  const burst = (bytes) =>
    new Promise((resolve) => {
      socket.once('data', resolve);
      const head = Buffer.alloc(4);
      head.writeUInt32BE(bytes);
      socket.write(head);
      const block = Buffer.alloc(size, 0x66);
      let left = bytes;
      const more = () => {
        while (left > 0) {
          const part = left < size ? block.subarray(0, left) : block;
          left -= part.length;
          if (!socket.write(part)) return socket.once('drain', more);
        }
      };
      more();
    });
  await burst(Math.ceil(total / 2));
  const started = performance.now();
  await burst(total);
  const rate = total / 1000 / (performance.now() - started);
  socket.destroy();
  return rate;
}

/** Megabytes a second from the server to the client. */
async function download({ size, total }) {
  const socket = await connect();
  const burst = (bytes) =>
    new Promise((resolve) => {
      const rounded = Math.ceil(bytes / size) * size;
      let received = 0;
      const onData = (data) => {
        received += data.length;
        if (received < rounded) return;
        socket.off('data', onData);
        resolve();
      };
      socket.on('data', onData);
      const ask = Buffer.alloc(8);
      ask.writeUInt32BE(rounded, 0);
      ask.writeUInt32BE(size, 4);
      socket.write(ask);
    });
  await burst(Math.ceil(total / 2));
  const started = performance.now();
  await burst(total);
  const rate = total / 1000 / (performance.now() - started);
  socket.destroy();
  return rate;
}

/**
 * Opens connections, ends them, and opens as many again, twenty at a time, which are kept: memory that a server takes once for such a
 * load, and the garbage of twenty handshakes at a time, is not a connection's.
 */
async function idle({ connections }) {
  await Promise.all((await openAll(connections)).map(closed));
  process.send({ warm: true });
  await new Promise((resolve) => process.once('message', resolve));
  const sockets = await openAll(connections);
  for (const socket of sockets) {
    socket.on('error', () => {});
    socket.resume();
  }
  // Tickets arrive, buffers settle.
  await new Promise((resolve) => setTimeout(resolve, 200));
  return sockets.length;
}

async function openAll(count) {
  const sockets = [];
  while (sockets.length < count) {
    const some = Math.min(20, count - sockets.length);
    sockets.push(...(await Promise.all(Array.from({ length: some }, () => connect()))));
  }
  return sockets;
}

const SCENARIOS = { handshakes, upload, download, idle };
process.send({ figure: await SCENARIOS[scenario](options) });
if (scenario !== 'idle') process.exit(0);
process.on('message', () => process.exit(0));
