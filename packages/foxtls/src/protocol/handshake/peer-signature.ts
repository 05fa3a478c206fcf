/**
 * Signatures of a handshake, made and checked, of either version (RFC 8446 §4.4.3; RFC 5246 §7.4.3, §7.4.8).
 */

import { CertificateInvalid, CryptoFailure, DecodeError, PeerMisbehaved } from '../../core/errors/errors.ts';
import { settle } from '../../core/flow/flow.ts';
import type { VersionName } from '../../core/registry/protocol-versions.ts';
import { signatureSchemeName } from '../../core/registry/signature-schemes.ts';
import type { PeerUnverified, PeerVerified } from '../../crypto/peer-verifier.ts';
import type { CryptoProvider } from '../../crypto/provider.ts';
import type { KeyType, PublicKey, Signer } from '../../crypto/signature.ts';
import { type SignatureScheme, schemeFitsKey, signsHandshakesOf } from '../negotiate/signature-schemes.ts';
import type { HandshakeFlow } from './receive.ts';

const signatureProof = Symbol('signature');

/** Proof that the peer holds the private key of its certificate. Constructed by `verifyPeerSignature` only. */
export interface SignatureVerified {
  readonly [signatureProof]: true;
  readonly scheme: SignatureScheme;
}

/** A signature as messages carry it. */
export interface SignedBy {
  /** IANA number of the scheme; undefined where messages do not say it. */
  readonly algorithm: number | undefined;
  readonly signature: Uint8Array;
}

/** Signs `content` with our key. */
export function* sign(
  signer: Signer,
  scheme: SignatureScheme,
  content: Uint8Array,
  signal: AbortSignal,
): HandshakeFlow<SignedBy> {
  try {
    return { algorithm: scheme.id, signature: yield* settle(signer.sign(scheme.algorithm, content, signal)) };
  } catch (error) {
    throw new CryptoFailure(`our key could not sign by ${scheme.name}: see cause`, { cause: error });
  }
}

interface Acceptance {
  readonly provider: CryptoProvider;
  readonly signatureSchemes: readonly SignatureScheme[];
}

/** What the key of a certificate is used for; RFC 5246 §7.4.2 has a bit of keyUsage for each. */
export type CertificateKeyUse = 'signs' | 'decrypts' | 'agrees';

/**
 * The key of the peer's certificate. Throws `PeerMisbehaved` when it is not for this use, if the certificate says what it is for, and
 * `CertificateInvalid` when it is of a kind that we do not have.
 */
export function* certificateKeyOf(
  { provider }: Pick<Acceptance, 'provider'>,
  peer: PeerVerified | PeerUnverified,
  use: CertificateKeyUse,
): HandshakeFlow<PublicKey> {
  // "… the digitalSignature bit MUST be set if the Key Usage extension is present" (RFC 8446 §4.4.2.2)
  const { isAllowed, bit } = {
    signs: { isAllowed: peer.mayDigitallySign, bit: 'digitalSignature' },
    decrypts: { isAllowed: peer.mayEncipherKeys === true, bit: 'keyEncipherment' },
    agrees: { isAllowed: peer.mayAgreeOnKeys === true, bit: 'keyAgreement' },
  }[use];
  if (!isAllowed) throw new PeerMisbehaved('certificate_unsuitable', `the keyUsage of the certificate does not have ${bit}`);
  return peer.importedKey ?? (yield* importKey(provider, peer.publicKey));
}

/** Of a peer that is not verified nobody has looked at the key: "A certificate was of an unsupported type." (RFC 8446 §6.2) */
function* importKey({ keys }: CryptoProvider, spki: Uint8Array): HandshakeFlow<PublicKey> {
  try {
    return yield* settle(keys.importPublicKey(spki));
  } catch (cause) {
    if (!(cause instanceof CryptoFailure || cause instanceof DecodeError)) throw cause;
    throw new CertificateInvalid('key_unsupported', `the key of the peer cannot be used: ${cause.message}`, { cause });
  }
}

/** Checks the peer's signature over `content`, in the message `what`, with the key that its certificate gave. */
export function* verifyPeerSignature(
  { signatureSchemes }: Acceptance,
  version: VersionName,
  what: string,
  { algorithm, signature }: SignedBy,
  publicKey: PublicKey,
  content: Uint8Array,
): HandshakeFlow<SignatureVerified> {
  const scheme = signatureSchemes.find((candidate) =>
    algorithm === undefined ? schemeFitsKey(candidate, publicKey.type, version) : candidate.id === algorithm,
  );
  // "If the CertificateVerify message is sent by a server, the signature algorithm MUST be one offered in the client's
  // "signature_algorithms" extension" (RFC 8446 §4.4.3), and in TLS 1.3 RSASSA-PKCS1-v1_5 is for certificates only.
  if (scheme === undefined || !signsHandshakesOf(version, scheme)) {
    const name = nameOf(algorithm, publicKey.type);
    throw new PeerMisbehaved('signature_scheme_not_offered', `${what} by ${name}, which we do not accept there`);
  }
  if (!schemeFitsKey(scheme, publicKey.type, version)) {
    throw new PeerMisbehaved('signature_scheme_not_offered', `${scheme.name} does not fit the key of the certificate`);
  }
  const valid = yield* settle(publicKey.verify(scheme.algorithm, content, signature));
  // "If the verification fails, the receiver MUST terminate the handshake with a "decrypt_error" alert." (RFC 8446 §4.4.3)
  if (!valid) throw new PeerMisbehaved('signature_invalid', `the signature of ${what} (${scheme.name}) is wrong`);
  return { [signatureProof]: true, scheme };
}

function nameOf(algorithm: number | undefined, { kind }: KeyType): string {
  return algorithm === undefined ? `a key of ${kind}` : (signatureSchemeName(algorithm) ?? `scheme ${algorithm}`);
}
