/**
 * CertificateVerify made and checked (RFC 8446 §4.4.3), for either role.
 */

import { CryptoFailure, PeerMisbehaved } from '../../../core/errors/errors.ts';
import { settle } from '../../../core/flow/flow.ts';
import { signatureSchemeName } from '../../../core/registry/signature-schemes.ts';
import type { PeerUnverified, PeerVerified } from '../../../crypto/peer-verifier.ts';
import type { CryptoProvider } from '../../../crypto/provider.ts';
import type { Signer } from '../../../crypto/signature.ts';
import { type CertificateVerify as CertificateVerifyMessage, signedContent } from '../../messages/certificate-verify.ts';
import { CertificateVerify, writeMessage } from '../../messages/messages.ts';
import { type SignatureScheme, schemeFitsKey } from '../../negotiate/signature-schemes.ts';
import type { HandshakeFlow } from '../receive.ts';

const signatureProof = Symbol('signature');

/** Proof that the peer holds the private key of its certificate. Constructed by `verifyCertificateVerify` only. */
export interface SignatureVerified {
  readonly [signatureProof]: true;
  readonly scheme: SignatureScheme;
}

/** Signs `transcriptHash` and writes the message. */
export function* certificateVerifyMessage(
  role: 'client' | 'server',
  signer: Signer,
  scheme: SignatureScheme,
  transcriptHash: Uint8Array,
  signal: AbortSignal,
): HandshakeFlow<Uint8Array> {
  let signature: Uint8Array;
  try {
    signature = yield* settle(signer.sign(scheme.algorithm, signedContent(role, transcriptHash), signal));
  } catch (error) {
    throw new CryptoFailure(`our key could not sign by ${scheme.name}: see cause`, { cause: error });
  }
  return writeMessage(CertificateVerify, { algorithm: scheme.id, signature });
}

/** Checks the peer's message over `transcriptHash` with the key that its certificate gave. */
export function* verifyCertificateVerify(
  config: { readonly provider: CryptoProvider; readonly signatureSchemes: readonly SignatureScheme[] },
  peerRole: 'client' | 'server',
  message: CertificateVerifyMessage,
  peer: PeerVerified | PeerUnverified,
  transcriptHash: Uint8Array,
): HandshakeFlow<SignatureVerified> {
  // "If the CertificateVerify message is sent by a server, the signature algorithm MUST be one offered in the client's
  // "signature_algorithms" extension" (RFC 8446 §4.4.3), and RSASSA-PKCS1-v1_5 is for certificates only.
  const scheme = config.signatureSchemes.find((candidate) => candidate.id === message.algorithm);
  if (scheme?.signsHandshakes !== true) {
    const name = signatureSchemeName(message.algorithm) ?? `scheme ${message.algorithm}`;
    throw new PeerMisbehaved('signature_scheme_not_offered', `CertificateVerify by ${name}, which we do not accept there`);
  }
  // "… the digitalSignature bit MUST be set if the Key Usage extension is present" (RFC 8446 §4.4.2.2)
  if (!peer.mayDigitallySign) {
    throw new PeerMisbehaved('certificate_unsuitable', 'the keyUsage of the certificate does not have digitalSignature');
  }
  const publicKey = peer.importedKey ?? (yield* settle(config.provider.keys.importPublicKey(peer.publicKey)));
  if (!schemeFitsKey(scheme, publicKey.type)) {
    throw new PeerMisbehaved('signature_scheme_not_offered', `${scheme.name} does not fit the key of the certificate`);
  }
  const content = signedContent(peerRole, transcriptHash);
  const valid = yield* settle(publicKey.verify(scheme.algorithm, content, message.signature));
  // "If the verification fails, the receiver MUST terminate the handshake with a "decrypt_error" alert." (RFC 8446 §4.4.3)
  if (!valid) throw new PeerMisbehaved('signature_invalid', `the signature of CertificateVerify (${scheme.name}) is wrong`);
  return { [signatureProof]: true, scheme };
}
