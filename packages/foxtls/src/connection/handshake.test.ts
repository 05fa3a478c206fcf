import { beforeAll, describe, expect, it } from 'vitest';
import { fromUtf8, utf8 } from '../core/bytes/bytes.ts';
import { nodeProvider } from '../crypto/node/provider.ts';
import { createX509Verifier } from '../pki/x509/verifier.ts';
import { defineClientConfig, defineServerConfig } from './config.ts';
import { createTlsClient, createTlsServer } from './create.ts';
import { createTestPki, exchangeSync, Recorder, type TestPki } from './pair.fixture.ts';

const provider = nodeProvider;
let pki: TestPki;
beforeAll(async () => {
  pki = await createTestPki(provider);
});

describe('a TLS 1.3 connection between our two ends', () => {
  it('opens, carries data both ways, and closes each direction by itself', () => {
    const verifier = createX509Verifier({ provider, trustAnchors: pki.anchors });
    const clientSide = new Recorder();
    const serverSide = new Recorder();
    const client = createTlsClient(defineClientConfig({ provider, verifier }), {
      onEvent: clientSide.onEvent,
      serverName: 'localhost',
    });
    const server = createTlsServer(defineServerConfig({ provider, credentials: [pki.server] }), { onEvent: serverSide.onEvent });
    server.start();
    client.start();
    exchangeSync(client, server);
    expect(clientSide.error).toBeUndefined();
    expect(serverSide.error).toBeUndefined();
    expect(clientSide.info).toMatchObject({
      suite: { name: 'TLS_AES_128_GCM_SHA256' },
      group: { name: 'x25519' },
      resumed: false,
    });
    client.send(utf8('hello'));
    server.send(utf8('world'));
    exchangeSync(client, server);
    expect(fromUtf8(serverSide.data)).toBe('hello');
    expect(fromUtf8(clientSide.data)).toBe('world');
    expect(clientSide.of('session')).toHaveLength(2);
    client.close();
    exchangeSync(client, server);
    expect(serverSide.of('end')).toHaveLength(1);
    server.send(utf8('still here'));
    exchangeSync(client, server);
    expect(fromUtf8(clientSide.data)).toBe('worldstill here');
    server.close();
    exchangeSync(client, server);
    expect([client.state, server.state]).toEqual(['closed', 'closed']);
  });
});
