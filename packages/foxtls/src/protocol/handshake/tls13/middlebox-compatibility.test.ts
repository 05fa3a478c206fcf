import { beforeAll, describe, expect, it } from 'vitest';
import { defineClientConfig, defineServerConfig } from '../../../connection/config.ts';
import { createTlsClient, createTlsServer } from '../../../connection/create.ts';
import { createTestPki, type TestPki } from '../../../connection/pair.fixture.ts';
import { concat } from '../../../core/bytes/bytes.ts';
import { contentTypeName } from '../../../core/registry/content-types.ts';
import { nodeProvider as provider } from '../../../crypto/node/provider.ts';
import { createX509Verifier } from '../../../pki/x509/verifier.ts';

let pki: TestPki;
beforeAll(async () => {
  pki = await createTestPki(provider);
});

/** The types of the records in a stream. */
function recordTypes(stream: Uint8Array): (string | undefined)[] {
  const types: (string | undefined)[] = [];
  for (let at = 0; at < stream.length; at += 5 + (((stream[at + 3] as number) << 8) | (stream[at + 4] as number))) {
    types.push(contentTypeName(stream[at] as number));
  }
  return types;
}

/** The records of a handshake: what each side sends in its turn, the client first. */
function turns(middleboxCompatibility: boolean, serverGroup: string): (string | undefined)[][] {
  const verifier = createX509Verifier({ provider, trustAnchors: pki.anchors });
  const clientConfig = defineClientConfig({ provider, verifier, middleboxCompatibility, groups: ['x25519', 'secp256r1'] });
  const serverConfig = defineServerConfig({ provider, credentials: [pki.server], groups: [serverGroup], tickets: 0 });
  const client = createTlsClient(clientConfig, { onEvent() {}, serverName: 'localhost' });
  const server = createTlsServer(serverConfig, { onEvent() {} });
  const seen: (string | undefined)[][] = [];
  server.start();
  client.start();
  for (let [from, to] = [client, server]; ; [from, to] = [to, from]) {
    const stream = concat(...from.takeOutput());
    if (stream.length === 0) break;
    seen.push(recordTypes(stream));
    to.receive(stream);
  }
  expect([client.state, server.state]).toEqual(['connected', 'connected']);
  return seen;
}

// "Either side can send change_cipher_spec at any time during the handshake, as they must be ignored by the peer, but if the client
// sends a non-empty session ID, the server MUST send the change_cipher_spec as described in this appendix." (RFC 8446 §D.4)
describe('middlebox compatibility', () => {
  it('puts a change_cipher_spec behind ServerHello and before the second flight of the client', () => {
    expect(turns(true, 'x25519')).toEqual([
      ['handshake'],
      ['handshake', 'change_cipher_spec', 'application_data'],
      ['change_cipher_spec', 'application_data'],
    ]);
  });

  it('puts it behind HelloRetryRequest and before the second ClientHello, and nowhere else', () => {
    expect(turns(true, 'secp256r1')).toEqual([
      ['handshake'],
      ['handshake', 'change_cipher_spec'],
      ['change_cipher_spec', 'handshake'],
      ['handshake', 'application_data'],
      ['application_data'],
    ]);
  });

  it('can be done without', () => {
    expect(turns(false, 'x25519')).toEqual([['handshake'], ['handshake', 'application_data'], ['application_data']]);
    expect(turns(false, 'secp256r1').flat()).not.toContain('change_cipher_spec');
  });
});
