import { describe, expect, it } from 'vitest';
import { toHex, utf8 } from '../../core/bytes/bytes.ts';
import { ApiMisuse } from '../../core/errors/errors.ts';
import { providers } from '../../crypto/providers.fixture.ts';
import { createTicketStore, storeAsSealer } from './ticket-store.ts';

const START = Date.UTC(2026, 0, 1);
const { random } = providers[0] as (typeof providers)[0];
const STATE = utf8('state of a session');

describe('a ticket store', () => {
  it('gives each state once', () => {
    const store = createTicketStore({ now: () => START });
    store.put('a', STATE, START + 1);
    expect([store.take('a'), store.take('a'), store.take('b')]).toEqual([STATE, undefined, undefined]);
  });

  it('gives none that has expired', () => {
    let now = START;
    const store = createTicketStore({ now: () => now });
    store.put('a', STATE, START + 1000);
    store.put('b', STATE, START + 1001);
    now = START + 1000;
    expect([store.take('a'), store.take('b')]).toEqual([undefined, STATE]);
  });

  it('forgets the oldest when there are too many', () => {
    const store = createTicketStore({ maxTickets: 2, now: () => START });
    for (const id of ['a', 'b', 'c']) store.put(id, STATE, START + 1);
    expect(['a', 'b', 'c'].map((id) => store.take(id))).toEqual([undefined, STATE, STATE]);
    expect(() => createTicketStore({ maxTickets: 0 })).toThrow(ApiMisuse);
  });

  it('stands in for a sealer: the ticket is a random number that says nothing', () => {
    const kept: [string, number][] = [];
    const memory = createTicketStore({ now: () => START });
    const store = {
      put(id: string, state: Uint8Array, expires: number) {
        kept.push([id, expires]);
        return memory.put(id, state, expires);
      },
      take: memory.take,
    };
    const sealer = storeAsSealer(store, random, () => START);
    const [first, second] = [sealer.seal(STATE, 60) as Uint8Array, sealer.seal(STATE) as Uint8Array];
    expect([first.length, second.length]).toEqual([32, 32]);
    expect(kept).toEqual([
      [toHex(first), START + 60_000],
      [toHex(second), START + 604_800_000],
    ]);
    expect([sealer.open(first), sealer.open(first), sealer.open(second)]).toEqual([STATE, undefined, STATE]);
  });

  it('is not asked for what cannot be its ticket', () => {
    const asked: string[] = [];
    const store = {
      put: () => {},
      take: (id: string) => {
        asked.push(id);
        return STATE;
      },
    };
    const sealer = storeAsSealer(store, random, () => START);
    expect(sealer.open(new Uint8Array(31))).toBeUndefined();
    expect(sealer.open(utf8('Client_identity'))).toBeUndefined();
    expect(asked).toEqual([]);
  });

  it('may answer later', async () => {
    const memory = createTicketStore({ now: () => START });
    const store = {
      put: async (id: string, state: Uint8Array, expires: number) => memory.put(id, state, expires),
      take: async (id: string) => memory.take(id),
    };
    const sealer = storeAsSealer(store, random, () => START);
    const ticket = await sealer.seal(STATE, 60);
    expect([await sealer.open(ticket), await sealer.open(ticket)]).toEqual([STATE, undefined]);
  });
});
