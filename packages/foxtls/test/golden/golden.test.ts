/**
 * Whole connections, byte for byte, of both roles in a world without chance.
 *
 * A difference means that the library now says something else on the wire than before: a default, an order, a draw, a length. If that was
 * meant, run vitest with `-u`, read the difference, and tell it in the changelog; if it was not, it is a bug.
 */

import { beforeAll, describe, expect, it } from 'vitest';
import { createSeededWorld, recordConnection, type SeededWorld } from './seeded-world.ts';

let world: SeededWorld;
beforeAll(async () => {
  world = await createSeededWorld();
});

type Recorded = ReturnType<typeof recordConnection>;

const CONNECTIONS: Readonly<Record<string, () => Recorded>> = {
  full: () => recordConnection(world.client(), world.server()),
  'hello-retry-request': () => recordConnection(world.client(), world.server({ groups: ['secp256r1'] })),
  'client-authentication': () => {
    const server = world.server({ clientCertificates: 'require', verifier: world.verifier });
    return recordConnection(world.client({ credentials: [world.clientCredential] }), server);
  },
  resumed: () => {
    const [client, server] = [world.client(), world.server()];
    const session = recordConnection(client, server).ends.clientSide.of('session')[0]?.session;
    return recordConnection(client, server, { session });
  },
  'tls12-full': () => recordConnection(world.client({ versions: ['TLSv1.2'] }), world.server()),
  'tls12-client-authentication': () => {
    const server = world.server({ versions: ['TLSv1.2'], clientCertificates: 'require', verifier: world.verifier });
    return recordConnection(world.client({ credentials: [world.clientCredential] }), server);
  },
  'tls12-resumed': () => {
    const [client, server] = [world.client({ versions: ['TLSv1.2'] }), world.server()];
    const session = recordConnection(client, server).ends.clientSide.of('session')[0]?.session;
    return recordConnection(client, server, { session });
  },
  'grease-and-padding': () => {
    const both = { grease: true, alpnProtocols: ['h2'], recordPadding: { toMultipleOf: 64 }, recordSizeLimit: 1024 };
    return recordConnection(world.client({ ...both, permuteExtensions: true }), world.server({ ...both, groups: ['secp384r1'] }));
  },
};

describe.each(Object.keys(CONNECTIONS))('the connection %s', (name) => {
  const connect = CONNECTIONS[name] as () => Recorded;

  it('is the same, byte for byte, as when it was recorded', async () => {
    const { ends, transcript } = connect();
    expect([ends.clientSide.error, ends.serverSide.error]).toEqual([undefined, undefined]);
    expect([ends.client.state, ends.server.state]).toEqual(['closed', 'closed']);
    expect(ends.client.info?.resumed).toBe(name.endsWith('resumed'));
    await expect(transcript).toMatchFileSnapshot(`${name}.txt`);
  });

  it('is the same in every run', () => {
    expect(connect().transcript).toBe(connect().transcript);
  });
});
