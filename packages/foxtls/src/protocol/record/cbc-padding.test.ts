import { describe, expect, it } from 'vitest';
import { counting } from './cbc.fixture.ts';
import { checkPadding, macMatches } from './cbc-padding.ts';

const padded = (length: number, padding: number) => {
  const plaintext = counting(length, 3);
  plaintext.fill(padding, Math.max(0, length - 1 - padding));
  return plaintext;
};

describe('the padding of a CBC record', () => {
  it.each([0, 16, 20, 32, 48])('is right in each length that leaves room for a MAC of %i bytes', (macSize) => {
    for (const length of [macSize + 1, macSize + 2, 64, 256, 300, 500].filter((size) => size > macSize)) {
      for (let padding = 0; padding < 256; padding++) {
        const fits = padding + 1 + macSize <= length;
        expect(checkPadding(padded(length, padding), macSize)).toEqual(
          fits ? { good: -1, length: padding } : { good: 0, length: 0 },
        );
      }
    }
  });

  it('is wrong when any byte of it is, and of no length then', () => {
    for (const padding of [1, 2, 15, 100, 255]) {
      for (let back = 1; back <= padding; back++) {
        for (const bit of [1, 0x80]) {
          const plaintext = padded(400, padding);
          const at = plaintext.length - 1 - back;
          plaintext[at] = (plaintext[at] as number) ^ bit;
          expect(checkPadding(plaintext, 20)).toEqual({ good: 0, length: 0 });
        }
      }
    }
  });

  it('does not look at what stands before it', () => {
    const plaintext = padded(400, 10);
    plaintext[400 - 12] = 10;
    expect(checkPadding(plaintext, 20)).toEqual({ good: -1, length: 10 });
  });
});

describe('the MAC in front of the padding', () => {
  it.each([16, 20, 32, 48])('of %i bytes is found behind content of every length and before padding of every length', (size) => {
    for (const contentLength of [0, 1, 2, 47, 48, 49, 255, 256, 700]) {
      for (let padding = 0; padding < 256; padding++) {
        const plaintext = counting(contentLength + size + padding + 1, 7);
        const mac = plaintext.slice(contentLength, contentLength + size);
        expect(macMatches(plaintext, padding, mac)).toBe(-1);
        const wrong = mac.map((byte, i) => (i === padding % size ? byte ^ 0x80 : byte));
        expect(macMatches(plaintext, padding, wrong)).toBe(0);
      }
    }
  });

  it('is nowhere else', () => {
    const plaintext = counting(300, 7);
    for (let padding = 0; padding < 250; padding++) {
      const start = plaintext.length - 1 - padding - 20;
      for (const off of [-1, 1]) {
        expect(macMatches(plaintext, padding, plaintext.slice(start + off, start + off + 20))).toBe(0);
      }
    }
  });
});
