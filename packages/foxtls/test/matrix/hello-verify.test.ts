/**
 * The cookie exchange of DTLS 1.2 between both of our flows (RFC 6347 §4.2.1), and what DTLS 1.3 makes of it (RFC 9147 §5).
 */

import { beforeAll, describe, expect, it } from 'vitest';
import { type ClientOptions, defineClientConfig, defineServerConfig, type ServerOptions } from '../../src/connection/config.ts';
import { createTestPki, type TestPki } from '../../src/connection/pair.fixture.ts';
import { equal, toHex, utf8 } from '../../src/core/bytes/bytes.ts';
import { nodeProvider as provider } from '../../src/crypto/node/provider.ts';
import { createX509Verifier } from '../../src/pki/x509/verifier.ts';
import {
  DatagramClientHello,
  HelloVerifyRequest,
  type RawMessage,
  readMessage,
  writeMessage,
} from '../../src/protocol/messages/messages.ts';
import { createSealer, type Sealer } from '../../src/protocol/session/sealer.ts';
import {
  carryMessages,
  clientEnd,
  connectLoopbackEnds,
  type LoopbackEnd,
  type LoopbackEnds,
  type LoopbackOptions,
  serverEnd,
} from './loopback-ends.ts';

let pki: TestPki;
beforeAll(async () => {
  pki = await createTestPki(provider);
});

const cookies = (key = 5) => createSealer(provider, new Uint8Array(32).fill(key), 'cookie');
const ticketSealer = createSealer(provider, new Uint8Array(32).fill(6), 'ticket');
const TWO = ['TLSv1.3', 'TLSv1.2'] as const;
const OLD = ['TLSv1.2'] as const;

function clientConfig(options: Partial<ClientOptions> = {}) {
  const verifier = createX509Verifier({ provider, trustAnchors: pki.anchors });
  return defineClientConfig({ provider, verifier, versions: TWO, ...options });
}

function serverConfig(options: Partial<ServerOptions> = {}) {
  return defineServerConfig({
    ...{ provider, credentials: [pki.server], ticketSealer, cookieSealer: cookies(), requireCookie: true, versions: OLD },
    ...options,
  });
}

const here = { server: { peerAddress: utf8('here') } };

function connect(client: Partial<ClientOptions> = {}, server: Partial<ServerOptions> = {}, options: LoopbackOptions = here) {
  return connectLoopbackEnds(clientConfig(client), serverConfig(server), options);
}

function expectAgreement({ client, server }: LoopbackEnds): void {
  expect([client.error, server.error]).toEqual([undefined, undefined]);
  expect(client.established?.clientFinished).toEqual(server.established?.clientFinished);
  expect(client.established?.serverFinished).toEqual(server.established?.serverFinished);
}

const typesOf = ({ sent }: LoopbackEnds) => sent.slice(0, 4).map(({ by, type, sequence }) => `${by} ${type} ${sequence}`);
const readHello = (message: RawMessage | undefined) => readMessage(DatagramClientHello, message as RawMessage);

/** A client at its first ClientHello, and what it says. */
function startClient(options: Partial<ClientOptions> = {}): { client: LoopbackEnd; first: RawMessage } {
  const client = clientEnd(clientConfig(options));
  return { client, first: client.transport.takeMessages()[0] as RawMessage };
}

/** What a server that has seen nothing yet says to a ClientHello. */
function answerOf(hello: RawMessage, server: Partial<ServerOptions> = {}, peerAddress = utf8('here')): LoopbackEnd {
  const end = serverEnd(serverConfig(server), { server: { peerAddress } }, hello.sequence);
  end.receive(hello);
  return end;
}

const typeOfAnswer = (end: LoopbackEnd) => end.transport.takeMessages()[0]?.type;
const cookieOf = (end: LoopbackEnd) => readMessage(HelloVerifyRequest, end.transport.takeMessages()[0] as RawMessage).cookie;

function withCookie(hello: RawMessage, legacyCookie: Uint8Array, changes: object = {}): RawMessage {
  const bytes = writeMessage(DatagramClientHello, { ...readHello(hello), legacyCookie, ...changes });
  return { type: 1, body: bytes.subarray(4), bytes, sequence: 1 };
}

describe('a server of DTLS 1.2 that requires a cookie', () => {
  it('asks for it once, and goes on when it comes back', () => {
    const ends = connect();
    expectAgreement(ends);
    expect(typesOf(ends)).toEqual(['client 1 0', 'server 3 0', 'client 1 1', 'server 2 1']);
    expect(ends.server.established?.version).toBe('TLSv1.2');
  });

  it('says version 1.0 in its request, with a cookie of 32 bytes', () => {
    const { body } = connect().sent[1] as RawMessage;
    expect(toHex(body.subarray(0, 3))).toBe('feff20');
    expect(body).toHaveLength(3 + 32);
  });

  it('gets the same ClientHello again, with the cookie in it', () => {
    const { sent } = connect({ grease: true, permuteExtensions: true });
    const [first, second] = [readHello(sent[0]), readHello(sent[2])];
    const { cookie } = readMessage(HelloVerifyRequest, sent[1] as RawMessage);
    expect(first.legacyCookie).toEqual(new Uint8Array(0));
    expect(second).toEqual({ ...first, legacyCookie: cookie });
  });

  it('goes on at the second ClientHello, knowing nothing of the first', () => {
    const { client, first } = startClient();
    client.receive(answerOf(first).transport.takeMessages()[0] as RawMessage);
    const server = serverEnd(serverConfig(), here, 1);
    const ends = { client, server, sent: [] };
    carryMessages(ends);
    expectAgreement(ends);
    expect(typesOf(ends)).toEqual(['client 1 1', 'server 2 1', 'server 11 2', 'server 12 3']);
  });

  it('resumes a session behind it', () => {
    const session = connect().client.established?.session?.session;
    const ends = connect({}, {}, { ...here, session });
    expectAgreement(ends);
    expect(ends.client.established?.resumed).toBe(true);
  });

  it('takes a sealer that cannot seal beside anything', () => {
    const { seal, open } = ((sealer: Sealer) => ({
      seal: (plaintext: Uint8Array) => sealer.seal(plaintext),
      open: (sealed: Uint8Array) => sealer.open(sealed),
    }))(cookies());
    const ends = connect({}, { cookieSealer: { seal, open } });
    expectAgreement(ends);
    expect(typesOf(ends)[1]).toBe('server 3 0');
  });

  it('is the caller to blame for when its sealer makes too much', () => {
    const cookieSealer = { seal: () => new Uint8Array(256), open: () => undefined };
    expect(connect({}, { cookieSealer }).server.error).toMatchObject({ code: 'ERR_TLS_COOKIE_SIZE' });
  });

  it('does not ask a client that gets DTLS 1.3, whose cookies stand in an extension', () => {
    const ends = connect({}, { versions: TWO });
    expectAgreement(ends);
    expect(typesOf(ends)).toEqual(['client 1 0', 'server 2 0', 'client 1 1', 'server 2 1']);
    expect(readHello(ends.sent[2]).extensions.values.cookie).toBeDefined();
  });
});

describe('a cookie', () => {
  const HELLO_VERIFY_REQUEST = 3;
  const SERVER_HELLO = 2;

  it('is good for the address that it was given to, and for no other', () => {
    const { first } = startClient();
    const hello = withCookie(first, cookieOf(answerOf(first)));
    expect(typeOfAnswer(answerOf(hello))).toBe(SERVER_HELLO);
    expect(typeOfAnswer(answerOf(hello, {}, utf8('elsewhere')))).toBe(HELLO_VERIFY_REQUEST);
  });

  it.each([
    ['random', { random: new Uint8Array(32) }],
    ['cipher_suites', { cipherSuites: [0xc02b, 0xc02c] }],
    ['session_id', { legacySessionId: new Uint8Array(32) }],
    ['compression_methods', { legacyCompressionMethods: Uint8Array.of(0, 1) }],
    ['version', { legacyVersion: 0xfefc }],
  ])('is not good for a ClientHello with another %s', (_what, changes) => {
    const { first } = startClient({ versions: OLD });
    const cookie = cookieOf(answerOf(first));
    expect(typeOfAnswer(answerOf(withCookie(first, cookie)))).toBe(SERVER_HELLO);
    expect(typeOfAnswer(answerOf(withCookie(first, cookie, changes)))).toBe(HELLO_VERIFY_REQUEST);
  });

  it('is good for a minute', () => {
    const { first } = startClient();
    const hello = withCookie(first, cookieOf(answerOf(first, { now: () => 1_000_000 })));
    expect(typeOfAnswer(answerOf(hello, { now: () => 1_060_000 }))).toBe(SERVER_HELLO);
    expect(typeOfAnswer(answerOf(hello, { now: () => 1_062_000 }))).toBe(HELLO_VERIFY_REQUEST);
    expect(typeOfAnswer(answerOf(hello, { now: () => 990_000 }))).toBe(HELLO_VERIFY_REQUEST);
  });

  it.each([
    ['under another key', () => createSealer(provider, new Uint8Array(32), 'cookie').seal(new Uint8Array(4))],
    ['that is rubbish', () => new Uint8Array(32).fill(7)],
    ['that is short', () => Uint8Array.of(1)],
  ])('%s is treated as none', (_what, cookie) => {
    expect(typeOfAnswer(answerOf(withCookie(startClient().first, cookie())))).toBe(HELLO_VERIFY_REQUEST);
  });

  it('of DTLS 1.3 is good for the address that it was given to, and for no other', () => {
    for (const [peerAddress, error] of [
      [utf8('here'), undefined],
      [utf8('elsewhere'), { reason: 'cookie_invalid', alert: 'illegal_parameter' }],
    ] as const) {
      const { client, first } = startClient();
      client.receive(answerOf(first, { versions: TWO }).transport.takeMessages()[0] as RawMessage);
      const second = client.transport.takeMessages()[0] as RawMessage;
      const server = answerOf(second, { versions: TWO }, peerAddress);
      if (error === undefined) expect(server.error).toBeUndefined();
      else expect(server.error).toMatchObject(error);
    }
  });
});

describe('a client that is asked for a cookie', () => {
  const request = (sequence: number, cookie = utf8(`cookie ${sequence}`)): RawMessage => {
    const bytes = writeMessage(HelloVerifyRequest, { serverVersion: 0xfefd, cookie });
    return { type: 3, body: bytes.subarray(4), bytes, sequence };
  };

  it('answers a second request, by a server that has changed its keys, and no endless row of them', () => {
    const { client } = startClient();
    for (let i = 0; i < 4; i++) {
      client.receive(request(i));
      expect(readHello(client.transport.takeMessages()[0]).legacyCookie).toEqual(utf8(`cookie ${i}`));
    }
    client.receive(request(4));
    expect(client.error).toMatchObject({ reason: 'hello_verify_request_repeated', alert: 'unexpected_message' });
  });

  it('does not expect that when it speaks DTLS 1.3 alone', () => {
    const { client } = startClient({ versions: ['TLSv1.3'] });
    client.receive(request(0));
    expect(client.error).toMatchObject({ reason: 'message_unexpected', alert: 'unexpected_message' });
  });

  it('does not go on in DTLS 1.3, neither with a ServerHello nor with a HelloRetryRequest', () => {
    for (const requireCookie of [false, true]) {
      const { client } = startClient();
      client.receive(request(0));
      const second = client.transport.takeMessages()[0] as RawMessage;
      const server = serverEnd(serverConfig({ versions: TWO, requireCookie }), here, 1);
      server.receive(withCookie(second, new Uint8Array(0)));
      client.receive(server.transport.takeMessages()[0] as RawMessage);
      expect(client.error).toMatchObject({ reason: 'version_after_hello_verify_request', alert: 'illegal_parameter' });
    }
  });

  it('binds its pre-shared keys to the ClientHello that it sends then', () => {
    const key = { identity: utf8('sensor-17'), key: new Uint8Array(32).fill(17) };
    const { client, first } = startClient({ preSharedKeys: [key] });
    client.receive(request(0));
    const second = client.transport.takeMessages()[0] as RawMessage;
    const bindersOf = (message: RawMessage) => readHello(message).extensions.values.pre_shared_key?.binders[0];
    expect(bindersOf(second)).toHaveLength(32);
    expect(bindersOf(second)).not.toEqual(bindersOf(first));
    expect(equal(readHello(first).random, readHello(second).random)).toBe(true);
  });
});
