/**
 * The finite field groups of RFC 7919 as data, and what parameters and shares of finite field Diffie-Hellman must be
 * (RFC 8446 §4.2.8.1; RFC 5246 §7.4.3; RFC 7919 §3, §5, §A).
 *
 * ```
 * p = 2^b - 2^{b-64} + {[2^{b-130} e] + X } * 2^64 - 1          a safe prime: (p-1)/2 is prime too
 * g = 2                                                       of order (p-1)/2
 * ```
 * "… encoded as a big-endian integer and padded to the left with zeros to the size of p in bytes." (RFC 8446 §4.2.8.1) All shares of a
 * group are equally long. In TLS 1.2 a share may be shorter: RFC 5246 §7.4.3 says nothing of zeros, and both ways are seen.
 */

import { equal, fromHex } from '../core/bytes/bytes.ts';
import type { RandomSource } from './key-exchange.ts';
import { shareInvalid } from './key-share.ts';

/** p and g, big-endian; leading zeros mean nothing. */
export interface FiniteFieldParameters {
  readonly prime: Uint8Array;
  readonly generator: Uint8Array;
}

/** A field to compute in, with a name for messages. */
export interface FiniteField {
  readonly name: string;
  /** p, big-endian, without leading zeros. */
  readonly prime: Uint8Array;
  /** How many bits our exponents have. */
  readonly exponentBits: number;
}

/** A group of RFC 7919. `exponentBits`: "… should choose a secret key of at least 225 bits" (RFC 7919 §A.1), and so on. */
export interface FiniteFieldGroup extends FiniteField, FiniteFieldParameters {
  /** The code point of "TLS Supported Groups". */
  readonly id: number;
}

/** p of ffdhe8192, whose digits are those of e: the smaller primes begin as it does, and end with X and a row of ones. */
const DIGITS =
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
  '8ec9b55a7f88a46b4db5a851f44182e1c68a007e5e0dd9020bfd64b645036c7a4e677d2c38532a3a23ba4442caf53ea6' +
  '3bb454329b7624c8917bdd64b1c0fd4cb38e8c334c701c3acdad0657fccfec719b1f5c3e4e46041f388147fb4cfdb477' +
  'a52471f7a9a96910b855322edb6340d8a00ef092350511e30abec1fff9e3a26e7fb29f8c183023c3587e38da0077d9b4' +
  '763e4e4b94b2bbc194c6651e77caf992eeaac0232a281bf6b3a739c1226116820ae8db5847a67cbef9c9091b462d538c' +
  'd72b03746ae77f5e62292c311562a846505dc82db854338ae49f5235c95b91178ccf2dd5cacef403ec9d1810c6272b04' +
  '5b3b71f9dc6b80d63fdd4a8e9adb1e6962a69526d43161c1a41d570d7938dad4a40e329ccff46aaa36ad004cf600c838' +
  '1e425a31d951ae64fdb23fcec9509d43687feb69edd1cc5e0b8cc3bdf64b10ef86b63142a3ab8829555b2f747c932665' +
  'cb2c0f1cc01bd70229388839d2af05e454504ac78b7582822846c0ba35c35f5c59160cc046fd8251541fc68c9c86b022' +
  'bb7099876a460e7451a8a93109703fee1c217e6c3826e52c51aa691e0e423cfc99e9e31650c1217b624816cdad9a95f9' +
  'd5b8019488d9c0a0a1fe3075a577e23183f81d4a3f2fa4571efc8ce0ba8a4fe8b6855dfe72b0a66eded2fbabfbe58a30' +
  'fafabe1c5d71a87e2f741ef8c1fe86fea6bbfde530677f0d97d11d49f7a8443d0822e506a9f4614e011e2a94838ff88c' +
  'd68c8bb7c5c6424cffffffffffffffff';

export const FFDHE2048: FiniteFieldGroup = /* @__PURE__ */ finiteField('ffdhe2048', 0x0100, 225, 490, '285c97');
export const FFDHE3072: FiniteFieldGroup = /* @__PURE__ */ finiteField('ffdhe3072', 0x0101, 275, 746, 'c62e37');
export const FFDHE4096: FiniteFieldGroup = /* @__PURE__ */ finiteField('ffdhe4096', 0x0102, 325, 1002, '655f6a');
export const FFDHE6144: FiniteFieldGroup = /* @__PURE__ */ finiteField('ffdhe6144', 0x0103, 375, 1512, 'd0e40e65');
export const FFDHE8192: FiniteFieldGroup = /* @__PURE__ */ finiteField('ffdhe8192', 0x0104, 400, 2032, '');

/** All groups of RFC 7919, the smallest first. */
export const FINITE_FIELD_GROUPS: readonly FiniteFieldGroup[] = [FFDHE2048, FFDHE3072, FFDHE4096, FFDHE6144, FFDHE8192];

/** The group of RFC 7919 that has these parameters: "compare the selected dh_p and dh_g with the FFDHE groups" (RFC 7919 §3). */
export function findFiniteFieldGroup({ prime, generator }: FiniteFieldParameters): FiniteFieldGroup | undefined {
  const [p, g] = [stripZeros(prime), stripZeros(generator)];
  return FINITE_FIELD_GROUPS.find((group) => equal(group.prime, p) && equal(group.generator, g));
}

/** What is wrong with parameters: bits of p out of the range that is wanted, p even, g not in 1 < g < p-1. */
export type FiniteFieldProblem = 'prime_too_short' | 'prime_too_long' | 'prime_is_even' | 'generator_out_of_range';

/**
 * What is wrong with parameters that a peer or a file gives, or undefined. `minBits` and `maxBits` are bits of p: clients "MUST reject
 * any group with |dh_p| < 768 bits and SHOULD reject any group with |dh_p| < 1024 bits" (RFC 7919 §3.1), and the time of an exchange
 * grows with the cube of them.
 *
 * Whether p is prime is NOT checked, nor the order of g: "To reach the same assurance with an unknown group, the client would need to
 * verify the primality of the modulus, learn the factors of p-1, and test both the generator g and Y against each factor" (RFC 7919
 * §5.1). The first alone costs 14 ms for 1024 bits, 100 for 2048 and 1600 for 4096 (`checkPrimeSync` of Node 20, however few rounds one
 * asks for): too much for a stranger to demand with one message. So parameters that are not of RFC 7919 are as good as whoever signed
 * them; whoever minds takes those alone (`findFiniteFieldGroup`).
 */
export function checkFiniteFieldParameters(
  parameters: FiniteFieldParameters,
  { minBits, maxBits }: { readonly minBits: number; readonly maxBits: number },
): FiniteFieldProblem | undefined {
  const prime = stripZeros(parameters.prime);
  const bits = bitsOf(prime);
  if (bits < minBits) return 'prime_too_short';
  if (bits > maxBits) return 'prime_too_long';
  if (((prime.at(-1) ?? 0) & 1) === 0) return 'prime_is_even';
  return placeInField(prime, stripZeros(parameters.generator)) === 'inside' ? undefined : 'generator_out_of_range';
}

/** Bits of p: what the strength of parameters is told by. */
export function finiteFieldBits({ prime }: Pick<FiniteFieldParameters, 'prime'>): number {
  return bitsOf(stripZeros(prime));
}

/**
 * Refuses what is not a share of the group: "Peers MUST validate each other's public key Y by ensuring that 1 < Y < p-1."
 * (RFC 8446 §4.2.8.1) As p is a safe prime, that leaves no subgroup but the large ones.
 */
export function checkFiniteFieldShare({ name, prime }: FiniteField, share: Uint8Array): void {
  if (share.length !== prime.length) throw shareInvalid(name, `${share.length} bytes where ${prime.length} are expected`);
  const place = placeInField(prime, stripZeros(share));
  if (place === 'below') throw shareInvalid(name, 'a value of 0 or 1');
  if (place === 'above') throw shareInvalid(name, 'a value that is not below p-1');
}

/** A share of TLS 1.2, which may have fewer or more leading zeros, as long as p. Errors as `checkFiniteFieldShare`. */
export function readFiniteFieldShare(field: FiniteField, share: Uint8Array): Uint8Array {
  const value = stripZeros(share);
  const padded = value.length < field.prime.length ? padToPrime(field, value) : value;
  checkFiniteFieldShare(field, padded);
  return padded;
}

/**
 * A secret exponent: "an m-bit integer where m is at least" what the group names (RFC 7919 §5.2). Its top bit is always set, so that its
 * length says nothing.
 */
export function drawExponent({ exponentBits }: Pick<FiniteField, 'exponentBits'>, random: RandomSource): Uint8Array {
  const exponent = random(Math.ceil(exponentBits / 8));
  const top = 1 << ((exponentBits - 1) % 8);
  exponent[0] = ((exponent[0] as number) & (top - 1)) | top;
  return exponent;
}

/** `bytes` with zeros before them, as long as p. */
export function padToPrime({ prime }: Pick<FiniteField, 'prime'>, bytes: Uint8Array): Uint8Array {
  if (bytes.length === prime.length) return bytes;
  const padded = new Uint8Array(prime.length);
  padded.set(bytes, prime.length - bytes.length);
  return padded;
}

/** A public number without leading zeros; zero is empty. Not copied. */
export function stripZeros(bytes: Uint8Array): Uint8Array {
  const first = bytes.findIndex((byte) => byte !== 0);
  return bytes.subarray(first === -1 ? bytes.length : first);
}

/** Where a public value stands to 1 < value < p-1, for odd p; neither has leading zeros. It may take as long as it likes. */
function placeInField(prime: Uint8Array, value: Uint8Array): 'below' | 'inside' | 'above' {
  if (value.length === 0 || (value.length === 1 && value[0] === 1)) return 'below';
  if (value.length !== prime.length) return value.length < prime.length ? 'inside' : 'above';
  const difference = value.findIndex((byte, at) => byte !== prime[at]);
  if (difference === -1) return 'above';
  const distance = (prime[difference] as number) - (value[difference] as number);
  // p is odd: p-1 differs from it in the last bit alone.
  const isBelowByOne = difference === prime.length - 1 && distance === 1;
  return distance < 0 || isBelowByOne ? 'above' : 'inside';
}

function bitsOf(number: Uint8Array): number {
  return number.length === 0 ? 0 : 8 * number.length - Math.clz32(number[0] as number) + 24;
}

function finiteField(name: string, id: number, exponentBits: number, digits: number, end: string): FiniteFieldGroup {
  const prime = fromHex(`${DIGITS.slice(0, digits)}${end}${'f'.repeat(16)}`);
  return { name, id, prime, generator: Uint8Array.of(2), exponentBits };
}
