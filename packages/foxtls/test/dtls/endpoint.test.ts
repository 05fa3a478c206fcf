import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { ClientOptions, ServerOptions } from '../../src/connection/config.ts';
import type { DtlsEndpointOptions } from '../../src/connection/datagram-endpoint.ts';
import { concat, fromUtf8, toHex, utf8 } from '../../src/core/bytes/bytes.ts';
import { ApiMisuse, ConnectionLost } from '../../src/core/errors/errors.ts';
import {
  type Configs,
  createConfigs,
  type Host,
  Network,
  SERVER,
  type SessionRecord,
  VERSIONS,
  type Version,
} from './endpoint-laboratory.ts';
import { seededRandom } from './laboratory.ts';

let configs: Configs;
beforeAll(async () => {
  configs = await createConfigs();
});

function open(version: Version, options: Partial<DtlsEndpointOptions> = {}, config: Partial<ServerOptions> = {}) {
  const network = new Network();
  const server = network.host(SERVER, { config: configs.server({ versions: [version], ...config }), ...options });
  const connect = (address: string, host: Partial<DtlsEndpointOptions> = {}, own: Partial<ClientOptions> = {}) =>
    network.host(address, host).connect(configs.client({ versions: [version], ...own }), SERVER);
  return { network, server, connect };
}

function talk(network: Network, client: SessionRecord, server: SessionRecord | undefined): void {
  const [before, after] = [client.data.length, server?.data.length];
  client.session.connection.send(utf8('ping'));
  server?.session.connection.send(utf8('pong'));
  network.run();
  expect([fromUtf8(client.data.subarray(before)), server && fromUtf8(server.data.subarray(after))]).toEqual(['pong', 'ping']);
}

function bytesBetween(network: Network, from: string, to: string): number {
  return network.sent
    .filter((sent) => sent.from === from && sent.to === to)
    .reduce((sum, { datagram }) => sum + datagram.length, 0);
}

/** All but the endpoint's own state that a stranger could have made. */
function stateOf({ endpoint }: Host) {
  return { sessions: endpoint.sessionCount, timeout: endpoint.nextTimeout(), output: endpoint.takeOutput().length };
}

describe('an endpoint of DTLS 1.2', () => {
  /** Epoch and sequence number of the first record. */
  const numberOf = (datagram: Uint8Array | undefined) => datagram && toHex(datagram.subarray(3, 11));

  it('answers each ClientHello in a record of the same number', () => {
    const { network, connect } = open('TLSv1.2');
    let isFirst = true;
    // The first one is lost: that which is answered has a number other than zero.
    network.passes = () => {
      const passes = !isFirst;
      isFirst = false;
      return passes;
    };
    const client = connect('client:1');
    network.run(() => client.isConnected);
    const [, hello, helloVerifyRequest, second, serverHello] = network.sent.map(({ datagram }) => datagram);
    expect([hello, helloVerifyRequest, second, serverHello].map((datagram) => datagram?.[13])).toEqual([1, 3, 1, 2]);
    // "the server MUST use the record sequence number in the ClientHello as the record sequence number in the HelloVerifyRequest."
    // (RFC 6347 §4.2.1)
    expect([numberOf(hello), numberOf(helloVerifyRequest)]).toEqual(['0000000000000001', '0000000000000001']);
    // And it "MUST use the record sequence number in the ClientHello as the record sequence number in its initial ServerHello."
    // (RFC 6347 §4.2.1)
    expect([numberOf(second), numberOf(serverHello)]).toEqual(['0000000000000002', '0000000000000002']);
  });
});

describe.each(VERSIONS)('an endpoint, in %s', (version) => {
  it('lets sessions rest that say nothing, when there are many, and goes on with them', { timeout: 60_000 }, () => {
    const { network, server } = open(version, {}, { tickets: 0 });
    const config = configs.client({ versions: [version] });
    const clients = Array.from({ length: 260 }, (_, number) => network.host(`client${number}:1`).connect(config, SERVER));
    network.run(() => clients.every(({ isConnected }) => isConnected));
    const rests = server.accepted.map(({ session }) => vi.spyOn(session.connection, 'rest'));
    network.run(undefined, 5000);
    expect(rests.filter(({ mock }) => mock.calls.length > 0)).toHaveLength(4);
    expect(server.endpoint.nextTimeout()).toBeUndefined();
    for (const number of [0, 1, 2, 3, 259]) talk(network, clients[number] as SessionRecord, server.accepted[number]);
  });

  it('lets a client in when its cookie came back', () => {
    const { network, server, connect } = open(version);
    const client = connect('client:1');
    network.run(() => server.endpoint.stats.cookiesSent === 1);
    expect([server.endpoint.sessionCount, server.accepted.length]).toEqual([0, 0]);
    network.run();
    expect([client.isConnected, server.accepted.length, server.endpoint.stats.sessionsAccepted]).toEqual([true, 1, 1]);
    expect(server.endpoint.nextTimeout()).toBe(undefined);
    talk(network, client, server.accepted[0]);
  });

  it('keeps many clients apart', () => {
    const { network, server, connect } = open(version);
    const clients = Array.from({ length: 20 }, (_, i) => connect(`client:${i}`));
    network.run();
    expect(clients.every(({ isConnected }) => isConnected)).toBe(true);
    for (const { session } of server.accepted) session.connection.send(utf8(session.address));
    network.run();
    expect(clients.map(({ data }) => fromUtf8(data))).toEqual(clients.map((_, i) => `client:${i}`));
    for (const { session } of clients) session.connection.close();
    network.run();
    expect(stateOf(server)).toEqual({ sessions: 0, timeout: undefined, output: 0 });
    for (const { types } of [...server.accepted, ...clients]) {
      expect(types.filter((type) => type !== 'data')).toEqual(['connected', 'end', 'closed']);
    }
  });

  it('ends well where datagrams are lost', () => {
    for (let seed = 1; seed <= 10; seed++) {
      const random = seededRandom(seed);
      const { network, server, connect } = open(version);
      network.passes = () => random() > 0.25;
      const clients = ['client:1', 'client:2', 'client:3'].map((address) => connect(address, { handshakeTimeout: 0 }));
      network.run(() => clients.every(({ isConnected }) => isConnected));
      network.passes = () => true;
      network.run();
      const connected = server.accepted.filter(({ isConnected }) => isConnected);
      expect(connected.map(({ session }) => session.address).sort()).toEqual(['client:1', 'client:2', 'client:3']);
      for (const client of clients) {
        talk(
          network,
          client,
          connected.find(({ session }) => session.address === `client:${clients.indexOf(client) + 1}`),
        );
      }
    }
  });

  it('takes a ClientHello in pieces, the first and the second', () => {
    const { network, server, connect } = open(version);
    const client = connect('client:1', { mtu: 256 }, { alpnProtocols: Array.from({ length: 30 }, (_, i) => `protocol-${i}`) });
    network.run();
    expect(client.isConnected).toBe(true);
    expect(network.sent.filter(({ to }) => to === SERVER).length).toBeGreaterThan(5);
    expect(server.endpoint.stats.discarded.fragment_refused).toBe(0);
  });

  it('does not take the cookie of another address', () => {
    const { network, server, connect } = open(version);
    const client = connect('client:1');
    network.run(() => server.endpoint.stats.cookiesSent === 1);
    network.run(() => network.sent.filter(({ to }) => to === SERVER).length === 2);
    const second = network.sent.filter(({ to }) => to === SERVER)[1]?.datagram.slice() ?? utf8('');
    server.endpoint.receive(second, 'attacker:1');
    network.run();
    expect([client.isConnected, server.accepted.length]).toEqual([true, 1]);
    // DTLS 1.2 treats it as none (RFC 6347 §4.2.1), DTLS 1.3 ends the handshake, of which there is nothing.
    expect(server.endpoint.stats.discarded.hello_refused).toBe(version === 'TLSv1.3' ? 1 : 0);
  });

  it('does not take a cookie that is too old', () => {
    let time = 0;
    const { network, server, connect } = open(version, {}, { now: () => time });
    connect('client:1');
    network.run(() => network.sent.filter(({ to }) => to === SERVER).length === 2);
    const second = network.sent.filter(({ to }) => to === SERVER)[1]?.datagram ?? utf8('');
    time = 61_000;
    server.endpoint.receive(second.slice(), 'client:1');
    expect(server.accepted.length).toBe(0);
    time = 59_000;
    server.endpoint.receive(second.slice(), 'client:1');
    expect(server.accepted.length).toBe(1);
  });

  it('sends strangers no more than three times what they sent', () => {
    for (const requireCookie of [true, false]) {
      const { network, server, connect } = open(version, { requireCookie });
      // The answers are lost: whoever sent the ClientHello never hears of them.
      network.passes = ({ to }) => to === SERVER;
      connect('victim:1');
      for (let rounds = 0; rounds < 50; rounds++) {
        network.run(undefined, 1000);
        expect(bytesBetween(network, SERVER, 'victim:1')).toBeLessThanOrEqual(3 * bytesBetween(network, 'victim:1', SERVER));
      }
      network.run();
      expect(stateOf(server)).toEqual({ sessions: 0, timeout: undefined, output: 0 });
    }
  });

  it('needs no cookie where none is required, however large its flight is', () => {
    const { network, server, connect } = open(version, { requireCookie: false, initialTimeout: 100 });
    const client = connect('client:1', { initialTimeout: 100 });
    network.run();
    expect([client.isConnected, server.endpoint.stats.cookiesSent]).toEqual([true, 0]);
    talk(network, client, server.accepted[0]);
  });

  it('lets no forged ClientHello end a handshake, with cookies or without', () => {
    for (const requireCookie of [true, false]) {
      const { network, server, connect } = open(version, { requireCookie });
      const other = new Network();
      other.host('client:1').connect(configs.client({ versions: [version] }), SERVER);
      other.collect();
      const client = connect('client:1');
      network.run(() => server.accepted.length === 1);
      server.endpoint.receive((other.sent[0]?.datagram ?? utf8('')).slice(), 'client:1');
      network.run();
      expect([client.isConnected, server.accepted.length]).toEqual([true, 1]);
      expect(server.endpoint.stats.discarded.handshake_taken).toBe(requireCookie ? 0 : 1);
    }
  });

  it('keeps nothing of 100,000 strangers', () => {
    const { network, server, connect } = open(version, { strangersMemory: 100_000 });
    connect('client:1');
    network.collect();
    const hello = network.sent[0]?.datagram ?? utf8('');
    const random = seededRandom(7);
    for (let i = 0; i < 100_000; i++) {
      const datagram = i % 50 === 0 ? hello.slice() : strange(hello, random);
      server.endpoint.receive(datagram, `stranger:${i}`);
      if (i % 1000 === 0) server.endpoint.takeOutput();
    }
    const { stats } = server.endpoint;
    const dropped = Object.values(stats.discarded).reduce((sum, count) => sum + count, 0);
    expect(stats.cookiesSent).toBeGreaterThanOrEqual(2000);
    expect(dropped).toBeGreaterThan(50_000);
    expect(stats.bytesSent).toBeLessThan(stats.bytesReceived);
    server.endpoint.takeOutput();
    expect(stateOf(server)).toEqual({ sessions: 0, timeout: undefined, output: 0 });
    expect(server.accepted.length).toBe(0);
  }, 60_000);

  it('asks the application for no key before the address is proven', () => {
    const key = { identity: utf8('sensor'), key: new Uint8Array(32).fill(7) };
    const suites = version === 'TLSv1.2' ? { cipherSuites: ['TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256'] } : {};
    let asked = 0;
    const lookUpPreSharedKey = () => {
      asked++;
      return key;
    };
    const { network, server, connect } = open(version, {}, { credentials: [], lookUpPreSharedKey, ...suites });
    const client = connect('client:1', {}, { preSharedKeys: [key], ...suites });
    network.collect();
    const hello = network.sent[0]?.datagram ?? utf8('');
    for (let forged = 0; forged < 1000; forged++) server.endpoint.receive(hello.slice(), `stranger:${forged}`);
    expect([server.endpoint.stats.cookiesSent, asked]).toEqual([1000, 0]);
    server.endpoint.takeOutput();
    network.run();
    expect([client.isConnected, asked]).toEqual([true, 1]);
  });

  it('has as many sessions as it may, of all and of each host', () => {
    const { network, server, connect } = open(version, { maxSessions: 3, maxSessionsPerHost: 2, handshakeTimeout: 10_000 });
    const clients = ['one:1', 'one:2', 'one:3', 'two:1', 'two:2'].map((address) => connect(address, { handshakeTimeout: 5000 }));
    network.run();
    expect(clients.map(({ isConnected }) => isConnected)).toEqual([true, true, false, true, false]);
    const { max_sessions, max_sessions_per_host } = server.endpoint.stats.discarded;
    expect([max_sessions > 0, max_sessions_per_host > 0, server.accepted.length]).toEqual([true, true, 3]);
    expect(clients[2]?.error).toMatchObject({ reason: 'timed_out' });
    clients[0]?.session.connection.close();
    network.run();
    const late = connect('one:4');
    network.run();
    expect(late.isConnected).toBe(true);
  });

  it('lets a client that was forgotten begin anew, and keeps its old connection until then', () => {
    const { network, server, connect } = open(version);
    const old = connect('client:1');
    network.run();
    network.hosts.splice(network.hosts.length - 1);
    const fresh = connect('client:1');
    network.run(() => server.accepted.length === 2);
    expect(server.accepted.map(({ session }) => session.connection.state)).toEqual(['connected', 'handshaking']);
    network.run();
    expect([old.isConnected, fresh.isConnected, server.endpoint.sessionCount]).toEqual([true, true, 1]);
    expect(server.accepted[0]?.types).toEqual(['connected', 'error', 'closed']);
    expect(server.accepted[0]?.error).toMatchObject({ reason: 'aborted' });
    talk(network, fresh, server.accepted[1]);
  });

  it('keeps a connection that somebody begins to replace and does not', () => {
    const { network, server, connect } = open(version, { handshakeTimeout: 3000 });
    const client = connect('client:1');
    network.run();
    const genuine = network.hosts.splice(network.hosts.length - 1);
    connect('client:1');
    network.run(() => server.accepted.length === 2);
    network.hosts.splice(network.hosts.length - 1, 1, ...genuine);
    // Both are there now, and records of the old one are not lost on the new one.
    talk(network, client, server.accepted[0]);
    expect(server.accepted.map(({ session }) => session.connection.state)).toEqual(['connected', 'closed']);
    talk(network, client, server.accepted[0]);
  });

  it('gives up a handshake that lasts too long', () => {
    const { network, server, connect } = open(version, { handshakeTimeout: 3000 });
    const client = connect('client:1', { handshakeTimeout: 2000 });
    network.passes = () => server.accepted.length === 0;
    network.run();
    expect(client.error).toBeInstanceOf(ConnectionLost);
    expect(server.accepted.map(({ error }) => error)).toEqual([expect.any(ConnectionLost)]);
    expect(network.now - 600_000).toBeLessThanOrEqual(4000);
    expect(stateOf(server)).toEqual({ sessions: 0, timeout: undefined, output: 0 });
  });

  it('waits for the answer to close_notify, and not for long', () => {
    const { network, server, connect } = open(version, { closeTimeout: 500 });
    const client = connect('client:1');
    network.run();
    network.passes = () => false;
    server.endpoint.close();
    network.run(() => server.endpoint.sessionCount === 0);
    expect(server.accepted[0]?.types).toEqual(['connected', 'closed']);
    network.passes = () => true;
    expect(client.isConnected).toBe(true);
    const late = connect('client:2', { handshakeTimeout: 2000 });
    network.run();
    expect([late.isConnected, server.endpoint.stats.discarded.not_accepting > 0]).toEqual([false, true]);
  });

  it('tells a client that has nothing in common with it', () => {
    const { network, server, connect } = open(version, {}, { groups: ['secp384r1'] });
    const client = connect('client:1', {}, { groups: ['x25519'] });
    network.run();
    expect(client.error).toMatchObject({ name: 'AlertReceived' });
    // DTLS 1.2 asks for the cookie first.
    expect([server.accepted.length, server.endpoint.sessionCount]).toEqual([version === 'TLSv1.3' ? 0 : 1, 0]);
  });

  it('waits for a choice of config, and forgets those who wait too long', async () => {
    let release: (() => void) | undefined;
    const { network, server, connect } = open(
      version,
      {},
      { selectConfig: () => new Promise((resolve) => (release = () => resolve(undefined))) },
    );
    const client = connect('client:1');
    for (let rounds = 0; rounds < 20 && !client.isConnected; rounds++) {
      network.run(undefined, 100);
      release?.();
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    expect(client.isConnected).toBe(true);
    connect('client:2', { handshakeTimeout: 1000 });
    network.run(undefined, 500);
    expect(server.endpoint.nextTimeout()).toBeGreaterThan(0);
    network.run();
    expect([server.endpoint.nextTimeout(), server.endpoint.sessionCount]).toEqual([undefined, 1]);
  });

  it.each([true, false])('gives what onSession throws to its caller, and goes on (requireCookie: %s)', (requireCookie) => {
    const { network, server, connect } = open(version, { requireCookie });
    const hello = connect('client:1');
    server.accepted.push = () => {
      throw new Error('no room');
    };
    expect(() => network.run()).toThrow('no room');
    expect(server.endpoint.sessionCount).toBe(0);
    server.accepted.push = Array.prototype.push;
    network.run();
    // With a cookie the handshake had begun, and the client was told; without, it comes again.
    expect([hello.isConnected, server.endpoint.sessionCount]).toEqual(requireCookie ? [false, 0] : [true, 1]);
    const next = connect('client:2');
    network.run();
    expect(next.isConnected).toBe(true);
  });

  it('answers one ClientHello of a datagram, however many there are', () => {
    const { network, server, connect } = open(version);
    connect('client:1');
    network.collect();
    const hello = network.sent[0]?.datagram ?? utf8('');
    server.endpoint.receive(concat(...new Array(20).fill(hello)), 'client:2');
    expect([server.endpoint.stats.cookiesSent, server.endpoint.takeOutput().length]).toEqual([1, 1]);
  });
});

describe('an endpoint', () => {
  it('refuses options that contradict each other', () => {
    const network = new Network();
    expect(() => network.host('a:1', { connectionIdLength: 256 })).toThrow(ApiMisuse);
    expect(() => network.host('a:1', { maxSessions: -1 })).toThrow('maxSessions is -1');
    expect(() => network.host('a:1', { initialTimeout: 0 })).toThrow('initialTimeout is 0');
    const host = network.host('a:1');
    host.connect(configs.client(), 'b:1');
    expect(() => host.connect(configs.client(), 'b:1')).toThrow(expect.objectContaining({ code: 'ERR_TLS_ADDRESS_IN_USE' }));
  });

  it('waits as long as a session is told to wait', () => {
    const { endpoint } = new Network().host('a:1', { initialTimeout: 800 });
    const { connection } = endpoint.connect(configs.client(), 'b:1', { onEvent: () => {} });
    expect(endpoint.nextTimeout()).toBe(800);
    connection.setInitialTimeout(300);
    expect(endpoint.nextTimeout()).toBe(300);
  });

  it('calls and is called on one socket', () => {
    const network = new Network();
    const one = network.host('one:1', { config: configs.server() });
    const other = network.host('other:1', { config: configs.server() });
    const third = network.host('third:1', { config: configs.server() });
    const calls = [
      one.connect(configs.client(), 'other:1'),
      other.connect(configs.client(), 'third:1'),
      third.connect(configs.client(), 'one:1'),
    ];
    network.run();
    expect(calls.every(({ isConnected }) => isConnected)).toBe(true);
    talk(network, calls[0] as SessionRecord, other.accepted[0]);
  });

  it('says what both have where they have nothing in common', () => {
    const { network, server, connect } = open('TLSv1.3');
    const client = connect('client:1', {}, { versions: ['TLSv1.2'] });
    network.run();
    expect(client.error).toMatchObject({ description: 'protocol_version' });
    expect(server.endpoint.stats.discarded.hello_refused).toBeGreaterThan(0);
  });
});

/** A datagram that is nothing, or nearly something. */
function strange(hello: Uint8Array, random: () => number): Uint8Array {
  const kind = Math.floor(random() * 4);
  if (kind === 0) return Uint8Array.from({ length: Math.floor(random() * 200) }, () => Math.floor(random() * 256));
  const copy = hello.slice();
  if (kind === 1) {
    for (let i = 0; i < 4; i++) copy[Math.floor(random() * copy.length)] = Math.floor(random() * 256);
    return copy;
  }
  if (kind === 2) return copy.subarray(0, Math.floor(random() * copy.length));
  // A first fragment of a longer ClientHello.
  copy[14] = 0;
  copy[15] = 0x20;
  return copy;
}
