import { beforeAll, describe, expect, it } from 'vitest';
import { type CommonOptions, defineClientConfig, defineServerConfig } from '../../src/connection/config.ts';
import { createTestPki, exchangeSync, type TestPki } from '../../src/connection/pair.fixture.ts';
import { nodeProvider as provider } from '../../src/crypto/node/provider.ts';
import { createX509Verifier } from '../../src/pki/x509/verifier.ts';
import { connectEnds, type Ends, expectAgreement, expectData, outputOf, startEnds } from './ends.ts';

let pki: TestPki;
beforeAll(async () => {
  pki = await createTestPki(provider);
});

function configs(options: Partial<CommonOptions>, theirs: Partial<CommonOptions> = options) {
  const verifier = createX509Verifier({ provider, trustAnchors: pki.anchors });
  return [
    defineClientConfig({ provider, verifier, ...options }),
    defineServerConfig({ provider, credentials: [pki.server], ...theirs }),
  ] as const;
}

const connected = (options: Partial<CommonOptions>, theirs?: Partial<CommonOptions>): Ends =>
  connectEnds(...configs(options, theirs));

const TAG = 16;
const TYPE = 1;

/** The lengths of the protected records in a stream, without their tags: content, type and padding. */
function innerLengths(stream: Uint8Array): number[] {
  const lengths: number[] = [];
  for (let at = 0; at < stream.length; ) {
    const length = ((stream[at + 3] as number) << 8) | (stream[at + 4] as number);
    if (stream[at] === 23) lengths.push(length - TAG);
    at += 5 + length;
  }
  return lengths;
}

/** Sends so much from the client to the server; gives the lengths on the wire. */
function sentBy({ client, server, serverSide }: Ends, length: number): number[] {
  const before = serverSide.data.length;
  client.send(new Uint8Array(length).fill(0x61));
  const stream = outputOf(client);
  server.receive(stream);
  expect([serverSide.error, serverSide.data.length - before]).toEqual([undefined, length]);
  return innerLengths(stream);
}

describe('records padded to a multiple', () => {
  const recordPadding = { toMultipleOf: 512 };

  it('have one length for every content of a bucket', () => {
    const ends = connected({ recordPadding });
    for (const length of [0, 1, 2, 17, 255, 511, 512]) expect(sentBy(ends, length)).toEqual([512 + TYPE]);
    for (const length of [513, 600, 1024]) expect(sentBy(ends, length)).toEqual([1024 + TYPE]);
  });

  it('hide how long a closure and a KeyUpdate are', () => {
    const ends = connected({ recordPadding });
    ends.client.updateKeys();
    ends.client.close();
    expect(innerLengths(outputOf(ends.client))).toEqual([512 + TYPE, 512 + TYPE]);
  });

  it('hide the lengths of certificates in the handshake', () => {
    const [client, server] = configs({ recordPadding: { toMultipleOf: 4096 } });
    const ends = startEnds(client, server);
    ends.server.receive(outputOf(ends.client));
    expect(innerLengths(outputOf(ends.server))).toEqual([4096 + TYPE]);
  });

  it('carry data both ways, whatever the other side pads', () => {
    for (const theirs of [{}, { recordPadding: { toMultipleOf: 16384 } }, { recordPadding: () => 1 }]) {
      const ends = connected({ recordPadding }, theirs);
      expectAgreement(ends);
      expectData(ends);
    }
  });

  it('stay full records where they are full', () => {
    const ends = connected({ recordPadding: { toMultipleOf: 10000 } });
    expect(sentBy(ends, 16384)).toEqual([16384 + TYPE]);
    expect(sentBy(ends, 10001)).toEqual([16384 + TYPE]);
    expect(sentBy(ends, 40000)).toEqual([16384 + TYPE, 16384 + TYPE, 10000 + TYPE]);
  });

  it('stay within the record_size_limit of the peer, which counts the padding', () => {
    const ends = connected({ recordPadding, recordSizeLimit: 16385 }, { recordSizeLimit: 300 });
    for (const length of [1, 298, 299]) expect(sentBy(ends, length)).toEqual([300]);
    expect(sentBy(ends, 300)).toEqual([300, 300]);
    ends.client.close();
    exchangeSync(ends.client, ends.server);
    expect(ends.serverSide.error).toBeUndefined();
  });
});

describe('records padded by a function', () => {
  it('are as long as it says, within the limits', () => {
    const ends = connected({ recordPadding: (length) => (length > 100 ? 1_000_000 : 3) });
    expect(sentBy(ends, 10)).toEqual([13 + TYPE]);
    expect(sentBy(ends, 101)).toEqual([16384 + TYPE]);
  });

  it('that answers nonsense throws where data is sent, and nothing goes out', () => {
    let answer = 0;
    const ends = connected({ recordPadding: () => answer });
    answer = -1;
    expect(() => ends.client.send(Uint8Array.of(1))).toThrow(expect.objectContaining({ code: 'ERR_TLS_OPTION_RANGE' }));
    expect(outputOf(ends.client)).toEqual(new Uint8Array(0));
    answer = 0;
    expectData(ends);
  });
});

it('records are not padded unless a config says so', () => {
  expect(sentBy(connected({}), 10)).toEqual([10 + TYPE]);
  expect(sentBy(connected({ recordPadding: 'none' }), 10)).toEqual([10 + TYPE]);
});
