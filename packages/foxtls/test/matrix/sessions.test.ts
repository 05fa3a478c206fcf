import { beforeAll, describe, expect, it } from 'vitest';
import { type ClientOptions, defineClientConfig, defineServerConfig, type ServerOptions } from '../../src/connection/config.ts';
import { createTestPki, type TestPki } from '../../src/connection/pair.fixture.ts';
import { fromHex, toHex } from '../../src/core/bytes/bytes.ts';
import { nodeProvider } from '../../src/crypto/node/provider.ts';
import { createX509Verifier, reportOnly, trustWithoutVerification } from '../../src/pki/x509/verifier.ts';
import { ClientHello, readMessage } from '../../src/protocol/messages/messages.ts';
import type { ClientSession } from '../../src/protocol/session/client-session.ts';
import { createSealer, type Sealer } from '../../src/protocol/session/sealer.ts';
import { connectEnds, type Ends, expectAgreement, expectData, outputOf, startEnds } from './ends.ts';

const provider = nodeProvider;
const DAY = 24 * 3600 * 1000;
let pki: TestPki;
let stranger: TestPki;
beforeAll(async () => {
  pki = await createTestPki(provider);
  stranger = await createTestPki(provider);
});

const sealer = (key = 1): Sealer => createSealer(provider, new Uint8Array(32).fill(key), 'ticket');
const strict = () => createX509Verifier({ provider, trustAnchors: pki.anchors });

function clientConfig(options: Partial<ClientOptions> = {}) {
  return defineClientConfig({ provider, verifier: strict(), ...options });
}

function serverConfig(options: Partial<ServerOptions> = {}) {
  return defineServerConfig({ provider, credentials: [pki.server], ticketSealer: sealer(), ...options });
}

/** A session out of a full handshake. */
function sessionOf(client = clientConfig(), server = serverConfig()): ClientSession {
  const [event] = connectEnds(client, server).clientSide.of('session');
  if (event === undefined) throw new Error('no session');
  return event.session;
}

/** Whether the first ClientHello of a client offers a session. */
function offersSession(config: ReturnType<typeof clientConfig>, session: ClientSession, serverName?: string): boolean {
  const { client } = startEnds(config, serverConfig(), { session, serverName });
  const message = outputOf(client).subarray(5);
  const hello = readMessage(ClientHello, { type: 1, body: message.subarray(4), bytes: message, sequence: 0 });
  return hello.extensions.values.pre_shared_key !== undefined;
}

function expectResumed(ends: Ends, resumed: boolean): void {
  expectAgreement(ends);
  expect(ends.client.info?.resumed).toBe(resumed);
  expectData(ends);
}

describe('a session', () => {
  it('survives structuredClone', () => {
    const session = structuredClone(sessionOf());
    expectResumed(connectEnds(clientConfig(), serverConfig(), { session }), true);
  });

  it('survives JSON with bytes as hexadecimal', () => {
    const text = JSON.stringify(sessionOf(), (_, value: unknown) =>
      value instanceof Uint8Array ? { hex: toHex(value) } : value,
    );
    const session = JSON.parse(text, (_, value: { hex?: string }) =>
      typeof value?.hex === 'string' ? fromHex(value.hex) : value,
    ) as ClientSession;
    expectResumed(connectEnds(clientConfig(), serverConfig(), { session }), true);
  });

  it('keeps who the server is', () => {
    const session = sessionOf();
    const ends = connectEnds(clientConfig(), serverConfig(), { session });
    expect(ends.client.info?.peer).toMatchObject({ kind: 'verified', certificates: pki.server.chain });
  });

  it('can be used again and again, and gives new ones', () => {
    let session = sessionOf();
    for (let i = 0; i < 3; i++) {
      const ends = connectEnds(clientConfig(), serverConfig(), { session });
      expectResumed(ends, true);
      session = ends.clientSide.of('session')[0]?.session ?? session;
    }
    expectResumed(connectEnds(clientConfig(), serverConfig(), { session }), true);
  });

  it('is offered until its lifetime is over', () => {
    const session = sessionOf();
    const at = (age: number) => clientConfig({ now: () => session.receivedAt + age });
    expect(offersSession(at(session.lifetime * 1000 - 1), session)).toBe(true);
    expect(offersSession(at(session.lifetime * 1000), session)).toBe(false);
  });

  it('lives seven days at most, whatever the server says', () => {
    const session = { ...sessionOf(), lifetime: 604800 };
    expect(offersSession(clientConfig({ now: () => session.receivedAt + 7 * DAY }), session)).toBe(false);
  });

  it('is not offered under another name', () => {
    const session = sessionOf();
    expect(offersSession(clientConfig(), session, 'www.example.test')).toBe(false);
  });

  it('is not offered when its suite is not', () => {
    const session = sessionOf(clientConfig({ cipherSuites: ['TLS_AES_256_GCM_SHA384'] }));
    expect(offersSession(clientConfig({ cipherSuites: ['TLS_AES_128_GCM_SHA256'] }), session)).toBe(false);
  });

  it('of a server that was not verified is not offered where verification is asked for', () => {
    const unverified = sessionOf(clientConfig({ verifier: trustWithoutVerification('a test') }));
    expect(unverified.peer.kind).toBe('unverified');
    expect(offersSession(clientConfig(), unverified)).toBe(false);
    expect(offersSession(clientConfig({ verifier: trustWithoutVerification('a test') }), unverified)).toBe(true);
  });
});

describe('a server', () => {
  it('without tickets sends none and takes none', () => {
    const ends = connectEnds(clientConfig(), serverConfig({ tickets: 0 }));
    expect(ends.clientSide.of('session')).toEqual([]);
    expectResumed(connectEnds(clientConfig(), serverConfig({ tickets: 0 }), { session: sessionOf() }), false);
  });

  it('makes a full handshake of the ticket of another server', () => {
    expectResumed(connectEnds(clientConfig(), serverConfig({ ticketSealer: sealer(2) }), { session: sessionOf() }), false);
  });

  it('takes the ticket of a server that has the same sealer', () => {
    expectResumed(connectEnds(clientConfig(), serverConfig({ credentials: [pki.server] }), { session: sessionOf() }), true);
  });

  it('makes a full handshake of a ticket that is too old for it, whatever the client thinks', () => {
    const session = { ...sessionOf(clientConfig(), serverConfig({ ticketLifetime: 60 })), lifetime: 604800 };
    const late = () => Date.now() + 61_000;
    expectResumed(connectEnds(clientConfig({ now: late }), serverConfig({ now: late }), { session }), false);
  });

  it('makes a full handshake of a ticket from the future', () => {
    const session = sessionOf();
    expectResumed(connectEnds(clientConfig(), serverConfig({ now: () => Date.now() - DAY }), { session }), false);
  });

  it('makes a full handshake when the suite has another hash', () => {
    const session = sessionOf(clientConfig({ cipherSuites: ['TLS_AES_128_GCM_SHA256'] }));
    const server = serverConfig({ cipherSuites: ['TLS_AES_256_GCM_SHA384'] });
    expectResumed(connectEnds(clientConfig(), server, { session }), false);
  });

  it('makes a full handshake when the session is of another name', () => {
    const serverName = 'www.example.test';
    const session = { ...sessionOf(), serverName };
    expectResumed(connectEnds(clientConfig(), serverConfig(), { session, serverName }), false);
  });

  it('does not take a cookie for a ticket', () => {
    const key = new Uint8Array(32).fill(1);
    const cookie = createSealer(provider, key, 'cookie').seal(new Uint8Array(100)) as Uint8Array;
    expectResumed(connectEnds(clientConfig(), serverConfig(), { session: { ...sessionOf(), ticket: cookie } }), false);
  });

  it('does not let a ticket of an anonymous client past a demand for certificates', () => {
    const demanding = serverConfig({ clientCertificates: 'require', verifier: strict() });
    const ends = connectEnds(clientConfig({ credentials: [pki.client] }), demanding, { session: sessionOf() });
    expectResumed(ends, false);
    expect(ends.server.info?.peer.kind).toBe('verified');
  });

  it('does not let a ticket of an unverified client past a verifier that refuses it', () => {
    const impostor = clientConfig({ credentials: [stranger.client] });
    const lax = serverConfig({ clientCertificates: 'require', verifier: reportOnly(strict()) });
    const session = sessionOf(impostor, lax);
    const again = connectEnds(impostor, lax, { session });
    expectResumed(again, true);
    expect(again.server.info?.peer.kind).toBe('unverified');
    for (const clientCertificates of ['require', 'request'] as const) {
      const ends = connectEnds(impostor, serverConfig({ clientCertificates, verifier: strict() }), { session });
      expect(ends.serverSide.error, clientCertificates).toMatchObject({ name: 'CertificateInvalid', reason: 'issuer_unknown' });
      expect(ends.server.info?.peer).toBeUndefined();
    }
  });
});
