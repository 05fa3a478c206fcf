import { beforeAll, describe, expect, it } from 'vitest';
import { concat, EMPTY } from '../../src/core/bytes/bytes.ts';
import type { Case } from './case.ts';
import { expectConversation } from './outcome.ts';
import type { Peer } from './peer.ts';
import { carry, createPeer, createVictim, createWorld, type Victim, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
});

/** Carries bytes both ways, but no more than `limit` of the peer's records, `extra` bytes of the next one, and then the end. */
function carryRecords({ connection }: Victim, peer: Peer, limit: number, extra: number): number {
  let records = 0;
  let waiting = EMPTY as Uint8Array;
  for (;;) {
    const toPeer = concat(...connection.takeOutput());
    peer.receive(toPeer);
    waiting = concat(waiting, ...peer.takeOutput());
    if (waiting.length === 0) break;
    const length = 5 + (((waiting[3] as number) << 8) | (waiting[4] as number));
    if (records === limit) {
      connection.receive(waiting.slice(0, extra));
      break;
    }
    connection.receive(waiting.slice(0, length));
    waiting = waiting.slice(length);
    records++;
  }
  connection.receiveEnd();
  peer.receive(concat(...connection.takeOutput()));
  return records;
}

describe('the end of the transport', () => {
  const situations: readonly Pick<Case, 'victim' | 'situation' | 'options'>[] = [
    { victim: 'client', situation: { retry: { group: 0x17 }, requestsCertificate: true } },
    { victim: 'client', situation: { session: true } },
    { victim: 'server', options: { clientCertificates: 'require', cookies: true } },
    { victim: 'server', situation: { session: true } },
  ];
  for (const situation of situations) {
    for (const extra of [0, 1, 5, 6]) {
      it(`${extra} bytes after any record of the peer is a truncation for a ${JSON.stringify(situation)}`, () => {
        const seen = new Set<string>();
        for (let limit = 0; ; limit++) {
          const victim = createVictim(world, situation);
          const { peer, run } = createPeer(world, situation);
          peer.whenConnected(() => peer.sendData('data'));
          victim.connection.start();
          run();
          const records = carryRecords(victim, peer, limit, extra);
          expect(victim.recorder.of('error').map(({ error }) => error)).toMatchObject([
            { name: 'ConnectionLost', reason: 'truncated' },
          ]);
          expect(victim.connection.state).toBe('closed');
          expect(peer.alerts).toEqual([]);
          expect(victim.transport.pendingInput).toBe(0);
          seen.add(victim.recorder.info === undefined ? 'in the handshake' : 'after it');
          if (records < limit) break;
        }
        expect([...seen]).toEqual(['in the handshake', 'after it']);
      });
    }
  }
});

describe('what a peer may do', () => {
  const TOLERATED: readonly Pick<Case, 'name' | 'rfc' | 'victim' | 'break'>[] = (['client', 'server'] as const).flatMap(
    (victim) => {
      const hello = victim === 'client' ? 'server_hello' : 'client_hello';
      return [
        {
          victim,
          name: 'sends any legacy_record_version',
          rfc: 'RFC 8446 §5.1',
          break: (peer) => {
            peer.changeRecords(hello, (record) => [{ ...record, version: 0x0300 }]);
            peer.changeRecords('finished', (record) => [{ ...record, version: 0xffff }]);
          },
        },
        {
          victim,
          name: 'sends its messages byte by byte in records of their own',
          rfc: 'RFC 8446 §5.1',
          break: (peer) => {
            for (const place of [hello, 'finished'] as const) {
              peer.changeRecords(place, (record) =>
                Array.from(record.content, (byte) => ({ ...record, content: Uint8Array.of(byte) })),
              );
            }
          },
        },
        {
          victim,
          name: 'pads its records to the limit',
          rfc: 'RFC 8446 §5.4',
          break: (peer) => peer.changeRecords('finished', (record) => [{ ...record, padding: 16384 - record.content.length }]),
        },
        {
          victim,
          name: 'sends change_cipher_spec a few times',
          rfc: 'RFC 8446 §5',
          break: (peer) =>
            peer.before('finished', () => {
              for (let i = 0; i < 3; i++) peer.sendChangeCipherSpec();
            }),
        },
        {
          victim,
          name: 'sends user_canceled without meaning it',
          rfc: 'RFC 8446 §6.1',
          break: (peer) => peer.before('finished', () => peer.sendAlert(1, 'user_canceled')),
        },
        {
          victim,
          name: 'sends empty records as cover',
          rfc: 'RFC 8446 §5.4',
          break: (peer) =>
            peer.whenConnected(() => {
              for (let i = 0; i < 20; i++) peer.sendData('');
            }),
        },
        {
          victim,
          name: 'updates its keys again and again, with data between',
          rfc: 'RFC 8446 §4.6.3',
          break: (peer) =>
            peer.whenConnected(() => {
              for (let i = 0; i < 100; i++) {
                peer.sendKeyUpdate(1);
                peer.sendData('.');
              }
            }),
        },
      ] satisfies Pick<Case, 'name' | 'rfc' | 'victim' | 'break'>[];
    },
  );

  for (const tolerated of TOLERATED) {
    it(`a ${tolerated.victim} bears a peer that ${tolerated.name} (${tolerated.rfc})`, () => {
      const victim = createVictim(world, tolerated);
      const { peer, run } = createPeer(world, tolerated);
      tolerated.break(peer, world);
      victim.connection.start();
      run();
      carry(victim, peer);
      expectConversation(victim.connection, victim.recorder, peer);
    });
  }
});
