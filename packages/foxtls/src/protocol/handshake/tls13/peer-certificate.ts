/**
 * The peer's Certificate and CertificateVerify, judged: the same for both roles (RFC 8446 §4.4.2.4, §4.4.3).
 */

import { PeerMisbehaved } from '../../../core/errors/errors.ts';
import { settle } from '../../../core/flow/flow.ts';
import type { PeerVerifier } from '../../../crypto/peer-verifier.ts';
import type { Certificate as CertificateMessage } from '../../messages/certificate.ts';
import { checkPlaces, checkSolicited } from '../../messages/extensions/block.ts';
import { CertificateVerify } from '../../messages/messages.ts';
import type { SignatureScheme } from '../../negotiate/signature-schemes.ts';
import type { ClientConfig, ServerConfig } from '../config.ts';
import { identityByCertificate, type PeerIdentity } from '../peer-identity.ts';
import { type HandshakeFlow, receive } from '../receive.ts';
import { verifyCertificateVerify } from './certificate-verify.ts';
import type { Agreement } from './traffic.ts';

export interface PeerAuthentication {
  readonly identity: PeerIdentity;
  readonly scheme: SignatureScheme;
}

/** Checks the form of a Certificate message; returns the chain, DER, end entity first (empty for none). */
export function checkCertificate(message: CertificateMessage, solicited: ReadonlySet<number>): readonly Uint8Array[] {
  // "Otherwise (in the case of server authentication), this field SHALL be zero length." (RFC 8446 §4.4.2) In a CertificateRequest of
  // the handshake ours is empty too, and a client has to repeat it.
  if (message.certificateRequestContext.length !== 0) {
    throw new PeerMisbehaved('certificate_context_invalid', 'certificate_request_context is not empty');
  }
  for (const entry of message.certificateList) {
    checkPlaces(entry.extensions);
    // "Extensions in the Certificate message from the server MUST correspond to ones from the ClientHello message." (RFC 8446 §4.4.2)
    checkSolicited(entry.extensions, solicited);
  }
  // A view would keep the whole flight alive for as long as the certificates are asked for.
  return message.certificateList.map((entry) => entry.certData.slice());
}

/** Receives CertificateVerify, lets the verifier judge the chain, and checks the signature. */
export function* provePeer(
  agreement: Agreement,
  config: ClientConfig | ServerConfig,
  verifier: PeerVerifier,
  certificates: readonly Uint8Array[],
  serverName: string | undefined,
): HandshakeFlow<PeerAuthentication> {
  const { context, transcript } = agreement;
  const peerRole = agreement.role === 'client' ? 'server' : 'client';
  const signedHash = transcript.hash();
  const certificateVerify = yield* receive(CertificateVerify, transcript);
  const presented = { kind: 'x509', certificates } as const;
  const now = new Date(config.now());
  const judged = yield* settle(verifier.verify({ presented, peerRole, serverName, now, signal: context.signal }));
  const possession = yield* verifyCertificateVerify(config, peerRole, certificateVerify, judged, signedHash);
  return { identity: identityByCertificate(judged, possession, certificates), scheme: possession.scheme };
}
