/** ML-KEM by Wycheproof's vectors: key pairs, encapsulation and decapsulation, right and wrong. */

import { expect, it } from 'vitest';
import { describeWithVectors, readJsonVectors } from '../../../test/vectors.ts';
import { fromHex, toHex } from '../../core/bytes/bytes.ts';
import type { RandomSource } from '../key-exchange.ts';
import { mlKem768, mlKem1024 } from './ml-kem.ts';

interface Vector {
  readonly tcId: number;
  readonly result: 'valid' | 'invalid';
  readonly seed: string;
  readonly m: string;
  readonly ek: string;
  readonly c: string;
  readonly K: string;
}

const vectorsOf = (path: string): readonly Vector[] =>
  readJsonVectors<{ testGroups: readonly { tests: readonly Vector[] }[] }>(path).testGroups.flatMap(({ tests }) => tests);

/** Bytes that are drawn at once, and are those of the vector. */
const drawing =
  (hex: string): RandomSource =>
  (length) => {
    const bytes = fromHex(hex);
    if (bytes.length !== length) throw new RangeError(`${length} bytes drawn, the vector has ${bytes.length}`);
    return bytes;
  };

/** What came out of it in hexadecimal digits, or that the peer's share was refused. */
async function outcomeOf(work: () => Promise<readonly Uint8Array[]>): Promise<readonly string[] | 'refused'> {
  try {
    return (await work()).map((bytes) => toHex(bytes));
  } catch (error) {
    expect(error).toMatchObject({ reason: 'key_share_invalid', alert: 'illegal_parameter' });
    return 'refused';
  }
}

const expected = ({ result }: Vector, values: readonly string[]) => (result === 'valid' ? values : 'refused');

for (const [size, group] of [
  [768, mlKem768],
  [1024, mlKem1024],
] as const) {
  describeWithVectors(`Wycheproof mlkem_${size}`, `wycheproof/mlkem_${size}_test.json`, (path) => {
    // A seed of the wrong length cannot come about here: the group draws it.
    const vectors = vectorsOf(path).filter(({ seed }) => seed.length === 128);

    it('makes the keys of its seeds, and decapsulates', async () => {
      expect(vectors.length).toBeGreaterThan(100);
      for (const vector of vectors) {
        const outcome = await outcomeOf(async () => {
          const exchange = await group.start(drawing(vector.seed));
          return [exchange.share, await exchange.finish(fromHex(vector.c))];
        });
        expect([vector.tcId, outcome]).toEqual([vector.tcId, expected(vector, [vector.ek, vector.K])]);
      }
    });
  });

  describeWithVectors(`Wycheproof mlkem_${size}_encaps`, `wycheproof/mlkem_${size}_encaps_test.json`, (path) => {
    it('encapsulates, for keys that are right in length and modulus', async () => {
      const vectors = vectorsOf(path);
      expect(new Set(vectors.map(({ result }) => result)).size).toBe(2);
      for (const vector of vectors) {
        const outcome = await outcomeOf(async () => {
          const { share, secret } = await group.respond(fromHex(vector.ek), drawing(vector.m));
          return [share, secret];
        });
        expect([vector.tcId, outcome]).toEqual([vector.tcId, expected(vector, [vector.c, vector.K])]);
      }
    });
  });
}

it('finishes with a changed ciphertext by another secret, and not by an error', async () => {
  const random: RandomSource = (length) => new Uint8Array(length).fill(7);
  const client = await mlKem768.start(random);
  const { share, secret } = await mlKem768.respond(client.share, random);
  share[0] = (share[0] as number) ^ 1;
  const other = await client.finish(share);
  expect(other.length).toBe(32);
  expect(other).not.toEqual(secret);
});
