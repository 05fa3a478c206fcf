/**
 * Renegotiation of TLS 1.2 between both of our ends: who begins × full or abbreviated × how input is cut, client certificates asked for late,
 * data on the way, several in a row, refusals.
 */

import { beforeAll, describe, expect, it } from 'vitest';
import { type ClientOptions, defineClientConfig, defineServerConfig, type ServerOptions } from '../../src/connection/config.ts';
import type { TlsConnection } from '../../src/connection/connection.ts';
import { createTestPki, exchangeSync, type Recorder, type TestPki } from '../../src/connection/pair.fixture.ts';
import type { RenegotiationOptions } from '../../src/connection/renegotiation.ts';
import { concat, toHex, utf8 } from '../../src/core/bytes/bytes.ts';
import { nodeProvider as provider } from '../../src/crypto/node/provider.ts';
import { createX509Verifier } from '../../src/pki/x509/verifier.ts';
import { createSealer } from '../../src/protocol/session/sealer.ts';
import { createSessionCache } from '../../src/protocol/session/session-cache.ts';
import { asynchronous, asynchronousCredential, asynchronousVerifier } from './asynchronous.ts';
import { CUTS, carryLater, connectEnds, connectEndsLater, type Ends, expectData, startEnds } from './ends.ts';

let pki: TestPki;
let stranger: TestPki;
beforeAll(async () => {
  pki = await createTestPki(provider);
  stranger = await createTestPki(provider);
});

const EXTENDED_MASTER_SECRET = 23;
const ENCRYPT_THEN_MAC = 22;

type Role = 'client' | 'server';
const ROLES: readonly Role[] = ['client', 'server'];
const accepting = { renegotiation: 'accept', versions: ['TLSv1.3', 'TLSv1.2'] } as const;

const verifier = () => createX509Verifier({ provider, trustAnchors: pki.anchors });

function world(client: Partial<ClientOptions> = {}, server: Partial<ServerOptions> = {}) {
  const clientOptions = { provider, verifier: verifier(), credentials: [pki.client], ...accepting, ...client };
  const ticketSealer = createSealer(provider, new Uint8Array(32).fill(1), 'ticket');
  const serverOptions = {
    provider,
    verifier: verifier(),
    credentials: [pki.server],
    ticketSealer,
    ...accepting,
    versions: ['TLSv1.2'] as const,
    ...server,
  };
  return {
    clientOptions,
    serverOptions,
    clientConfig: defineClientConfig(clientOptions),
    serverConfig: defineServerConfig(serverOptions),
  };
}

function connect(client: Partial<ClientOptions> = {}, server: Partial<ServerOptions> = {}, cut = CUTS['whole']?.(0)) {
  const made = world(client, server);
  return { ...made, ...connectEnds(made.clientConfig, made.serverConfig, {}, cut) };
}

const sideOf = (ends: Ends, role: Role): Recorder => (role === 'client' ? ends.clientSide : ends.serverSide);
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const exporterOf = (end: TlsConnection) => toHex(end.exportKeyingMaterial(32, 'EXPORTER-Renegotiation'));

/** Both ends are in the same handshake, and it is not the one before. */
function expectRenegotiated(ends: Ends, times = 1): void {
  const { client, server, clientSide, serverSide } = ends;
  expect([clientSide.error, serverSide.error]).toEqual([undefined, undefined]);
  expect([client.state, server.state, client.renegotiating, server.renegotiating]).toEqual([
    'connected',
    'connected',
    false,
    false,
  ]);
  for (const side of [clientSide, serverSide]) {
    expect(side.of('connected')).toHaveLength(1);
    expect(side.of('renegotiated')).toHaveLength(times);
  }
  expect(clientSide.of('renegotiated').at(-1)?.info).toBe(client.info);
  for (const fact of ['version', 'suite', 'group', 'resumed', 'serverName', 'clientFinished', 'serverFinished'] as const) {
    expect(server.info?.[fact], fact).toEqual(client.info?.[fact]);
  }
  expect(exporterOf(server)).toBe(exporterOf(client));
  expect(server.exportChannelBinding('tls-unique')).toEqual(client.exportChannelBinding('tls-unique'));
}

describe.each(ROLES)('a renegotiation that the %s begins', (role) => {
  describe.each(Object.keys(CUTS))('with input cut: %s', (cutName) => {
    const cut = (CUTS[cutName] as (typeof CUTS)['whole'])(11);

    it.each([
      ['by tickets', {}, false],
      ['by tickets', {}, true],
      ['by ids', { tickets: 0 }, true],
    ])('gives new keys and new facts, sessions %s, resume: %3$s', (_how, options, resume) => {
      const ends = connect({}, { ...options, sessionCache: createSessionCache() }, cut);
      expectData(ends, cut);
      const before = [exporterOf(ends.client), toHex(ends.client.info?.clientFinished as Uint8Array)];
      ends[role].renegotiate({ resume });
      exchangeSync(ends.client, ends.server, cut);
      expectRenegotiated(ends);
      // Whether a client whose server asks offers its session is its own affair: ours does not.
      expect(ends.client.info).toMatchObject({
        resumed: resume && role === 'client',
        version: 'TLSv1.2',
        peer: { kind: 'verified' },
      });
      expect(exporterOf(ends.client)).not.toBe(before[0]);
      expect(toHex(ends.client.info?.clientFinished as Uint8Array)).not.toBe(before[1]);
      expectData(ends, cut);
    });

    it('carries data before, during and after it', () => {
      const ends = connect({}, {}, cut);
      const { client, server, clientSide, serverSide } = ends;
      client.send(utf8('c1 '));
      server.send(utf8('s1 '));
      ends[role].renegotiate();
      client.send(utf8('c2 '));
      server.send(utf8('s2 '));
      exchangeSync(client, server, cut);
      client.send(utf8('c3'));
      server.send(utf8('s3'));
      exchangeSync(client, server, cut);
      expectRenegotiated(ends);
      expect(textOf(serverSide.data)).toBe('c1 c2 c3');
      expect(textOf(clientSide.data)).toBe('s1 s2 s3');
    });

    it('may follow another, up to the limit', () => {
      const ends = connect({}, {}, cut);
      for (let times = 1; times <= 3; times++) {
        ends[role].renegotiate({ resume: times === 2 });
        exchangeSync(ends.client, ends.server, cut);
        expectRenegotiated(ends, times);
        expectData(ends, cut);
      }
    });
  });

  it('needs no leave of the end that begins', () => {
    const refusing = { renegotiation: 'refuse' } as const;
    const ends = role === 'client' ? connect(refusing) : connect({}, refusing);
    ends[role].renegotiate();
    exchangeSync(ends.client, ends.server);
    expectRenegotiated(ends);
  });

  it('is refused by default, and all goes on as before', () => {
    const refusing = { renegotiation: undefined } as const;
    const ends = role === 'client' ? connect({}, refusing) : connect(refusing);
    const info = ends.client.info;
    ends[role].renegotiate();
    ends[role].send(utf8('waits, or not'));
    exchangeSync(ends.client, ends.server);
    expect(sideOf(ends, role).of('renegotiationRefused')).toHaveLength(1);
    expect([ends.clientSide.error, ends.serverSide.error]).toEqual([undefined, undefined]);
    expect([ends.client.renegotiating, ends.server.renegotiating]).toEqual([false, false]);
    expect(textOf(sideOf(ends, role === 'client' ? 'server' : 'client').data)).toBe('waits, or not');
    expect(ends.client.info).toBe(info);
    expectData(ends);
    // It may be asked for again.
    ends[role].renegotiate();
    exchangeSync(ends.client, ends.server);
    expect(sideOf(ends, role).of('renegotiationRefused')).toHaveLength(2);
  });

  it('is refused after refuseRenegotiation()', () => {
    const ends = connect();
    ends[role === 'client' ? 'server' : 'client'].refuseRenegotiation();
    ends[role].renegotiate();
    exchangeSync(ends.client, ends.server);
    expect(sideOf(ends, role).of('renegotiationRefused')).toHaveLength(1);
  });

  it('too often, ends the connection; after ten minutes the count begins anew', () => {
    const clock = { now: Date.now() };
    const now = () => clock.now;
    const ends = connect({ now }, { now, ticketLifetime: 3600 });
    const again = () => {
      ends[role].renegotiate();
      exchangeSync(ends.client, ends.server);
    };
    for (let i = 0; i < 3; i++) again();
    clock.now += 600_000;
    for (let i = 0; i < 3; i++) again();
    expectRenegotiated(ends, 6);
    clock.now += 599_999;
    again();
    const other = role === 'client' ? 'server' : 'client';
    expect(sideOf(ends, other).error).toMatchObject({ limit: 'renegotiations', alert: 'unexpected_message' });
    expect(sideOf(ends, role).error).toMatchObject({ name: 'AlertReceived', description: 'unexpected_message' });
  });

  it('waits for what answers later', async () => {
    const slow = asynchronous(provider);
    const slowVerifier = asynchronousVerifier(createX509Verifier({ provider: slow, trustAnchors: pki.anchors }));
    const { clientConfig, serverConfig, serverOptions } = world(
      {
        provider: slow,
        verifier: slowVerifier,
        groups: ['x25519', 'secp256r1'],
        credentials: [asynchronousCredential(pki.client)],
      },
      {
        provider: slow,
        verifier: slowVerifier,
        groups: ['x25519', 'secp256r1'],
        credentials: [asynchronousCredential(pki.server)],
      },
    );
    const ends = await connectEndsLater(clientConfig, serverConfig);
    const config = defineServerConfig({ ...serverOptions, clientCertificates: 'require' });
    ends[role].renegotiate(role === 'server' ? { config } : {});
    ends.client.send(utf8('there '));
    ends.server.send(utf8('back '));
    await carryLater(ends);
    expectRenegotiated(ends);
    expectData(ends);
    expect(textOf(ends.serverSide.data)).toBe('there to the server');
    expect(ends.server.info?.peer.kind).toBe(role === 'server' ? 'verified' : 'anonymous');
  });

  it('leaves no keying material to export while it is on its way', () => {
    const ends = connect();
    ends[role].renegotiate();
    // A server has only asked so far.
    if (role === 'server') ends.client.receive(concat(...ends.server.takeOutput()));
    for (const take of [() => exporterOf(ends.client), () => ends.client.exportChannelBinding('tls-unique')]) {
      expect(take).toThrow(expect.objectContaining({ code: 'ERR_TLS_RENEGOTIATING' }));
    }
    exchangeSync(ends.client, ends.server);
    expectRenegotiated(ends);
  });

  it('throws while one is on its way, and data waits', () => {
    const ends = connect();
    ends[role].renegotiate();
    expect(() => ends[role].renegotiate()).toThrow(expect.objectContaining({ code: 'ERR_TLS_RENEGOTIATING' }));
    expect(ends.client.renegotiating).toBe(role === 'client');
  });

  it('is crossed by one of the other end, and both are one', () => {
    const ends = connect();
    ends.client.renegotiate();
    ends.server.renegotiate();
    exchangeSync(ends.client, ends.server);
    expectRenegotiated(ends);
    expectData(ends);
  });

  it('lets a close wait, behind the data', () => {
    const ends = connect();
    ends[role].renegotiate();
    ends[role].send(utf8('last words'));
    ends[role].close();
    if (role === 'client')
      expect(() => ends.client.send(utf8('too late'))).toThrow(expect.objectContaining({ code: 'ERR_TLS_NOT_CONNECTED' }));
    exchangeSync(ends.client, ends.server);
    const other = sideOf(ends, role === 'client' ? 'server' : 'client');
    expect(other.error).toBeUndefined();
    expect(textOf(other.data)).toBe('last words');
    expect(other.of('end')).toHaveLength(1);
  });

  it('ends with the connection when the other end closes instead', () => {
    const ends = connect();
    const other = role === 'client' ? 'server' : 'client';
    ends[role].renegotiate();
    ends[role].send(utf8('not to be sent, or sent before'));
    ends[other].close();
    exchangeSync(ends.client, ends.server);
    expect([ends.clientSide.error, ends.serverSide.error]).toEqual([undefined, undefined]);
    expect(sideOf(ends, role).of('end')).toHaveLength(1);
    expect(sideOf(ends, role).of('renegotiated')).toHaveLength(0);
  });

  it('ends with an error when the transport does', () => {
    const ends = connect();
    ends.client.renegotiate();
    ends.client.takeOutput();
    ends.client.receiveEnd();
    expect(ends.clientSide.error).toMatchObject({ name: 'ConnectionLost', reason: 'truncated' });
    expect(ends.client.renegotiating).toBe(false);
  });
});

describe('a client certificate in a renegotiation', () => {
  const demanding = (
    options: Parameters<typeof defineServerConfig>[0],
    how: 'require' | 'request' = 'require',
  ): RenegotiationOptions => ({
    config: defineServerConfig({ ...options, clientCertificates: how }),
  });

  it('is asked for late, and stays', () => {
    const ends = connect();
    expect(ends.server.info?.peer).toEqual({ kind: 'anonymous' });
    ends.server.renegotiate(demanding(ends.serverOptions));
    exchangeSync(ends.client, ends.server);
    expectRenegotiated(ends);
    expect(ends.server.info?.peer).toMatchObject({ kind: 'verified', certificates: pki.client.chain });
    expect(ends.client.info?.localCertificates).toEqual(pki.client.chain);
    // The config holds from then on.
    ends.client.renegotiate();
    exchangeSync(ends.client, ends.server);
    expectRenegotiated(ends, 2);
    expect(ends.server.info?.peer).toMatchObject({ kind: 'verified', certificates: pki.client.chain });
    // So does what the session knows.
    ends.client.renegotiate({ resume: true });
    exchangeSync(ends.client, ends.server);
    expectRenegotiated(ends, 3);
    expect(ends.server.info).toMatchObject({ resumed: true, peer: { kind: 'verified', certificates: pki.client.chain } });
  });

  it('is asked for although the client would rather go on with its session', () => {
    const ends = connect();
    ends.client.renegotiate({ resume: true });
    ends.server.renegotiate(demanding(ends.serverOptions, 'request'));
    exchangeSync(ends.client, ends.server);
    expectRenegotiated(ends);
    expect(ends.server.info).toMatchObject({ resumed: false, peer: { kind: 'verified' } });
  });

  it('may be missing where it is only requested, and not where it is required', () => {
    const polite = connect({ credentials: [] });
    polite.server.renegotiate(demanding(polite.serverOptions, 'request'));
    exchangeSync(polite.client, polite.server);
    expectRenegotiated(polite);
    expect(polite.server.info?.peer).toEqual({ kind: 'anonymous' });
    const strict = connect({ credentials: [] });
    strict.server.renegotiate(demanding(strict.serverOptions));
    exchangeSync(strict.client, strict.server);
    expect(strict.serverSide.error).toMatchObject({ reason: 'certificate_missing' });
    expect(strict.server.state).toBe('closed');
  });

  it('that is not trusted ends the connection', () => {
    const ends = connect({ credentials: [stranger.client] });
    ends.server.renegotiate(demanding(ends.serverOptions));
    exchangeSync(ends.client, ends.server);
    expect(ends.serverSide.error).toMatchObject({ name: 'CertificateInvalid' });
  });

  it('may not become another, not even after one in which nothing was shown', () => {
    const both = createX509Verifier({ provider, trustAnchors: [...pki.anchors, ...stranger.anchors] });
    const ends = connect({}, { clientCertificates: 'request', verifier: both });
    const become = (credentials: NonNullable<ClientOptions['credentials']>) => {
      ends.client.renegotiate({ config: defineClientConfig({ ...ends.clientOptions, credentials }) });
      exchangeSync(ends.client, ends.server);
    };
    expect(ends.server.info?.peer).toMatchObject({ certificates: pki.client.chain });
    become([]);
    expectRenegotiated(ends);
    expect(ends.server.info?.peer).toEqual({ kind: 'anonymous' });
    become([stranger.client]);
    expect(ends.serverSide.error).toMatchObject({ reason: 'certificate_changed', alert: 'handshake_failure' });
    expect(ends.serverSide.of('renegotiated')).toHaveLength(1);
  });
});

describe('a renegotiation keeps', () => {
  it('the certificate of the server', () => {
    const ends = connect({ verifier: createX509Verifier({ provider, trustAnchors: [...pki.anchors, ...stranger.anchors] }) });
    ends.server.renegotiate({ config: defineServerConfig({ ...ends.serverOptions, credentials: [stranger.server] }) });
    exchangeSync(ends.client, ends.server);
    expect(ends.clientSide.error).toMatchObject({ reason: 'certificate_changed', alert: 'handshake_failure' });
    expect(ends.clientSide.of('renegotiated')).toHaveLength(0);
  });

  it('the version, though both ends have a newer one by then', () => {
    const ends = connect();
    const modern = defineServerConfig({ ...ends.serverOptions, versions: ['TLSv1.3', 'TLSv1.2'] });
    ends.server.renegotiate({ config: modern });
    exchangeSync(ends.client, ends.server);
    expectRenegotiated(ends);
    expect(ends.client.info?.version).toBe('TLSv1.2');
  });

  it('encrypt_then_mac (RFC 7366 §3.1)', () => {
    const cbc = { cipherSuites: ['TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256'], versions: undefined };
    const lax = { ...cbc, insecureMacThenEncrypt: true };
    const ends = connect(lax, lax);
    const forgetful = defineClientConfig({
      ...ends.clientOptions,
      shapeClientHello: (list) => list.filter(({ type }) => type !== ENCRYPT_THEN_MAC),
    });
    ends.client.renegotiate();
    exchangeSync(ends.client, ends.server);
    expectRenegotiated(ends);
    ends.client.renegotiate({ config: forgetful });
    exchangeSync(ends.client, ends.server);
    expect(ends.serverSide.error).toMatchObject({ name: 'PeerIncompatible', subject: 'suite' });
  });

  it('MAC-then-encrypt going where it was allowed', () => {
    const lax = { cipherSuites: ['TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256'], versions: undefined, insecureMacThenEncrypt: true };
    const ends = connect({ ...lax, shapeClientHello: (list) => list.filter(({ type }) => type !== ENCRYPT_THEN_MAC) }, lax);
    ends.client.renegotiate();
    exchangeSync(ends.client, ends.server);
    expectRenegotiated(ends);
  });

  it('the suite no longer than both ends like', () => {
    const ends = connect();
    const other = 'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256';
    ends.client.renegotiate({ config: defineClientConfig({ ...ends.clientOptions, cipherSuites: [other] }) });
    exchangeSync(ends.client, ends.server);
    expectRenegotiated(ends);
    expect(ends.server.info?.suite.name).toBe(other);
    expectData(ends);
  });
});

describe('no renegotiation begins', () => {
  const codeOf = (act: () => void) => {
    try {
      act();
    } catch (error) {
      return (error as { code: string }).code;
    }
    return undefined;
  };

  it('in TLS 1.3', () => {
    const ends = connect({}, { versions: ['TLSv1.3'] });
    for (const role of ROLES) expect(codeOf(() => ends[role].renegotiate())).toBe('ERR_TLS_NO_RENEGOTIATION');
  });

  it('before there is a connection, nor after it', () => {
    const made = world();
    const started = startEnds(made.clientConfig, made.serverConfig);
    for (const role of ROLES) expect(codeOf(() => started[role].renegotiate())).toBe('ERR_TLS_NOT_CONNECTED');
    const ends = connect();
    ends.client.close();
    expect(codeOf(() => ends.client.renegotiate())).toBe('ERR_TLS_NOT_CONNECTED');
    exchangeSync(ends.client, ends.server);
    expect(codeOf(() => ends.server.renegotiate())).toBe('ERR_TLS_NOT_CONNECTED');
  });

  it('without extended_master_secret, whoever asks', () => {
    const ends = connect({ shapeClientHello: (list) => list.filter(({ type }) => type !== EXTENDED_MASTER_SECRET) });
    for (const role of ROLES) expect(codeOf(() => ends[role].renegotiate())).toBe('ERR_TLS_RENEGOTIATION_INSECURE');
  });

  it('with the config of another role, or of another version', () => {
    const ends = connect();
    expect(codeOf(() => ends.client.renegotiate({ config: ends.serverConfig }))).toBe('ERR_TLS_OPTION_RANGE');
    const modern = defineServerConfig({ ...ends.serverOptions, versions: ['TLSv1.3'] });
    expect(codeOf(() => ends.server.renegotiate({ config: modern }))).toBe('ERR_TLS_OPTION_RANGE');
  });

  it('by a policy that is none', () => {
    expect(codeOf(() => world({ renegotiation: 'secure' as never }))).toBe('ERR_TLS_UNKNOWN_NAME');
  });
});
