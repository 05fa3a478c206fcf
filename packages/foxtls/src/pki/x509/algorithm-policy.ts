/**
 * Which keys and which signatures on certificates are good enough (RFC 5280 §6.1.3 (a) leaves it to the relying party).
 *
 * What weakens the default has a name that says so.
 */

import type { HashName } from '../../crypto/hash.ts';
import type { CurveName, KeyType, SignatureAlgorithm } from '../../crypto/signature.ts';

export interface AlgorithmPolicy {
  /** RSA keys with fewer bits are refused; 2048 unless set, and no less: see `dangerouslyAllowRsaBits`. */
  readonly minimumRsaBits?: number;
  /** RSA keys with more bits are refused, for the work that they make; 16384 unless set. */
  readonly maximumRsaBits?: number;
  /** The curves of ECDSA keys; all three unless set. */
  readonly curves?: readonly CurveName[];
  /** Further than RSA and ECDSA: `ed25519` and `ed448`; both unless set. */
  readonly edwardsCurves?: readonly ('ed25519' | 'ed448')[];
  /** RSA keys down to so many bits are taken, although keys below 2048 bits can be, or soon can be, broken. */
  readonly dangerouslyAllowRsaBits?: number;
  /** Signatures with these hashes are taken, although collisions of them can be made: one certificate's signature fits another one. */
  readonly dangerouslyAllowHashes?: readonly ('md5' | 'sha1')[];
  /** DSA keys of at least 1024 bits are taken: nobody has issued such certificates in years. Only some providers can verify with them. */
  readonly dangerouslyAllowDsa?: boolean;
}

/** A policy with every default filled in. */
export interface AlgorithmRules {
  readonly rsaBits: readonly [minimum: number, maximum: number];
  readonly curves: readonly string[];
  readonly weakHashes: ReadonlySet<HashName>;
  readonly isDsaAllowed: boolean;
}

const MINIMUM_DSA_BITS = 1024;
const MAXIMUM_DSA_BITS = 4096;

export function algorithmRules(policy: AlgorithmPolicy = {}): AlgorithmRules {
  const { minimumRsaBits = 2048, maximumRsaBits = 16_384, dangerouslyAllowRsaBits } = policy;
  const { curves = ['secp256r1', 'secp384r1', 'secp521r1'], edwardsCurves = ['ed25519', 'ed448'] } = policy;
  const allowed: readonly string[] = policy.dangerouslyAllowHashes ?? [];
  return {
    rsaBits: [dangerouslyAllowRsaBits ?? Math.max(2048, minimumRsaBits), maximumRsaBits],
    curves: [...curves, ...edwardsCurves],
    weakHashes: new Set((['md5', 'sha1'] as const).filter((hash) => !allowed.includes(hash))),
    isDsaAllowed: policy.dangerouslyAllowDsa ?? false,
  };
}

/** What is wrong with a key, if anything: whether it is too small, or of a kind that is not taken. */
export function judgeKey(
  type: KeyType,
  rules: AlgorithmRules,
): { readonly reason: 'key_too_small' | 'key_unsupported'; readonly problem: string } | undefined {
  switch (type.kind) {
    case 'rsa':
    case 'rsa-pss':
      return judgeSize('RSA', type.bits, rules.rsaBits);
    case 'dsa':
      if (rules.isDsaAllowed) return judgeSize('DSA', type.bits, [MINIMUM_DSA_BITS, MAXIMUM_DSA_BITS]);
      return { reason: 'key_unsupported', problem: 'its key is for DSA, which is not allowed' };
    default: {
      const curve = type.kind === 'ec' ? type.curve : type.kind;
      if (rules.curves.includes(curve)) return undefined;
      return { reason: 'key_unsupported', problem: `its key is on the curve ${curve}, which is not allowed` };
    }
  }
}

/** The hash that makes a signature worthless, if there is one. */
export function weakHashOf(algorithm: SignatureAlgorithm, { weakHashes }: AlgorithmRules): HashName | undefined {
  if (!('hash' in algorithm)) return undefined;
  // No certificate is signed with the two of them; if one were, it would be no better than MD5.
  const hash = algorithm.hash === 'md5-sha1' ? 'md5' : algorithm.hash;
  if (weakHashes.has(hash)) return hash;
  return algorithm.kind === 'rsa-pss' && weakHashes.has(algorithm.mgfHash) ? algorithm.mgfHash : undefined;
}

function judgeSize(name: string, bits: number, [minimum, maximum]: readonly [number, number]) {
  if (bits < minimum) {
    return { reason: 'key_too_small', problem: `its ${name} key has ${bits} bits, at least ${minimum} are expected` } as const;
  }
  if (bits <= maximum) return undefined;
  return {
    reason: 'key_unsupported',
    problem: `its ${name} key has ${bits} bits, no more than ${maximum} are expected`,
  } as const;
}
