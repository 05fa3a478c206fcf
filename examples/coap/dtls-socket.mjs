// What npm's `coap` needs of a UDP socket, over DTLS. It knows others by their addresses: each has a session.
import { EventEmitter } from 'node:events';

export class DtlsSocket extends EventEmitter {
  type = 'udp4';
  #endpoint;
  #sessions = new Map();

  /** The endpoint of `listen`, or that of the session of `connect`. */
  constructor(endpoint) {
    super();
    this.#endpoint = endpoint;
  }

  add(session) {
    const { address, port } = session.remoteAddress;
    const name = `${address} ${port}`;
    this.#sessions.set(name, session);
    session.onmessage = (data) => this.emit('message', data, { address, port, family: 'IPv4', size: data.length });
    session.on('close', () => this.#sessions.get(name) === session && this.#sessions.delete(name));
    return this;
  }

  sessionOf({ address, port }) {
    return this.#sessions.get(`${address} ${port}`);
  }

  /** As `dgram` has it, with an offset and a length or without. To somebody who has no session it is lost, as UDP may lose it. */
  send(data, ...rest) {
    const [offset, length] = rest.length >= 4 ? rest.splice(0, 2) : [0, data.length];
    const [port, address, callback] = rest;
    this.sessionOf({ address, port })?.send(data.subarray(offset, offset + length));
    callback?.(null);
  }

  address() {
    return this.#endpoint.address;
  }

  close(callback) {
    this.#endpoint.close().then(callback);
  }
}
