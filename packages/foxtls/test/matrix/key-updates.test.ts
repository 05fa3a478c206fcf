/**
 * KeyUpdate by the limits of the AEAD, on request, and amid data (RFC 8446 §4.6.3, §5.5).
 *
 * The suites are our own but for the number of records that a key may seal, which is small here.
 */

import { beforeAll, describe, expect, it } from 'vitest';
import { type ClientConfig, defineClientConfig, defineServerConfig, type ServerConfig } from '../../src/connection/config.ts';
import { createTestPki, exchangeSync, type TestPki } from '../../src/connection/pair.fixture.ts';
import { equal } from '../../src/core/bytes/bytes.ts';
import { nodeProvider as provider } from '../../src/crypto/node/provider.ts';
import { createX509Verifier } from '../../src/pki/x509/verifier.ts';
import { connectEnds, type Ends, expectAgreement, outputOf, randomly, seeded } from './ends.ts';

let pki: TestPki;
beforeAll(async () => {
  pki = await createTestPki(provider);
});

/** How many records each traffic key sealed, in the order in which the keys were made. */
interface Watch {
  readonly seals: number[];
}

/** Config whose keys may seal `recordLimit` records, and which counts how many each one sealed. */
function limited<C extends ClientConfig | ServerConfig>(config: C, recordLimit: number, watch: Watch): C {
  const suites = config.suites.map((suite) => ({
    ...suite,
    recordLimit,
    aead: {
      ...suite.aead,
      create(key: Uint8Array) {
        const made = suite.aead.create(key);
        const index = watch.seals.push(0) - 1;
        return {
          seal(...sealing: Parameters<typeof made.seal>) {
            watch.seals[index] = (watch.seals[index] as number) + 1;
            made.seal(...sealing);
          },
          open: (...opening: Parameters<typeof made.open>) => made.open(...opening),
          wipe: () => made.wipe(),
        };
      },
    },
  }));
  return { ...config, suites };
}

function connected(recordLimit: number, options: { maxSendFragment?: number } = {}): Ends & { watch: Watch } {
  const watch: Watch = { seals: [] };
  const verifier = createX509Verifier({ provider, trustAnchors: pki.anchors });
  const client = limited(defineClientConfig({ provider, verifier, ...options }), recordLimit, watch);
  const server = limited(defineServerConfig({ provider, credentials: [pki.server], tickets: 0, ...options }), recordLimit, watch);
  const ends = { ...connectEnds(client, server), watch };
  expectAgreement(ends);
  // The keys of the handshake cannot be updated.
  watch.seals.fill(0);
  return ends;
}

const randomBytes = (length: number, seed: number) => {
  const choose = seeded(seed);
  return Uint8Array.from({ length }, () => choose(256));
};

describe('at the limit of the AEAD', () => {
  it.each([2, 3, 10])('of %s records, no key seals more, in one long send', (limit) => {
    const ends = connected(limit, { maxSendFragment: 100 });
    const data = randomBytes(5000, limit);
    ends.client.send(data);
    ends.server.send(data);
    exchangeSync(ends.client, ends.server, randomly(limit));
    expect(equal(ends.serverSide.data, data)).toBe(true);
    expect(equal(ends.clientSide.data, data)).toBe(true);
    expect(Math.max(...ends.watch.seals)).toBe(limit);
    expect(ends.watch.seals.length).toBeGreaterThan(100 / limit);
  });

  it('keys are updated in many short sends as well, and not before their time', () => {
    const ends = connected(8);
    const before = ends.watch.seals.length;
    for (let i = 0; i < 70; i++) ends.client.send(Uint8Array.of(i));
    exchangeSync(ends.client, ends.server);
    expect(ends.serverSide.data).toEqual(Uint8Array.from({ length: 70 }, (_, i) => i));
    // Seven of data and a KeyUpdate a key: nine updates for the writer, and as many for its reader.
    expect(ends.watch.seals.length - before).toBe(18);
    expect(Math.max(...ends.watch.seals)).toBe(8);
  });
});

describe('amid data', () => {
  it('that goes both ways at once, keys change at any record, by whoever likes', () => {
    const ends = connected(2 ** 20);
    const { client, server, clientSide, serverSide } = ends;
    const choose = seeded(7);
    const sent = { client: [] as number[], server: [] as number[] };
    for (let i = 0; i < 400; i++) {
      const who = choose(2) === 0 ? 'client' : 'server';
      const end = who === 'client' ? client : server;
      const action = choose(10);
      if (action < 6) {
        const part = randomBytes(1 + choose(400), i);
        sent[who].push(...part);
        end.send(part);
      } else if (action < 8) {
        end.updateKeys({ requestPeer: action === 6 });
      } else if (action === 8) {
        // Only what one side has sent arrives: the other's requests cross with it.
        (who === 'client' ? server : client).receive(outputOf(end));
      } else {
        exchangeSync(client, server, randomly(i));
      }
    }
    exchangeSync(client, server);
    expect([clientSide.error, serverSide.error]).toEqual([undefined, undefined]);
    expect(equal(serverSide.data, Uint8Array.from(sent.client))).toBe(true);
    expect(equal(clientSide.data, Uint8Array.from(sent.server))).toBe(true);
  });

  it('both ends may ask each other at the same time', () => {
    const { client, server, clientSide, serverSide, watch } = connected(2 ** 20);
    client.updateKeys({ requestPeer: true });
    server.updateKeys({ requestPeer: true });
    exchangeSync(client, server);
    const before = watch.seals.length;
    client.send(Uint8Array.of(1));
    server.send(Uint8Array.of(2));
    exchangeSync(client, server);
    expect([...serverSide.data, ...clientSide.data]).toEqual([1, 2]);
    // Each answers once: a new key for its writer and one for the other's reader.
    expect(watch.seals.length - before).toBe(4);
  });
});
