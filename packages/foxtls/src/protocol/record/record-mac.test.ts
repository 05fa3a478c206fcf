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

/** FIPS 180-4 §5.1: a byte of 0x80 and the length of the message, which has an eighth of a block, have to fit behind it. */
const blocksOf = (length: number, { blockSize }: RecordHash) => Math.ceil((length + 1 + blockSize / 8) / blockSize);

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

  it('of a secret length is the same, from as many compressions and as many bytes of rest, whatever the length is', () => {
    const { hash: counted, lengths } = watched(hash);
    const mac = new RecordMac(counted, key());
    for (const most of [255, 256, 300, 1000, 1000 + hash.blockSize / 2]) {
      const work = new RecordMac(counted, key()).layOut(5, HEADER, most);
      work.set(counting(most), mac.start);
      const seen = new Set<string>();
      for (let less = 0; less <= 255; less++) {
        lengths.length = 0;
        expect(mac.computeEqualised(work, most, less)).toEqual(reference(counting(most - less)));
        // None ends before its last block.
        expect(Math.min(...lengths)).toBeGreaterThanOrEqual(hash.blockSize);
        const blocks = lengths.reduce((sum, length) => sum + blocksOf(length, hash), 0);
        seen.add(`${lengths.length} calls, ${blocks} blocks, ${lengths.reduce((sum, length) => sum + length, 0)} bytes`);
      }
      expect([...seen]).toHaveLength(1);
    }
  });
});
