import { beforeAll, describe, expect, it, vi } from 'vitest';
import { defineClientConfig, defineServerConfig } from '../../src/connection/config.ts';
import { createTestPki, type TestPki } from '../../src/connection/pair.fixture.ts';
import { EMPTY, fromHex, fromUtf8, toHex, utf8 } from '../../src/core/bytes/bytes.ts';
import { ConnectionLost } from '../../src/core/errors/errors.ts';
import { CONTENT_TYPES } from '../../src/core/registry/content-types.ts';
import { nodeProvider as provider } from '../../src/crypto/node/provider.ts';
import { createX509Verifier } from '../../src/pki/x509/verifier.ts';
import { DatagramOutput } from '../../src/transport/dtls/datagram-output.ts';
import { type EndOptions, type Faults, Laboratory } from './laboratory.ts';

let pki: TestPki;
beforeAll(async () => {
  pki = await createTestPki(provider);
});

const VERSIONS = ['TLSv1.3', 'TLSv1.2'] as const;

function laboratory(seed: number, faults: Faults, version: (typeof VERSIONS)[number], options: EndOptions = {}): Laboratory {
  const verifier = createX509Verifier({ provider, trustAnchors: pki.anchors });
  const client = defineClientConfig({ provider, verifier, versions: [version], credentials: [pki.client] });
  const server = defineServerConfig({
    provider,
    verifier,
    credentials: [pki.server],
    clientCertificates: 'require',
    versions: [version],
  });
  const lab = new Laboratory(seed, faults, client, server, options);
  lab.start();
  return lab;
}

function expectConnected(lab: Laboratory): void {
  lab.run(() => lab.isOver && lab.areConnected);
  expect([lab.clientEvents.error, lab.serverEvents.error]).toEqual([undefined, undefined]);
  expect(lab.areConnected).toBe(true);
  lab.faults = {};
  lab.run();
  lab.client.send(utf8('ping'));
  lab.server.send(utf8('pong'));
  lab.collect();
  lab.run();
  expect([fromUtf8(lab.clientEvents.data), fromUtf8(lab.serverEvents.data)]).toEqual(['pong', 'ping']);
}

describe.each(VERSIONS)('a handshake of %s over datagrams', (version) => {
  it('takes three datagrams one way and as many back, and no retransmission, where nothing is lost', () => {
    const lab = laboratory(1, {}, version);
    expectConnected(lab);
    expect([lab.client.stats.retransmissions, lab.server.stats.retransmissions]).toEqual([0, 0]);
  });

  it.each([0.1, 0.3])('ends well where a share of %f is lost', (loss) => {
    for (let seed = 1; seed <= 30; seed++) expectConnected(laboratory(seed, { loss }, version));
  });

  it('ends well, or gives up after ten retransmissions, where every second datagram is lost', () => {
    const reasons: unknown[] = [];
    for (let seed = 1; seed <= 30; seed++) {
      const lab = laboratory(seed, { loss: 0.5 }, version);
      lab.run(() => lab.isOver);
      for (const { error } of [lab.clientEvents, lab.serverEvents]) if (error !== undefined) reasons.push(error);
    }
    expect(reasons.every((error) => error instanceof ConnectionLost && error.reason === 'timed_out')).toBe(true);
    expect(reasons.length).toBeLessThan(15);
  });

  it('ends well where datagrams are doubled, late and out of order', () => {
    for (let seed = 1; seed <= 30; seed++) {
      expectConnected(laboratory(seed, { loss: 0.1, duplication: 0.3, reordering: 0.5 }, version));
    }
  });

  it('gives up when the peer never answers', () => {
    const lab = laboratory(1, { loss: 1 }, version);
    lab.run();
    expect(lab.clientEvents.error).toMatchObject({ name: 'ConnectionLost', reason: 'timed_out' });
    // A flight eleven times, user_canceled, close_notify.
    expect(lab.sent.client).toBe(13);
  });
});

describe('another handshake of DTLS 1.2, whose messages are numbered from 0 again', () => {
  // Type, length, message_seq, fragment offset, fragment length.
  it.each([
    ['a client', 'client', `01 000026 0000 000000 000026 fefd${'00'.repeat(36)}`],
    ['a server', 'server', '00 000000 0000 000000 000000'],
  ] as const)('is refused when %s asks for it, and the connection goes on', (_who, asking, fragment) => {
    const lab = laboratory(1, {}, 'TLSv1.2');
    expectConnected(lab);
    vi.spyOn(DatagramOutput.prototype, 'writeData').mockImplementationOnce(function (this: DatagramOutput) {
      this.writeRecord(CONTENT_TYPES.handshake, fromHex(fragment.replaceAll(' ', '')));
    });
    const { sent } = lab;
    const [before, answering] = [{ ...sent }, asking === 'client' ? 'server' : 'client'] as const;
    lab[asking].send(utf8('replaced'));
    lab.collect();
    lab.run();
    // no_renegotiation, a warning.
    expect(sent[answering] - before[answering]).toBe(1);
    lab[answering].send(utf8('still here'));
    lab.collect();
    lab.run();
    expect(lab.areConnected).toBe(true);
    expect(fromUtf8((asking === 'client' ? lab.clientEvents : lab.serverEvents).data)).toContain('still here');
  });
});

describe('a client of both versions whose server has DTLS 1.2 alone', () => {
  it('sends no ACK while the ServerHello is lost, for it would be unexpected there', () => {
    const verifier = createX509Verifier({ provider, trustAnchors: pki.anchors });
    const client = defineClientConfig({ provider, verifier });
    const server = defineServerConfig({ provider, credentials: [pki.server], versions: ['TLSv1.2'] });
    const types: (number | undefined)[] = [];
    const lab = new Laboratory(1, {}, client, server, { server: { mtu: 256 } });
    lab.faults = {
      meddle(datagram, to, index) {
        if (to === 'server') types.push(datagram[0]);
        return to === 'client' && index === 0 ? [] : [datagram];
      },
    };
    lab.start();
    expectConnected(lab);
    expect(types).not.toContain(26);
    expect(lab.clientEvents.info?.version).toBe('DTLSv1.2');
  });
});

describe.each(VERSIONS)('connection IDs in %s', (version) => {
  it.each([
    ['of both', '0102', 'a0b0c0'],
    ['of the client', '0102', ''],
    ['of the server', '', 'a0b0c0d0'],
  ])('%s stand on protected records', (_whose, ofClient, ofServer) => {
    const lab = laboratory(1, {}, version, {
      client: { connectionId: fromHex(ofClient) },
      server: { connectionId: fromHex(ofServer) },
    });
    expectConnected(lab);
    lab.client.send(utf8('x'));
    const [datagram = EMPTY] = lab.client.takeOutput();
    expect(toHex(datagram).includes(ofServer)).toBe(true);
    expect(datagram[0]).toBe(ofServer === '' ? (version === 'TLSv1.3' ? 0x2f : 23) : version === 'TLSv1.3' ? 0x3f : 25);
  });
});
