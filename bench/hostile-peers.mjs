/**
 * A hostile peer: a TCP connection, and TLS that belongs over it, as a connection of foxtls without a socket, whose bytes can be sent as no honest
 * peer would; and what both kinds of them do.
 */

import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';

/** Milliseconds in which the other end has taken what was sent. */
export const SETTLED = 500;
const RECORD = 16384;
const [HANDSHAKE, APPLICATION_DATA] = [22, 23];
const CERTIFICATE = 11;

/** `createTls` takes the options of a connection. */
export class Peer {
  #socket;
  #tls;
  closed;
  connected;

  constructor(socket, createTls) {
    this.#socket = socket.setNoDelay(true);
    this.closed = new Promise((resolve) => socket.on('error', () => {}).on('close', resolve));
    this.connected = new Promise((resolve) => {
      this.#tls = createTls({ onEvent: ({ type }) => type === 'connected' && resolve() });
    });
    socket.resume();
  }

  get tls() {
    return this.#tls;
  }

  /** What TLS would send now. */
  output() {
    return Buffer.concat(this.#tls.takeOutput());
  }

  hello() {
    this.#tls.start();
    return this.output();
  }

  /** Resolves when the system took it. */
  send(bytes) {
    return new Promise((resolve) => this.#socket.write(bytes, resolve));
  }

  /** Until something came. */
  hear() {
    return once(this.#socket, 'data');
  }

  async shakeHands() {
    this.#socket.on('data', (chunk) => {
      this.#tls.receive(chunk);
      this.send(this.output());
    });
    this.send(this.hello());
    await this.connected;
    await this.send(this.output());
  }

  stopReading() {
    this.#socket.pause();
  }

  destroy() {
    this.#socket.destroy();
  }
}

/** One byte of each after another, so that they come apart. */
export async function trickle(senders, length) {
  for (let at = 0; at < length; at++) {
    await Promise.all(senders.map(({ peer, bytes }) => peer.send(bytes.subarray(at, at + 1))));
    await pause(1 + senders.length / 50);
  }
}

export async function sendMany(peer, count, one) {
  for (let sent = 0; sent < count; ) {
    for (const end = Math.min(count, sent + 500); sent < end; sent++) one();
    const taken = peer.send(peer.output());
    // A peer that reads nothing takes no more some time.
    await Promise.race([taken, pause(SETTLED)]);
  }
}

/** Of data that cannot be opened, which nobody sees before it is whole. */
export const longRecord = () => Buffer.concat([head(APPLICATION_DATA, RECORD), Buffer.alloc(RECORD)]);
const head = (type, length) => Buffer.from([type, 3, 3, length >> 8, length & 0xff]);
const uint24 = (value) => [value >> 16, (value >> 8) & 0xff, value & 0xff];

/** The beginning of a Certificate of 100 KB, in the clear. */
export function longCertificate() {
  const fragments = Array.from({ length: 4 }, () => Buffer.concat([head(HANDSHAKE, RECORD), Buffer.alloc(RECORD)]));
  Buffer.from([CERTIFICATE, ...uint24(100_000), ...uint24(99_997), ...uint24(99_994)]).copy(fragments[0], 5);
  return Buffer.concat(fragments);
}

/** The first message of a flight, in a record of its own. */
export function firstMessage(flight) {
  const length = 4 + flight.readUIntBE(6, 3);
  return Buffer.concat([head(HANDSHAKE, length), flight.subarray(5, 5 + length)]);
}
