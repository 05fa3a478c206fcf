import { beforeAll, describe, expect, it } from 'vitest';
import { concat, EMPTY, fromHex, utf8 } from '../core/bytes/bytes.ts';
import { ApiMisuse, DecodeError, LimitExceeded, PeerMisbehaved, type TlsError } from '../core/errors/errors.ts';
import { alertName } from '../core/registry/alerts.ts';
import { sha256 } from '../crypto/node/hash.ts';
import { nodeProvider as provider } from '../crypto/node/provider.ts';
import { createX509Verifier } from '../pki/x509/verifier.ts';
import type { ClientHelloInfo } from '../protocol/handshake/client-hello-info.ts';
import { ja4 } from '../protocol/handshake/fingerprint.ts';
import { type AcceptedHello, createTlsAcceptor } from './acceptor.ts';
import { type ClientOptions, defineClientConfig, defineServerConfig } from './config.ts';
import { createTlsClient, createTlsServer } from './create.ts';
import { LIMITS } from './limits.ts';
import { createTestPki, exchangeSync, Recorder, type TestPki } from './pair.fixture.ts';

let pki: TestPki;
beforeAll(async () => {
  pki = await createTestPki(provider);
});

function startClient(options: Partial<ClientOptions> = {}) {
  const recorder = new Recorder();
  const verifier = createX509Verifier({ provider, trustAnchors: pki.anchors });
  const config = defineClientConfig({ provider, verifier, ...options });
  const client = createTlsClient(config, { serverName: 'localhost', onEvent: recorder.onEvent });
  client.start();
  return { client, recorder, flight: concat(...client.takeOutput()) };
}

/** The error for `bytes`, and the alert that goes with it. */
function refusal(bytes: Uint8Array): { error: TlsError; alerts: (string | undefined)[] } {
  const acceptor = createTlsAcceptor();
  try {
    acceptor.receive(bytes);
  } catch (error) {
    const output = concat(...acceptor.takeOutput());
    return { error: error as TlsError, alerts: output.length === 0 ? [] : [alertName(output[6] as number)] };
  }
  throw new Error('nothing was refused');
}

const record = (type: number, content: Uint8Array) =>
  concat(Uint8Array.of(type, 3, 1, content.length >> 8, content.length & 0xff), content);

describe('an acceptor', () => {
  it('says what the ClientHello says', () => {
    const { flight } = startClient({ alpnProtocols: ['h2'], groups: ['x25519', 'secp256r1'] });
    const accepted = createTlsAcceptor().receive(flight) as AcceptedHello;
    expect(accepted.hello).toMatchObject({
      serverName: 'localhost',
      alpnProtocols: ['h2'],
      groups: [0x1d, 0x17],
      keyShareGroups: [0x1d],
      versions: [0x0304, 0x0303],
      legacyVersion: 0x0303,
      pointFormats: [0],
    });
    expect(accepted.hello.extensionTypes).toEqual([0, 10, 13, 16, 11, 23, 35, 65281, 43, 45, 51]);
    expect(accepted.hello.raw).toEqual(flight.subarray(5));
    expect(accepted.received).toEqual(flight);
    expect(ja4(accepted.hello, sha256)).toMatch(/^t13d0911h2_/);
  });

  it.each([1, 7, 100])('waits for the whole of it, %i bytes at a time', (size) => {
    const { flight } = startClient();
    const acceptor = createTlsAcceptor();
    for (let at = 0; at + size < flight.length; at += size) {
      expect(acceptor.receive(flight.subarray(at, at + size))).toBeUndefined();
    }
    const rest = flight.length % size === 0 ? size : flight.length % size;
    expect(acceptor.receive(flight.subarray(-rest))?.received).toEqual(flight);
  });

  it('reads a ClientHello that lies in several records', () => {
    const { flight } = startClient();
    const message = flight.subarray(5);
    const pieces = concat(
      record(22, message.subarray(0, 3)),
      record(22, message.subarray(3, 50)),
      record(22, message.subarray(50)),
    );
    expect(createTlsAcceptor().receive(pieces)?.hello.raw).toEqual(message);
  });

  it('hands over to a connection what came behind the ClientHello as well', () => {
    const { client, recorder, flight } = startClient();
    const accepted = createTlsAcceptor().receive(flight) as AcceptedHello;
    const serverSide = new Recorder();
    const config = defineServerConfig({ provider, credentials: [pki.server] });
    const server = createTlsServer(config, { onEvent: serverSide.onEvent });
    server.start();
    server.receive(accepted.received);
    exchangeSync(client, server);
    expect([recorder.error, serverSide.error]).toEqual([undefined, undefined]);
    expect(server.info?.serverName).toBe('localhost');
    client.send(utf8('hello'));
    exchangeSync(client, server);
    expect(serverSide.data).toEqual(utf8('hello'));
  });

  it('keeps its own copy of what it received', () => {
    const { flight } = startClient();
    const chunk = flight.slice();
    const acceptor = createTlsAcceptor();
    acceptor.receive(chunk.subarray(0, 100));
    const rest = chunk.slice(100);
    chunk.fill(0);
    expect(acceptor.receive(rest)?.received).toEqual(flight);
  });

  it('leaves a client of TLS 1.2 to its caller', () => {
    const body = concat(fromHex('0303'), new Uint8Array(32), fromHex('00 0002 c02f 01 00'));
    const message = concat(Uint8Array.of(1, 0, 0, body.length), body);
    const { hello } = createTlsAcceptor().receive(record(22, message)) as AcceptedHello;
    expect(hello).toMatchObject({ versions: [0x0303], cipherSuites: [0xc02f], extensionTypes: [] });
  });

  it('reads the point formats of a client of TLS 1.2, and no malformed ones', () => {
    const read = (formats: string) => {
      const extensions = fromHex(`000b ${formats}`);
      const body = concat(
        fromHex('0303'),
        new Uint8Array(32),
        fromHex('00 0002 c02f 01 00'),
        Uint8Array.of(0, extensions.length),
        extensions,
      );
      return createTlsAcceptor().receive(record(22, concat(Uint8Array.of(1, 0, 0, body.length), body)))?.hello.pointFormats;
    };
    expect(read('0004 03000102')).toEqual([0, 1, 2]);
    expect(() => read('0004 02000102')).toThrow(DecodeError);
    expect(() => read('0000')).toThrow(DecodeError);
  });
});

it('a hook of the config is told what an acceptor is told', () => {
  const { client, flight } = startClient({ alpnProtocols: ['h2'] });
  const accepted = createTlsAcceptor().receive(flight);
  const told: ClientHelloInfo[] = [];
  const config = defineServerConfig({
    provider,
    credentials: [pki.server],
    selectConfig: (hello) => {
      told.push(hello);
      return undefined;
    },
  });
  const server = createTlsServer({ ...config, alpnProtocols: ['h2'] }, { onEvent: () => {} });
  server.start();
  server.receive(flight);
  exchangeSync(client, server);
  expect(told).toEqual([accepted?.hello]);
});

describe('an acceptor refuses', () => {
  it('plain HTTP, with an alert', () => {
    const { error, alerts } = refusal(utf8('GET / HTTP/1.1\r\n'));
    expect(error).toMatchObject({ name: 'PeerMisbehaved', reason: 'not_tls' });
    expect(alerts).toEqual(['unexpected_message']);
  });

  it('another message in place of the ClientHello', () => {
    const { error, alerts } = refusal(record(22, Uint8Array.of(2, 0, 0, 0)));
    expect(error).toBeInstanceOf(PeerMisbehaved);
    expect(alerts).toEqual(['unexpected_message']);
  });

  it('application data', () => {
    expect(refusal(record(23, utf8('data'))).alerts).toEqual(['unexpected_message']);
  });

  it('a ClientHello that is malformed, with decode_error', () => {
    const { error, alerts } = refusal(record(22, Uint8Array.of(1, 0, 0, 2, 3, 3)));
    expect(error).toBeInstanceOf(DecodeError);
    expect(alerts).toEqual(['decode_error']);
  });

  it('a message that would be longer than the limit, at its header', () => {
    const length = LIMITS.maxHandshakeMessage + 1;
    const { error, alerts } = refusal(record(22, Uint8Array.of(1, length >> 16, (length >> 8) & 0xff, length & 0xff)));
    expect(error).toBeInstanceOf(LimitExceeded);
    expect(alerts).toEqual(['decode_error']);
  });

  it('a client that takes more room than three times the largest message, in records that are too small', () => {
    const acceptor = createTlsAcceptor();
    const header = Uint8Array.of(1, 1, 0xff, 0xff);
    const feed = () => {
      acceptor.receive(record(22, header));
      for (let i = 0; i < LIMITS.maxHandshakeMessage / 2; i++) acceptor.receive(record(22, Uint8Array.of(0)));
    };
    expect(feed).toThrow(LimitExceeded);
  });

  it('an alert, without one of its own', () => {
    const { error, alerts } = refusal(record(21, Uint8Array.of(2, 40)));
    expect(error).toMatchObject({ name: 'AlertReceived', description: 'handshake_failure' });
    expect(alerts).toEqual([]);
  });

  it('close_notify, with another one', () => {
    const { error, alerts } = refusal(record(21, Uint8Array.of(1, 0)));
    expect(error).toMatchObject({ name: 'AlertReceived', description: 'close_notify' });
    expect(alerts).toEqual(['close_notify']);
  });

  it('a second use', () => {
    const { flight } = startClient();
    const acceptor = createTlsAcceptor();
    acceptor.receive(flight);
    expect(() => acceptor.receive(EMPTY)).toThrow(ApiMisuse);
  });
});
