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
  function connected(options: EndOptions = {}): Laboratory {
    const heartbeat = 'peer_allowed_to_send';
    const verifier = createX509Verifier({ provider, trustAnchors: pki.anchors });
    const client = defineClientConfig({ provider, verifier, heartbeat, versions: [version] });
    const server = defineServerConfig({ provider, credentials: [pki.server], heartbeat });
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
});
