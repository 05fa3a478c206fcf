/**
 * The implementations of DTLS that are compared, each in one shape:
 *
 *     serve(setting, pki, onSession) ─▶ port       connect(setting, pki, port) ─▶ session, when the handshake is over
 *     session: send(bytes), onMessage(listener), close(), and of a server's end: forget()
 *
 * Sessions of foxtls can sleep, too: of either end sleep() ─▶ bytes and addresses, which a server finds by `findSleeping`, and a client by wake(…).
 *
 * What an implementation does not have stands here, as its users write it: werift-dtls has one server for one client, so that addresses are told
 * apart here.
 */

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import * as floor from './dtls-floor.mjs';

/**
 * 'foxtls packed' is foxtls with `packMessages`. The last two are no DTLS, and what none over node:dgram with a datagram for each message can be faster
 * than: UDP with calls of node:crypto (dtls-floor.mjs), and UDP alone.
 */
export const IMPLEMENTATIONS = ['werift-dtls', 'foxtls', 'foxtls packed', 'lemon-tls', 'node:crypto', 'node:dgram'];

const PSK = Buffer.alloc(32, 0x5a);
const IDENTITY = 'bench';

/** What is spoken, by name. Certificates are of P-256, what is exchanged is X25519, the cipher AES-128-GCM: that is what all of them choose. */
const SETTINGS = {
  'DTLS 1.2': { version: 'DTLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256', ecdhCurve: 'X25519:P-256' },
  'DTLS 1.3': { version: 'DTLSv1.3', ciphers: 'TLS_AES_128_GCM_SHA256', ecdhCurve: 'X25519' },
  'DTLS 1.2 PSK': { version: 'DTLSv1.2', ciphers: 'PSK-AES128-GCM-SHA256', isPsk: true },
};

/**
 * Whether it has the setting: werift-dtls ends at DTLS 1.2, and neither it nor lemon-tls has keys that were shared beforehand. The floor of
 * handshakes is that of DTLS 1.2 with certificates, and UDP alone has none.
 */
export function isOffered(name, setting, isOfMessages) {
  if (name === 'foxtls') return true;
  if (name === 'node:dgram' || name === 'foxtls packed') return isOfMessages;
  if (SETTINGS[setting].isPsk) return false;
  return setting === 'DTLS 1.2' || name === 'lemon-tls' || (name === 'node:crypto' && isOfMessages);
}

export async function load(name) {
  if (name === 'foxtls') return foxtls(await import('foxtls/dtls'));
  if (name === 'foxtls packed') return foxtls(await import('foxtls/dtls'), { packMessages: true });
  if (name === 'node:crypto') return floor;
  if (name === 'node:dgram') return datagrams();
  if (name === 'lemon-tls') return lemon(await import('lemon-tls'));
  return werift(loadPeer('werift-dtls'));
}

function loadPeer(name) {
  try {
    return createRequire(new URL('peers/package.json', import.meta.url))(`${name}/lib/dtls/src`);
  } catch (error) {
    throw new Error(`${name} is not here: npm install --prefix bench/peers --no-package-lock`, { cause: error });
  }
}

function foxtls({ listen, connect, wake, createSecureContext }, chosen = {}) {
  const common = ({ version, ciphers, ecdhCurve }) => ({ minVersion: version, maxVersion: version, ciphers, ecdhCurve });
  // A client that connects often keeps its context.
  const contexts = new Map();
  const contextOf = (setting, options) => {
    if (!contexts.has(setting)) contexts.set(setting, createSecureContext(options));
    return contexts.get(setting);
  };
  const clientOptions = (setting, pki) => {
    const { isPsk, ...rest } = SETTINGS[setting];
    const version = rest.version.replace('DTLS', 'TLS');
    const secureContext = contextOf(setting, { ...common({ ...rest, version }), ...(!isPsk && { ca: pki.ca }) });
    return { secureContext, ...(isPsk ? { psk: { identity: IDENTITY, key: PSK } } : { servername: 'localhost' }) };
  };
  return {
    async serve(setting, pki, onSession, findSleeping) {
      const { isPsk, ...rest } = SETTINGS[setting];
      const credential = isPsk ? { psk: { [IDENTITY]: PSK } } : { cert: pki.cert, key: pki.key };
      const options = {
        ...common(rest),
        ...credential,
        ...chosen,
        host: '127.0.0.1',
        port: 0,
        maxSessions: 0,
        maxSessionsPerHost: 0,
      };
      const endpoint = listen(
        (session) => {
          const begin = () => onSession(new FoxtlsSession(session));
          // One that has slept is open.
          if (session.protocol === undefined) session.onhandshake = begin;
          else begin();
        },
        { ...options, findSleeping },
      );
      return (await endpoint.opened).port;
    },
    async connect(setting, pki, port, { bindHost, bindPort } = {}) {
      const session = connect('127.0.0.1', port, { ...clientOptions(setting, pki), ...chosen, bindHost, bindPort });
      await session.opened;
      if (session.cipher.name !== SETTINGS[setting].ciphers) throw new Error(`${session.cipher.name} was chosen`);
      return new FoxtlsSession(session);
    },
    wake: (setting, pki, sleeping) => new FoxtlsSession(wake(sleeping, clientOptions(setting, pki))),
  };
}

/** With methods of the class: closures would count as memory of sessions. */
class FoxtlsSession {
  #session;

  constructor(session) {
    this.#session = session;
  }

  send(bytes) {
    this.#session.send(bytes);
  }

  onMessage(listener) {
    this.#session.onmessage = listener;
  }

  close() {
    return this.#session.close();
  }

  forget() {}

  /** Without a word. */
  vanish() {
    this.#session.endpoint.destroy();
  }

  get address() {
    const { address, port } = this.#session.remoteAddress;
    return `${address}:${port}`;
  }

  /** When nothing is waited for any more. */
  async sleep() {
    for (let attempts = 0; ; attempts++) {
      try {
        return this.#session.sleep();
      } catch (error) {
        if (error.code !== 'ERR_INVALID_STATE' || attempts === 100) throw error;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }
}

function lemon({ createDTLSServer, DTLSSocket }) {
  const versions = (setting) => ({ minVersion: SETTINGS[setting].version, maxVersion: SETTINGS[setting].version });
  const wrap = (socket, close) => ({
    send: (bytes) => socket.send(bytes),
    onMessage: (listener) => socket.on('data', listener),
    close,
    forget() {},
  });
  return {
    async serve(setting, pki, onSession) {
      const server = createDTLSServer({ ...versions(setting), cert: pki.cert, key: pki.key }, (socket) =>
        onSession(wrap(socket, () => socket.close())),
      );
      server.on('clientError', () => {});
      await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
      return server.address().port;
    },
    async connect(setting, pki, port, { bindHost, bindPort } = {}) {
      const udp = await bound(bindHost, bindPort);
      const socket = new DTLSSocket(udp, {
        ...versions(setting),
        ...{ remoteAddress: '127.0.0.1', remotePort: port, servername: 'localhost', ca: pki.ca },
      });
      await new Promise((resolve, reject) => {
        socket.on('connect', resolve);
        socket.on('error', reject);
      });
      const session = wrap(socket, () => {
        socket.close();
        udp.close();
      });
      return { ...session, vanish: () => udp.close() };
    },
  };
}

function werift({ DtlsClient, DtlsServer, SignatureAlgorithm, HashAlgorithm }) {
  const signatureHash = { hash: HashAlgorithm.sha256_4, signature: SignatureAlgorithm.ecdsa_3 };
  const wrap = (dtls, close, forget) => ({
    send: (bytes) => dtls.send(bytes),
    onMessage: (listener) => dtls.onData.subscribe(listener),
    close,
    forget,
  });
  return {
    async serve(_setting, pki, onSession) {
      const udp = await bound();
      const transports = new Map();
      const accept = (address, port, key) => {
        const transport = { send: async (data) => udp.send(data, port, address), close: async () => {}, onData() {} };
        const forget = () => transports.delete(key);
        const { cert, key: keyPem } = pki;
        const dtls = new DtlsServer({ cert, key: keyPem, signatureHash, transport, extendedMasterSecret: true });
        dtls.onConnect.subscribe(() => onSession(wrap(dtls, forget, forget)));
        transports.set(key, transport);
        return transport;
      };
      udp.on('message', (message, { address, port }) => {
        const key = `${address}:${port}`;
        (transports.get(key) ?? accept(address, port, key)).onData(message);
      });
      return udp.address().port;
    },
    async connect(_setting, _pki, port, { bindHost, bindPort } = {}) {
      const udp = await bound(bindHost, bindPort);
      const transport = { send: async (data) => udp.send(data, port, '127.0.0.1'), close: async () => udp.close(), onData() {} };
      udp.on('message', (message) => transport.onData(message));
      // It verifies no certificate: that is done by who uses it, by fingerprint.
      const dtls = new DtlsClient({ signatureHash, transport, extendedMasterSecret: true });
      await new Promise((resolve, reject) => {
        dtls.onConnect.subscribe(resolve);
        dtls.onError.subscribe(reject);
        dtls.connect();
      });
      return { ...wrap(dtls, () => dtls.close()), vanish: () => udp.close() };
    },
  };
}

function datagrams() {
  return {
    async serve(_setting, _pki, onSession) {
      const udp = await bound();
      const listeners = new Map();
      udp.on('message', (message, { address, port }) => {
        const key = `${address}:${port}`;
        if (!listeners.has(key)) {
          const onMessage = (listener) => listeners.set(key, listener);
          onSession({ send: (bytes) => udp.send(bytes, port, address), onMessage, forget: () => listeners.delete(key) });
        }
        listeners.get(key)(message);
      });
      return udp.address().port;
    },
    async connect(_setting, _pki, port) {
      const udp = await bound();
      const send = (bytes) => udp.send(bytes, port, '127.0.0.1');
      return { send, onMessage: (listener) => udp.on('message', listener), close: () => udp.close() };
    },
  };
}

async function bound(address = '127.0.0.1', port = 0) {
  const udp = createSocket('udp4');
  udp.bind(port, address);
  await once(udp, 'listening');
  return udp;
}
