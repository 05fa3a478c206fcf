import { beforeAll, describe, expect, it } from 'vitest';
import { concat, EMPTY } from '../../src/core/bytes/bytes.ts';
import type { Case } from './case.ts';
import type { Peer } from './peer.ts';
import { createPeer, createVictim, createWorld, type Victim, type World } from './world.ts';

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
      // RFC 8446 §6.1: "If a transport-level close is received prior to a 'close_notify', the receiver cannot know that all the data […] has been received."
      // RFC 8446 §6.1: "the TLS implementation MUST receive a 'close_notify' alert before indicating end-of-data to the application layer"
      it(`${extra} bytes after any record of the peer is a truncation, without close_notify, for a ${JSON.stringify(situation)}`, () => {
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
