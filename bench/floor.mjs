/**
 * What JavaScript over node:net and node:crypto can reach at all: no TLS, no stream of our own, a fixed key, nothing checked but the tags.
 *
 *     node bench/floor.mjs
 *
 * `handshakes`: connections a second, sixteen at a time, that exchange as many bytes as a TLS 1.3 handshake in as many flights, and call
 * node:crypto as often as one: an X25519 exchange, one ECDSA P-256 signature made and verified, 25 HMACs and 6 sealed records on each side.
 * `records`: megabytes a second in writes of 64 KiB, each four records sealed with AES-128-GCM, opened at the other end.
 * Beside the figures of run.mjs for node:tls they say which ratio is the ceiling.
 */

import { fork } from 'node:child_process';
import crypto from 'node:crypto';
import net from 'node:net';
import { fileURLToPath } from 'node:url';

const KEY = Buffer.alloc(16, 7);
const GCM = { authTagLength: 16 };
const [role, kind, port] = process.argv.slice(2);

if (role === undefined) {
  console.log(`handshakes: ${(await measure('handshakes')).toFixed(0)}/s`);
  console.log(`records: ${(await measure('records')).toFixed(1)} MB/s`);
} else {
  const { serve, drive } = { handshakes: handshakes(), records: records() }[kind];
  if (role === 'client') process.send({ figure: await drive(Number(port)) });
  else serve().listen(0, '127.0.0.1', 511, onListening);
}

function onListening() {
  process.send({ port: this.address().port });
}

/** Both ends in a process each, as in run.mjs. */
async function measure(what) {
  const file = fileURLToPath(import.meta.url);
  const message = (child) => new Promise((resolve) => child.once('message', resolve));
  const server = fork(file, ['server', what]);
  const client = fork(file, ['client', what, String((await message(server)).port)]);
  const { figure } = await message(client);
  client.kill();
  server.kill();
  return figure;
}

function handshakes() {
  const pair = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const content = Buffer.alloc(130, 3);
  const signature = crypto.sign('sha256', content, pair.privateKey);
  const peer = crypto.generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' });
  const sizes = { clientHello: 300, serverFlight: 900, clientFlight: 100, tickets: 500 };

  function work(signOrVerify) {
    const ours = crypto.generateKeyPairSync('x25519');
    ours.publicKey.export({ format: 'jwk' });
    crypto.diffieHellman({ privateKey: ours.privateKey, publicKey: crypto.createPublicKey({ key: peer, format: 'jwk' }) });
    for (let i = 0; i < 25; i++) crypto.createHmac('sha256', content.subarray(0, 32)).update(content.subarray(0, 64)).digest();
    for (let i = 0; i < 6; i++) seal(content.subarray(0, 64), i);
    signOrVerify();
  }

  function serve() {
    return net.createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
      let received = 0;
      socket.on('data', (data) => {
        received += data.length;
        if (received === sizes.clientHello) {
          work(() => crypto.sign('sha256', content, pair.privateKey));
          socket.write(Buffer.alloc(sizes.serverFlight));
        } else if (received === sizes.clientHello + sizes.clientFlight) {
          socket.write(Buffer.alloc(sizes.tickets));
        }
      });
      socket.on('end', () => socket.end());
      socket.on('error', () => {});
    });
  }

  function connect(serverPort) {
    return new Promise((resolve) => {
      const socket = net.connect({ port: serverPort, host: '127.0.0.1' });
      let received = 0;
      socket.on('connect', () => socket.write(Buffer.alloc(sizes.clientHello)));
      socket.on('data', (data) => {
        received += data.length;
        if (received !== sizes.serverFlight) return;
        work(() => crypto.verify('sha256', content, pair.publicKey, signature));
        socket.end(Buffer.alloc(sizes.clientFlight));
      });
      socket.on('close', resolve);
      socket.on('error', () => {});
    });
  }

  async function drive(serverPort) {
    const end = performance.now() + 5000;
    let count = 0;
    let counting = false;
    const worker = async () => {
      while (performance.now() < end) {
        await connect(serverPort);
        if (counting) count++;
      }
    };
    const workers = Array.from({ length: 16 }, worker);
    await new Promise((resolve) => setTimeout(resolve, 2000));
    counting = true;
    const started = performance.now();
    await Promise.all(workers);
    return (1000 * count) / (performance.now() - started);
  }

  return { serve, drive };
}

function records() {
  const SIZE = 16384;
  const BLOCK = Buffer.alloc(4 * SIZE, 0x66);
  const inner = Buffer.alloc(SIZE + 1, 23);
  const blocks = 8000;

  function serve() {
    return net.createServer((socket) => {
      const input = Buffer.allocUnsafe(1 << 18);
      let [from, to, opened, sequence] = [0, 0, 0, 0];
      socket.on('data', (data) => {
        if (to + data.length > input.length) {
          input.copyWithin(0, from, to);
          [from, to] = [0, to - from];
        }
        to += data.copy(input, to);
        while (to - from >= 5 && to - from >= 5 + input.readUInt16BE(from + 3)) {
          const end = from + 5 + input.readUInt16BE(from + 3);
          opened += open(input.subarray(from, end), sequence++).length - 1;
          from = end;
        }
        if (opened >= blocks * BLOCK.length) {
          opened = 0;
          socket.write('.');
        }
      });
      socket.on('error', () => {});
    });
  }

  async function drive(serverPort) {
    const socket = net.connect({ port: serverPort, host: '127.0.0.1' });
    let sequence = 0;
    const writeBlock = () => {
      socket.cork();
      let isBelowMark = true;
      for (let at = 0; at < BLOCK.length; at += SIZE) {
        BLOCK.copy(inner, 0, at, at + SIZE);
        for (const piece of seal(inner, sequence++)) isBelowMark = socket.write(piece);
      }
      socket.uncork();
      return isBelowMark;
    };
    const burst = () =>
      new Promise((resolve) => {
        socket.once('data', resolve);
        let left = blocks;
        const more = () => {
          while (left-- > 0) if (!writeBlock()) return socket.once('drain', more);
        };
        more();
      });
    await burst();
    const started = performance.now();
    await burst();
    return (blocks * BLOCK.length) / 1000 / (performance.now() - started);
  }

  return { serve, drive };
}

function seal(plaintext, sequence) {
  const header = Buffer.from([23, 3, 3, (plaintext.length + 16) >> 8, (plaintext.length + 16) & 0xff]);
  const cipher = crypto.createCipheriv('aes-128-gcm', KEY, nonceOf(sequence), GCM);
  cipher.setAAD(header);
  const ciphertext = cipher.update(plaintext);
  cipher.final();
  return [header, ciphertext, cipher.getAuthTag()];
}

function open(record, sequence) {
  const decipher = crypto.createDecipheriv('aes-128-gcm', KEY, nonceOf(sequence), GCM);
  decipher.setAAD(record.subarray(0, 5));
  decipher.setAuthTag(record.subarray(-16));
  const plaintext = decipher.update(record.subarray(5, -16));
  decipher.final();
  return plaintext;
}

function nonceOf(sequence) {
  const nonce = Buffer.alloc(12);
  nonce.writeUInt32BE(sequence, 8);
  return nonce;
}
