/**
 * What an endpoint proves itself with. The handshake never parses a certificate: what it has to know of one stands beside it.
 */

import type { Eventually } from '../core/flow/flow.ts';
import type { HashName } from './hash.ts';
import type { Decrypter } from './key-encryption.ts';
import type { Signer } from './signature.ts';

/**
 * An X.509 chain (DER, end entity first, the anchor left out) and whoever signs for its end entity.
 *
 * Only the first three fields are needed. `credentialOf` of `foxtls/x509` reads `names`, `issuers`, `chainSchemes` and `endPointHash` out of
 * the chain; without the first three of them a credential fits every name and every peer, and one that is known to fit better is preferred
 * to it.
 */
export interface X509Credential extends SigningPart {
  readonly kind: 'x509';
  readonly chain: readonly Uint8Array[];
  /**
   * Whoever decrypts, or agrees on keys, with the same key, as the key exchanges of `foxtls/legacy` ask for (static RSA, static ECDH). Others
   * never use it.
   */
  readonly decrypter?: Decrypter | undefined;
  /** The DNS names that the end entity is for; `*.` at the front stands for one label. */
  readonly names?: readonly string[] | undefined;
  /** The names of those who issued the certificates of the chain, DER. */
  readonly issuers?: readonly Uint8Array[] | undefined;
  /**
   * Show it only to peers that name one of `issuers` in certificate_authorities (RFC 8446 §4.2.4, RFC 5246 §7.4.4); default false, where those
   * only guide the choice. So a client can keep who it is from servers that have no use for it, and a server can have a chain for those
   * clients alone that say that they trust its root. Another credential without it can stand beside it, for all others.
   */
  readonly onlyForIssuers?: boolean | undefined;
  /** For each certificate of the chain that is not self-signed: the signature schemes (IANA) of which a peer has to accept one. */
  readonly chainSchemes?: readonly (readonly number[])[] | undefined;
  /** The hash of the channel binding "tls-server-end-point" for the end entity (RFC 5929 §4.1), which a server without it does not have. */
  readonly endPointHash?: HashName | undefined;
  /**
   * An OCSP response for the end entity, DER (RFC 6960 §4.2.1), for peers that ask for one; or who fetches it, once a handshake: it
   * should cache, may wait, and may have none. If it throws, the handshake fails.
   */
  readonly ocspResponse?: Uint8Array | (() => Eventually<Uint8Array | undefined>) | undefined;
  /** A SignedCertificateTimestampList (RFC 6962 §3.3) for peers that ask for one. */
  readonly signedCertificateTimestamps?: Uint8Array | undefined;
}

/** A bare key (RFC 7250): `spki` is the SubjectPublicKeyInfo, DER, that `signer` signs for. The peer must know it beforehand. */
export interface RawPublicKeyCredential extends SigningPart {
  readonly kind: 'raw-public-key';
  readonly spki: Uint8Array;
}

interface SigningPart {
  readonly signer: Signer;
  /**
   * The signature schemes of this credential alone, by IANA's names in order of preference: for a key in a device that can do some of
   * them only, say. TLS 1.3 and 1.2 are held to it; what came before has no choice. Default: `signingSchemes` of the configuration.
   */
  readonly signingSchemes?: readonly string[] | undefined;
}

export type Credential = X509Credential | RawPublicKeyCredential;

/** The kinds of certificates, in the words of `Credential` and of `PeerPresented`. */
export type CertificateKind = Credential['kind'];
