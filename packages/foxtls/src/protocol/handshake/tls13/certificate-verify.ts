/**
 * CertificateVerify of TLS 1.3 made and checked (RFC 8446 §4.4.3), for either role.
 */

import type { CryptoProvider } from '../../../crypto/provider.ts';
import type { PublicKey, Signer } from '../../../crypto/signature.ts';
import { type CertificateVerify as CertificateVerifyMessage, signedContent } from '../../messages/certificate-verify.ts';
import { CertificateVerify, writeMessage } from '../../messages/messages.ts';
import type { SignatureScheme } from '../../negotiate/signature-schemes.ts';
import { type SignatureVerified, sign, verifyPeerSignature } from '../peer-signature.ts';
import type { HandshakeFlow } from '../receive.ts';

/** Signs `transcriptHash` and writes the message. */
export function* certificateVerifyMessage(
  role: 'client' | 'server',
  signer: Signer,
  scheme: SignatureScheme,
  transcriptHash: Uint8Array,
  signal: AbortSignal,
): HandshakeFlow<Uint8Array> {
  return writeMessage(CertificateVerify, yield* sign(signer, scheme, signedContent(role, transcriptHash), signal));
}

/** Checks the peer's message over `transcriptHash` with the key that its certificate gave. */
export function* verifyCertificateVerify(
  config: { readonly provider: CryptoProvider; readonly signatureSchemes: readonly SignatureScheme[] },
  peerRole: 'client' | 'server',
  message: CertificateVerifyMessage,
  publicKey: PublicKey,
  transcriptHash: Uint8Array,
): HandshakeFlow<SignatureVerified> {
  const content = signedContent(peerRole, transcriptHash);
  return yield* verifyPeerSignature(config, 'TLSv1.3', 'CertificateVerify', message, publicKey, content);
}
