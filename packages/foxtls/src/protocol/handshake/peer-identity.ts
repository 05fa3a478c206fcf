/**
 * Who the peer is, once that is proved; and the proofs that it takes.
 */

import type { TlsError } from '../../core/errors/errors.ts';
import type { PeerUnverified, PeerVerified } from '../../crypto/peer-verifier.ts';
import type { FinishedVerified } from '../keys/finished.ts';
import type { SignatureVerified } from './tls13/certificate-verify.ts';

export type PeerIdentity =
  /** Proved by a certificate that the config's verifier accepted. `certificates` as presented, `path` as trusted (DER, end entity first; empty after resumption). */
  | { readonly kind: 'verified'; readonly certificates: readonly Uint8Array[]; readonly path: readonly Uint8Array[] }
  /** Presented a certificate (and holds its key), but the verifier was told to go on although it failed: `error` says why. */
  | { readonly kind: 'unverified'; readonly certificates: readonly Uint8Array[]; readonly error: TlsError }
  /** Presented nothing: a client without certificate. */
  | { readonly kind: 'anonymous' };

export const ANONYMOUS: PeerIdentity = Object.freeze({ kind: 'anonymous' });

/** The identity of a certificate, given that the chain was judged and that the peer holds the key. */
export function identityByCertificate(
  judged: PeerVerified | PeerUnverified,
  _possession: SignatureVerified,
  certificates: readonly Uint8Array[],
): PeerIdentity {
  return judged.kind === 'verified'
    ? { kind: 'verified', certificates, path: judged.path }
    : { kind: 'unverified', certificates, error: judged.error };
}

/** The identity that a PSK was established with, given that the peer holds the PSK. */
export function identityByPsk(established: PeerIdentity, _possession: FinishedVerified): PeerIdentity {
  return established;
}
