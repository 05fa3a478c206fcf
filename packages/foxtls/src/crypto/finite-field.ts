/**
 * The finite field groups of RFC 7919 as data, and what a share of them must be (RFC 8446 §4.2.8.1, RFC 7919 §5, §A).
 *
 * ```
 * p = 2^b - 2^{b-64} + {[2^{b-130} e] + X } * 2^64 - 1          a safe prime: (p-1)/2 is prime too
 * g = 2                                                       of order (p-1)/2
 * ```
 * "… encoded as a big-endian integer and padded to the left with zeros to the size of p in bytes." (RFC 8446 §4.2.8.1) All shares of a
 * group are equally long. ffdhe6144 and ffdhe8192 are left out: an exchange of ffdhe4096 costs 40 times one of X25519 already.
 */

import { fromHex } from '../core/bytes/bytes.ts';
import type { RandomSource } from './key-exchange.ts';
import { shareInvalid } from './key-share.ts';

export interface FiniteFieldGroup {
  readonly name: string;
  readonly id: number;
  /** p, big-endian. */
  readonly prime: Uint8Array;
  /** "… should choose a secret key of at least 225 bits" (RFC 7919 §A.1), and so on: how long ours are. */
  readonly exponentBits: number;
}

export const FFDHE2048: FiniteFieldGroup = /* @__PURE__ */ finiteField(
  'ffdhe2048',
  0x0100,
  225,
  'ffffffffffffffffadf85458a2bb4a9aafdc5620273d3cf1d8b9c583ce2d3695a9e13641146433fbcc939dce249b3ef9' +
    '7d2fe363630c75d8f681b202aec4617ad3df1ed5d5fd65612433f51f5f066ed0856365553ded1af3b557135e7f57c935' +
    '984f0c70e0e68b77e2a689daf3efe8721df158a136ade73530acca4f483a797abc0ab182b324fb61d108a94bb2c8e3fb' +
    'b96adab760d7f4681d4f42a3de394df4ae56ede76372bb190b07a7c8ee0a6d709e02fce1cdf7e2ecc03404cd28342f61' +
    '9172fe9ce98583ff8e4f1232eef28183c3fe3b1b4c6fad733bb5fcbc2ec22005c58ef1837d1683b2c6f34a26c1b2effa' +
    '886b423861285c97ffffffffffffffff',
);

export const FFDHE3072: FiniteFieldGroup = /* @__PURE__ */ finiteField(
  'ffdhe3072',
  0x0101,
  275,
  'ffffffffffffffffadf85458a2bb4a9aafdc5620273d3cf1d8b9c583ce2d3695a9e13641146433fbcc939dce249b3ef9' +
    '7d2fe363630c75d8f681b202aec4617ad3df1ed5d5fd65612433f51f5f066ed0856365553ded1af3b557135e7f57c935' +
    '984f0c70e0e68b77e2a689daf3efe8721df158a136ade73530acca4f483a797abc0ab182b324fb61d108a94bb2c8e3fb' +
    'b96adab760d7f4681d4f42a3de394df4ae56ede76372bb190b07a7c8ee0a6d709e02fce1cdf7e2ecc03404cd28342f61' +
    '9172fe9ce98583ff8e4f1232eef28183c3fe3b1b4c6fad733bb5fcbc2ec22005c58ef1837d1683b2c6f34a26c1b2effa' +
    '886b4238611fcfdcde355b3b6519035bbc34f4def99c023861b46fc9d6e6c9077ad91d2691f7f7ee598cb0fac186d91c' +
    'aefe130985139270b4130c93bc437944f4fd4452e2d74dd364f2e21e71f54bff5cae82ab9c9df69ee86d2bc522363a0d' +
    'abc521979b0deada1dbf9a42d5c4484e0abcd06bfa53ddef3c1b20ee3fd59d7c25e41d2b66c62e37ffffffffffffffff',
);

export const FFDHE4096: FiniteFieldGroup = /* @__PURE__ */ finiteField(
  'ffdhe4096',
  0x0102,
  325,
  'ffffffffffffffffadf85458a2bb4a9aafdc5620273d3cf1d8b9c583ce2d3695a9e13641146433fbcc939dce249b3ef9' +
    '7d2fe363630c75d8f681b202aec4617ad3df1ed5d5fd65612433f51f5f066ed0856365553ded1af3b557135e7f57c935' +
    '984f0c70e0e68b77e2a689daf3efe8721df158a136ade73530acca4f483a797abc0ab182b324fb61d108a94bb2c8e3fb' +
    'b96adab760d7f4681d4f42a3de394df4ae56ede76372bb190b07a7c8ee0a6d709e02fce1cdf7e2ecc03404cd28342f61' +
    '9172fe9ce98583ff8e4f1232eef28183c3fe3b1b4c6fad733bb5fcbc2ec22005c58ef1837d1683b2c6f34a26c1b2effa' +
    '886b4238611fcfdcde355b3b6519035bbc34f4def99c023861b46fc9d6e6c9077ad91d2691f7f7ee598cb0fac186d91c' +
    'aefe130985139270b4130c93bc437944f4fd4452e2d74dd364f2e21e71f54bff5cae82ab9c9df69ee86d2bc522363a0d' +
    'abc521979b0deada1dbf9a42d5c4484e0abcd06bfa53ddef3c1b20ee3fd59d7c25e41d2b669e1ef16e6f52c3164df4fb' +
    '7930e9e4e58857b6ac7d5f42d69f6d187763cf1d5503400487f55ba57e31cc7a7135c886efb4318aed6a1e012d9e6832' +
    'a907600a918130c46dc778f971ad0038092999a333cb8b7a1a1db93d7140003c2a4ecea9f98d0acc0a8291cdcec97dcf' +
    '8ec9b55a7f88a46b4db5a851f44182e1c68a007e5e655f6affffffffffffffff',
);

/**
 * Refuses what is not a share of the group: "Peers MUST validate each other's public key Y by ensuring that 1 < Y < p-1."
 * (RFC 8446 §4.2.8.1) As p is a safe prime, that leaves no subgroup but the large ones.
 */
export function checkFiniteFieldShare({ name, prime }: FiniteFieldGroup, share: Uint8Array): void {
  if (share.length !== prime.length) throw shareInvalid(name, `${share.length} bytes where ${prime.length} are expected`);
  // A share is public: comparing it may take as long as it likes.
  const isSmall = share.subarray(0, -1).every((byte) => byte === 0) && (share.at(-1) as number) <= 1;
  if (isSmall) throw shareInvalid(name, 'a value of 0 or 1');
  const difference = share.findIndex((byte, at) => byte !== prime[at]);
  // p is odd: p-1 differs from it in the last bit alone.
  const isLarge = difference === -1 || (share[difference] as number) > (prime[difference] as number);
  const isBelowByOne = difference === prime.length - 1 && (share[difference] as number) === (prime[difference] as number) - 1;
  if (isLarge || isBelowByOne) throw shareInvalid(name, 'a value that is not below p-1');
}

/**
 * A secret exponent: "an m-bit integer where m is at least" what the group names (RFC 7919 §5.2). Its top bit is always set, so that its
 * length says nothing.
 */
export function drawExponent({ exponentBits }: FiniteFieldGroup, random: RandomSource): Uint8Array {
  const exponent = random(Math.ceil(exponentBits / 8));
  const top = 1 << ((exponentBits - 1) % 8);
  exponent[0] = ((exponent[0] as number) & (top - 1)) | top;
  return exponent;
}

/** `bytes` with zeros before them, as long as p. */
export function padToPrime({ prime }: FiniteFieldGroup, bytes: Uint8Array): Uint8Array {
  if (bytes.length === prime.length) return bytes;
  const padded = new Uint8Array(prime.length);
  padded.set(bytes, prime.length - bytes.length);
  return padded;
}

function finiteField(name: string, id: number, exponentBits: number, prime: string): FiniteFieldGroup {
  return { name, id, prime: fromHex(prime), exponentBits };
}
