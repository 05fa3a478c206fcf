import { beforeAll, describe, expect, it } from 'vitest';
import { defineClientConfig, defineServerConfig } from '../../src/connection/config.ts';
import { continueDtlsClient, continueDtlsServer } from '../../src/connection/create-dtls.ts';
import type { DtlsConnection } from '../../src/connection/datagram-connection.ts';
import { createTestPki, Recorder, type TestPki } from '../../src/connection/pair.fixture.ts';
import { fromHex, fromUtf8, toHex, utf8 } from '../../src/core/bytes/bytes.ts';
import { nodeProvider as provider } from '../../src/crypto/node/provider.ts';
import { createX509Verifier } from '../../src/pki/x509/verifier.ts';
import { Laboratory } from './laboratory.ts';

let pki: TestPki;
beforeAll(async () => {
  pki = await createTestPki(provider);
});

const SUITES = [
  ['TLSv1.3', 'TLS_AES_128_GCM_SHA256'],
  ['TLSv1.3', 'TLS_CHACHA20_POLY1305_SHA256'],
  ['TLSv1.2', 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'],
  ['TLSv1.2', 'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256'],
  ['TLSv1.2', 'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256'],
] as const satisfies readonly (readonly ['TLSv1.3' | 'TLSv1.2', string])[];

type Suite = readonly [version: 'TLSv1.3' | 'TLSv1.2', suite: string];

function configs([version, suite]: Suite) {
  const verifier = createX509Verifier({ provider, trustAnchors: pki.anchors });
  const common = {
    provider,
    versions: [version],
    cipherSuites: [suite as (typeof SUITES)[number][1]],
    verifier,
    heartbeat: 'peer_allowed_to_send',
  } as const;
  return {
    client: defineClientConfig({ ...common, credentials: [pki.client], alpnProtocols: ['coap'] }),
    server: defineServerConfig({
      ...common,
      credentials: [pki.server],
      clientCertificates: 'require',
      alpnProtocols: ['coap'],
    }),
  };
}

function connected(suite: Suite, ids: readonly [string, string] = ['0102', 'a0b0']): Laboratory {
  const { client, server } = configs(suite);
  const [ofClient, ofServer] = ids.map(fromHex);
  const lab = new Laboratory(1, {}, client, server, {
    client: { connectionId: ofClient },
    server: { connectionId: ofServer },
  });
  lab.start();
  lab.run();
  expect([lab.clientEvents.error, lab.serverEvents.error]).toEqual([undefined, undefined]);
  return lab;
}

/** What `send` of one end gives to the other. */
function carried(from: DtlsConnection, to: DtlsConnection, events: Recorder, text: string): string {
  const before = events.of('data').length;
  from.send(utf8(text));
  for (const datagram of from.takeOutput()) to.receive(datagram.slice());
  return events
    .of('data')
    .slice(before)
    .map(({ data }) => fromUtf8(data))
    .join();
}

describe.each(SUITES)('a connection of %s with %s that goes on from its state', (...suite) => {
  it('is what it was, and both ends read each other', () => {
    const lab = connected(suite);
    carried(lab.client, lab.server, lab.serverEvents, 'before');
    const [clientInfo, serverInfo] = [lab.client.info, lab.server.info];
    const exported = toHex(lab.client.exportKeyingMaterial(32, 'EXPORTER-x'));
    const { client: clientConfig, server: serverConfig } = configs(suite);
    const [clientEvents, serverEvents] = [new Recorder(), new Recorder()];
    const client = continueDtlsClient(clientConfig, lab.client.exportState(), { onEvent: clientEvents.onEvent });
    const server = continueDtlsServer(serverConfig, lab.server.exportState(), { onEvent: serverEvents.onEvent });
    expect([client.state, server.state, lab.client.state, lab.server.state]).toEqual([
      'connected',
      'connected',
      'closed',
      'closed',
    ]);
    for (const again of [client, server]) expect(toHex(again.exportKeyingMaterial(32, 'EXPORTER-x'))).toBe(exported);
    for (const round of ['one', 'two']) {
      expect(carried(client, server, serverEvents, round)).toBe(round);
      expect(carried(server, client, clientEvents, round)).toBe(round);
    }
    const { suite: negotiated, group, alpnProtocol, serverName, clientFinished, serverFinished, version } = serverInfo ?? {};
    expect(server.info).toMatchObject({ suite: negotiated, group, alpnProtocol, serverName, version });
    expect(server.info).toMatchObject({ clientFinished, serverFinished, heartbeatMode: 'peer_allowed_to_send' });
    expect(server.info?.peer).toMatchObject({ kind: 'verified', certificates: pki.client.chain });
    expect(client.info?.peer).toMatchObject({ kind: 'verified', certificates: pki.server.chain });
    expect(client.info?.signatureScheme).toEqual(clientInfo?.signatureScheme);
    expect([lab.clientEvents.of('end'), lab.serverEvents.of('error')]).toEqual([[], []]);
  });

  it('takes no record twice, and those that were late once', () => {
    const lab = connected(suite, ['', '']);
    const datagrams = ['first', 'late', 'third'].map((text) => {
      lab.client.send(utf8(text));
      return lab.client.takeOutput()[0]?.slice() ?? new Uint8Array(0);
    });
    for (const index of [0, 2]) lab.server.receive((datagrams[index] as Uint8Array).slice());
    const events = new Recorder();
    const server = continueDtlsServer(configs(suite).server, lab.server.exportState(), { onEvent: events.onEvent });
    for (const datagram of [...datagrams, ...datagrams]) server.receive(datagram.slice());
    expect(fromUtf8(events.data)).toBe('late');
    expect(server.stats.discarded.replayed).toBe(5);
  });

  it('fits into 3 kB, the certificate of the peer included', () => {
    expect(connected(suite).server.exportState().length).toBeLessThan(1500);
  });
});

describe('a state', () => {
  const gcm = SUITES[0];

  it('is not given while something waits for its acknowledgement, nor before, nor after', () => {
    const { client, server } = configs(gcm);
    const lab = new Laboratory(1, {}, client, server);
    expect(() => lab.client.exportState()).toThrow(expect.objectContaining({ code: 'ERR_TLS_NOT_IDLE' }));
    lab.start();
    lab.run();
    lab.client.updateKeys();
    expect(() => lab.client.exportState()).toThrow(expect.objectContaining({ code: 'ERR_TLS_NOT_IDLE' }));
    lab.collect();
    lab.run();
    lab.client.exportState();
    expect(() => lab.client.exportState()).toThrow(expect.objectContaining({ code: 'ERR_TLS_NOT_IDLE' }));
    expect(() => lab.client.send(utf8('x'))).toThrow(expect.objectContaining({ code: 'ERR_TLS_NOT_CONNECTED' }));
  });

  it('goes on under the keys of an update', () => {
    const lab = connected(gcm);
    for (const end of [lab.client, lab.server, lab.client]) {
      end.updateKeys();
      lab.collect();
      lab.run();
    }
    const events = new Recorder();
    const server = continueDtlsServer(configs(gcm).server, lab.server.exportState(), { onEvent: events.onEvent });
    expect(carried(lab.client, server, events, 'x')).toBe('x');
  });

  it.each([
    ['is empty', () => new Uint8Array(0)],
    ['is of another release', (state: Uint8Array) => Uint8Array.of(99, ...state.subarray(1))],
    ['is cut off', (state: Uint8Array) => state.subarray(0, -1)],
    ['is longer', (state: Uint8Array) => Uint8Array.of(...state, 0)],
    ['is a client’s', (state: Uint8Array) => Uint8Array.of(1, 0, ...state.subarray(2))],
    ['is of another version', (state: Uint8Array) => Uint8Array.of(...state.subarray(0, 3), 0xfd, ...state.subarray(4))],
    ['is of another suite', (state: Uint8Array) => Uint8Array.of(...state.subarray(0, 5), 9, ...state.subarray(6))],
  ])('that %s is refused', (_what, change) => {
    const state = change(connected(gcm).server.exportState());
    const go = () => continueDtlsServer(configs(gcm).server, state, { onEvent: () => {} });
    expect(go).toThrow(expect.objectContaining({ code: 'ERR_TLS_STATE' }));
  });
});
