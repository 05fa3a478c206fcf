/**
 * What every codec has to keep, over invented values: what is written is read back, and damaged bytes give typed errors only.
 */

import { expect } from 'vitest';
import { equal, toHex } from '../bytes/bytes.ts';
import { TlsError } from '../errors/errors.ts';
import { seededChooser } from './chooser.fixture.ts';
import { type Codec, decode, encode } from './codec.ts';

/** A codec under test. `mayEndEarly`: some prefixes of a valid encoding are valid too. */
export interface Subject {
  readonly name: string;
  readonly codec: Codec<unknown>;
  readonly mayEndEarly?: boolean;
}

/** Invents, writes, reads, writes: the bytes and the values are the same. */
export function expectRoundTrip({ name, codec }: Subject, seed: number): void {
  const value = codec.invent(seededChooser(seed));
  const bytes = encode(codec, value);
  const again = decode(codec, bytes, name);
  expect(again, `${name}, seed ${seed}`).toEqual(value);
  expect(toHex(encode(codec, again)), `${name}, seed ${seed}`).toBe(toHex(bytes));
}

/** Cuts a valid encoding at every length: each is refused with a typed error. */
export function expectTruncationsRefused({ name, codec, mayEndEarly = false }: Subject, seed: number): void {
  const bytes = encode(codec, codec.invent(seededChooser(seed)));
  for (let length = 0; length < bytes.length; length++) {
    const cut = bytes.subarray(0, length);
    const isRead = readsOrRefuses(codec, cut, name, seed) !== undefined;
    if (isRead && !mayEndEarly) expect.fail(`${name}, seed ${seed}: ${length} of ${bytes.length} bytes were enough`);
  }
}

/** Changes every byte of a valid encoding, one at a time: what is still read is written as it was, the rest has a typed error. */
export function expectMutationsHarmless({ name, codec, mayEndEarly = false }: Subject, seed: number): void {
  const choose = seededChooser(seed);
  const bytes = encode(codec, codec.invent(choose));
  for (let at = 0; at < bytes.length; at++) {
    const mutated = bytes.slice();
    mutated[at] = (mutated[at] as number) ^ (1 + choose(255));
    const value = readsOrRefuses(codec, mutated, name, seed);
    if (value === undefined) continue;
    const written = encode(codec, value);
    if (equal(written, mutated)) continue;
    const what = `${name}, seed ${seed}, byte ${at} changed: ${toHex(mutated)}`;
    // What was left out at the end is written all the same.
    if (mayEndEarly) expect(decode(codec, written, name), what).toEqual(value);
    else expect.fail(`${what}: written as ${toHex(written)}`);
  }
}

/** The value; undefined when it is refused by a `TlsError`. Anything else that is thrown fails the test. */
function readsOrRefuses(codec: Codec<unknown>, bytes: Uint8Array, name: string, seed: number): unknown {
  try {
    return decode(codec, bytes, name);
  } catch (error) {
    if (!(error instanceof TlsError)) throw new Error(`${name}, seed ${seed}, ${toHex(bytes)}: not a TlsError`, { cause: error });
    return undefined;
  }
}
