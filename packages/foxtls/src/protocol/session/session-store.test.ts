import { describe, expect, it } from 'vitest';
import { utf8 } from '../../core/bytes/bytes.ts';
import { ApiMisuse } from '../../core/errors/errors.ts';
import { ANONYMOUS } from '../handshake/peer-identity.ts';
import type { ClientSession } from './client-session.ts';
import { createSessionStore } from './session-store.ts';

const START = Date.UTC(2026, 0, 1);

function session(name: string, receivedAt = START, lifetime = 600): ClientSession {
  return {
    version: 'TLSv1.3',
    ...{ suite: 0x1301, psk: new Uint8Array(32), ticket: utf8(name), ticketAgeAdd: 0, lifetime, receivedAt },
    ...{ serverName: 'localhost', alpnProtocol: undefined, peer: ANONYMOUS },
  };
}

describe('a session store', () => {
  it('gives each session once, the newest first', () => {
    const store = createSessionStore({ now: () => START });
    const [first, second] = [session('first'), session('second')];
    store.put('a', first);
    store.put('a', second);
    expect([store.take('a'), store.take('a'), store.take('a')]).toEqual([second, first, undefined]);
  });

  it('keeps servers apart', () => {
    const store = createSessionStore({ now: () => START });
    store.put('a', session('of a'));
    expect(store.take('b')).toBeUndefined();
    expect(store.take('a')).toEqual(session('of a'));
  });

  it('gives none whose lifetime is over', () => {
    let now = START;
    const store = createSessionStore({ now: () => now });
    store.put('a', session('long', START, 600));
    store.put('a', session('short', START, 60));
    now = START + 60_000;
    expect(store.take('a')).toEqual(session('long', START, 600));
    store.put('a', session('long', START, 600));
    now = START + 600_000;
    expect(store.take('a')).toBeUndefined();
  });

  it('forgets the oldest session of a server that has too many', () => {
    const store = createSessionStore({ maxPerServer: 2, now: () => START });
    const sessions = ['1', '2', '3'].map((name) => session(name));
    for (const each of sessions) store.put('a', each);
    expect([store.take('a'), store.take('a'), store.take('a')]).toEqual([sessions[2], sessions[1], undefined]);
  });

  it('forgets the server that was not used for longest', () => {
    const store = createSessionStore({ maxServers: 2, now: () => START });
    store.put('a', session('a1'));
    store.put('a', session('a2'));
    store.put('b', session('b'));
    store.take('a');
    store.put('c', session('c'));
    expect([store.take('a'), store.take('b'), store.take('c')]).toEqual([session('a1'), undefined, session('c')]);
  });

  it('wants to keep at least one', () => {
    for (const limits of [{ maxPerServer: 0 }, { maxServers: 0 }, { maxServers: Number.NaN }]) {
      expect(() => createSessionStore(limits)).toThrow(ApiMisuse);
    }
  });
});
