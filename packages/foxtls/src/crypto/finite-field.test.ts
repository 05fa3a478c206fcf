import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../core/bytes/bytes.ts';
import { checkFiniteFieldShare, drawExponent, FFDHE2048, FFDHE3072, FFDHE4096, FFDHE6144, FFDHE8192 } from './finite-field.ts';
import { nodeProvider } from './node/provider.ts';
import { portableProvider } from './portable/provider.ts';
import { groupNamed } from './providers.fixture.ts';

const shareInvalid = expect.objectContaining({ reason: 'key_share_invalid', alert: 'illegal_parameter' });

/** RFC 7919 §A: b, X of the prime's formula, and the shortest exponent. */
const KNOWN = [
  { group: FFDHE2048, id: 256, b: 2048, x: 560316n, exponent: 225 },
  { group: FFDHE3072, id: 257, b: 3072, x: 2625351n, exponent: 275 },
  { group: FFDHE4096, id: 258, b: 4096, x: 5736041n, exponent: 325 },
  { group: FFDHE6144, id: 259, b: 6144, x: 15705020n, exponent: 375 },
  { group: FFDHE8192, id: 260, b: 8192, x: 10965728n, exponent: 400 },
];

const number = (bytes: Uint8Array) => BigInt(`0x${toHex(bytes)}`);
const bytesOf = (value: bigint, size: number) => fromHex(value.toString(16).padStart(2 * size, '0'));

/** base^exponent mod p, by the book: what OpenSSL's answers are compared with. */
function power(base: bigint, exponent: bigint, p: bigint): bigint {
  let result = 1n;
  for (const bit of exponent.toString(2)) result = (((result * result) % p) * (bit === '1' ? base : 1n)) % p;
  return result;
}

/** Floor of 2^bits * e, by its series. */
function scaledE(bits: number): bigint {
  const guard = 64n;
  let term = 1n << (BigInt(bits) + guard);
  let sum = 0n;
  for (let n = 1n; term > 0n; n++) {
    sum += term;
    term /= n;
  }
  return sum >> guard;
}

/** A source that gives 0x42 over and over, with `number` at the end. */
const numbered = (value: number) => (length: number) => {
  const bytes = new Uint8Array(length).fill(0x42);
  bytes.set([value >> 8, value & 0xff], length - 2);
  return bytes;
};

describe.each(KNOWN)('$group.name', ({ group, id, b, x, exponent }) => {
  it('has the prime that the formula of RFC 7919 gives, and its code point', () => {
    const shift = BigInt(b);
    const expected = (1n << shift) - (1n << (shift - 64n)) + (scaledE(b - 130) + x) * (1n << 64n) - 1n;
    expect(number(group.prime) === expected).toBe(true);
    expect(group.id).toBe(id);
    expect(group.generator).toEqual(Uint8Array.of(2));
  });

  it('draws exponents of the length that RFC 7919 asks for, whatever the source gives', () => {
    for (const byte of [0, 0x42, 0xff]) {
      const drawn = drawExponent(group, (length) => new Uint8Array(length).fill(byte));
      expect(number(drawn).toString(2)).toHaveLength(exponent);
    }
  });
});

describe.each(KNOWN)('$group.name as a group of the provider', ({ group, id, b }) => {
  const p = number(group.prime);
  const ours = groupNamed(nodeProvider, group.name);
  const size = b / 8;

  it('has its code point', () => {
    expect(ours.id).toBe(id);
  });

  it('makes the shares and secrets that exponentiation by the book makes', () => {
    const client = ours.start(numbered(1)) as { share: Uint8Array; finish(share: Uint8Array): Uint8Array };
    const ourExponent = number(drawExponent(group, numbered(1)));
    const theirs = power(2n, number(drawExponent(group, numbered(2))), p);
    expect(number(client.share) === power(2n, ourExponent, p)).toBe(true);
    const secret = client.finish(bytesOf(theirs, size));
    expect(number(secret) === power(theirs, ourExponent, p)).toBe(true);
  });

  const invalid: readonly [string, Uint8Array][] = [
    ['0', bytesOf(0n, size)],
    ['1', bytesOf(1n, size)],
    ['p-1', bytesOf(p - 1n, size)],
    ['p', bytesOf(p, size)],
    ['p+1', bytesOf(p + 1n, size)],
    ['p+2', bytesOf(p + 2n, size)],
    ['the largest number of its size', bytesOf((1n << BigInt(b)) - 1n, size)],
    ['2 without its zeros', Uint8Array.of(2)],
    ['2 with a zero too few', bytesOf(2n, size - 1)],
    ['2 with a zero too many', bytesOf(2n, size + 1)],
    ['nothing', new Uint8Array(0)],
  ];
  it.each(invalid)('refuses the share %s, in both roles, before anything is computed', (_, share) => {
    expect(() => checkFiniteFieldShare(group, share)).toThrow(shareInvalid);
    const client = ours.start(nodeProvider.random) as { finish(share: Uint8Array): Uint8Array };
    expect(() => client.finish(share)).toThrow(shareInvalid);
    const noDraw = () => {
      throw new Error('drawn');
    };
    expect(() => ours.respond(share, noDraw)).toThrow(shareInvalid);
  });

  it('takes the shares just inside the range', () => {
    for (const value of [2n, 256n, p - 2n, p - 256n, p - (1n << 64n)]) {
      expect(() => checkFiniteFieldShare(group, bytesOf(value, size))).not.toThrow();
      expect(ours.respond(bytesOf(value, size), nodeProvider.random)).toHaveProperty('secret.length', size);
    }
  });
});

/** Found by trying: the exponents numbered so make a share, and with each other a secret, that begins with a zero byte. */
const LEADING_ZEROS = [
  { group: FFDHE2048, share: 768, peer: 121 },
  { group: FFDHE3072, share: 70, peer: 163 },
  { group: FFDHE4096, share: 29, peer: 693 },
  { group: FFDHE6144, share: 211, peer: 416 },
  { group: FFDHE8192, share: 788, peer: 144 },
];

describe.each(LEADING_ZEROS)('leading zeros in $group.name', ({ group, share, peer }) => {
  it('stay in shares and in secrets', () => {
    const ours = groupNamed(nodeProvider, group.name);
    const client = ours.start(numbered(share)) as { share: Uint8Array; finish(share: Uint8Array): Uint8Array };
    expect([client.share.length, client.share[0]]).toEqual([group.prime.length, 0]);
    const server = ours.respond(client.share, numbered(peer)) as { share: Uint8Array; secret: Uint8Array };
    expect([server.secret.length, server.secret[0]]).toEqual([group.prime.length, 0]);
    const p = number(group.prime);
    const shared = power(number(client.share), number(drawExponent(group, numbered(peer))), p);
    expect(number(server.secret) === shared).toBe(true);
    expect(client.finish(server.share)).toEqual(server.secret);
  });
});

it('the portable provider has no finite field group, as it has no constant-time exponentiation', () => {
  expect(portableProvider.groups.filter(({ name }) => name.startsWith('ffdhe'))).toEqual([]);
});
