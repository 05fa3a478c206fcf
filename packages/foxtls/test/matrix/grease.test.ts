/**
 * Reserved values and orders that are drawn: sent where they may be, the same in both ClientHellos, and tolerated (RFC 8701).
 */

import { beforeAll, describe, expect, it } from 'vitest';
import { type ClientOptions, defineClientConfig, defineServerConfig, type ServerOptions } from '../../src/connection/config.ts';
import { createTestPki, exchangeSync, type TestPki } from '../../src/connection/pair.fixture.ts';
import { EMPTY, equal } from '../../src/core/bytes/bytes.ts';
import { EXTENSION_TYPES } from '../../src/core/registry/extension-types.ts';
import { GREASE_PSK_KEY_EXCHANGE_MODES, GREASE_VALUES, isGrease } from '../../src/core/registry/grease.ts';
import { nodeProvider } from '../../src/crypto/node/provider.ts';
import { createX509Verifier } from '../../src/pki/x509/verifier.ts';
import { ClientHello, readMessage } from '../../src/protocol/messages/messages.ts';
import { createSealer } from '../../src/protocol/session/sealer.ts';
import { type Ends, expectAgreement, expectData, outputOf, seeded, startEnds } from './ends.ts';

const provider = nodeProvider;
let pki: TestPki;
beforeAll(async () => {
  pki = await createTestPki(provider);
});

const verifier = () => createX509Verifier({ provider, trustAnchors: pki.anchors });
const ticketSealer = createSealer(provider, new Uint8Array(32).fill(1), 'ticket');

function clientConfig(options: Partial<ClientOptions> = {}) {
  return defineClientConfig({ provider, verifier: verifier(), alpnProtocols: ['h2', 'http/1.1'], ...options });
}
function serverConfig(options: Partial<ServerOptions> = {}) {
  return defineServerConfig({ provider, credentials: [pki.server], alpnProtocols: ['h2'], ticketSealer, ...options });
}

type Hello = ReturnType<typeof readHello>;

/** The ClientHello in a stream, which fits into one record and may stand behind a change_cipher_spec. */
function readHello(stream: Uint8Array) {
  const record = stream[0] === 20 ? stream.subarray(6) : stream;
  const bytes = record.subarray(5, 5 + (((record[3] as number) << 8) | (record[4] as number)));
  return readMessage(ClientHello, { type: bytes[0] as number, body: bytes.subarray(4), bytes, sequence: 0 });
}

/** Both ends after the handshake, with the ClientHellos that went over the link. */
function connectWatched(...[client, server, options]: Parameters<typeof startEnds>): Ends & { hellos: Hello[] } {
  const ends = startEnds(client, server, options);
  const hellos: Hello[] = [];
  for (let flight = 0; flight < 2; flight++) {
    const stream = outputOf(ends.client);
    const first = stream[0] === 20 ? stream[6] : stream[0];
    if (first === 22) hellos.push(readHello(stream));
    ends.server.receive(stream);
    ends.client.receive(outputOf(ends.server));
  }
  exchangeSync(ends.client, ends.server);
  return { ...ends, hellos };
}

const types = (hello: Hello) => hello.extensions.list.map(({ type }) => type);
const isReservedProtocol = (name: string) => name.length === 2 && isGrease((name.charCodeAt(0) << 8) | name.charCodeAt(1));
const RETRY = { groups: ['secp384r1'] };

describe('a client that sends reserved values', () => {
  it('sends them first in every list, and as the first and the last extension', () => {
    const { hellos, ...ends } = connectWatched(clientConfig({ grease: true }), serverConfig());
    expectAgreement(ends);
    const [hello] = hellos as [Hello];
    const { values, list } = hello.extensions;
    const firsts = [
      hello.cipherSuites,
      values.supported_groups,
      values.signature_algorithms,
      values.supported_versions,
      values.key_share?.map(({ group }) => group),
      types(hello),
      types(hello).reverse(),
    ];
    for (const numbers of firsts) {
      expect(isGrease(numbers?.[0] as number)).toBe(true);
      expect(numbers?.slice(1, -1).some(isGrease)).toBe(false);
    }
    expect(values.key_share?.[0]).toEqual({ group: values.supported_groups?.[0], keyExchange: Uint8Array.of(0) });
    expect(GREASE_PSK_KEY_EXCHANGE_MODES).toContain(values.psk_key_exchange_modes?.[0]);
    expect(values.application_layer_protocol_negotiation?.map(isReservedProtocol)).toEqual([true, false, false]);
    expect([list[0]?.data, list.at(-1)?.data]).toEqual([EMPTY, Uint8Array.of(0)]);
    expect(list[0]?.type).not.toBe(list.at(-1)?.type);
  });

  it('puts pre_shared_key behind all of them, and is resumed', () => {
    const [client, server] = [clientConfig({ grease: true }), serverConfig({ grease: true })];
    const session = connectWatched(client, server).clientSide.of('session')[0]?.session;
    const { hellos, ...ends } = connectWatched(client, server, { session });
    expectAgreement(ends);
    expect(ends.client.info?.resumed).toBe(true);
    expect(types(hellos[0] as Hello).at(-1)).toBe(EXTENSION_TYPES.pre_shared_key);
    expect(isGrease(types(hellos[0] as Hello).at(-2) as number)).toBe(true);
  });

  it('draws each of them from the whole set, and never one extension twice', () => {
    const choose = seeded(3);
    const random = (length: number) => Uint8Array.from({ length }, () => choose(256));
    const client = clientConfig({ grease: true, provider: { ...provider, random } });
    const seen = [new Set<number>(), new Set<number>(), new Set<number>()] as const;
    for (let i = 0; i < 200; i++) {
      const hello = readHello(outputOf(startEnds(client, serverConfig()).client));
      seen[0].add(hello.cipherSuites[0] as number);
      seen[1].add(types(hello)[0] as number);
      seen[2].add(types(hello).at(-1) as number);
      expect(new Set(types(hello)).size).toBe(types(hello).length);
    }
    for (const values of seen) expect([...values].sort((a, b) => a - b)).toEqual([...GREASE_VALUES]);
  });
});

describe('a second ClientHello', () => {
  const differences = (first: Hello, second: Hello) => {
    const data = (hello: Hello, type: number) => hello.extensions.list.find((extension) => extension.type === type)?.data;
    return types(second).filter((type) => !equal(data(first, type) ?? EMPTY, data(second, type) ?? EMPTY));
  };

  it('has the same reserved values in the same order; of key shares, only the one that was asked for', () => {
    const options = { grease: true, permuteExtensions: true };
    const { hellos, ...ends } = connectWatched(clientConfig(options), serverConfig(RETRY));
    expectAgreement(ends);
    const [first, second] = hellos as [Hello, Hello];
    expect(types(second)).toEqual(types(first));
    expect(second.cipherSuites).toEqual(first.cipherSuites);
    expect(differences(first, second)).toEqual([EXTENSION_TYPES.key_share]);
    expect(second.extensions.values.key_share?.map(({ group }) => group)).toEqual([0x0018]);
  });

  it('that answers a cookie alone has the same key shares, the reserved one too', () => {
    const cookieSealer = createSealer(provider, new Uint8Array(32), 'cookie');
    const options = { grease: true, permuteExtensions: true };
    const { hellos, ...ends } = connectWatched(clientConfig(options), serverConfig({ cookieSealer, requireCookie: true }));
    expectAgreement(ends);
    const [first, second] = hellos as [Hello, Hello];
    expect(differences(first, second)).toEqual([EXTENSION_TYPES.cookie]);
    expect(types(second).filter((type) => type !== EXTENSION_TYPES.cookie)).toEqual(types(first));
  });
});

describe('the order of extensions', () => {
  it('is another one each time, with the same extensions', () => {
    const client = clientConfig({ permuteExtensions: true });
    const orders = Array.from({ length: 20 }, () => types(readHello(outputOf(startEnds(client, serverConfig()).client))));
    expect(new Set(orders.map((order) => order.join())).size).toBeGreaterThan(15);
    const sorted = (order: readonly number[]) => [...order].sort((a, b) => a - b).join();
    expect(new Set(orders.map(sorted)).size).toBe(1);
  });

  it('leaves every place to every extension', () => {
    const client = clientConfig({ permuteExtensions: true });
    const firsts = new Set<number>();
    const lasts = new Set<number>();
    let all: number[] = [];
    for (let i = 0; i < 300; i++) {
      all = types(readHello(outputOf(startEnds(client, serverConfig()).client)));
      firsts.add(all[0] as number);
      lasts.add(all.at(-1) as number);
    }
    expect([firsts.size, lasts.size]).toEqual([all.length, all.length]);
  });

  it('is permuted in resumption too, with pre_shared_key last', () => {
    const client = clientConfig({ permuteExtensions: true });
    const session = connectWatched(client, serverConfig()).clientSide.of('session')[0]?.session;
    for (let i = 0; i < 10; i++) {
      const { hellos, ...ends } = connectWatched(client, serverConfig(), { session });
      expectAgreement(ends);
      expect(ends.client.info?.resumed).toBe(true);
      expect(types(hellos[0] as Hello).at(-1)).toBe(EXTENSION_TYPES.pre_shared_key);
    }
  });

  it('is always the same when nobody asks for another, and no reserved value is sent', () => {
    const client = clientConfig();
    const hellos = [1, 2].map(() => readHello(outputOf(startEnds(client, serverConfig()).client))) as [Hello, Hello];
    expect(types(hellos[0])).toEqual(types(hellos[1]));
    expect(types(hellos[0]).some(isGrease)).toBe(false);
    expect(hellos[0].cipherSuites.some(isGrease)).toBe(false);
  });
});

describe('reserved values of both ends', () => {
  const cells: readonly [string, Partial<ClientOptions>, () => Partial<ServerOptions>][] = [
    ['in a full handshake', {}, () => ({})],
    ['after HelloRetryRequest', {}, () => RETRY],
    ['with a client certificate', {}, () => ({ clientCertificates: 'require', verifier: verifier() })],
    ['with records as small as they can be', { recordSizeLimit: 64 }, () => ({ recordSizeLimit: 64 })],
  ];
  it.each(cells)('change nothing %s', (_, clientOptions, serverOptions) => {
    const client = clientConfig({ grease: true, permuteExtensions: true, credentials: [pki.client], ...clientOptions });
    const { hellos: _hellos, ...ends } = connectWatched(client, serverConfig({ grease: true, ...serverOptions() }));
    expectAgreement(ends);
    expect(ends.client.info?.alpnProtocol).toBe('h2');
    expect(ends.clientSide.of('session')).toHaveLength(2);
    expectData(ends);
  });
});
