/**
 * Who decides whether a peer is who it should be. The handshake hands over bytes and gets back a key; it never parses a certificate.
 */

import type { TlsError } from '../core/errors/errors.ts';
import type { Eventually } from '../core/flow/flow.ts';
import type { HashName } from './hash.ts';
import type { PublicKey } from './signature.ts';

/** What the peer presented: a chain (DER, end entity first) or a bare SubjectPublicKeyInfo (RFC 7250). */
export type PeerPresented =
  | {
      readonly kind: 'x509';
      readonly certificates: readonly Uint8Array[];
      /** The OCSP response that came with the end entity's certificate, DER (RFC 6960 §4.2.1): as received, unverified. */
      readonly ocspResponse?: Uint8Array | undefined;
      /** The SignedCertificateTimestampList that came with it (RFC 6962 §3.3): as received, unverified. */
      readonly signedCertificateTimestamps?: Uint8Array | undefined;
    }
  | { readonly kind: 'raw-public-key'; readonly spki: Uint8Array };

export interface VerifyRequest {
  readonly presented: PeerPresented;
  /** The peer's role: a server's certificate needs serverAuth, a client's clientAuth. */
  readonly peerRole: 'client' | 'server';
  /** The name that a server must prove: a DNS name or an IP address. Undefined for clients, or when the caller checks it. */
  readonly serverName: string | undefined;
  /** The time to verify at. */
  readonly now: Date;
  readonly signal: AbortSignal;
}

const verified = Symbol('verified');

/** What a verifier read out of the certificate, or the bare key. */
export interface PeerFacts {
  /** SubjectPublicKeyInfo, DER, of the end entity: what CertificateVerify is checked with. */
  readonly publicKey: Uint8Array;
  /** Whether the key may sign handshakes: keyUsage has digitalSignature, or there is no keyUsage (RFC 8446 §4.4.2.2). */
  readonly mayDigitallySign: boolean;
  /**
   * Whether secrets may be encrypted to the key, and whether it may agree on keys: keyUsage has keyEncipherment, or keyAgreement, or there is
   * none (RFC 5246 §7.4.2). Asked in the key exchanges of `foxtls/legacy` alone; left out, it may not.
   */
  readonly mayEncipherKeys?: boolean | undefined;
  readonly mayAgreeOnKeys?: boolean | undefined;
  /** The same key, by a verifier that has imported it anyway. */
  readonly importedKey?: PublicKey | undefined;
  /** The hash of the channel binding "tls-server-end-point" for this certificate (RFC 5929 §4.1); undefined where there is none. */
  readonly endPointHash?: HashName | undefined;
}

/** Proof that a verifier accepted the peer. Constructed by `peerVerified` only. */
export interface PeerVerified extends PeerFacts {
  readonly [verified]: true;
  readonly kind: 'verified';
  /** The path that was trusted, DER, end entity first and anchor last; empty for raw keys. */
  readonly path: readonly Uint8Array[];
}

/** The peer was not verified, and the caller had asked in so many words to go on. */
export interface PeerUnverified extends PeerFacts {
  readonly kind: 'unverified';
  /** Why verification failed, or that it was not tried. */
  readonly error: TlsError;
}

/** To be called by verifiers, at the place where the check was made. */
export function peerVerified(facts: PeerFacts & { readonly path: readonly Uint8Array[] }): PeerVerified {
  return Object.freeze({ [verified]: true as const, kind: 'verified' as const, ...facts });
}

/** To be called by verifiers that were told to go on without proof. */
export function peerUnverified(facts: PeerFacts & { readonly error: TlsError }): PeerUnverified {
  return Object.freeze({ kind: 'unverified' as const, ...facts });
}

export interface PeerVerifier {
  /** Set by verifiers that may answer `PeerUnverified`: only with them is the session of an unverified peer resumed. */
  readonly acceptsUnverified?: boolean;
  /** The names of the authorities that it trusts, DER, for a peer that has to choose among its certificates. */
  readonly authorities?: readonly Uint8Array[] | undefined;
  /** It judges stapled OCSP responses: the peer is asked for one unless the config says otherwise. */
  readonly wantsOcspResponse?: boolean | undefined;
  /** Resolves to a proof; throws (or rejects with) `CertificateInvalid`, whose alert goes to the peer. */
  verify(request: VerifyRequest): Eventually<PeerVerified | PeerUnverified>;
}
