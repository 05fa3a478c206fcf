/**
 * Who the peer is, once that is proved; and the proofs that it takes.
 */

import type { TlsError } from '../../core/errors/errors.ts';
import type { HashName } from '../../crypto/hash.ts';
import type { PeerPresented, PeerUnverified, PeerVerified } from '../../crypto/peer-verifier.ts';
import type { FinishedVerified } from '../keys/finished.ts';
import type { SignatureVerified } from './peer-signature.ts';

export type PeerIdentity =
  /** Proved by a certificate, or a bare key, that the config's verifier accepted. `certificates` as presented, `path` as trusted (DER, end entity first; empty after resumption). */
  | {
      readonly kind: 'verified';
      readonly certificates: readonly Uint8Array[];
      readonly path: readonly Uint8Array[];
      /** SubjectPublicKeyInfo, DER, of a peer that presented a bare key (RFC 7250); then there are no certificates. */
      readonly rawPublicKey?: Uint8Array | undefined;
      /** By which hash the certificate is the channel binding of a server (RFC 5929 §4.1), if the verifier said. */
      readonly endPointHash?: HashName | undefined;
    }
  /** Presented a certificate (and holds its key), but the verifier was told to go on although it failed: `error` says why. */
  | {
      readonly kind: 'unverified';
      readonly certificates: readonly Uint8Array[];
      readonly error: TlsError;
      readonly rawPublicKey?: Uint8Array | undefined;
      readonly endPointHash?: HashName | undefined;
    }
  /** Holds a key that was agreed on outside TLS: `identity` names it (that of an imported key: its external identity). */
  | { readonly kind: 'psk'; readonly identity: Uint8Array }
  /** Presented nothing: a client without certificate. */
  | { readonly kind: 'anonymous' };

export const ANONYMOUS: PeerIdentity = Object.freeze({ kind: 'anonymous' });

/** The certificates that a peer presented, now or when its session began; none for one that is known otherwise. */
export function presentedCertificates(peer: PeerIdentity): readonly Uint8Array[] {
  return 'certificates' in peer ? peer.certificates : [];
}

/** The bare key that a peer presented, now or when its session began. */
export function presentedRawPublicKey(peer: PeerIdentity): Uint8Array | undefined {
  return 'rawPublicKey' in peer ? peer.rawPublicKey : undefined;
}

/**
 * The identity of a certificate or a bare key, given that it was judged and that the peer holds the private key: it signed with it, or could
 * not have known the secret in Finished without it.
 */
export function identityByCertificate(
  judged: PeerVerified | PeerUnverified,
  _possession: SignatureVerified | FinishedVerified,
  presented: PeerPresented,
): PeerIdentity {
  const shown =
    presented.kind === 'x509'
      ? { certificates: presented.certificates, endPointHash: judged.endPointHash }
      : { certificates: [], rawPublicKey: presented.spki };
  return judged.kind === 'verified'
    ? { kind: 'verified', ...shown, path: judged.path }
    : { kind: 'unverified', ...shown, error: judged.error };
}

/** The identity that a PSK stands for (of a ticket: who was proved when it was given; of an external key: its holder), given that the peer holds the PSK. */
export function identityByPsk(established: PeerIdentity, _possession: FinishedVerified): PeerIdentity {
  return established;
}
