import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rounds } from '../../../test/tiers.ts';
import { concat, fromHex, toHex, utf8 } from '../../core/bytes/bytes.ts';
import { ApiMisuse } from '../../core/errors/errors.ts';
import { nodeProvider } from '../../crypto/node/provider.ts';
import { availableCipherSuites, type CipherSuite } from '../../protocol/negotiate/cipher-suites.ts';
import { Tls13Protection } from '../../protocol/record/tls13-protection.ts';
import { type Incoming, TlsTransport } from './tls-transport.ts';

const SUITE = availableCipherSuites(nodeProvider)[0] as CipherSuite;
const LIMITS = { maxHandshakeMessage: 65536, maxEmptyRecords: 32, maxEarlyDataSkipped: 1000 };
/** A Finished with nothing in it: the shortest handshake message. */
const MESSAGE = fromHex('14000000');

function transport(role: 'client' | 'server', maxSendFragment = 16384): TlsTransport {
  return new TlsTransport({ role, maxSendFragment, limits: LIMITS, allowEarlyChangeCipherSpec: false });
}

const protection = (key: number) => new Tls13Protection(SUITE, 'tls13 ', new Uint8Array(32).fill(key));

/** Two ends under application keys: what the first writes, the second reads. */
function protectedPair(maxSendFragment?: number): { writer: TlsTransport; reader: TlsTransport } {
  const [writer, reader] = [transport('client', maxSendFragment), transport('server')];
  writer.setWriteProtection('application', protection(6));
  reader.setReadProtection('application', protection(6));
  return { writer, reader };
}

function takeAll(reader: TlsTransport): Incoming[] {
  const all: Incoming[] = [];
  for (let next = reader.next(); next !== undefined; next = reader.next()) all.push(next);
  return all;
}

/** The lengths in the headers of records. */
function recordLengths(stream: Uint8Array): number[] {
  const lengths: number[] = [];
  for (let at = 0; at < stream.length; ) {
    const length = ((stream[at + 3] as number) << 8) | (stream[at + 4] as number);
    lengths.push(length);
    at += 5 + length;
  }
  return lengths;
}

const output = (writer: TlsTransport) => concat(...writer.takeOutput());

describe('records that carry nothing', () => {
  const changeCipherSpecs = (count: number) => fromHex('140303000101'.repeat(count));
  const reader = () => new TlsTransport({ role: 'server', maxSendFragment: 1, limits: LIMITS, allowEarlyChangeCipherSpec: true });

  it('are counted in a row: what carries something ends the row', () => {
    const server = reader();
    server.push(concat(changeCipherSpecs(32), fromHex('1603030004'), MESSAGE, changeCipherSpecs(32)));
    expect(takeAll(server)).toHaveLength(1);
    server.push(changeCipherSpecs(1));
    expect(() => server.next()).toThrow('maxEmptyRecords');
  });
});

describe('records that are sent', () => {
  it('carry version 0x0301 in the first flight of a client, and 0x0303 from then on', () => {
    const client = transport('client');
    client.send(MESSAGE);
    client.endFlight();
    client.send(MESSAGE);
    client.endFlight();
    expect(toHex(output(client))).toBe('160301000414000000160303000414000000');
    const server = transport('server');
    server.send(MESSAGE);
    server.endFlight();
    expect(toHex(output(server))).toBe('160303000414000000');
  });

  it('hold a whole flight', () => {
    const server = transport('server');
    server.send(MESSAGE);
    server.send(MESSAGE);
    expect(server.hasOutput).toBe(false);
    server.endFlight();
    server.endFlight();
    expect(toHex(output(server))).toBe('16030300081400000014000000');
    expect(server.hasOutput).toBe(false);
  });

  it('of a flight go before change_cipher_spec, before other keys and before an alert', () => {
    const server = transport('server');
    server.send(MESSAGE);
    server.sendChangeCipherSpec();
    server.send(MESSAGE);
    server.setWriteProtection('handshake', protection(0));
    expect(toHex(output(server))).toBe('160303000414000000140303000101160303000414000000');
    const failing = transport('server');
    failing.send(MESSAGE);
    failing.sendAlert(2, 40);
    expect(toHex(output(failing))).toBe('16030300041400000015030300020228');
  });

  const sizes: readonly [length: number, fragment: number, lengths: readonly number[]][] = [
    [0, 10, [0]],
    [1, 10, [1]],
    [10, 10, [10]],
    [11, 10, [10, 1]],
    [30, 10, [10, 10, 10]],
    [3, 1, [1, 1, 1]],
    [16385, 16384, [16384, 1]],
  ];
  it.each(sizes)('cut %i bytes into fragments of at most %i', (length, fragment, lengths) => {
    const { writer } = protectedPair(fragment);
    writer.sendData(new Uint8Array(length));
    // A content type and a tag more than the fragment.
    expect(recordLengths(output(writer)).map((size) => size - 17)).toEqual(lengths);
  });

  it("keep the peer's record_size_limit, whatever is wished later", () => {
    const { writer } = protectedPair();
    writer.setRecordSizeLimits({ send: 64 });
    const sent = () => {
      writer.sendData(new Uint8Array(100));
      return recordLengths(output(writer)).map((size) => size - 17);
    };
    expect(sent()).toEqual([63, 37]);
    writer.setMaxSendFragment(16384);
    expect(sent()).toEqual([63, 37]);
    writer.setMaxSendFragment(50);
    expect(sent()).toEqual([50, 50]);
  });

  it('keep the limits of the handshake that their keys are of, in TLS 1.2', () => {
    const writer = transport('server');
    const sent = () => {
      writer.sendData(new Uint8Array(100));
      return recordLengths(output(writer)).map((size) => size - 17);
    };
    let before: number[] | undefined;
    for (const [limit, after] of [
      [64, [63, 37]],
      [91, [90, 10]],
      [undefined, [100]],
    ] as const) {
      writer.setVersion('TLSv1.2');
      if (limit !== undefined) writer.setRecordSizeLimits({ send: limit });
      if (before !== undefined) expect(sent()).toEqual(before);
      writer.setWriteProtection('application', protection(1));
      before = sent();
      expect(before).toEqual(after);
    }
  });

  it('are not larger than the protocol allows when the peer would take more', () => {
    const { writer } = protectedPair();
    writer.setRecordSizeLimits({ send: 65535 });
    writer.sendData(new Uint8Array(20000));
    expect(recordLengths(output(writer)).map((size) => size - 17)).toEqual([16384, 3616]);
  });

  it.each([0, -1, 1.5, 16385, Number.NaN])('have no fragments of %d bytes', (size) => {
    expect(() => transport('client').setMaxSendFragment(size)).toThrow(ApiMisuse);
  });
});

describe('records that are received', () => {
  it('say the same however the stream is cut', () => {
    const pieces = fc.array(fc.uint8Array({ minLength: 1, maxLength: 60 }), { maxLength: 6 });
    const property = fc.property(pieces, fc.array(fc.nat(600), { maxLength: 20 }), (contents, cuts) => {
      const { writer, reader } = protectedPair(25);
      for (const content of contents) writer.sendData(new Uint8Array(content));
      const stream = output(writer);
      const places = [0, ...cuts.map((cut) => cut % (stream.length + 1)), stream.length].sort((a, b) => a - b);
      const received: Incoming[] = [];
      for (const [i, place] of places.slice(1).entries()) {
        reader.push(stream.slice(places[i], place));
        received.push(...takeAll(reader));
      }
      const data = received.map((incoming) => (incoming.kind === 'data' ? incoming.data : expect.fail(incoming.kind)));
      expect(toHex(concat(...data))).toBe(toHex(concat(...contents.map((content) => new Uint8Array(content)))));
    });
    fc.assert(property, { seed: 8446, numRuns: rounds(100, 5000) });
  });

  it('go on under the next keys after both ends updated them', () => {
    const { writer, reader } = protectedPair();
    writer.sendData(utf8('before'));
    writer.updateWriteKeys();
    writer.sendData(utf8('after'));
    reader.push(output(writer));
    expect(reader.next()).toEqual({ kind: 'data', data: utf8('before') });
    reader.updateReadKeys();
    expect(reader.next()).toEqual({ kind: 'data', data: utf8('after') });
  });

  it('are not taken for protected ones when they are not', () => {
    const { writer, reader } = protectedPair();
    writer.sendData(utf8('x'));
    const stream = output(writer);
    stream[stream.length - 1] = (stream[stream.length - 1] as number) ^ 1;
    reader.push(stream);
    expect(() => reader.next()).toThrow(expect.objectContaining({ reason: 'bad_record_mac' }));
  });

  it('are alerts as they come', () => {
    const { writer, reader } = protectedPair();
    writer.sendAlert(1, 0);
    reader.push(output(writer));
    expect(takeAll(reader)).toEqual([{ kind: 'alert', level: 1, description: 0 }]);
  });
});
