/**
 * Connection IDs that change after the handshake of DTLS 1.3 (RFC 9147 §9).
 */

import { beforeAll, describe, expect, it } from 'vitest';
import { defineClientConfig, defineServerConfig } from '../../src/connection/config.ts';
import { createTestPki, type TestPki } from '../../src/connection/pair.fixture.ts';
import { EMPTY, fromUtf8, toHex, utf8 } from '../../src/core/bytes/bytes.ts';
import { ApiMisuse } from '../../src/core/errors/errors.ts';
import { nodeProvider as provider } from '../../src/crypto/node/provider.ts';
import { createX509Verifier } from '../../src/pki/x509/verifier.ts';
import { Laboratory } from './laboratory.ts';

let pki: TestPki;
beforeAll(async () => {
  pki = await createTestPki(provider);
});

function connected(
  versions: readonly ('TLSv1.3' | 'TLSv1.2')[] = ['TLSv1.3'],
  ids: readonly [number, number] = [3, 3],
): Laboratory {
  let next = 0;
  const maker = (length: number) => () => new Uint8Array(length).fill(++next);
  const verifier = createX509Verifier({ provider, trustAnchors: pki.anchors });
  const client = defineClientConfig({ provider, verifier, versions });
  const server = defineServerConfig({ provider, credentials: [pki.server], versions });
  const lab = new Laboratory(1, {}, client, server, {
    client: { connectionId: new Uint8Array(ids[0]).fill(0xcc), newConnectionId: maker(ids[0]) },
    server: { connectionId: new Uint8Array(ids[1]).fill(0x55), newConnectionId: maker(ids[1]) },
  });
  lab.start();
  lab.run();
  expect(lab.areConnected).toBe(true);
  return lab;
}

const carry = (lab: Laboratory) => {
  lab.collect();
  lab.run();
};

/** The id on the next record of the client's. */
function idOf(lab: Laboratory, text = 'x'): string {
  lab.client.send(utf8(text));
  const [datagram = EMPTY] = lab.client.takeOutput();
  const id = toHex(datagram.subarray(1, 4));
  lab.server.receive(datagram);
  return id;
}

const heard = (lab: Laboratory) => lab.serverEvents.of('data').map(({ data }) => fromUtf8(data));

describe('connection IDs of DTLS 1.3', () => {
  it('are given out when they are asked for, and used in their order', () => {
    const lab = connected();
    lab.client.requestConnectionIds(3);
    carry(lab);
    expect(lab.client.spareConnectionIds).toBe(3);
    const used = [idOf(lab, 'a')];
    for (const text of ['b', 'c', 'd']) {
      expect(lab.client.changeConnectionId()).toBe(true);
      used.push(idOf(lab, text));
    }
    expect(used).toEqual(['555555', '010101', '020202', '030303']);
    expect(heard(lab)).toEqual(['a', 'b', 'c', 'd']);
    expect(lab.client.changeConnectionId()).toBe(false);
  });

  it('are eight at most that were not used; and more when some were', () => {
    const lab = connected();
    lab.client.requestConnectionIds(255);
    carry(lab);
    expect(lab.client.spareConnectionIds).toBe(8);
    lab.client.requestConnectionIds(255);
    carry(lab);
    expect(lab.client.spareConnectionIds).toBe(8);
    for (let i = 0; i < 4; i++) lab.client.changeConnectionId();
    idOf(lab);
    lab.client.requestConnectionIds(255);
    carry(lab);
    // Of the four that were used the last but one may still come.
    expect(lab.client.spareConnectionIds).toBe(4 + 3);
  });

  it('are not to be asked for too often: too_many_cids_requested', () => {
    const lab = connected();
    for (let i = 0; i < 20 && lab.client.state === 'connected'; i++) {
      lab.client.requestConnectionIds(200);
      carry(lab);
    }
    expect(lab.serverEvents.error).toMatchObject({ name: 'LimitExceeded', alert: 'too_many_cids_requested' });
    expect(lab.clientEvents.error).toMatchObject({ name: 'AlertReceived', description: 'too_many_cids_requested' });
  });

  it('get there where much is lost, each message once', () => {
    for (let seed = 0; seed < 10; seed++) {
      const lab = connected();
      lab.faults = { loss: 0.4, duplication: 0.3 };
      lab.client.requestConnectionIds(2);
      lab.server.requestConnectionIds(5);
      carry(lab);
      lab.faults = {};
      expect([lab.client.spareConnectionIds, lab.server.spareConnectionIds]).toEqual([2, 5]);
    }
  });

  it('that were replaced by two others are not taken any more', () => {
    const lab = connected();
    lab.client.send(utf8('old'));
    const [old = EMPTY] = lab.client.takeOutput();
    lab.client.requestConnectionIds(2);
    carry(lab);
    for (let i = 0; i < 2; i++) {
      lab.client.changeConnectionId();
      idOf(lab);
    }
    lab.server.receive(old);
    expect(heard(lab)).toEqual(['x', 'x']);
    expect(lab.server.stats.discarded.unexpected_type).toBe(1);
  });

  it('are none where nobody makes them', () => {
    const verifier = createX509Verifier({ provider, trustAnchors: pki.anchors });
    const lab = new Laboratory(
      1,
      {},
      defineClientConfig({ provider, verifier }),
      defineServerConfig({ provider, credentials: [pki.server] }),
      { client: { connectionId: EMPTY }, server: { connectionId: Uint8Array.of(1) } },
    );
    lab.start();
    lab.run();
    lab.client.requestConnectionIds(4);
    carry(lab);
    expect([lab.client.spareConnectionIds, lab.client.state]).toEqual([0, 'connected']);
  });
});

describe('requestConnectionIds', () => {
  it.each([
    ['before the answer to the last one', ['TLSv1.3'], [3, 3], 1, 2],
    ['in DTLS 1.2', ['TLSv1.2'], [3, 3], 1, 1],
    ['of a peer that wants none', ['TLSv1.3'], [3, 0], 1, 1],
    ['of too many', ['TLSv1.3'], [3, 3], 256, 1],
  ] as const)('%s is a mistake of the caller', (_when, versions, ids, count, times) => {
    const lab = connected(versions, ids);
    for (let i = 1; i < times; i++) lab.client.requestConnectionIds(count);
    expect(() => lab.client.requestConnectionIds(count)).toThrow(ApiMisuse);
  });
});
