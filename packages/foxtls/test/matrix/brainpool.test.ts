/**
 * The curves of Brainpool, which have other numbers in TLS 1.3 (RFC 8734) than in TLS 1.2 and before (RFC 7027): each version takes its own.
 */

import { beforeAll, describe, expect, it } from 'vitest';
import { type ClientOptions, defineClientConfig, defineServerConfig, type ServerOptions } from '../../src/connection/config.ts';
import { createTestPki, exchangeSync, type TestPki } from '../../src/connection/pair.fixture.ts';
import { NAMED_GROUPS } from '../../src/core/registry/named-groups.ts';
import { nodeProvider as provider } from '../../src/crypto/node/provider.ts';
import { createX509Verifier } from '../../src/pki/x509/verifier.ts';
import { connectDatagramEndsLater } from './datagram-ends.ts';
import { connectEnds, expectAgreement, expectData } from './ends.ts';

const CURVES = ['brainpoolP256r1', 'brainpoolP384r1', 'brainpoolP512r1'] as const;
const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;

let pki: TestPki;
beforeAll(async () => {
  // Of P-256, clients would have to name that curve, too (RFC 8422 §5.1).
  pki = await createTestPki(provider, { kind: 'ed25519' });
});

const clientConfig = (options: Partial<ClientOptions> = {}) =>
  defineClientConfig({ provider, verifier: createX509Verifier({ provider, trustAnchors: pki.anchors }), ...options });

const serverConfig = (options: Partial<ServerOptions> = {}) =>
  defineServerConfig({ provider, credentials: [pki.server], ...options });

describe.each(CURVES)('%s', (curve) => {
  const both = [curve, `${curve}tls13`];
  const expected = { 'TLSv1.2': curve, 'TLSv1.3': `${curve}tls13` };

  it.each(VERSIONS)('is agreed on in %s by its number there', (version) => {
    const ends = connectEnds(clientConfig({ versions: [version], groups: both }), serverConfig({ groups: both }));
    expectAgreement(ends);
    expect([ends.client.info?.group?.name, ends.server.info?.group?.name]).toEqual([expected[version], expected[version]]);
    expectData(ends);
  });

  it.each(VERSIONS)('is agreed on over datagrams of the age of %s', async (version) => {
    const client = clientConfig({ versions: [version], groups: both });
    const ends = await connectDatagramEndsLater(client, serverConfig({ groups: both }));
    expect([ends.client.info?.group?.name, ends.server.info?.group?.name]).toEqual([expected[version], expected[version]]);
  });

  it('is asked for by a HelloRetryRequest', () => {
    const client = clientConfig({ groups: ['x25519', `${curve}tls13`], keyShareGroups: ['x25519'] });
    const ends = connectEnds(client, serverConfig({ groups: both }));
    expectAgreement(ends);
    expect(ends.client.info?.group?.name).toBe(`${curve}tls13`);
  });

  it('is not taken in TLS 1.3 by its old number, nor in TLS 1.2 by the new one', () => {
    const inTls13 = connectEnds(clientConfig({ groups: [curve, 'x25519'] }), serverConfig({ groups: [curve, 'x25519'] }));
    expect([inTls13.client.info?.version, inTls13.client.info?.group?.name]).toEqual(['TLSv1.3', 'x25519']);
    const groups = [`${curve}tls13`, 'x25519'];
    const inTls12 = connectEnds(clientConfig({ groups }), serverConfig({ versions: ['TLSv1.2'], groups }));
    expect([inTls12.client.info?.version, inTls12.client.info?.group?.name]).toEqual(['TLSv1.2', 'x25519']);
  });

  it('is refused in TLS 1.3 with handshake_failure where the two ends have its old number alone', () => {
    const { clientSide, serverSide } = connectEnds(clientConfig({ groups: [curve] }), serverConfig({ groups: [curve] }));
    expect(serverSide.error).toMatchObject({ code: 'ERR_TLS_PEER_INCOMPATIBLE', subject: 'group', alert: 'handshake_failure' });
    expect(clientSide.error).toMatchObject({ code: 'ERR_TLS_ALERT_RECEIVED', description: 'handshake_failure' });
  });
});

describe('a client that names curves of Brainpool', () => {
  it.each([
    [['TLSv1.2'], ['brainpoolP256r1', 'x25519']],
    [['TLSv1.3'], ['brainpoolP256r1tls13', 'x25519']],
    [
      ['TLSv1.3', 'TLSv1.2'],
      ['brainpoolP256r1tls13', 'brainpoolP256r1', 'x25519'],
    ],
  ] as const)('offers those of its versions: with %j %j', (versions, offered) => {
    const numbers: (readonly number[] | undefined)[] = [];
    const selectConfig: ServerOptions['selectConfig'] = ({ groups }) => {
      numbers.push(groups);
      return undefined;
    };
    const groups = ['brainpoolP256r1tls13', 'brainpoolP256r1', 'x25519'];
    connectEnds(clientConfig({ versions, groups }), serverConfig({ selectConfig }));
    expect(numbers[0]).toEqual(offered.map((name) => NAMED_GROUPS[name]));
  });

  it.each([
    ['TLSv1.3', 'brainpoolP256r1'],
    ['TLSv1.2', 'brainpoolP256r1tls13'],
    ['TLSv1.2', 'MLKEM768'],
  ] as const)('and %s is told that it has none named %s', (version, group) => {
    expect(() => clientConfig({ versions: [version], groups: [group] })).toThrow(
      expect.objectContaining({ code: 'ERR_TLS_UNKNOWN_NAME', message: expect.stringContaining(group) }),
    );
  });

  it('renegotiates TLS 1.2 though it has those of TLS 1.3 alone', () => {
    const key = new Uint8Array(32).fill(7);
    const identity = new TextEncoder().encode('sensor-17');
    const suites = ['TLS_AES_128_GCM_SHA256', 'TLS_PSK_WITH_AES_128_GCM_SHA256'];
    const common = { cipherSuites: suites, renegotiation: 'accept' } as const;
    const client = clientConfig({ ...common, groups: ['brainpoolP256r1tls13'], preSharedKeys: [{ identity, key }] });
    const server = serverConfig({ ...common, versions: ['TLSv1.2'], lookUpPreSharedKey: () => ({ key: key.slice() }) });
    const ends = connectEnds(client, server);
    expect(ends.client.info?.version).toBe('TLSv1.2');
    ends.client.renegotiate();
    exchangeSync(ends.client, ends.server);
    expect(ends.clientSide.error ?? ends.serverSide.error).toBeUndefined();
    expect(ends.serverSide.of('renegotiated')).toHaveLength(1);
  });

  it('sends no share of one of TLS 1.2', () => {
    expect(clientConfig({ groups: ['brainpoolP256r1', 'x25519'] }).keyShareGroups.map(({ name }) => name)).toEqual(['x25519']);
    expect(() => clientConfig({ groups: ['brainpoolP256r1', 'x25519'], keyShareGroups: ['brainpoolP256r1'] })).toThrow(
      expect.objectContaining({ code: 'ERR_TLS_UNKNOWN_NAME' }),
    );
  });
});
