import { beforeAll, describe, expect, it } from 'vitest';
import type { DtlsEndpointOptions } from '../../src/connection/datagram-endpoint.ts';
import { fromUtf8, toHex, utf8 } from '../../src/core/bytes/bytes.ts';
import type { RawExtension } from '../../src/protocol/messages/extensions/block.ts';
import {
  type Carried,
  type Configs,
  createConfigs,
  type Host,
  Network,
  SERVER,
  type SessionRecord,
  VERSIONS,
  type Version,
} from './endpoint-laboratory.ts';

let configs: Configs;
beforeAll(async () => {
  configs = await createConfigs();
});

const RRC = 61;

interface Situation {
  readonly network: Network;
  readonly server: Host;
  readonly home: Host;
  readonly client: SessionRecord;
  readonly served: SessionRecord;
}

/** A client that is connected from `home:1`, with connection IDs. */
function connected(
  version: Version,
  {
    client = {},
    server: options = {},
    checks = true,
  }: { client?: DtlsEndpointOptions; server?: DtlsEndpointOptions; checks?: boolean } = {},
): Situation {
  const network = new Network();
  const config = configs.server({ versions: [version] });
  const server = network.host(SERVER, { config, connectionIdLength: 8, ...options });
  const home = network.host('home:1', { connectionIdLength: 0, ...client });
  const shapeClientHello = (extensions: readonly RawExtension[]) => extensions.filter(({ type }) => checks || type !== RRC);
  const record = home.connect(configs.client({ versions: [version], shapeClientHello }), SERVER);
  network.run();
  expect(record.isConnected).toBe(true);
  return { network, server, home, client: record, served: server.accepted[0] as SessionRecord };
}

function say(network: Network, { session }: SessionRecord, text: string): void {
  session.connection.send(utf8(text));
  network.run();
}

describe.each(VERSIONS)('a peer with a connection ID, in %s', (version) => {
  it('is known at another address, and answered there when it has shown to be there', () => {
    const { network, server, home, client, served } = connected(version);
    home.address = 'away:2';
    const before = network.sent.length;
    client.session.connection.send(utf8('moved'));
    network.collect();
    served.session.connection.send(utf8('early'));
    network.run(() => served.data.length > 0);
    // Nothing but a challenge goes to the new address before its answer came.
    served.session.connection.send(utf8('to the old one'));
    network.collect();
    const sent = network.sent.slice(before).filter(({ from }) => from === SERVER);
    expect(sent.map(({ to }) => to)).toEqual(['home:1', 'away:2', 'home:1']);
    expect(served.session.address).toBe('home:1');
    network.run();
    expect(served.session.address).toBe('away:2');
    expect(served.types).toContain('moved');
    say(network, served, 'to the new one');
    expect([fromUtf8(served.data), fromUtf8(client.data)]).toEqual(['moved', 'to the new one']);
    const { addressChanges, addressChangesRefused } = server.endpoint.stats;
    expect([addressChanges, addressChangesRefused, server.endpoint.nextTimeout()]).toEqual([1, 0, undefined]);
  });

  it('may move more than once, and somebody else to where it was', () => {
    const { network, server, home, client, served } = connected(version);
    for (const address of ['away:2', 'away:3', 'home:1', 'away:4']) {
      home.address = address;
      say(network, client, address);
      expect(served.session.address).toBe(address);
    }
    const neighbour = network.host('away:2').connect(
      configs.client({
        versions: [version],
      }),
      SERVER,
    );
    network.run();
    expect([neighbour.isConnected, server.endpoint.sessionCount, served.isConnected]).toEqual([true, 2, true]);
  });

  it('stays where it is when its records come from an address of somebody else', () => {
    const { network, server, client, served } = connected(version);
    network.passes = ({ to }) => to !== SERVER;
    client.session.connection.send(utf8('captured'));
    network.collect();
    const captured = (network.sent.at(-1) as Carried).datagram;
    network.passes = ({ to }) => to !== 'attacker:9';
    const before = network.sent.length;
    server.endpoint.receive(captured.slice(), 'attacker:9');
    // A replay of it is nothing at all.
    server.endpoint.receive(captured.slice(), 'attacker:10');
    network.run();
    const challenges = network.sent.slice(before);
    expect(challenges.map(({ to }) => to)).toEqual(['attacker:9', 'attacker:9', 'attacker:9']);
    expect(challenges.every(({ datagram }) => datagram.length <= 3 * captured.length)).toBe(true);
    expect(new Set(challenges.map(({ datagram }) => toHex(datagram))).size).toBe(3);
    expect([served.session.address, server.endpoint.stats.addressChangesRefused]).toEqual(['home:1', 1]);
    say(network, served, 'still here');
    expect([fromUtf8(client.data), fromUtf8(served.data)]).toEqual(['still here', 'captured']);
  });

  it('stays where it is when an old record comes from another address', () => {
    const { network, server, client, served } = connected(version);
    network.passes = ({ to }) => to !== SERVER;
    client.session.connection.send(utf8('old'));
    network.collect();
    const old = (network.sent.at(-1) as Carried).datagram;
    network.passes = () => true;
    say(network, client, 'new');
    const before = network.sent.length;
    server.endpoint.receive(old.slice(), 'attacker:9');
    network.run();
    expect(network.sent.length).toBe(before);
    expect([fromUtf8(served.data), served.session.address]).toEqual(['newold', 'home:1']);
  });

  it('is asked again when a challenge is lost', () => {
    const { network, home, client, served } = connected(version);
    home.address = 'away:2';
    let lost = 0;
    network.passes = ({ to }) => to !== 'away:2' || lost++ > 0;
    say(network, client, 'moved');
    expect([served.session.address, lost]).toEqual(['away:2', 2]);
  });

  it('is not followed when it knows no checks, unless that was asked for', () => {
    const careful = connected(version, { checks: false });
    careful.home.address = 'away:2';
    say(careful.network, careful.client, 'moved');
    expect([fromUtf8(careful.served.data), careful.served.session.address]).toEqual(['moved', 'home:1']);
    expect(careful.server.endpoint.stats.addressChangesRefused).toBe(1);

    const careless = connected(version, { checks: false, server: { insecureAddressChanges: true } });
    careless.home.address = 'away:2';
    say(careless.network, careless.client, 'moved');
    say(careless.network, careless.served, 'followed');
    expect([careless.served.session.address, fromUtf8(careless.client.data)]).toEqual(['away:2', 'followed']);
  });

  it('may want an ID of its own, and IDs may be made by a function', () => {
    let made = 0;
    const createConnectionId = (length: number) => new Uint8Array(length).fill(++made);
    const { network, client, served } = connected(version, {
      client: { connectionIdLength: 3 },
      server: { connectionIdLength: 4, createConnectionId },
    });
    say(network, client, 'x');
    expect(toHex((network.sent.at(-1) as Carried).datagram)).toContain(toHex(new Uint8Array(4).fill(made)));
    say(network, served, 'y');
    expect(fromUtf8(client.data)).toBe('y');
  });

  if (version === 'TLSv1.3') {
    it('may use other IDs that it asked for, as many as it likes', () => {
      const { network, home, server, client, served } = connected(version);
      const { connection } = client.session;
      for (let round = 0; round < 30; round++) {
        connection.requestConnectionIds(3);
        network.run();
        while (connection.spareConnectionIds > 0) {
          expect(connection.changeConnectionId()).toBe(true);
          home.address = `away:${round}.${connection.spareConnectionIds}`;
          say(network, client, 'x');
          expect(served.session.address).toBe(home.address);
        }
      }
      expect([served.data.length > 60, server.endpoint.stats.discarded.unknown_connection_id]).toEqual([true, 0]);
    });
  }

  it('is told nothing by an ID that was not given out', () => {
    const { network, server, client } = connected(version);
    network.passes = () => false;
    client.session.connection.send(utf8('x'));
    network.collect();
    const { datagram } = network.sent.at(-1) as Carried;
    const at = version === 'TLSv1.3' ? 1 : 11;
    datagram[at] = (datagram[at] as number) ^ 1;
    const before = network.sent.length;
    server.endpoint.receive(datagram, 'home:1');
    network.run();
    expect([server.endpoint.stats.discarded.unknown_connection_id, network.sent.length]).toEqual([1, before]);
  });
});
