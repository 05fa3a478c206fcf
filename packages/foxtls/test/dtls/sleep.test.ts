import { beforeAll, describe, expect, it } from 'vitest';
import type { DtlsEndpointOptions, SleepingSession } from '../../src/connection/datagram-endpoint.ts';
import { fromUtf8, toHex, utf8 } from '../../src/core/bytes/bytes.ts';
import {
  type Configs,
  createConfigs,
  type Host,
  Network,
  SERVER,
  SessionRecord,
  VERSIONS,
  type Version,
} from './endpoint-laboratory.ts';

let configs: Configs;
beforeAll(async () => {
  configs = await createConfigs();
});

/** A server that keeps who sleeps by address, and by connection ID. */
function open(version: Version, options: Partial<DtlsEndpointOptions> = {}) {
  const network = new Network();
  const asleep = new Map<string, SleepingSession>();
  const config = configs.server({ versions: [version] });
  const clientConfig = configs.client({ versions: [version] });
  const findSleeping = (from: string, id: Uint8Array | undefined) => asleep.get(id === undefined ? from : toHex(id));
  const server = network.host(SERVER, { config, findSleeping, ...options });
  const host = network.host('client:1', options.connectionIdLength === undefined ? {} : { connectionIdLength: 0 });
  const client = host.connect(clientConfig, SERVER);
  network.run();
  return { network, asleep, config, clientConfig, server, host, client };
}

function putToSleep({ server, asleep }: { server: Host; asleep: Map<string, SleepingSession> }): SleepingSession {
  const sleeping = (server.accepted.at(-1) as SessionRecord).session.sleep();
  const { address, connectionId } = sleeping;
  asleep.set(connectionId === undefined ? address : toHex(connectionId), sleeping);
  return sleeping;
}

describe.each(VERSIONS)('a session of %s that sleeps', (version) => {
  it('takes no place in the endpoint, and no word', () => {
    const opened = open(version);
    const before = opened.network.sent.length;
    expect(putToSleep(opened).state.length).toBeLessThan(1000);
    opened.network.run();
    expect([opened.server.endpoint.sessionCount, opened.server.endpoint.nextTimeout()]).toEqual([0, undefined]);
    expect(opened.server.accepted[0]?.types).toEqual(['connected', 'closed']);
    expect([opened.network.sent.length - before, opened.client.isConnected]).toEqual([0, true]);
  });

  it('goes on when the peer is heard, and sleeps again', () => {
    const opened = open(version);
    for (const round of [1, 2, 3]) {
      putToSleep(opened);
      opened.client.session.connection.send(utf8(`round ${round}`));
      opened.network.run();
      const woken = opened.server.accepted.at(-1) as SessionRecord;
      opened.asleep.clear();
      expect([fromUtf8(woken.data), woken.session.connection.state, opened.server.accepted.length]).toEqual([
        `round ${round}`,
        'connected',
        round + 1,
      ]);
      woken.session.connection.send(utf8(`answer ${round}`));
      opened.network.run();
    }
    expect(fromUtf8(opened.client.data)).toBe('answer 1answer 2answer 3');
  });

  it('goes on with another endpoint, which another process may have', () => {
    const opened = open(version);
    putToSleep(opened);
    const { network, config, asleep } = opened;
    network.remove(opened.server);
    const other = network.host(SERVER, { config, findSleeping: (from) => asleep.get(from) });
    opened.client.session.connection.send(utf8('who is there?'));
    network.run();
    expect(other.accepted.map(({ data }) => fromUtf8(data))).toEqual(['who is there?']);
  });

  it('is not woken by what does not open under its keys', () => {
    const opened = open(version);
    putToSleep(opened);
    opened.client.session.connection.send(utf8('x'));
    const [carried] = opened.host.endpoint.takeOutput();
    const datagram = carried?.datagram ?? utf8('');
    for (let i = 0; i < datagram.length; i++) {
      const forged = datagram.slice();
      forged[i] = (forged[i] as number) ^ 1;
      opened.server.endpoint.receive(forged, 'client:1');
    }
    expect([opened.server.accepted.length, opened.server.endpoint.sessionCount]).toEqual([1, 0]);
    expect(opened.server.endpoint.takeOutput()).toEqual([]);
    opened.server.endpoint.receive(datagram.slice(), 'client:1');
    expect(fromUtf8(opened.server.accepted.at(-1)?.data ?? utf8(''))).toBe('x');
  });

  it('is known by its connection ID, wherever the peer is by then', () => {
    const opened = open(version, { connectionIdLength: 4 });
    const { connectionId } = putToSleep(opened);
    expect(connectionId).toHaveLength(4);
    opened.host.address = 'elsewhere:7';
    opened.client.session.connection.send(utf8('moved'));
    opened.network.run();
    const woken = opened.server.accepted.at(-1) as SessionRecord;
    expect([fromUtf8(woken.data), woken.session.address]).toEqual(['moved', 'elsewhere:7']);
    expect(woken.types).toEqual(['data', 'moved']);
  });

  it('can be gone on with to say something first, by a client, too', () => {
    const opened = open(version);
    const { network, server, host, asleep, config, clientConfig } = opened;
    const sleeping = putToSleep(opened);
    asleep.clear();
    const record = new SessionRecord();
    record.session = server.endpoint.continue(config, sleeping, record.onEvent);
    expect(() => server.endpoint.continue(config, sleeping, record.onEvent)).toThrow(
      expect.objectContaining({ code: 'ERR_TLS_ADDRESS_IN_USE' }),
    );
    const device = opened.client.session.sleep();
    const again = new SessionRecord();
    again.session = host.endpoint.continue(clientConfig, device, again.onEvent);
    record.session.connection.send(utf8('wake up'));
    again.session.connection.send(utf8('I am'));
    network.run();
    expect([fromUtf8(again.data), fromUtf8(record.data)]).toEqual(['wake up', 'I am']);
  });

  it('goes on with the datagrams that fit its path', () => {
    const opened = open(version, { mtu: 1200 });
    const { connection } = (opened.server.accepted[0] as SessionRecord).session;
    connection.setMtu(548);
    const { maxData } = connection;
    const sleeping = putToSleep(opened);
    const woken = opened.server.endpoint.continue(opened.config, sleeping, () => {});
    expect([woken.connection.mtu, woken.connection.maxData]).toEqual([548, maxData]);
  });

  it('hears that the peer has closed', () => {
    const opened = open(version);
    putToSleep(opened);
    opened.client.session.connection.close();
    opened.network.run();
    expect(opened.server.accepted.at(-1)?.types).toEqual(['end', 'closed']);
    expect([opened.server.endpoint.sessionCount, opened.host.endpoint.sessionCount]).toEqual([0, 0]);
  });

  it('does not wake where there is no place', () => {
    const opened = open(version, { maxSessions: 1 });
    putToSleep(opened);
    const other = opened.network.host('client:2').connect(opened.clientConfig, SERVER);
    opened.network.run();
    expect(other.isConnected).toBe(true);
    opened.client.session.connection.send(utf8('x'));
    opened.network.run();
    expect([opened.server.accepted.length, opened.server.endpoint.stats.discarded.max_sessions]).toEqual([2, 1]);
  });
});

describe('a client that has slept', () => {
  it('keeps the tickets that come then', () => {
    const kept: string[] = [];
    const sessionStore = { put: (key: string) => void kept.push(key), take: () => undefined };
    const network = new Network();
    const server = network.host(SERVER, { config: configs.server({ versions: ['TLSv1.3'], tickets: 1 }), mtu: 256 });
    const host = network.host('client:1');
    const config = configs.client({ versions: ['TLSv1.3'], sessionStore });
    const client = host.connect(config, SERVER);
    // Of what the server sends when it is connected, the ACK arrives, and no ticket.
    network.passes = ({ to, datagram }) => to === SERVER || server.accepted[0]?.isConnected !== true || datagram.length < 100;
    network.run(undefined, 500);
    const sleeping = client.session.sleep();
    expect(kept).toEqual([]);
    network.passes = () => true;
    const again = new SessionRecord();
    again.session = host.endpoint.continue(config, sleeping, again.onEvent, { sessionKey: 'a device' });
    network.run();
    expect([kept, again.events.map(({ type }) => type)]).toEqual([['a device'], ['session']]);
  });
});
