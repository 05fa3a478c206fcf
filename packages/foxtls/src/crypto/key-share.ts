/**
 * The form that a key share must have, whoever computes with it (RFC 8446 §4.2.8.2, RFC 7748 §6).
 *
 * ```
 * struct {
 *     uint8 legacy_form = 4;
 *     opaque X[coordinate_length];
 *     opaque Y[coordinate_length];
 * } UncompressedPointRepresentation;
 * ```
 *
 * These checks come first. "peers MUST validate each other's public value Q by ensuring that the point is a valid point on the
 * elliptic curve" (RFC 8446 §4.2.8.2) is the provider's part.
 */

import { ApiMisuse, CryptoFailure, PeerMisbehaved } from '../core/errors/errors.ts';

/**
 * Refuses all but an uncompressed point with coordinates of `coordinateSize` bytes. OpenSSL would take the compressed and the
 * hybrid form too; "TLS 1.3 removes this feature in favor of a single point format for each curve".
 */
export function checkUncompressedPoint(group: string, share: Uint8Array, coordinateSize: number): void {
  const size = 1 + 2 * coordinateSize;
  if (share.length !== size) throw shareInvalid(group, `${share.length} bytes where ${size} are expected`);
  if (share[0] !== 4) throw shareInvalid(group, `a point in form ${share[0]} where the uncompressed form, 4, is expected`);
}

/** Refuses a share of X25519 or X448 that is not `size` bytes long. */
export function checkMontgomeryShare(group: string, share: Uint8Array, size: number): void {
  if (share.length !== size) throw shareInvalid(group, `${share.length} bytes where ${size} are expected`);
}

/**
 * Refuses the secret of a low-order share. RFC 8446 §7.4.2: "Implementations MUST check whether the computed Diffie-Hellman shared
 * secret is the all-zero value and abort if so, as described in Section 6 of [RFC7748]."
 */
export function checkMontgomerySecret(group: string, secret: Uint8Array): void {
  let bits = 0;
  for (const byte of secret) bits |= byte;
  if (bits === 0) throw shareInvalid(group, 'a point of low order: the shared secret would be zero');
}

/** The error for a share that is not a valid one of its group. */
export function shareInvalid(group: string, problem: string, cause?: unknown): PeerMisbehaved {
  return new PeerMisbehaved('key_share_invalid', `the ${group} share is not valid: ${problem}`, { cause });
}

/** The error for a second `finish`: an ephemeral key is used once. */
export function alreadyFinished(group: string): ApiMisuse {
  return new ApiMisuse('ERR_TLS_KEY_EXCHANGE_USED', `this ${group} exchange has finished: start another for another peer`);
}

/** A draw outside 1 … n-1 has a chance below 2^-32 for the NIST curves, and of up to 0.45 for those of Brainpool; so many in a row are a broken source. */
const DRAWS = 64;

/**
 * Draws a private scalar by rejection, so that every provider makes the same key of the same random bytes: `size` bytes are taken,
 * the bits above the order's are cleared with `topMask`, and `accept` says whether what is left is in 1 … n-1.
 */
export function drawScalar(
  random: (length: number) => Uint8Array,
  size: number,
  topMask: number,
  accept: (scalar: Uint8Array) => boolean,
): Uint8Array {
  for (let draw = 0; draw < DRAWS; draw++) {
    const scalar = random(size);
    scalar[0] = (scalar[0] as number) & topMask;
    if (accept(scalar)) return scalar;
    scalar.fill(0);
  }
  throw new CryptoFailure(`the random source gave no private key in ${DRAWS} draws: it is not random`);
}
