import { beforeAll, describe, expect, it } from 'vitest';
import { type ClientOptions, defineClientConfig, defineServerConfig, type ServerOptions } from '../../src/connection/config.ts';
import { createTestPki, type TestPki } from '../../src/connection/pair.fixture.ts';
import { nodeProvider as provider } from '../../src/crypto/node/provider.ts';
import { createX509Verifier } from '../../src/pki/x509/verifier.ts';
import { ClientHello, readMessage } from '../../src/protocol/messages/messages.ts';
import type { ClientSession, Tls13ClientSession } from '../../src/protocol/session/client-session.ts';
import { createSealer } from '../../src/protocol/session/sealer.ts';
import { createSessionStore, type SessionStore } from '../../src/protocol/session/session-store.ts';
import { createTicketKeys } from '../../src/protocol/session/ticket-keys.ts';
import { createTicketStore, type TicketStore } from '../../src/protocol/session/ticket-store.ts';
import { connectEnds, connectEndsLater, type Ends, type EndsOptions, expectAgreement, outputOf, startEnds } from './ends.ts';

let pki: TestPki;
beforeAll(async () => {
  pki = await createTestPki(provider);
});

const START = Date.UTC(2026, 0, 1);
const ticketSealer = createSealer(provider, new Uint8Array(32).fill(1), 'ticket');

/** Both configs by one clock, in seconds from the start. */
function world(clientOptions: Partial<ClientOptions> = {}, serverOptions: Partial<ServerOptions> = {}) {
  const clock = { seconds: 0 };
  const now = () => START + clock.seconds * 1000;
  const verifier = createX509Verifier({ provider, trustAnchors: pki.anchors });
  const client = defineClientConfig({ provider, verifier, now, ...clientOptions });
  const server = defineServerConfig({ provider, credentials: [pki.server], now, ...serverOptions });
  return { clock, now, client, server, connect: (options: EndsOptions = {}) => connectEnds(client, server, options) };
}

function resumed(ends: Ends): boolean {
  expectAgreement(ends);
  return ends.client.info?.resumed === true;
}

const sessionsOf = (ends: Ends): readonly Tls13ClientSession[] =>
  ends.clientSide.of('session').map(({ session }) => session as Tls13ClientSession);

describe('the session store of a client', () => {
  it('resumes by itself, each ticket once', () => {
    const { connect } = world({ sessionStore: createSessionStore({ now: () => START }) }, { tickets: 2 });
    expect(resumed(connect())).toBe(false);
    const tickets: Uint8Array[] = [];
    for (let i = 0; i < 5; i++) {
      const ends = connect();
      expect(resumed(ends)).toBe(true);
      tickets.push(...sessionsOf(ends).map(({ ticket }) => ticket));
    }
    expect(tickets).toHaveLength(5);
  });

  it('runs out when connections are opened at once', () => {
    const { client, server, connect } = world({ sessionStore: createSessionStore({ now: () => START }) }, { tickets: 2 });
    connect();
    const identities = [0, 1, 2].map(() => {
      const message = outputOf(startEnds(client, server).client).subarray(5);
      const { values } = readMessage(ClientHello, { type: 1, body: message.subarray(4), bytes: message, sequence: 0 }).extensions;
      return values.pre_shared_key?.identities[0]?.identity;
    });
    expect(identities[2]).toBeUndefined();
    expect(identities[0]).toBeDefined();
    expect(identities[0]).not.toEqual(identities[1]);
  });

  it('keeps servers apart by the name, or by the key that is given', () => {
    const sessionStore = createSessionStore({ now: () => START });
    const { client, server, connect } = world({ sessionStore });
    connect();
    expect(resumed(connectEnds(client, server, { serverName: 'www.example.test' }))).toBe(false);
    expect(resumed(connect())).toBe(true);
    expect(sessionStore.take('localhost:8443')).toBeUndefined();
  });

  it('is not asked when the connection brings a session', () => {
    const asked: string[] = [];
    const sessionStore: SessionStore = {
      take: (key) => {
        asked.push(key);
        return undefined;
      },
      put: () => {},
    };
    const { connect } = world({ sessionStore });
    const [session] = sessionsOf(connect());
    expect(asked).toEqual(['localhost']);
    expect(resumed(connect({ session }))).toBe(true);
    expect(asked).toEqual(['localhost']);
  });

  it('may answer later, and may fail: then the handshake is a full one', async () => {
    const memory = createSessionStore({ now: () => START });
    const slow: SessionStore = { take: async (key) => memory.take(key), put: async (key, session) => memory.put(key, session) };
    const { client, server } = world({ sessionStore: slow });
    expect(resumed(await connectEndsLater(client, server))).toBe(false);
    expect(resumed(await connectEndsLater(client, server))).toBe(true);
    const fail = () => {
      throw new Error('the cache is down');
    };
    for (const sessionStore of [
      { take: fail, put: fail },
      { take: () => Promise.reject(new Error('down')), put: () => Promise.reject(new Error('down')) },
    ]) {
      const broken = world({ sessionStore });
      const ends = await connectEndsLater(broken.client, broken.server);
      expect(resumed(ends)).toBe(false);
      expect(sessionsOf(ends)).toHaveLength(2);
    }
  });
});

describe('several sessions', () => {
  it('are offered at once, and the first that the server knows is resumed', () => {
    const { connect } = world({}, { ticketSealer });
    const [foreign] = sessionsOf(world().connect());
    const [session] = sessionsOf(connect());
    if (foreign === undefined || session === undefined) throw new Error('no sessions');
    const ends = connect({ session: [foreign, session] });
    expect(resumed(ends)).toBe(true);
    expect(resumed(connect({ session: [foreign] }))).toBe(false);
    expect(resumed(connect({ session: [] }))).toBe(false);
  });

  it('are told apart by their hash', () => {
    const sessionWith = (suite: string) =>
      sessionsOf(world({ cipherSuites: [suite] }, { ticketSealer }).connect())[0] as ClientSession;
    const session = [sessionWith('TLS_AES_256_GCM_SHA384'), sessionWith('TLS_CHACHA20_POLY1305_SHA256')];
    expect(resumed(world({}, { ticketSealer }).connect({ session }))).toBe(true);
    expect(resumed(world({}, { ticketSealer, cipherSuites: ['TLS_AES_256_GCM_SHA384'] }).connect({ session }))).toBe(true);
  });
});

describe('the age of a ticket', () => {
  it('is what the client counted from its receipt, and a difference to our count is only told', () => {
    const { clock, client, server, connect } = world();
    const [session] = sessionsOf(connect());
    if (session === undefined) throw new Error('no session');
    clock.seconds = 100;
    expect(connect({ session }).server.info?.ticketAgeSkew).toBe(0);
    const late = connectEnds(client, server, { session: { ...session, receivedAt: session.receivedAt + 7000 } });
    expect(resumed(late)).toBe(true);
    expect(late.server.info?.ticketAgeSkew).toBe(-7000);
    const wild = connectEnds(client, server, { session: { ...session, ticketAgeAdd: (session.ticketAgeAdd + 5000) % 2 ** 32 } });
    expect(resumed(wild)).toBe(true);
    expect(wild.server.info?.ticketAgeSkew).toBe(5000);
    expect(wild.client.info?.ticketAgeSkew).toBeUndefined();
  });
});

describe('tickets under rotating keys', () => {
  it('are accepted while their key opens, whatever the newest key is', () => {
    const clock = { now: START };
    const now = () => clock.now;
    const ticketKeys = createTicketKeys(provider, { rotateEvery: 1000, overlap: 500, now });
    const { connect } = world({ now }, { now, ticketSealer: ticketKeys, ticketLifetime: 7200 });
    const [first, second] = sessionsOf(connect());
    clock.now = START + 1_499_000;
    expect(resumed(connect({ session: first }))).toBe(true);
    clock.now = START + 1_500_000;
    expect(resumed(connect({ session: second }))).toBe(false);
  });

  it('are what a server gives by default, for as long as their lifetime says', () => {
    const { clock, connect } = world({}, { ticketLifetime: 600 });
    clock.seconds = 0;
    connect();
    clock.seconds = 86_399;
    const [session] = sessionsOf(connect());
    clock.seconds = 86_400;
    const [younger] = sessionsOf(connect());
    expect(younger?.ticket.subarray(0, 16)).not.toEqual(session?.ticket.subarray(0, 16));
    clock.seconds = 86_399 + 599;
    expect(resumed(connect({ session }))).toBe(true);
    clock.seconds = 86_399 + 600;
    expect(resumed(connect({ session: session && { ...session, lifetime: 604800 } }))).toBe(false);
  });
});

describe('tickets in a store', () => {
  it('are 32 random bytes, good for one resumption, for every server that has the store', () => {
    const ticketStore = createTicketStore({ now: () => START });
    const { connect } = world({}, { ticketStore });
    const elsewhere = world({}, { ticketStore });
    const [first, second] = sessionsOf(connect());
    expect(first?.ticket).toHaveLength(32);
    expect(resumed(elsewhere.connect({ session: first }))).toBe(true);
    expect(resumed(connect({ session: first }))).toBe(false);
    expect(resumed(connect({ session: second }))).toBe(true);
  });

  it('are taken once though there is a HelloRetryRequest', () => {
    const ticketStore = createTicketStore({ now: () => START });
    const [first, second] = sessionsOf(world({}, { ticketStore }).connect());
    const groups = ['x25519', 'secp256r1'];
    expect(resumed(world({ groups }, { ticketStore, groups: ['secp256r1'] }).connect({ session: first }))).toBe(true);
    const cookieSealer = createSealer(provider, new Uint8Array(32), 'cookie');
    expect(resumed(world({}, { ticketStore, cookieSealer, requireCookie: true }).connect({ session: second }))).toBe(true);
  });

  it('may be kept far away', async () => {
    const memory = createTicketStore({ now: () => START });
    const ticketStore: TicketStore = {
      put: async (id, state, expires) => memory.put(id, state, expires),
      take: async (id) => memory.take(id),
    };
    const { client, server } = world({}, { ticketStore });
    const [session] = sessionsOf(await connectEndsLater(client, server));
    expect(resumed(await connectEndsLater(client, server, { session }))).toBe(true);
  });

  it('are either kept or sealed', () => {
    expect(() => world({}, { ticketStore: createTicketStore(), ticketSealer })).toThrow(
      expect.objectContaining({ code: 'ERR_TLS_TICKET_STORE' }),
    );
  });
});

describe('a request for tickets', () => {
  const ask = (newSessionCount: number, resumptionCount: number) => ({ ticketRequest: { newSessionCount, resumptionCount } });
  function received(client: Partial<ClientOptions>, server: Partial<ServerOptions> = {}) {
    const first = world(client, { ticketSealer, ...server }).connect();
    const [session] = sessionsOf(world({}, { ticketSealer }).connect());
    const again = world(client, { ticketSealer, ...server }).connect({ session });
    return [first, again].map((ends) => [sessionsOf(ends).length, ends.client.info?.expectedTickets]);
  }

  it('is met, and answered', () => {
    expect(received(ask(5, 3))).toEqual([
      [5, 5],
      [3, 3],
    ]);
    expect(received(ask(1, 0))).toEqual([
      [1, 1],
      [0, 0],
    ]);
  });

  it('is met up to the limit of the server', () => {
    expect(received(ask(255, 255))).toEqual([
      [8, 8],
      [8, 8],
    ]);
    expect(received(ask(9, 2), { maxRequestedTickets: 3 })).toEqual([
      [3, 3],
      [2, 2],
    ]);
  });

  it('is not answered by a server without tickets', () => {
    expect(received(ask(5, 3), { tickets: 0 })).toEqual([
      [0, undefined],
      [0, undefined],
    ]);
  });

  it('is not made by default', () => {
    expect(received({})).toEqual([
      [2, undefined],
      [1, undefined],
    ]);
  });

  it('stays what it was after a HelloRetryRequest', () => {
    const groups = ['x25519', 'secp256r1'];
    const ends = world({ ...ask(4, 4), groups }, { groups: ['secp256r1'] }).connect();
    expect([resumed(ends), sessionsOf(ends).length]).toEqual([false, 4]);
  });

  it('is from 0 to 255', () => {
    for (const count of [-1, 256, 1.5]) {
      expect(() => world(ask(count, 0))).toThrow(expect.objectContaining({ code: 'ERR_TLS_OPTION_RANGE' }));
      expect(() => world(ask(0, count))).toThrow(expect.objectContaining({ code: 'ERR_TLS_OPTION_RANGE' }));
    }
  });

  it('changes nothing for a client that could not use tickets', () => {
    const modes = { pskKeyExchangeModes: ['psk_ke'] as const };
    expect(received({ ...ask(5, 3), ...modes })[0]).toEqual([0, 0]);
    expect(received(modes)[0]).toEqual([0, undefined]);
  });
});
