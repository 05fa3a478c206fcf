/**
 * What the handshake has to know of a chain to choose it, read out beforehand (RFC 8446 §4.4.2.2, §4.4.2.3).
 */

import { equal } from '../../core/bytes/bytes.ts';
import { ApiMisuse } from '../../core/errors/errors.ts';
import { SIGNATURE_SCHEMES } from '../../core/registry/signature-schemes.ts';
import type { RawPublicKeyCredential, X509Credential } from '../../crypto/credential.ts';
import type { PrivateKey, SignatureAlgorithm, Signer } from '../../crypto/signature.ts';
import { type Certificate, parseCertificate } from './certificate.ts';
import { endPointHash } from './end-point-hash.ts';

export interface CredentialParts
  extends Pick<
    X509Credential,
    'chain' | 'decrypter' | 'ocspResponse' | 'signedCertificateTimestamps' | 'signingSchemes' | 'onlyForIssuers'
  > {
  /** The end entity's private key, or whoever signs in its place. */
  readonly key: Signer | PrivateKey;
}

/**
 * A credential with everything that a choice among several goes by: the DNS names of the end entity, the issuers and the signatures of the
 * chain; and with the hash of the channel binding of a server. `chain` is DER, end entity first.
 *
 * Throws `DecodeError` (`ERR_TLS_DECODE`) for a certificate that cannot be read, `ApiMisuse` (`ERR_TLS_CREDENTIAL`) for an empty chain and
 * for a key in memory that is not the end entity's.
 *
 * ```ts
 * const credentials = [credentialOf({ chain: chainOfA, key: keyOfA }), credentialOf({ chain: chainOfB, key: keyOfB })];
 * const config = defineServerConfig({ provider, credentials });   // which one, is decided by SNI
 * ```
 */
export function credentialOf({ chain, key, ...staples }: CredentialParts): X509Credential {
  const certificates = chain.map((der) => parseCertificate(der));
  const [leaf] = certificates;
  if (leaf === undefined) throw new ApiMisuse('ERR_TLS_CREDENTIAL', 'the certificate chain is empty');
  if ('publicKey' in key && !equal(key.publicKey.spki, leaf.publicKey)) {
    throw new ApiMisuse('ERR_TLS_CREDENTIAL', `the key is not that of the certificate of ${leaf.subject}`);
  }
  return {
    kind: 'x509',
    chain,
    signer: key,
    names: leaf.dnsNames,
    issuers: certificates.map(({ issuer }) => issuer.der),
    chainSchemes: certificates.filter((certificate) => !certificate.isSelfIssued).map(schemesOf),
    endPointHash: endPointHash(leaf),
    ...staples,
  };
}

/**
 * A bare key as a credential (RFC 7250): what the peer has to know beforehand is `spki`.
 *
 * ```ts
 * const credential = rawPublicKeyCredential(await provider.keys.generateKey({ kind: 'ed25519' }));
 * ```
 */
export function rawPublicKeyCredential(key: PrivateKey): RawPublicKeyCredential {
  return { kind: 'raw-public-key', spki: key.publicKey.spki, signer: key };
}

/**
 * The names of authorities, DER, for `certificateAuthorities`: the subjects of their certificates. Throws `DecodeError`.
 *
 * ```ts
 * defineServerConfig({ provider, credentials, verifier, clientCertificates: 'require', certificateAuthorities: authorityNames(anchors) });
 * ```
 */
export function authorityNames(certificates: readonly Uint8Array[]): readonly Uint8Array[] {
  return certificates.map((der) => parseCertificate(der).subject.der);
}

const { ecdsa_secp256r1_sha256, ecdsa_secp384r1_sha384, ecdsa_secp521r1_sha512, ecdsa_sha1 } = SIGNATURE_SCHEMES;
const { rsa_pkcs1_sha256, rsa_pkcs1_sha384, rsa_pkcs1_sha512, rsa_pkcs1_sha1 } = SIGNATURE_SCHEMES;

/** By hash alone: which curve the issuer's key is on, or whether it is bound to PSS, its signature does not say. */
const SCHEMES: Readonly<Record<string, readonly number[]>> = {
  'ecdsa sha1': [ecdsa_sha1],
  'ecdsa sha256': [ecdsa_secp256r1_sha256],
  'ecdsa sha384': [ecdsa_secp384r1_sha384],
  'ecdsa sha512': [ecdsa_secp521r1_sha512],
  'rsa-pkcs1 sha1': [rsa_pkcs1_sha1],
  'rsa-pkcs1 sha256': [rsa_pkcs1_sha256],
  'rsa-pkcs1 sha384': [rsa_pkcs1_sha384],
  'rsa-pkcs1 sha512': [rsa_pkcs1_sha512],
  'rsa-pss sha256': [SIGNATURE_SCHEMES.rsa_pss_rsae_sha256, SIGNATURE_SCHEMES.rsa_pss_pss_sha256],
  'rsa-pss sha384': [SIGNATURE_SCHEMES.rsa_pss_rsae_sha384, SIGNATURE_SCHEMES.rsa_pss_pss_sha384],
  'rsa-pss sha512': [SIGNATURE_SCHEMES.rsa_pss_rsae_sha512, SIGNATURE_SCHEMES.rsa_pss_pss_sha512],
  ed25519: [SIGNATURE_SCHEMES.ed25519],
  ed448: [SIGNATURE_SCHEMES.ed448],
};

/** None for an algorithm that TLS has no scheme for: no peer is known to accept it. */
function schemesOf({ signatureAlgorithm }: Certificate): readonly number[] {
  return (signatureAlgorithm && SCHEMES[nameOf(signatureAlgorithm)]) ?? [];
}

function nameOf(algorithm: SignatureAlgorithm): string {
  return 'hash' in algorithm ? `${algorithm.kind} ${algorithm.hash}` : algorithm.kind;
}
