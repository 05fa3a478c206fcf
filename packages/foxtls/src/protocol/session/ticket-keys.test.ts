import { describe, expect, it } from 'vitest';
import { toHex, utf8 } from '../../core/bytes/bytes.ts';
import { ApiMisuse } from '../../core/errors/errors.ts';
import { providers } from '../../crypto/providers.fixture.ts';
import { createTicketKeys, type TicketKey, type TicketKeysOptions } from './ticket-keys.ts';

const START = Date.UTC(2026, 0, 1);
const STATE = utf8('state of a session');
const keyOf = (number: number, validFrom: number): TicketKey => ({
  name: new Uint8Array(16).fill(number),
  key: new Uint8Array(32).fill(100 + number),
  validFrom,
});

describe.each(providers)('ticket keys of the $name provider', (provider) => {
  function create(options: TicketKeysOptions = {}) {
    const clock = { seconds: 0 };
    const now = () => START + clock.seconds * 1000;
    return { clock, keys: createTicketKeys(provider, { rotateEvery: 100, overlap: 50, now, ...options }) };
  }
  const nameOf = (sealed: unknown) => toHex((sealed as Uint8Array).subarray(0, 16));

  it('open what they sealed, under the name of the key', () => {
    const { keys } = create();
    const sealed = keys.seal(STATE);
    expect(keys.open(sealed as Uint8Array)).toEqual(STATE);
    expect(nameOf(sealed)).toBe(toHex(keys.exportKeys()[0]?.name as Uint8Array));
    expect(nameOf(keys.seal(STATE))).toBe(nameOf(sealed));
  });

  it('seal with a new key when the old one has served its time, and open with the old one for a while', () => {
    const { clock, keys } = create();
    const old = keys.seal(STATE) as Uint8Array;
    clock.seconds = 99;
    expect(nameOf(keys.seal(STATE))).toBe(nameOf(old));
    clock.seconds = 100;
    const young = keys.seal(STATE) as Uint8Array;
    expect(nameOf(young)).not.toBe(nameOf(old));
    expect([keys.open(old), keys.open(young)]).toEqual([STATE, STATE]);
    clock.seconds = 149;
    expect(keys.open(old)).toEqual(STATE);
    clock.seconds = 150;
    expect([keys.open(old), keys.open(young)]).toEqual([undefined, STATE]);
    expect(keys.exportKeys()).toHaveLength(1);
  });

  it('forget a key in time though nothing was sealed meanwhile', () => {
    const { clock, keys } = create();
    const old = keys.seal(STATE) as Uint8Array;
    clock.seconds = 150;
    expect(keys.open(old)).toBeUndefined();
  });

  it('never hold more keys than rotation and overlap make', () => {
    const { clock, keys } = create({ rotateEvery: 10, overlap: 25 });
    for (clock.seconds = 0; clock.seconds < 1000; clock.seconds += 5) {
      keys.seal(STATE);
      expect(keys.exportKeys().length).toBeLessThanOrEqual(4);
    }
  });

  it('open what another server with the same keys sealed', () => {
    const one = create().keys;
    const sealed = one.seal(STATE) as Uint8Array;
    expect(create({ keys: one.exportKeys() }).keys.open(sealed)).toEqual(STATE);
    const other = create().keys;
    expect(other.open(sealed)).toBeUndefined();
    other.importKeys(one.exportKeys());
    expect(other.open(sealed)).toEqual(STATE);
  });

  it('change over to a key that was given for later, at its time, everywhere', () => {
    const schedule = [keyOf(1, START), keyOf(2, START + 200_000)];
    const { clock, keys } = create({ rotateEvery: 0, keys: schedule });
    const first = keys.seal(STATE) as Uint8Array;
    clock.seconds = 199;
    expect(nameOf(keys.seal(STATE))).toBe(nameOf(first));
    clock.seconds = 200;
    expect(nameOf(keys.seal(STATE))).toBe(toHex(new Uint8Array(16).fill(2)));
    expect(keys.open(first)).toEqual(STATE);
    clock.seconds = 250;
    expect(keys.open(first)).toBeUndefined();
    clock.seconds = 10_000;
    expect(nameOf(keys.seal(STATE))).toBe(toHex(new Uint8Array(16).fill(2)));
  });

  it('open already what a server sealed whose clock is ahead', () => {
    const ahead = create({ rotateEvery: 0, keys: [keyOf(1, START), keyOf(2, START + 10_000)] });
    ahead.clock.seconds = 10;
    const sealed = ahead.keys.seal(STATE) as Uint8Array;
    expect(create({ rotateEvery: 0, keys: [keyOf(1, START), keyOf(2, START + 10_000)] }).keys.open(sealed)).toEqual(STATE);
  });

  it('open nothing that was changed, cut, or sealed under another name', () => {
    const { keys } = create();
    const sealed = keys.seal(STATE) as Uint8Array;
    for (let at = 0; at < sealed.length; at++) {
      expect(keys.open(sealed.with(at, (sealed[at] as number) ^ 1)), `changed at ${at}`).toBeUndefined();
      expect(keys.open(sealed.subarray(0, at)), `cut at ${at}`).toBeUndefined();
    }
  });

  it('do not share memory with what was imported or exported', () => {
    const given = keyOf(1, START);
    const { keys } = create({ rotateEvery: 0, keys: [given] });
    const sealed = keys.seal(STATE) as Uint8Array;
    given.key.fill(0);
    given.name.fill(0);
    keys.exportKeys()[0]?.name.fill(9);
    expect(keys.open(sealed)).toEqual(STATE);
  });

  it('have names of 16 and secrets of 32 bytes, and times that are not negative', () => {
    expect(() => create({ keys: [{ ...keyOf(1, START), name: new Uint8Array(15) }] })).toThrow(ApiMisuse);
    expect(() => create({ keys: [{ ...keyOf(1, START), key: new Uint8Array(31) }] })).toThrow(ApiMisuse);
    expect(() => create({ rotateEvery: -1 })).toThrow(ApiMisuse);
    expect(() => create({ overlap: Number.NaN })).toThrow(ApiMisuse);
  });
});
