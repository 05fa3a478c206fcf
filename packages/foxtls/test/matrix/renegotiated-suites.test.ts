/**
 * Every suite before TLS 1.3, in every version that has it, renegotiated: in full, begun by one end or the other, and then by the session.
 */

import { beforeAll, describe, expect, it } from 'vitest';
import { defineClientConfig, defineServerConfig } from '../../src/connection/config.ts';
import { exchangeSync } from '../../src/connection/pair.fixture.ts';
import { legacyCipherSuites } from '../../src/legacy.ts';
import { TLS12_CIPHER_SUITES } from '../../src/protocol/handshake/tls12/cipher-suites.ts';
import { connectEnds, type Ends, expectData } from './ends.ts';
import { createLegacyWorld, type LegacyWorld, optionsFor } from './legacy-world.ts';

let world: LegacyWorld;
beforeAll(() => {
  world = createLegacyWorld();
}, 60_000);

const SUITES = [...TLS12_CIPHER_SUITES, ...legacyCipherSuites];
const ROWS = [
  { version: 'TLSv1.2', suites: SUITES },
  ...(['TLSv1.1', 'TLSv1'] as const).map((version) => ({
    version,
    suites: SUITES.filter(({ cipher }) => cipher.beforeTls12),
  })),
] as const;

describe.each(ROWS)('$version', ({ version, suites }) => {
  it.each(suites.map((suite, i) => ({ name: suite.name, suite, begins: i % 2 === 0 ? 'client' : 'server' }) as const))(
    '$name, begun by the $begins',
    ({ suite, begins }) => {
      const { client, server } = optionsFor(world, suite);
      const more = { versions: [version], renegotiation: 'accept' } as const;
      const ends = connectEnds(defineClientConfig({ ...client, ...more }), defineServerConfig({ ...server, ...more }));
      expectData(ends);
      ends[begins].renegotiate();
      exchangeSync(ends.client, ends.server);
      expectRenegotiated(ends, suite.name, 1, false);
      expectData(ends);
      // The session is the client's to offer.
      ends.client.renegotiate({ resume: true });
      exchangeSync(ends.client, ends.server);
      expectRenegotiated(ends, suite.name, 2, true);
      expectData(ends);
    },
  );
});

function expectRenegotiated({ client, server, clientSide, serverSide }: Ends, suite: string, count: number, resumed: boolean) {
  expect([clientSide.error, serverSide.error]).toEqual([undefined, undefined]);
  expect([clientSide.of('renegotiated').length, serverSide.of('renegotiated').length]).toEqual([count, count]);
  expect(client.info).toMatchObject({ suite: { name: suite }, resumed });
  expect(server.info?.clientFinished).toEqual(client.info?.clientFinished);
}
