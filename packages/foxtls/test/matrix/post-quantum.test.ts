/**
 * Groups with ML-KEM in handshakes of TLS 1.3 and DTLS 1.3: which shares are sent, which group is taken, and what of them is refused.
 */

import { beforeAll, describe, expect, it } from 'vitest';
import { type ClientOptions, defineClientConfig, defineServerConfig, type ServerOptions } from '../../src/connection/config.ts';
import { createTestPki, type TestPki } from '../../src/connection/pair.fixture.ts';
import { NAMED_GROUPS } from '../../src/core/registry/named-groups.ts';
import { nodeProvider } from '../../src/crypto/node/provider.ts';
import { portableProvider } from '../../src/crypto/portable/provider.ts';
import { mlKem768 } from '../../src/crypto/post-quantum/ml-kem.ts';
import { createX509Verifier } from '../../src/pki/x509/verifier.ts';
import type { ClientHelloInfo } from '../../src/protocol/handshake/client-hello-info.ts';
import { connectDatagramEndsLater } from './datagram-ends.ts';
import { connectEndsLater, expectAgreement, expectData } from './ends.ts';

const HYBRIDS = ['X25519MLKEM768', 'SecP256r1MLKEM768', 'SecP384r1MLKEM1024', 'MLKEM768', 'MLKEM1024'] as const;
const PROVIDERS = [nodeProvider, portableProvider];

let pki: TestPki;
beforeAll(async () => {
  pki = await createTestPki(nodeProvider);
  // Loading the module takes longer than the ends are waited for.
  await mlKem768.start(nodeProvider.random);
});

function clientConfig(options: Partial<ClientOptions> = {}) {
  const { provider = nodeProvider } = options;
  const verifier = createX509Verifier({ provider, trustAnchors: pki.anchors });
  return defineClientConfig({ provider, verifier, ...options });
}

const serverConfig = (options: Partial<ServerOptions> = {}) =>
  defineServerConfig({ provider: nodeProvider, credentials: [pki.server], ...options });

/** What a client says of groups in its first ClientHello. */
async function offerOf(options: Partial<ClientOptions>): Promise<Pick<ClientHelloInfo, 'groups' | 'keyShareGroups'>> {
  let offer: ClientHelloInfo | undefined;
  const selectConfig = (hello: ClientHelloInfo) => {
    offer ??= hello;
    return undefined;
  };
  await connectEndsLater(clientConfig(options), serverConfig({ selectConfig }));
  if (offer === undefined) throw new Error('no ClientHello came');
  return offer;
}

const idsOf = (...names: (keyof typeof NAMED_GROUPS)[]) => names.map((name) => NAMED_GROUPS[name]);

describe.each(HYBRIDS)('%s', (name) => {
  it.each(PROVIDERS)('is agreed on with a client of the $name provider', async (provider) => {
    const groups = [name];
    const ends = await connectEndsLater(clientConfig({ provider, groups }), serverConfig({ groups }));
    expectAgreement(ends);
    expect(ends.client.info?.group?.name).toBe(name);
    expectData(ends);
  });

  it('is asked for by a HelloRetryRequest', async () => {
    const client = clientConfig({ groups: ['x25519', name], keyShareGroups: ['x25519'] });
    const ends = await connectEndsLater(client, serverConfig({ groups: [name] }));
    expectAgreement(ends);
    expect(ends.client.info?.group?.name).toBe(name);
  });

  it('is agreed on over datagrams, which its shares do not fit into', async () => {
    const groups = [name];
    const ends = await connectDatagramEndsLater(clientConfig({ groups }), serverConfig({ groups }));
    expect([ends.client.info?.group?.name, ends.server.info?.group?.name]).toEqual([name, name]);
  });
});

describe('a client that names ML-KEM', () => {
  it('and a curve sends a share of each', async () => {
    const groups = ['X25519MLKEM768', 'SecP256r1MLKEM768', 'x25519', 'secp256r1'];
    expect((await offerOf({ groups })).keyShareGroups).toEqual(idsOf('X25519MLKEM768', 'x25519'));
    expect((await offerOf({ groups: ['x25519', 'secp256r1', 'MLKEM1024'] })).keyShareGroups).toEqual(
      idsOf('x25519', 'MLKEM1024'),
    );
  });

  it('sends what it is told to', async () => {
    const groups = ['X25519MLKEM768', 'x25519'];
    expect((await offerOf({ groups, keyShareGroups: ['x25519'] })).keyShareGroups).toEqual(idsOf('x25519'));
  });

  it('does not offer it without TLS 1.3', async () => {
    const groups = ['X25519MLKEM768', 'MLKEM768', 'x25519'];
    expect((await offerOf({ groups, versions: ['TLSv1.2'] })).groups).toEqual(idsOf('x25519'));
  });

  it('does without it where the server does', async () => {
    const ends = await connectEndsLater(clientConfig({ groups: ['X25519MLKEM768', 'x25519'] }), serverConfig());
    expectAgreement(ends);
    expect(ends.client.info?.group?.name).toBe('x25519');
  });
});

it('is not offered by those who do not name it', async () => {
  expect((await offerOf({})).groups).toEqual(idsOf('x25519', 'secp256r1', 'secp384r1'));
});

it('is taken by a server that likes it best, where there are shares of both kinds', async () => {
  const groups = ['X25519MLKEM768', 'x25519'];
  const ends = await connectEndsLater(clientConfig({ groups: ['x25519', 'X25519MLKEM768'] }), serverConfig({ groups }));
  expectAgreement(ends);
  expect(ends.server.info?.group?.name).toBe('X25519MLKEM768');
});
