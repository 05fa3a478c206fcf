/** What hostile clients do: each comes as far as its name says, and stays there. */

import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { createTlsClient, defineClientConfig } from 'foxtls';
import { nodeProvider as provider } from 'foxtls/crypto/node';
import { trustWithoutVerification } from 'foxtls/x509';
import { longCertificate, longRecord, Peer, SETTLED, sendMany, trickle } from './hostile-peers.mjs';

/** Clients at a time: no more than wait to be accepted. */
const AT_ONCE = 50;
const ONE = Uint8Array.of(46);

/** `before` the server is secure, each is given up in time. `reach` brings one there; `together` is what all do then, in turns. */
export const HOSTILE_CLIENTS = {
  'says nothing': { before: true, isMany: true, withNet: true },
  'half a ClientHello, in segments of one byte': {
    before: true,
    together: (peers) =>
      trickle(
        peers.map((peer) => ({ peer, bytes: peer.hello() })),
        120,
      ),
  },
  'a ClientHello of TLS 1.3, and no more': { before: true, reach: helloAlone },
  'a ClientHello of TLS 1.2, and no more': { before: true, version: 'TLSv1.2', reach: helloAlone },
  '64 KB of a Certificate of 100 KB, TLS 1.2': { before: true, version: 'TLSv1.2', server: 'asks', reach: certificateAlone },
  'a handshake of TLS 1.3, and no more': { reach: (peer) => peer.shakeHands() },
  'a handshake of TLS 1.2, and no more': { version: 'TLSv1.2', reach: (peer) => peer.shakeHands() },
  '1000 bytes of a record, in segments of one byte': {
    reach: (peer) => peer.shakeHands(),
    together: (peers) =>
      trickle(
        peers.map((peer) => ({ peer, bytes: longRecord() })),
        1000,
      ),
  },
  '20,000 records of one byte, which nobody reads': {
    server: 'deaf',
    share: 0.1,
    reach: (peer) => peer.shakeHands(),
    together: sendEach(20_000, ({ tls }) => tls.send(ONE)),
  },
  '1 MB to be echoed, and reads nothing': {
    share: 0.1,
    reach: (peer) => peer.shakeHands(),
    together: (peers) => {
      for (const peer of peers) {
        peer.stopReading();
        peer.tls.send(new Uint8Array(2 ** 20));
        peer.send(peer.output());
      }
    },
  },
  '1000 KeyUpdates, and a byte behind each': {
    share: 0.1,
    server: 'sink',
    reach: (peer) => peer.shakeHands(),
    together: sendEach(1000, ({ tls }) => {
      tls.updateKeys();
      tls.send(ONE);
    }),
  },
  '1000 records of one byte': {
    share: 0.1,
    server: 'sink',
    reach: (peer) => peer.shakeHands(),
    together: sendEach(1000, ({ tls }) => tls.send(ONE)),
  },
};

function sendEach(count, one) {
  return (peers) => Promise.all(peers.map((peer) => sendMany(peer, count, () => one(peer))));
}

/** Opens peers, a few at a time, brings each as far as it goes, and lets all do what they do together. */
export async function attackServer({ version = 'TLSv1.3', reach, together }, port, count) {
  const verifier = trustWithoutVerification('a hostile client does not mind who the server is');
  const config = defineClientConfig({ provider, verifier, versions: [version] });
  const peers = [];
  while (peers.length < count) {
    const some = Array.from({ length: Math.min(AT_ONCE, count - peers.length) }, async () => {
      const socket = connect({ port, host: '127.0.0.1' });
      const peer = new Peer(socket, (options) => createTlsClient(config, { serverName: 'localhost', ...options }));
      await once(socket, 'connect');
      await reach?.(peer);
      return peer;
    });
    peers.push(...(await Promise.all(some)));
  }
  await together?.(peers);
  await pause(SETTLED);
  return peers;
}

async function helloAlone(peer) {
  const answered = peer.hear();
  peer.send(peer.hello());
  await answered;
}

async function certificateAlone(peer) {
  await helloAlone(peer);
  await peer.send(longCertificate());
}
