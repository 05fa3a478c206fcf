import { beforeAll, describe, expect, it } from 'vitest';
import { fromHex } from '../core/bytes/bytes.ts';
import { nodeProvider as provider } from '../crypto/node/provider.ts';
import { credentialOf } from '../pki/x509/credential.ts';
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

describe('a credential that is only for its issuers', () => {
  const asked = (authorities: readonly Uint8Array[] | undefined, version: 'TLSv1.3' | 'TLSv1.2') => {
    const [clientSide, serverSide] = [new Recorder(), new Recorder()];
    const verifier = createX509Verifier({ provider, trustAnchors: pki.anchors });
    const credential = { ...credentialOf({ chain: pki.client.chain, key: pki.client.signer }), onlyForIssuers: true };
    const options = { provider, verifier, versions: [version] };
    const client = createTlsClient(defineClientConfig({ ...options, credentials: [credential] }), {
      onEvent: clientSide.onEvent,
      serverName: 'localhost',
    });
    const config = defineServerConfig({
      ...options,
      credentials: [pki.server],
      clientCertificates: 'request',
      certificateAuthorities: authorities,
    });
    const server = createTlsServer(config, { onEvent: serverSide.onEvent });
    server.start();
    client.start();
    exchangeSync(client, server);
    return serverSide.info?.peer.kind;
  };

  it.each(['TLSv1.3', 'TLSv1.2'] as const)('is shown in %s to a server that names one of them, and to no other', (version) => {
    const { issuers = [] } = credentialOf({ chain: pki.client.chain, key: pki.client.signer });
    expect(asked(issuers, version)).toBe('verified');
    expect(asked([fromHex('300c310a300806035504030c0141')], version)).toBe('anonymous');
    expect(asked(undefined, version)).toBe('anonymous');
  });

  it('has to have some', () => {
    const credentials = [{ ...pki.server, onlyForIssuers: true }];
    expect(() => defineServerConfig({ provider, credentials })).toThrow(expect.objectContaining({ code: 'ERR_TLS_CREDENTIAL' }));
  });
});

describe('schemes to sign with', () => {
  it('are those that are verified, unless they are named', () => {
    expect(signatureOf({ signatureSchemes: ['ed25519'] })).toBe('ERR_TLS_PEER_INCOMPATIBLE');
    expect(signatureOf({ signatureSchemes: ['ed25519'], signingSchemes: ['ecdsa_secp256r1_sha256'] })).toBe(
      'ecdsa_secp256r1_sha256',
    );
    expect(signatureOf({ signingSchemes: ['ed25519'] })).toBe('ERR_TLS_PEER_INCOMPATIBLE');
  });

  it('can be those of a credential alone', () => {
    const own = (...signingSchemes: string[]) => ({ credentials: [{ ...pki.server, signingSchemes }] });
    expect(signatureOf(own('ecdsa_secp256r1_sha256'))).toBe('ecdsa_secp256r1_sha256');
    const refused = expect.objectContaining({ code: 'ERR_TLS_CREDENTIAL' });
    // What the key, or the configuration, cannot do, and nothing at all.
    expect(() => signatureOf(own('ed25519'))).toThrow(refused);
    expect(() => signatureOf({ ...own('ecdsa_secp256r1_sha256'), signingSchemes: ['ed25519'] })).toThrow(refused);
    expect(() => signatureOf(own())).toThrow(refused);
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
