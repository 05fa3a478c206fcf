/**
 * The encodings of RSA encryption (RFC 8017 §7): EME-PKCS1-v1_5 and EME-OAEP, and MGF1 (§B.2.1), around whoever computes m^e mod n.
 *
 * ```
 * EM = 0x00 || 0x02 || PS || 0x00 || M                        PKCS1-v1_5: PS is random, without zeros, of 8 bytes at least
 *
 *                            +----------+------+--+-------+
 *                       DB = |  lHash   |  PS  |01|   M   |    OAEP: PS is zeros
 *                            +----------+------+--+-------+
 * EM = 0x00 || maskedSeed || maskedDB
 * ```
 * Invariant: decoding takes no branch and no index that depends on the encoded message, before it is known to be right. (How long a
 * secret is that was right, OAEP shows.)
 */

import { concat, EMPTY } from '../core/bytes/bytes.ts';
import { CryptoFailure } from '../core/errors/errors.ts';
import type { Hash } from './hash.ts';
import type { RandomSource } from './key-exchange.ts';

/** The hashes of RSAES-OAEP, found. */
export interface OaepHashes {
  readonly hash: Hash;
  readonly mgfHash: Hash;
  readonly label?: Uint8Array | undefined;
}

/** EME-PKCS1-v1_5 encoding (RFC 8017 §7.2.1): `size` bytes. Throws `CryptoFailure` for a message that is too long. */
export function encodePkcs1(message: Uint8Array, size: number, random: RandomSource): Uint8Array {
  const padding = size - message.length - 3;
  // RFC 8017 §7.2.1: "The length of PS will be at least eight octets."
  if (padding < 8) throw tooLong(message, size - 11);
  return concat(Uint8Array.of(0, 2), nonZeroRandom(padding, random), Uint8Array.of(0), message);
}

/**
 * EME-PKCS1-v1_5 decoding (RFC 8017 §7.2.2) for a message of known length: the message, or a copy of `substitute` when the encoding is
 * wrong or the message is not as long as `substitute`.
 */
export function decodePkcs1(encoded: Uint8Array, substitute: Uint8Array): Uint8Array {
  const separator = encoded.length - substitute.length - 1;
  const result = substitute.slice();
  // All of this is known to whoever sent it: the lengths of the modulus and of the secret.
  if (separator < 10) return result;
  let wrong = (encoded[0] as number) | ((encoded[1] as number) ^ 2) | (encoded[separator] as number);
  for (let i = 2; i < separator; i++) wrong |= isZero(encoded[i] as number);
  const mask = maskOf(isZero(wrong));
  for (let i = 0; i < result.length; i++) {
    const [ours, theirs] = [result[i] as number, encoded[separator + 1 + i] as number];
    result[i] = ours ^ ((ours ^ theirs) & mask);
  }
  return result;
}

/** EME-OAEP encoding (RFC 8017 §7.1.1 step 2): `size` bytes. Throws `CryptoFailure` for a message that is too long. */
export function encodeOaep(message: Uint8Array, hashes: OaepHashes, size: number, random: RandomSource): Uint8Array {
  const { hash, mgfHash, label = EMPTY } = hashes;
  const padding = size - message.length - 2 * hash.size - 2;
  if (padding < 0) throw tooLong(message, Math.max(0, size - 2 * hash.size - 2));
  const data = concat(hash.digest(label), new Uint8Array(padding), Uint8Array.of(1), message);
  const seed = random(hash.size);
  const maskedData = xor(data, mgf1(mgfHash, seed, data.length));
  const maskedSeed = xor(seed, mgf1(mgfHash, maskedData, seed.length));
  return concat(Uint8Array.of(0), maskedSeed, maskedData);
}

/** EME-OAEP decoding (RFC 8017 §7.1.2 step 3): the message, or undefined for whatever is wrong. */
export function decodeOaep(encoded: Uint8Array, { hash, mgfHash, label = EMPTY }: OaepHashes): Uint8Array | undefined {
  if (encoded.length < 2 * hash.size + 2) return undefined;
  const maskedSeed = encoded.subarray(1, 1 + hash.size);
  const maskedData = encoded.subarray(1 + hash.size);
  const seed = xor(maskedSeed, mgf1(mgfHash, maskedData, maskedSeed.length));
  const data = xor(maskedData, mgf1(mgfHash, seed, maskedData.length));
  // RFC 8017 §7.1.2: "Care must be taken to ensure that an opponent cannot distinguish the different error conditions in Step 3.g".
  let wrong = encoded[0] as number;
  hash.digest(label).forEach((byte, i) => {
    wrong |= byte ^ (data[i] as number);
  });
  let searching = 1;
  let separator = 0;
  for (let i = hash.size; i < data.length; i++) {
    const byte = data[i] as number;
    const isOne = isZero(byte ^ 1);
    separator |= maskOf(searching & isOne) & i;
    searching &= isOne ^ 1;
    wrong |= searching & (isZero(byte) ^ 1);
  }
  return (wrong | searching) === 0 ? data.slice(separator + 1) : undefined;
}

/** MGF1 (RFC 8017 §B.2.1). */
export function mgf1(hash: Hash, seed: Uint8Array, length: number): Uint8Array {
  const mask = new Uint8Array(Math.ceil(length / hash.size) * hash.size);
  const input = concat(seed, new Uint8Array(4));
  const counter = new DataView(input.buffer, seed.length);
  for (let at = 0, count = 0; at < length; at += hash.size, count++) {
    counter.setUint32(0, count);
    mask.set(hash.digest(input), at);
  }
  return mask.subarray(0, length);
}

/** 1 for zero and 0 for any other number of 0 to 2^31 - 1, without a branch. */
function isZero(value: number): number {
  return (value - 1) >>> 31;
}

/** All bits for 1, and none for 0. Not by the minus sign: -0 is no integer, and an engine takes another way with it. */
function maskOf(bit: number): number {
  return ~(bit - 1);
}

function xor(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.map((byte, i) => byte ^ (b[i] as number));
}

/** A zero is expected in one draw of 256: enough are drawn to need a second round rarely. */
function nonZeroRandom(length: number, random: RandomSource): Uint8Array {
  const bytes = new Uint8Array(length);
  let filled = 0;
  for (let round = 0; filled < length; round++) {
    if (round === MAX_ROUNDS) throw new CryptoFailure('the random source gives hardly anything but zeros: it is not random');
    for (const byte of random(length - filled)) if (byte !== 0) bytes[filled++] = byte;
  }
  return bytes;
}

/** Each round leaves a byte in 256 open: a working source is done after three or four. */
const MAX_ROUNDS = 100;

function tooLong(message: Uint8Array, most: number): CryptoFailure {
  return new CryptoFailure(`${message.length} bytes are too many for this RSA key, which encrypts ${most} at most`);
}
