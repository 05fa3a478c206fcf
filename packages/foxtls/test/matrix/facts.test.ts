/**
 * What `info` says of how a handshake went: what each end signed with, whether there was a HelloRetryRequest, what a certificate was asked for
 * by; and what a client says by TLS_FALLBACK_SCSV and by a ClientHello without key shares (RFC 7507, RFC 8446 §4.1.4, §4.2.8, §4.3.2).
 */

import { beforeAll, describe, expect, it } from 'vitest';
import { type ClientOptions, defineClientConfig, defineServerConfig, type ServerOptions } from '../../src/connection/config.ts';
import { createTestPki, type TestPki } from '../../src/connection/pair.fixture.ts';
import { fromHex } from '../../src/core/bytes/bytes.ts';
import { nodeProvider as provider } from '../../src/crypto/node/provider.ts';
import { trustWithoutVerification } from '../../src/pki/x509/verifier.ts';
import { connectEnds, type EndsOptions } from './ends.ts';

const verifier = trustWithoutVerification('only what is said of the handshake is looked at');

let pki: TestPki;
beforeAll(async () => {
  pki = await createTestPki(provider);
});

function connect(client: Partial<ClientOptions>, server: Partial<ServerOptions>, options: EndsOptions = {}) {
  const clientConfig = defineClientConfig({ provider, verifier, ...client });
  const serverConfig = defineServerConfig({ provider, verifier, credentials: [pki.server], ...server });
  return connectEnds(clientConfig, serverConfig, options);
}

/** A Name with a commonName: what certificate_authorities carries. */
const AUTHORITY = fromHex('300c310a300806035504030c0141');

describe.each(['TLSv1.3', 'TLSv1.2'] as const)('a handshake of %s', (version) => {
  it('tells both ends what the client signed with, and the client what it was asked for', () => {
    const { client, server } = connect(
      { versions: [version], credentials: [pki.client], signingSchemes: ['ecdsa_secp256r1_sha256'] },
      {
        versions: [version],
        clientCertificates: 'require',
        certificateAuthorities: [AUTHORITY],
        signatureSchemes: ['rsa_pss_rsae_sha256', 'ecdsa_secp256r1_sha256'],
      },
    );
    for (const { info } of [client, server]) {
      expect(info?.clientSignatureScheme).toEqual({ id: 0x0403, name: 'ecdsa_secp256r1_sha256' });
      expect(info?.secureRenegotiation).toBe(true);
    }
    expect(client.info?.certificateRequest).toEqual({
      signatureSchemes: [0x0804, 0x0403],
      authorities: [AUTHORITY],
      // ecdsa_sign, rsa_sign
      certificateTypes: version === 'TLSv1.3' ? undefined : [64, 1],
    });
    expect(server.info?.certificateRequest).toBeUndefined();
  });

  it('has nothing to tell of that where the server does not ask', () => {
    const { client, server } = connect({ versions: [version], credentials: [pki.client] }, { versions: [version] });
    for (const { info } of [client, server]) {
      expect(info).toMatchObject({ clientSignatureScheme: undefined, certificateRequest: undefined, helloRetryRequest: false });
    }
  });

  it('is without a signature of a client that has no certificate, and was asked', () => {
    const { client, server } = connect({ versions: [version] }, { versions: [version], clientCertificates: 'request' });
    expect([client.info?.clientSignatureScheme, server.info?.clientSignatureScheme]).toEqual([undefined, undefined]);
    expect(client.info?.certificateRequest?.authorities).toEqual([]);
  });
});

describe('a HelloRetryRequest', () => {
  it.each([
    ['for another group than that of the key share', { groups: ['x25519', 'secp384r1'] }],
    ['for a ClientHello without key shares', { keyShareGroups: [] }],
  ])('is told to both ends: %s', (_why, options) => {
    const { client, server } = connect(options, { groups: ['secp384r1'] });
    for (const { info } of [client, server])
      expect(info).toMatchObject({ helloRetryRequest: true, group: { name: 'secp384r1' } });
  });
});

describe('TLS_FALLBACK_SCSV', () => {
  const old = { versions: ['TLSv1.2'], fallbackScsv: true } as const;

  // RFC 8446 §6.2: "inappropriate_fallback: Sent by a server in response to an invalid connection retry attempt from a client"
  it('makes a server refuse the second attempt of a client whose first it would have taken', () => {
    const { clientSide, serverSide } = connect(old, {});
    expect(serverSide.error).toMatchObject({ reason: 'fallback_inappropriate', alert: 'inappropriate_fallback' });
    expect(clientSide.error).toMatchObject({ code: 'ERR_TLS_ALERT_RECEIVED', description: 'inappropriate_fallback' });
  });

  // RFC 7507 §3: "does not warrant responding with an inappropriate_fallback alert"
  it('does no harm, and is no inappropriate_fallback, with a server that has no more than that', () => {
    expect(connect(old, { versions: ['TLSv1.2'] }).client.info?.version).toBe('TLSv1.2');
  });

  it('is left out when a session of that version is to be resumed, and when nobody asks for it', () => {
    const server = defineServerConfig({ provider, credentials: [pki.server], versions: ['TLSv1.2'] });
    const first = connectEnds(defineClientConfig({ provider, verifier, ...old }), server);
    const [session] = first.clientSide.of('session').map((event) => event.session);
    // The same keys of tickets, and a version more.
    const { ticketSealer } = server;
    const again = connect(old, { ticketSealer }, { session });
    expect(again.client.info).toMatchObject({ version: 'TLSv1.2', resumed: true });
    expect(connect({ versions: ['TLSv1.2'] }, {}).client.info?.version).toBe('TLSv1.2');
  });
});

describe('chooseAlpnProtocol', () => {
  it.each(['', 'smtp'])('is told by an error that the client does not offer %j, and the client by internal_error', (choice) => {
    const { clientSide, serverSide } = connect({ alpnProtocols: ['h2'] }, { chooseAlpnProtocol: () => choice });
    expect(serverSide.error).toMatchObject({ name: 'ApiMisuse', code: 'ERR_TLS_ALPN_CHOICE', alert: 'internal_error' });
    expect(clientSide.error).toMatchObject({ description: 'internal_error' });
  });

  it('refuses a client by undefined', () => {
    const { serverSide } = connect({ alpnProtocols: ['h2'] }, { chooseAlpnProtocol: () => undefined });
    expect(serverSide.error).toMatchObject({ alert: 'no_application_protocol' });
  });
});
