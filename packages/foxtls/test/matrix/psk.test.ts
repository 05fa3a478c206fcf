import { beforeAll, describe, expect, it } from 'vitest';
import { type ClientOptions, defineClientConfig, defineServerConfig, type ServerOptions } from '../../src/connection/config.ts';
import { createTestPki, exchangeSync, type TestPki } from '../../src/connection/pair.fixture.ts';
import { concat, equal, fromUtf8, toHex, utf8 } from '../../src/core/bytes/bytes.ts';
import { nodeProvider as provider } from '../../src/crypto/node/provider.ts';
import { createX509Verifier, trustWithoutVerification } from '../../src/pki/x509/verifier.ts';
import type { PreSharedKeyLookUp, PreSharedKeyLookUpInfo } from '../../src/protocol/handshake/config.ts';
import { ClientHello, readMessage, ServerHello } from '../../src/protocol/messages/messages.ts';
import type { ExternalKey, PreSharedKey } from '../../src/protocol/session/pre-shared-key.ts';
import { createSealer } from '../../src/protocol/session/sealer.ts';
import { deferred, later } from './asynchronous.ts';
import {
  carryLater,
  connectEnds,
  connectEndsLater,
  cutNumber,
  type Ends,
  type EndsOptions,
  expectAgreement,
  expectData,
  outputOf,
  startEnds,
} from './ends.ts';

let pki: TestPki;
beforeAll(async () => {
  pki = await createTestPki(provider);
});

const sensor: PreSharedKey = { identity: utf8('sensor-17'), key: new Uint8Array(32).fill(17) };
const other: PreSharedKey = { identity: utf8('sensor-18'), key: new Uint8Array(48).fill(18), hash: 'sha384' };
const MODES = ['psk_dhe_ke', 'psk_ke'] as const;

/** A look-up in a list, which answers imported and plain identities alike by what is in the list. */
function lookUpIn(...keys: readonly PreSharedKey[]): PreSharedKeyLookUp {
  return (identity) => keys.find((key) => equal(key.identity, identity));
}

function clientConfig(options: Partial<ClientOptions> = {}) {
  const verifier = createX509Verifier({ provider, trustAnchors: pki.anchors });
  return defineClientConfig({ provider, verifier, preSharedKeys: [sensor], ...options });
}

/** A server without certificates. */
function serverConfig(options: Partial<ServerOptions> = {}) {
  return defineServerConfig({ provider, lookUpPreSharedKey: lookUpIn(sensor, other), ...options });
}

const withCertificate = (options: Partial<ServerOptions> = {}) => serverConfig({ credentials: [pki.server], ...options });

function firstHello(config: ReturnType<typeof clientConfig>, options: EndsOptions = {}) {
  const { client } = startEnds(config, serverConfig(), options);
  const message = outputOf(client).subarray(5);
  return readMessage(ClientHello, { type: 1, body: message.subarray(4), bytes: message, sequence: 0 }).extensions.values;
}

function expectPsk(ends: Ends, key: PreSharedKey): void {
  expectAgreement(ends);
  const peer = { kind: 'psk', identity: key.identity };
  expect([ends.client.info, ends.server.info]).toMatchObject([{ peer, resumed: false, signatureScheme: undefined }, { peer }]);
  expectData(ends);
}

function expectCertificate(ends: Ends): void {
  expectAgreement(ends);
  expect([ends.client.info?.peer.kind, ends.server.info?.peer.kind]).toEqual(['verified', 'anonymous']);
}

describe('an external PSK', () => {
  it.each([1, 2, 5])('is followed by one ticket of a server that gives %i, or by as many as the client asks for', (tickets) => {
    const sessions = (ticketRequest?: ClientOptions['ticketRequest']) =>
      connectEnds(clientConfig({ ticketRequest }), serverConfig({ tickets })).clientSide.of('session').length;
    expect(sessions()).toBe(1);
    expect(sessions({ newSessionCount: 3, resumptionCount: 1 })).toBe(3);
  });

  const kinds = [undefined, { context: utf8('a to b') }, {}] as const;
  let number = 0;
  for (const hash of ['sha256', 'sha384'] as const) {
    for (const imported of kinds) {
      for (const mode of MODES) {
        for (const retried of [false, true]) {
          const how = `${imported === undefined ? 'as it is' : `imported${'context' in imported ? ' in a context' : ''}`}, by ${mode}`;
          const cut = cutNumber(number++);
          it(`of ${hash}, ${how}${retried ? ', after a HelloRetryRequest' : ''}, connects two ends without certificates`, () => {
            const key: PreSharedKey = { ...sensor, hash, ...(imported && { imported }) };
            const server = serverConfig({
              lookUpPreSharedKey: lookUpIn(key),
              pskKeyExchangeModes: [mode],
              ...(retried && { requireCookie: true, cookieSealer: createSealer(provider, new Uint8Array(32), 'cookie') }),
            });
            const client = clientConfig({ preSharedKeys: [key], pskKeyExchangeModes: MODES });
            const ends = connectEnds(client, server, {}, cut);
            expectPsk(ends, key);
            expect(ends.client.info?.group?.name).toBe(mode === 'psk_ke' ? undefined : 'x25519');
            const hashOfSuite = ends.client.info?.suite.name === 'TLS_AES_256_GCM_SHA384' ? 'sha384' : 'sha256';
            // An imported key goes with any suite: then the server's first is taken.
            expect(hashOfSuite).toBe(imported === undefined ? hash : 'sha256');
          });
        }
      }
    }
  }

  it('goes with a suite of its hash, though the server likes others better', () => {
    const ends = connectEnds(clientConfig({ preSharedKeys: [other] }), serverConfig());
    expectPsk(ends, other);
    expect(ends.client.info?.suite.name).toBe('TLS_AES_256_GCM_SHA384');
  });

  it('goes with a suite of its hash after a HelloRetryRequest for a group', () => {
    const client = clientConfig({ preSharedKeys: [other], groups: ['x25519', 'secp256r1'] });
    const ends = connectEnds(client, serverConfig({ groups: ['secp256r1'] }));
    expectPsk(ends, other);
    expect(ends.client.info).toMatchObject({ suite: { name: 'TLS_AES_256_GCM_SHA384' }, group: { name: 'secp256r1' } });
  });

  it('is not used when no common suite has its hash', () => {
    const server = withCertificate({ cipherSuites: ['TLS_AES_128_GCM_SHA256'] });
    expectCertificate(connectEnds(clientConfig({ preSharedKeys: [other] }), server));
  });

  it('is offered with an age of zero', () => {
    const { pre_shared_key: offer } = firstHello(clientConfig({ preSharedKeys: [sensor, other] }));
    expect(offer?.identities).toEqual([
      { identity: sensor.identity, obfuscatedTicketAge: 0 },
      { identity: other.identity, obfuscatedTicketAge: 0 },
    ]);
    expect(offer?.binders.map(({ length }) => length)).toEqual([32, 48]);
  });

  it('is offered once for each hash when it is imported', () => {
    const { pre_shared_key: offer } = firstHello(clientConfig({ preSharedKeys: [{ ...sensor, imported: {} }] }));
    expect(offer?.binders.map(({ length }) => length)).toEqual([32, 48]);
    expect(offer?.identities.map(({ identity }) => toHex(identity.subarray(-4)))).toEqual(['03040001', '03040002']);
  });

  it('may come later, on the client too', async () => {
    const preSharedKeys = async () => {
      await later();
      return [sensor];
    };
    expectPsk(await connectEndsLater(clientConfig({ preSharedKeys }), serverConfig()), sensor);
  });

  it('that is no key ends the connection of the client that was given it', () => {
    const preSharedKeys = () => [{ ...sensor, key: new Uint8Array(8) }];
    const ends = connectEnds(clientConfig({ preSharedKeys }), serverConfig());
    expect(ends.clientSide.error).toMatchObject({ code: 'ERR_TLS_PSK' });
    expect(() => clientConfig({ preSharedKeys: preSharedKeys() })).toThrow(expect.objectContaining({ code: 'ERR_TLS_PSK' }));
  });

  it('that the server does not have leads to a full handshake', () => {
    expectCertificate(connectEnds(clientConfig(), withCertificate({ lookUpPreSharedKey: lookUpIn(other) })));
    expectCertificate(connectEnds(clientConfig(), withCertificate({ lookUpPreSharedKey: undefined })));
  });

  // RFC 8446 §6.2: "unknown_psk_identity: Sent by servers when PSK key establishment is desired but no acceptable PSK identity is provided"
  it('that a server without certificate does not have is refused by unknown_psk_identity', () => {
    for (const client of [clientConfig({ preSharedKeys: [other] }), clientConfig({ preSharedKeys: [] })]) {
      const ends = connectEnds(client, serverConfig({ lookUpPreSharedKey: lookUpIn(sensor) }));
      expect(ends.serverSide.error).toMatchObject({ subject: 'psk', alert: 'unknown_psk_identity' });
      expect(ends.clientSide.error).toMatchObject({ description: 'unknown_psk_identity' });
    }
  });

  it('that a server without certificate does not have is refused behind a cookie too', () => {
    const cookieSealer = createSealer(provider, new Uint8Array(32), 'cookie');
    const ends = connectEnds(
      clientConfig({ preSharedKeys: [other] }),
      serverConfig({
        lookUpPreSharedKey: lookUpIn(sensor),
        requireCookie: true,
        cookieSealer,
      }),
    );
    expect(ends.serverSide.error).toMatchObject({ subject: 'psk', alert: 'unknown_psk_identity' });
  });

  describe('behind a cookie', () => {
    const behindCookie = (options: Partial<ServerOptions> = {}): Partial<ServerOptions> => ({
      requireCookie: true,
      cookieSealer: createSealer(provider, new Uint8Array(32), 'cookie'),
      ...options,
    });

    it('is not looked up before that has come back', () => {
      const asked: string[] = [];
      const lookUpPreSharedKey: PreSharedKeyLookUp = (identity) => {
        asked.push(fromUtf8(identity));
        return sensor;
      };
      const ends = startEnds(clientConfig(), serverConfig(behindCookie({ lookUpPreSharedKey })));
      ends.server.receive(outputOf(ends.client));
      const request = outputOf(ends.server);
      expect([request.length > 0, asked]).toEqual([true, []]);
      ends.client.receive(request);
      ends.server.receive(outputOf(ends.client));
      expect(asked).toEqual(['sensor-17']);
    });

    it.each(['first', 'second'])('goes with a suite of its hash where it is the %s', (place) => {
      const preSharedKeys =
        place === 'first' ? [other, sensor] : [{ ...sensor, identity: utf8('unknown'), hash: 'sha384' } as const, other];
      expectPsk(connectEnds(clientConfig({ preSharedKeys }), serverConfig(behindCookie())), other);
    });

    it('is not found behind one of another hash that nobody knows, unless there is no suite for that', () => {
      const preSharedKeys = [{ ...other, identity: utf8('unknown') }, sensor];
      const refused = connectEnds(clientConfig({ preSharedKeys }), serverConfig(behindCookie()));
      expect(refused.serverSide.error).toMatchObject({ alert: 'unknown_psk_identity' });
      expectCertificate(connectEnds(clientConfig({ preSharedKeys }), withCertificate(behindCookie())));
      const cipherSuites = ['TLS_AES_128_GCM_SHA256'] as const;
      expectPsk(connectEnds(clientConfig({ preSharedKeys }), serverConfig(behindCookie({ cipherSuites }))), sensor);
    });

    it('needs no key share where only it would do', () => {
      const modes = { pskKeyExchangeModes: ['psk_ke'] } as const;
      const client = clientConfig({ ...modes, groups: ['x25519', 'secp256r1'] });
      const server = (options: Partial<ServerOptions>) => ({ ...behindCookie({ ...modes, groups: ['secp256r1'] }), ...options });
      const askedFor = (config: ReturnType<typeof serverConfig>) => {
        const ends = startEnds(client, config);
        ends.server.receive(outputOf(ends.client));
        const record = outputOf(ends.server);
        const bytes = record.subarray(5, 5 + ((record[3] as number) << 8) + (record[4] as number));
        const message = readMessage(ServerHello, { type: 2, body: bytes.subarray(4), bytes, sequence: 0 });
        return message.kind === 'hello_retry_request' ? (message.extensions.values.key_share ?? 'nothing') : message.kind;
      };
      expect([askedFor(serverConfig(server({}))), askedFor(withCertificate(server({})))]).toEqual(['nothing', 0x17]);
      expectPsk(connectEnds(client, serverConfig(server({}))), sensor);
      expectPsk(connectEnds(client, withCertificate(server({}))), sensor);
    });
  });

  it('that is another on both sides is told by the binder', () => {
    const lookUpPreSharedKey = lookUpIn({ ...sensor, key: new Uint8Array(32).fill(99) });
    for (const server of [serverConfig({ lookUpPreSharedKey }), withCertificate({ lookUpPreSharedKey })]) {
      const ends = connectEnds(clientConfig(), server);
      expect(ends.serverSide.error).toMatchObject({ reason: 'psk_binder_invalid', alert: 'decrypt_error' });
      expect(ends.clientSide.error).toMatchObject({ description: 'decrypt_error' });
    }
  });

  it('that one side imports and the other does not is not common', () => {
    const imported = { ...sensor, imported: {} };
    const cases = [
      [sensor, imported],
      [imported, sensor],
      [imported, { ...sensor, imported: { context: utf8('another') } }],
      [imported, { ...sensor, imported: {}, hash: 'sha384' }],
    ] as const;
    for (const [ours, theirs] of cases.slice(0, 3)) {
      const ends = connectEnds(clientConfig({ preSharedKeys: [ours] }), serverConfig({ lookUpPreSharedKey: lookUpIn(theirs) }));
      expect(ends.serverSide.error).toMatchObject({ alert: 'unknown_psk_identity' });
    }
    // The hash is not seen in the identity: there it is the binder.
    const [ours, theirs] = cases[3];
    const ends = connectEnds(clientConfig({ preSharedKeys: [ours] }), serverConfig({ lookUpPreSharedKey: lookUpIn(theirs) }));
    expect(ends.serverSide.error).toMatchObject({ alert: 'decrypt_error' });
  });
});

describe('several pre-shared keys', () => {
  const stranger: PreSharedKey = { identity: utf8('stranger'), key: new Uint8Array(32).fill(1) };

  it('are tried in the order of the client', () => {
    expectPsk(connectEnds(clientConfig({ preSharedKeys: [sensor, other] }), serverConfig()), sensor);
    expectPsk(connectEnds(clientConfig({ preSharedKeys: [other, sensor] }), serverConfig()), other);
  });

  it('may begin with one that is not known', () => {
    expectPsk(connectEnds(clientConfig({ preSharedKeys: [stranger, other] }), serverConfig()), other);
  });

  it('may begin with one whose hash does not fit', () => {
    const server = serverConfig({ cipherSuites: ['TLS_AES_128_GCM_SHA256'] });
    expectPsk(connectEnds(clientConfig({ preSharedKeys: [other, sensor] }), server), sensor);
  });

  it('move up when a HelloRetryRequest makes those before them useless', () => {
    const client = clientConfig({ preSharedKeys: [{ ...stranger, hash: 'sha384' }, sensor], groups: ['x25519', 'secp256r1'] });
    expectPsk(connectEnds(client, serverConfig({ groups: ['secp256r1'] })), sensor);
  });

  it('stand behind sessions, and are there when the session is not accepted', () => {
    const [event] = connectEnds(clientConfig(), serverConfig()).clientSide.of('session');
    const session = event?.session;
    const { pre_shared_key: offer } = firstHello(clientConfig(), { session });
    expect(offer?.identities.map(({ identity }) => identity)).toEqual([session?.ticket, sensor.identity]);
    // Another server has other keys for tickets.
    expectPsk(connectEnds(clientConfig(), serverConfig(), { session }), sensor);
  });

  it('are looked at up to the eighth', () => {
    const strangers = (count: number) =>
      Array.from({ length: count }, (_, i) => ({ ...stranger, identity: utf8(`stranger-${i}`) }));
    expectPsk(connectEnds(clientConfig({ preSharedKeys: [...strangers(7), sensor] }), serverConfig()), sensor);
    expectCertificate(connectEnds(clientConfig({ preSharedKeys: [...strangers(8), sensor] }), withCertificate()));
  });
});

describe('psk_ke', () => {
  it('is not used unless both sides ask for it', () => {
    for (const [ours, theirs] of [
      [['psk_ke'], ['psk_dhe_ke']],
      [['psk_dhe_ke'], ['psk_ke']],
    ] as const) {
      const client = clientConfig({ pskKeyExchangeModes: ours });
      expectCertificate(connectEnds(client, withCertificate({ pskKeyExchangeModes: theirs })));
    }
    expect(connectEnds(clientConfig({ pskKeyExchangeModes: MODES }), serverConfig()).client.info?.group?.name).toBe('x25519');
  });

  it('is used by the preference of the server', () => {
    for (const pskKeyExchangeModes of [MODES, [...MODES].reverse()]) {
      const ends = connectEnds(clientConfig({ pskKeyExchangeModes: MODES }), serverConfig({ pskKeyExchangeModes }));
      expectPsk(ends, sensor);
      expect(ends.client.info?.group?.name).toBe(pskKeyExchangeModes[0] === 'psk_ke' ? undefined : 'x25519');
    }
  });

  it('helps where no group is common, without a HelloRetryRequest', () => {
    const client = clientConfig({ pskKeyExchangeModes: MODES, groups: ['x25519'] });
    const ends = connectEnds(client, serverConfig({ pskKeyExchangeModes: MODES, groups: ['secp256r1'] }));
    expectPsk(ends, sensor);
    expect(ends.client.info?.group).toBeUndefined();
  });

  it('resumes sessions, and gives tickets that only it can use', () => {
    const modes = { pskKeyExchangeModes: ['psk_ke'] } as const;
    const ticketSealer = createSealer(provider, new Uint8Array(32), 'ticket');
    const first = connectEnds(clientConfig(modes), serverConfig({ ...modes, ticketSealer }));
    const [event] = first.clientSide.of('session');
    const again = connectEnds(clientConfig(modes), serverConfig({ ...modes, ticketSealer }), { session: event?.session });
    expectAgreement(again);
    expect(again.client.info).toMatchObject({ resumed: true, group: undefined, peer: { kind: 'psk' } });
  });

  it('resumes behind a cookie where no group is common', () => {
    const modes = { pskKeyExchangeModes: MODES };
    const ticketSealer = createSealer(provider, new Uint8Array(32), 'ticket');
    const cookieSealer = createSealer(provider, new Uint8Array(32), 'cookie');
    const first = connectEnds(clientConfig(modes), serverConfig({ ...modes, ticketSealer }));
    const [event] = first.clientSide.of('session');
    const server = serverConfig({ ...modes, ticketSealer, cookieSealer, requireCookie: true, groups: ['secp256r1'] });
    const again = connectEnds(clientConfig({ ...modes, groups: ['x25519'] }), server, { session: event?.session });
    expectAgreement(again);
    expect(again.client.info).toMatchObject({ resumed: true, group: undefined });
  });

  it('has to be named right', () => {
    for (const pskKeyExchangeModes of [[], ['psk'], ['toString']] as never[]) {
      expect(() => clientConfig({ pskKeyExchangeModes })).toThrow(expect.objectContaining({ code: 'ERR_TLS_UNKNOWN_NAME' }));
    }
  });
});

describe('the look-up of pre-shared keys', () => {
  it('is waited for', async () => {
    const held = deferred<ExternalKey | undefined>();
    const ends = startEnds(clientConfig(), serverConfig({ lookUpPreSharedKey: () => held.promise }));
    await carryLater(ends);
    expect([ends.server.state, ends.client.state]).toEqual(['handshaking', 'handshaking']);
    held.resolve(sensor);
    await carryLater(ends);
    expectPsk(ends, sensor);
  });

  it('is told to stop when the connection ends, and its answer is dropped', async () => {
    const held = deferred<ExternalKey | undefined>();
    let signal: AbortSignal | undefined;
    const lookUpPreSharedKey: PreSharedKeyLookUp = (_identity, info) => {
      signal = info.signal;
      return held.promise;
    };
    const ends = startEnds(clientConfig(), serverConfig({ lookUpPreSharedKey }));
    await carryLater(ends);
    expect(signal?.aborted).toBe(false);
    ends.server.abort();
    expect(signal?.aborted).toBe(true);
    held.resolve(sensor);
    await carryLater(ends);
    expect(ends.serverSide.of('connected')).toEqual([]);
  });

  it('that fails ends the connection with internal_error', async () => {
    const lookUpPreSharedKey = () => Promise.reject(new Error('the database is gone'));
    const ends = await connectEndsLater(clientConfig(), serverConfig({ lookUpPreSharedKey }));
    expect(ends.serverSide.error).toMatchObject({ name: 'InternalError', cause: { message: 'the database is gone' } });
    expect(ends.clientSide.error).toMatchObject({ description: 'internal_error' });
  });

  it('that answers with no key ends the connection with internal_error', () => {
    const ends = connectEnds(clientConfig(), serverConfig({ lookUpPreSharedKey: () => ({ key: new Uint8Array(3) }) }));
    expect(ends.serverSide.error).toMatchObject({ code: 'ERR_TLS_PSK' });
    expect(ends.clientSide.error).toMatchObject({ description: 'internal_error' });
  });

  it('sees the identity, the name asked for, and the context of an imported key', () => {
    const asked: [string, PreSharedKeyLookUpInfo][] = [];
    const lookUpPreSharedKey: PreSharedKeyLookUp = (identity, info) => {
      asked.push([new TextDecoder().decode(identity), info]);
      return { key: sensor.key, imported: info.imported };
    };
    const imported = { context: utf8('a to b') };
    expectPsk(
      connectEnds(clientConfig({ preSharedKeys: [{ ...sensor, imported }] }), serverConfig({ lookUpPreSharedKey })),
      sensor,
    );
    expectPsk(connectEnds(clientConfig(), serverConfig({ lookUpPreSharedKey })), sensor);
    expect(asked).toMatchObject([
      ['sensor-17', { serverName: 'localhost', imported }],
      ['sensor-17', { serverName: 'localhost', imported: undefined }],
    ]);
  });

  it('finds a plain key whose identity looks like an imported one', () => {
    const identity = concat(Uint8Array.of(0, 1, 7, 0, 0), Uint8Array.of(3, 4, 0, 1));
    const key = { ...sensor, identity };
    expectPsk(connectEnds(clientConfig({ preSharedKeys: [key] }), serverConfig({ lookUpPreSharedKey: lookUpIn(key) })), key);
  });

  it('of the selected configuration counts', () => {
    const selected = serverConfig({ lookUpPreSharedKey: lookUpIn(sensor) });
    const ends = connectEnds(clientConfig(), withCertificate({ lookUpPreSharedKey: undefined, selectConfig: () => selected }));
    expectPsk(ends, sensor);
  });

  it('proves a client that would have to show a certificate otherwise', () => {
    const verifier = createX509Verifier({ provider, trustAnchors: pki.anchors });
    expectPsk(connectEnds(clientConfig(), withCertificate({ clientCertificates: 'require', verifier })), sensor);
  });
});

describe('a session of an external PSK', () => {
  const ticketSealer = createSealer(provider, new Uint8Array(32), 'ticket');
  const sessionOf = () => connectEnds(clientConfig(), serverConfig({ ticketSealer })).clientSide.of('session')[0]?.session;

  it('is resumed, and remembers the identity on both sides', () => {
    const ends = connectEnds(clientConfig(), serverConfig({ ticketSealer }), { session: sessionOf() });
    expectAgreement(ends);
    const peer = { kind: 'psk', identity: sensor.identity };
    expect([ends.client.info, ends.server.info]).toMatchObject([
      { resumed: true, peer },
      { resumed: true, peer },
    ]);
  });

  it('is not offered by a client that has the key no more', () => {
    const session = sessionOf();
    expect(firstHello(clientConfig({ preSharedKeys: [other] }), { session }).pre_shared_key?.identities).toHaveLength(1);
    const unverified = { preSharedKeys: [], verifier: trustWithoutVerification('a test') };
    expect(firstHello(clientConfig(unverified), { session }).pre_shared_key).toBeUndefined();
  });

  it('is not resumed by a server that takes external keys no more', () => {
    const server = withCertificate({ ticketSealer, lookUpPreSharedKey: undefined });
    expectCertificate(connectEnds(clientConfig(), server, { session: sessionOf() }));
  });
});

describe('the channel binding', () => {
  it('is common to both ends, of 32 bytes, another for each connection, and the exporter of RFC 9266', () => {
    const connect = () => connectEnds(clientConfig(), serverConfig());
    const [first, second] = [connect(), connect()];
    const binding = first.client.exportChannelBinding();
    expect(binding).toHaveLength(32);
    expect(first.server.exportChannelBinding()).toEqual(binding);
    expect(second.client.exportChannelBinding()).not.toEqual(binding);
    expect(first.server.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', new Uint8Array(0))).toEqual(binding);
  });

  it('is not there before the connection is', () => {
    const { client, server } = startEnds(clientConfig(), serverConfig());
    expect(() => client.exportChannelBinding()).toThrow(expect.objectContaining({ code: 'ERR_TLS_NOT_CONNECTED' }));
    exchangeSync(client, server);
    expect(() => client.exportChannelBinding()).not.toThrow();
  });
});
