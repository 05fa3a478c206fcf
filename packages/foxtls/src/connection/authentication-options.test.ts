import { beforeAll, describe, expect, it } from 'vitest';
import { nodeProvider as provider } from '../crypto/node/provider.ts';
import { createX509Verifier } from '../pki/x509/verifier.ts';
import { defineClientConfig, defineServerConfig, type ServerOptions } from './config.ts';
import { createTlsClient, createTlsServer } from './create.ts';
import { createTestPki, exchangeSync, Recorder, type TestPki } from './pair.fixture.ts';

let pki: TestPki;
beforeAll(async () => {
  pki = await createTestPki(provider);
});

/** With a key on P-256. */
function signatureOf(options: Partial<ServerOptions>) {
  const [clientSide, serverSide] = [new Recorder(), new Recorder()];
  const verifier = createX509Verifier({ provider, trustAnchors: pki.anchors });
  const client = createTlsClient(defineClientConfig({ provider, verifier }), {
    onEvent: clientSide.onEvent,
    serverName: 'localhost',
  });
  const config = defineServerConfig({ provider, credentials: [pki.server], ...options });
  const server = createTlsServer(config, { onEvent: serverSide.onEvent });
  server.start();
  client.start();
  exchangeSync(client, server);
  return serverSide.error?.code ?? clientSide.info?.signatureScheme?.name;
}

describe('schemes to sign with', () => {
  it('are those that are verified, unless they are named', () => {
    expect(signatureOf({ signatureSchemes: ['ed25519'] })).toBe('ERR_TLS_PEER_INCOMPATIBLE');
    expect(signatureOf({ signatureSchemes: ['ed25519'], signingSchemes: ['ecdsa_secp256r1_sha256'] })).toBe(
      'ecdsa_secp256r1_sha256',
    );
    expect(signatureOf({ signingSchemes: ['ed25519'] })).toBe('ERR_TLS_PEER_INCOMPATIBLE');
  });

  it('need not be verified by the provider, but have to be known', () => {
    const keys = { ...provider.keys, verifies: ['ed25519' as const] };
    const options = { provider: { ...provider, keys }, credentials: [pki.server] };
    const { signingSchemes } = defineServerConfig({ ...options, signingSchemes: ['ecdsa_secp256r1_sha256'] });
    expect(signingSchemes.map(({ name }) => name)).toEqual(['ecdsa_secp256r1_sha256']);
    const unknown = expect.objectContaining({ code: 'ERR_TLS_UNKNOWN_NAME' });
    expect(() => defineServerConfig({ ...options, signingSchemes: ['rsa_pkcs1_sha1'] })).toThrow(unknown);
  });
});
