import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { beforeAll, describe, expect, it } from 'vitest';
import { createDtlsClient } from '../../src/connection/create-dtls.ts';
import type { DtlsEndpoint, SleepingSession } from '../../src/connection/datagram-endpoint.ts';
import { createDtlsEndpoint } from '../../src/connection/dtls-endpoint.ts';
import { longTierOrSkip } from '../tiers.ts';
import { type Configs, createConfigs, VERSIONS, type Version } from './endpoint-laboratory.ts';

/** Bytes of a session, in an endpoint, without what an application has; bench/dtls-memory.mjs measures it over UDP. */
const MOST = { idle: 6000, asleep: 3000 };
/** Those that come first grow what all have together; and enough that what compilers keep of them is little of each. */
const [FIRST, MORE] = [1000, 2000];

let configs: Configs;
let collectGarbage: () => void;
beforeAll(async () => {
  configs = await createConfigs();
  setFlagsFromString('--expose-gc');
  collectGarbage = runInNewContext('gc');
});

function used(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** A client's whole handshake, and a message, after which it is gone without a word. */
function openSession(endpoint: DtlsEndpoint, config: ReturnType<Configs['client']>, address: string): void {
  let isConnected = false;
  const client = createDtlsClient(config, {
    serverName: 'localhost',
    onEvent: (event) => {
      isConnected ||= event.type === 'connected';
    },
  });
  const exchange = () => {
    for (let datagrams = client.takeOutput(); datagrams.length > 0; datagrams = client.takeOutput()) {
      for (const datagram of datagrams) endpoint.receive(datagram, address);
      for (const { datagram } of endpoint.takeOutput()) client.receive(datagram);
    }
  };
  client.start();
  exchange();
  expect(isConnected).toBe(true);
  client.send(Uint8Array.of(1));
  exchange();
}

function measure(version: Version, settle: (endpoint: DtlsEndpoint) => void): number {
  let now = 0;
  const config = configs.client({ versions: [version] });
  const server = { config: configs.server({ versions: [version] }), clock: () => now, maxSessionsPerHost: 0 };
  const listener = () => {};
  const endpoint = createDtlsEndpoint({ ...server, onSession: () => listener });
  const grow = (from: number, to: number) => {
    for (let number = from; number < to; number++) openSession(endpoint, config, `client:${number}`);
    now += 10_000;
    endpoint.handleTimeout();
    settle(endpoint);
    return used();
  };
  const before = grow(0, FIRST);
  const bytes = (grow(FIRST, FIRST + MORE) - before) / MORE;
  // It is there to the end.
  expect(endpoint.stats.sessionsAccepted).toBe(FIRST + MORE);
  return bytes;
}

describe.each(VERSIONS)('thousands of sessions of %s', (version) => {
  it('that say nothing are less than 6 kB each', (context) => {
    longTierOrSkip(context);
    expect(measure(version, () => {})).toBeLessThan(MOST.idle);
  });

  it('that sleep are less than 3 kB each, with their places in a table', (context) => {
    longTierOrSkip(context);
    const asleep = new Map<string, SleepingSession>();
    const putToSleep = (endpoint: DtlsEndpoint) => {
      for (const session of [...endpoint.sessions]) asleep.set(session.address, session.sleep());
    };
    expect(measure(version, putToSleep)).toBeLessThan(MOST.asleep);
    expect(asleep.size).toBe(FIRST + MORE);
  });
});
