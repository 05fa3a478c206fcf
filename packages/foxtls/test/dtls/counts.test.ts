/**
 * How many datagrams a handshake takes where nothing is lost: no more than it needs.
 */

import { beforeAll, describe, expect, it } from 'vitest';
import { Laboratory } from './laboratory.ts';
import { EVERY_MODE, type ModeName, Modes, modeOf, type Version } from './modes.ts';

let modes: Modes;
beforeAll(async () => {
  modes = await Modes.create();
});

/** Of client and server, at 1200 bytes. The last of a client of DTLS 1.3 acknowledges the server's tickets. */
const DATAGRAMS: Readonly<Record<Version, Partial<Record<ModeName, readonly [client: number, server: number]>>>> = {
  'TLSv1.3': {
    full: [3, 2],
    'mutual authentication': [3, 2],
    'raw public keys': [3, 2],
    'a large chain': [3, 12],
    PSK: [3, 2],
    ECDHE_PSK: [3, 2],
    ticket: [3, 2],
    cookie: [4, 3],
    'another group': [4, 3],
    'a large ClientHello': [5, 2],
  },
  'TLSv1.2': {
    full: [2, 2],
    'mutual authentication': [2, 2],
    'raw public keys': [2, 2],
    'a large chain': [2, 12],
    PSK: [2, 2],
    ECDHE_PSK: [2, 2],
    ticket: [2, 1],
    'session id': [2, 1],
    'by id': [2, 2],
    cookie: [3, 3],
    'a large ClientHello': [4, 2],
  },
  'TLSv1.1': {
    full: [2, 2],
    'mutual authentication': [2, 2],
    'a large chain': [2, 12],
    ticket: [2, 1],
    'session id': [2, 1],
    'by id': [2, 2],
    cookie: [3, 3],
    'a large ClientHello': [4, 2],
  },
};

const TIMED = EVERY_MODE.filter(({ name }) => modeOf(name).isLater !== true);

function handshake(name: ModeName, version: Version, mtu: number): Laboratory {
  const { client, server, session } = modes.setting(name, version);
  const lab = new Laboratory(1, {}, client, server, {
    client: { mtu, session },
    server: { mtu, peerAddress: Uint8Array.of(127, 0, 0, 1) },
  });
  lab.isRecording = true;
  lab.start();
  lab.run();
  expect(lab.areConnected).toBe(true);
  return lab;
}

describe('a handshake without loss', () => {
  it.each(TIMED)('$name in $version takes as many datagrams as it needs', ({ name, version }) => {
    const { sent } = handshake(name, version, 1200);
    expect([sent.client, sent.server]).toEqual(DATAGRAMS[version][name]);
  });

  it.each(TIMED)('$name in $version sends nothing twice, and fills its datagrams, at every size', ({ name, version }) => {
    for (const mtu of [256, 300, 548, 1500]) {
      const lab = handshake(name, version, mtu);
      expect([lab.client.stats.retransmissions, lab.server.stats.retransmissions]).toEqual([0, 0]);
      const sizes = lab.recorded.map(({ datagram }) => datagram.length);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(mtu);
      // Each flight of either may end in one that is not full, and an ACK may need one.
      const bytes = sizes.reduce((total, size) => total + size, 0);
      expect(sizes.length).toBeLessThanOrEqual(Math.ceil(bytes / (mtu - 64)) + 8);
    }
  });
});
