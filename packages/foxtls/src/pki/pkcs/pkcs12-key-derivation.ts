/**
 * The key derivation of PKCS#12 (RFC 7292 Appendix B), for its MACs and for its old ciphers.
 *
 * ```
 * D = ID ID … (v octets)      S = salt salt … (a multiple of v)      P = password password … (a multiple of v)      I = S || P
 * A_i = H^r(D || I)           B = A_i A_i … (v octets)               each block of I: I_j = (I_j + B + 1) mod 2^8v
 * output: A_1 || A_2 || …     (v: octets of a block of the hash)
 * ```
 */

import { concat, EMPTY } from '../../core/bytes/bytes.ts';
import { type Flow, settle } from '../../core/flow/flow.ts';
import type { HashName } from '../../crypto/hash.ts';
import type { PasswordWork } from './password.ts';

/** The ID byte: what the octets are for (RFC 7292 Appendix B.3). */
export const PKCS12_PURPOSE = { key: 1, iv: 2, mac: 3 } as const;

export interface Pkcs12Derivation {
  readonly purpose: keyof typeof PKCS12_PURPOSE;
  readonly hash: HashName;
  /** UCS-2 with its terminator; empty for no password at all. */
  readonly password: Uint8Array;
  readonly salt: Uint8Array;
  readonly iterations: number;
  /** Octets to derive. */
  readonly length: number;
}

/** u and v of RFC 7292 Appendix B.2, in octets. */
const SIZES: Readonly<Record<HashName, { readonly output: number; readonly block: number }>> = {
  md5: { output: 16, block: 64 },
  sha1: { output: 20, block: 64 },
  sha224: { output: 28, block: 64 },
  sha256: { output: 32, block: 64 },
  sha384: { output: 48, block: 128 },
  sha512: { output: 64, block: 128 },
};

/** Throws `LimitExceeded` when it is more work than the call may do. */
export function* derivePkcs12Key(derivation: Pkcs12Derivation, work: PasswordWork): Flow<Uint8Array> {
  const { purpose, hash, password, salt, iterations, length } = derivation;
  const { output, block } = SIZES[hash];
  work.spend(iterations * Math.ceil(length / output));
  const diversifier = new Uint8Array(block).fill(PKCS12_PURPOSE[purpose]);
  const input = concat(fillBlocks(salt, block), fillBlocks(password, block));
  const derived = new Uint8Array(length);
  for (let at = 0; at < length; at += output) {
    const data = concat(diversifier, input);
    const part = yield* settle(work.provider.passwordHashes.iteratedHash.derive({ hash, data, iterations }));
    derived.set(part.subarray(0, length - at), at);
    addToBlocks(input, fillBlocks(part, block).subarray(0, block));
  }
  return derived;
}

/** Copies one after the other, to the next multiple of `block`. */
function fillBlocks(bytes: Uint8Array, block: number): Uint8Array {
  if (bytes.length === 0) return EMPTY;
  const filled = new Uint8Array(Math.ceil(bytes.length / block) * block);
  for (let i = 0; i < filled.length; i++) filled[i] = bytes[i % bytes.length] as number;
  return filled;
}

/** I_j = (I_j + B + 1) mod 2^v for each block. */
function addToBlocks(input: Uint8Array, addend: Uint8Array): void {
  for (let start = 0; start < input.length; start += addend.length) {
    let carry = 1;
    for (let i = addend.length - 1; i >= 0; i--) {
      carry += (input[start + i] as number) + (addend[i] as number);
      input[start + i] = carry & 0xff;
      carry >>= 8;
    }
  }
}
