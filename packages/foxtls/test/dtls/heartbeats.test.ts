/**
 * Heartbeats over datagrams, which may be lost (RFC 6520 §3).
 */

import { beforeAll, describe, expect, it } from 'vitest';
import { defineClientConfig, defineServerConfig } from '../../src/connection/config.ts';
import { createTestPki, type TestPki } from '../../src/connection/pair.fixture.ts';
import { utf8 } from '../../src/core/bytes/bytes.ts';
import { nodeProvider as provider } from '../../src/crypto/node/provider.ts';
import { createX509Verifier } from '../../src/pki/x509/verifier.ts';
import { type EndOptions, Laboratory } from './laboratory.ts';

let pki: TestPki;
beforeAll(async () => {
  pki = await createTestPki(provider);
});

describe.each(['TLSv1.3', 'TLSv1.2'] as const)('a heartbeat of %s', (version) => {
  function connected(options: EndOptions = {}, limits: { readonly recordSizeLimit?: number } = {}): Laboratory {
    const heartbeat = 'peer_allowed_to_send';
    const verifier = createX509Verifier({ provider, trustAnchors: pki.anchors });
    const client = defineClientConfig({ provider, verifier, heartbeat, versions: [version], ...limits });
    const server = defineServerConfig({ provider, credentials: [pki.server], heartbeat, ...limits });
    const lab = new Laboratory(1, {}, client, server, options);
    lab.start();
    lab.run();
    expect(lab.areConnected).toBe(true);
    return lab;
  }

  it('waits for nothing when it is answered', () => {
    const lab = connected();
    lab.client.sendHeartbeat(utf8('there?'));
    expect(lab.client.nextTimeout()).toBeGreaterThan(0);
    lab.collect();
    lab.run();
    expect(lab.clientEvents.of('heartbeat').map(({ payload }) => payload)).toEqual([utf8('there?')]);
    expect([lab.client.nextTimeout(), lab.client.stats.retransmissions]).toEqual([undefined, 0]);
    lab.client.sendHeartbeat();
  });

  it('is sent again where it, or its answer, is lost', () => {
    for (const lost of ['server', 'client']) {
      const lab = connected();
      let losses = 3;
      const isLost = (to: string) => to === lost && losses > 0 && losses-- > 0;
      lab.faults = { meddle: (datagram, to) => (isLost(to) ? [] : [datagram]) };
      lab.client.sendHeartbeat(utf8('there?'));
      expect(() => lab.client.exportState()).toThrow(expect.objectContaining({ code: 'ERR_TLS_NOT_IDLE' }));
      lab.collect();
      lab.run();
      expect(lab.clientEvents.of('heartbeat').map(({ payload }) => payload)).toEqual([utf8('there?')]);
      expect([losses, lab.client.nextTimeout(), lab.client.state]).toEqual([0, undefined, 'connected']);
      expect(lab.client.exportState().length).toBeGreaterThan(0);
    }
  });

  it('that is never answered ends the connection, as a flight would', () => {
    const lab = connected({ client: { initialTimeout: 500, adaptTimeout: false, maxRetransmissions: 4 } });
    lab.faults = { loss: 1 };
    lab.isRecording = true;
    const began = lab.now;
    lab.client.sendHeartbeat();
    expect(() => lab.client.sendHeartbeat()).toThrow(expect.objectContaining({ code: 'ERR_TLS_HEARTBEAT_IN_FLIGHT' }));
    lab.collect();
    lab.run();
    expect(lab.clientEvents.error).toMatchObject({ name: 'ConnectionLost', reason: 'timed_out' });
    // Behind them are alerts, which are shorter.
    const heartbeats = lab.recorded.filter(({ datagram }) => datagram.length === lab.recorded[0]?.datagram.length);
    expect([lab.now - began, heartbeats.length]).toEqual([500 * 31, 5]);
  });

  it('is forgotten when we close', () => {
    const lab = connected();
    lab.faults = { loss: 1 };
    lab.client.sendHeartbeat();
    lab.client.close();
    lab.collect();
    const sent = lab.sent.client;
    lab.run();
    expect([lab.client.nextTimeout(), lab.sent.client - sent, lab.clientEvents.error]).toEqual([undefined, 0, undefined]);
  });

  it('with padding finds what the path takes', () => {
    for (const { path, largest, least } of [
      { path: 1472, largest: 1472, least: 1472 },
      { path: 1351, largest: 9000, least: 1336 },
      { path: 1200, largest: 1500, least: 1200 },
    ]) {
      const lab = connected();
      lab.faults = { pathMtu: path };
      lab.client.probeMtu(largest);
      lab.collect();
      lab.run();
      expect(lab.clientEvents.of('mtu')).toEqual([{ type: 'mtu', mtu: lab.client.mtu }]);
      expect([lab.client.mtu <= path, lab.client.mtu >= least]).toEqual([true, true]);
      expect([lab.client.state, lab.client.nextTimeout(), lab.clientEvents.of('heartbeat')]).toEqual([
        'connected',
        undefined,
        [],
      ]);
      lab.client.probeMtu(lab.client.mtu);
      expect(lab.clientEvents.of('mtu')).toHaveLength(2);
      lab.client.send(new Uint8Array(lab.client.maxData));
      lab.client.sendHeartbeat();
      lab.collect();
      lab.run();
      expect([lab.serverEvents.of('data').length, lab.clientEvents.of('heartbeat').length]).toEqual([1, 1]);
    }
  });

  it('with padding is one at a time, and the first goes on', () => {
    const lab = connected();
    lab.client.probeMtu(1400);
    for (const another of [() => lab.client.probeMtu(9000), () => lab.client.probeMtu(300), () => lab.client.sendHeartbeat()]) {
      expect(another).toThrow(expect.objectContaining({ code: 'ERR_TLS_HEARTBEAT_IN_FLIGHT' }));
    }
    lab.collect();
    lab.run();
    expect(lab.clientEvents.of('mtu')).toEqual([{ type: 'mtu', mtu: 1400 }]);
  });

  it('with padding is no larger than the records that the peer takes', () => {
    const lab = connected({}, { recordSizeLimit: 1000 });
    const { mtu } = lab.client;
    lab.client.probeMtu(9000);
    expect([lab.clientEvents.of('mtu'), lab.client.nextTimeout()]).toEqual([[{ type: 'mtu', mtu }], undefined]);
    expect(() => lab.client.probeMtu(70_000)).toThrow(expect.objectContaining({ code: 'ERR_TLS_OPTION_RANGE' }));
  });
});
