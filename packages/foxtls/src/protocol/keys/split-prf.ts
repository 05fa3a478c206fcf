/**
 * The pseudorandom function of TLS 1.0 and 1.1 (RFC 2246 §5, RFC 4346 §5), in which MD5 and SHA-1 each have half of the secret.
 *
 * ```
 * L_S = length in bytes of secret;
 * L_S1 = L_S2 = ceil(L_S / 2);
 *
 * | S1            |              |
 * |              |            S2 |     of a secret of odd length both have the byte in the middle
 *
 * PRF(secret, label, seed) = P_MD5(S1, label + seed) XOR
 *                            P_SHA-1(S2, label + seed);
 * ```
 */

import { wipe } from '../../core/bytes/bytes.ts';
import type { Hash } from '../../crypto/hash.ts';
import { type Prf, prf } from './prf.ts';

/** The PRF with these two hashes. */
export function splitPrf(md5: Hash, sha1: Hash): Prf {
  return (secret, label, seed, length) => {
    const half = Math.ceil(secret.length / 2);
    const output = prf(md5, secret.subarray(0, half), label, seed, length);
    const other = prf(sha1, secret.subarray(secret.length - half), label, seed, length);
    for (let i = 0; i < length; i++) output[i] = (output[i] as number) ^ (other[i] as number);
    wipe(other);
    return output;
  };
}
