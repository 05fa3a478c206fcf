/**
 * Messages that share datagrams, where that is wanted (RFC 6347 §4.1.1, RFC 9147 §4.3).
 */

import { beforeAll, describe, expect, it, vi } from 'vitest';
import { fromUtf8, utf8 } from '../../src/core/bytes/bytes.ts';
import { type Configs, createConfigs, Network, SERVER, VERSIONS } from './endpoint-laboratory.ts';
import { Laboratory } from './laboratory.ts';
import { Modes } from './modes.ts';

let configs: Configs;
let modes: Modes;
beforeAll(async () => {
  [configs, modes] = await Promise.all([createConfigs(), Modes.create()]);
});

describe.each(VERSIONS)('messages, in %s', (version) => {
  const connected = (packMessages: boolean) => {
    const { client, server } = modes.setting('full', version);
    const lab = new Laboratory(1, {}, client, server, { client: { packMessages } });
    lab.start();
    lab.run();
    return lab;
  };
  const textsOf = (lab: Laboratory) => lab.serverEvents.of('data').map(({ data }) => fromUtf8(data));

  it('are a datagram each', () => {
    const lab = connected(false);
    for (const text of ['one', 'two', 'three']) lab.client.send(utf8(text));
    const datagrams = lab.client.takeOutput();
    expect(datagrams).toHaveLength(3);
    for (const datagram of datagrams) lab.server.receive(datagram);
    expect(textsOf(lab)).toEqual(['one', 'two', 'three']);
  });

  it('share one until the output is taken, if that is wanted, and stay what they were', () => {
    const lab = connected(true);
    for (const text of ['one', '', 'three']) lab.client.send(utf8(text));
    const datagrams = lab.client.takeOutput();
    expect(datagrams).toHaveLength(1);
    lab.server.receive(datagrams[0] as Uint8Array);
    expect(textsOf(lab)).toEqual(['one', '', 'three']);
    lab.client.send(utf8('four'));
    expect(lab.client.takeOutput()).toHaveLength(1);
  });

  it('share as many as the MTU makes necessary', () => {
    const lab = connected(true);
    const messages = Array.from({ length: 40 }, (_, i) => `${i}`.padStart(100));
    for (const text of messages) lab.client.send(utf8(text));
    const datagrams = lab.client.takeOutput();
    expect(datagrams.length).toBeLessThan(6);
    expect(Math.max(...datagrams.map(({ length }) => length))).toBeLessThanOrEqual(lab.client.mtu);
    for (const datagram of datagrams) lab.server.receive(datagram);
    expect(textsOf(lab)).toEqual(messages);
    const most = lab.client.maxData;
    lab.client.send(new Uint8Array(3));
    lab.client.send(new Uint8Array(most));
    expect(lab.client.takeOutput()).toHaveLength(2);
    expect(() => lab.client.send(new Uint8Array(most + 1))).toThrow('message too large');
  });

  it('of an endpoint share datagrams with those of the same session, whose alert is the last', () => {
    const network = new Network();
    const server = network.host(SERVER, { config: configs.server({ versions: [version], tickets: 0 }), packMessages: true });
    const clients = ['a:1', 'b:1'].map((address) =>
      network.host(address).connect(configs.client({ versions: [version] }), SERVER),
    );
    network.run();
    expect(clients.every(({ isConnected }) => isConnected)).toBe(true);
    const before = network.sent.length;
    for (const { session } of server.accepted) {
      for (const text of ['one ', 'two ', 'three']) session.connection.send(utf8(text));
    }
    server.accepted[1]?.session.connection.close();
    network.run();
    const left = network.sent.slice(before).filter(({ from }) => from === SERVER);
    expect(left.map(({ to }) => to).sort()).toEqual(['a:1', 'b:1']);
    expect(clients.map(({ data }) => fromUtf8(data))).toEqual(['one two three', 'one two three']);
    expect(clients[1]?.types.slice(-2)).toEqual(['end', 'closed']);
  });

  it('of an endpoint are announced once', () => {
    const onOutput = vi.fn();
    const network = new Network();
    network.host(SERVER, { config: configs.server({ versions: [version], tickets: 0 }) });
    const host = network.host('a:1', { packMessages: true, onOutput });
    const client = host.connect(configs.client({ versions: [version] }), SERVER);
    network.run();
    onOutput.mockClear();
    for (let i = 0; i < 5; i++) client.session.connection.send(Uint8Array.of(i));
    expect(onOutput).toHaveBeenCalledOnce();
    expect(host.endpoint.takeOutput()).toHaveLength(1);
    client.session.connection.send(Uint8Array.of(5));
    expect(onOutput).toHaveBeenCalledTimes(2);
  });
});
