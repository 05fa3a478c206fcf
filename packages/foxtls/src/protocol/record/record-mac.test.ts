import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { concat } from '../../core/bytes/bytes.ts';
import { sha1, sha256, sha384, sha512 } from '../../crypto/node/hash.ts';
import { counting } from './cbc.fixture.ts';
import { type RecordHash, RecordMac } from './record-mac.ts';

const HEADER = Uint8Array.of(23, 3, 3, 0, 0);

/** A hash that notes how long its messages are. */
function watched(hash: RecordHash): { hash: RecordHash; lengths: number[] } {
  const lengths: number[] = [];
  const digest = (data: Uint8Array) => {
    lengths.push(data.length);
    return hash.digest(data);
  };
  return { hash: { ...hash, digest }, lengths };
}

/** What a hash does for a message: whole blocks that it takes at once, and blocks that end it with 0x80 and the length (FIPS 180-4 §5.1). */
function workOf(length: number, { blockSize }: RecordHash): { whole: number; ending: number } {
  const rest = length % blockSize;
  return { whole: (length - rest) / blockSize, ending: rest + 1 + blockSize / 8 > blockSize ? 2 : 1 };
}

type Work = ReturnType<typeof workOf>;

describe.each([sha1, sha256, sha384, sha512])('the MAC of records with $name', (hash) => {
  const key = () => counting(hash.size, 1);
  const reference = (content: Uint8Array) =>
    new Uint8Array(
      createHmac(hash.name, key())
        .update(concat(new Uint8Array(7), Uint8Array.of(5, 23, 3, 3, content.length >> 8, content.length), content))
        .digest(),
    );

  it('is HMAC over number, type, version, length and content', () => {
    const mac = new RecordMac(hash, key());
    for (const length of [0, 1, 50, 51, 64, 128, 4000]) {
      const work = mac.layOut(5, HEADER, length);
      work.set(counting(length), mac.start);
      expect(mac.compute(work, length)).toEqual(reference(counting(length)));
    }
  });

  it('of a secret length is the same, from the same work of the hash whatever the length is, as against Lucky 13', () => {
    const { hash: counted, lengths } = watched(hash);
    for (const most of [255, 256, 300, 1000, 1000 + hash.blockSize / 2, 1000 + hash.blockSize]) {
      const mac = new RecordMac(counted, key());
      const work = mac.layOut(5, HEADER, most);
      work.set(counting(most), mac.start);
      const seen = new Set<string>();
      for (let less = 0; less <= 255; less++) {
        lengths.length = 0;
        expect(mac.computeEqualised(work, most, less)).toEqual(reference(counting(most - less)));
        const [second, first] = lengths.map((length) => workOf(length, hash)) as [Work, Work, Work];
        const whole = second.whole + first.whole;
        // A call without whole blocks is a call less.
        const calls = Math.min(1, second.whole) + Math.min(1, first.whole);
        const pairs = Math.ceil(second.whole / 2) + Math.ceil(first.whole / 2);
        seen.add(
          `${whole} blocks in ${calls} calls, ${pairs} by two, ${second.ending + first.ending} at the ends, ${lengths.length} hashes`,
        );
      }
      expect([...seen]).toHaveLength(1);
      expect([...seen][0]).toMatch(/ in 2 calls, .* 3 at the ends, 3 hashes$/);
    }
  });
});
