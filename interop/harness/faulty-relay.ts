/**
 * A relay of datagrams between a client and a server that loses, doubles, delays and reorders some, from a seed.
 *
 * ```
 *   client ──▶ port ─┐ dice ┌─▶ a socket for each client ──▶ server
 *          ◀─────────┘      └◀──────────────────────────────
 * ```
 * The dice are the seed's; what falls to which datagram is up to the clocks of both ends.
 */

import type { Socket } from 'node:dgram';
import { onTestFinished } from 'vitest';
import { seededRandom } from '../../packages/foxtls/test/dtls/laboratory.ts';
import { bindSocket, openSocket, send } from './datagram-endpoint.ts';

/** Chances from 0 to 1, milliseconds. */
export interface RelayFaults {
  readonly seed: number;
  readonly loss?: number;
  readonly duplication?: number;
  /** The share that is late, by up to `delay`: others overtake it. */
  readonly reordering?: number;
  readonly delay?: number;
}

export interface FaultyRelay {
  readonly port: number;
  /** What became of datagrams. */
  readonly counts: { carried: number; lost: number; doubled: number; late: number };
}

/** Starts a relay to a port of 127.0.0.1. */
export async function startRelay(target: number, { seed, ...faults }: RelayFaults): Promise<FaultyRelay> {
  const random = seededRandom(seed);
  const counts = { carried: 0, lost: 0, doubled: 0, late: 0 };
  const timers = new Set<NodeJS.Timeout>();
  const { loss = 0, duplication = 0, reordering = 0, delay = 30 } = faults;
  const carry = (socket: Socket, datagram: Uint8Array, port: number) => {
    if (random() < loss) {
      counts.lost++;
      return;
    }
    const times = random() < duplication ? 2 : 1;
    counts.doubled += times - 1;
    for (let time = 0; time < times; time++) {
      counts.carried++;
      const isLate = random() < reordering;
      if (!isLate) {
        send(socket, datagram, port);
        continue;
      }
      counts.late++;
      const timer = setTimeout(() => send(socket, datagram, port), delay * random());
      timers.add(timer);
    }
  };
  const front = await openSocket();
  const backs = new Map<number, Promise<Socket>>();
  const openBack = async (client: number) => {
    const back = await bindSocket();
    back.on('message', (datagram) => carry(front, datagram, client));
    return back;
  };
  front.on('message', (datagram, { port: client }) => {
    let back = backs.get(client);
    if (back === undefined) {
      back = openBack(client);
      backs.set(client, back);
    }
    back.then((socket) => carry(socket, datagram, target));
  });
  onTestFinished(async () => {
    for (const timer of timers) clearTimeout(timer);
    for (const back of backs.values()) (await back).close();
  });
  return { port: front.address().port, counts };
}
