/**
 * Clients whose address changes in the middle of the handshake and of the session, over bad links, by number: what one endpoint makes of them, and that it makes
 * nothing worse for a client that stays where it is.
 */

import { beforeAll, describe, expect, it } from 'vitest';
import { fromUtf8, utf8 } from '../../src/core/bytes/bytes.ts';
import { AlertReceived, ConnectionLost, PeerMisbehaved } from '../../src/core/errors/errors.ts';
import { rounds } from '../tiers.ts';
import {
  type Configs,
  createConfigs,
  DELAY,
  type Host,
  Network,
  SERVER,
  type SessionRecord,
  type VERSIONS,
} from './endpoint-laboratory.ts';
import { seededRandom } from './laboratory.ts';

let configs: Configs;
beforeAll(async () => {
  configs = await createConfigs();
});

const GROUPS = 4;
const PER_GROUP = rounds(40, 1000);
const MOVES = 3;
/** Milliseconds: a handshake without loss is over then. */
const HANDSHAKE = 6 * DELAY;

interface Journey {
  readonly seed: number;
  readonly version: (typeof VERSIONS)[number];
  readonly loss: number;
  /** Whether records name the session, so that it can be found at another address. */
  readonly hasIds: boolean;
  /** Whether what is sent to the address before still arrives. */
  readonly isReachedBefore: boolean;
  /** When the address changes for the first time, in milliseconds; undefined: not in the handshake. */
  readonly firstMove: number | undefined;
}

function journeyOf(seed: number): Journey {
  const random = seededRandom(seed * 15_485_863);
  return {
    seed,
    version: random() < 0.5 ? 'TLSv1.3' : 'TLSv1.2',
    loss: random() < 0.4 ? 0 : random() * 0.25,
    hasIds: random() < 0.8,
    isReachedBefore: random() < 0.5,
    firstMove: random() < 0.5 ? random() * HANDSHAKE : undefined,
  };
}

class Traveller {
  readonly journey: Journey;
  readonly network = new Network();
  readonly server: Host;
  readonly host: Host;
  readonly settled: SessionRecord;
  #addresses = 0;

  constructor(journey: Journey) {
    this.journey = journey;
    const { version, hasIds } = journey;
    const config = configs.server({ versions: [version] });
    this.server = this.network.host(SERVER, { config, ...(hasIds && { connectionIdLength: 8 }) });
    this.host = this.network.host('traveller:0', { ...(hasIds && { connectionIdLength: journey.seed % 3 === 0 ? 4 : 0 }) });
    this.settled = this.network.host('settled:1').connect(configs.client({ versions: [version] }), SERVER);
    this.network.run();
    expect(this.settled.isConnected).toBe(true);
  }

  move(): void {
    if (this.journey.isReachedBefore) this.host.formerAddresses.add(this.host.address);
    this.host.address = `traveller:${++this.#addresses}`;
  }

  connect(): SessionRecord {
    return this.host.connect(configs.client({ versions: [this.journey.version] }), SERVER);
  }

  /** The link is as bad as it is in this journey, or good. */
  spoil(isBad: boolean): void {
    const random = seededRandom(this.journey.seed + this.network.now);
    const { loss } = this.journey;
    this.network.passes = () => !isBad || random() >= loss;
    this.network.delays = () => {
      if (!isBad) return [DELAY];
      const once = DELAY + (random() < 0.2 ? 4 * DELAY * random() : 0);
      return random() < 0.15 ? [once, once + DELAY] : [once];
    };
  }
}

async function travel(journey: Journey): Promise<'connected' | 'timed out'> {
  const traveller = new Traveller(journey);
  const { network, server } = traveller;
  traveller.spoil(true);
  const client = traveller.connect();
  if (journey.firstMove !== undefined) {
    network.run(() => false, journey.firstMove);
    traveller.move();
  }
  network.run(() => client.isConnected || client.error !== undefined);
  const isConnected = client.isConnected;
  if (isConnected) converse(traveller, client);
  else expectGivenUp(client, journey);
  traveller.spoil(false);
  network.run();
  // Whatever became of it: the endpoint serves those that stay, and the same one again.
  const again = isConnected ? undefined : traveller.connect();
  network.run();
  if (again !== undefined) expect(again.isConnected).toBe(true);
  expectTalk(network, traveller.settled, server.accepted[0] as SessionRecord);
  return isConnected ? 'connected' : 'timed out';
}

/** Nobody is told of anything but silence: nothing that was sent was wrong. */
function expectGivenUp({ error, events }: SessionRecord, { firstMove, loss, version, isReachedBefore }: Journey): void {
  if (error instanceof AlertReceived) expect(error.description).toBe('close_notify');
  // Two sessions of DTLS 1.2 answer in the clear, one to each address: what comes of both is no handshake.
  else if (version === 'TLSv1.2' && isReachedBefore && error instanceof PeerMisbehaved)
    expect(error.reason).toBe('message_unexpected');
  else expect(error).toMatchObject({ name: ConnectionLost.name, reason: 'timed_out' });
  expect(firstMove !== undefined || loss > 0).toBe(true);
  expect(events.some(({ type }) => type === 'data')).toBe(false);
}

/** Messages while the address changes come once at most; when it has come to rest, they come. */
function converse(traveller: Traveller, client: SessionRecord): void {
  const { network, server, journey } = traveller;
  const served = server.accepted.at(-1) as SessionRecord;
  const said = { client: new Set<string>(), server: new Set<string>() };
  for (let move = 0; move < MOVES; move++) {
    traveller.move();
    for (let i = 0; i < 3; i++) {
      for (const [whose, { session }] of [
        ['client', client],
        ['server', served],
      ] as const) {
        const text = `${whose} ${move} ${i};`;
        said[whose].add(text);
        if (session.connection.state === 'connected') session.connection.send(utf8(text));
      }
      network.run(() => false, 50);
    }
  }
  network.run();
  for (const [record, from] of [
    [client, said.server],
    [served, said.client],
  ] as const) {
    const heard = messagesOf(record);
    expect(new Set(heard).size).toBe(heard.length);
    expect(heard.filter((text) => !from.has(text))).toEqual([]);
    // Without IDs the peer is not heard any more, and with them it may have moved before the end of its handshake was acknowledged, and all checks of its
    // address be lost: who waits for that acknowledgement gives up.
    const mayGiveUp = !journey.hasIds || (journey.version === 'TLSv1.3' && journey.loss > 0);
    if (!mayGiveUp || record.error === undefined) expect(record.error).toBeUndefined();
    else expect(record.error).toMatchObject({ name: ConnectionLost.name, reason: 'timed_out' });
  }
  traveller.spoil(false);
  if (journey.hasIds && client.isConnected && served.isConnected) {
    expectTalk(network, client, served);
    expect(served.session.address).toBe(traveller.host.address);
    return;
  }
  if (journey.hasIds) return;
  // A session that is known by its address alone stays there: what comes from elsewhere is nobody's.
  const before = messagesOf(served).length;
  if (client.isConnected) client.session.connection.send(utf8('from elsewhere;'));
  network.run();
  expect(messagesOf(served).length).toBe(before);
  expect(served.session.address).not.toBe(traveller.host.address);
}

function expectTalk(network: Network, client: SessionRecord, served: SessionRecord): void {
  client.session.connection.send(utf8('here I am;'));
  network.run();
  served.session.connection.send(utf8('I see you;'));
  network.run();
  expect([messagesOf(served).at(-1), messagesOf(client).at(-1)]).toEqual(['here I am;', 'I see you;']);
}

function messagesOf({ data }: SessionRecord): string[] {
  return fromUtf8(data).match(/[^;]+;/g) ?? [];
}

describe('clients whose address changes, over links that lose, double and delay', () => {
  it.each(Array.from({ length: GROUPS }, (_, group) => group * PER_GROUP))(
    `the ${PER_GROUP} journeys from number %i end in a conversation, or in silence that is noticed`,
    async (first) => {
      let connected = 0;
      for (let seed = first; seed < first + PER_GROUP; seed++) {
        const journey = journeyOf(seed);
        const outcome = await travel(journey).catch((cause: unknown) => {
          throw new Error(`number ${seed}: ${JSON.stringify(journey)}`, { cause });
        });
        if (journey.firstMove === undefined && journey.loss <= 0.2) expect([seed, outcome]).toEqual([seed, 'connected']);
        if (outcome === 'connected') connected++;
      }
      expect(connected / PER_GROUP).toBeGreaterThan(0.5);
    },
  );
});
