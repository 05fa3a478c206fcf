import { beforeAll, describe, expect, it } from 'vitest';
import { type ClientOptions, defineClientConfig, defineServerConfig, type ServerOptions } from '../../src/connection/config.ts';
import { createTlsServer } from '../../src/connection/create.ts';
import { createTestPki, exchangeSync, Recorder, type TestPki } from '../../src/connection/pair.fixture.ts';
import { nodeProvider } from '../../src/crypto/node/provider.ts';
import { createX509Verifier } from '../../src/pki/x509/verifier.ts';
import { createSealer } from '../../src/protocol/session/sealer.ts';
import { connectEnds, type Ends, type EndsOptions, expectAgreement, expectData, outputOf, startEnds } from './ends.ts';

const provider = nodeProvider;
let pki: TestPki;
beforeAll(async () => {
  pki = await createTestPki(provider);
});

const cookies = (key = 5) => createSealer(provider, new Uint8Array(32).fill(key), 'cookie');

function clientConfig(options: Partial<ClientOptions> = {}) {
  const verifier = createX509Verifier({ provider, trustAnchors: pki.anchors });
  return defineClientConfig({ provider, verifier, ...options });
}

function serverConfig(options: Partial<ServerOptions> = {}) {
  const ticketSealer = createSealer(provider, new Uint8Array(32).fill(6), 'ticket');
  return defineServerConfig({
    ...{ provider, credentials: [pki.server], ticketSealer, cookieSealer: cookies(), requireCookie: true },
    ...options,
  });
}

/** The first server sends a HelloRetryRequest and is forgotten; the answer goes to a server that knows nothing but the cookie. */
function continueElsewhere(
  first: Partial<ServerOptions>,
  second: Partial<ServerOptions>,
  client: Partial<ClientOptions> = {},
  options: EndsOptions = {},
): Ends {
  const ends = startEnds(clientConfig(client), serverConfig(first), options);
  ends.server.receive(outputOf(ends.client));
  ends.client.receive(outputOf(ends.server));
  const serverSide = new Recorder();
  const server = createTlsServer(serverConfig(second), { keyLog: true, onEvent: serverSide.onEvent });
  server.start();
  const elsewhere = { ...ends, server, serverSide };
  exchangeSync(elsewhere.client, elsewhere.server);
  return elsewhere;
}

describe('a server that gets the second ClientHello only', () => {
  it('goes on from the cookie', () => {
    const ends = continueElsewhere({}, {});
    expectAgreement(ends);
    expectData(ends);
  });

  it('goes on from the cookie of a server that asked for another group too', () => {
    const groups = { groups: ['secp384r1'] };
    const ends = continueElsewhere(groups, groups);
    expectAgreement(ends);
    expect(ends.client.info?.group?.name).toBe('secp384r1');
    expectData(ends);
  });

  it('goes on without having to require cookies itself', () => {
    expectAgreement(continueElsewhere({}, { requireCookie: false }));
  });

  it('resumes a session on the way', () => {
    const [event] = connectEnds(clientConfig(), serverConfig()).clientSide.of('session');
    const ends = continueElsewhere({}, {}, {}, { session: event?.session });
    expectAgreement(ends);
    expect(ends.client.info?.resumed).toBe(true);
  });

  it('takes a cookie up to a minute old', () => {
    const now = Date.now();
    expectAgreement(continueElsewhere({ now: () => now }, { now: () => now + 60_000 }));
    const late = continueElsewhere({ now: () => now }, { now: () => now + 60_001 });
    expect(late.serverSide.error).toMatchObject({ reason: 'cookie_invalid', alert: 'illegal_parameter' });
    expect(late.clientSide.error).toMatchObject({ description: 'illegal_parameter' });
  });

  it('refuses a cookie that it cannot open', () => {
    const ends = continueElsewhere({}, { cookieSealer: cookies(8) });
    expect(ends.serverSide.error).toMatchObject({ reason: 'cookie_invalid' });
  });

  it('refuses a ticket in place of a cookie, though both are sealed under one key', () => {
    const key = new Uint8Array(32).fill(5);
    const ends = continueElsewhere({ cookieSealer: createSealer(provider, key, 'ticket') }, {});
    expect(ends.serverSide.error).toMatchObject({ reason: 'cookie_invalid' });
  });

  it('refuses a cookie of a suite that it does not have', () => {
    const ends = continueElsewhere({}, { cipherSuites: ['TLS_CHACHA20_POLY1305_SHA256'] });
    expect(ends.serverSide.error).toMatchObject({ reason: 'cookie_invalid' });
  });

  it('refuses a cookie of a group that it does not have', () => {
    const ends = continueElsewhere({ groups: ['secp384r1'] }, { groups: ['x25519'] });
    expect(ends.serverSide.error).toMatchObject({ reason: 'group_changed_after_retry', alert: 'illegal_parameter' });
  });

  it('refuses a second ClientHello without a share for any of its groups', () => {
    const ends = continueElsewhere({}, { groups: ['secp384r1'] });
    expect(ends.serverSide.error).toMatchObject({ reason: 'group_changed_after_retry', alert: 'illegal_parameter' });
  });

  it('asks a first ClientHello for a cookie, as any other', () => {
    const ends = connectEnds(clientConfig(), serverConfig());
    expectAgreement(ends);
  });
});
