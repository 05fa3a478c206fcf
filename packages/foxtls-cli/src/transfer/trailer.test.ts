import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TRAILER_BYTES, TrailerFilter, trailerFits, writeTrailer } from './trailer.ts';

const digest = (content: Uint8Array) => createHash('sha256').update(content).digest();

describe('the trailer', () => {
  it('is the length and the SHA-256 of the content', () => {
    const trailer = writeTrailer(0x1_0000_0002, digest(Buffer.from('abc')));
    expect(Buffer.from(trailer).toString('hex')).toBe(
      '0000000100000002ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });

  it('fits the content that it was made of alone', () => {
    const [content, other] = [Buffer.from('abc'), Buffer.from('abd')];
    const trailer = writeTrailer(3, digest(content));
    expect(trailerFits(trailer, 3, digest(content))).toBe(true);
    expect(trailerFits(trailer, 3, digest(other))).toBe(false);
    expect(trailerFits(trailer, 4, digest(content))).toBe(false);
    expect(trailerFits(trailer.subarray(1), 3, digest(content))).toBe(false);
  });

  it('is told from the content wherever the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 100 })), (chunks) => {
        const all = Buffer.concat(chunks);
        const filter = new TrailerFilter();
        const content = Buffer.concat(chunks.flatMap((chunk) => filter.pass(chunk)));
        const cut = Math.max(0, all.length - TRAILER_BYTES);
        expect(content.equals(all.subarray(0, cut))).toBe(true);
        expect(Buffer.from(filter.held).equals(all.subarray(cut))).toBe(true);
      }),
    );
  });
});
