/**
 * Keys from passwords: PBKDF2 (RFC 8018 §5.2), scrypt (RFC 7914), and the iterated hash inside of PBKDF1 (RFC 8018 §5.1) and of PKCS#12's
 * own derivation (RFC 7292 Appendix B).
 *
 * They are slow by purpose. `derive` may wait, so that nothing else has to; `deriveSync` is for faces that cannot. Nothing here has limits:
 * whoever takes parameters out of a file bounds them first.
 */

import type { Eventually } from '../core/flow/flow.ts';
import type { HashName } from './hash.ts';

export interface Pbkdf2Parameters {
  /** The hash of the HMAC that is the pseudorandom function. */
  readonly hash: Exclude<HashName, 'md5'>;
  readonly password: Uint8Array;
  readonly salt: Uint8Array;
  readonly iterations: number;
  /** Bytes to derive. */
  readonly length: number;
}

export interface ScryptParameters {
  readonly password: Uint8Array;
  readonly salt: Uint8Array;
  /** N: a power of 2, above 1 and below 2^(16r). It takes 128·N·r bytes of memory. */
  readonly cost: number;
  /** r. */
  readonly blockSize: number;
  /** p. */
  readonly parallelization: number;
  /** Bytes to derive. */
  readonly length: number;
}

/** H(H(…H(data))): `iterations` of them. */
export interface IteratedHashParameters {
  readonly hash: HashName;
  readonly data: Uint8Array;
  readonly iterations: number;
}

export interface PasswordHash<Parameters> {
  /** Newly allocated bytes. Throws (or rejects with) `CryptoFailure` for parameters that cannot be. */
  derive(parameters: Parameters): Eventually<Uint8Array>;
  /** The same at once; a provider that can only wait has none. */
  deriveSync?(parameters: Parameters): Uint8Array;
}

export interface PasswordHashes {
  readonly pbkdf2: PasswordHash<Pbkdf2Parameters>;
  readonly scrypt: PasswordHash<ScryptParameters>;
  readonly iteratedHash: PasswordHash<IteratedHashParameters>;
}

/** The same functions, answering at once where they can. */
export function answeringAtOnce({ pbkdf2, scrypt, iteratedHash }: PasswordHashes): PasswordHashes {
  return { pbkdf2: atOnce(pbkdf2), scrypt: atOnce(scrypt), iteratedHash: atOnce(iteratedHash) };
}

function atOnce<P>(passwordHash: PasswordHash<P>): PasswordHash<P> {
  return { derive: (parameters) => passwordHash.deriveSync?.(parameters) ?? passwordHash.derive(parameters) };
}
