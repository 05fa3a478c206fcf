/**
 * What JavaScript over node:dgram and node:crypto can reach at all, in the shape of dtls-implementations.mjs: no protocol, nothing parsed, and
 * nothing checked but the tags.
 *
 * A handshake is as many datagrams, of the same sizes, and the same calls of node:crypto as one of DTLS 1.2 with ECDHE-ECDSA cannot do without: on each
 * side an X25519 key and agreement, the 12 HMACs of the PRF (RFC 5246 §5: main secret, keys, two Finished), a record sealed and one opened; a
 * signature made, and verified; an HMAC for each cookie. No certificate is looked at, and no ticket made.
 */

import crypto from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** Bytes of the datagrams: what foxtls sends with the settings of the benchmark. */
const SIZES = { hello: 150, cookie: 60, secondHello: 182, serverFlight: 719, clientFlight: 133, serverFinished: 247, alert: 39 };
const HEADER = Buffer.from('17fefd00010000000000000000', 'hex');
const EXPLICIT_NONCE = 8;
const GCM = { authTagLength: 16 };
const KEY = Buffer.alloc(16, 7);
const SIGNED = Buffer.alloc(100, 3);
const PAIR = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });
const SIGNATURE = crypto.sign('sha256', SIGNED, PAIR.privateKey);
const SHARE = crypto.generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' });

export async function serve(_setting, _pki, onSession) {
  const udp = await boundSocket();
  const ends = new Map();
  udp.on('message', (message, { address, port }) => {
    const key = `${address}:${port}`;
    const send = (bytes) => udp.send(bytes, port, address);
    switch (message.length) {
      case SIZES.hello:
        hmac();
        return send(Buffer.alloc(SIZES.cookie));
      case SIZES.secondHello:
        hmac();
        agree();
        crypto.sign('sha256', SIGNED, PAIR.privateKey);
        return send(Buffer.alloc(SIZES.serverFlight));
      case SIZES.clientFlight: {
        const end = new End(send);
        end.deriveKeys();
        ends.set(key, end);
        onSession(end);
        return send(Buffer.alloc(SIZES.serverFinished));
      }
      case SIZES.alert:
        ends.get(key)?.open(message);
        ends.delete(key);
        return send(seal(Buffer.alloc(2), 1));
      default:
        ends.get(key)?.receive(message);
    }
  });
  return udp.address().port;
}

export async function connect(_setting, _pki, port) {
  const udp = await boundSocket();
  const send = (bytes) => udp.send(bytes, port, '127.0.0.1');
  const end = new End(send, () => udp.close());
  await new Promise((resolve) => {
    udp.on('message', (message) => {
      if (message.length === SIZES.cookie) {
        send(Buffer.alloc(SIZES.secondHello));
      } else if (message.length === SIZES.serverFlight) {
        crypto.verify('sha256', SIGNED, PAIR.publicKey, SIGNATURE);
        agree();
        end.deriveKeys();
        send(Buffer.alloc(SIZES.clientFlight));
      } else if (message.length === SIZES.serverFinished) {
        resolve();
      } else {
        end.receive(message);
      }
    });
    send(Buffer.alloc(SIZES.hello));
  });
  return end;
}

class End {
  #send;
  #release;
  #sequence = 1;
  #listener = () => {};

  constructor(send, release) {
    this.#send = send;
    this.#release = release;
  }

  /** With what the Finished messages cost. */
  deriveKeys() {
    for (let i = 0; i < 12; i++) hmac();
    this.open(seal(Buffer.alloc(16), 0));
  }

  send(bytes) {
    this.#send(seal(bytes, this.#sequence++));
  }

  open(record) {
    return open(record);
  }

  receive(record) {
    const message = open(record);
    if (record.length === SIZES.alert) this.#release();
    else this.#listener(message);
  }

  onMessage(listener) {
    this.#listener = listener;
  }

  close() {
    this.send(Buffer.alloc(2));
  }

  forget() {}
}

function agree() {
  const ours = crypto.generateKeyPairSync('x25519');
  ours.publicKey.export({ format: 'jwk' });
  const theirs = crypto.createPublicKey({ key: SHARE, format: 'jwk' });
  return crypto.diffieHellman({ privateKey: ours.privateKey, publicKey: theirs });
}

function hmac() {
  return crypto.createHmac('sha256', KEY).update(SIGNED).digest();
}

/** A record as DTLS 1.2 has it: header, explicit nonce, ciphertext, tag. */
function seal(plaintext, sequence) {
  const nonce = nonceOf(sequence);
  const cipher = crypto.createCipheriv('aes-128-gcm', KEY, nonce, GCM);
  cipher.setAAD(HEADER);
  const ciphertext = cipher.update(plaintext);
  cipher.final();
  return Buffer.concat([HEADER, nonce.subarray(-EXPLICIT_NONCE), ciphertext, cipher.getAuthTag()]);
}

function open(record) {
  const start = HEADER.length + EXPLICIT_NONCE;
  const nonce = Buffer.alloc(12);
  record.copy(nonce, 4, HEADER.length, start);
  const decipher = crypto.createDecipheriv('aes-128-gcm', KEY, nonce, GCM);
  decipher.setAAD(HEADER);
  decipher.setAuthTag(record.subarray(-16));
  const plaintext = decipher.update(record.subarray(start, -16));
  decipher.final();
  return plaintext;
}

function nonceOf(sequence) {
  const nonce = Buffer.alloc(12);
  nonce.writeUInt32BE(sequence, 8);
  return nonce;
}

async function boundSocket() {
  const udp = createSocket('udp4');
  udp.bind(0, '127.0.0.1');
  await once(udp, 'listening');
  return udp;
}
