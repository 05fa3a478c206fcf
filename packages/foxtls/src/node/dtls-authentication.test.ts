import { createSecretKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { defineClientConfig, defineServerConfig } from '../connection/config.ts';
import { nodeProvider as provider } from '../crypto/node/provider.ts';
import { rawPublicKeyCredential } from '../pki/x509/credential.ts';
import { createRawPublicKeyVerifier } from '../pki/x509/raw-public-key-verifier.ts';
import { askEcho, BOTH, codeOf, createLoopback } from './dtls.fixture.ts';
import { createSecureContext, type DtlsConnectOptions } from './dtls.ts';
import { ca, client as clientPair, other, selfSignedClient, server, stranger, wildcard } from './endpoints.fixture.ts';

const loopback = createLoopback();
const key = randomBytes(32);

describe.each(BOTH)('who is who in %s', (version) => {
  const only = { minVersion: version, maxVersion: version };

  it('is verified by the name and the chain', async () => {
    const { port } = loopback.echo(stranger);
    const session = loopback.client(port, only);
    expect(await codeOf(session.opened)).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
    expect(await codeOf(session.closed)).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
    const named = loopback.echo(other);
    expect(await codeOf(loopback.client(named.port, only).opened)).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
    const lax = loopback.client(named.port, { ...only, rejectUnauthorized: false });
    await lax.opened;
    expect([lax.authorized, lax.authorizationError]).toEqual([false, 'ERR_TLS_CERT_ALTNAME_INVALID']);
    const checked = loopback.client(named.port, { ...only, checkServerIdentity: () => undefined });
    await checked.opened;
    expect(checked.authorized).toBe(true);
  });

  it('is asked of clients, too', async () => {
    const { port, sessions } = loopback.echo({ requestCert: true, ca });
    const welcome = loopback.client(port, { ...only, ...clientPair });
    expect(await askEcho(welcome, 'x')).toBe('x');
    expect([sessions[0]?.authorized, sessions[0]?.peerX509Certificate?.subject]).toEqual([true, 'CN=client.test']);
    expect(sessions[0]?.peerCertificate).toMatch(/^-----BEGIN CERTIFICATE-----/);
    const errors: (string | undefined)[] = [];
    for (const pair of [{}, selfSignedClient]) {
      const refused = loopback.client(port, { ...only, ...pair });
      const served = sessions.length;
      // In DTLS 1.3 a client is done before it is judged.
      await codeOf(refused.opened);
      await codeOf(refused.closed);
      errors.push(await codeOf((sessions[served] as (typeof sessions)[0]).closed));
    }
    expect(errors).toEqual(['ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE', 'DEPTH_ZERO_SELF_SIGNED_CERT']);
  });

  it('may be asked and left to the application', async () => {
    const { port, sessions } = loopback.echo({ requestCert: true, rejectUnauthorized: false, ca });
    await askEcho(loopback.client(port, only), 'x');
    await askEcho(loopback.client(port, { ...only, ...selfSignedClient }), 'x');
    expect(sessions.map(({ authorized, authorizationError }) => [authorized, authorizationError])).toEqual([
      [false, 'UNABLE_TO_GET_ISSUER_CERT'],
      [false, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ]);
  });

  it('is known by a pre-shared key', async () => {
    const { port, sessions } = loopback.echo({ cert: undefined, key: undefined, psk: { 'device-42': key } });
    const session = loopback.client(port, { ...only, ca: undefined, psk: { identity: 'device-42', key } });
    expect(await askEcho(session, 'x')).toBe('x');
    expect([session.authorized, sessions[0]?.authorized, session.peerX509Certificate]).toEqual([true, true, undefined]);
    const stranger = loopback.client(port, { ...only, ca: undefined, psk: { identity: 'device-43', key } });
    expect(await codeOf(stranger.opened)).toBe('ERR_SSL_TLSV1_ALERT_UNKNOWN_PSK_IDENTITY');
  });

  it('is known by a key that is looked up, while others show certificates', async () => {
    const hints: (string | null)[] = [];
    const { port } = loopback.echo({
      pskIdentityHint: 'by serial number',
      psk: async (identity) => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        return identity === '4711' ? key : undefined;
      },
    });
    const session = loopback.client(port, {
      ...only,
      ca: undefined,
      psk: async (hint) => {
        hints.push(hint);
        return { identity: '4711', key };
      },
    });
    expect(await askEcho(session, 'x')).toBe('x');
    expect(hints.at(-1)).toBe(version === 'DTLSv1.3' ? null : 'by serial number');
    expect(await askEcho(loopback.client(port, only), 'y')).toBe('y');
  });

  it('fails with what a callback threw', async () => {
    const failing = async () => {
      throw Object.assign(new Error('the database is away'), { code: 'E_DATABASE' });
    };
    const { port, sessions } = loopback.echo({ psk: failing });
    const session = loopback.client(port, { ...only, ca: undefined, psk: { identity: 'a', key } });
    expect(await codeOf(session.opened)).toBe('ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR');
    expect(await codeOf(sessions[0]?.closed ?? Promise.resolve())).toBe('E_DATABASE');
    const ours = loopback.client(port, { ...only, ca: undefined, psk: failing });
    expect(await codeOf(ours.opened)).toBe('E_DATABASE');
  });

  it('is served by its name', async () => {
    const { port } = loopback.echo({ sni: { 'other.test': other, '*': createSecureContext(wildcard) } });
    const names = async (servername: string, options: DtlsConnectOptions = {}) => {
      const session = loopback.client(port, { ...only, servername, ...options });
      await session.opened;
      return [session.peerX509Certificate?.subjectAltName, session.servername];
    };
    expect(await names('other.test')).toEqual(['DNS:other.test', 'other.test']);
    expect(await names('OTHER.test')).toEqual(['DNS:other.test', 'OTHER.test']);
    expect(await names('a.wild.test')).toEqual(['DNS:*.wild.test', 'a.wild.test']);
    expect(await names('', { rejectUnauthorized: false })).toEqual(['DNS:*.wild.test', undefined]);
  });

  it('is refused where its name is not served', async () => {
    const { port } = loopback.echo({ sni: { 'other.test': other } });
    expect(await codeOf(loopback.client(port, only).opened)).toBe('ERR_SSL_TLSV1_UNRECOGNIZED_NAME');
    const asked: (string | undefined)[] = [];
    const chosen = loopback.echo({
      sni: async (name) => {
        asked.push(name);
        return name === 'localhost' ? server : undefined;
      },
    });
    expect(await askEcho(loopback.client(chosen.port, only), 'x')).toBe('x');
    const unnamed = loopback.client(chosen.port, { ...only, servername: '' });
    expect(await codeOf(unnamed.opened)).toBe('ERR_SSL_TLSV1_UNRECOGNIZED_NAME');
    expect(new Set(asked)).toEqual(new Set(['localhost', undefined]));
  });

  it('goes on with a session, at the same name only', async () => {
    const ticketKeys = randomBytes(80);
    const { port } = loopback.echo({ ticketKeys });
    const first = loopback.client(port, only);
    const told = new Promise((resolve) => first.once('session', resolve));
    expect([await askEcho(first, 'x'), first.reused]).toEqual(['x', false]);
    await (version === 'DTLSv1.3' ? told : undefined);
    const { session } = first;
    const restarted = loopback.echo({ ticketKeys });
    const second = loopback.client(restarted.port, { ...only, session });
    expect([await askEcho(second, 'y'), second.reused, second.authorized]).toEqual(['y', true, true]);
    expect(() => loopback.client(port, { ...only, session, servername: 'other.test' })).toThrow(/it is of localhost/);
    expect(() => loopback.client(port, { ...only, session: randomBytes(100) })).toThrow(/no session of foxtls\/dtls/);
    const stranger = loopback.echo();
    const third = loopback.client(stranger.port, { ...only, session });
    expect([await askEcho(third, 'z'), third.reused]).toEqual(['z', false]);
  });

  it('agrees on a protocol and on SRTP', async () => {
    const { port, sessions } = loopback.echo({ alpn: ['coap', 'webrtc'], srtp: 'SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80' });
    const session = loopback.client(port, { ...only, alpn: ['webrtc'], srtp: 'SRTP_AES128_CM_SHA1_80:SRTP_AEAD_AES_256_GCM' });
    expect(await askEcho(session, 'x')).toBe('x');
    expect([session.alpnProtocol, session.srtpProfile, sessions[0]?.srtpProfile]).toEqual([
      'webrtc',
      'SRTP_AES128_CM_SHA1_80',
      'SRTP_AES128_CM_SHA1_80',
    ]);
    const [ours, theirs] = [session, sessions[0]].map((end) => end?.exportKeyingMaterial(60, 'EXTRACTOR-dtls_srtp'));
    expect(ours).toEqual(theirs);
    expect(await codeOf(loopback.client(port, { ...only, alpn: ['h3'] }).opened)).toBe(
      'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL',
    );
  });
});

describe('a config of the core', () => {
  it('is taken in place of options, for raw public keys, say', async () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    const key = await provider.keys.importPrivateKey(Uint8Array.from(privateKey.export({ type: 'pkcs8', format: 'der' })));
    const credential = rawPublicKeyCredential(key);
    const verifier = createRawPublicKeyVerifier({ provider, trustedKeys: [credential.spki] });
    const config = defineServerConfig({ provider, credentials: [credential] });
    const { port } = loopback.echo({ cert: undefined, key: undefined, config });
    const own = { ca: undefined, config: defineClientConfig({ provider, verifier, serverCertificateTypes: ['raw-public-key'] }) };
    const session = loopback.client(port, own);
    expect(await askEcho(session, 'x')).toBe('x');
    expect([session.connectionInfo?.peer.kind, session.peerX509Certificate]).toEqual(['verified', undefined]);
    expect(() => loopback.client(port, { ...own, ca })).toThrow(/'options\.ca' is invalid: it cannot be given beside `config`/);
    expect(() => loopback.serve(() => {}, { config })).toThrow(/beside `config`/);
  });
});

describe('options of foxtls/dtls', () => {
  it('are refused where they contradict each other, or are none', () => {
    const secureContext = createSecureContext(server);
    const listen = (options: object) => () => loopback.serve(() => {}, options);
    expect(listen({ secureContext })).toThrow(/'options\.(cert|key)' is invalid/);
    expect(listen({ minVersion: 'TLSv1.2' })).toThrow(/not a version of DTLS/);
    expect(listen({ minVersion: 'DTLSv1', maxVersion: 'DTLSv1' })).toThrow(
      expect.objectContaining({ code: 'ERR_TLS_VERSION_UNSUPPORTED' }),
    );
    expect(listen({ srtp: 'SRTP_ROT13' })).toThrow(/no SRTP protection profile/);
    expect(listen({ ticketKeys: randomBytes(20) })).toThrow(/48 or 80 bytes/);
    expect(listen({ pskIdentityHint: 'x' })).toThrow(/needs `psk`/);
    expect(listen({ psk: { a: createSecretKey(key) } })).toThrow(/psk\["a"\]/);
    expect(listen({ sni: 'x' })).toThrow(/sni/);
    expect(listen({ connectionId: 0 })).toThrow(/connectionId/);
    expect(listen({ createConnectionId: () => new Uint8Array(8) })).toThrow(/needs `connectionId`/);
    expect(listen({ mtu: 100 })).toThrow(expect.objectContaining({ code: 'ERR_TLS_OPTION_RANGE' }));
    const client = (options: object) => () => loopback.client(9, options);
    expect(client({ psk: { identity: 7, key } })).toThrow(/psk\.identity/);
    expect(client({ psk: { identity: 'a', key: 'b' } })).toThrow(/psk\.key/);
    expect(client({ bindHost: '::1' })).toThrow(/bindHost/);
    expect(client({ connectionId: 256 })).toThrow(/connectionId/);
  });

  it.runIf(Number(process.versions.node.split('.')[0]) < 22)('say that reusePort is not there before Node 22.12', () => {
    expect(() => loopback.serve(() => {}, { reusePort: true })).toThrow(/Node 22\.12/);
  });
});
