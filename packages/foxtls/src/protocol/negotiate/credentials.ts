/**
 * Which of several credentials is shown to a peer: by kind, scheme, name, chain and authority (RFC 8446 §4.4.2.2, §4.4.2.3).
 */

import { equal } from '../../core/bytes/bytes.ts';
import type { VersionName } from '../../core/registry/protocol-versions.ts';
import { SIGNATURE_SCHEMES } from '../../core/registry/signature-schemes.ts';
import type { CertificateKind, Credential, X509Credential } from '../../crypto/credential.ts';
import { chooseSignatureScheme, type SignatureScheme } from './signature-schemes.ts';

/** What is known of the peer that a credential is chosen for. */
export interface CredentialWish {
  readonly kind: CertificateKind;
  /** The peer's signature_algorithms. */
  readonly signatureSchemes: readonly number[];
  /** Its signature_algorithms_cert: "If no "signature_algorithms_cert" extension is present, then the "signature_algorithms" extension also applies to signatures appearing in certificates." (RFC 8446 §4.2.3) `any` of a peer that cannot say it. */
  readonly certificateSchemes: readonly number[] | 'any' | undefined;
  /** The name that the peer asks for; undefined for a client's credential. */
  readonly serverName: string | undefined;
  /** Its certificate_authorities. */
  readonly authorities: readonly Uint8Array[] | undefined;
  /** Of the handshake; TLS 1.3 unless set. */
  readonly version?: VersionName;
}

export interface ChosenCredential<P, Scheme = SignatureScheme> {
  readonly prepared: P;
  readonly scheme: Scheme;
}

/**
 * The credential that fits best, the first of several that fit as well; undefined when none has a scheme that the peer verifies.
 *
 * A fitting name weighs most: with the wrong one the peer cannot go on. Then the chain's signatures: "All certificates provided by the
 * server MUST be signed by a signature algorithm advertised by the client if it is able to provide such a chain" (RFC 8446 §4.4.2.2).
 * Then the authorities, which only guide.
 */
export function chooseCredential<P extends { readonly credential: Credential }>(
  credentials: readonly P[],
  schemes: readonly SignatureScheme[],
  wish: CredentialWish,
): ChosenCredential<P> | undefined {
  const chosen = chooseFittest(credentials, schemes, wish, () => false);
  return chosen?.scheme && { prepared: chosen.prepared, scheme: chosen.scheme };
}

/** As `chooseCredential`; of credentials that need not sign, one without a scheme is as good. */
export function chooseFittest<P extends { readonly credential: Credential }>(
  credentials: readonly P[],
  schemes: readonly SignatureScheme[],
  wish: CredentialWish,
  canDoWithout: (credential: Credential) => boolean,
): ChosenCredential<P, SignatureScheme | undefined> | undefined {
  let best: { readonly chosen: ChosenCredential<P, SignatureScheme | undefined>; readonly fitness: number } | undefined;
  for (const prepared of credentials) {
    const { credential } = prepared;
    const usable = schemesOf(credential, schemes, wish);
    const scheme = chooseSignatureScheme(usable, credential.signer.type, wish.signatureSchemes, wish.version);
    const isOfUse = scheme !== undefined || canDoWithout(credential);
    if (credential.kind !== wish.kind || !isOfUse || isForbidden(credential, wish)) continue;
    const fitness = fitnessOf(credential, wish);
    if (best === undefined || fitness > best.fitness) best = { chosen: { prepared, scheme }, fitness };
  }
  return best?.chosen;
}

/** Those of the credential's own list, if it has one. Versions before TLS 1.2 have one scheme for each kind of key, which nobody lists. */
function schemesOf(
  { signingSchemes: own }: Credential,
  schemes: readonly SignatureScheme[],
  { version = 'TLSv1.3' }: CredentialWish,
): readonly SignatureScheme[] {
  if (own === undefined || (version !== 'TLSv1.3' && version !== 'TLSv1.2')) return schemes;
  return own.flatMap((name) => schemes.filter((scheme) => scheme.name === name));
}

const EXACT_NAME = 8;
const WILDCARD_NAME = 4;
const CHAIN = 2;
const AUTHORITY = 1;

function fitnessOf(credential: Credential, wish: CredentialWish): number {
  if (credential.kind !== 'x509') return 0;
  const { serverName } = wish;
  const chain = (credential.chainSchemes ?? []).every((schemes) => isAccepted(schemes, wish)) ? CHAIN : 0;
  return nameFitness(credential.names ?? [], serverName) + chain + (isListed(credential, wish, true) ? AUTHORITY : 0);
}

/** Whether the peer names an issuer of the chain; `unknown` where it names none, or nothing is known of the chain. */
function isListed({ issuers }: X509Credential, { authorities }: CredentialWish, unknown: boolean): boolean {
  if (authorities === undefined || issuers === undefined) return unknown;
  return issuers.some((issuer) => authorities.some((authority) => equal(authority, issuer)));
}

/** By the DNS names of a certificate (RFC 6125 §6.4): a wildcard is the whole left-most label and stands for one. */
function nameFitness(names: readonly string[], serverName: string | undefined): number {
  if (serverName === undefined) return 0;
  const wanted = serverName.toLowerCase();
  const parent = wanted.slice(wanted.indexOf('.'));
  const lowered = names.map((name) => name.toLowerCase());
  if (lowered.includes(wanted)) return EXACT_NAME;
  return parent.startsWith('.') && lowered.includes(`*${parent}`) ? WILDCARD_NAME : 0;
}

function isAccepted(schemes: readonly number[], { certificateSchemes, signatureSchemes }: CredentialWish): boolean {
  const accepted = certificateSchemes ?? signatureSchemes;
  if (accepted === 'any') return true;
  return schemes.some((scheme) => accepted.includes(scheme));
}

const SHA1_SCHEMES: readonly number[] = [SIGNATURE_SCHEMES.rsa_pkcs1_sha1, SIGNATURE_SCHEMES.ecdsa_sha1];

/**
 * A chain for others; and one by SHA-1: "This fallback chain SHOULD NOT use the deprecated SHA-1 hash algorithm in general, but MAY do so if the
 * client's advertisement permits it, and MUST NOT do so otherwise." (RFC 8446 §4.4.2.2)
 */
function isForbidden(credential: Credential, wish: CredentialWish): boolean {
  if (credential.kind !== 'x509') return false;
  if (credential.onlyForIssuers === true && !isListed(credential, wish, false)) return true;
  return (credential.chainSchemes ?? []).some(
    (schemes) => schemes.length > 0 && schemes.every((scheme) => SHA1_SCHEMES.includes(scheme)) && !isAccepted(schemes, wish),
  );
}
