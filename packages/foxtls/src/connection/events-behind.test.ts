/**
 * Bytes that arrive together do all that they do before their events are delivered, one after another: what a listener may do while the
 * connection is further than it knows.
 */

import { beforeAll, describe, expect, it } from 'vitest';
import { concat, utf8 } from '../core/bytes/bytes.ts';
import { ApiMisuse, type TlsError } from '../core/errors/errors.ts';
import { nodeProvider as provider } from '../crypto/node/provider.ts';
import { createX509Verifier } from '../pki/x509/verifier.ts';
import { defineClientConfig, defineServerConfig } from './config.ts';
import type { TlsConnection, TlsEvent } from './connection.ts';
import { createTlsClient, createTlsServer } from './create.ts';
import { createDtlsClient, createDtlsServer } from './create-dtls.ts';
import type { DtlsConnection } from './datagram-connection.ts';
import { createTestPki, exchangeSync, Recorder, type TestPki } from './pair.fixture.ts';

let pki: TestPki;
beforeAll(async () => {
  pki = await createTestPki(provider);
});

/** A record that is none under the keys of the connection. */
const FAULT = Uint8Array.of(23, 3, 3, 0, 20, ...new Uint8Array(20));

const VERSIONS = ['TLSv1.3', 'TLSv1.2'] as const;
type Version = (typeof VERSIONS)[number];

/** A server that gets the last flight of the client's handshake, data, and a fault, in one piece; `react` is called with its events. */
function faultWithFinished(version: Version, react: (server: TlsConnection, event: TlsEvent) => void) {
  const common = { provider, versions: [version] };
  const config = defineServerConfig({ ...common, credentials: [pki.server], tickets: 0, heartbeat: 'peer_allowed_to_send' });
  const recorder = new Recorder();
  const server = createTlsServer(config, {
    onEvent(event) {
      recorder.onEvent(event);
      react(server, event);
    },
  });
  const verifier = createX509Verifier({ provider, trustAnchors: pki.anchors });
  const client = createTlsClient(defineClientConfig({ ...common, verifier, heartbeat: 'peer_allowed_to_send' }), {
    serverName: 'localhost',
    onEvent: ({ type }) => type === 'connected' && client.send(utf8('hello')),
  });
  server.start();
  client.start();
  server.receive(concat(...client.takeOutput()));
  for (const bytes of server.takeOutput()) client.receive(bytes);
  server.receive(concat(...client.takeOutput(), FAULT));
  return { types: recorder.events.map(({ type }) => type).filter((type) => type !== 'output'), server };
}

describe('a connection that the peer ended in the bytes that opened it', () => {
  it('drops what a listener does that does not know yet, and throws nothing at whoever carries the bytes', () => {
    const { types } = faultWithFinished('TLSv1.3', (server, { type }) => {
      if (type !== 'connected' && type !== 'data') return;
      server.send(utf8('welcome'));
      server.updateKeys();
      server.sendHeartbeat();
      if (type === 'data') server.close();
    });
    expect(types).toEqual(['connected', 'data', 'error']);
  });

  it('still tells a listener that closed it of what came before', () => {
    const react = (server: TlsConnection, { type }: TlsEvent) => {
      if (type === 'connected') server.close();
    };
    expect(faultWithFinished('TLSv1.3', react).types).toEqual(['connected', 'data', 'error']);
  });

  it('throws ApiMisuse at one that was told of the error', () => {
    const thrown: unknown[] = [];
    const { server } = faultWithFinished('TLSv1.3', (server, { type }) => {
      if (type !== 'error') return;
      try {
        server.send(utf8('too late'));
      } catch (error) {
        thrown.push(error);
      }
    });
    expect(thrown).toEqual([expect.any(ApiMisuse)]);
    expect(() => server.send(utf8('later still'))).toThrow(ApiMisuse);
  });

  it('delivers nothing more to one that aborted it', () => {
    const react = (server: TlsConnection, { type }: TlsEvent) => {
      if (type === 'connected') server.abort();
    };
    expect(faultWithFinished('TLSv1.3', react).types).toEqual(['connected']);
  });
});

it('abort delivers nothing more, though more had come with what was delivered', () => {
  const { client, server, received } = openPair('TLSv1.3');
  received.react = () => server.abort();
  client.send(utf8('one'));
  client.send(utf8('two'));
  server.receive(concat(...client.takeOutput()));
  expect(received.data).toHaveLength(1);
});

it('a peer that closes in a renegotiation of TLS 1.2, behind data, makes no mistake of an answer to the data', () => {
  const { client, server, received } = openPair('TLSv1.2');
  received.react = () => client.send(utf8('answer'));
  client.renegotiate();
  server.send(utf8('question'));
  server.close();
  client.receive(concat(...server.takeOutput()));
  expect(received.data).toHaveLength(1);
  expect(client.state).toBe('closed');
});

it('a peer that closes behind data makes no mistake of a renegotiation that the data asks for', () => {
  const { client, server, received } = openPair('TLSv1.2');
  received.react = () => server.renegotiate();
  client.send(utf8('who am I?'));
  client.close();
  server.receive(concat(...client.takeOutput()));
  expect(received.data).toHaveLength(1);
  expect(() => server.renegotiate()).toThrow(ApiMisuse);
});

describe.each(VERSIONS)('over datagrams of D%s', (version) => {
  it('a peer that closes behind data makes no mistake of an answer to the data', () => {
    const { client, server, received } = openDatagramPair(version);
    received.react = () => {
      server.send(utf8('answer'));
      server.sendHeartbeat();
      server.probeMtu(1400);
      server.requestConnectionIds(1);
    };
    client.send(utf8('question'));
    client.close();
    server.receive(concat(...client.takeOutput()));
    expect(received.data).toHaveLength(1);
    expect(server.state).toBe('closed');
    expect(() => server.send(utf8('too late'))).toThrow(ApiMisuse);
  });

  it('abort delivers nothing more, though more had come with what was delivered', () => {
    const { client, server, received } = openDatagramPair(version);
    received.react = () => server.abort();
    client.send(utf8('one'));
    client.send(utf8('two'));
    server.receive(concat(...client.takeOutput()));
    expect(received.data).toHaveLength(1);
  });

  it('a client that gives its handshake up is said to have done so, not to have closed', () => {
    const { server, client, received } = datagramPair(version);
    server.start();
    client.start();
    for (const datagram of client.takeOutput()) server.receive(datagram);
    client.close();
    for (const datagram of client.takeOutput()) server.receive(datagram);
    expect(received.errors).toMatchObject([{ description: 'user_canceled' }]);
  });
});

/** Neither has begun; `received` is what came at either. */
function datagramPair(version: Version) {
  const received = { data: [] as Uint8Array[], errors: [] as TlsError[], react: () => {} };
  const onEvent = (event: TlsEvent) => {
    if (event.type === 'error') received.errors.push(event.error);
    if (event.type !== 'data') return;
    received.data.push(event.data);
    received.react();
  };
  const common = { provider, versions: [version] };
  const verifier = createX509Verifier({ provider, trustAnchors: pki.anchors });
  const server = createDtlsServer(defineServerConfig({ ...common, credentials: [pki.server] }), { onEvent });
  const client = createDtlsClient(defineClientConfig({ ...common, verifier }), { serverName: 'localhost', onEvent });
  return { client, server, received };
}

/** Both ends connected. */
function openDatagramPair(version: Version) {
  const pair = datagramPair(version);
  const { client, server } = pair;
  server.start();
  client.start();
  const carry = (from: DtlsConnection, to: DtlsConnection) => {
    const datagrams = from.takeOutput();
    for (const datagram of datagrams) to.receive(datagram);
    return datagrams.length;
  };
  while (carry(client, server) + carry(server, client) > 0);
  expect([client.state, server.state]).toEqual(['connected', 'connected']);
  return pair;
}

/** Both ends connected; `received` is what came at either. */
function openPair(version: Version) {
  const received = { data: [] as Uint8Array[], react: () => {} };
  const onEvent = (event: TlsEvent) => {
    if (event.type !== 'data') return;
    received.data.push(event.data);
    received.react();
  };
  const common = { provider, versions: [version] };
  const verifier = createX509Verifier({ provider, trustAnchors: pki.anchors });
  const server = createTlsServer(defineServerConfig({ ...common, credentials: [pki.server] }), { onEvent });
  const client = createTlsClient(defineClientConfig({ ...common, verifier }), { serverName: 'localhost', onEvent });
  server.start();
  client.start();
  exchangeSync(client, server);
  expect([client.state, server.state]).toEqual(['connected', 'connected']);
  return { client, server, received };
}
