/**
 * The pseudorandom function of TLS 1.2 (RFC 5246 §5).
 *
 * ```
 * P_hash(secret, seed) = HMAC_hash(secret, A(1) + seed) +
 *                        HMAC_hash(secret, A(2) + seed) +
 *                        HMAC_hash(secret, A(3) + seed) + ...
 * A(0) = seed
 * A(i) = HMAC_hash(secret, A(i-1))
 * PRF(secret, label, seed) = P_<hash>(secret, label + seed)
 * ```
 */

import { concat, utf8, wipe } from '../../core/bytes/bytes.ts';
import type { Hash } from '../../crypto/hash.ts';

/** PRF(secret, label, seed) by P_<hash>. The label is ASCII, without the zero byte of C. */
export function prf(hash: Hash, secret: Uint8Array, label: string, seed: Uint8Array, length: number): Uint8Array {
  const labelAndSeed = concat(utf8(label), seed);
  const output = new Uint8Array(length);
  let a = labelAndSeed;
  for (let at = 0; at < length; at += hash.size) {
    a = hash.hmac(secret, a);
    const block = hash.hmac(secret, concat(a, labelAndSeed));
    output.set(block.subarray(0, Math.min(hash.size, length - at)), at);
    wipe(block);
  }
  return output;
}
