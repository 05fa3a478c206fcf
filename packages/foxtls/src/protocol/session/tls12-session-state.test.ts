import { describe, expect, it } from 'vitest';
import { utf8 } from '../../core/bytes/bytes.ts';
import { ANONYMOUS, type PeerIdentity } from '../handshake/peer-identity.ts';
import { createSessionCache } from './session-cache.ts';
import { readTicketState, writeTicketState } from './ticket-state.ts';
import { readTls12SessionState, type Tls12SessionState, writeTls12SessionState } from './tls12-session-state.ts';

const state: Tls12SessionState = {
  version: 0x0303,
  suite: 0xc02b,
  masterSecret: new Uint8Array(48).fill(7),
  extendedMasterSecret: true,
  created: 1_700_000_000_123,
  lifetime: 7200,
  serverName: 'localhost',
  client: ANONYMOUS,
};

describe('a kept session of TLS 1.2', () => {
  const clients: readonly PeerIdentity[] = [
    ANONYMOUS,
    { kind: 'verified', certificates: [utf8('leaf'), utf8('issuer')], path: [] },
    { kind: 'verified', certificates: [], rawPublicKey: utf8('key'), path: [] },
  ];
  it.each(clients)('is read as it was written: $kind', (client) => {
    expect(readTls12SessionState(writeTls12SessionState({ ...state, client }))).toEqual({ ...state, client });
  });

  it.each([
    ['without a name', { serverName: undefined }],
    ['without extended_master_secret', { extendedMasterSecret: false }],
  ])('is read as it was written: %s', (_what, change) => {
    expect(readTls12SessionState(writeTls12SessionState({ ...state, ...change }))).toEqual({ ...state, ...change });
  });

  it('is never one of TLS 1.3, nor the other way round', () => {
    const { masterSecret: psk, created, lifetime, serverName, client } = state;
    const tls13 = writeTicketState({
      ...{ version: 0x0304, suite: 0x1301, psk, ticketAgeAdd: 1, created, lifetime, serverName, client },
      alpnProtocol: undefined,
    });
    expect(readTls12SessionState(tls13)).toBeUndefined();
    expect(readTicketState(writeTls12SessionState(state))).toBeUndefined();
  });

  it('that is cut short is none of ours', () => {
    const bytes = writeTls12SessionState(state);
    for (let length = 0; length < bytes.length; length++)
      expect(readTls12SessionState(bytes.subarray(0, length))).toBeUndefined();
  });
});

describe('a session cache in memory', () => {
  it('finds a session until its time is over, as often as it is asked', () => {
    const clock = { now: 0 };
    const cache = createSessionCache({ now: () => clock.now });
    cache.put('id', utf8('state'), 1000);
    expect([cache.find('id'), cache.find('id'), cache.find('other')]).toEqual([utf8('state'), utf8('state'), undefined]);
    clock.now = 1000;
    expect(cache.find('id')).toBeUndefined();
  });

  it('drops the oldest when it is full', () => {
    const cache = createSessionCache({ maxSessions: 2, now: () => 0 });
    for (const id of ['a', 'b', 'c']) cache.put(id, utf8(id), 1000);
    expect(['a', 'b', 'c'].map((id) => cache.find(id))).toEqual([undefined, utf8('b'), utf8('c')]);
  });

  it.each([0, 1.5, -1])('refuses to keep %d sessions', (maxSessions) => {
    expect(() => createSessionCache({ maxSessions })).toThrow(expect.objectContaining({ code: 'ERR_TLS_OPTION_RANGE' }));
  });
});
