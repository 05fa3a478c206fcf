import { getDiffieHellman } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { concat, fromHex, toHex } from '../core/bytes/bytes.ts';
import {
  checkFiniteFieldParameters,
  drawExponent,
  FFDHE2048,
  FFDHE8192,
  type FiniteFieldParameters,
  findFiniteFieldGroup,
  finiteFieldBits,
} from './finite-field.ts';
import { nodeProvider } from './node/provider.ts';
import { portableProvider } from './portable/provider.ts';

const shareInvalid = expect.objectContaining({ reason: 'key_share_invalid', alert: 'illegal_parameter' });
const finiteField = nodeProvider.finiteField as NonNullable<typeof nodeProvider.finiteField>;

/** Written by `openssl dhparam -dsaparam 1024`: a prime that nobody knows beforehand, and a generator of a subgroup of 224 bits. */
const UNKNOWN: FiniteFieldParameters = {
  prime: fromHex(
    '8a7844397bba7bc5516b6a8c7d3a207bb19421625b065aa88d0a7e5df0b31fb1081f6a49743e0cb9b9eb06b1bee00d754f0de3b56192858e9dfe68d5699037ea' +
      'cf3b9ec9de0d855d630bd85270b02236dc5d0296e61863d47ed2c223e5ca33cfca76ac17cf686684dc9eaf9ce11322723eb2de5af63944b6f6c7ed781cc3ca5f',
  ),
  generator: fromHex(
    '4360c1045665d87ea6bc6a1582730954167934c9e2e20820b6cff3956bbfe0bb69b97a5981e265cfc10ec98f63dcdeb12c65326bca11f6f064060a9d6bc19701' +
      'e6326a971619c216f800ee20dec8b9cf08da1b5135579c7e54f579254e84a6b859d2f7e532b41bb3cfb65f4788e8f3b6f66d5b1b027134b0394708e4eaf93f06',
  ),
};

const MODP14: FiniteFieldParameters = {
  prime: new Uint8Array(getDiffieHellman('modp14').getPrime()),
  generator: Uint8Array.of(2),
};

const zeros = (count: number, bytes: Uint8Array) => concat(new Uint8Array(count), bytes);
const number = (bytes: Uint8Array) => BigInt(`0x${toHex(bytes)}`);
const bytesOf = (value: bigint) => fromHex(value.toString(16).padStart(2 * Math.ceil(value.toString(16).length / 2), '0'));

function power(base: bigint, exponent: bigint, p: bigint): bigint {
  let result = 1n;
  for (const bit of exponent.toString(2)) result = (((result * result) % p) * (bit === '1' ? base : 1n)) % p;
  return result;
}

/** A source that gives 0x42 over and over, with `value` at the end. */
const numbered = (value: number) => (length: number) => {
  const bytes = new Uint8Array(length).fill(0x42);
  bytes.set([value >> 8, value & 0xff], length - 2);
  return bytes;
};

interface Exchange {
  readonly share: Uint8Array;
  finish(peerShare: Uint8Array): Uint8Array;
}
const start = (parameters: FiniteFieldParameters, random = nodeProvider.random) =>
  finiteField.start(parameters, random) as Exchange;

const CASES: readonly { name: string; parameters: FiniteFieldParameters; exponentBits: number }[] = [
  { name: 'ffdhe2048', parameters: FFDHE2048, exponentBits: 225 },
  { name: 'ffdhe8192', parameters: FFDHE8192, exponentBits: 400 },
  { name: 'the group of RFC 3526 of 2048 bits', parameters: MODP14, exponentBits: 225 },
  {
    name: 'the prime of RFC 7919 with another generator',
    parameters: { ...FFDHE2048, generator: Uint8Array.of(3) },
    exponentBits: 512,
  },
  { name: 'an unknown prime', parameters: UNKNOWN, exponentBits: 512 },
];

describe.each(CASES)('Diffie-Hellman over $name', ({ parameters, exponentBits }) => {
  const p = number(parameters.prime);
  const size = parameters.prime.length;

  it('makes the shares and secrets that exponentiation by the book makes, as long as p', () => {
    const ours = start(parameters, numbered(1));
    const exponent = number(drawExponent({ exponentBits }, numbered(1)));
    expect(exponent.toString(2)).toHaveLength(exponentBits);
    expect(ours.share).toHaveLength(size);
    expect(number(ours.share) === power(number(parameters.generator), exponent, p)).toBe(true);
    const theirs = start(parameters);
    const secret = ours.finish(theirs.share);
    expect(secret).toHaveLength(size);
    expect(number(secret) === power(number(theirs.share), exponent, p)).toBe(true);
    expect(theirs.finish(ours.share)).toEqual(secret);
  });

  it.each<[string, bigint]>([
    ['0', 0n],
    ['1', 1n],
    ['p-1', p - 1n],
    ['p', p],
    ['p+1', p + 1n],
    ['256p', 256n * p],
  ])('refuses the share %s, however many zeros it has', (_, value) => {
    const ours = start(parameters);
    expect(() => ours.finish(bytesOf(value))).toThrow(shareInvalid);
    expect(() => ours.finish(zeros(size, bytesOf(value)))).toThrow(shareInvalid);
  });

  it('refuses an empty share', () => {
    expect(() => start(parameters).finish(new Uint8Array(0))).toThrow(shareInvalid);
  });

  it('takes shares without leading zeros, and with some too many', () => {
    const secrets = [Uint8Array.of(4), zeros(size - 1, Uint8Array.of(4)), zeros(size + 5, Uint8Array.of(4))].map((share) =>
      start(parameters, numbered(7)).finish(share),
    );
    expect(secrets[1]).toEqual(secrets[0]);
    expect(secrets[2]).toEqual(secrets[0]);
  });

  it('takes parameters with leading zeros for the same', () => {
    const padded = { prime: zeros(1, parameters.prime), generator: zeros(size - 1, parameters.generator) };
    expect(start(padded, numbered(1)).share).toEqual(start(parameters, numbered(1)).share);
  });

  it('finishes once', () => {
    const ours = start(parameters);
    ours.finish(Uint8Array.of(4));
    expect(() => ours.finish(Uint8Array.of(4))).toThrow(expect.objectContaining({ code: 'ERR_TLS_KEY_EXCHANGE_USED' }));
  });
});

describe('an unknown prime', () => {
  it('agrees with `openssl pkeyutl -derive` on the secret', () => {
    const peerShare =
      '174b8eb1ccf1dad9e53d5e03d1493db517afe805a35b2d1b6259617f18fe04602aeaa5be39b6236c448dadfefbfe96ab0ada3616eaac905d9c297b7bd884a618' +
      '1165c4441d58b41bc542c3616790bbc94a3a6d55d348a1d12f5ce9fc2d33b341356deffa31ae546d14c45d00c1ac6e1bffc88a3766d6d29ac9a0d563fefffea0';
    const secret =
      '1f9f98abac59a199d13e020c178a7f9feb25c15c4ad85f9d7646f3e6ec01ff8b55e9dbc93d41a4df4fe1f563b7f2847fe16a569df4341f670ec14443ff5d51bd' +
      '016edca1684d4d8e20c8ac4f3c3c3061638f1a446c3396e7551b0f0374ea539c7387725805c074458fd1823513007963dcd26ebf17d39342951033a088c8687f';
    expect(toHex(start(UNKNOWN, numbered(1)).finish(fromHex(peerShare)))).toBe(secret);
  });

  it('keeps leading zeros in shares and in secrets', () => {
    // Found by trying: these exponents make a share, and with each other a secret, that begins with a zero byte.
    const one = start(UNKNOWN, numbered(108));
    expect([one.share.length, one.share[0]]).toEqual([128, 0]);
    const secret = start(UNKNOWN, numbered(346)).finish(one.share);
    expect([secret.length, secret[0]]).toEqual([128, 0]);
  });

  it('that nobody can compute with, or not in time, is refused', () => {
    const refused = expect.objectContaining({ code: 'ERR_TLS_CRYPTO_FAILURE' });
    expect(() => start({ prime: new Uint8Array(0), generator: Uint8Array.of(2) })).toThrow(refused);
    expect(() => start({ prime: Uint8Array.of(23), generator: Uint8Array.of(5) })).toThrow(refused);
    expect(() => start({ ...UNKNOWN, prime: bytesOf(number(UNKNOWN.prime) - 1n) })).toThrow(refused);
    expect(() => start({ ...UNKNOWN, generator: Uint8Array.of(1) })).toThrow(refused);
    expect(() => start({ prime: new Uint8Array(5000).fill(0xff), generator: Uint8Array.of(2) })).toThrow(refused);
  });
});

describe('parameters of finite field Diffie-Hellman', () => {
  const range = { minBits: 1024, maxBits: 8192 };
  const p = number(UNKNOWN.prime);

  it('of RFC 7919 are known by value', () => {
    expect(findFiniteFieldGroup({ prime: zeros(2, FFDHE8192.prime), generator: Uint8Array.of(0, 2) })).toBe(FFDHE8192);
    expect(findFiniteFieldGroup({ prime: FFDHE2048.prime, generator: Uint8Array.of(5) })).toBeUndefined();
    expect(findFiniteFieldGroup(MODP14)).toBeUndefined();
  });

  it('are told apart by bits, not bytes', () => {
    expect(finiteFieldBits(UNKNOWN)).toBe(1024);
    expect(finiteFieldBits({ prime: bytesOf(p >> 1n) })).toBe(1023);
    expect(finiteFieldBits({ prime: zeros(3, bytesOf(p >> 7n)) })).toBe(1017);
    expect(finiteFieldBits({ prime: new Uint8Array(9) })).toBe(0);
  });

  it.each<[string, Partial<FiniteFieldParameters>, string | undefined]>([
    ['as OpenSSL wrote them', {}, undefined],
    ['with a p of 1023 bits', { prime: bytesOf(p >> 1n) }, 'prime_too_short'],
    ['with a p of 1023 bits behind zeros', { prime: zeros(20, bytesOf(p >> 1n)) }, 'prime_too_short'],
    ['with a p of zeros', { prime: new Uint8Array(200) }, 'prime_too_short'],
    ['with a p of 8193 bits', { prime: bytesOf((1n << 8192n) + 1n) }, 'prime_too_long'],
    ['with an even p', { prime: bytesOf(p - 1n) }, 'prime_is_even'],
    ['with a generator 0', { generator: Uint8Array.of(0, 0) }, 'generator_out_of_range'],
    ['with no generator', { generator: new Uint8Array(0) }, 'generator_out_of_range'],
    ['with a generator 1', { generator: Uint8Array.of(0, 1) }, 'generator_out_of_range'],
    ['with a generator 2', { generator: Uint8Array.of(0, 2) }, undefined],
    ['with a generator p-2', { generator: bytesOf(p - 2n) }, undefined],
    ['with a generator p-1', { generator: bytesOf(p - 1n) }, 'generator_out_of_range'],
    ['with a generator p', { generator: bytesOf(p) }, 'generator_out_of_range'],
    ['with a generator longer than p', { generator: bytesOf(256n * p) }, 'generator_out_of_range'],
  ])('%s are judged as they are', (_, changes, problem) => {
    expect(checkFiniteFieldParameters({ ...UNKNOWN, ...changes }, range)).toBe(problem);
  });
});

it('the portable provider has no finite field part, as it has no constant-time exponentiation', () => {
  expect(portableProvider.finiteField).toBeUndefined();
});
