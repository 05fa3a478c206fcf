import { beforeAll, describe, expect, it } from 'vitest';
import { type CommonOptions, defineClientConfig, defineServerConfig } from '../../src/connection/config.ts';
import { createTestPki, exchangeSync, type TestPki, whole } from '../../src/connection/pair.fixture.ts';
import { equal, toHex, utf8 } from '../../src/core/bytes/bytes.ts';
import { ApiMisuse, ConnectionLost } from '../../src/core/errors/errors.ts';
import { nodeProvider } from '../../src/crypto/node/provider.ts';
import { createX509Verifier } from '../../src/pki/x509/verifier.ts';
import { connectEnds, type Ends, expectData, outputOf, randomly, seeded, startEnds } from './ends.ts';

const provider = nodeProvider;
let pki: TestPki;
beforeAll(async () => {
  pki = await createTestPki(provider);
});

function configs(options: Partial<CommonOptions> = {}) {
  const verifier = createX509Verifier({ provider, trustAnchors: pki.anchors });
  const client = defineClientConfig({ provider, verifier, ...options });
  return [client, defineServerConfig({ provider, credentials: [pki.server], ...options })] as const;
}

const connected = (options: Partial<CommonOptions> = {}): Ends => connectEnds(...configs(options));

describe('application data', () => {
  const MEGABYTE = 2 ** 20;
  for (const size of [0, 1, 255, 16383, 16384, 16385, 32768, 100_000, MEGABYTE]) {
    it(`of ${size} bytes arrives as it was sent, both ways`, () => {
      const { client, server, clientSide, serverSide } = connected();
      const choose = seeded(size);
      const data = Uint8Array.from({ length: size }, () => choose(256));
      client.send(data);
      server.send(data);
      exchangeSync(client, server, size === MEGABYTE ? whole : randomly(size));
      expect(equal(serverSide.data, data)).toBe(true);
      expect(equal(clientSide.data, data)).toBe(true);
      expect([clientSide.error, serverSide.error]).toEqual([undefined, undefined]);
    });
  }

  it('of many random sizes arrives in order', () => {
    const { client, server, serverSide } = connected();
    const choose = seeded(42);
    const sent: number[] = [];
    for (let i = 0; i < 50; i++) {
      const part = Uint8Array.from({ length: choose(700) }, () => choose(256));
      sent.push(...part);
      client.send(part);
      if (choose(5) === 0) exchangeSync(client, server, randomly(i));
    }
    exchangeSync(client, server, randomly(99));
    expect(equal(serverSide.data, Uint8Array.from(sent))).toBe(true);
  });

  it('fits the records that the peer can take, and not one byte more', () => {
    const { client, server, clientSide, serverSide } = connected({ recordSizeLimit: 64 });
    client.send(new Uint8Array(1000).fill(1));
    client.setMaxSendFragment(16384);
    client.send(new Uint8Array(1000).fill(2));
    exchangeSync(client, server);
    expect(Math.max(...serverSide.of('data').map(({ data }) => data.length))).toBe(63);
    expect(serverSide.data).toHaveLength(2000);
    expect([clientSide.error, serverSide.error]).toEqual([undefined, undefined]);
  });

  it('is cut as the application wishes', () => {
    const { client, server, serverSide } = connected();
    client.setMaxSendFragment(100);
    client.send(new Uint8Array(250));
    exchangeSync(client, server);
    expect(serverSide.of('data').map(({ data }) => data.length)).toEqual([100, 100, 50]);
    for (const size of [0, -1, 1.5, 16385, Number.NaN]) expect(() => client.setMaxSendFragment(size)).toThrow(ApiMisuse);
  });

  it('goes on after many KeyUpdates', () => {
    const ends = connected();
    for (let i = 0; i < 40; i++) {
      ends.client.updateKeys({ requestPeer: i % 2 === 0 });
      ends.server.updateKeys({ requestPeer: i % 3 === 0 });
      expectData(ends);
    }
  });
});

describe('a request for KeyUpdate', () => {
  it('is answered once, with the next data, however often it is made', () => {
    const ends = connected();
    for (let i = 0; i < 20; i++) ends.client.updateKeys({ requestPeer: true });
    ends.server.receive(outputOf(ends.client));
    expect(outputOf(ends.server)).toHaveLength(0);
    ends.server.send(utf8('data'));
    // KeyUpdate: 5 of header, 5 of message, 1 of type, 16 of tag; data: 5, 4, 1, 16.
    const answer = outputOf(ends.server);
    expect(answer).toHaveLength(27 + 26);
    ends.client.receive(answer);
    expectData(ends);
  });
});

describe('closing', () => {
  // RFC 8446 §6.1: "close_notify: This alert notifies the recipient that the sender will not send any more messages on this connection."
  // RFC 8446 §6.1: "Each party MUST send a 'close_notify' alert before closing its write side of the connection"
  // RFC 8446 §6: "The 'close_notify' alert is used to indicate orderly closure of one direction of the connection."
  // RFC 8446 §6.1: "Either party MAY initiate a close of its write side of the connection by sending a 'close_notify' alert."
  it('closes one direction by close_notify, and the other goes on', () => {
    const { client, server, clientSide, serverSide } = connected();
    client.send(utf8('last words'));
    client.close();
    exchangeSync(client, server);
    expect(serverSide.of('end')).toHaveLength(1);
    expect([client.state, server.state]).toEqual(['connected', 'connected']);
    server.send(new Uint8Array(50_000).fill(3));
    exchangeSync(client, server);
    expect(clientSide.data).toHaveLength(50_000);
    server.close();
    exchangeSync(client, server);
    expect([client.state, server.state]).toEqual(['closed', 'closed']);
    expect([clientSide.of('end').length, serverSide.of('end').length]).toEqual([1, 1]);
    expect([clientSide.error, serverSide.error]).toEqual([undefined, undefined]);
  });

  // RFC 5246 §7.2.1: "close_notify This message notifies the recipient that the sender will not send any more messages on this connection."
  // RFC 5246 §7.2.1: "Either party may initiate a close by sending a close_notify alert."
  // RFC 5246 §7.2.1: "each party is required to send a close_notify alert before closing the write side of the connection"
  it('is by close_notify in TLS 1.2 too, and ends when both have said it', () => {
    for (const [first, second] of [
      ['client', 'server'],
      ['server', 'client'],
    ] as const) {
      const ends = connected({ versions: ['TLSv1.2'] });
      ends[first].close();
      exchangeSync(ends.client, ends.server);
      expect([ends[first].state, ends[second].state]).toEqual(['connected', 'connected']);
      ends[second].close();
      exchangeSync(ends.client, ends.server);
      expect([ends.client.state, ends.server.state]).toEqual(['closed', 'closed']);
      expect([ends.clientSide.of('end').length, ends.serverSide.of('end').length]).toEqual([1, 1]);
      expect([ends.clientSide.error, ends.serverSide.error]).toEqual([undefined, undefined]);
    }
  });

  // RFC 5246 §7.2.1: "must receive the responding close_notify alert before indicating to the application layer that the TLS connection has ended"
  it('without close_notify is an error in TLS 1.2 too', () => {
    const { client, clientSide } = connected({ versions: ['TLSv1.2'] });
    client.receiveEnd();
    expect(clientSide.of('end')).toEqual([]);
    expect(clientSide.error).toMatchObject({ name: 'ConnectionLost', reason: 'truncated' });
  });

  it('works when both ends close at once', () => {
    const { client, server, clientSide, serverSide } = connected();
    client.close();
    server.close();
    exchangeSync(client, server);
    expect([client.state, server.state]).toEqual(['closed', 'closed']);
    expect([clientSide.of('end').length, serverSide.of('end').length]).toEqual([1, 1]);
    expect([clientSide.error, serverSide.error]).toEqual([undefined, undefined]);
  });

  it('needs no more than the end of the transport after both closures', () => {
    const { client, server, clientSide } = connected();
    server.close();
    exchangeSync(client, server);
    client.receiveEnd();
    client.close();
    expect(client.state).toBe('closed');
    expect(clientSide.error).toBeUndefined();
  });

  // RFC 8446 §6.1: "Both parties need not wait to receive a 'close_notify' alert before closing their read side of the connection"
  it('is the last that an end says: no alert follows close_notify', () => {
    const { client, server, clientSide } = connected();
    client.close();
    outputOf(client);
    server.send(utf8('damaged'));
    const output = outputOf(server);
    client.receive(output.with(-1, (output.at(-1) as number) ^ 1));
    expect(clientSide.error).toMatchObject({ reason: 'bad_record_mac' });
    expect(outputOf(client)).toHaveLength(0);
  });

  it('ignores what comes after the peer closed', () => {
    const { client, server, clientSide } = connected();
    server.close();
    exchangeSync(client, server);
    client.receive(new Uint8Array(100));
    expect(clientSide.error).toBeUndefined();
    expect(client.state).toBe('connected');
  });

  it('refuses data after close, and closing twice changes nothing', () => {
    const { client } = connected();
    client.close();
    client.close();
    const output = outputOf(client);
    expect(output).toHaveLength(5 + 2 + 1 + 16);
    expect(() => client.send(utf8('x'))).toThrow(ApiMisuse);
    expect(() => client.updateKeys()).toThrow(ApiMisuse);
  });

  // RFC 8446 §6.1: "user_canceled: This alert notifies the recipient that the sender is canceling the handshake […] followed by a 'close_notify'."
  // RFC 5246 §7.2.2: "user_canceled This handshake is being canceled for some reason unrelated to a protocol failure."
  it('in the handshake tells the peer that it was cancelled, by user_canceled and close_notify', () => {
    const { client } = startEnds(...configs());
    outputOf(client);
    client.close();
    expect(toHex(outputOf(client))).toBe(`1503030002015a${'15030300020100'}`);
  });

  it('in the handshake tells the peer that it was cancelled', () => {
    const { client, server, serverSide, clientSide } = startEnds(...configs());
    server.receive(outputOf(client));
    client.close();
    exchangeSync(client, server);
    expect(clientSide.of('error')).toEqual([]);
    expect(serverSide.error).toMatchObject({ name: 'AlertReceived', description: 'user_canceled' });
    expect([client.state, server.state]).toEqual(['closed', 'closed']);
  });

  it('by abort sends the alert of the error, and delivers nothing more', () => {
    const { client, server, clientSide, serverSide } = connected();
    server.send(utf8('too late'));
    client.abort(new ConnectionLost('truncated', 'no alert is due'));
    expect(outputOf(client)).toHaveLength(0);
    client.receive(outputOf(server));
    expect(clientSide.data).toHaveLength(0);
    expect(clientSide.of('error')).toEqual([]);
    server.receiveEnd();
    expect(serverSide.error).toMatchObject({ name: 'ConnectionLost', reason: 'truncated' });
  });

  it('before the handshake is over, data and exporters are refused', () => {
    const { client } = startEnds(...configs());
    expect(() => client.send(utf8('x'))).toThrow(ApiMisuse);
    expect(() => client.exportKeyingMaterial(32, 'EXPORTER-x')).toThrow(ApiMisuse);
  });
});
