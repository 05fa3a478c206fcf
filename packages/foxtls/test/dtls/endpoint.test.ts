import { beforeAll, describe, expect, it } from 'vitest';
import { type ClientOptions, defineClientConfig, defineServerConfig, type ServerOptions } from '../../src/connection/config.ts';
import type { DtlsEndpointOptions } from '../../src/connection/datagram-endpoint.ts';
import { createTestPki, type TestPki } from '../../src/connection/pair.fixture.ts';
import { fromUtf8, utf8 } from '../../src/core/bytes/bytes.ts';
import { nodeProvider as provider } from '../../src/crypto/node/provider.ts';
import { createX509Verifier } from '../../src/pki/x509/verifier.ts';
import { type Host, Network, type SessionRecord } from './endpoint-laboratory.ts';

let pki: TestPki;
beforeAll(async () => {
  pki = await createTestPki(provider);
});

const VERSIONS = ['TLSv1.3', 'TLSv1.2'] as const;
const SERVER = 'server:5684';

function clientConfig(options: Partial<ClientOptions> = {}) {
  return defineClientConfig({ provider, verifier: createX509Verifier({ provider, trustAnchors: pki.anchors }), ...options });
}

function serverConfig(options: Partial<ServerOptions> = {}) {
  return defineServerConfig({ provider, credentials: [pki.server], ...options });
}

function talk(network: Network, client: SessionRecord, server: SessionRecord): void {
  client.session.connection.send(utf8('ping'));
  server.session.connection.send(utf8('pong'));
  network.run();
  expect([fromUtf8(client.data), fromUtf8(server.data)]).toEqual(['pong', 'ping']);
}

describe.each(VERSIONS)('an endpoint, in %s', (version) => {
  function open(
    options: Partial<DtlsEndpointOptions> = {},
    config: Partial<ServerOptions> = {},
  ): { network: Network; server: Host } {
    const network = new Network();
    const server = network.host(SERVER, { config: serverConfig({ versions: [version], ...config }), ...options });
    return { network, server };
  }

  it('lets a client in when its cookie came back', () => {
    const { network, server } = open();
    const client = network.host('client:1').connect(clientConfig({ versions: [version] }), SERVER);
    network.run(() => server.endpoint.stats.cookiesSent === 1);
    expect([server.endpoint.sessionCount, server.accepted.length]).toEqual([0, 0]);
    network.run();
    expect([client.isConnected, server.accepted.length, server.endpoint.stats.sessionsAccepted]).toEqual([true, 1, 1]);
    expect(server.endpoint.nextTimeout()).toBe(undefined);
    talk(network, client, server.accepted[0] as SessionRecord);
  });

  it('keeps many clients apart', () => {
    const { network, server } = open();
    const clients = Array.from({ length: 20 }, (_, i) =>
      network.host(`client:${i}`).connect(clientConfig({ versions: [version] }), SERVER),
    );
    network.run();
    expect(clients.every(({ isConnected }) => isConnected)).toBe(true);
    for (const record of server.accepted) record.session.connection.send(utf8(record.session.address));
    network.run();
    expect(clients.map(({ data }) => fromUtf8(data))).toEqual(clients.map((_, i) => `client:${i}`));
    for (const { session } of clients) session.connection.close();
    network.run();
    expect(server.endpoint.sessionCount).toBe(0);
    expect(
      server.accepted.every(
        ({ types }) => types.join() === 'connected,data,end,closed' || types.join() === 'connected,end,closed',
      ),
    ).toBe(true);
  });
});
